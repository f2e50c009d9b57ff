//! The problems by name, and the host's own run of each.

use heterosgd::algebra::Dual;
use heterosgd::learner::Rule;
use heterosgd::sampling::Ensemble;
use heterosgd::{Measurement, Metrics, Packing, Psd, Scalar, Size, Symmetric};
use heterosgd_problems::{
    DOUBLE, GAUSSIAN, NAMES, POOLED, Parameters, Problem, RADEMACHER, RANK_ONE, Request, Scene,
    Sink,
};

use crate::error::{Error, Result};

/// Binds `$problem` to the problem called `$name` and evaluates `$body`; `None` if there is none.
macro_rules! with_problem {
    ($name:expr, $problem:ident => $body:expr) => {
        with_problem!(@each $name, $problem => $body,
            RANK_ONE, GAUSSIAN, RADEMACHER, DOUBLE, POOLED)
    };
    (@each $name:expr, $problem:ident => $body:expr, $($constant:ident),*) => {
        match $name {
            $(name if name == $constant.parameters.name => {
                let $problem = &$constant;
                Some($body)
            })*
            _ => None,
        }
    };
}

/// A report kept as text.
#[derive(Debug, Default)]
pub(super) struct Text(Vec<u8>);

impl Text {
    /// The report so far.
    pub(super) fn into_text(self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

impl Sink for Text {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

/// The names that `name` stands for: one, or all of them.
pub(super) fn named(name: &str) -> Result<Vec<&'static str>> {
    if name == "all" {
        return Ok(NAMES.to_vec());
    }
    NAMES
        .iter()
        .find(|known| **known == name)
        .map(|known| vec![*known])
        .ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> Error {
    Error::usage(format!(
        "there is no problem {name}; there are {}, and all",
        NAMES.join(", ")
    ))
}

/// A run step by step: the environment of each batch, and the metrics after it.
pub(super) type Trajectory = Vec<(u32, Metrics<f64>)>;

/// The parameters of a problem and its run.
pub(super) fn trajectory(name: &str) -> Result<(Parameters, Trajectory)> {
    with_problem!(name, problem => metrics_of(problem).map(|list| (problem.parameters, list)))
        .ok_or_else(|| unknown(name))?
        .map_err(|error| Error::Failed(format!("{name} on the host: {error}")))
}

fn metrics_of<T, const D: usize, const K: usize, R, X, S>(
    problem: &Problem<T, D, K, R, X, S>,
) -> std::result::Result<Trajectory, heterosgd::Error>
where
    T: Scalar,
    Size<D>: Packing,
    R: Rule,
    X: Measurement<Psd<T, D, K>>,
    S: Ensemble<X>,
{
    let Parameters { steps, batch, .. } = problem.parameters;
    let scene = problem.scene();
    // In double precision: the metrics are of this program, not of the board.
    let exact = widened(&scene);
    let reference = exact.reference();
    let mut list = Vec::new();
    let sensing = problem.sensing(&scene)?;
    sensing.run(&mut problem.learner()?, 0..steps, batch, |learner| {
        let estimate = learner.estimate();
        let estimate = Symmetric::from_fn(|i, j| estimate.get(i, j).map_or(0.0, Scalar::to_f64));
        let environment = sensing.environment(learner.steps().saturating_sub(1));
        list.push((environment, reference.metrics(&estimate)));
    })?;
    Ok(list)
}

/// The host's report of a run.
pub(super) fn run(name: &str, request: &Request) -> Result<String> {
    let mut text = Text::default();
    let outcome = with_problem!(name, problem => problem.run(request, &mut text))
        .ok_or_else(|| unknown(name))?;
    outcome.map_err(|error| Error::Failed(format!("{name} on the host: {error}")))?;
    Ok(text.into_text())
}

/// The scene of the run, its numbers taken as `f64`.
fn widened<T: Scalar, const D: usize>(scene: &Scene<T, D>) -> Scene<f64, D>
where
    Size<D>: Packing,
{
    let matrix = |matrix: &Symmetric<T, D>| {
        Symmetric::from_fn(|i, j| matrix.get(i, j).map_or(0.0, Scalar::to_f64))
    };
    let (truth, pooled_truth) = (matrix(&scene.truth), matrix(&scene.pooled_truth));
    Scene {
        basis: scene.basis.map(|vector| vector.map(Scalar::to_f64)),
        signals: [Dual::new(&truth), Dual::new(&pooled_truth)],
        truth,
        pooled_truth,
    }
}

#[cfg(test)]
mod tests {
    use heterosgd_problems::{NAMES, Request};

    #[test]
    fn every_name_runs() {
        let request = Request {
            checkpoint: Some(1_000_000),
            ..Request::default()
        };
        for name in NAMES {
            let report = super::run(name, &request).expect("the problem runs");
            assert!(report.contains(&format!("problem {name}\n")), "{report}");
        }
        assert!(super::run("nothing", &request).is_err());
        assert!(super::trajectory("nothing").is_err());
    }
}
