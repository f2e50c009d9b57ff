//! Kernels for the vector registers of a computer: the bits of [`heterosgd::stored::Portable`], faster.
//!
//! [`Vectors::detect`] finds out what the processor has. Nothing here is `unsafe`: the crate `pulp`
//! proves at run time what the compiler is then allowed to use.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod dense;
#[cfg(target_arch = "x86_64")]
mod dense_part;
#[cfg(target_arch = "x86_64")]
mod normals;
#[cfg(target_arch = "x86_64")]
mod rank_one;
#[cfg(target_arch = "x86_64")]
mod registers;
mod rows;
#[cfg(target_arch = "x86_64")]
mod triangle;

use std::marker::PhantomData;

use heterosgd::experiment::Sensing;
use heterosgd::learner::{Rule, Step};
use heterosgd::model::SymmetricModel;
use heterosgd::sampling::{Ensemble, Normals};
use heterosgd::stored::{Kernel, Portable, Row, Stored, StoredMeasurement};
use heterosgd::{Batch, Error, Learner, Model, Packing, Scalar, Size, Symmetric};
use pulp::NullaryFnOnce;
#[cfg(target_arch = "x86_64")]
use pulp::x86::{V3, V4};
use rand_core::Rng;

/// The kernel that suits this computer.
#[derive(Debug, Clone, Copy)]
pub enum Vectors {
    /// Registers of 512 bits: AVX-512.
    #[cfg(target_arch = "x86_64")]
    Wide(V4),
    /// Registers of 256 bits: AVX2.
    #[cfg(target_arch = "x86_64")]
    Narrow(V3),
    /// What every processor of this kind has.
    Portable,
}

impl Vectors {
    /// The best kernel of this processor.
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if let Some(wide) = V4::try_new() {
                return Self::Wide(wide);
            }
            if let Some(narrow) = V3::try_new() {
                return Self::Narrow(narrow);
            }
        }
        Self::Portable
    }

    /// Every kernel that this processor can run, the best one first; all give the same bits.
    pub fn all() -> Vec<Self> {
        let mut all = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            all.extend(V4::try_new().map(Self::Wide));
            all.extend(V3::try_new().map(Self::Narrow));
        }
        all.push(Self::Portable);
        all
    }

    /// Takes the step of an open batch; the same bits as [`Batch::step`].
    ///
    /// # Errors
    /// Those of [`Batch::step`].
    pub fn step<M: Model, R: Rule, C: Step<M>>(self, batch: Batch<'_, M, R, C>) -> Result<(), Error>
    where
        Self: Kernel<M::Scalar>,
    {
        batch.step_with(&self)
    }

    /// Lets `learner` take the step of batch number `batch` of a simulated sensor; the same bits as
    /// [`Sensing::step`].
    ///
    /// # Errors
    /// Those of [`Sensing::step`].
    pub fn simulate<M, X, S, R, C>(
        self,
        sensing: &Sensing<'_, M, X, S>,
        learner: &mut Learner<M, R, C>,
        batch: u64,
        size: u32,
    ) -> Result<(), Error>
    where
        M: Model,
        X: StoredMeasurement<M> + Stored<Scalar = M::Scalar>,
        S: Ensemble<X>,
        R: Rule,
        C: Step<M>,
        Self: Kernel<M::Scalar>,
    {
        self.run(Simulate {
            kernel: self,
            sensing,
            learner,
            batch,
            size,
        })
    }

    /// Does `work` with all that the processor has: what is inlined into it is compiled for this
    /// kernel, what is merely called is not.
    #[inline(always)]
    fn run<W: NullaryFnOnce>(self, work: W) -> W::Output {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Wide(simd) => simd.vectorize(work),
            #[cfg(target_arch = "x86_64")]
            Self::Narrow(simd) => simd.vectorize(work),
            Self::Portable => work.call(),
        }
    }

    /// What it uses, in a word.
    pub fn name(self) -> &'static str {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Wide(_) => "AVX-512",
            #[cfg(target_arch = "x86_64")]
            Self::Narrow(_) => "AVX2",
            Self::Portable => "portable",
        }
    }
}

struct Simulate<'a, 'b, M: Model, X, S, R: Rule, C: Step<M>> {
    kernel: Vectors,
    sensing: &'a Sensing<'b, M, X, S>,
    learner: &'a mut Learner<M, R, C>,
    batch: u64,
    size: u32,
}

impl<M, X, S, R, C> NullaryFnOnce for Simulate<'_, '_, M, X, S, R, C>
where
    M: Model,
    X: StoredMeasurement<M> + Stored<Scalar = M::Scalar>,
    S: Ensemble<X>,
    R: Rule,
    C: Step<M>,
    Vectors: Kernel<M::Scalar>,
{
    type Output = Result<(), Error>;

    #[inline(always)]
    fn call(self) -> Result<(), Error> {
        self.sensing
            .step_with(&self.kernel, self.learner, self.batch, self.size)
    }
}

