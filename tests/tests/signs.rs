//! Sign measurements by tables, against the documented order written out plainly, and against dense
//! measurements of the same matrices.

use heterosgd::experiment::Sensing;
use heterosgd::sampling::{Ensemble, Purpose, Rademacher, stream};
use heterosgd::{
    Error, HeteroSgd, Measurement, Packing, PooledSgd, Psd, Scalar, Schedule, Settings, SignTables,
    Signed, Signs, Size, Symmetric,
};

fn settings<T: Scalar>() -> Settings<T> {
    Settings {
        step_size: T::from_f64(0.05),
        init_scale: T::from_f64(0.3),
        seed: 1,
    }
}

/// Measurements and responses of batch `index`.
fn samples<T: Scalar, const D: usize>(count: usize, index: u64) -> Vec<(Signs<D>, T)>
where
    Size<D>: Packing,
{
    let mut rng = stream(5, Purpose::Measurements, index);
    (0..count)
        .map(|_| (Rademacher::draw(&mut rng), T::standard_normal(&mut rng)))
        .collect()
}

/// Places of the packed diagonal.
fn diagonal(d: usize) -> Vec<usize> {
    (0..d)
        .scan(0, |at, i| Some(std::mem::replace(at, *at + d - i)))
        .collect()
}

/// The gradient of a batch, step by step as docs/determinism.md has it, in `f64` or `f32`.
fn plain<T: Scalar, const D: usize>(signal: &[T], samples: &[(Signs<D>, T)]) -> Vec<T>
where
    Size<D>: Packing,
{
    let entries = signal.len();
    let diagonal = diagonal(D);
    let scaled = |k: usize, value: T| {
        if diagonal.contains(&k) {
            value
        } else {
            value * T::FRAC_1_SQRT_2
        }
    };
    let weights: Vec<T> = (0..entries).map(|k| scaled(k, signal[k])).collect();
    let groups = entries.div_ceil(4);
    let bits = |x: &Signs<D>, j: usize| ((x.words()[j / 8] >> (4 * (j % 8))) & 15) as usize;
    let mut collected = vec![[T::ZERO; 16]; groups];
    for (x, y) in samples {
        let sums: Vec<T> = (0..groups)
            .map(|j| {
                let members = 4 * j..entries.min(4 * j + 4);
                members.enumerate().fold(T::ZERO, |sum, (bit, k)| {
                    if bits(x, j) >> bit & 1 == 0 {
                        sum + weights[k]
                    } else {
                        sum - weights[k]
                    }
                })
            })
            .collect();
        let mut total = T::ZERO;
        for word in sums.chunks(8) {
            if let &[a, b, c, d, e, f, g, h] = word {
                total += ((a + b) + (c + d)) + ((e + f) + (g + h));
            } else {
                for &sum in word {
                    total += sum;
                }
            }
        }
        let residual = total - *y;
        for (j, group) in collected.iter_mut().enumerate() {
            group[bits(x, j)] += residual;
        }
    }
    (0..entries)
        .map(|k| {
            let mut residuals = collected[k / 4].to_vec();
            for _ in 0..k % 4 {
                residuals = residuals.chunks(2).map(|pair| pair[0] + pair[1]).collect();
            }
            let mut difference = T::ZERO;
            for pair in residuals.chunks(2) {
                difference += pair[0] - pair[1];
            }
            T::ZERO + T::ONE * scaled(k, difference)
        })
        .collect()
}

