//! What the plan costs on a board, from the measured table of the repository.

use heterosgd_boards::Board;
use serde::Serialize;

use super::schedule::Schedule;
use crate::device::budget::{Budget, Figures};
use crate::error::{Error, Result};
use crate::replay::Precision;

/// The table that `heterosgd device --update-budget` writes.
const TABLE: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../firmware/budget.toml"
));

/// The learner on the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Shape {
    pub(super) dim: usize,
    pub(super) columns: usize,
    pub(super) precision: Precision,
    pub(super) rank_one: bool,
}

/// A problem of the table.
struct Measured {
    name: &'static str,
    shape: Shape,
}

const MEASURED: [Measured; 4] = [
    Measured {
        name: "rank-one",
        shape: Shape {
            dim: 8,
            columns: 2,
            precision: Precision::F32,
            rank_one: true,
        },
    },
    Measured {
        name: "gaussian",
        shape: Shape {
            dim: 8,
            columns: 8,
            precision: Precision::F32,
            rank_one: false,
        },
    },
    Measured {
        name: "rademacher",
        shape: Shape {
            dim: 16,
            columns: 4,
            precision: Precision::F32,
            rank_one: false,
        },
    },
    Measured {
        name: "double",
        shape: Shape {
            dim: 4,
            columns: 4,
            precision: Precision::F64,
            rank_one: false,
        },
    },
];

/// What the plan costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Cost {
    pub(super) board: &'static str,
    pub(super) processor: &'static str,
    /// The measured problem that the figures come from.
    pub(super) measured: &'static str,
    /// Whether they are of this very shape, or scaled from that problem by the number of operations.
    pub(super) scaled: bool,
    /// Bytes of the learner: factor, estimate, open batch, counters.
    pub(super) learner: u64,
    /// Bytes of RAM in use at most, the sample and the stack of the step included.
    pub(super) ram: u64,
    pub(super) ram_available: u64,
    /// Instructions to observe a sample, at most.
    pub(super) observe: u64,
    /// Instructions of a step, at most.
    pub(super) step: u64,
    /// Instructions of the whole plan, drawing or measuring samples apart.
    pub(super) total: u64,
    pub(super) fits: bool,
}

impl Shape {
    fn entries(self) -> u64 {
        (self.dim * (self.dim + 1) / 2) as u64
    }

    /// Bytes of the learner, as the compiler lays it out.
    pub(super) fn learner(self) -> u64 {
        let scalar = match self.precision {
            Precision::F32 => 4,
            Precision::F64 => 8,
        };
        let scalars = (self.dim * self.columns) as u64 + 2 * self.entries();
        // Step size, limit of the norm, steps and samples so far, count and environment of the open batch.
        (scalars * scalar + 2 * scalar + 28).next_multiple_of(8)
    }

    /// Multiplications of a step: the product with the gradient, and the new estimate.
    fn step(self) -> u64 {
        self.columns as u64 * ((self.dim * self.dim) as u64 + self.entries())
    }
}

/// The costs on `board`.
///
/// # Errors
/// If there is no such board, or the table lacks it.
pub(super) fn cost(board: &str, shape: Shape, schedule: &Schedule) -> Result<Cost> {
    let found = Board::find(board).ok_or_else(|| {
        let names: Vec<&str> = heterosgd_boards::BOARDS.iter().map(|b| b.name).collect();
        Error::usage(format!(
            "--board {board}: the boards are {}",
            names.join(", ")
        ))
    })?;
    let budget = Budget::parse(TABLE)?;
    // Of the same scalar, if possible of the same measurements, and then the nearest in size.
    let nearest = MEASURED
        .iter()
        .filter(|measured| measured.shape.precision == shape.precision)
        .min_by_key(|measured| {
            let (a, b) = (measured.shape.learner(), shape.learner());
            let ratio = 1000 * a.max(b) / a.min(b);
            (measured.shape.rank_one != shape.rank_one, ratio)
        });
    let (measured, figures): (&Measured, Figures) = nearest
        .and_then(|measured| Some((measured, budget.figures(board, measured.name)?)))
        .ok_or_else(|| Error::Failed(format!("the table has no figures of {board}")))?;
    let scaled = |figure: u64, to: u64, from: u64| (figure * to).div_ceil(from.max(1));
    let of = measured.shape;
    let observe = scaled(figures.observe, shape.entries(), of.entries());
    let step = scaled(figures.step, shape.step(), of.step());
    let used = figures.peak_stack + figures.static_ram;
    let ram = scaled(used, shape.learner(), of.learner());
    let total = schedule
        .samples
        .saturating_mul(observe)
        .saturating_add(schedule.steps.saturating_mul(step));
    Ok(Cost {
        board: found.name,
        processor: found.processor,
        measured: measured.name,
        scaled: of != shape,
        learner: shape.learner(),
        ram,
        ram_available: found.ram.into(),
        observe,
        step,
        total,
        fits: ram <= found.ram.into(),
    })
}

#[cfg(test)]
mod tests {
    use heterosgd::{HeteroSgd, Psd};

    use super::{MEASURED, Shape};
    use crate::replay::Precision;

    #[test]
    fn learners_are_as_large_as_stated() {
        let stated = |dim, columns, precision| {
            Shape {
                dim,
                columns,
                precision,
                rank_one: false,
            }
            .learner() as usize
        };
        assert_eq!(
            stated(8, 2, Precision::F32),
            size_of::<HeteroSgd<Psd<f32, 8, 2>>>()
        );
        assert_eq!(
            stated(16, 16, Precision::F32),
            size_of::<HeteroSgd<Psd<f32, 16, 16>>>()
        );
        assert_eq!(
            stated(4, 4, Precision::F64),
            size_of::<HeteroSgd<Psd<f64, 4, 4>>>()
        );
    }

    /// The shapes are those of the problems that the table was measured with.
    #[test]
    fn shapes_are_those_of_the_problems() {
        use heterosgd_problems::{DOUBLE, GAUSSIAN, RADEMACHER, RANK_ONE};
        let names = [
            RANK_ONE.parameters.name,
            GAUSSIAN.parameters.name,
            RADEMACHER.parameters.name,
            DOUBLE.parameters.name,
        ];
        assert_eq!(MEASURED.each_ref().map(|measured| measured.name), names);
    }
}
