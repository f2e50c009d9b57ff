//! Runs the core's learners over a design.

use heterosgd::nalgebra::SMatrix;
use heterosgd::sampling::{Purpose, below, fill_orthonormal, stream};
use heterosgd::{
    Features, HeteroSgd, Linear, Measurement, Model, Psd, Signed, Symmetric, TailAverage,
};

use super::design::Design;
use super::options::ModelKind;
use super::pulls::shuffle_rows;
use super::space::{Space, positions};
use crate::divergence::Divergence;
use crate::error::{Error, Result};
use crate::{sizes, with_linear_size, with_symmetric_size};

/// What is run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) model: ModelKind,
    pub(super) rank: Option<usize>,
    pub(super) init_scale: f64,
    pub(super) batch: u32,
    pub(super) steps: u64,
    pub(super) seed: u64,
    pub(super) norm_limit: Option<f64>,
}

/// What came out.
#[derive(Debug, Clone)]
pub(super) struct Trained {
    /// The mean of the estimates over the last half of the steps, standardised units.
    pub(super) tail: Vec<f64>,
    /// Steps done.
    pub(super) steps: u64,
    /// Samples that went into them.
    pub(super) samples: u64,
    /// Where the run left the range of numbers or the limit of its norm, if it did.
    pub(super) diverged: Option<Divergence>,
}

/// Which samples share a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Hetero,
    Pooled,
}

/// Refuses problems larger than the largest compiled size.
pub(super) fn check_size(space: Space, rank: Option<usize>) -> Result<()> {
    let (size, list, what) = match space {
        Space::Features(p) => (p, sizes::LINEAR, "features"),
        Space::Matrix(d) => (d, sizes::SYMMETRIC, "rows of the matrix"),
    };
    let largest = list.last().copied().unwrap_or(0);
    if size > largest {
        return Err(Error::usage(format!(
            "{size} {what}; at most {largest} are compiled: leave some out with --drop"
        )));
    }
    match (space, rank) {
        (Space::Matrix(d), Some(k)) if k == 0 || k > d => Err(Error::usage(format!(
            "--rank {k}: a factor of a {d} x {d} matrix has 1 to {d} columns"
        ))),
        _ => Ok(()),
    }
}

/// Runs `method` with `step_size`.
pub(super) fn train(
    design: &Design,
    plan: &Plan,
    method: Method,
    step_size: f64,
) -> Result<Trained> {
    check_size(design.space, plan.rank)?;
    let trained = match design.space {
        Space::Features(p) => with_linear_size!(p, D => {
            let model = Linear::<f64, D>::initial(plan.init_scale, plan.seed);
            let measurement = |row: &[f64]| Features(padded::<D>(row));
            let unpad = |w: &[f64; D]| w[..p].to_vec();
            drive(model, design, plan, (method, step_size), measurement, unpad)?
        }),
        Space::Matrix(d) => with_symmetric_size!(d, D => {
            let measurement = |row: &[f64]| embedded::<D>(row, d);
            let unpad = |estimate: &Symmetric<f64, D>| cut(estimate, d);
            let factor = initial_factor::<D>(d, plan);
            if plan.model == ModelKind::Signed {
                let model = Signed::<f64, D, D>::from_factors(factor, factor).map_err(core_error)?;
                drive(model, design, plan, (method, step_size), measurement, unpad)?
            } else {
                let model = Psd::<f64, D, D>::from_factor(factor).map_err(core_error)?;
                drive(model, design, plan, (method, step_size), measurement, unpad)?
            }
        }),
    };
    trained.ok_or_else(|| Error::usage("no compiled size holds this problem"))
}

/// The rule does not show in the type of the learner: it decides which samples share a batch, and a
/// batch without labels is the same under both.
fn drive<M, X>(
    model: M,
    design: &Design,
    plan: &Plan,
    (method, step_size): (Method, f64),
    measurement: impl Fn(&[f64]) -> X,
    entries: impl Fn(&M::Gradient) -> Vec<f64>,
) -> Result<Trained>
where
    M: Model<Scalar = f64>,
    X: Measurement<M>,
{
    let mut learner = HeteroSgd::<M>::from_model(model, step_size).map_err(core_error)?;
    learner
        .set_norm_limit(plan.norm_limit)
        .map_err(core_error)?;
    let mut order = Order::new(design, plan, method == Method::Hetero);
    let mut tail = TailAverage::from_step(plan.steps.div_ceil(2));
    let mut diverged = None;
    let mut rows = Vec::with_capacity(plan.batch as usize);
    for _ in 0..plan.steps {
        order.next_batch(&mut rows);
        let mut batch = learner.unlabelled_batch();
        let observed = rows
            .iter()
            .try_for_each(|&row| batch.observe(&measurement(design.row(row)), design.y[row]));
        if let Err(error) = observed.and_then(|()| batch.step()) {
            let found = Divergence::of(&error, learner.steps(), step_size, plan.norm_limit);
            diverged = Some(found.ok_or_else(|| core_error(error))?);
            break;
        }
        tail.record(learner.steps(), &learner.estimate());
    }
    let tail = match tail.mean() {
        Some(mean) => entries(mean),
        None => entries(&learner.estimate()),
    };
    Ok(Trained {
        tail,
        steps: learner.steps(),
        samples: learner.samples(),
        diverged,
    })
}

