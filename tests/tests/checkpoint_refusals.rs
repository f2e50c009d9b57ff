//! What is not an intact checkpoint of this very kind of learner is refused, and the learner is as it was.

use heterosgd::checkpoint::{CheckpointError, Field};
use heterosgd::{Centred, HeteroSgd, Linear, PooledSgd, Psd, Signed};
use heterosgd_tests::checkpoint::{Small, bytes, settings, small};

/// The learner is as it was, and the refusal is `expected`.
fn refused(bytes: &[u8], expected: impl Fn(CheckpointError) -> bool, what: &str) {
    let mut learner = small();
    let before = self::bytes(&learner);
    let error = learner.restore(bytes).expect_err(what);
    assert!(expected(error), "{what}: {error}");
    assert_eq!(self::bytes(&learner), before, "{what}");
}

#[test]
fn one_flipped_bit_anywhere_is_refused() {
    let good = bytes(&small());
    for bit in 0..8 * good.len() {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        let expected = |error| match bit / 8 {
            0..4 => error == CheckpointError::NotACheckpoint,
            4 => matches!(error, CheckpointError::Version { .. }),
            _ => error == CheckpointError::Corrupted,
        };
        refused(&bad, expected, &format!("bit {bit}"));
    }
    println!("{} flipped bits, all refused", 8 * good.len());
}

#[test]
fn every_other_length_is_refused() {
    let good = bytes(&small());
    for length in 0..good.len() {
        let expected = |error| match length {
            0..4 => error == CheckpointError::NotACheckpoint,
            _ => {
                matches!(error, CheckpointError::Length { expected: 268, found } if found == length)
            }
        };
        refused(&good[..length], expected, &format!("{length} bytes"));
    }
    println!("{} lengths, all refused", good.len());
    let long = [&good[..], &[0]].concat();
    refused(
        &long,
        |error| error == CheckpointError::Corrupted,
        "a byte more",
    );
}

#[test]
fn other_learners_are_refused_by_name() {
    let is = |field: Field| move |error| matches!(error, CheckpointError::Other { field: found, .. } if found == field);
    let other = |bytes: Vec<u8>, field: Field| refused(&bytes, is(field), &format!("{field}"));
    macro_rules! bytes_of {
        ($learner:ty) => {
            bytes(&<$learner>::new(settings(3)).expect("in range"))
        };
    }
    other(bytes_of!(HeteroSgd<Signed<f32, 8, 2>>), Field::Model);
    other(bytes_of!(HeteroSgd<Linear<f32, 8>>), Field::Model);
    other(bytes_of!(PooledSgd<Psd<f32, 8, 2>>), Field::Rule);
    other(bytes_of!(HeteroSgd<Psd<f32, 8, 2>, Centred>), Field::Step);
    other(bytes_of!(HeteroSgd<Psd<f64, 8, 2>>), Field::Scalar);
    other(bytes_of!(HeteroSgd<Psd<f32, 7, 2>>), Field::Rows);
    other(bytes_of!(HeteroSgd<Psd<f32, 8, 3>>), Field::Columns);
    let mut with = vec![0; Small::CHECKPOINT_BYTES + 8];
    assert_eq!(small().checkpoint_with(&5u64, &mut with), Ok(with.len()));
    other(with, Field::Extra);
}

/// Puts `value` at `offset` and makes the checksum right: what a hostile file can hold.
fn forged(offset: usize, value: &[u8]) -> Vec<u8> {
    let mut bytes = bytes(&small());
    bytes[offset..][..value.len()].copy_from_slice(value);
    let end = bytes.len() - 4;
    let crc = crc32fast::hash(&bytes[..end]);
    bytes[end..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

#[test]
fn values_that_no_learner_has_are_refused() {
    // Offsets of docs/formats.md.
    let (known, environment, step_size, norm_limit, factor, gradient) = (40, 44, 48, 52, 56, 120);
    assert!(
        small()
            .restore(&forged(factor, &1.5f32.to_le_bytes()))
            .is_ok()
    );
    let values = |error| error == CheckpointError::Values;
    let bad_numbers = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -f32::MAX];
    for number in bad_numbers {
        for place in [
            step_size,
            norm_limit,
            factor,
            factor + 60,
            gradient,
            gradient + 140,
        ] {
            refused(
                &forged(place, &number.to_le_bytes()),
                values,
                &format!("{number} at {place}"),
            );
        }
    }
    refused(
        &forged(step_size, &0f32.to_le_bytes()),
        values,
        "a step size of 0",
    );
    refused(
        &forged(factor, &20_000f32.to_le_bytes()),
        values,
        "a factor out of range",
    );
    refused(
        &forged(known, &2u32.to_le_bytes()),
        values,
        "neither known nor not",
    );
    refused(
        &forged(known, &0u32.to_le_bytes()),
        values,
        "a label that is not known",
    );
    refused(&forged(5, &[1]), values, "a reserved byte");
    let mut labelled = small();
    labelled
        .restore(&forged(environment, &9u32.to_le_bytes()))
        .expect("another label");
    assert_eq!(labelled.resume().environment(), Some(9));
    refused(
        &forged(4, &[2]),
        |e| e == CheckpointError::Version { found: 2 },
        "a later version",
    );
}