impl Normals for Vectors {
    fn fill<T: Scalar, R: Rng + ?Sized>(&self, rng: &mut R, out: &mut [T]) {
        match *self {
            #[cfg(target_arch = "x86_64")]
            Self::Wide(simd) => simd.vectorize(normals::Fill { simd, rng, out }),
            #[cfg(target_arch = "x86_64")]
            Self::Narrow(simd) => simd.vectorize(normals::Fill { simd, rng, out }),
            Self::Portable => Portable.fill(rng, out),
        }
    }
}

/// [`Kernel::dense`] of the portable kernel.
struct Dense<'a, T, R> {
    signal: &'a R,
    gradient: &'a mut R,
    entries: &'a [T],
    responses: &'a [T],
}

impl<T: Scalar, R: Row<T>> NullaryFnOnce for Dense<'_, T, R> {
    type Output = usize;

    #[inline(always)]
    fn call(self) -> usize {
        Portable.dense(self.signal, self.gradient, self.entries, self.responses)
    }
}

/// [`Kernel::rank_one`] of the portable kernel.
struct RankOne<'a, T: Scalar, M, const D: usize>
where
    Size<D>: Packing,
{
    model: &'a M,
    gradient: &'a mut Symmetric<T, D>,
    vectors: &'a [[T; D]],
    responses: &'a [T],
}

impl<T: Scalar, M: SymmetricModel<T, D>, const D: usize> NullaryFnOnce for RankOne<'_, T, M, D>
where
    Size<D>: Packing,
{
    type Output = usize;

    #[inline(always)]
    fn call(self) -> usize {
        Portable.rank_one(self.model, self.gradient, self.vectors, self.responses)
    }
}

/// `work` with the registers of the kernel, which are `simd` in it; `otherwise` where there are none.
macro_rules! vectorized {
    ($kernel:expr, $simd:ident => $work:expr, $otherwise:expr) => {
        match *$kernel {
            #[cfg(target_arch = "x86_64")]
            Self::Wide($simd) => $simd.vectorize($work),
            #[cfg(target_arch = "x86_64")]
            Self::Narrow($simd) => $simd.vectorize($work),
            Self::Portable => $otherwise,
        }
    };
}

/// Implements [`Kernel`] for a scalar: the samples that a kernel in registers leaves over, or all of
/// them, go to the portable one.
macro_rules! kernel {
    ($scalar:ident) => {
        impl Kernel<$scalar> for Vectors {
            fn dense<R: Row<$scalar>>(
                &self,
                signal: &R,
                gradient: &mut R,
                entries: &[$scalar],
                responses: &[$scalar],
            ) -> usize {
                let taken = vectorized!(
                    self,
                    simd => dense::Dense::<_, $scalar, R> {
                        simd,
                        signal: signal.as_ref(),
                        gradient: gradient.as_mut(),
                        entries,
                        responses,
                        rows: PhantomData,
                    },
                    0
                );
                let entries = entries.get(taken * R::LENGTH..).unwrap_or_default();
                let responses = responses.get(taken..).unwrap_or_default();
                taken
                    + self.run(Dense {
                        signal,
                        gradient,
                        entries,
                        responses,
                    })
            }

            fn rank_one<M: SymmetricModel<$scalar, D>, const D: usize>(
                &self,
                model: &M,
                gradient: &mut Symmetric<$scalar, D>,
                vectors: &[[$scalar; D]],
                responses: &[$scalar],
            ) -> usize
            where
                Size<D>: Packing,
            {
                let kernel = match *self {
                    // Shorter registers, where half of a longer one would be empty.
                    #[cfg(target_arch = "x86_64")]
                    Self::Wide(simd) if D * size_of::<$scalar>() <= 32 => Self::Narrow(*simd),
                    kernel => kernel,
                };
                let taken = vectorized!(
                    &kernel,
                    simd => rank_one::RankOne { simd, model, gradient, vectors, responses },
                    0
                );
                let vectors = vectors.get(taken..).unwrap_or_default();
                let responses = responses.get(taken..).unwrap_or_default();
                taken
                    + self.run(RankOne {
                        model,
                        gradient,
                        vectors,
                        responses,
                    })
            }

            fn descend<const D: usize, const K: usize>(
                &self,
                columns: &mut [[$scalar; D]; K],
                gradient: &Symmetric<$scalar, D>,
                rate: $scalar,
            ) -> bool
            where
                Size<D>: Packing,
            {
                vectorized!(
                    self,
                    simd => dense_part::Descend { simd, columns, gradient, rate },
                    rows::descend(columns, gradient, rate)
                )
            }

            fn add_gram<const D: usize, const K: usize>(
                &self,
                sum: &mut Symmetric<$scalar, D>,
                columns: &[[$scalar; D]; K],
                sign: $scalar,
            ) where
                Size<D>: Packing,
            {
                vectorized!(
                    self,
                    simd => dense_part::Gram { simd, sum, columns, sign },
                    rows::add_gram(sum, columns, sign)
                );
            }
        }
    };
}

kernel!(f32);
kernel!(f64);
