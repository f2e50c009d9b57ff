//! The code in docs/porting.md is code that is compiled.

use heterosgd::checkpoint::CheckpointError;
use heterosgd::{HeteroSgd, Psd, RankOne, Settings};

const PAGE: &str = include_str!("../../docs/porting.md");

/// The blocks of Rust in the page.
fn blocks() -> Vec<&'static str> {
    let starts = PAGE.split("```rust\n").skip(1);
    starts
        .map(|rest| rest.split("```").next().expect("an end"))
        .collect()
}

#[test]
fn the_firmware_of_the_page_is_the_example() {
    assert_eq!(
        blocks()[0],
        include_str!("../../firmware/examples/minimal.rs")
    );
}

#[test]
fn the_rest_of_the_page_is_in_this_file() {
    let this = include_str!("porting.rs");
    for block in &blocks()[1..] {
        assert!(this.contains(block), "not in this test: {block}");
    }
}

const STEP_SIZE: f32 = 0.059;
const _: () =
    assert!(heterosgd::theory::check_step_size(STEP_SIZE as f64, 1.0, &[3.2, -2.8]).is_ok());

type Small = HeteroSgd<Psd<f32, 8, 2>>;

fn save(learner: &Small) -> Result<[u8; Small::CHECKPOINT_BYTES], CheckpointError> {
    let mut bytes = [0; Small::CHECKPOINT_BYTES];
    learner.checkpoint(&mut bytes)?;
    Ok(bytes)
}

/// A learner that goes on from `bytes` or, where they are damaged or of other firmware, from the beginning.
fn start(bytes: &[u8], settings: Settings<f32>) -> Result<Small, heterosgd::Error> {
    let mut learner = Small::new(settings)?;
    let _ = learner.restore(bytes);
    Ok(learner)
}

/// A step on samples that depend on its number.
fn step(learner: &mut Small, number: usize) {
    let mut batch = learner.unlabelled_batch();
    for sample in 0..20 {
        let x = core::array::from_fn(|i| ((number + 7 * sample + 3 * i) % 11) as f32 * 0.2 - 1.0);
        batch.observe(&RankOne(x), x[0] * x[0]).expect("in range");
    }
    batch.step().expect("stable");
}

#[test]
fn a_learner_goes_on_after_a_reset_to_the_bit() {
    let settings = Settings {
        step_size: 0.1,
        init_scale: 1e-3,
        seed: 0,
    };
    let mut learner = Small::new(settings).expect("in range");
    (0..30).for_each(|number| step(&mut learner, number));
    let mut bytes = save(&learner).expect("room");
    let mut restored = start(&bytes, settings).expect("in range");
    assert_eq!(restored.steps(), 30);
    for number in 30..60 {
        step(&mut learner, number);
        step(&mut restored, number);
        assert_eq!(learner.digest(), restored.digest());
    }
    bytes[60] ^= 4;
    let anew = start(&bytes, settings).expect("in range");
    assert_eq!(anew.steps(), 0, "damage goes unnoticed");
}

/// The table of budgets is that of `firmware/budget.toml`, row by row.
#[test]
fn the_budgets_are_the_measured_ones() {
    let budget: toml::Table = include_str!("../../firmware/budget.toml")
        .parse()
        .expect("a budget");
    let mut rows = 0;
    for (board, problems) in budget["measured"].as_table().expect("boards") {
        for (problem, figures) in problems.as_table().expect("problems") {
            let figure = |name: &str| figures[name].as_integer().expect("a number");
            let row = format!(
                "| {board} | {problem} | {} | {} | {} | {} | {} | {} |\n",
                figure("flash"),
                figure("static_ram") + figure("peak_stack"),
                figure("draw"),
                figure("observe"),
                figure("stored"),
                figure("step"),
            );
            assert!(PAGE.contains(&row), "not in the page: {row}");
            rows += 1;
        }
    }
    assert_eq!(rows, 25);
}
