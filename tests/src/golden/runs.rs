//! Digests of whole runs: every model, measurement, rule, centring, scalar, and several sizes.

use heterosgd::algebra::{Packing, Size};
use heterosgd::digest::Digest;
use heterosgd::experiment::Sensing;
use heterosgd::learner::{Learner, Mixture, OneEnvironment, Rule, Step};
use heterosgd::sampling::{Ensemble, Gaussian, GaussianFeatures, GaussianRankOne, Rademacher};
use heterosgd::{
    Centred, Features, IsotropicRankOne, Linear, Measurement, Model, Plain, Psd, RankOne, Scalar,
    Schedule, Settings, Signed, Symmetric,
};
use rand_core::Rng;

use super::Line;
use crate::problem::Problem;

const STEPS: u64 = 200;
const BATCH: u32 = 8;

/// `X = x x^T` as given, the measurement that recorded data come with.
struct RawRankOne;

impl<T: Scalar, const D: usize> Ensemble<RankOne<T, D>> for RawRankOne {
    fn draw<R: Rng + ?Sized>(rng: &mut R) -> RankOne<T, D> {
        RankOne(core::array::from_fn(|_| T::standard_normal(rng)))
    }
}

/// The ranks make a rank-one prediction take either of its two routes; at d = 64, k = 17 `Psd` takes
/// one and `Signed` the other.
pub(super) fn add(lines: &mut Vec<Line>) {
    size::<f32, 1, 1>("f32", lines);
    size::<f32, 2, 2>("f32", lines);
    size::<f32, 4, 1>("f32", lines);
    size::<f32, 8, 2>("f32", lines);
    size::<f32, 16, 16>("f32", lines);
    size::<f32, 64, 17>("f32", lines);
    size::<f64, 1, 1>("f64", lines);
    size::<f64, 2, 2>("f64", lines);
    size::<f64, 4, 1>("f64", lines);
    size::<f64, 8, 2>("f64", lines);
    size::<f64, 16, 16>("f64", lines);
}

fn size<T: Scalar, const D: usize, const K: usize>(scalar: &str, lines: &mut Vec<Line>)
where
    Size<D>: Packing,
{
    let problem = Problem::<T, D>::new(1.0, &[2.0, -1.5], 0);
    let signals = problem.duals();
    let psd = format!("{scalar} d={D} k={K} Psd");
    rules::<Psd<T, D, K>, Symmetric<T, D>, Gaussian>(&psd, "Gaussian", &signals, lines);
    rules::<Psd<T, D, K>, Symmetric<T, D>, Rademacher>(&psd, "Rademacher", &signals, lines);
    rules::<Psd<T, D, K>, IsotropicRankOne<T, D>, GaussianRankOne>(
        &psd,
        "IsotropicRankOne",
        &signals,
        lines,
    );
    rules::<Psd<T, D, K>, RankOne<T, D>, RawRankOne>(&psd, "RankOne", &signals, lines);
    let signed = format!("{scalar} d={D} k={K} Signed");
    rules::<Signed<T, D, K>, Symmetric<T, D>, Gaussian>(&signed, "Gaussian", &signals, lines);
    rules::<Signed<T, D, K>, Symmetric<T, D>, Rademacher>(&signed, "Rademacher", &signals, lines);
    rules::<Signed<T, D, K>, IsotropicRankOne<T, D>, GaussianRankOne>(
        &signed,
        "IsotropicRankOne",
        &signals,
        lines,
    );
    rules::<Signed<T, D, K>, RankOne<T, D>, RawRankOne>(&signed, "RankOne", &signals, lines);
    let coefficients: Vec<[T; D]> = [2.0, -1.5]
        .iter()
        .map(|&pull| core::array::from_fn(|i| T::from_f64(if i + 1 == D { pull } else { 1.0 })))
        .collect();
    rules::<Linear<T, D>, Features<T, D>, GaussianFeatures>(
        &format!("{scalar} d={D} Linear"),
        "Features",
        &coefficients,
        lines,
    );
}

fn rules<M, X, S>(model: &str, measurement: &str, signals: &[M::Signal], lines: &mut Vec<Line>)
where
    M: Model,
    X: Measurement<M>,
    S: Ensemble<X>,
{
    let name = format!("{model} {measurement}");
    lines.push(run::<M, X, S, OneEnvironment, Plain>(
        format!("{name} hetero"),
        signals,
    ));
    lines.push(run::<M, X, S, Mixture, Plain>(
        format!("{name} pooled"),
        signals,
    ));
    lines.push(run::<M, X, S, OneEnvironment, Centred>(
        format!("{name} hetero centred"),
        signals,
    ));
    lines.push(run::<M, X, S, Mixture, Centred>(
        format!("{name} pooled centred"),
        signals,
    ));
}

fn run<M, X, S, R, C>(name: String, signals: &[M::Signal]) -> Line
where
    M: Model,
    X: Measurement<M>,
    S: Ensemble<X>,
    R: Rule,
    C: Step<M>,
{
    let sensing = Sensing::<M, X, S>::new(signals, Schedule::Uniform { environments: 2 }, 1)
        .expect("the schedule names the two signals")
        .with_noise(M::Scalar::from_f64(0.01))
        .expect("the noise is in range");
    let mut learner = Learner::<M, R, C>::new(Settings {
        step_size: M::Scalar::from_f64(0.01),
        init_scale: M::Scalar::from_f64(0.1),
        seed: 2,
    })
    .expect("the settings are in range");
    let mut digest = Digest::new();
    sensing
        .run(&mut learner, 0..STEPS, BATCH, |learner| {
            learner.model().visit(|value| digest.write_scalar(value));
        })
        .expect("the run stays in range");
    Line {
        name,
        digest: digest.finish(),
    }
}
