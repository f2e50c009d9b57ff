//! Work whose instructions are counted by `cargo xtask instructions`: everything that a learner does
//! over and over, by the kernel of every target.
//!
//! Prints the name of each piece of work, in order. Under callgrind the calls of [`counted`] are what
//! is counted, one by one; by itself the program only shows that all of it runs.

use std::hint::black_box;

use heterosgd::algebra::{Packing, Size};
use heterosgd::learner::OneEnvironment;
use heterosgd::sampling::{
    Ensemble, Gaussian, GaussianFeatures, GaussianRankOne, Purpose, Rademacher, stream,
};
use heterosgd::stored::{Stored, StoredMeasurement};
use heterosgd::{
    Centred, Error, Features, HeteroSgd, Learner, Linear, Measurement, Model, Psd, RankOne,
    Samples, Scalar, Settings, SignTables, Signed, Signs, Symmetric,
};

/// Samples of a batch.
const BATCH: usize = 64;

fn main() -> Result<(), Error> {
    dense::<f32, 4>("f32, d = 4")?;
    dense::<f32, 8>("f32, d = 8")?;
    dense::<f32, 16>("f32, d = 16")?;
    dense::<f32, 32>("f32, d = 32")?;
    dense::<f64, 8>("f64, d = 8")?;
    dense::<f64, 16>("f64, d = 16")?;
    rank_one::<f32, 8, 8>("f32, d = 8")?;
    rank_one::<f32, 8, 2>("f32, d = 8, k = 2")?;
    rank_one::<f64, 16, 16>("f64, d = 16")?;
    signs::<f32, 8>("f32, d = 8")?;
    signed_and_linear()?;
    drawn();
    Ok(())
}

/// What is counted. Callgrind finds it by its name, which is why it is not generic.
#[inline(never)]
fn counted(work: &mut dyn FnMut()) {
    work();
}

fn count<Out>(name: &str, of: &str, work: impl FnOnce() -> Out) -> Out {
    println!("{name}, {of}");
    let (mut work, mut out) = (Some(work), None);
    counted(&mut || out = work.take().map(|work| work()));
    black_box(out).expect("the work was done")
}

fn settings<T: Scalar>() -> Settings<T> {
    Settings {
        step_size: T::from_f64(1e-3),
        init_scale: T::from_f64(0.5),
        seed: 0,
    }
}

fn rows<T: Scalar, X: Stored<Scalar = T>, S: Ensemble<X>>() -> Vec<T> {
    let mut draws = stream(1, Purpose::Measurements, 0);
    let mut rows = Vec::new();
    for _ in 0..BATCH {
        rows.extend_from_slice(S::draw(&mut draws).to_row().as_ref());
    }
    rows
}

/// A batch of samples one by one, the same batch stored, and its step.
fn batch<M, X, S>(kind: &str, of: &str) -> Result<Learner<M, OneEnvironment>, Error>
where
    M: Model,
    X: StoredMeasurement<M> + Stored<Scalar = M::Scalar>,
    S: Ensemble<X>,
{
    let entries = rows::<M::Scalar, X, S>();
    let responses = [M::Scalar::ONE; BATCH];
    let samples = Samples::<X>::new(&entries, &responses)?;
    let one_by_one: Vec<(X, M::Scalar)> = samples.iter().collect();
    let mut learner = HeteroSgd::<M>::new(settings())?;
    let name = format!("{kind}: {BATCH} samples one by one");
    let mut open = learner.batch(0);
    count(&name, of, || {
        black_box(&one_by_one)
            .iter()
            .try_for_each(|(x, y)| open.observe(x, *y))
    })?;
    let mut open = learner.batch(0);
    let samples = black_box(samples);
    let name = format!("{kind}: {BATCH} stored samples");
    count(&name, of, || open.observe_all(&samples))?;
    count(&format!("{kind}: step"), of, || open.step())?;
    Ok(learner)
}

fn dense<T: Scalar, const D: usize>(of: &str) -> Result<(), Error>
where
    Size<D>: Packing,
{
    batch::<Psd<T, D, D>, Symmetric<T, D>, Gaussian>("dense", of)?;
    Ok(())
}

fn rank_one<T: Scalar, const D: usize, const K: usize>(of: &str) -> Result<(), Error>
where
    Size<D>: Packing,
{
    batch::<Psd<T, D, K>, RankOne<T, D>, GaussianRankOne>("rank one", of)?;
    Ok(())
}

fn signs<T: Scalar, const D: usize>(of: &str) -> Result<(), Error>
where
    Size<D>: Packing,
{
    let mut draws = stream(1, Purpose::Measurements, 0);
    let drawn: [Signs<D>; BATCH] = core::array::from_fn(|_| Rademacher::draw(&mut draws));
    let mut learner = HeteroSgd::<Psd<T, D, D>>::new(settings())?;
    let mut tables = SignTables::<T, D>::new();
    let mut batch = learner.batch(0);
    let name = format!("signs: {BATCH} samples by tables");
    count(&name, of, || {
        let mut open = batch.signs(&mut tables);
        black_box(&drawn)
            .iter()
            .try_for_each(|x| open.observe(x, T::ONE))
    })
}

/// The other two models, and centring.
fn signed_and_linear() -> Result<(), Error> {
    batch::<Signed<f32, 8, 8>, Symmetric<f32, 8>, Gaussian>("signed", "f32, d = 8")?;
    batch::<Linear<f32, 16>, Features<f32, 16>, GaussianFeatures>("linear", "f32, d = 16")?;
    let mut learner = HeteroSgd::<Linear<f32, 16>, Centred>::new(settings())?;
    let mut draws = stream(1, Purpose::Measurements, 0);
    let x: Features<f32, 16> = GaussianFeatures::draw(&mut draws);
    let mut open = learner.batch(0);
    count("centred: a sample", "f32, d = 16", || {
        Measurement::<Linear<f32, 16>>::check(black_box(&x))?;
        open.observe(black_box(&x), 1.0)
    })?;
    count("centred: step", "f32, d = 16", || open.step())
}

fn drawn() {
    draw::<Symmetric<f32, 8>, Gaussian>("Gaussian", "f32, d = 8");
    draw::<Symmetric<f64, 8>, Gaussian>("Gaussian", "f64, d = 8");
    draw::<Signs<8>, Rademacher>("Rademacher", "d = 8");
    draw::<RankOne<f32, 8>, GaussianRankOne>("vector", "f32, d = 8");
}

fn draw<X, S: Ensemble<X>>(kind: &str, of: &str) {
    let mut draws = stream(1, Purpose::Measurements, 0);
    count(&format!("{kind}: {BATCH} drawn"), of, || {
        for _ in 0..BATCH {
            black_box(S::draw(&mut draws));
        }
    });
}
