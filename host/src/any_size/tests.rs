//! The learner of any size has the bits of the core's, of every size.

use heterosgd::learner::Step as CoreStep;
use heterosgd::model::GramPacking;
use heterosgd::sampling::{Ensemble, Gaussian, GaussianFeatures, GaussianRankOne, Purpose, stream};
use heterosgd::{
    Centred, Error, Features, HeteroSgd, Linear, Measurement, Model, Packing, Plain, Psd, RankOne,
    Scalar, Sequential, Settings, Size, Symmetric, Whitened,
};

use super::{Kind, Learner, Sample, Step};

/// A measurement of the core, as the learner of any size takes it.
trait Numbers<T> {
    fn sample(&self) -> Sample<'_, T>;
}

impl<T: Scalar, const D: usize> Numbers<T> for Features<T, D> {
    fn sample(&self) -> Sample<'_, T> {
        Sample::Entries(&self.0)
    }
}

impl<T: Scalar, const D: usize> Numbers<T> for RankOne<T, D> {
    fn sample(&self) -> Sample<'_, T> {
        Sample::RankOne(&self.0)
    }
}

impl<T: Scalar, const D: usize> Numbers<T> for Symmetric<T, D>
where
    Size<D>: Packing,
{
    fn sample(&self) -> Sample<'_, T> {
        Sample::Entries(self.as_slice())
    }
}

/// Learns the same samples both ways; batches are of any length, one ends in a refusal.
fn same<T, M, S, X, E>(kind: Kind, step: Step)
where
    T: Scalar,
    M: Model<Scalar = T>,
    S: CoreStep<M>,
    X: Measurement<M> + Numbers<T>,
    E: Ensemble<X>,
{
    let d = M::SHAPE.rows;
    let settings = Settings {
        step_size: T::from_f64(0.05 / d as f64),
        init_scale: T::from_f64(0.3),
        seed: 0,
    };
    let mut fixed = HeteroSgd::<M, S>::new(settings).expect("in range");
    let mut any = Learner::new(kind, d, step, settings, None).expect("in range");
    let mut draws = stream(1, Purpose::Measurements, 0);
    for batch in 0..6 {
        for k in 0..=(d as u32 * batch) {
            let x = E::draw(&mut draws);
            let y = T::from_f64(f64::from(k % 7) - 2.5);
            fixed.resume().observe(&x, y).expect("in range");
            any.observe(x.sample(), y).expect("in range");
        }
        let x = E::draw(&mut draws);
        let bad = T::from_f64(f64::NAN);
        assert_eq!(
            fixed.resume().observe(&x, bad),
            any.observe(x.sample(), bad)
        );
        assert_eq!(fixed.resume().count(), any.count());
        // A centred batch of one sample has no direction; both stay open.
        assert_eq!(fixed.resume().step(), any.step());
    }
    assert!(any.steps() >= 5, "{step:?} {kind:?}, d = {d}");
    let bits = |value: T| value.to_bits64();
    let mut theirs = Vec::new();
    fixed.model().visit(|value| theirs.push(bits(value)));
    let ours: Vec<u64> = any.model().factor().into_iter().map(bits).collect();
    assert_eq!(ours, theirs, "{step:?} {kind:?}, d = {d}");
    assert_eq!(any.model().digest(), fixed.digest());
    assert_eq!(
        (any.steps(), any.samples()),
        (fixed.steps(), fixed.samples())
    );
}

fn features<const D: usize>()
where
    Size<D>: Packing,
{
    fn each<T: Scalar, const D: usize>()
    where
        Size<D>: Packing,
    {
        type E = GaussianFeatures;
        let kind = Kind::Linear;
        same::<T, Linear<T, D>, Plain, Features<T, D>, E>(kind, Step::Plain);
        same::<T, Linear<T, D>, Centred, Features<T, D>, E>(kind, Step::Centred);
        same::<T, Linear<T, D>, Whitened, Features<T, D>, E>(kind, Step::Whitened);
        same::<T, Linear<T, D>, Centred<Whitened>, Features<T, D>, E>(kind, Step::CentredWhitened);
        same::<T, Linear<T, D>, Sequential, Features<T, D>, E>(kind, Step::Sequential);
    }
    each::<f32, D>();
    each::<f64, D>();
}