/// A model whose step can be repeated with a gradient of our own.
fn has_the_plain_bits<M, T, const D: usize>()
where
    T: Scalar,
    Size<D>: Packing,
    M: heterosgd::model::SymmetricModel<T, D>,
{
    let mut tables = SignTables::new();
    for count in [1, 2, 3, 7, 64] {
        let mut learner = HeteroSgd::<M>::new(settings()).expect("in range");
        let mut expected = learner.model().clone();
        for batch in 0..4 {
            let samples = samples::<T, D>(count, batch);
            let mut open = learner.batch(0);
            let mut signs = open.signs(&mut tables);
            for (x, y) in &samples {
                signs.observe(x, *y).expect("in range");
            }
            signs.finish();
            open.step().expect("stable");
            let sum = plain(expected.signal().as_slice(), &samples);
            let mut gradient = Symmetric::zero();
            gradient.as_mut_slice().copy_from_slice(&sum);
            let rate = T::from_f64(0.05) / T::from_f64(count as f64);
            assert!(expected.step(&gradient, rate));
            let (mut seen, mut wanted) = (vec![], vec![]);
            learner.model().visit(|entry| seen.push(entry.to_bits64()));
            expected.visit(|entry| wanted.push(entry.to_bits64()));
            assert_eq!(seen, wanted, "D = {D}, {count} samples, batch {batch}");
        }
    }
}

#[test]
fn tables_have_the_bits_of_the_plain_order() {
    has_the_plain_bits::<Psd<f32, 1, 1>, f32, 1>();
    has_the_plain_bits::<Psd<f64, 2, 2>, f64, 2>();
    has_the_plain_bits::<Psd<f32, 3, 1>, f32, 3>();
    has_the_plain_bits::<Psd<f32, 8, 8>, f32, 8>();
    has_the_plain_bits::<Psd<f64, 8, 2>, f64, 8>();
    has_the_plain_bits::<Signed<f32, 7, 2>, f32, 7>();
    has_the_plain_bits::<Psd<f32, 16, 4>, f32, 16>();
    has_the_plain_bits::<Psd<f64, 20, 20>, f64, 20>();
    has_the_plain_bits::<Signed<f64, 31, 3>, f64, 31>();
    has_the_plain_bits::<Psd<f32, 64, 2>, f32, 64>();
}

/// Against the dense measurement, to rounding.
fn is_the_dense_gradient<const D: usize>()
where
    Size<D>: Packing,
{
    let mut tables = SignTables::new();
    let mut by_tables = HeteroSgd::<Psd<f64, D, 2>>::new(settings()).expect("in range");
    let mut dense = by_tables.clone();
    let mut singly = by_tables.clone();
    for batch in 0..5 {
        let samples = samples::<f64, D>(100, batch);
        let (mut a, mut b, mut c) = (by_tables.batch(0), dense.batch(0), singly.batch(0));
        let mut signs = a.signs(&mut tables);
        for (x, y) in &samples {
            signs.observe_from(0, x, *y).expect("in range");
            b.observe(&x.to_symmetric::<f64>(), *y).expect("in range");
            c.observe(x, *y).expect("in range");
        }
        drop(signs);
        assert_eq!((a.count(), a.environment()), (100, Some(0)));
        a.step().expect("stable");
        b.step().expect("stable");
        c.step().expect("stable");
    }
    for (other, name) in [(&dense, "dense"), (&singly, "single signs")] {
        let (a, b) = (by_tables.estimate(), other.estimate());
        for (a, b) in a.as_slice().iter().zip(b.as_slice()) {
            assert!((a - b).abs() < 1e-12 * (1.0 + b.abs()), "{name}: {a} {b}");
        }
    }
}

#[test]
fn tables_agree_with_dense_measurements() {
    is_the_dense_gradient::<2>();
    is_the_dense_gradient::<8>();
    is_the_dense_gradient::<21>();
}

