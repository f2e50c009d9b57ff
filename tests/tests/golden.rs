//! The bits of every kernel are those of `golden/digests.txt`, in debug and release alike.
//!
//! A change that moves bits is a change of behaviour. If it is meant, `cargo xtask golden` prints the
//! new table; put it into the file by hand, and say in the changelog which lines moved and why.

use heterosgd_tests::golden::{compute, render};

#[test]
fn digests_are_the_recorded_ones() {
    let recorded = include_str!("../golden/digests.txt");
    let computed = render(&compute());
    let moved: Vec<String> = recorded
        .lines()
        .zip(computed.lines())
        .filter(|(recorded, computed)| recorded != computed)
        .map(|(recorded, computed)| format!("recorded {recorded}\ncomputed {computed}\n"))
        .collect();
    assert!(
        moved.is_empty(),
        "{} lines moved:\n{}",
        moved.len(),
        moved.concat()
    );
    assert_eq!(
        recorded.lines().count(),
        computed.lines().count(),
        "lines were added or removed"
    );
}

/// No two runs have the same bits: every option named in a line has an effect.
#[test]
fn lines_differ() {
    let lines = compute();
    for (i, line) in lines.iter().enumerate() {
        for other in lines.iter().skip(i + 1) {
            assert_ne!(line.name, other.name);
            assert_ne!(
                line.digest, other.digest,
                "{} and {}",
                line.name, other.name
            );
        }
    }
}
