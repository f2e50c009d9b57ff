//! How samples meet the models, and sums.

use core::hint::black_box;

use heterosgd::learner::{CentredSums, Step};
use heterosgd::model::{Sum, SymmetricModel};
use heterosgd::sampling::{
    Ensemble, Gaussian, GaussianFeatures, GaussianRankOne, Purpose, Xoshiro128PlusPlus, stream,
};
use heterosgd::{
    Centred, Features, IsotropicRankOne, Linear, Measurement, Model, Packing, Plain, Psd, RankOne,
    Scalar, Signed, Size, Symmetric,
};

use super::sampling::drawn;
use super::tally::{Entries, Tally};

/// Both kinds of factor and both routes of a prediction.
#[inline(never)]
pub(super) fn measuring<T: Scalar>(tally: &mut Tally) {
    matrices::<T, Psd<T, 4, 4>, 4>(tally);
    matrices::<T, Psd<T, 5, 2>, 5>(tally);
    matrices::<T, Signed<T, 4, 4>, 4>(tally);
    matrices::<T, Signed<T, 5, 1>, 5>(tally);
    vectors::<T, 9>(tally);
}

#[inline(never)]
fn vectors<T: Scalar, const D: usize>(tally: &mut Tally) {
    let model = start::<Linear<T, D>>();
    met::<_, Features<T, D>, GaussianFeatures>(&model, tally);
    centred::<_, Features<T, D>, GaussianFeatures>(&model, tally);
}

#[inline(never)]
fn matrices<T, M, const D: usize>(tally: &mut Tally)
where
    T: Scalar,
    M: SymmetricModel<T, D>,
    Size<D>: Packing,
{
    let model = start::<M>();
    met::<_, Symmetric<T, D>, Gaussian>(&model, tally);
    met::<_, RankOne<T, D>, GaussianRankOne>(&model, tally);
    met::<_, IsotropicRankOne<T, D>, GaussianRankOne>(&model, tally);
    centred::<_, RankOne<T, D>, GaussianRankOne>(&model, tally);
    let (RankOne(x), _) = drawn::<T, RankOne<T, D>, GaussianRankOne>(&mut draws());
    tally.scalar(model.quadratic(&x));
}

fn draws() -> Xoshiro128PlusPlus {
    stream(black_box(5), Purpose::Measurements, 0)
}

#[inline(never)]
fn start<M: Model>() -> M {
    M::initial(M::Scalar::from_f64(black_box(0.3)), black_box(1))
}

/// A measurement on a model, and on a sum.
#[inline(never)]
fn met<M, X, S>(model: &M, tally: &mut Tally)
where
    M: Model<Gradient: Entries<M::Scalar>>,
    X: Measurement<M>,
    S: Ensemble<X>,
{
    let (x, weight) = drawn::<M::Scalar, X, S>(&mut draws());
    tally.outcome(&x.check());
    let mut sum = <M::Gradient as Sum<M::Scalar>>::zero();
    x.add_to(&mut sum, weight);
    sum.add_scaled(&model.estimate(), weight);
    tally.scalars(sum.entries());
    tally.scalar(x.respond(&M::signal_of(&sum)));
    tally.scalar(x.respond(model.signal()));
    tally.scalar(x.predict(model));
}

/// The sums of a batch, taken by hand as a learner takes them.
#[inline(never)]
fn centred<M, X, S>(model: &M, tally: &mut Tally)
where
    M: Model<Gradient: Entries<M::Scalar>>,
    X: Measurement<M>,
    S: Ensemble<X>,
{
    let (x, residual) = drawn::<M::Scalar, X, S>(&mut draws());
    let gradient = model.estimate();
    let mut sums: () = <Plain as Step<M>>::empty();
    <Plain as Step<M>>::add(&(), &mut sums, &x, residual, 0);
    tally.scalars(gradient.entries());
    let given = <Plain as Step<M>>::direction(&(), &sums, &gradient, black_box(1));
    tally.word(given.is_ok_and(|given| given.is_none()));
    let mut sums: CentredSums<M> = <Centred as Step<M>>::empty();
    <Centred as Step<M>>::add(&(), &mut sums, &x, residual, 0);
    let given = <Centred as Step<M>>::direction(&(), &sums, &gradient, black_box(1));
    if let Ok(Some(gradient)) = given {
        tally.scalars(gradient.entries());
    }
}
