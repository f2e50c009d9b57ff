#![doc = "Learns, on a microcontroller, what stays the same while conditions change."]
//!
//! A device measures `y = <X, A* + A^(e)>`: `A*` is an invariant low-rank signal, `A^(e)` a
//! spurious one that changes with the environment e. Training on pooled data learns both.
//! HeteroSGD (Xu, Gu and Fang, `NeurIPS` 2024, arXiv 2403.01420) feeds each step a batch from ONE
//! environment, with a large step size: the spurious part oscillates and dies out, the invariant
//! part stays. No environment labels, no stored data, no regulariser.
//!
//! ```
//! use heterosgd::{HeteroSgd, Psd, RankOne, Settings};
//! # struct Sensor(u32);
//! # impl Sensor {
//! #     fn read(&mut self) -> ([f32; 8], f32) {
//! #         self.0 += 1;
//! #         let x = core::array::from_fn(|i| ((self.0 * 7 + i as u32 * 3) % 11) as f32 * 0.2 - 1.0);
//! #         (x, x[0] * x[0])
//! #     }
//! # }
//! # let mut sensor = Sensor(0);
//! let mut learner = HeteroSgd::<Psd<f32, 8, 2>>::new(Settings { step_size: 0.1, init_scale: 1e-3, seed: 0 })?;
//! for environment in [0, 1, 0, 1] {
//!     let mut batch = learner.batch(environment); // or learner.unlabelled_batch()
//!     for _ in 0..64 {
//!         let (x, y) = sensor.read();
//!         batch.observe(&RankOne(x), y)?; // consumed at once, nothing stored
//!     }
//!     batch.step()?; // a refused step leaves the learner as it was
//! }
//! let invariant = learner.estimate(); // U U^T, packed symmetric
//! # assert!(invariant.norm() > 0.0);
//! # Ok::<(), heterosgd::Error>(())
//! ```
//!
//! Three concepts, and nothing else: the **model** says what is learned ([`Psd`], [`Signed`],
//! [`Linear`]), the **rule** which samples may share a batch ([`HeteroSgd`], [`PooledSgd`]), the
//! **measurement** how a sample meets the model ([`Symmetric`], [`RankOne`], [`Features`]).
//!
//! # A tour
//! - [`algebra`]: packed symmetric matrices, the canonical dot product, eigenvectors.
//! - [`measurement`], [`model`], [`learner`]: the three concepts; data flow from one to the next.
//! - [`signs`]: measurements whose entries are signs, by look-up tables.
//! - [`estimate`], [`metrics`], [`trace`], [`digest`]: what to do with what was learned.
//! - [`sampling`], [`environment`], [`experiment`]: simulated sensors, the same on host and board.
//! - [`checkpoint`], [`guarded`]: what was learned outlives power cuts and faults in memory.
//! - [`theory`]: whether it will work, before it is tried.
//!
//! # Promises
//! - `no_std`, no allocation, no `unsafe`, no reachable panic.
//! - The same problem, seed and order of samples give the same bits on every target: one order of
//!   operations, nothing fused, transcendental functions from `libm`.
//! - Bad input is a typed [`Error`] and leaves learner and batch as they were.
//!
//! # Features
//! - `defmt`: formats settings, errors and metrics.
//! - `serde`: serialises settings, errors and metrics.
#![no_std]

pub mod algebra;
pub mod checkpoint;
pub mod digest;
pub mod environment;
pub mod error;
pub mod estimate;
pub mod experiment;
pub mod guarded;
pub mod learner;
pub mod lift;
pub mod measurement;
pub mod metrics;
pub mod model;
mod range;
pub mod refit;
pub mod sampling;
pub mod scalar;
pub mod screen;
pub mod signs;
mod state;
pub mod stored;
pub mod theory;
pub mod trace;

pub use algebra::{Eigen, Packing, Size, Symmetric};
pub use checkpoint::CheckpointError;
pub use environment::Schedule;
pub use error::Error;
pub use estimate::TailAverage;
pub use learner::{
    Batch, Centred, HeteroSgd, Learner, Plain, PooledSgd, Sequential, Settings, SignBatch, Whitened,
};
pub use measurement::{Features, IsotropicRankOne, Measurement, RankOne};
pub use metrics::{Metrics, Reference};
pub use model::{Linear, Model, Psd, Signed};
pub use nalgebra;
pub use refit::{Answer, Refit};
pub use scalar::Scalar;
pub use screen::{Design, Finding, Findings, Screen, Verdict};
pub use signs::{SignTables, Signs};
pub use stored::{SampleBuffer, Samples};
pub use trace::Trace;
