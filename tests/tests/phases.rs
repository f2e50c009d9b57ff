//! The checkpoint of a screen or a refit goes on where it was, bit for bit.

use heterosgd::checkpoint::{CheckpointError, Extra};
use heterosgd::{Features, HeteroSgd, Linear, Refit, Screen};
use heterosgd_tests::checkpoint::settings;
use heterosgd_tests::phase::{D, Phase, bytes, feed, part_way, row};

/// Cuts a recording after every row, goes on in one of another past, and compares the whole of the state
/// after each later row, and all that is said in the end.
fn cuts<P: Phase, const OPEN: u32>() {
    let rows = 110 * OPEN;
    let mut whole = P::start();
    let mut kept = Vec::new();
    for number in 0..rows {
        kept.push((bytes(&whole), whole.bits()));
        feed::<P, OPEN>(&mut whole, number);
    }
    kept.push((bytes(&whole), whole.bits()));
    let outcome = whole.outcome();
    // Another past: restoring overwrites all of it.
    let mut other = P::start();
    for number in 0..50 {
        let (x, y) = row(number + 1000);
        other.take(Some(77), x, 3.0 * y).expect("a good row");
    }
    for (cut, (at, bits)) in (0..).zip(&kept) {
        let mut again = other.clone();
        again.read(at).expect("its own checkpoint");
        assert_eq!((&bytes(&again), again.bits()), (at, *bits));
        for number in cut..rows {
            feed::<P, OPEN>(&mut again, number);
            let digest = kept[number as usize + 1].1;
            assert_eq!(again.bits(), digest, "cut before {cut}, row {number}");
        }
        assert_eq!(&bytes(&again), &kept[rows as usize].0, "cut before {cut}");
        assert_eq!(again.outcome(), outcome, "cut before {cut}");
        assert_eq!(again.bits(), whole.bits());
    }
    println!("{} cuts of {}", kept.len(), core::any::type_name::<P>());
}

#[test]
fn cut_after_every_row_and_the_bits_are_the_same() {
    cuts::<Screen<f32, D, 8>, 1>();
    cuts::<Screen<f64, D, 1>, 1>();
    cuts::<Screen<f32, D, 1, 3>, 3>();
    cuts::<Screen<f64, D, 8, 3>, 3>();
    cuts::<Refit<f32, D>, 1>();
    cuts::<Refit<f64, D>, 1>();
    cuts::<Refit<f32, D, 3>, 3>();
    cuts::<Refit<f64, D, 3>, 3>();
}

#[test]
fn the_size_is_the_one_promised() {
    assert_eq!(Screen::<f32, 14>::CHECKPOINT_BYTES, 7324);
    assert_eq!(Screen::<f32, 14, 1>::CHECKPOINT_BYTES, 3516);
    assert_eq!(Refit::<f32, 14>::CHECKPOINT_BYTES, 2696);
    let screen: Screen<f32, D, 8> = part_way::<_, 1>();
    let needed = Screen::<f32, D, 8>::CHECKPOINT_BYTES;
    let mut short = vec![7; needed - 1];
    let refused = screen.checkpoint(&mut short);
    let given = short.len();
    assert_eq!(refused, Err(CheckpointError::Buffer { needed, given }));
    assert_eq!(short, vec![7; needed - 1]);
    let mut long = vec![7; needed + 9];
    assert_eq!(screen.checkpoint(&mut long), Ok(needed));
    assert_eq!(long[needed..], [7; 9]);
}

/// Of what has been forgotten nothing is left: a visit that was discarded, but for the guard.
#[test]
fn a_digest_is_of_what_matters() {
    let mut screen: Screen<f64, D, 8> = part_way::<_, 1>();
    let mut forgetful = screen.clone();
    screen.discard_visit();
    forgetful.discard_visit();
    assert_eq!(screen.digest(), forgetful.digest());
    let (x, y) = row(1);
    for (phase, first) in [(&mut screen, 1.0), (&mut forgetful, 2.0)] {
        phase.take(Some(1), [first; D], y).expect("a good row");
        phase.discard_visit();
    }
    assert_eq!(screen.digest(), forgetful.digest());
    screen.take(Some(1), x, y).expect("a good row");
    assert_ne!(screen.digest(), forgetful.digest());
}

/// All three in one checkpoint, under one checksum.
#[test]
fn both_are_kept_beside_a_learner() {
    type Small = HeteroSgd<Linear<f32, D>>;
    type Beside = (Screen<f32, D, 8>, Refit<f32, D, 3>);
    let mut learner = Small::new(settings(3)).expect("in range");
    let x = Features([1.0, 0.5, 0.25]);
    learner.batch(1).observe(&x, 1.0).expect("a good sample");
    let beside: Beside = (part_way::<_, 1>(), part_way::<_, 3>());
    let mut bytes = vec![0; Small::CHECKPOINT_BYTES + <Beside as Extra>::BYTES];
    assert_eq!(
        learner.checkpoint_with(&beside, &mut bytes),
        Ok(bytes.len())
    );
    let mut again = Small::new(settings(4)).expect("in range");
    let (screen, refit) = again.restore_with::<Beside>(&bytes).expect("its own");
    assert_eq!(screen.digest(), beside.0.digest());
    assert_eq!(refit.digest(), beside.1.digest());
    assert_eq!(again.resume().count(), 1);
}

/// Whatever a screen or a refit of numbers in range holds, it takes back: also where data lie at the ends
/// of the range of the scalar.
#[test]
fn what_is_written_is_taken_back() {
    fn check<P: Phase>(scales: &[f64]) {
        for &feature in scales {
            for &response in scales {
                let mut phase = P::start();
                for number in 0..100 {
                    let (mut x, y) = row(number % 30);
                    x[0] *= feature;
                    x[1] *= scales[number as usize / 20 % scales.len()];
                    let y = response * f64::from(number / 20) * (y - 2.0);
                    let _ = phase.take(Some(number / 20), x, y);
                }
                for _ in 0..2 {
                    let kept = bytes(&phase);
                    let taken = P::start().read(&kept);
                    assert_eq!(taken, Ok(()), "{feature} {response}: {phase:?}");
                    phase.outcome();
                }
            }
        }
    }
    let singles = [1e-45, 1e-38, 1e-20, 1e-8, 1.0, 1e6, 1e10];
    check::<Screen<f32, D, 8>>(&singles);
    check::<Refit<f32, D>>(&singles);
    let doubles = [
        1e-320, 1e-200, 1e-160, 1e-120, 1e-60, 1.0, 1e60, 1e110, 1e118,
    ];
    check::<Screen<f64, D, 8>>(&doubles);
    check::<Screen<f64, D, 1>>(&doubles);
    check::<Refit<f64, D>>(&doubles);
}

/// Bytes that a release wrote stay readable: these files are never written again.
#[test]
fn golden_checkpoints_are_read() {
    golden::<Screen<f32, D, 2>>("screen-f32-3-2", 0x8238_dba1_bbaa_08d2);
    golden::<Refit<f64, D>>("refit-f64-3", 0x271c_26b3_7ca9_043f);
}

/// The file is what one part way writes, and is taken by another one.
fn golden<P: Phase>(name: &str, digest: u64) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/checkpoints");
    let phase = part_way::<P, 1>();
    let golden = std::fs::read(format!("{folder}/{name}.bin")).expect("a golden checkpoint");
    assert_eq!(bytes(&phase), golden, "{name}");
    let mut again = P::start();
    again.read(&golden).expect(name);
    assert_eq!([phase.bits(), again.bits()], [digest; 2], "{name}");
}
