//! V12: a whitened step is the population's, with a noise that comes from the labels alone.

mod floor;
mod law;
mod noise;
mod population;
mod sensor;

use super::check::Check;
use super::lab::Lab;
use crate::error::Result;
use crate::plot::Figure;

/// The limits of a mean square miss it this often.
const ALARM: f64 = 5e-4;

pub(super) fn run(lab: &Lab) -> Result<Check> {
    let (mut rows, distance) = population::run(lab)?;
    let (variances, variance) = noise::run(lab)?;
    rows.extend(variances);
    rows.extend(floor::run(lab)?);
    lab.progress.inc(1);
    Ok(Check {
        name: "V12",
        title: "Whitened steps are the population's",
        statement: "Without label noise and ridge, a run on whitened batches of m = 2p samples follows the \
            scalar recursions of the population to 1e-6. With label noise of variance tau^2 and Gaussian \
            measurements, the noise of a whitened direction has the variance tau^2/(m - p - 1) in an entry on \
            the diagonal, half of it off the diagonal, whatever the spurious signal; it takes the place of \
            ||A^(e)||^2/m in the floors of finite batches (docs/theory.md, section 5).",
        rows,
        figure: Figure::row([distance, variance]),
    })
}
