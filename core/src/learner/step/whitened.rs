//! Whitened batches: the gradient premultiplied by the inverse of the batch's own Gram matrix.

use super::centred::CentredSums;
use super::{Centred, Step, sealed};
use crate::algebra::gram;
use crate::checkpoint::Reader;
use crate::learner::checkpoint::read_sum;
use crate::learner::{Learner, Rule};
use crate::measurement::Measurement;
use crate::model::{Model, Sum, Whitening};
use crate::{Error, Scalar};

/// The gradient of each batch is premultiplied by the inverse of the batch's own Gram matrix:
/// `(K + ridge tr(K)/p I)^-1 g`, K the mean of `x x^T` over the measurements as vectors x of p
/// numbers.
///
/// With no label noise, more samples than coordinates and a ridge of 0 a step is the population's
/// (docs/theory.md, section 5): what the environment adds no longer acts as noise, and correlated or
/// badly scaled measurements do no harm. An open batch keeps p(p+1)/2 more numbers, and closing it
/// needs as many on the stack.
///
/// ```
/// use heterosgd::{Error, Features, HeteroSgd, Linear, Settings, Whitened};
///
/// let settings = Settings { step_size: 0.5, init_scale: 0.1, seed: 0 };
/// let mut learner = HeteroSgd::<Linear<f64, 2>, Whitened>::new(settings)?;
/// learner.set_ridge(0.0)?;
/// let mut batch = learner.batch(0);
/// for x in [[1.0, 0.5], [2.0, -1.0], [0.0, 3.0]] {
///     batch.observe(&Features(x), 3.0 * x[0])?; // the coefficients are 3 and 0
/// }
/// batch.step()?;
/// // The direction is the present coefficients less those of the batch: (0, 0) - (3, 0).
/// let (u, v) = learner.model().factors();
/// assert!((u[0] - 0.1 * (1.0 + 0.5 * 3.0)).abs() < 1e-12);
/// assert!((u[1] - 0.1).abs() < 1e-12 && (v[1] - 0.1).abs() < 1e-12);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whitened;

/// What is added to the Gram matrix, as a share of the mean of its diagonal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ridge<T>(T);

impl<T: Scalar> Ridge<T> {
    /// 2^-10, about 1e-3.
    fn usual() -> Self {
        Self(T::from_f64(1.0 / 1024.0))
    }

    fn checked(ridge: T) -> Option<Self> {
        (ridge >= T::ZERO && ridge <= T::ONE).then_some(Self(ridge))
    }
}

impl<M, R, S> Learner<M, R, S>
where
    M: Model,
    R: Rule,
    S: Step<M, Kept = Ridge<M::Scalar>>,
{
    /// What is added to the Gram matrix of a batch, as a share of the mean of its diagonal.
    pub fn ridge(&self) -> M::Scalar {
        self.kept.0
    }

    /// Sets the ridge, 2^-10 (about 1e-3) until then. Ten times as much serves where measurements
    /// nearly depend on each other within a batch; 0 where batches have more samples than coordinates
    /// and the exact population step is wanted.
    ///
    /// # Errors
    /// [`Error::Ridge`] unless it is a number from 0 to 1; the old one is kept.
    pub fn set_ridge(&mut self, ridge: M::Scalar) -> Result<(), Error> {
        self.kept = Ridge::checked(ridge).ok_or(Error::Ridge)?;
        Ok(())
    }
}

/// The direction for the sums `gram` and `gradient`, in place of the gradient.
fn whiten<M: Whitening>(
    ridge: Ridge<M::Scalar>,
    gram: &mut M::Gram,
    gradient: &mut M::Gradient,
) -> Result<(), Error> {
    let weights = <M::Gradient as Sum<M::Scalar>>::weights();
    gram::whiten(gram.as_mut(), gradient.as_mut_slice(), weights, ridge.0)
        .map_err(|coordinate| Error::Singular { coordinate })
}

/// The entries of a Gram matrix are sums of products of two entries.
fn load_gram<T: Scalar>(gram: &mut [T], from: &mut Reader<'_>) -> Option<()> {
    for entry in gram {
        *entry = from.scalar().filter(|value: &T| value.within(T::MAX_SUM))?;
    }
    Some(())
}

impl sealed::Sealed for Whitened {}

impl<M: Whitening> Step<M> for Whitened {
    type Sums = M::Gram;
    type Kept = Ridge<M::Scalar>;

    const KIND: u16 = 2;
    const SCALARS: usize = M::GRAM + 1;

    fn empty() -> M::Gram {
        M::gram()
    }

    fn start() -> Ridge<M::Scalar> {
        Ridge::usual()
    }

    fn add<X: Measurement<M>>(
        _: &Ridge<M::Scalar>,
        sums: &mut M::Gram,
        x: &X,
        _: M::Scalar,
        _: u32,
    ) {
        let mut entries = M::Gradient::zero();
        x.add_to(&mut entries, M::Scalar::ONE);
        gram::add_outer(sums.as_mut(), entries.as_slice());
    }

    #[inline]
    fn divisor(_: u32) -> M::Scalar {
        M::Scalar::ONE
    }

