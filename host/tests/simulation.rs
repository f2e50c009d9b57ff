//! Simulated steps by way of vector registers have the bits of the plain experiment loop.

use heterosgd::experiment::Sensing;
use heterosgd::learner::Rule;
use heterosgd::sampling::{
    Ensemble, Gaussian, GaussianRankOne, Normals, Purpose, Rademacher, stream,
};
use heterosgd::stored::{Kernel, Portable, Stored, StoredMeasurement};
use heterosgd::{
    Error, IsotropicRankOne, Learner, Model, Packing, Plain, Psd, RankOne, Scalar, Schedule,
    Settings, Size, Symmetric,
};
use heterosgd_host::simd::Vectors;
use rand_core::Rng;

fn normals_agree<T: Scalar>() {
    for kernel in Vectors::all() {
        for length in 0..300 {
            let mut rng = stream(length as u64, Purpose::Measurements, 7);
            let mut plain = rng.clone();
            let mut out = vec![T::ZERO; length];
            kernel.fill(&mut rng, &mut out);
            for (k, z) in out.iter().enumerate() {
                let expected = T::standard_normal(&mut plain);
                assert_eq!(
                    z.to_bits64(),
                    expected.to_bits64(),
                    "{}, entry {k} of {length}",
                    kernel.name()
                );
            }
            assert_eq!(rng.next_u32(), plain.next_u32(), "words of {length}");
        }
    }
}

#[test]
fn normals_have_the_bits_of_single_ones() {
    normals_agree::<f32>();
    normals_agree::<f64>();
}

/// A generator whose words are those of a list, over and over.
struct Words<'a>(std::iter::Cycle<std::slice::Iter<'a, u32>>);

impl rand_core::TryRng for Words<'_> {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(*self.0.next().expect("words without end"))
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(u64::from(self.try_next_u32()?) << 32 | u64::from(self.try_next_u32()?))
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        for chunk in bytes.chunks_mut(4) {
            let word = self.try_next_u32()?.to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

/// Every octave, both signs, both ends of it.
#[test]
fn every_octave_has_the_bits_of_single_normals() {
    let words: Vec<u32> = (0..31)
        .flat_map(|k| {
            let first = 1u32 << k;
            [first, first + first / 3, 2 * first - 1]
        })
        .flat_map(|word| [word, word | 0x8000_0000])
        .chain([0, 0x8000_0000])
        .collect();
    for kernel in Vectors::all() {
        let mut out = vec![0f32; words.len()];
        kernel.fill(&mut Words(words.iter().cycle()), &mut out);
        let mut plain = vec![0f32; words.len()];
        Portable.fill(&mut Words(words.iter().cycle()), &mut plain);
        assert_eq!(out, plain, "{}", kernel.name());
        assert!(plain.iter().any(|z| z.abs() > 6.0) && plain.iter().any(|z| z.abs() < 1e-7));
    }
}

fn steps_agree<M, X, S, R>(truth: &[M::Signal])
where
    M: Model,
    X: StoredMeasurement<M> + Stored<Scalar = M::Scalar>,
    S: Ensemble<X>,
    R: Rule,
    Vectors: Kernel<M::Scalar>,
{
    let settings = Settings {
        step_size: M::Scalar::from_f64(0.05),
        init_scale: M::Scalar::from_f64(0.1),
        seed: 3,
    };
    let schedule = Schedule::Uniform { environments: 2 };
    for noise in [0.0, 0.25] {
        let sensing = Sensing::<M, X, S>::new(truth, schedule, 11)
            .and_then(|sensing| sensing.with_noise(M::Scalar::from_f64(noise)))
            .expect("a sensor");
        for size in [1, 8, 9, 10, 23, 64] {
            let mut plain = Learner::<M, R, Plain>::new(settings).expect("in range");
            for batch in 0..5 {
                sensing.step(&mut plain, batch, size).expect("stable");
            }
            for kernel in Vectors::all() {
                let mut fast = Learner::<M, R, Plain>::new(settings).expect("in range");
                for batch in 0..5 {
                    kernel
                        .simulate(&sensing, &mut fast, batch, size)
                        .expect("stable");
                }
                assert_eq!(
                    fast.digest(),
                    plain.digest(),
                    "{}, batches of {size}",
                    kernel.name()
                );
                assert_eq!(fast.samples(), plain.samples());
            }
        }
    }
}

fn signals<T: Scalar, const D: usize>() -> [heterosgd::algebra::Dual<T, D>; 2]
where
    Size<D>: Packing,
{
    [0.5, -0.5].map(|spurious| {
        let mut signal = Symmetric::<T, D>::zero();
        let direction = |place| {
            let mut x = [T::ZERO; D];
            x[place] = T::ONE;
            x
        };
        signal.add_outer(&direction(0), T::ONE);
        signal.add_outer(&direction(1), T::from_f64(spurious));
        heterosgd::algebra::Dual::new(&signal)
    })
}

fn all<T: Scalar, const D: usize, const K: usize>()
where
    Size<D>: Packing,
    Vectors: Kernel<T>,
{
    use heterosgd::learner::{Mixture, OneEnvironment};
    let truth = signals::<T, D>();
    steps_agree::<Psd<T, D, K>, Symmetric<T, D>, Gaussian, OneEnvironment>(&truth);
    steps_agree::<Psd<T, D, K>, Symmetric<T, D>, Gaussian, Mixture>(&truth);
    steps_agree::<Psd<T, D, K>, Symmetric<T, D>, Rademacher, OneEnvironment>(&truth);
    steps_agree::<Psd<T, D, K>, IsotropicRankOne<T, D>, GaussianRankOne, OneEnvironment>(&truth);
    steps_agree::<Psd<T, D, K>, RankOne<T, D>, GaussianRankOne, Mixture>(&truth);
}

#[test]
fn steps_have_the_bits_of_the_plain_loop() {
    all::<f32, 3, 2>();
    all::<f64, 8, 8>();
    all::<f32, 20, 20>();
    all::<f64, 20, 3>();
}

/// A run that diverges ends at the same sample, with the same samples in the open batch.
#[test]
fn divergence_is_the_same() {
    type M = Psd<f64, 4, 4>;
    type Step<'a> = &'a dyn Fn(&mut heterosgd::HeteroSgd<M>, u64) -> Result<(), Error>;
    let truth = signals::<f64, 4>();
    let settings = Settings {
        step_size: 40.0,
        init_scale: 1.0,
        seed: 0,
    };
    let sensing = Sensing::<M, Symmetric<f64, 4>, Gaussian>::new(
        &truth,
        Schedule::Uniform { environments: 2 },
        1,
    )
    .expect("a sensor");
    let run = |step: Step<'_>| {
        let mut learner = heterosgd::HeteroSgd::<M>::new(settings).expect("in range");
        let outcome = (0..100).try_for_each(|batch| step(&mut learner, batch));
        let steps = learner.steps();
        (
            outcome,
            steps,
            learner.digest(),
            learner.resume().count(),
            learner.resume().environment(),
        )
    };
    let plain = run(&|learner, batch| sensing.step(learner, batch, 12));
    assert!(plain.0.is_err());
    for kernel in Vectors::all() {
        let fast = run(&|learner, batch| kernel.simulate(&sensing, learner, batch, 12));
        assert_eq!(fast, plain, "{}", kernel.name());
    }
}
