//! Streams of random numbers: independent of each other, unbiased below a bound, and repeatable.

use heterosgd::sampling::{Purpose, below, stream};
use heterosgd::{Scalar, Schedule};
use heterosgd_tests::statistics::{NORMAL_LIMIT_OF_500, chi_square, chi_square_limit};
use rand_core::Rng as _;

const DRAWS: usize = 50_000;

/// Streams that differ in seed, purpose or index alone, neighbours above all: the correlation of
/// each of the 378 pairs, times sqrt(n), is standard normal. False alarm: 8e-7.
#[test]
fn streams_are_uncorrelated() {
    let purposes = [
        Purpose::Factor,
        Purpose::Measurements,
        Purpose::Environments,
        Purpose::Signals,
    ];
    let mut streams: Vec<Vec<f64>> = Vec::new();
    for purpose in purposes {
        let addresses = [
            (0, 0),
            (0, 1),
            (0, 2),
            (0, 1 << 32),
            (1, 0),
            (1, 1),
            (u64::MAX, 0),
        ];
        for (seed, index) in addresses {
            let mut rng = stream(seed, purpose, index);
            streams.push((0..DRAWS).map(|_| f64::standard_normal(&mut rng)).collect());
        }
    }
    for (i, a) in streams.iter().enumerate() {
        for (j, b) in streams.iter().enumerate().skip(i + 1) {
            let inner: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
            let z = inner / libm::sqrt(DRAWS as f64);
            assert!(z.abs() < NORMAL_LIMIT_OF_500, "streams {i} and {j}: {z}");
        }
    }
}

/// The first word of neighbouring streams, each bit of it: fair. False alarm: 32 * 2e-9.
#[test]
fn first_words_are_fair() {
    let mut ones = [0u32; 32];
    for index in 0..DRAWS as u64 {
        let word = stream(0, Purpose::Measurements, index).next_u32();
        for (bit, count) in ones.iter_mut().enumerate() {
            *count += (word >> bit) & 1;
        }
    }
    let n = DRAWS as f64;
    for count in ones {
        let z = (f64::from(count) - n / 2.0) / libm::sqrt(n / 4.0);
        assert!(z.abs() < NORMAL_LIMIT_OF_500, "{z}");
    }
}

#[test]
fn streams_repeat() {
    let words = || -> Vec<u32> {
        let mut rng = stream(5, Purpose::Order, 9);
        (0..10).map(|_| rng.next_u32()).collect()
    };
    assert_eq!(words(), words());
}

/// False alarm: 1e-6 for each bound.
#[test]
fn below_is_uniform() {
    for bound in [2u32, 3, 7, 10, 100] {
        let mut rng = stream(0, Purpose::Order, u64::from(bound));
        let mut counts = vec![0u32; bound as usize];
        for _ in 0..100_000 {
            counts[below(&mut rng, bound) as usize] += 1;
        }
        let odds = vec![1.0 / f64::from(bound); bound as usize];
        let statistic = chi_square(&counts, &odds);
        let limit = chi_square_limit(bound as usize - 1);
        assert!(statistic < limit, "below {bound}: {statistic}");
    }
}

#[test]
fn below_keeps_to_its_bound() {
    let mut rng = stream(0, Purpose::Order, 0);
    for _ in 0..1000 {
        assert_eq!(below(&mut rng, 0), 0);
        assert_eq!(below(&mut rng, 1), 0);
        assert!(below(&mut rng, u32::MAX) < u32::MAX);
    }
}

/// Odds follow the weights, zero weights are never drawn. False alarm: 1e-6 for each schedule.
#[test]
fn random_schedules_have_their_odds() {
    let schedules = [
        (Schedule::Uniform { environments: 4 }, vec![0.25; 4]),
        (
            Schedule::Weighted {
                weights: &[1, 2, 5],
            },
            vec![0.125, 0.25, 0.625],
        ),
        (
            Schedule::Weighted {
                weights: &[3_000_000_000, 1_000_000_000],
            },
            vec![0.75, 0.25],
        ),
    ];
    for (schedule, odds) in schedules {
        assert_eq!(schedule.environments() as usize, odds.len());
        let mut rng = stream(0, Purpose::Environments, 0);
        let mut counts = vec![0u32; odds.len()];
        for draw in 0..100_000 {
            counts[schedule.environment(draw, &mut rng) as usize] += 1;
        }
        let statistic = chi_square(&counts, &odds);
        assert!(
            statistic < chi_square_limit(odds.len() - 1),
            "{schedule:?}: {statistic}"
        );
    }
    let mut rng = stream(0, Purpose::Environments, 1);
    let sparse = Schedule::Weighted {
        weights: &[0, 1, 0, 1, 0],
    };
    let seen: Vec<u32> = (0..1000)
        .map(|draw| sparse.environment(draw, &mut rng))
        .collect();
    assert!(seen.iter().all(|e| [1, 3].contains(e)));
    assert!(seen.contains(&1) && seen.contains(&3));
}

#[test]
fn fixed_schedules() {
    let mut rng = stream(0, Purpose::Environments, 0);
    let mut first = |schedule: Schedule<'_>| -> Vec<u32> {
        (0..8)
            .map(|draw| schedule.environment(draw, &mut rng))
            .collect()
    };
    let cyclic = Schedule::Cyclic { environments: 3 };
    assert_eq!(first(cyclic), [0, 1, 2, 0, 1, 2, 0, 1]);
    let blocks = Schedule::Blocks {
        environments: 2,
        length: 3,
    };
    assert_eq!(first(blocks), [0, 0, 0, 1, 1, 1, 0, 0]);
    let recorded = Schedule::AsRecorded { labels: &[5, 0, 2] };
    assert_eq!(first(recorded), [5, 0, 2, 5, 0, 2, 5, 0]);
    assert_eq!(recorded.environments(), 6);
}

