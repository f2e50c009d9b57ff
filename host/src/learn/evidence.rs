//! What each environment says on its own about a direction, and whether the environments agree.
//!
//! The pulls of `pulls` drive the dynamics, but correlated features share them: a feature whose
//! neighbour varies is pulled differently by every environment although its own coefficient is the
//! same in all. So agreement is judged by a fit in each environment,
//! `W_e = W + (G_e + ridge I)^-1 (1/n) X_e^T (y_e - X_e W)`, W the same fit on all rows and `G_e`
//! the normal matrix: directions that an environment does not determine stay at W.

use heterosgd::nalgebra::{DMatrix, DVector};

use super::design::Design;

/// The ridge, as a share of the mean diagonal entry of the normal matrix of all rows.
const RIDGE: f64 = 0.01;

/// Above this many unknowns only the diagonal of the normal matrix is used: the full one would take minutes.
const MAX_UNKNOWNS: usize = 600;

/// An environment with fewer rows per unknown than this borrows the normal matrix of all rows.
const ROWS_PER_UNKNOWN: usize = 3;

/// Environments agree on a direction if they differ by at most this share of their mean.
const AGREEMENT: f64 = 0.2;

/// The fit of every environment, with its sampling noise.
#[derive(Debug, Clone)]
pub(super) struct Evidence {
    fits: Vec<DVector<f64>>,
    /// The sampling covariance of a fit, averaged over environments.
    covariance: DMatrix<f64>,
}

/// What the environments say about one direction.
#[derive(Debug, Clone)]
pub(super) struct Opinion {
    /// The strength of the direction in each environment, standardised.
    pub(super) own: Vec<f64>,
    /// Their mean.
    pub(super) mean: f64,
    /// Their standard deviation, what sampling noise explains of it taken out.
    pub(super) spread: f64,
    /// The standard error of one environment's value.
    pub(super) noise: f64,
    significant: bool,
}

impl Opinion {
    /// Whether the environments differ: beyond sampling noise, and by more than a fifth of their mean.
    pub(super) fn differs(&self) -> bool {
        self.significant && self.spread > AGREEMENT * self.mean.abs()
    }

    /// How strong the direction is in the environments, or how differently.
    pub(super) fn size(&self) -> f64 {
        self.mean.abs().max(self.spread)
    }
}

impl Evidence {
    /// Fits every environment of the design.
    pub(super) fn new(design: &Design) -> Self {
        let p = design.space.len();
        let all: Vec<usize> = design.groups.iter().flatten().copied().collect();
        let pooled = Normal::new(design, &all, &DVector::zeros(p));
        let ridge = RIDGE * pooled.matrix.trace() / p as f64;
        let shared = pooled.inverse(ridge);
        let common = &shared * &pooled.right;
        let mut covariance = DMatrix::zeros(p, p);
        let count = design.groups.len() as f64;
        let fits = design
            .groups
            .iter()
            .map(|rows| {
                let normal = Normal::new(design, rows, &common);
                let enough = rows.len() >= ROWS_PER_UNKNOWN * p;
                let (inverse, matrix) = if enough {
                    (&normal.inverse(ridge), &normal.matrix)
                } else {
                    (&shared, &pooled.matrix)
                };
                let step = inverse * &normal.right;
                let n = rows.len() as f64;
                let explained = inverse * matrix;
                let unexplained = if enough {
                    // The mean square after the step, over the degrees of freedom that are left.
                    let after = normal.square - 2.0 * step.dot(&normal.right)
                        + step.dot(&(&normal.matrix * &step));
                    after.max(0.0) * n / (n - explained.trace())
                } else {
                    normal.square
                };
                covariance += &explained * inverse * (unexplained / (n * count));
                &common + step
            })
            .collect();
        Self { fits, covariance }
    }

    /// What the environments say about the linear functional `direction` of the estimate.
    pub(super) fn opinion(&self, direction: &[f64]) -> Opinion {
        let functional = DVector::from_column_slice(direction);
        let own: Vec<f64> = self.fits.iter().map(|fit| fit.dot(&functional)).collect();
        let count = own.len() as f64;
        let mean = own.iter().sum::<f64>() / count;
        let noise = functional.dot(&(&self.covariance * &functional)).max(0.0);
        let squares: f64 = own
            .iter()
            .map(|value| (value - mean) * (value - mean))
            .sum();
        let variance = squares / (count - 1.0).max(1.0);
        // Without differences variance/noise has mean 1 and variance 2/(count - 1).
        let limit = 1.0 + 3.0 * libm::sqrt(2.0 / (count - 1.0).max(1.0));
        Opinion {
            mean,
            spread: libm::sqrt((variance - noise).max(0.0)),
            noise: libm::sqrt(noise),
            significant: variance > limit * noise,
            own,
        }
    }
}

/// The normal equations of some rows, for a correction to `estimate`.
struct Normal {
    /// `X^T X / n`.
    matrix: DMatrix<f64>,
    /// `X^T r / n`, r the residual `y - X estimate`.
    right: DVector<f64>,
    /// The mean square of r.
    square: f64,
}

