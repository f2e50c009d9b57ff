//! This library, and its peers in Rust: nalgebra's natural code and `ndarray`.
//!
//! ```text
//! peers-rust DIRECTORY f32|f64 D dense|rank-one BATCH
//! ```
//!
//! The protocol is that of `native.cpp`.

use std::hint::black_box;
use std::io::{BufRead as _, Write as _};
use std::time::Instant;
use std::{env, fs, io};

use heterosgd::algebra::{Packing, Size};
use heterosgd::{Error, HeteroSgd, Psd, RankOne, Scalar, Symmetric};
use nalgebra::{RealField, SMatrix, SVector};
use ndarray::linalg::general_mat_vec_mul;
use ndarray::{Array1, ArrayView2, LinalgScalar};

type Failure = Box<dyn std::error::Error>;

/// A scalar as its bytes on disk.
trait Stored: Scalar + RealField + LinalgScalar {
    const BYTES: usize;
    fn parse(bytes: &[u8]) -> Self;
}

impl Stored for f32 {
    const BYTES: usize = 4;
    fn parse(bytes: &[u8]) -> Self {
        bytes.try_into().map_or(f32::NAN, f32::from_le_bytes)
    }
}

impl Stored for f64 {
    const BYTES: usize = 8;
    fn parse(bytes: &[u8]) -> Self {
        bytes.try_into().map_or(f64::NAN, f64::from_le_bytes)
    }
}

fn load<T: Stored>(directory: &str, name: &str) -> Result<Vec<T>, Failure> {
    let bytes = fs::read(format!("{directory}/{name}.bin"))?;
    Ok(bytes.chunks_exact(T::BYTES).map(T::parse).collect())
}

/// What is measured of this library: an open batch takes in the samples.
/// The one place to change when there is a faster way in.
fn accumulate<T: Scalar, const D: usize>(
    learner: &mut HeteroSgd<Psd<T, D, D>>,
    samples: &Samples<T, D>,
    from: usize,
    to: usize,
) -> Result<(), Error>
where
    Size<D>: Packing,
{
    let mut batch = learner.batch(0);
    let y = samples.y.get(from..to).unwrap_or_default();
    match &samples.x {
        Stock::Dense(x) => {
            for (x, &y) in x.get(from..to).unwrap_or_default().iter().zip(y) {
                batch.observe(x, y)?;
            }
        }
        Stock::RankOne(x) => {
            for (x, &y) in x.get(from..to).unwrap_or_default().iter().zip(y) {
                batch.observe(x, y)?;
            }
        }
    }
    Ok(())
}

/// The measurements, in the types of the library.
enum Stock<T: Scalar, const D: usize>
where
    Size<D>: Packing,
{
    Dense(Vec<Symmetric<T, D>>),
    RankOne(Vec<RankOne<T, D>>),
}

struct Samples<T: Scalar, const D: usize>
where
    Size<D>: Packing,
{
    x: Stock<T, D>,
    y: Vec<T>,
}

struct Peers<T: Stored, const D: usize>
where
    Size<D>: Packing,
{
    flat: Vec<T>,
    samples: Samples<T, D>,
    full: Vec<SMatrix<T, D, D>>,
    factor: SMatrix<T, D, D>,
    batch: usize,
}

