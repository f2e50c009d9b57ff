//! A case: its data on disk, and the answer in `f64` by code of its own.

use std::fmt;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use crate::Failure;

/// Samples in a batch at most: a sum of more in `f32` would lose what it adds.
pub(crate) const BATCH: usize = 4096;

/// Samples of a full step.
pub(crate) const STEP: usize = 64;

/// What is measured, and on which bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    pub(crate) double: bool,
    pub(crate) d: usize,
    pub(crate) rank_one: bool,
    pub(crate) from_memory: bool,
    pub(crate) bytes: usize,
}

/// Uniform in [-1, 1), by splitmix64: the data only have to be the same for all.
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 40) as f64 / f64::from(1 << 23) - 1.0
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, scalar, place) = (self.kind(), self.scalar(), self.place());
        write!(f, "{kind}, {scalar}, d = {}, {place}", self.d)
    }
}

impl Case {
    pub(crate) fn scalar(self) -> &'static str {
        if self.double { "f64" } else { "f32" }
    }

    pub(crate) fn kind(self) -> &'static str {
        if self.rank_one { "rank-one" } else { "dense" }
    }

    /// How much data there is: what is read from a cache, and what is not, depends on the machine.
    pub(crate) fn place(self) -> String {
        if self.bytes < 10 << 20 {
            format!("{} KiB of data", self.bytes >> 10)
        } else {
            format!("{} MiB of data", self.bytes >> 20)
        }
    }

    /// Bytes of a measurement and its response.
    pub(crate) fn bytes_of_sample(self) -> usize {
        (self.length() + 1) * self.bytes_of_scalar()
    }

    /// Operations that the definition asks for: a product and a sum for each entry of the residual, and of the
    /// gradient; for rank one, three more for each coordinate.
    pub(crate) fn operations(self) -> f64 {
        let entries = 4 * (self.d * (self.d + 1) / 2);
        (entries + if self.rank_one { 3 * self.d } else { 0 }) as f64
    }

    fn bytes_of_scalar(self) -> usize {
        if self.double { 8 } else { 4 }
    }

    fn length(self) -> usize {
        if self.rank_one {
            self.d
        } else {
            self.d * (self.d + 1) / 2
        }
    }

    fn samples(self) -> usize {
        (self.bytes / (self.bytes_of_scalar() * self.length())).max(STEP)
    }

    /// The value that a peer reads.
    fn rounded(self, value: f64) -> f64 {
        if self.double {
            value
        } else {
            f64::from(value as f32)
        }
    }

    fn write(self, out: &mut impl std::io::Write, value: f64) -> std::io::Result<()> {
        if self.double {
            out.write_all(&value.to_le_bytes())
        } else {
            out.write_all(&(value as f32).to_le_bytes())
        }
    }

    /// `<X, M>` for the stored measurement `x`.
    fn inner(self, x: &[f64], matrix: &[f64]) -> f64 {
        let mut sum = 0.0;
        self.each(x, |i, j, entry| sum += entry * matrix[i * self.d + j]);
        sum
    }

    /// Calls `entry` with every entry of the full X.
    fn each(self, x: &[f64], mut entry: impl FnMut(usize, usize, f64)) {
        for i in 0..self.d {
            for j in 0..self.d {
                let (low, high) = (i.min(j), i.max(j));
                let value = if self.rank_one {
                    x[i] * x[j]
                } else {
                    x[low * (2 * self.d + 1 - low) / 2 + (high - low)]
                };
                entry(i, j, value);
            }
        }
    }

    /// Writes the data to `directory`; the start, and the factor after a step on the first batch.
    pub(crate) fn generate(self, directory: &Path) -> Result<(Vec<f64>, Vec<f64>), Failure> {
        fs::create_dir_all(directory)?;
        let create = |name: &str| File::create(directory.join(name)).map(BufWriter::new);
        let (mut xs, mut ys, mut us) = (create("x.bin")?, create("y.bin")?, create("u.bin")?);
        let mut draws = Draws(self.d as u64);
        let d = self.d;
        let factor: Vec<f64> = (0..d * d)
            .map(|k| {
                let identity = if k / d == k % d { 0.5 } else { 0.0 };
                self.rounded(identity + 0.05 * draws.next())
            })
            .collect();
        for &entry in &factor {
            self.write(&mut us, entry)?;
        }
        let estimate: Vec<f64> = (0..d * d)
            .map(|k| {
                (0..d)
                    .map(|c| factor[k / d * d + c] * factor[k % d * d + c])
                    .sum()
            })
            .collect();
        let mut gradient = vec![0.0; d * d];
        let count = self.samples();
        let first = count.min(BATCH);
        let mut x = vec![0.0; self.length()];
        for sample in 0..count {
            for entry in &mut x {
                *entry = self.rounded(draws.next());
                self.write(&mut xs, *entry)?;
            }
            // The signal is the identity: a trace, with noise, that costs little to compute.
            let trace: f64 = if self.rank_one {
                x.iter().map(|x| x * x).sum()
            } else {
                (0..d).map(|i| x[i * (2 * d + 1 - i) / 2]).sum()
            };
            let y = self.rounded(trace + 0.1 * draws.next());
            self.write(&mut ys, y)?;
            if sample < first {
                let residual = self.inner(&x, &estimate) - y;
                self.each(&x, |i, j, entry| gradient[i * d + j] += residual * entry);
            }
        }
        for file in [&mut xs, &mut ys, &mut us] {
            file.flush()?;
        }
        let scale = 0.1 / d as f64 / first as f64;
        let after = (0..d * d)
            .map(|k| {
                let pull: f64 = (0..d)
                    .map(|c| gradient[k / d * d + c] * factor[c * d + k % d])
                    .sum();
                factor[k] - scale * pull
            })
            .collect();
        Ok((factor, after))
    }

    /// Whether `answer` is the factor after the step, as far as this scalar carries.
    pub(crate) fn agrees(self, answer: &[f64], start: &[f64], after: &[f64]) -> bool {
        let tolerance = if self.double { 1e-10 } else { 1e-4 };
        let moved = start.iter().zip(after).map(|(a, b)| (a - b).abs());
        let limit = tolerance * moved.fold(0.0, f64::max);
        // Rounding the factor itself is not the gradient's error.
        let limit = limit + if self.double { 2e-16 } else { 1.2e-7 };
        answer.len() == after.len()
            && answer
                .iter()
                .zip(after)
                .all(|(a, b)| (a - b).abs() <= limit)
    }
}
