//! This library by the kernels of this computer, and its peers in Rust: nalgebra's natural code and
//! `ndarray`.
//!
//! ```text
//! peers-rust DIRECTORY f32|f64 D dense|rank-one BATCH
//! ```
//!
//! The protocol is that of `native.cpp`.

mod others;

use std::hint::black_box;
use std::io::{BufRead as _, Write as _};
use std::time::Instant;
use std::{env, fs, io};

use aligned_vec::AVec;
use heterosgd::algebra::{Packing, Size};
use heterosgd::stored::{Kernel, StoredMeasurement};
use heterosgd::{Error, HeteroSgd, Psd, RankOne, Samples, Scalar, Symmetric};
use heterosgd_benches::{multiply_and_add_f32, multiply_and_add_f64, read};
use heterosgd_host::simd::Vectors;
use nalgebra::{RealField, SMatrix};
use ndarray::LinalgScalar;
use pulp::bytemuck::Pod;

type Failure = Box<dyn std::error::Error>;

/// A scalar that all libraries here compute in, as its bytes on disk.
trait Stored: Scalar + RealField + LinalgScalar + Pod {
    const BYTES: usize;
    fn parse(bytes: &[u8]) -> Self;
    /// Products and sums in registers, so many times; how many there were.
    fn multiply_and_add(turns: usize) -> usize;
}

impl Stored for f32 {
    const BYTES: usize = 4;
    fn parse(bytes: &[u8]) -> Self {
        bytes.try_into().map_or(f32::NAN, f32::from_le_bytes)
    }
    fn multiply_and_add(turns: usize) -> usize {
        multiply_and_add_f32(turns)
    }
}

impl Stored for f64 {
    const BYTES: usize = 8;
    fn parse(bytes: &[u8]) -> Self {
        bytes.try_into().map_or(f64::NAN, f64::from_le_bytes)
    }
    fn multiply_and_add(turns: usize) -> usize {
        multiply_and_add_f64(turns)
    }
}

/// Aligned to lines of the cache, as the peers have it.
fn load<T: Stored>(directory: &str, name: &str) -> Result<AVec<T>, Failure> {
    let bytes = fs::read(format!("{directory}/{name}.bin"))?;
    Ok(AVec::from_iter(
        64,
        bytes.chunks_exact(T::BYTES).map(T::parse),
    ))
}

/// Measures at least so many seconds.
struct Clock {
    start: Instant,
    seconds: f64,
}

impl Clock {
    fn start(seconds: f64) -> Self {
        let start = Instant::now();
        Self { start, seconds }
    }

    /// Nanoseconds for each of what is done, once the time is over.
    fn end(&self, done: usize) -> Option<f64> {
        let elapsed = self.start.elapsed().as_secs_f64();
        (elapsed >= self.seconds).then(|| elapsed * 1e9 / done as f64)
    }
}

/// Nanoseconds of a product or a sum, in registers, none of them fused.
fn time_peak<T: Stored>(seconds: f64) -> f64 {
    let clock = Clock::start(seconds);
    let mut done = 0;
    loop {
        done += T::multiply_and_add(1000);
        if let Some(time) = clock.end(done) {
            return time;
        }
    }
}

/// What is measured of this library: an open batch takes in stored samples.
fn accumulate<T, X, const D: usize>(
    learner: &mut HeteroSgd<Psd<T, D, D>>,
    samples: &Samples<'_, X>,
    kernel: Vectors,
) -> Result<(), Error>
where
    T: Scalar,
    Size<D>: Packing,
    X: StoredMeasurement<Psd<T, D, D>, Scalar = T>,
    Vectors: Kernel<T>,
{
    learner.batch(0).observe_all_with(&kernel, samples)
}

struct Peers<T: Stored, const D: usize>
where
    Size<D>: Packing,
{
    rank_one: bool,
    x: AVec<T>,
    y: AVec<T>,
    kernel: Vectors,
    full: Vec<SMatrix<T, D, D>>,
    factor: SMatrix<T, D, D>,
    batch: usize,
}