/// The ensemble of signs draws the matrices of the dense one, and leaves the generator where it does.
#[test]
fn signs_are_those_of_the_dense_ensemble() {
    fn check<const D: usize>()
    where
        Size<D>: Packing,
    {
        let mut a = stream(3, Purpose::Measurements, D as u64);
        let mut b = a.clone();
        for _ in 0..20 {
            let signs: Signs<D> = Rademacher::draw(&mut a);
            let dense: Symmetric<f32, D> = Rademacher::draw(&mut b);
            assert_eq!(signs.to_symmetric::<f32>().as_slice(), dense.as_slice());
            assert_eq!(a, b);
            assert_eq!(Signs::from_slice(signs.words()), Some(signs));
            assert_eq!(Signs::<D>::from_slice(&[]), None);
            let single: f32 = Measurement::<Psd<f32, D, 1>>::respond(
                &signs,
                &heterosgd::algebra::Dual::new(&dense),
            );
            assert!(
                (single - dense.inner(&dense)).abs() < 1e-3 * single,
                "{single}"
            );
        }
    }
    check::<1>();
    check::<7>();
    check::<8>();
    check::<11>();
    check::<63>();
}

#[test]
fn what_is_refused_changes_nothing() {
    let mut tables = SignTables::new();
    let mut learner = HeteroSgd::<Psd<f32, 8, 8>>::new(settings()).expect("in range");
    let mut untouched = learner.clone();
    let good = samples::<f32, 8>(10, 0);
    for (learner, spoiled) in [(&mut learner, true), (&mut untouched, false)] {
        let mut batch = learner.unlabelled_batch();
        let mut signs = batch.signs(&mut tables);
        for (x, y) in &good {
            if spoiled {
                for bad in [f32::NAN, f32::INFINITY, f32::MAX] {
                    assert!(signs.observe(x, bad).is_err());
                }
            }
            signs.observe_from(3, x, *y).expect("in range");
            if spoiled {
                let other = Error::OtherEnvironment {
                    batch: 3,
                    sample: 4,
                };
                assert_eq!(signs.observe_from(4, x, *y), Err(other));
            }
        }
        assert_eq!((signs.count(), signs.environment()), (10, Some(3)));
        drop(signs);
        batch.step().expect("stable");
    }
    assert_eq!(learner.digest(), untouched.digest());
    // Without samples nothing is added, and an empty batch is still one.
    let mut batch = learner.batch(0);
    batch.signs(&mut tables).finish();
    assert_eq!(batch.count(), 0);
    assert_eq!(batch.step(), Err(Error::EmptyBatch));
    assert_eq!(learner.digest(), untouched.digest());
}

/// The experiment loop by tables takes the samples of the plain loop, under both rules.
#[test]
fn the_experiment_loop_takes_the_same_samples() {
    type M = Psd<f64, 8, 8>;
    let signals = [0.5, -0.5].map(|spurious| {
        let mut signal = Symmetric::<f64, 8>::zero();
        signal.add_outer(&[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], 1.0);
        signal.add_outer(&[0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], spurious);
        heterosgd::algebra::Dual::new(&signal)
    });
    let schedule = Schedule::Uniform { environments: 2 };
    let by_tables = Sensing::<M, Signs<8>, Rademacher>::new(&signals, schedule, 9)
        .and_then(|sensing| sensing.with_noise(0.1))
        .expect("a sensor");
    let dense = Sensing::<M, Symmetric<f64, 8>, Rademacher>::new(&signals, schedule, 9)
        .and_then(|sensing| sensing.with_noise(0.1))
        .expect("a sensor");
    let mut tables = SignTables::new();
    macro_rules! check {
        ($rule:ident) => {
            let mut a = $rule::<M>::new(settings()).expect("in range");
            let mut b = a.clone();
            for batch in 0..30 {
                by_tables
                    .step_by_tables(&mut a, &mut tables, batch, 64)
                    .expect("stable");
                dense.step(&mut b, batch, 64).expect("stable");
            }
            assert_eq!(a.samples(), b.samples());
            let (a, b) = (a.estimate(), b.estimate());
            for (a, b) in a.as_slice().iter().zip(b.as_slice()) {
                assert!((a - b).abs() < 1e-10, "{a} {b}");
            }
            assert!(b.as_slice()[0] > 0.5, "nothing was learned");
        };
    }
    check!(HeteroSgd);
    check!(PooledSgd);
}