impl Normal {
    fn new(design: &Design, rows: &[usize], estimate: &DVector<f64>) -> Self {
        let p = design.space.len();
        let weights = design.space.weights();
        let mut normal = Self {
            matrix: DMatrix::zeros(p, p),
            right: DVector::zeros(p),
            square: 0.0,
        };
        let mut x = DVector::zeros(p);
        for &row in rows {
            for ((entry, value), weight) in x.iter_mut().zip(design.row(row)).zip(&weights) {
                *entry = value * weight;
            }
            let residual = design.y[row] - x.dot(estimate);
            normal.square += residual * residual;
            normal.right.axpy(residual, &x, 1.0);
            if p <= MAX_UNKNOWNS {
                normal.matrix.syger(1.0, &x, &x, 1.0);
            } else {
                for (k, value) in x.iter().enumerate() {
                    normal.matrix[(k, k)] += value * value;
                }
            }
        }
        if p <= MAX_UNKNOWNS {
            normal.matrix.fill_upper_triangle_with_lower_triangle();
        }
        let n = rows.len() as f64;
        normal.matrix /= n;
        normal.right /= n;
        normal.square /= n;
        normal
    }

    /// `(matrix + ridge I)^-1`; 0 where nothing varies at all.
    fn inverse(&self, ridge: f64) -> DMatrix<f64> {
        let p = self.matrix.nrows();
        if p > MAX_UNKNOWNS {
            let diagonal = self.matrix.diagonal().map(|value| {
                let sum = value + ridge;
                if sum > 0.0 { 1.0 / sum } else { 0.0 }
            });
            return DMatrix::from_diagonal(&diagonal);
        }
        let shifted = &self.matrix + DMatrix::identity(p, p) * ridge;
        shifted
            .cholesky()
            .map_or_else(|| DMatrix::zeros(p, p), |factor| factor.inverse())
    }
}

#[cfg(test)]
mod tests {
    use heterosgd::Scalar;
    use heterosgd::sampling::{Purpose, stream};

    use super::Evidence;
    use crate::learn::design::Design;
    use crate::learn::space::Space;

    /// Environments of `rows` rows with two features of correlation 0.9 and these slopes.
    fn design(slopes: &[[f64; 2]], rows: usize, noise: f64, seed: u64) -> Design {
        let mut rng = stream(seed, Purpose::Measurements, 0);
        let mut normal = || f64::standard_normal(&mut rng);
        let (mut x, mut y, mut groups) = (Vec::new(), Vec::new(), Vec::new());
        for [first, second] in slopes {
            let start = y.len();
            for _ in 0..rows {
                let a = normal();
                let b = 0.9 * a + libm::sqrt(0.19) * normal();
                x.extend([a, b]);
                y.push(first * a + second * b + noise * normal());
            }
            groups.push((start..y.len()).collect());
        }
        Design {
            space: Space::Features(2),
            x,
            y,
            groups,
            labelled: true,
            constant: Vec::new(),
            to_raw: vec![1.0; 2],
        }
    }

    /// The neighbour varies: its pull on the first feature varies with it, but not the fit.
    #[test]
    fn correlated_features_are_told_apart() {
        let design = design(&[[1.0, 2.0], [1.0, -1.0], [1.0, 0.5]], 2000, 0.1, 1);
        let evidence = Evidence::new(&design);
        let first = evidence.opinion(&[1.0, 0.0]);
        // The ridge of 1 % takes up to 0.01/0.1 of a difference in the narrow direction.
        assert!((first.mean - 1.0).abs() < 0.05, "{first:?}");
        assert!(!first.differs(), "{first:?}");
        let second = evidence.opinion(&[0.0, 1.0]);
        assert!(
            second.differs() && (second.mean - 0.5).abs() < 0.05,
            "{second:?}"
        );
        for (own, slope) in second.own.iter().zip([2.0, -1.0, 0.5]) {
            assert!((own - slope).abs() < 0.2, "{second:?}");
        }
    }

    /// 200 recordings of ten environments that differ in nothing. The limit is three standard
    /// deviations of variance/noise, whose upper tail at 9 degrees of freedom (chi-square above
    /// 9 + 3 sqrt(18) = 21.7) has probability 0.01: more than 10 alarms of 400 have one below 2e-3.
    #[test]
    fn noise_is_not_taken_for_a_difference() {
        let alarms = (0..200)
            .flat_map(|seed| {
                let evidence = Evidence::new(&design(&[[0.05, 0.0]; 10], 50, 1.0, seed));
                [[1.0, 0.0], [0.0, 1.0]].map(|direction| evidence.opinion(&direction))
            })
            .filter(super::Opinion::differs)
            .count();
        assert!(alarms <= 10, "{alarms}");
    }

    /// Fewer rows than unknowns in an environment: the normal matrix of all rows stands in.
    #[test]
    fn short_environments_borrow_the_normal_matrix() {
        let slopes: Vec<[f64; 2]> = (0..300)
            .map(|e| [1.0, if e % 2 == 0 { 2.0 } else { -2.0 }])
            .collect();
        let evidence = Evidence::new(&design(&slopes, 5, 0.1, 3));
        let second = evidence.opinion(&[0.0, 1.0]);
        assert!(second.differs(), "{:?} {:?}", second.spread, second.noise);
    }
}
