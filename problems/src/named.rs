//! The problems by name.

use heterosgd::learner::{Mixture, OneEnvironment};
use heterosgd::sampling::{Gaussian, GaussianRankOne, Rademacher};
use heterosgd::{IsotropicRankOne, Symmetric};

use crate::{Parameters, Problem};

/// Every name, in the order of the documentation.
pub const NAMES: [&str; 5] = ["rank-one", "gaussian", "rademacher", "double", "pooled"];

/// Beyond the phase boundary with margin: Lambda = -0.08 (docs/theory.md, 2.2).
const PARAMETERS: Parameters = Parameters {
    name: "",
    step_size: 0.1,
    init_scale: 1e-3,
    mean: 1.0,
    heterogeneity: 6.0,
    steps: 400,
    batch: 100,
    checkpoint: 40,
    seed: 0,
};

/// HeteroSGD from rank-one measurements: the smallest learner, U of 8 x 2 in `f32`.
pub const RANK_ONE: Problem<f32, 8, 2, OneEnvironment, IsotropicRankOne<f32, 8>, GaussianRankOne> =
    Problem::new(Parameters {
        name: "rank-one",
        ..PARAMETERS
    });

/// HeteroSGD from dense Gaussian measurements, over-parameterised as in the paper: U of 8 x 8 in `f32`.
pub const GAUSSIAN: Problem<f32, 8, 8, OneEnvironment, Symmetric<f32, 8>, Gaussian> =
    Problem::new(Parameters {
        name: "gaussian",
        ..PARAMETERS
    });

/// HeteroSGD from dense sign measurements: the largest learner, U of 16 x 4 in `f32`.
pub const RADEMACHER: Problem<f32, 16, 4, OneEnvironment, Symmetric<f32, 16>, Rademacher> =
    Problem::new(Parameters {
        name: "rademacher",
        ..PARAMETERS
    });

/// HeteroSGD in `f64`: U of 4 x 4.
pub const DOUBLE: Problem<f64, 4, 4, OneEnvironment, Symmetric<f64, 4>, Gaussian> =
    Problem::new(Parameters {
        name: "double",
        ..PARAMETERS
    });

/// PooledSGD on the measurements of [`GAUSSIAN`]: learns the mean spurious signal too.
pub const POOLED: Problem<f32, 8, 8, Mixture, Symmetric<f32, 8>, Gaussian> =
    Problem::new(Parameters {
        name: "pooled",
        ..PARAMETERS
    });