impl<T: Stored, const D: usize> Peers<T, D>
where
    Size<D>: Packing,
{
    fn load(directory: &str, kind: &str, batch: usize) -> Result<Self, Failure> {
        let flat: Vec<T> = load(directory, "x")?;
        let x = if kind == "dense" {
            let rows = flat.chunks_exact(D * (D + 1) / 2);
            Stock::Dense(rows.filter_map(Symmetric::from_slice).collect())
        } else {
            let rows = flat.chunks_exact(D);
            Stock::RankOne(
                rows.filter_map(|x| x.try_into().ok().map(RankOne))
                    .collect(),
            )
        };
        let y = load(directory, "y")?;
        let factor = SMatrix::from_row_slice(&load::<T>(directory, "u")?);
        Ok(Self {
            flat,
            samples: Samples { x, y },
            full: Vec::new(),
            factor,
            batch,
        })
    }

    fn names(&self) -> &'static str {
        match self.samples.x {
            Stock::Dense(_) => "heterosgd nalgebra-full ndarray-packed",
            Stock::RankOne(_) => "heterosgd nalgebra-one",
        }
    }

    /// Full matrices of the first samples, as many as make the same number of bytes.
    fn fill(&mut self) {
        if let (Stock::Dense(x), true) = (&self.samples.x, self.full.is_empty()) {
            let count = (self.flat.len() / (D * D)).max(self.batch).min(x.len());
            self.full = x.iter().take(count).map(Symmetric::to_matrix).collect();
        }
    }

    fn gradient(
        &self,
        name: &str,
        p: &SMatrix<T, D, D>,
        from: usize,
        to: usize,
    ) -> SMatrix<T, D, D> {
        let y = self.samples.y.get(from..to).unwrap_or_default();
        let mut sum = SMatrix::<T, D, D>::zeros();
        match (&self.samples.x, name) {
            (Stock::RankOne(x), _) => {
                for (x, &y) in x.get(from..to).unwrap_or_default().iter().zip(y) {
                    let x = SVector::<T, D>::from(x.0);
                    let residual = x.dot(&(p * x)) - y;
                    sum.ger(residual, &x, &x, <T as Scalar>::ONE);
                }
            }
            (_, "nalgebra-full") => {
                for (x, &y) in self.full.get(from..to).unwrap_or_default().iter().zip(y) {
                    let residual = x.dot(p) - y;
                    sum += x * residual;
                }
            }
            _ => {
                let length = D * (D + 1) / 2;
                let rows = self
                    .flat
                    .get(from * length..to * length)
                    .unwrap_or_default();
                let Ok(x) = ArrayView2::from_shape((to - from, length), rows) else {
                    return sum;
                };
                let dual = Symmetric::<T, D>::from_fn(|i, j| {
                    let entry = p.get((i, j)).copied().unwrap_or(<T as Scalar>::ZERO);
                    if i == j { entry } else { entry + entry }
                });
                let dual = Array1::from(dual.as_slice().to_vec());
                let mut residual = Array1::from(y.to_vec());
                let one = <T as Scalar>::ONE;
                general_mat_vec_mul(one, &x, &dual, -one, &mut residual);
                let mut packed = Array1::from_elem(length, <T as Scalar>::ZERO);
                general_mat_vec_mul(one, &x.t(), &residual, <T as Scalar>::ZERO, &mut packed);
                if let Some(packed) = packed.as_slice().and_then(Symmetric::<T, D>::from_slice) {
                    sum = packed.to_matrix();
                }
            }
        }
        sum
    }

    fn learner(&self) -> Result<HeteroSgd<Psd<T, D, D>>, Error> {
        let step_size = <T as Scalar>::from_f64(0.1 / D as f64);
        HeteroSgd::from_model(Psd::from_factor(self.factor)?, step_size)
    }

    fn step(u: &mut SMatrix<T, D, D>, gradient: &SMatrix<T, D, D>, count: usize) {
        let scale = <T as Scalar>::from_f64(0.1 / D as f64 / count as f64);
        let change = gradient * *u;
        *u -= change * scale;
    }

    /// The factor after a step on the first batch.
    fn check(&mut self, name: &str) -> Result<SMatrix<T, D, D>, Failure> {
        let count = self.batch.min(self.samples.y.len());
        if name == "heterosgd" {
            let mut learner = self.learner()?;
            accumulate(&mut learner, &self.samples, 0, count)?;
            learner.resume().step()?;
            return Ok(*learner.model().factor());
        }
        self.fill();
        let mut u = self.factor;
        let gradient = self.gradient(name, &(u * u.transpose()), 0, count);
        Self::step(&mut u, &gradient, count);
        Ok(u)
    }

    /// Nanoseconds per sample, or per step of 64 samples.
    fn time(&mut self, name: &str, seconds: f64) -> Result<f64, Failure> {
        let (name, stepping) = name
            .strip_suffix("+step")
            .map_or((name, false), |name| (name, true));
        let mut count = self.samples.y.len();
        if name == "nalgebra-full" {
            self.fill();
            count = self.full.len();
        }
        let mut learner = self.learner()?;
        let mut u = self.factor;
        let mut p = u * u.transpose();
        let start = Instant::now();
        let mut done = 0;
        loop {
            if stepping {
                for _ in 0..16 {
                    if name == "heterosgd" {
                        accumulate(&mut learner, &self.samples, 0, 64)?;
                        learner.resume().step()?;
                    } else {
                        let gradient = self.gradient(name, &p, 0, 64);
                        Self::step(&mut u, &gradient, 64);
                        p = u * u.transpose();
                    }
                }
                done += 16;
            } else {
                for from in (0..count).step_by(self.batch) {
                    let to = count.min(from + self.batch);
                    if name == "heterosgd" {
                        accumulate(&mut learner, &self.samples, from, to)?;
                        black_box(&learner);
                    } else {
                        black_box(self.gradient(name, black_box(&p), from, to));
                    }
                }
                done += count;
            }
            let elapsed = start.elapsed().as_secs_f64();
            if elapsed >= seconds {
                black_box((&learner, &u));
                return Ok(elapsed * 1e9 / done as f64);
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

fn of_size<T: Stored>(d: &str, directory: &str, kind: &str, batch: usize) -> Result<(), Failure> {
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
