//! Kernels for the vector registers of a computer: the bits of [`heterosgd::stored::Portable`], faster.
//!
//! [`Vectors::detect`] finds out what the processor has. Nothing here is `unsafe`: the crate `pulp`
//! proves at run time what the compiler is then allowed to use.

#[cfg(target_arch = "x86_64")]
mod dense;
#[cfg(target_arch = "x86_64")]
mod rank_one;
#[cfg(target_arch = "x86_64")]
mod wide;

use heterosgd::model::SymmetricModel;
use heterosgd::stored::{Kernel, Portable, Row};
use heterosgd::{Packing, Size, Symmetric};
#[cfg(target_arch = "x86_64")]
use pulp::x86::{V3, V4};

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

    /// Does `work` with all that the processor has. What is inlined into it is compiled for this
    /// kernel; what is merely called is not.
    #[inline(always)]
    pub fn run<Out>(&self, work: impl FnOnce() -> Out) -> Out {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Wide(simd) => simd.vectorize(Work(work)),
            #[cfg(target_arch = "x86_64")]
            Self::Narrow(simd) => simd.vectorize(Work(work)),
            Self::Portable => work(),
        }
    }

    /// What it uses, in a word.
    pub fn name(&self) -> &'static str {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Wide(_) => "AVX-512",
            #[cfg(target_arch = "x86_64")]
            Self::Narrow(_) => "AVX2",
            Self::Portable => "portable",
        }
    }
}

/// Work that is inlined where it is called.
#[cfg(target_arch = "x86_64")]
struct Work<F>(F);

#[cfg(target_arch = "x86_64")]
impl<Out, F: FnOnce() -> Out> pulp::NullaryFnOnce for Work<F> {
    type Output = Out;

    #[inline(always)]
    fn call(self) -> Out {
        (self.0)()
    }
}

/// Implements [`Kernel`] for a scalar: the samples that a wide kernel leaves over, or all of them,
/// go to the portable one.
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
                let mut taken = 0;
                #[cfg(target_arch = "x86_64")]
                if let Self::Wide(simd) = *self {
                    taken = self.run(|| {
                        let (signal, gradient) = (signal.as_ref(), gradient.as_mut());
                        dense::Dense {
                            signal,
                            gradient,
                            entries,
                            responses,
                        }
                        .run(simd)
                    });
                }
                let entries = entries.get(taken * R::LENGTH..).unwrap_or_default();
                let responses = responses.get(taken..).unwrap_or_default();
                taken + self.run(|| Portable.dense(signal, gradient, entries, responses))
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
                let mut taken = 0;
                #[cfg(target_arch = "x86_64")]
                if let Self::Wide(simd) = *self {
                    taken = self.run(|| {
                        rank_one::RankOne {
                            model,
                            gradient,
                            vectors,
                            responses,
                        }
                        .run(simd)
                    });
                }
                let vectors = vectors.get(taken..).unwrap_or_default();
                let responses = responses.get(taken..).unwrap_or_default();
                taken + self.run(|| Portable.rank_one(model, gradient, vectors, responses))
            }
        }
    };
}

kernel!(f32);
kernel!(f64);
