//! With label noise: the variance of a whitened direction.

use heterosgd::model::GramPacking;
use heterosgd::{Size, Symmetric};
use rayon::prelude::*;

use super::super::check::Row;
use super::super::lab::Lab;
use super::ALARM;
use super::law::Law;
use super::sensor::{STEP_SIZE, Signals, coordinates, learner};
use crate::error::Result;
use crate::plot::{Chart, Series};

/// Mean pull and heterogeneity: a spurious signal far larger than the noise, which must not show.
const PULLS: (f64, f64) = (1.0, 6.0);
/// Standard deviation of the label noise.
const NOISE: f64 = 1.0;

/// The mean square of entries on the diagonal, and of those off it.
fn squares<const D: usize>(noise: &Symmetric<f64, D>) -> [f64; 2]
where
    Size<D>: GramPacking,
{
    let square = |i: usize, j: usize| noise.get(i, j).map_or(f64::NAN, |x| x * x);
    let diagonal: f64 = (0..D).map(|i| square(i, i)).sum();
    let above = (0..D).flat_map(|j| (0..j).map(move |i| (i, j)));
    let off: f64 = above.map(|(i, j)| square(i, j)).sum();
    [diagonal / D as f64, off * 2.0 / (D * (D - 1)) as f64]
}

/// Means over `batches` batches of `size` samples. From `U = I`, where the estimate is I, too, a learner
/// goes to `U' = I - eta G_w`; the noise is `Xi = I - A* - A^(e) - G_w` (docs/theory.md, section 5).
fn measured<const D: usize>(lab: &Lab, size: u32, batches: u64) -> Result<[f64; 2]>
where
    Size<D>: GramPacking,
{
    let seed = lab.seed(12, (1 << 32) + u64::from(size));
    let signals = Signals::<D>::new(lab, D / 4, PULLS, seed);
    let sensor = signals.sensor(lab, NOISE, seed)?;
    let claimed: Vec<_> = signals.claimed.matrices().collect();
    let all = (0..batches)
        .into_par_iter()
        .map(|batch| {
            let mut learner = learner::<D>(lab, 1.0, Some(0.0))?;
            let signal = claimed.get(sensor.environment(batch) as usize);
            let (Some(signal), Ok(())) = (signal, sensor.step(&mut learner, batch, size)) else {
                return Ok([f64::NAN; 2]);
            };
            let factor = learner.model().factor();
            let mut noise = Symmetric::from_fn(|i, j| {
                let identity = f64::from(u8::from(i == j));
                identity - (identity - factor[(i, j)]) / STEP_SIZE
            });
            noise.add_scaled(signal, -1.0);
            Ok(squares(&noise))
        })
        .collect::<Result<Vec<_>>>()?;
    let mean = |i: usize| all.iter().map(|s| s[i]).sum::<f64>() / all.len() as f64;
    Ok([mean(0), mean(1)])
}

/// The rows of one size of matrices and of batches; `predicted` are the variances of an entry on the
/// diagonal and of one off it.
fn judged(d: usize, law: Law, predicted: [f64; 2], found: [f64; 2], batches: u64) -> Vec<Row> {
    let counts = [d, d * (d - 1) / 2];
    let places = ["on", "off"].into_iter().zip(counts);
    let numbers = predicted.into_iter().zip(found);
    let row = |((place, count), (predicted, found))| {
        let what = format!(
            "d = {d}, m = {}: noise variance {place} the diagonal",
            law.batch
        );
        let relative = law.of_batch(count as f64) / batches as f64;
        super::law::judged(what, predicted, found, relative).over(batches, ALARM)
    };
    places.zip(numbers).map(row).collect()
}

/// The law in batches of `times` as many samples as coordinates.
fn law(d: usize, times: u32) -> Law {
    let coordinates = coordinates(d);
    Law {
        noise: NOISE,
        batch: times * coordinates,
        coordinates,
    }
}

/// An isotropic coordinate has the variance `v`; so has an entry on the diagonal, and one off it half
/// of that, since its coordinate is the root of 2 times as large.
fn of_entries(v: f64) -> [f64; 2] {
    [v, v / 2.0]
}

pub(super) fn run(lab: &Lab) -> Result<(Vec<Row>, Chart)> {
    let batches = lab.pick(4_000, 40_000);
    let times = lab.pick(vec![2, 4], vec![2, 4, 8]);
    let mut rows = Vec::new();
    let mut chart = Chart::new("(b) Variance of a whitened direction")
        .x_label("samples / coordinates")
        .y_label("variance / (\u{3c4}\u{b2}/m)")
        .horizontal(1.0, "\u{3c4}\u{b2}/m");
    for d in [4, 8] {
        let mut points = [Vec::new(), Vec::new(), Vec::new()];
        for &times in &times {
            let law = law(d, times);
            let found = match d {
                4 => measured::<4>(lab, law.batch, batches)?,
                _ => measured::<8>(lab, law.batch, batches)?,
            };
            let predicted = of_entries(law.variance());
            rows.extend(judged(d, law, predicted, found, batches));
            let [on, off] = found;
            let scale = f64::from(law.batch) / (NOISE * NOISE);
            for (points, variance) in points.iter_mut().zip([law.variance(), on, 2.0 * off]) {
                points.push((f64::from(times), variance * scale));
            }
        }
        let [line, on, off] = points;
        chart = chart
            .series(Series::line(
                format!("d = {d}: m/(m \u{2212} p \u{2212} 1)"),
                line,
            ))
            .series(Series::points(format!("d = {d}, diagonal"), on))
            .series(Series::points(format!("d = {d}, twice off it"), off));
    }
    Ok((rows, chart))
}

#[cfg(test)]
mod tests {
    use super::super::super::check::Verdict;
    use super::super::super::lab::Lab;
    use super::{NOISE, judged, law, measured, of_entries};

    /// The same measurement under the statement, and under ones that are near it and wrong.
    #[test]
    fn wrong_predictions_fail() {
        let batches = 4_000;
        let law = law(4, 2);
        let found = measured::<4>(&Lab::quick(0), law.batch, batches).unwrap();
        let verdicts = |predicted| {
            judged(4, law, predicted, found, batches)
                .iter()
                .map(|row| row.verdict)
                .collect::<Vec<_>>()
        };
        let variance = |degrees: u32| NOISE * NOISE / f64::from(degrees);
        let (m, p) = (law.batch, law.coordinates);
        assert_eq!(verdicts(of_entries(law.variance())), [Verdict::Pass; 2]);
        // As if a batch had the Gram matrix of the population.
        assert_eq!(verdicts(of_entries(variance(m))), [Verdict::Fail; 2]);
        // As if the mean of 1/c were 1 over the mean of c.
        assert_eq!(
            verdicts(of_entries(variance(m - p + 1))),
            [Verdict::Fail; 2]
        );
        // As if packed entries were coordinates.
        let v = law.variance();
        assert_eq!(verdicts([v, v]), [Verdict::Pass, Verdict::Fail]);
        // As if the spurious signal, ||A^(e)||^2 = 37 on average, were noise, too.
        assert_eq!(verdicts(of_entries(v * 38.0)), [Verdict::Fail; 2]);
    }
}
