//! A recorded stream, learned row by row from where it is stored.

use heterosgd::digest::Digest;
use heterosgd::learner::Step;
use heterosgd::screen::MomentPacking;
use heterosgd::{
    Answer, Error, Features, Finding, Findings, HeteroSgd, Measurement, Model, Refit, Scalar,
    Screen, Settings, Size,
};

use crate::Sink;
use crate::report::VERSION;

/// A packed stream. Its rows follow one another: the environment (4 bytes), the response, and `W`
/// numbers, each as little-endian bytes.
#[derive(Debug, Clone, Copy)]
pub struct Stream<'a, T> {
    /// The rows.
    pub rows: &'a [u8],
    /// Samples of a batch.
    pub batch: u32,
    /// The step size and initial scale.
    pub settings: Settings<T>,
    /// The limit of the factor's norm, if there is one.
    pub norm_limit: Option<T>,
    /// Multiplies each response.
    pub response_scale: T,
}

/// Steps between two digests of the report.
const CHECKPOINT: u64 = 8;

impl<T: Scalar> Stream<'_, T> {
    /// Learns from the rows in order, as `heterosgd replay` does: a batch closes when it is full, when
    /// a row is of another environment, and at the end. `sample` makes a measurement of a row's numbers.
    ///
    /// # Errors
    /// Those of [`HeteroSgd::new`], of the limit, and of the batches. A row that is cut off ends the stream.
    pub fn run<M, X, C, const W: usize>(
        &self,
        sample: impl Fn(&[T; W]) -> Option<X>,
        sink: &mut impl Sink,
    ) -> Result<(), Error>
    where
        M: Model<Scalar = T>,
        X: Measurement<M>,
        C: Step<M>,
    {
        sink.record("heterosgd", &[VERSION]);
        sink.write(b"problem stream\n");
        let mut learner = HeteroSgd::<M, C>::new(self.settings)?;
        learner.set_norm_limit(self.norm_limit)?;
        for (environment, response, x) in self.samples(sample) {
            let mut batch = learner.resume();
            let other = batch.environment().is_some_and(|open| open != environment);
            if other || batch.count() == self.batch {
                batch.step()?;
                if learner.steps().checked_rem(CHECKPOINT) == Some(0) {
                    sink.record("digest", &[learner.steps(), learner.digest()]);
                }
                batch = learner.batch(environment);
            }
            batch.observe_from(environment, &x, response)?;
        }
        let last = learner.resume();
        if last.count() > 0 {
            last.step()?;
        }
        sink.record(
            "done",
            &[learner.steps(), learner.samples(), learner.digest()],
        );
        Ok(())
    }
}

impl<T: Scalar> Stream<'_, T> {
    /// Reads the rows twice more: which coefficients are common, then what they are ([`Screen`],
    /// [`Refit`]). Reports a digest of the answer. `sample` makes features of a row's numbers.
    ///
    /// # Errors
    /// Those of a row; [`Error::EmptyBatch`] if no visit could be fitted.
    pub fn refit<const D: usize, const W: usize>(
        &self,
        sample: impl Fn(&[T; W]) -> Option<Features<T, D>>,
        sink: &mut impl Sink,
    ) -> Result<(), Error>
    where
        Size<D>: MomentPacking,
    {
        let findings = self.screened(&sample)?;
        let answer = self.refitted(&findings, &sample)?;
        let digest = answer_digest(
            &findings.of,
            &answer.coefficients,
            &answer.standard_errors,
            [answer.noise, f64::from(answer.visits)],
        );
        sink.record("refit", &[digest]);
        Ok(())
    }

    // Each pass by itself, out of line: what one needs is not to lie on the stack beside the other.
    #[inline(never)]
    fn screened<const D: usize, const W: usize>(
        &self,
        sample: &impl Fn(&[T; W]) -> Option<Features<T, D>>,
    ) -> Result<Findings<D>, Error>
    where
        Size<D>: MomentPacking,
    {
        let mut screen = Screen::<T, D>::new();
        for (environment, response, x) in self.samples(sample) {
            screen.observe_from(environment, &x, response)?;
        }
        screen.end_all();
        Ok(screen.findings())
    }

    #[inline(never)]
    fn refitted<const D: usize, const W: usize>(
        &self,
        findings: &Findings<D>,
        sample: &impl Fn(&[T; W]) -> Option<Features<T, D>>,
    ) -> Result<Answer<D>, Error>
    where
        Size<D>: MomentPacking,
    {
        let mut refit = Refit::<T, D>::new(*findings);
        for (environment, response, x) in self.samples(sample) {
            refit.observe_from(environment, &x, response)?;
        }
        refit.end_all();
        refit.answer()
    }

    /// The rows, each with its environment and its scaled response, up to one that is cut off.
    fn samples<X, const W: usize>(
        &self,
        sample: impl Fn(&[T; W]) -> Option<X>,
    ) -> impl Iterator<Item = (u32, T, X)> {
        let rows = self.rows.chunks(4 + (W + 1) * size_of::<T>());
        rows.map_while(move |row| {
            let (environment, response, x) = unpack::<T, W>(row)?;
            Some((environment, response * self.response_scale, sample(&x)?))
        })
    }
}

/// The digest of an answer: verdicts, coefficients, standard errors, and what else `rest` holds.
pub fn answer_digest(
    findings: &[Finding],
    coefficients: &[f64],
    standard_errors: &[f64],
    rest: [f64; 2],
) -> u64 {
    let mut digest = Digest::new();
    for finding in findings {
        digest.write_scalar(f64::from(finding.verdict as u8));
    }
    for &value in coefficients.iter().chain(standard_errors).chain(&rest) {
        digest.write_scalar(value);
    }
    digest.finish()
}

fn unpack<T: Scalar, const W: usize>(row: &[u8]) -> Option<(u32, T, [T; W])> {
    let (environment, rest) = row.split_first_chunk::<4>()?;
    let mut numbers = rest.chunks(size_of::<T>()).map(T::from_le_slice);
    let response = numbers.next()??;
    let mut x = [T::ZERO; W];
    for entry in &mut x {
        *entry = numbers.next()??;
    }
    Some((u32::from_le_bytes(*environment), response, x))
}

/// Multiplies entry by entry.
pub fn scaled<T: Scalar, const D: usize>(mut x: [T; D], scales: &[T; D]) -> [T; D] {
    for (entry, &scale) in x.iter_mut().zip(scales) {
        *entry *= scale;
    }
    x
}
