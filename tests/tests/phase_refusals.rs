//! What is not an intact checkpoint of this very kind of screen or refit is refused, and it is as it was.

use heterosgd::checkpoint::{CheckpointError, Field};
use heterosgd::sampling::{Purpose, stream};
use heterosgd::{Refit, Screen};
use heterosgd_tests::checkpoint::small;
use heterosgd_tests::phase::{D, Phase, bytes, part_way, row};
use rand_core::Rng;

type Small = Screen<f32, D, 8, 1>;

/// The state is as it was, and the refusal is `expected`.
fn refused<P: Phase>(
    phase: &mut P,
    bytes: &[u8],
    expected: impl Fn(CheckpointError) -> bool,
    what: &str,
) {
    let before = format!("{phase:?}");
    let error = phase.read(bytes).expect_err(what);
    assert!(expected(error), "{what}: {error}");
    assert_eq!(format!("{phase:?}"), before, "{what}");
}

/// Every bit, and every length.
fn damaged<P: Phase, const OPEN: u32>() {
    let good = bytes(&part_way::<P, OPEN>());
    let mut phase = P::start();
    for bit in 0..8 * good.len() {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        let expected = |error| match bit / 8 {
            0..4 => error == CheckpointError::NotACheckpoint,
            4 => matches!(error, CheckpointError::Version { .. }),
            _ => error == CheckpointError::Corrupted,
        };
        refused(&mut phase, &bad, expected, &format!("bit {bit}"));
    }
    for length in 0..good.len() {
        let (expected, found) = (good.len(), length);
        let cut = CheckpointError::Length { expected, found };
        let expected = |error| match length {
            0..4 => error == CheckpointError::NotACheckpoint,
            _ => error == cut,
        };
        refused(
            &mut phase,
            &good[..length],
            expected,
            &format!("{length} bytes"),
        );
    }
    let corrupted = |error| error == CheckpointError::Corrupted;
    refused(
        &mut phase,
        &[&good[..], &[0]].concat(),
        corrupted,
        "a byte more",
    );
    println!(
        "{} flipped bits and {} lengths of {}, all refused",
        8 * good.len(),
        good.len(),
        core::any::type_name::<P>()
    );
}

#[test]
fn flipped_bits_and_other_lengths_are_refused() {
    damaged::<Screen<f32, D, 8>, 1>();
    damaged::<Screen<f64, D, 1>, 1>();
    damaged::<Refit<f32, D, 3>, 3>();
    damaged::<Refit<f64, D>, 1>();
}

#[test]
fn other_kinds_are_refused_by_name() {
    let is = |field: Field| move |error| matches!(error, CheckpointError::Other { field: found, .. } if found == field);
    let other = |bytes: &[u8], field: Field| {
        refused(&mut Small::new(), bytes, is(field), &format!("{field}"));
    };
    let of_learner = heterosgd_tests::checkpoint::bytes(&small());
    let of_refit = bytes(&part_way::<Refit<f32, D>, 1>());
    other(&of_learner, Field::Model);
    other(&of_refit, Field::Model);
    other(&bytes(&part_way::<Screen<f32, D, 1>, 1>()), Field::Blocks);
    other(&bytes(&part_way::<Screen<f32, D, 8, 3>, 3>()), Field::Open);
    other(&bytes(&part_way::<Screen<f64, D, 8>, 1>()), Field::Scalar);
    let mut four = vec![0; Screen::<f32, 4>::CHECKPOINT_BYTES];
    let written = Screen::<f32, 4>::new().checkpoint(&mut four);
    assert_eq!(written, Ok(four.len()));
    other(&four, Field::Rows);

    let of_screen = bytes(&part_way::<Small, 1>());
    let mut refit = Refit::<f32, D>::start();
    refused(&mut refit, &of_screen, is(Field::Model), "a screen");
    let two = bytes(&part_way::<Refit<f32, D, 3>, 3>());
    refused(&mut refit, &two, is(Field::Open), "more open visits");
    let mut learner = small();
    for phase in [of_screen, of_refit] {
        let error = learner.restore(&phase).expect_err("of another phase");
        assert!(is(Field::Model)(error), "{error}");
    }
}

