//! A learner as bytes: to be written to flash, sent away, or kept over a reset.
//!
//! [`Learner::checkpoint`](crate::Learner::checkpoint) writes all that later steps depend on, the open
//! batch included; [`Learner::restore`](crate::Learner::restore) takes it back, bit for bit, or refuses and
//! leaves the learner as it was. docs/formats.md describes every byte, and what is promised of them.
//!
//! ```
//! use heterosgd::{HeteroSgd, Psd, RankOne, Settings};
//! type Model = HeteroSgd<Psd<f32, 2, 1>>;
//! # let settings = Settings { step_size: 0.1, init_scale: 1e-3, seed: 0 };
//! let mut learner = Model::new(settings)?;
//! learner.batch(0).observe(&RankOne([1.0, 0.5]), 1.0)?;
//!
//! let mut bytes = [0; Model::CHECKPOINT_BYTES];
//! learner.checkpoint(&mut bytes)?; // in the middle of a batch
//!
//! let mut again = Model::new(settings)?;
//! again.restore(&bytes)?;
//! learner.resume().step()?;
//! again.resume().step()?;
//! assert_eq!(learner.digest(), again.digest());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A simulated sensor needs no state of its own: its draws follow from its seed and the number of the
//! batch, and [`Sensing::resume`](crate::experiment::Sensing::resume) goes on in the middle of one. What
//! else an application wants to find again goes into the same bytes as an [`Extra`].

mod bytes;
mod crc;
mod error;
mod extra;
mod header;
pub(crate) mod phase;

pub use bytes::{Reader, Writer};
pub use error::{CheckpointError, Field};
pub use extra::Extra;

pub(crate) use crc::crc32;
pub(crate) use header::{Header, LEARNER, MARKS};

/// Bytes of the checksum at the end.
pub(crate) const CRC_BYTES: usize = 4;
