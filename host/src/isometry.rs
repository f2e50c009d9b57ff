//! The restricted isometry constant of a set of measurements.

use heterosgd::nalgebra::{DMatrix, DVector};
use heterosgd::sampling::{Ensemble, Purpose, fill_orthonormal, stream};
use heterosgd::{IsotropicRankOne, Packing, Size, Symmetric};

/// Steps of one maximisation; it ends earlier where nothing changes any more.
const STEPS: u32 = 200;

/// A measurement as a matrix.
pub trait Dense<const D: usize>
where
    Size<D>: Packing,
{
    /// The matrix X.
    fn dense(&self) -> Symmetric<f64, D>;
}

impl<const D: usize> Dense<D> for Symmetric<f64, D>
where
    Size<D>: Packing,
{
    fn dense(&self) -> Symmetric<f64, D> {
        *self
    }
}

impl<const D: usize> Dense<D> for IsotropicRankOne<f64, D>
where
    Size<D>: Packing,
{
    fn dense(&self) -> Symmetric<f64, D> {
        let mut matrix = Symmetric::zero();
        matrix.add_outer(&self.0, core::f64::consts::FRAC_1_SQRT_2);
        matrix.add_diagonal(-core::f64::consts::FRAC_1_SQRT_2);
        matrix
    }
}

/// The quadratic form `Z -> (1/m) sum_i <X_i, Z>^2 - ||Z||_F^2` of m measurements, on symmetric matrices.
#[derive(Debug, Clone)]
pub struct Isometry<const D: usize>
where
    Size<D>: Packing,
{
    /// In packed coordinates in which the Frobenius norm is the Euclidean one: entries off the diagonal
    /// times sqrt(2).
    form: DMatrix<f64>,
}

fn coordinates<const D: usize>(matrix: &Symmetric<f64, D>) -> DVector<f64>
where
    Size<D>: Packing,
{
    let entries = matrix.as_slice().iter().zip(off_diagonal(D));
    DVector::from_iterator(
        matrix.as_slice().len(),
        entries.map(|(&x, off)| {
            if off {
                x * core::f64::consts::SQRT_2
            } else {
                x
            }
        }),
    )
}

fn matrix<const D: usize>(coordinates: &DVector<f64>) -> Symmetric<f64, D>
where
    Size<D>: Packing,
{
    let mut matrix = Symmetric::zero();
    let entries = coordinates.iter().zip(off_diagonal(D));
    for (entry, (&x, off)) in matrix.as_mut_slice().iter_mut().zip(entries) {
        *entry = if off {
            x * core::f64::consts::FRAC_1_SQRT_2
        } else {
            x
        };
    }
    matrix
}

/// Which packed entries lie off the diagonal.
fn off_diagonal(d: usize) -> impl Iterator<Item = bool> {
    (0..d).flat_map(move |i| (i..d).map(move |j| i != j))
}

impl<const D: usize> Isometry<D>
where
    Size<D>: Packing,
{
    /// Of these measurements; of none, it is that of `-||Z||^2`.
    pub fn of(measurements: impl IntoIterator<Item = Symmetric<f64, D>>) -> Self {
        let size = D * (D + 1) / 2;
        let mut form = DMatrix::<f64>::zeros(size, size);
        let mut count = 0.0_f64;
        for x in measurements {
            let x = coordinates(&x);
            form.syger(1.0, &x, &x, 1.0);
            count += 1.0;
        }
        form.fill_upper_triangle_with_lower_triangle();
        form /= count.max(1.0);
        form -= DMatrix::identity(size, size);
        Self { form }
    }

    /// Of `samples` measurements drawn from the ensemble `S` under `seed`.
    pub fn of_ensemble<X: Dense<D>, S: Ensemble<X>>(samples: u32, seed: u64) -> Self {
        let mut draws = stream(seed, Purpose::Measurements, 0);
        Self::of((0..samples).map(|_| S::draw(&mut draws).dense()))
    }

    /// A lower estimate of the restricted isometry constant: the largest `|(1/m) sum <X_i, Z>^2 - 1|` found
    /// over unit matrices Z of rank at most `rank`, by alternating between the gradient of the form and the
    /// projection onto such matrices, from `starts` random ones and for both signs. The constant itself
    /// may be larger.
    pub fn constant(&self, rank: usize, starts: u32, seed: u64) -> f64 {
        // A shift makes either sign of the form positive definite, so that no step goes down.
        let shift = self.form.norm();
        let mut largest: f64 = 0.0;
        for start in 0..starts {
            for sign in [1.0, -1.0] {
                let mut z = coordinates(&random_unit::<D>(rank, seed, start));
                let mut value = f64::NEG_INFINITY;
                for _ in 0..STEPS {
                    let image = &self.form * &z;
                    let next = sign * image.dot(&z);
                    if next <= value + 1e-9 * shift {
                        break;
                    }
                    value = next;
                    z = projected::<D>(&(image * sign + &z * shift), rank);
                }
                largest = largest.max(value);
            }
        }
        largest
    }
}

