//! Formulas about the dynamics, with explicit constants (docs/theory.md): usable on the device before
//! anything is tried.
//!
//! In the population (infinite batches) a spurious direction is its own scalar: in environment e it is
//! pulled with strength `s_e`, and its factor entry follows `b <- b (1 + step_size (s_e - b^2))`.
//! [`Pulls`] is the distribution of `s_e` over environments. Each function states its assumptions and
//! returns [`Unmet`] outside them.

mod admissible;
mod cross;
mod exponent;
mod homogeneous;
mod population;
mod pulls;
mod recovery;
mod root;
mod supremum;
mod unmet;

pub use admissible::check_step_size;
pub use exponent::{critical_heterogeneity, critical_step_size, lyapunov, signed_lyapunov};
pub use homogeneous::{Homogeneous, Window};
pub use population::{population_step, settling_steps, signal_steps};
pub use pulls::Pulls;
pub use recovery::{Guarantee, Recovery};
pub use unmet::Unmet;