fn core_error(error: heterosgd::Error) -> Error {
    Error::usage(error.to_string())
}

fn padded<const D: usize>(row: &[f64]) -> [f64; D] {
    let mut x = [0.0; D];
    x[..row.len()].copy_from_slice(row);
    x
}

/// The d x d matrix of `row` in the upper left corner of a D x D one.
fn embedded<const D: usize>(row: &[f64], d: usize) -> Symmetric<f64, D>
where
    heterosgd::Size<D>: heterosgd::Packing,
{
    if d == D
        && let Some(x) = Symmetric::from_slice(row)
    {
        return x;
    }
    let mut entries = row.iter();
    Symmetric::from_fn(|i, j| {
        if i < d && j < d {
            entries.next().copied().unwrap_or(0.0)
        } else {
            0.0
        }
    })
}

fn cut<const D: usize>(estimate: &Symmetric<f64, D>, d: usize) -> Vec<f64>
where
    heterosgd::Size<D>: heterosgd::Packing,
{
    positions(d)
        .map(|(i, j)| estimate.get(i, j).unwrap_or(0.0))
        .collect()
}

/// `init_scale` times the identity, or times K random orthonormal columns; zero where padded.
fn initial_factor<const D: usize>(d: usize, plan: &Plan) -> SMatrix<f64, D, D> {
    let mut factor = SMatrix::<f64, D, D>::zeros();
    match plan.rank {
        Some(k) if k < d => {
            let mut rng = stream(plan.seed, Purpose::Factor, 0);
            fill_orthonormal(&mut rng, &mut factor.data.0[..k], d);
            factor *= plan.init_scale;
        }
        _ => (0..d).for_each(|i| factor[(i, i)] = plan.init_scale),
    }
    factor
}

/// The order in which rows are visited.
///
/// HeteroSGD with labels: an environment drawn afresh for each batch, its rows in shuffled order.
/// HeteroSGD without: runs of consecutive rows, as recorded. PooledSGD: all rows, shuffled.
struct Order<'a> {
    design: &'a Design,
    seed: u64,
    batch: usize,
    batches: u64,
    mode: Mode,
}

enum Mode {
    Environments(Vec<Deck>),
    Recorded,
    Shuffled(Deck),
}

impl<'a> Order<'a> {
    fn new(design: &'a Design, plan: &Plan, one_environment: bool) -> Self {
        let mode = if !one_environment {
            Mode::Shuffled(Deck::new(design.groups.concat(), 0))
        } else if design.labelled {
            Mode::Environments(
                design
                    .groups
                    .iter()
                    .zip(1..)
                    .map(|(rows, number)| Deck::new(rows.clone(), number))
                    .collect(),
            )
        } else {
            Mode::Recorded
        };
        Self {
            design,
            seed: plan.seed,
            batch: plan.batch as usize,
            batches: 0,
            mode,
        }
    }

    fn next_batch(&mut self, rows: &mut Vec<usize>) {
        rows.clear();
        let (seed, batch) = (self.seed, self.batch);
        let number = self.batches;
        self.batches += 1;
        match &mut self.mode {
            Mode::Environments(decks) => {
                let mut rng = stream(seed, Purpose::Environments, number);
                let chosen = below(&mut rng, decks.len() as u32) as usize;
                rows.extend((0..batch).map(|_| decks[chosen].draw(seed)));
            }
            Mode::Recorded => {
                let groups = &self.design.groups;
                rows.extend(&groups[(number % groups.len() as u64) as usize]);
            }
            Mode::Shuffled(deck) => rows.extend((0..batch).map(|_| deck.draw(seed))),
        }
    }
}

/// Rows dealt like cards: shuffled, dealt to the last one, shuffled again.
struct Deck {
    rows: Vec<usize>,
    dealt: usize,
    shuffles: u64,
    number: u64,
}

impl Deck {
    fn new(rows: Vec<usize>, number: u64) -> Self {
        Self {
            dealt: rows.len(),
            rows,
            shuffles: 0,
            number,
        }
    }

    fn draw(&mut self, seed: u64) -> usize {
        if self.dealt == self.rows.len() {
            let index = (self.number << 40) | self.shuffles;
            let mut rng = stream(seed, Purpose::Order, index);
            shuffle_rows(&mut self.rows, &mut rng);
            self.dealt = 0;
            self.shuffles += 1;
        }
        let row = self.rows[self.dealt];
        self.dealt += 1;
        row
    }
}
