//! The code in docs/porting.md is code that is compiled.

use heterosgd::nalgebra::SMatrix;
use heterosgd::{HeteroSgd, Model as _, Psd, RankOne, Settings};

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

fn save(learner: &HeteroSgd<Psd<f32, 8, 2>>) -> ([f32; 16], u64) {
    let mut entries = [0.0; 16];
    let mut places = entries.iter_mut();
    learner.model().visit(|entry| {
        if let Some(place) = places.next() {
            *place = entry;
        }
    });
    (entries, learner.digest())
}

fn restore(entries: &[f32; 16], digest: u64) -> Option<HeteroSgd<Psd<f32, 8, 2>>> {
    let (rows, _) = entries.as_chunks::<2>();
    let entry = |i: usize, k: usize| Some(*rows.get(i)?.get(k)?);
    let factor = SMatrix::from_fn(|i, k| entry(i, k).unwrap_or(0.0));
    let learner = HeteroSgd::from_model(Psd::from_factor(factor).ok()?, 0.1).ok()?;
    (learner.digest() == digest).then_some(learner)
}

/// A step on samples that depend on its number.
fn step(learner: &mut HeteroSgd<Psd<f32, 8, 2>>, number: usize) {
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
    let mut learner = HeteroSgd::new(settings).expect("in range");
    (0..30).for_each(|number| step(&mut learner, number));
    let (mut entries, digest) = save(&learner);
    let mut restored = restore(&entries, digest).expect("undamaged");
    for number in 30..60 {
        step(&mut learner, number);
        step(&mut restored, number);
        assert_eq!(learner.digest(), restored.digest());
    }
    entries[5] = -entries[5];
    assert!(restore(&entries, digest).is_none(), "damage goes unnoticed");
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
