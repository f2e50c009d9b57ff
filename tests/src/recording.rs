//! Recordings of several environments, and refusals that leave no trace.

use std::fmt::Debug;

use heterosgd::error::Part;
use heterosgd::sampling::{Ensemble, GaussianFeatures, Purpose, stream};
use heterosgd::screen::MomentPacking;
use heterosgd::{Error, Features, Findings, Scalar, Screen, Size};

/// Features of a row of [`rows`].
pub const P: usize = 5;
/// The environment, the features, the response.
pub type Row = (u32, [f64; P], f64);

/// Rows of `environments` environments: coefficients 1, -0.5 and 0 are common, those of features 2 and
/// 3 are each environment's own; features are correlated, and have a mean of their own.
pub fn rows(environments: u32, each: u32, noise: f64, seed: u64) -> Vec<Row> {
    let mut draws = stream(seed, Purpose::Measurements, 0);
    let mut all = vec![];
    for environment in 0..environments {
        let sign = if environment % 2 == 0 { 1.0 } else { -1.0 };
        let own = 0.5 + 3.0 * sign * (1.0 + 0.1 * f64::from(environment));
        for _ in 0..each {
            let Features(z): Features<f64, P> = GaussianFeatures::draw(&mut draws);
            let mean = f64::from(environment) - 1.0;
            let x = [
                z[0] + 0.5 * z[2],
                z[1] + mean,
                z[2] - 0.3 * z[3],
                z[3] + 2.0,
                z[4],
            ];
            let y = x[0] - 0.5 * x[1] + own * x[2] - own * x[3]
                + 10.0 * mean
                + noise * f64::standard_normal(&mut draws);
            all.push((environment, x, y));
        }
    }
    all
}

/// The findings of rows of any number of features, visits ended by their labels.
pub fn screened<T: Scalar, const D: usize, const BLOCKS: usize>(
    rows: &[(u32, [f64; D], f64)],
) -> Findings<D>
where
    Size<D>: MomentPacking,
{
    let mut screen = Screen::<T, D, BLOCKS>::new();
    for (environment, x, y) in rows {
        let x = x.map(T::from_f64);
        screen
            .observe_from(*environment, &Features(x), T::from_f64(*y))
            .expect("a good row");
    }
    screen.end_all();
    screen.findings()
}
/// A refusal is typed and leaves every bit.
pub fn refused<S: Debug, R: PartialEq + Debug>(
    state: &mut S,
    error: Error,
    call: impl FnOnce(&mut S) -> Result<R, Error>,
) {
    let before = format!("{state:?}");
    assert_eq!(call(state), Err(error));
    assert_eq!(format!("{state:?}"), before, "{error}");
}

/// The part that is refused, of a measurement.
pub const fn part(index: usize) -> Part {
    Part::Measurement { index }
}

/// The features of a row, one of them replaced.
pub fn with(row: &Row, index: usize, value: f64) -> Features<f64, P> {
    let mut x = row.1;
    x[index] = value;
    Features(x)
}
