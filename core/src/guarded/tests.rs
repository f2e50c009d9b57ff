//! Every bit of a screen and of a refit, flipped.

extern crate std;

use core::ops::Range;
use std::vec;

use super::Guarded;
use crate::checkpoint::phase::{self, Phase, digest};
use crate::state::VisitorMut;
use crate::{Error, Features, Findings, Refit, Scalar, Screen, Verdict};

/// Flips bits of the state, one each time; counts all that there are.
pub(crate) struct Flip {
    pub(crate) bit: usize,
    pub(crate) seen: usize,
}

impl Flip {
    fn mask(&mut self, width: usize) -> u64 {
        let position = self.bit.wrapping_sub(self.seen);
        self.seen += width;
        if position < width { 1 << position } else { 0 }
    }

    pub(crate) fn scalar<T: Scalar>(&mut self, value: &mut T) {
        let bits = value.to_bits64() ^ self.mask(8 * size_of::<T>());
        let bytes = bits.to_le_bytes();
        *value = T::from_le_slice(&bytes[..size_of::<T>()]).expect("as many bytes as it has");
    }

    pub(crate) fn word(&mut self, word: &mut u32) {
        *word ^= self.mask(32) as u32;
    }

    pub(crate) fn long(&mut self, word: &mut u64) {
        *word ^= self.mask(64);
    }
}

impl VisitorMut for Flip {
    fn scalar<T: Scalar>(&mut self, value: &mut T) {
        Flip::scalar(self, value);
    }

    fn word(&mut self, word: &mut u32) {
        Flip::word(self, word);
    }
}

/// Flips bit number `bit` and returns how many there are.
fn flip<P: Phase>(guarded: &mut Guarded<P>, bit: usize) -> usize {
    let mut flip = Flip { bit, seen: 0 };
    guarded.state.visit_mut(&mut flip);
    flip.word(&mut guarded.checksum);
    flip.seen
}

/// Flips every bit in turn in the middle of a visit: each is detected, by every way to the state, and
/// what goes on from the last checkpoint ends with the bits of the undisturbed one. `words` are bytes
/// that are listed as more than memory holds, `unlisted` those that memory holds besides: padding, and
/// room that is filled before it is read.
fn check<P: Phase + Clone>(
    start: P,
    feed: impl Fn(&mut P, u32) -> Result<bool, Error>,
    [words, unlisted]: [usize; 2],
) {
    let mut guarded = Guarded::new(start);
    let feed = |guarded: &mut Guarded<P>, rows: Range<u32>| {
        for number in rows {
            feed(&mut *guarded.open()?, number)?;
        }
        Ok::<(), Error>(())
    };
    feed(&mut guarded, 0..47).expect("good rows");
    let mut bytes = vec![0; P::HEADER.length];
    let state = guarded.verify().expect("intact");
    assert_eq!(phase::write(state, &mut bytes), Ok(bytes.len()));
    let good = digest(state);
    let mut whole = guarded.clone();
    feed(&mut whole, 47..70).expect("good rows");
    let expected = digest(whole.verify().expect("intact"));

    let bits = flip(&mut guarded.clone(), usize::MAX);
    let size = size_of::<Guarded<P>>();
    assert_eq!(bits, 8 * (size + words - unlisted), "of {size} bytes");
    let (mut changed, mut undetected) = (0, 0);
    for bit in 0..bits {
        let mut faulty = guarded.clone();
        flip(&mut faulty, bit);
        if digest(&faulty.state) == good && faulty.checksum == guarded.checksum {
            // A bit that memory does not hold.
            continue;
        }
        changed += 1;
        let outcomes = [
            faulty.verify().map(|_| ()),
            faulty.open().map(|_| ()),
            feed(&mut faulty, 47..48),
        ];
        undetected += u32::from(outcomes != [Err(Error::Corrupted); 3]);
        faulty.restore(&bytes).expect("a good checkpoint");
        feed(&mut faulty, 47..70).expect("good rows");
        let state = faulty.verify().expect("intact");
        assert_eq!(digest(state), expected, "bit {bit}");
    }
    std::println!(
        "{changed} bits of {}: {undetected} undetected",
        core::any::type_name::<P>()
    );
    assert!(changed + 8 * words >= bits, "{changed} of {bits}");
    assert_eq!(undetected, 0, "of {changed}");
}

/// Features of a row, and its response: 15 rows to a visit.
fn row<T: Scalar, const D: usize>(number: u32) -> (u32, Features<T, D>, T) {
    let at = |k: u32| {
        T::from_f64(f64::from(
            (number * number * 7 + k * 5 + 3 * number * k) % 23,
        ))
    };
    let x = core::array::from_fn(|i| at(i as u32 + 1));
    (number / 15, Features(x), at(0))
}

fn screen<T: Scalar>(unlisted: usize) {
    let feed = |screen: &mut Screen<T, 2, 2, 2>, number| {
        let (environment, x, y) = row(number);
        // Two are open side by side.
        screen.observe_from(environment % 2, &x, y)
    };
    check(Screen::new(), feed, [0, unlisted]);
}

fn refit<T: Scalar>(unlisted: usize) {
    let feed = |refit: &mut Refit<T, 2>, number| {
        let (environment, x, y) = row(number);
        refit.observe_from(environment, &x, y)
    };
    let mut findings = Findings::from_verdicts([Verdict::Varies, Verdict::Unsure]);
    findings.of[0].mean = 0.5;
    // A verdict and a truth take a byte each; listed, four.
    check(Refit::new(findings), feed, [3 * 3, unlisted]);
}

#[test]
fn every_flipped_bit_is_found() {
    // Room for the next row, and padding.
    screen::<f32>(2 * 12 + 8);
    screen::<f64>(2 * 24 + 8);
    refit::<f32>(12 + 3 * 3 + 8);
    refit::<f64>(24 + 3 * 3 + 8);
}
