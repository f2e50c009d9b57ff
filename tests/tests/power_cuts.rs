//! The power is cut after every byte that a save writes or erases; nothing that was learned is lost.

use heterosgd_problems::power::{
    Cut, Cuts, INTERVAL, MAP, Outcome, PAGE, SAMPLES, STORE, Storage, run,
};

fn outcome(storage: &Storage, cut: Cut, again: Option<u64>) -> (Outcome, Vec<Cuts>) {
    let mut saves = Vec::new();
    let outcome =
        run(storage, cut, again, |cuts| saves.push(cuts)).expect("the run itself succeeds");
    println!("{cut:?}: {outcome:?}");
    (outcome, saves)
}

fn check(storage: &Storage, cut: Cut, again: Option<u64>) {
    let (outcome, saves) = outcome(storage, cut, again);
    let cuts = outcome.cuts;
    assert_eq!(cuts.lost, 0, "{saves:?}");
    assert_eq!(cuts.tried, cuts.before + cuts.after);
    // A save writes all bytes of a checkpoint; one in which pages change places erases one, too.
    assert_eq!(saves.len(), SAMPLES / INTERVAL);
    assert!(
        saves
            .iter()
            .all(|save| save.tried >= 268 && save.before > 0)
    );
    let turns = saves.iter().filter(|save| save.tried > PAGE as u64).count();
    // Every page has its turn.
    let [first, second] = outcome.erased;
    assert!(first.abs_diff(second) <= 1 && first + second == turns as u32);
    assert!(turns >= 2, "{saves:?}");
    // The next save takes hundreds of bytes, too.
    let seconds = again.map_or(0, |again| cuts.tried / again * 200);
    assert!(cuts.second >= seconds, "{saves:?}");
}

#[test]
fn a_cut_between_any_two_bytes_loses_nothing() {
    check(&STORE, Cut::Clean, None);
}

#[test]
fn a_cut_within_any_byte_or_erase_loses_nothing() {
    check(&STORE, Cut::Torn, None);
}

/// A second cut after every byte behind every 256th first one; the campaign goes behind every 16th.
#[test]
fn a_second_cut_in_the_next_save_loses_nothing() {
    check(&STORE, Cut::Clean, Some(256));
    check(&STORE, Cut::Torn, Some(256));
}

#[test]
fn sequential_storage_loses_nothing_between_two_bytes() {
    check(&MAP, Cut::Clean, Some(1024));
}

#[test]
#[ignore = "minutes; cargo xtask test --long runs it"]
fn campaign_of_second_cuts() {
    check(&STORE, Cut::Clean, Some(16));
    check(&STORE, Cut::Torn, Some(16));
    check(&MAP, Cut::Clean, Some(64));
}

/// Why the store is one of our own. If this fails, `sequential-storage` has become safe against it.
#[test]
fn sequential_storage_can_lose_everything_in_a_torn_erase() {
    assert!(outcome(&MAP, Cut::Torn, None).0.cuts.lost > 0);
}
