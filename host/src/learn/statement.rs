//! Whether the heterogeneity is enough for the method, in plain words.

use super::directions::Direction;
use super::step_size::Candidate;
use super::train::Plan;
use crate::data::list;

/// The statement on a run, `range` being the step sizes that would do.
pub(super) fn statement(plan: &Plan, run: &Candidate, range: Option<(f64, f64)>) -> String {
    let step_size = format!("step size {:.4}", run.step_size);
    let remedy = match range {
        Some((from, to)) if from < to => {
            format!("It would be enough at step sizes from {from:.4} to {to:.4}.")
        }
        Some((only, _)) => format!("It would be enough at step size {only:.4}."),
        None => "None of the stable step sizes that were tried does better: record environments that differ more, or take larger batches."
            .to_owned(),
    };
    if run.run.diverged.is_some() {
        return format!("The run diverged at {step_size}: there is no result. {remedy}");
    }
    let names = |wanted: &dyn Fn(&Direction) -> bool| {
        let chosen = run.directions.iter().filter(|direction| wanted(direction));
        chosen
            .map(|direction| direction.name.as_str())
            .collect::<Vec<_>>()
    };
    let differing = names(&Direction::is_spurious);
    if differing.is_empty() {
        return "The environments agree on everything that matters: there is nothing to suppress, and these data cannot show what would change under other conditions. The result is that of ordinary regression."
            .to_owned();
    }
    let left = names(&|direction| direction.is_spurious() && !direction.is_gone());
    if !left.is_empty() {
        let predicted = run.faults.surviving == 0;
        let cause = if predicted {
            "Theory predicts that such parts die out: the batches are too small for it (--batch), or the run too short (--epochs)."
        } else {
            remedy.as_str()
        };
        return format!(
            "The heterogeneity is not enough at {step_size}: the environments differ on {}, and it was learned all the same. {cause}",
            list(&left)
        );
    }
    let missed = names(&|direction| direction.is_missed(plan));
    if !missed.is_empty() {
        return format!(
            "At {step_size} the environments agree on {}, but it was not learned: give more --epochs or another step size. {remedy}",
            list(&missed)
        );
    }
    let mut text = format!(
        "The heterogeneity is enough: the environments differ on {}, and at {step_size} nothing that matters is left of it.",
        list(&differing)
    );
    let growing = names(&|direction| direction.survives(plan, run.step_size));
    if !growing.is_empty() {
        text += &format!(
            " Theory predicted more of it than was learned: {}.",
            list(&growing)
        );
    }
    let weak = names(&|d| d.opinion.differs() && !d.matters && !d.is_gone());
    if !weak.is_empty() {
        text += &format!(" Weak, different, and learned: {}.", list(&weak));
    }
    if !run.stable {
        text += " But step_size * |pull| exceeds 1, outside the theory's assumption: watch for divergence.";
    }
    text
}