    fn direction(
        ridge: &Ridge<M::Scalar>,
        sums: &M::Gram,
        gradient: &M::Gradient,
        _: u32,
    ) -> Result<Option<M::Gradient>, Error> {
        // A step that is refused leaves the batch as it was: the factor takes the place of a copy.
        let (mut gram, mut direction) = (*sums, gradient.clone());
        whiten::<M>(*ridge, &mut gram, &mut direction)?;
        Ok(Some(direction))
    }

    fn visit(ridge: &Ridge<M::Scalar>, sums: &M::Gram, mut visitor: impl FnMut(M::Scalar)) {
        visitor(ridge.0);
        sums.as_ref().iter().copied().for_each(visitor);
    }

    fn load(ridge: &mut Ridge<M::Scalar>, sums: &mut M::Gram, from: &mut Reader<'_>) -> Option<()> {
        *ridge = Ridge::checked(from.scalar()?)?;
        load_gram(sums.as_mut(), from)
    }

    #[cfg(test)]
    fn visit_mut(
        ridge: &mut Ridge<M::Scalar>,
        sums: &mut M::Gram,
        mut visitor: impl FnMut(&mut M::Scalar),
    ) {
        visitor(&mut ridge.0);
        sums.as_mut().iter_mut().for_each(visitor);
    }
}

/// The sums of a centred and whitened batch. Measurements are taken relative to the first one, so
/// that a large mean does not use up the digits of the sums.
#[derive(Debug, Clone)]
pub struct CentredGram<M: Whitening> {
    first: M::Gradient,
    relative: CentredSums<M>,
    gradient: M::Gradient,
    gram: M::Gram,
}

impl<M: Whitening> Step<M> for Centred<Whitened> {
    type Sums = CentredGram<M>;
    type Kept = Ridge<M::Scalar>;

    const KIND: u16 = 3;
    const SCALARS: usize = CentredSums::<M>::SCALARS
        + 2 * <M::Gradient as Sum<M::Scalar>>::SCALARS
        + <Whitened as Step<M>>::SCALARS;

    fn empty() -> CentredGram<M> {
        CentredGram {
            first: M::Gradient::zero(),
            relative: CentredSums::empty(),
            gradient: M::Gradient::zero(),
            gram: M::gram(),
        }
    }

    fn start() -> Ridge<M::Scalar> {
        Ridge::usual()
    }

    fn add<X: Measurement<M>>(
        _: &Ridge<M::Scalar>,
        sums: &mut CentredGram<M>,
        x: &X,
        residual: M::Scalar,
        count: u32,
    ) {
        let mut entries = M::Gradient::zero();
        x.add_to(&mut entries, M::Scalar::ONE);
        if count == 0 {
            sums.first = entries.clone();
        }
        entries.add_scaled(&sums.first, -M::Scalar::ONE);
        sums.relative.add_entries(&entries, residual);
        sums.gradient.add_scaled(&entries, residual);
        gram::add_outer(sums.gram.as_mut(), entries.as_slice());
    }

    #[inline]
    fn divisor(_: u32) -> M::Scalar {
        M::Scalar::ONE
    }

    fn direction(
        ridge: &Ridge<M::Scalar>,
        sums: &CentredGram<M>,
        _: &M::Gradient,
        count: u32,
    ) -> Result<Option<M::Gradient>, Error> {
        let m = M::Scalar::from_count(count);
        let mut direction = sums.relative.centred(&sums.gradient, count);
        let mut gram = sums.gram;
        gram::subtract_outer(gram.as_mut(), sums.relative.measurements.as_slice(), m);
        whiten::<M>(*ridge, &mut gram, &mut direction)?;
        Ok(Some(direction))
    }

    fn visit(ridge: &Ridge<M::Scalar>, sums: &CentredGram<M>, mut visitor: impl FnMut(M::Scalar)) {
        sums.relative.visit(&mut visitor);
        for sum in [&sums.first, &sums.gradient] {
            sum.as_slice().iter().copied().for_each(&mut visitor);
        }
        <Whitened as Step<M>>::visit(ridge, &sums.gram, visitor);
    }

    fn load(
        ridge: &mut Ridge<M::Scalar>,
        sums: &mut CentredGram<M>,
        from: &mut Reader<'_>,
    ) -> Option<()> {
        sums.relative.load(from)?;
        read_sum(from, &mut sums.first, M::Scalar::MAX_ENTRY)?;
        read_sum(from, &mut sums.gradient, M::Scalar::MAX_SUM)?;
        <Whitened as Step<M>>::load(ridge, &mut sums.gram, from)
    }

    #[cfg(test)]
    fn visit_mut(
        ridge: &mut Ridge<M::Scalar>,
        sums: &mut CentredGram<M>,
        mut visitor: impl FnMut(&mut M::Scalar),
    ) {
        sums.relative.visit_mut(&mut visitor);
        for sum in [&mut sums.first, &mut sums.gradient] {
            sum.as_mut_slice().iter_mut().for_each(&mut visitor);
        }
        <Whitened as Step<M>>::visit_mut(ridge, &mut sums.gram, visitor);
    }
}