fn whitened<const D: usize>()
where
    Size<D>: GramPacking,
{
    fn each<T: Scalar, X, E, const D: usize>()
    where
        Size<D>: GramPacking,
        X: Measurement<Psd<T, D, D>> + Numbers<T>,
        E: Ensemble<X>,
    {
        let kind = Kind::Psd;
        same::<T, Psd<T, D, D>, Whitened, X, E>(kind, Step::Whitened);
        same::<T, Psd<T, D, D>, Centred<Whitened>, X, E>(kind, Step::CentredWhitened);
    }
    each::<f32, Symmetric<f32, D>, Gaussian, D>();
    each::<f64, RankOne<f64, D>, GaussianRankOne, D>();
}

fn matrices<const D: usize>()
where
    Size<D>: Packing,
{
    fn each<T: Scalar, X, E, const D: usize>()
    where
        Size<D>: Packing,
        X: Measurement<Psd<T, D, D>> + Numbers<T>,
        E: Ensemble<X>,
    {
        let kind = Kind::Psd;
        same::<T, Psd<T, D, D>, Plain, X, E>(kind, Step::Plain);
        same::<T, Psd<T, D, D>, Centred, X, E>(kind, Step::Centred);
        same::<T, Psd<T, D, D>, Sequential, X, E>(kind, Step::Sequential);
    }
    each::<f32, Symmetric<f32, D>, Gaussian, D>();
    each::<f64, Symmetric<f64, D>, Gaussian, D>();
    each::<f32, RankOne<f32, D>, GaussianRankOne, D>();
}

#[test]
fn every_step_of_features() {
    features::<1>();
    features::<2>();
    features::<14>();
    features::<17>();
    features::<33>();
}

#[test]
fn whitened_steps_of_matrices() {
    whitened::<1>();
    whitened::<2>();
    whitened::<5>();
    whitened::<10>();
}

#[test]
fn other_steps_of_matrices() {
    matrices::<1>();
    matrices::<2>();
    matrices::<5>();
    matrices::<8>();
    matrices::<17>();
    matrices::<33>();
}

/// What is refused leaves the batch, and the factor, as they were.
#[test]
fn refusals_are_those_of_the_core() {
    let settings = Settings {
        step_size: 1e300,
        init_scale: 0.3,
        seed: 0,
    };
    let mut fixed = HeteroSgd::<Linear<f64, 2>, Whitened>::new(settings).expect("in range");
    let mut any = Learner::new(Kind::Linear, 2, Step::Whitened, settings, None).expect("in range");
    assert_eq!(any.step(), Err(Error::EmptyBatch));
    any.observe(Sample::Entries(&[0.0; 2]), 1.0)
        .expect("in range");
    assert_eq!(any.step(), Err(Error::Singular { coordinate: 0 }));
    for x in [[1.0, 2.0], [0.5, -1.0]] {
        fixed.resume().observe(&Features(x), 3.0).expect("in range");
        any.observe(Sample::Entries(&x), 3.0).expect("in range");
    }
    fixed
        .resume()
        .observe(&Features([0.0; 2]), 1.0)
        .expect("in range");
    let (theirs, ours) = (fixed.resume().step(), any.step());
    assert!(
        matches!(ours, Err(Error::Diverged { step: 0, .. })),
        "{ours:?}"
    );
    assert!(matches!(theirs, Err(Error::Diverged { step: 0, .. })));
    assert_eq!(any.model().digest(), fixed.digest());
    assert_eq!(any.count(), 3);
}
