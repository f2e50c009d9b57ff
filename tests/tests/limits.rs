//! At the limits of the accepted ranges nothing overflows: no infinity or NaN gets into the state,
//! whatever step size follows.

use core::fmt::Debug;

use heterosgd::learner::{OneEnvironment, Step};
use heterosgd::{
    Centred, Error, Features, HeteroSgd, IsotropicRankOne, Learner, Linear, Measurement, Model,
    Plain, Psd, RankOne, Scalar, Settings, Signed, Symmetric,
};

/// Infinities and NaN cannot hide: `Debug` shows every scalar of factor, estimate and open batch.
fn assert_finite<M: Model, C: Step<M> + Debug>(learner: &Learner<M, OneEnvironment, C>) {
    let state = format!("{learner:?}");
    assert!(!state.contains("NaN") && !state.contains("inf"), "{state}");
}

/// Feeds extreme samples with every pattern of signs in x and y, then steps of every size.
/// `unit`, a sample of unit size, is accepted in between, whatever the factor has become.
fn extremes<M, X, C>(samples: &[X], unit: &X)
where
    M: Model,
    X: Measurement<M>,
    C: Step<M> + Debug,
{
    let limit = M::Scalar::MAX_RESIDUAL;
    // The step size at which the largest gradient moves a factor by its own size.
    let own_size = M::Scalar::ONE / (limit * M::Scalar::MAX_ENTRY);
    let step_sizes = [1e-9, 1e-3, 1.0, 1e3, 1e9].map(|scale| own_size * M::Scalar::from_f64(scale));
    let largest = M::Scalar::from_f64(3e38);
    let (mut done, mut refused) = (0, 0);
    for init_scale in [1e-30, 1.0, M::Scalar::MAX_FACTOR.to_f64()] {
        for step_size in step_sizes.into_iter().chain([M::Scalar::ONE, largest]) {
            let mut learner = HeteroSgd::<M, C>::new(Settings {
                step_size,
                init_scale: M::Scalar::from_f64(init_scale),
                seed: 0,
            })
            .expect("in range");
            for step in 0..20 {
                learner.batch(0);
                for repeat in 0..50 {
                    let x = &samples[(step + repeat) % samples.len()];
                    let y = if repeat % 3 == step % 3 {
                        -limit
                    } else {
                        limit
                    };
                    // Refusals of the residual are right here; what counts is the state.
                    let _ = learner.resume().observe(x, y);
                }
                assert_finite(&learner);
                let (count, step) = (learner.resume().count(), learner.steps());
                match learner.resume().step() {
                    Ok(()) => done += 1,
                    Err(error) if count == 0 => assert_eq!(error, Error::EmptyBatch),
                    Err(error) => {
                        assert!(matches!(error, Error::Diverged { step: at, .. } if at == step));
                        refused += 1;
                    }
                }
                assert_finite(&learner);
                let y = M::Scalar::ONE;
                assert_eq!(learner.unlabelled_batch().observe(unit, y), Ok(()));
            }
        }
    }
    assert!(
        done > 0 && refused > 0,
        "{done} steps done, {refused} refused"
    );
}

fn both<M, X>(samples: &[X], unit: &X)
where
    M: Model,
    X: Measurement<M>,
{
    extremes::<M, X, Plain>(samples, unit);
    extremes::<M, X, Centred>(samples, unit);
}

/// All entries at the limit: all positive, all negative, and alternating.
fn arrays<T: Scalar, const D: usize>(limit: T) -> [[T; D]; 3] {
    let alternating = core::array::from_fn(|i| if i % 2 == 0 { limit } else { -limit });
    [[limit; D], [-limit; D], alternating]
}

#[test]
fn dense() {
    let samples = arrays::<f32, 10>(f32::MAX_ENTRY).map(Symmetric::<f32, 4>::from_packed);
    let unit = Symmetric::from_packed([1.0; 10]);
    both::<Psd<f32, 4, 4>, _>(&samples, &unit);
    both::<Signed<f32, 4, 2>, _>(&samples, &unit);
    let samples = arrays::<f64, 10>(f64::MAX_ENTRY).map(Symmetric::<f64, 4>::from_packed);
    both::<Psd<f64, 4, 1>, _>(&samples, &Symmetric::from_packed([1.0; 10]));
}

#[test]
fn rank_one() {
    let samples = arrays::<f32, 4>(f32::MAX_COORDINATE);
    let unit = RankOne([1.0; 4]);
    both::<Psd<f32, 4, 4>, _>(&samples.map(RankOne), &unit);
    both::<Psd<f32, 4, 1>, _>(&samples.map(RankOne), &unit);
    both::<Signed<f32, 4, 1>, _>(&samples.map(RankOne), &unit);
    let unit = IsotropicRankOne([1.0; 4]);
    both::<Psd<f32, 4, 4>, _>(&samples.map(IsotropicRankOne), &unit);
    let samples = arrays::<f64, 4>(f64::MAX_COORDINATE);
    both::<Psd<f64, 4, 4>, _>(&samples.map(RankOne), &RankOne([1.0; 4]));
}

#[test]
fn features() {
    let unit = Features([1.0; 4]);
    both::<Linear<f32, 4>, _>(&arrays::<f32, 4>(f32::MAX_ENTRY).map(Features), &unit);
    let unit = Features([1.0; 4]);
    both::<Linear<f64, 4>, _>(&arrays::<f64, 4>(f64::MAX_ENTRY).map(Features), &unit);
}

/// The arithmetic behind the ranges: the largest batch, centred, and the largest estimate.
fn sums_stay_finite<T: Scalar>() {
    let full = T::from_count(u32::MAX);
    let gradient = full * T::MAX_RESIDUAL * T::MAX_ENTRY;
    assert!((gradient + gradient).is_finite());
    let rank_one = full * T::MAX_RESIDUAL * T::MAX_COORDINATE * T::MAX_COORDINATE;
    assert!((rank_one + rank_one).is_finite());
    let estimate = T::from_count(64) * T::MAX_FACTOR * T::MAX_FACTOR;
    assert!((estimate + estimate).is_finite());
}

#[test]
fn ranges() {
    sums_stay_finite::<f32>();
    sums_stay_finite::<f64>();
}
