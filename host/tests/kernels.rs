//! Every kernel that this processor can run gives the bits of one sample after the other.

use heterosgd::learner::{Centred, OneEnvironment};
use heterosgd::sampling::{Purpose, stream};
use heterosgd::stored::{Kernel, Row, Stored, StoredMeasurement};
use heterosgd::{
    Error, Features, HeteroSgd, IsotropicRankOne, Learner, Linear, Model, Packing, Psd, RankOne,
    Samples, Scalar, Settings, Signed, Size, Symmetric,
};
use heterosgd_host::simd::Vectors;

/// Scalars of every size that samples have, some of them zero of either sign.
fn scalars<T: Scalar>(count: usize, index: u64) -> Vec<T> {
    let mut rng = stream(7, Purpose::Measurements, index);
    let mut scalar = |k: usize| match k % 11 {
        3 => T::ZERO,
        7 => -T::ZERO,
        _ => T::standard_normal(&mut rng),
    };
    (0..count).map(&mut scalar).collect()
}

fn learner<M: Model>(init_scale: f64) -> HeteroSgd<M> {
    Learner::new(Settings {
        step_size: M::Scalar::from_f64(0.02),
        init_scale: M::Scalar::from_f64(init_scale),
        seed: 3,
    })
    .expect("settings in range")
}

/// Batches of every size from 0 to 21 and some larger ones, three steps each.
fn check<M, X>(name: &str)
where
    M: Model,
    X: StoredMeasurement<M> + Stored<Scalar = M::Scalar>,
    Vectors: Kernel<M::Scalar>,
{
    for size in (0..=21).chain([64, 100]) {
        let length = size * <X::Row as Row<M::Scalar>>::LENGTH;
        let batches: Vec<_> = (0..3)
            .map(|batch| (scalars(length, batch), scalars(size, 100 + batch)))
            .collect();
        let mut plain = learner::<M>(0.3);
        let mut digests = vec![];
        for (entries, responses) in &batches {
            let samples = Samples::<X>::new(entries, responses).expect("good samples");
            let mut batch = plain.batch(0);
            for (x, y) in samples.iter() {
                batch.observe(&x, y).expect("a good sample");
            }
            assert_eq!(batch.step().is_ok(), size > 0);
            digests.push(plain.digest());
        }
        for kernel in Vectors::all() {
            let mut fast = learner::<M>(0.3);
            for ((entries, responses), expected) in batches.iter().zip(&digests) {
                let samples = Samples::<X>::new(entries, responses).expect("good samples");
                let mut batch = fast.batch(0);
                batch
                    .observe_all_with(&kernel, &samples)
                    .expect("good samples");
                assert_eq!(batch.count() as usize, size);
                let stepped = kernel.step(batch);
                assert_eq!(stepped.is_ok(), size > 0);
                assert_eq!(
                    fast.digest(),
                    *expected,
                    "{name}, {size}, {}",
                    kernel.name()
                );
            }
        }
    }
}

fn sizes<T: Scalar>()
where
    Vectors: Kernel<T>,
{
    fn symmetric<T: Scalar, const D: usize, const K: usize>()
    where
        Size<D>: Packing,
        Vectors: Kernel<T>,
    {
        check::<Psd<T, D, D>, Symmetric<T, D>>(&format!("dense {D}"));
        check::<Psd<T, D, K>, RankOne<T, D>>(&format!("rank one {D} through {K} columns"));
        check::<Psd<T, D, D>, RankOne<T, D>>(&format!("rank one {D}"));
    }
    symmetric::<T, 1, 1>();
    symmetric::<T, 2, 1>();
    symmetric::<T, 3, 1>();
    symmetric::<T, 4, 2>();
    symmetric::<T, 5, 2>();
    symmetric::<T, 8, 2>();
    symmetric::<T, 10, 4>();
    symmetric::<T, 16, 8>();
    symmetric::<T, 17, 3>();
    symmetric::<T, 32, 4>();
    symmetric::<T, 33, 5>();
    symmetric::<T, 64, 2>();
    check::<Signed<T, 8, 8>, Symmetric<T, 8>>("signed");
    check::<Signed<T, 16, 4>, RankOne<T, 16>>("signed, rank one");
    check::<Psd<T, 8, 8>, IsotropicRankOne<T, 8>>("isotropic");
    check::<Linear<T, 1>, Features<T, 1>>("linear 1");
    check::<Linear<T, 14>, Features<T, 14>>("linear 14");
    check::<Linear<T, 77>, Features<T, 77>>("linear 77");
    // Longer than any kernel keeps in registers or on its stack.
    check::<Linear<T, 4200>, Features<T, 4200>>("linear 4200");
}