impl<T: Stored, const D: usize> Peers<T, D>
where
    Size<D>: Packing,
    Vectors: Kernel<T>,
{
    fn load(directory: &str, kind: &str, batch: usize) -> Result<Self, Failure> {
        let factor = SMatrix::from_row_slice(&load::<T>(directory, "u")?);
        Ok(Self {
            rank_one: kind == "rank-one",
            x: load(directory, "x")?,
            y: load(directory, "y")?,
            kernel: Vectors::detect(),
            full: Vec::new(),
            factor,
            batch,
        })
    }

    fn names(&self) -> &'static str {
        if self.rank_one {
            "read-rust peak heterosgd nalgebra-one"
        } else {
            "read-rust peak heterosgd nalgebra-full ndarray-packed"
        }
    }

    /// Full matrices of the first samples, as many as make the same number of bytes.
    fn fill(&mut self) {
        if !self.rank_one && self.full.is_empty() {
            let rows = self.x.chunks_exact(D * (D + 1) / 2);
            let count = (self.x.len() / (D * D)).max(self.batch).min(rows.len());
            let x = rows.take(count).filter_map(Symmetric::<T, D>::from_slice);
            self.full = x.map(|x| x.to_matrix()).collect();
        }
    }

    /// The gradient of samples `from` to `to` by another library.
    fn gradient(
        &self,
        name: &str,
        p: &SMatrix<T, D, D>,
        from: usize,
        to: usize,
    ) -> SMatrix<T, D, D> {
        let y = self.y.get(from..to).unwrap_or_default();
        if self.rank_one {
            let vectors = self.x.as_chunks::<D>().0.get(from..to).unwrap_or_default();
            others::nalgebra_one(vectors, y, p)
        } else if name == "nalgebra-full" {
            others::nalgebra_full(self.full.get(from..to).unwrap_or_default(), y, p)
        } else {
            let length = D * (D + 1) / 2;
            let rows = self.x.get(from * length..to * length).unwrap_or_default();
            others::ndarray_packed(rows, y, p)
        }
    }

    fn learner(&self) -> Result<HeteroSgd<Psd<T, D, D>>, Error> {
        let step_size = <T as Scalar>::from_f64(0.1 / D as f64);
        HeteroSgd::from_model(Psd::from_factor(self.factor)?, step_size)
    }

    /// This library: the factor after a step on the first `count` samples.
    fn check_ours<X>(&self, count: usize) -> Result<SMatrix<T, D, D>, Error>
    where
        X: StoredMeasurement<Psd<T, D, D>, Scalar = T>,
    {
        let (first, _) = Samples::<X>::new(&self.x, &self.y)?.split_at(count);
        let mut learner = self.learner()?;
        accumulate(&mut learner, &first, self.kernel)?;
        self.kernel.step(learner.resume())?;
        Ok(*learner.model().factor())
    }

    /// This library: nanoseconds per sample, or per step of 64 samples.
    fn time_ours<X>(&self, stepping: bool, seconds: f64) -> Result<f64, Error>
    where
        X: StoredMeasurement<Psd<T, D, D>, Scalar = T>,
    {
        // Checked once, as a user would: not a part of the time.
        let samples = Samples::<X>::new(&self.x, &self.y)?;
        let (step, _) = samples.split_at(64);
        let mut learner = self.learner()?;
        let clock = Clock::start(seconds);
        let mut done = 0;
        loop {
            if stepping {
                for _ in 0..16 {
                    accumulate(&mut learner, &step, self.kernel)?;
                    self.kernel.step(learner.resume())?;
                }
                done += 16;
            } else {
                for part in samples.batches(self.batch) {
                    accumulate(&mut learner, &part, self.kernel)?;
                    black_box(&learner);
                }
                done += samples.len();
            }
            if let Some(time) = clock.end(done) {
                black_box(&learner);
                return Ok(time);
            }
        }
    }

    /// The read limit: nanoseconds for the bytes of a sample.
    fn time_read(&self, seconds: f64) -> f64 {
        let clock = Clock::start(seconds);
        let mut done = 0;
        loop {
            black_box(read(&self.x));
            black_box(read(&self.y));
            done += self.y.len();
            if let Some(time) = clock.end(done) {
                return time;
            }
        }
    }

    /// The factor after a step on the first batch.
    fn check(&mut self, name: &str) -> Result<SMatrix<T, D, D>, Failure> {
        let count = self.batch.min(self.y.len());
        if name == "heterosgd" {
            return Ok(if self.rank_one {
                self.check_ours::<RankOne<T, D>>(count)?
            } else {
                self.check_ours::<Symmetric<T, D>>(count)?
            });
        }
        self.fill();
        let mut u = self.factor;
        let gradient = self.gradient(name, &(u * u.transpose()), 0, count);
        others::step(&mut u, &gradient, count);
        Ok(u)
    }

    /// Nanoseconds per sample, or per step of 64 samples.
    fn time(&mut self, name: &str, seconds: f64) -> Result<f64, Failure> {
        let (name, stepping) = name
            .strip_suffix("+step")
            .map_or((name, false), |name| (name, true));
        if name == "heterosgd" {
            return Ok(if self.rank_one {
                self.time_ours::<RankOne<T, D>>(stepping, seconds)?
            } else {
                self.time_ours::<Symmetric<T, D>>(stepping, seconds)?
            });
        }
        if name == "read-rust" {
            return Ok(self.time_read(seconds));
        }
        if name == "peak" {
            return Ok(time_peak::<T>(seconds));
        }
        let mut count = self.y.len();
        if name == "nalgebra-full" {
            self.fill();
            count = self.full.len();
        }
        let mut u = self.factor;
        let mut p = u * u.transpose();
        let clock = Clock::start(seconds);
        let mut done = 0;
        loop {
            if stepping {
                for _ in 0..16 {
                    let gradient = self.gradient(name, &p, 0, 64);
                    others::step(&mut u, &gradient, 64);
                    p = u * u.transpose();
                }
                done += 16;
            } else {
                for from in (0..count).step_by(self.batch) {
                    let to = count.min(from + self.batch);
                    black_box(self.gradient(name, black_box(&p), from, to));
                }
                done += count;
            }
            if let Some(time) = clock.end(done) {
                black_box(&u);
                return Ok(time);
            }
        }
    }

    fn serve(mut self) -> Result<(), Failure> {
        let mut out = io::stdout();
        writeln!(out, "ready {}", self.names())?;
        for line in io::stdin().lock().lines() {
            let line = line?;
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["run", name, seconds] => {
                    let time = self.time(name, seconds.parse()?)?;
                    writeln!(out, "{time}")?;
                }
                ["check", name] => {
                    let u = self.check(name)?.transpose();
                    let entries: Vec<String> = u.iter().map(|u| u.to_f64().to_string()).collect();
                    writeln!(out, "{}", entries.join(" "))?;
                }
                _ => return Err(format!("unknown command {line}").into()),
            }
            out.flush()?;
        }
        Ok(())
    }
}

fn of_size<T: Stored>(d: &str, directory: &str, kind: &str, batch: usize) -> Result<(), Failure>
where
    Vectors: Kernel<T>,
{
    match d {
        "4" => Peers::<T, 4>::load(directory, kind, batch)?.serve(),
        "8" => Peers::<T, 8>::load(directory, kind, batch)?.serve(),
        "16" => Peers::<T, 16>::load(directory, kind, batch)?.serve(),
        _ => Peers::<T, 32>::load(directory, kind, batch)?.serve(),
    }
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [directory, scalar, d, kind, batch] = arguments.as_slice() else {
        return Err("DIRECTORY f32|f64 D dense|rank-one BATCH".into());
    };
    let batch = batch.parse()?;
    match scalar.as_str() {
        "f32" => of_size::<f32>(d, directory, kind, batch),
        _ => of_size::<f64>(d, directory, kind, batch),
    }
}