/// The nearest matrix of the rank, as a unit matrix.
fn projected<const D: usize>(point: &DVector<f64>, rank: usize) -> DVector<f64>
where
    Size<D>: Packing,
{
    let kept = coordinates(&matrix::<D>(point).leading(rank));
    let norm = kept.norm();
    if norm > 0.0 { kept / norm } else { kept }
}

fn random_unit<const D: usize>(rank: usize, seed: u64, start: u32) -> Symmetric<f64, D>
where
    Size<D>: Packing,
{
    let mut columns = vec![[0.0; D]; rank.min(D)];
    fill_orthonormal(
        &mut stream(seed, Purpose::Factor, start.into()),
        &mut columns,
        D,
    );
    let mut unit = Symmetric::zero();
    let share = 1.0 / libm::sqrt(columns.len().max(1) as f64);
    for (i, column) in columns.iter().enumerate() {
        // Both signs, so that indefinite matrices are reached, too.
        unit.add_outer(column, if i % 2 == 0 { share } else { -share });
    }
    unit
}

#[cfg(test)]
mod tests {
    use heterosgd::Symmetric;
    use heterosgd::sampling::Gaussian;

    use super::{Isometry, coordinates, matrix};

    #[test]
    fn coordinates_keep_the_norm() {
        let x = Symmetric::<f64, 3>::from_fn(|i, j| (1 + i + 2 * j) as f64);
        let back = matrix::<3>(&coordinates(&x));
        assert!((coordinates(&x).norm() - x.norm()).abs() < 1e-12);
        let pairs = back.as_slice().iter().zip(x.as_slice());
        assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-14));
    }

    /// The measurements `sqrt(6) E_k`, `E_k` an orthonormal basis, are an exact isometry; leaving one out
    /// makes the constant 1; doubling one makes it 3 for matrices of rank one along it.
    #[test]
    fn exact_isometries() {
        let basis = |scales: [f64; 6]| {
            scales.into_iter().enumerate().map(|(k, scale)| {
                let mut unit = super::DVector::zeros(6);
                unit[k] = scale * libm::sqrt(6.0);
                matrix::<3>(&unit)
            })
        };
        let constant = |scales| Isometry::<3>::of(basis(scales)).constant(1, 8, 0);
        assert!(constant([1.0; 6]).abs() < 1e-9);
        assert!((constant([0.0, 1.0, 1.0, 1.0, 1.0, 1.0]) - 1.0).abs() < 1e-6);
        assert!((constant([2.0, 1.0, 1.0, 1.0, 1.0, 1.0]) - 3.0).abs() < 1e-6);
    }

    /// It is at least what a single unit matrix shows, and grows with the rank.
    #[test]
    fn a_lower_estimate_that_grows_with_the_rank() {
        let isometry = Isometry::<6>::of_ensemble::<Symmetric<f64, 6>, Gaussian>(500, 3);
        let [one, two, all] = [1, 2, 6].map(|rank| isometry.constant(rank, 6, 1));
        assert!(
            0.1 < one && one <= two && two <= all + 1e-9 && all < 1.0,
            "{one} {two} {all}"
        );
        let values = isometry.form.clone().symmetric_eigenvalues();
        let exact = values.iter().fold(0.0, |a: f64, b| a.max(b.abs()));
        assert!((all / exact - 1.0).abs() < 1e-3, "{all} {exact}");
    }
}
