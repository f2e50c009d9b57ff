//! Any sequence of calls, shrunk where it fails.

use heterosgd_fuzz::sequence::{Call, Value, run};
use proptest::prelude::*;

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        8 => (-64i8..=64).prop_map(|steps| f32::from(steps) / 16.0),
        1 => any::<u32>().prop_map(f32::from_bits),
        1 => Just(1e30f32),
    ]
    .prop_map(Value)
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        2 => (0..3u8).prop_map(Call::Batch),
        1 => Just(Call::Unlabelled),
        6 => ([value(), value()], value()).prop_map(|(x, y)| Call::Observe(x, y)),
        4 => (0..3u8, [value(), value()], value()).prop_map(|(e, x, y)| Call::ObserveFrom(e, x, y)),
        5 => Just(Call::Step),
        1 => value().prop_map(Call::StepSize),
        1 => proptest::option::of(value()).prop_map(Call::NormLimit),
        1 => Just(Call::Restart),
        1 => any::<u16>().prop_map(Call::Damaged),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn the_learner_is_what_the_model_says(calls in proptest::collection::vec(call(), 0..60)) {
        run(calls);
    }
}