mod sensing {
    use heterosgd::experiment::Sensing;
    use heterosgd::sampling::{Gaussian, Purpose, stream};
    use heterosgd::{Error, HeteroSgd, Psd, Scalar, Schedule, Settings, Symmetric};
    use heterosgd_tests::problem::Problem;

    type Sensor<'a> = Sensing<'a, Psd<f64, 2, 2>, Symmetric<f64, 2>, Gaussian>;
    type Signal = heterosgd::algebra::Dual<f64, 2>;

    fn signals() -> Vec<Signal> {
        Problem::<f64, 2>::new(1.0, &[1.0, -1.0], 0).duals()
    }

    fn refusal(schedule: Schedule<'_>) -> Option<Error> {
        let signals = signals();
        let refused = Sensor::new(&signals, schedule, 0).err();
        assert_eq!(refused, schedule.check(2).err(), "one check for both");
        refused
    }

    /// Nothing to choose from: environment 0, and a sensor that refuses to be built.
    #[test]
    fn empty_schedules() {
        let mut rng = stream(0, Purpose::Environments, 0);
        let empty = [
            Schedule::Uniform { environments: 0 },
            Schedule::Weighted { weights: &[] },
            Schedule::Cyclic { environments: 0 },
            Schedule::Blocks {
                environments: 0,
                length: 3,
            },
            Schedule::AsRecorded { labels: &[] },
        ];
        for schedule in empty {
            assert_eq!(schedule.environments(), 0);
            assert_eq!(schedule.environment(7, &mut rng), 0);
            assert_eq!(refusal(schedule), Some(Error::Environments));
        }
    }

    #[test]
    fn strange_environments() {
        let strangers = [
            Schedule::Uniform { environments: 3 },
            Schedule::Weighted {
                weights: &[1, 1, 0],
            },
            Schedule::Cyclic { environments: 3 },
            Schedule::Blocks {
                environments: 3,
                length: 1,
            },
            Schedule::AsRecorded { labels: &[0, 2] },
            Schedule::AsRecorded {
                labels: &[u32::MAX],
            },
        ];
        for schedule in strangers {
            assert_eq!(refusal(schedule), Some(Error::Environments));
        }
        let mut rng = stream(0, Purpose::Environments, 0);
        let signals = signals();
        let cyclic = Schedule::Cyclic { environments: 2 };
        let sensor = Sensor::new(&signals, cyclic, 0).expect("both known");
        assert_eq!(sensor.sample(2, &mut rng).err(), Some(Error::Environments));
    }

    #[test]
    fn schedules_that_cannot_run() {
        let weighted = |weights| refusal(Schedule::Weighted { weights });
        assert_eq!(weighted(&[0, 0]), Some(Error::Weights));
        assert_eq!(weighted(&[u32::MAX, 1]), Some(Error::Weights));
        assert_eq!(weighted(&[1, u32::MAX]), Some(Error::Weights));
        assert_eq!(weighted(&[u32::MAX, 0]), None);
        assert_eq!(weighted(&[u32::MAX - 1, 1]), None);
        assert_eq!(weighted(&[0, 1]), None);
        assert_eq!(weighted(&[7]), None);
        let blocks = |length| {
            refusal(Schedule::Blocks {
                environments: 2,
                length,
            })
        };
        assert_eq!(blocks(0), Some(Error::BlockLength));
        assert_eq!(blocks(1), None);
        // What cannot run still has an answer, and no panic.
        let mut rng = stream(0, Purpose::Environments, 0);
        let zeros = Schedule::Weighted { weights: &[0, 0] };
        assert_eq!(zeros.environment(0, &mut rng), 0);
        let zero_blocks = Schedule::Blocks {
            environments: 2,
            length: 0,
        };
        assert_eq!(zero_blocks.environment(5, &mut rng), 0);
    }

    #[test]
    fn noise() {
        let signals = signals();
        let schedule = Schedule::Cyclic { environments: 2 };
        let sensor = || Sensor::new(&signals, schedule, 5).expect("both known");
        let beyond = f64::MAX_RESIDUAL * (1.0 + f64::EPSILON);
        for bad in [f64::NAN, -0.1, f64::INFINITY, f64::NEG_INFINITY, beyond] {
            assert_eq!(sensor().with_noise(bad).err(), Some(Error::Noise), "{bad}");
        }
        for good in [0.0, f64::MIN_POSITIVE, 1.0, f64::MAX_RESIDUAL] {
            let sensor = sensor().with_noise(good).expect("in range");
            assert_eq!(sensor.noise(), good);
            assert_eq!(sensor.seed(), 5);
            assert_eq!(sensor.schedule(), schedule);
            assert_eq!(sensor.signals().len(), 2);
        }
        assert_eq!(sensor().noise(), 0.0);
        let learned = |noise| {
            let settings = Settings {
                step_size: 0.01,
                init_scale: 0.1,
                seed: 0,
            };
            let mut learner = HeteroSgd::<Psd<f64, 2, 2>>::new(settings).expect("in range");
            let sensor = sensor().with_noise(noise).expect("in range");
            sensor.step(&mut learner, 0, 4).expect("in range");
            learner.digest()
        };
        assert_ne!(learned(0.0), learned(0.1));
    }
}