/// Puts `value` at `offset` and makes the checksum right: what a hostile file can hold.
fn forged(good: &[u8], offset: usize, value: &[u8]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    bytes[offset..][..value.len()].copy_from_slice(value);
    let end = bytes.len() - 4;
    let crc = crc32fast::hash(&bytes[..end]);
    bytes[end..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// What docs/formats.md says of the numbers, one after the other.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// Words, with one that is none of them.
    Words(Option<u32>),
    /// Scalars of the rows, up to the least exponent of 2 that is too much; whether below 0, too.
    Scalars(i32, bool),
    /// Sums in `f64`.
    Doubles,
    /// Numbers of findings: any.
    Any,
}

/// The visits that can be open, `sums` scalars, and rows: the first one, and `last` others; then the guard.
fn open(visits: usize, sums: usize, last: usize) -> Vec<(usize, Kind)> {
    let mut layout = Vec::new();
    for _ in 0..visits {
        layout.extend([
            (1, Kind::Words(Some(3))),
            (3, Kind::Words(None)),
            (sums, Kind::Scalars(125, true)),
            (D + 1, Kind::Scalars(41, true)),
            (last, Kind::Scalars(42, true)),
        ]);
    }
    layout.extend([
        (1, Kind::Words(Some(visits as u32))),
        (32, Kind::Scalars(41, true)),
        (1, Kind::Words(None)),
        (1, Kind::Scalars(42, true)),
        (1, Kind::Scalars(42, false)),
        (1, Kind::Words(Some(3))),
    ]);
    layout
}

const MOMENTS: usize = (D + 2) * (D + 3) / 2;

/// Every number of a layout is where it should be, and is refused where it is none.
fn numbers<P: Phase, const OPEN: u32>(layout: &[(usize, Kind)]) {
    let good = bytes(&part_way::<P, OPEN>());
    let mut phase = P::start();
    let values = |error| error == CheckpointError::Values;
    let (mut offset, mut tried) = (20, 0);
    let scalar = size_of::<P::Scalar>();
    let single = scalar == 4;
    for &(count, kind) in layout {
        for _ in 0..count {
            let mut bad: Vec<Vec<u8>> = Vec::new();
            let doubles = [f64::NAN, f64::INFINITY, -f64::INFINITY, f64::MAX, -f64::MAX];
            let size = match kind {
                Kind::Words(none) => {
                    bad.extend(none.map(|word| word.to_le_bytes().to_vec()));
                    bad.extend(none.map(|_| u32::MAX.to_le_bytes().to_vec()));
                    4
                }
                Kind::Scalars(exponent, signed) => {
                    // The ranges of `f64` are wider.
                    let exponent = match (single, exponent) {
                        (true, exponent) => exponent,
                        (false, 125) => 961,
                        (false, exponent) => exponent + 360,
                    };
                    let large = libm::ldexp(1.0, exponent);
                    let below: &[f64] = if signed { &[] } else { &[-1.0] };
                    for &value in doubles.iter().chain(&[large, -large]).chain(below) {
                        bad.push(if single {
                            (value as f32).to_le_bytes().to_vec()
                        } else {
                            value.to_le_bytes().to_vec()
                        });
                    }
                    scalar
                }
                Kind::Doubles => {
                    bad.extend(doubles.map(|value| value.to_le_bytes().to_vec()));
                    8
                }
                Kind::Any => {
                    let taken = phase.read(&forged(&good, offset, &f64::NAN.to_le_bytes()));
                    assert_eq!(taken, Ok(()));
                    8
                }
            };
            for bad in bad {
                let bytes = forged(&good, offset, &bad);
                refused(&mut phase, &bytes, values, &format!("{bad:?} at {offset}"));
                tried += 1;
            }
            offset += size;
        }
    }
    assert_eq!(offset + 4, good.len());
    println!("{tried} forged numbers of {}", core::any::type_name::<P>());
}

#[test]
fn numbers_that_cannot_be_are_refused() {
    let screen = |visits, blocks: usize| {
        let mut layout = open(visits, (blocks + 1) * MOMENTS, D + 1);
        layout.extend([
            (11 * D + D * (D + 1) / 2, Kind::Doubles),
            (2, Kind::Words(None)),
        ]);
        layout.push((5, Kind::Doubles));
        layout
    };
    let refit = |visits| {
        let mut layout = open(visits, MOMENTS, 0);
        for _ in 0..D {
            let finding = [
                (1, Kind::Words(Some(5))),
                (1, Kind::Words(None)),
                (6, Kind::Any),
            ];
            layout.extend(finding);
        }
        layout.extend([(3, Kind::Words(None)), (1, Kind::Words(Some(2)))]);
        layout.extend([
            (D * (D + 1) / 2 + 2 * D, Kind::Doubles),
            (2, Kind::Words(None)),
        ]);
        layout.push((4, Kind::Doubles));
        layout
    };
    numbers::<Screen<f32, D, 8>, 1>(&screen(1, 8));
    numbers::<Screen<f64, D, 1, 3>, 3>(&screen(3, 1));
    numbers::<Refit<f32, D, 3>, 3>(&refit(3));
    numbers::<Refit<f64, D>, 1>(&refit(1));
}

/// Words that do not go together.
#[test]
fn counters_that_cannot_be_are_refused() {
    // Offsets of docs/formats.md: whether the visit is open and labelled, its label, rows, doublings.
    let (state, environment, rows, doublings) = (20, 24, 28, 32);
    let good = bytes(&part_way::<Small, 1>());
    let word = |offset: usize| {
        let bytes = good[offset..][..4].try_into().expect("four bytes");
        u32::from_le_bytes(bytes)
    };
    assert_eq!(
        [state, environment, rows, doublings].map(word),
        [2, 1, 26, 0]
    );
    let mut screen = Small::new();
    let mut refuses = |offset, value: u32| {
        let bytes = forged(&good, offset, &value.to_le_bytes());
        let values = |error| error == CheckpointError::Values;
        refused(&mut screen, &bytes, values, &format!("{value} at {offset}"));
    };
    refuses(state, 0);
    refuses(state, 1);
    refuses(rows, 0);
    // Eight blocks of four rows.
    refuses(rows, 33);
    refuses(rows, u32::MAX);
    for more in [1, 2, 30, 31, 32, u32::MAX] {
        refuses(doublings, more);
    }
    for (offset, value) in [(environment, 9u32), (rows, 32), (rows, 1)] {
        let bytes = forged(&good, offset, &value.to_le_bytes());
        assert_eq!(Small::new().restore(&bytes), Ok(()));
    }
    let of_refit = bytes(&part_way::<Refit<f32, D>, 1>());
    let values = |error| error == CheckpointError::Values;
    let doubled = forged(&of_refit, doublings, &1u32.to_le_bytes());
    refused(
        &mut Refit::<f32, D>::start(),
        &doubled,
        values,
        "of one block",
    );
    refused(
        &mut screen,
        &forged(&good, 5, &[1]),
        values,
        "a reserved byte",
    );
    let later = forged(&good, 4, &[2]);
    let version = |error| error == CheckpointError::Version { found: 2 };
    refused(&mut Small::new(), &later, version, "a later version");
}

/// Any numbers under a right checksum are refused and change nothing, or are taken, written again as they
/// were, and gone on from.
fn hostile<P: Phase, const OPEN: u32>() {
    let good = bytes(&part_way::<P, OPEN>());
    let mut draws = stream(1, Purpose::Measurements, 0);
    let mut taken = 0;
    for _ in 0..2000 {
        let mut bad = good.clone();
        for _ in 0..=draws.next_u32() % 3 {
            let place = 20 + draws.next_u32() as usize % (good.len() - 24);
            let span = (1 + draws.next_u32() as usize % 8).min(good.len() - 4 - place);
            let values = draws.next_u64() & draws.next_u64();
            bad[place..][..span].copy_from_slice(&values.to_le_bytes()[..span]);
        }
        let bad = forged(&bad, 20, &bad[20..21]);
        let mut phase = P::start();
        if phase.read(&bad).is_err() {
            assert_eq!(phase.bits(), P::start().bits());
            continue;
        }
        taken += 1;
        assert_eq!(bytes(&phase), bad);
        for number in 0..20 {
            let (x, y) = row(number);
            let _ = phase.take(Some(number / 10), x, y);
        }
        assert!(!phase.outcome().is_empty());
    }
    println!("{taken} of 2000 were taken");
    assert!(taken > 100, "{taken}");
}

#[test]
fn hostile_numbers_do_no_harm() {
    hostile::<Screen<f32, D, 8>, 1>();
    hostile::<Screen<f64, D, 1, 3>, 3>();
    hostile::<Refit<f32, D, 3>, 3>();
    hostile::<Refit<f64, D>, 1>();
}
