//! The paper's problem in small: one invariant and one spurious direction.

use heterosgd::algebra::{Dual, Packing, Size};
use heterosgd::sampling::{Purpose, orthonormal, stream};
use heterosgd::{Scalar, Symmetric};

/// `A* = strength u u^T` and `A^(e) = pulls[e] v v^T`, with u and v drawn at random.
#[derive(Debug, Clone)]
pub struct Problem<T: Scalar, const D: usize>
where
    Size<D>: Packing,
{
    /// The invariant direction u and the spurious direction v; equal for D = 1.
    pub directions: [[T; D]; 2],
    /// `A*`.
    pub truth: Symmetric<T, D>,
    /// `A* + A^(e)` for each environment.
    pub signals: Vec<Symmetric<T, D>>,
}

impl<T: Scalar, const D: usize> Problem<T, D>
where
    Size<D>: Packing,
{
    /// The problem with the given strength of the invariant and pulls of the spurious signal.
    pub fn new(strength: f64, pulls: &[f64], seed: u64) -> Self {
        let mut rng = stream(seed, Purpose::Signals, 0);
        let columns: [[T; D]; D] = orthonormal(&mut rng);
        let [u, v] = [columns[0], columns[D.min(2) - 1]];
        let mut truth = Symmetric::zero();
        truth.add_outer(&u, T::from_f64(strength));
        let signals = pulls
            .iter()
            .map(|&pull| {
                let mut signal = truth;
                signal.add_outer(&v, T::from_f64(pull));
                signal
            })
            .collect();
        Self {
            directions: [u, v],
            truth,
            signals,
        }
    }

    /// The signals, ready for inner products.
    pub fn duals(&self) -> Vec<Dual<T, D>> {
        self.signals.iter().map(Dual::new).collect()
    }
}
