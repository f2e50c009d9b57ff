//! Every choice of ours, in one place; all of it goes into `summary.json`.
//!
//! The paper does not state its parameters in full. These keep the shape of its figures: mean pull 1,
//! heterogeneity 6 and step size 0.1 are its own.

use serde::Serialize;

use super::training::Training;
use crate::problem::Strengths;

/// Dimension of the problem where trajectories are shown.
pub(super) const D: usize = 20;
/// Dimension where many runs are needed.
pub(super) const D_SMALL: usize = 10;

/// Strength of the invariant directions.
const SIGMA: f64 = 1.0;
/// Mean pull on the spurious directions.
pub(super) const MU: f64 = 1.0;
/// Initial scale alpha.
const INIT_SCALE: f64 = 1e-3;
/// Heterogeneity M of the main example.
const HETEROGENEITY: f64 = 6.0;
/// Step size eta of the main example.
const STEP_SIZE: f64 = 0.1;

/// The strengths at heterogeneity M.
pub(super) const fn strengths(heterogeneity: f64) -> Strengths {
    Strengths {
        sigma: SIGMA,
        mu: MU,
        heterogeneity,
    }
}

/// Figure 1.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Fig1 {
    pub(super) strengths: Strengths,
    pub(super) training: Training,
    pub(super) replicates: u64,
    /// Most for the spurious part of HeteroSGD's final estimate.
    pub(super) spurious_bound: f64,
    /// Most for HeteroSGD's error over PooledSGD's.
    pub(super) error_ratio_bound: f64,
    /// Most for PooledSGD's relative distance from A* + mean A.
    pub(super) pooled_bound: f64,
}

pub(super) const FIG1: Fig1 = Fig1 {
    strengths: strengths(HETEROGENEITY),
    training: Training {
        step_size: STEP_SIZE,
        init_scale: INIT_SCALE,
        batch: 4000,
        steps: 400,
        stride: 1,
    },
    replicates: 5,
    spurious_bound: 0.05,
    error_ratio_bound: 0.25,
    pooled_bound: 0.1,
};

/// Figure 2.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Fig2 {
    pub(super) mu: f64,
    pub(super) heterogeneity: f64,
    pub(super) step_size: f64,
    pub(super) init_scale: f64,
    pub(super) steps: u64,
    /// Where the second pair of trajectories starts: the direction already learned.
    pub(super) learned_start: f64,
}

pub(super) const FIG2: Fig2 = Fig2 {
    mu: MU,
    heterogeneity: HETEROGENEITY,
    step_size: STEP_SIZE,
    init_scale: INIT_SCALE,
    steps: 200,
    learned_start: 1.0,
};

/// Figure 3.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Fig3 {
    /// Heterogeneities of the trajectories.
    pub(super) trajectory_heterogeneity: [f64; 2],
    pub(super) trajectory: Training,
    pub(super) trajectory_replicates: u64,
    /// The sweep over M with finite batches, in dimension `D_SMALL`.
    pub(super) sweep_heterogeneity: [f64; 10],
    pub(super) sweep_batches: [u32; 3],
    pub(super) step_size: f64,
    pub(super) init_scale: f64,
    pub(super) sweep_steps: u64,
    pub(super) sweep_replicates: u64,
    /// The population: from 0 to `population_limit` in `population_points` steps.
    pub(super) population_limit: f64,
    pub(super) population_points: u32,
    pub(super) population_steps: u64,
    pub(super) population_replicates: u64,
    /// Steps from which a growth rate is measured.
    pub(super) growth_steps: u64,
    /// Most for the relative distance of the measured transition from the predicted one.
    pub(super) transition_tolerance: f64,
}

pub(super) const FIG3: Fig3 = Fig3 {
    trajectory_heterogeneity: [HETEROGENEITY, 1.0],
    trajectory: Training {
        step_size: STEP_SIZE,
        init_scale: INIT_SCALE,
        batch: 2000,
        steps: 400,
        stride: 1,
    },
    trajectory_replicates: 5,
    sweep_heterogeneity: [0.0, 1.0, 2.0, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0],
    sweep_batches: [200, 800, 3200],
    step_size: STEP_SIZE,
    init_scale: INIT_SCALE,
    sweep_steps: 600,
    sweep_replicates: 3,
    population_limit: 8.0,
    population_points: 80,
    population_steps: 40_000,
    population_replicates: 7,
    growth_steps: 400_000,
    transition_tolerance: 0.05,
};

/// Figure 4.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Fig4 {
    /// Step sizes from low to high, evenly in logarithm; heterogeneities from 0, evenly.
    pub(super) step_size_low: f64,
    pub(super) step_size_high: f64,
    pub(super) heterogeneity_high: f64,
    /// Cells along each side, population and finite batch.
    pub(super) population_cells: u32,
    pub(super) batch_cells: u32,
    pub(super) population_steps: u64,
    pub(super) population_replicates: u64,
    /// Finite batches: m, and steps times step size.
    pub(super) batch: u32,
    pub(super) batch_time: f64,
    pub(super) init_scale: f64,
    /// A direction counts as learned above this share of its pooled value.
    pub(super) learned_share: f64,
    /// Cells within this relative distance of the curve, in M, are not judged.
    pub(super) band: f64,
    /// Least share of judged cells on the predicted side.
    pub(super) agreement_bound: f64,
}

pub(super) const FIG4: Fig4 = Fig4 {
    step_size_low: 0.02,
    step_size_high: 0.2,
    heterogeneity_high: 12.0,
    population_cells: 40,
    batch_cells: 16,
    population_steps: 40_000,
    population_replicates: 5,
    batch: 400,
    batch_time: 40.0,
    init_scale: INIT_SCALE,
    learned_share: 0.01,
    band: 0.05,
    agreement_bound: 0.97,
};

/// Figure 6.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Fig6 {
    pub(super) strengths: Strengths,
    pub(super) step_sizes: [f64; 3],
    pub(super) init_scale: f64,
    pub(super) batch: u32,
    pub(super) steps: u64,
    pub(super) stride: u64,
    pub(super) replicates: u64,
    /// Least distance from both truths over the last half, as a share of their norms.
    pub(super) distance_bound: f64,
}

pub(super) const FIG6: Fig6 = Fig6 {
    strengths: strengths(HETEROGENEITY),
    step_sizes: [0.01, 0.05, 0.1],
    init_scale: INIT_SCALE,
    batch: 80,
    steps: 4000,
    stride: 10,
    replicates: 7,
    distance_bound: 0.5,
};