#[test]
fn every_kernel_has_the_bits_of_single_samples_in_f32() {
    sizes::<f32>();
}

#[test]
fn every_kernel_has_the_bits_of_single_samples_in_f64() {
    sizes::<f64>();
}

#[test]
fn centred_batches_too() {
    let (entries, responses) = (scalars::<f64>(36 * 20, 0), scalars::<f64>(20, 1));
    let samples = Samples::<Symmetric<f64, 8>>::new(&entries, &responses).expect("good samples");
    let start = || {
        Learner::<Psd<f64, 8, 8>, OneEnvironment, Centred>::new(Settings {
            step_size: 0.1,
            init_scale: 0.3,
            seed: 0,
        })
        .expect("settings in range")
    };
    let (mut plain, mut fast) = (start(), start());
    let mut batch = plain.batch(0);
    for (x, y) in samples.iter() {
        batch.observe(&x, y).expect("a good sample");
    }
    batch.step().expect("a step");
    let mut batch = fast.batch(0);
    batch
        .observe_all_with(&Vectors::detect(), &samples)
        .expect("good samples");
    batch.step().expect("a step");
    assert_eq!(plain.digest(), fast.digest());
}

/// A residual beyond its range stops every kernel at the same sample, with what came before taken in.
#[test]
fn a_refused_residual_stops_at_its_sample() {
    fn stops<M, X>(large: M::Scalar)
    where
        M: Model,
        X: StoredMeasurement<M> + Stored<Scalar = M::Scalar>,
        Vectors: Kernel<M::Scalar>,
    {
        let row = <X::Row as Row<M::Scalar>>::LENGTH;
        for bad in 0..20 {
            let mut entries = scalars(20 * row, 0);
            let responses = scalars(20, 1);
            for entry in &mut entries[bad * row..(bad + 1) * row] {
                *entry = large;
            }
            let samples = Samples::<X>::new(&entries, &responses).expect("in range, each");
            let before = samples.split_at(bad).0;
            for kernel in Vectors::all() {
                let (mut one, mut all) = (learner::<M>(1000.0), learner::<M>(1000.0));
                let mut batch = all.batch(0);
                let refused = batch.observe_all_with(&kernel, &samples);
                assert!(matches!(refused, Err(Error::OutOfRange(_))), "{refused:?}");
                assert_eq!(batch.count() as usize, bad);
                let _ = batch.step();
                let mut batch = one.batch(0);
                batch.observe_all(&before).expect("the good ones");
                let _ = batch.step();
                assert_eq!(one.digest(), all.digest(), "{bad}, {}", kernel.name());
            }
        }
    }
    stops::<Psd<f32, 8, 8>, Symmetric<f32, 8>>(f32::MAX_ENTRY);
    stops::<Psd<f32, 20, 20>, Symmetric<f32, 20>>(f32::MAX_ENTRY);
    stops::<Psd<f32, 16, 16>, RankOne<f32, 16>>(f32::MAX_COORDINATE);
    stops::<Psd<f32, 8, 2>, RankOne<f32, 8>>(f32::MAX_COORDINATE);
}
