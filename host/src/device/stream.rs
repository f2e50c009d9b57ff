//! A recorded stream on a board: packed into its flash, learned row by row, compared with `replay`.

use std::path::Path;

use fast_float2::FastFloat;
use heterosgd::Scalar;
use heterosgd_boards::Board;
use heterosgd_problems::Request;
use serde::Serialize;

use super::elf::{Binary, Sizes};
use super::emulator;
use super::firmware::{Firmware, Profile};
use super::report::Report;
use crate::any_size::Step;
use crate::cli::Common;
use crate::data::{Labels, Reader};
use crate::error::{Error, Result};
use crate::output;
use crate::replay::{self, Layout, Model, Numbers, Precision, Recipe};

/// A stream as the firmware takes it: rows, and the source that learns from them.
struct Packed {
    rows: Vec<u8>,
    source: String,
}

/// One board's run of a stream.
#[derive(Debug, Serialize)]
struct Row {
    board: String,
    bits_equal: bool,
    steps: u64,
    samples: u64,
    digest: String,
    replay_digest: String,
    /// Of the answer of the refit, which is part of what has to be equal.
    #[serde(skip_serializing_if = "Option::is_none")]
    refit_digest: Option<String>,
    #[serde(flatten)]
    sizes: Sizes,
    peak_stack: u64,
    panics: Vec<String>,
}

/// Runs a stream on the boards and compares each with the host's replay.
pub(super) fn run(
    stream: &Path,
    recipe: &Recipe,
    firmware: &Firmware,
    boards: &[&Board],
    profile: Profile,
    common: &Common,
) -> Result<()> {
    let packed = match recipe.precision {
        Precision::F32 => pack::<f32>(stream, recipe)?,
        Precision::F64 => pack::<f64>(stream, recipe)?,
    };
    let replayed = replay::replayed(stream, recipe)?;
    let (steps, samples, digest) = (replayed.steps, replayed.samples, replayed.digest);
    let directory = tempfile::tempdir().map_err(Error::io(Path::new("a temporary directory")))?;
    for (name, bytes) in [
        ("stream.bin", packed.rows.as_slice()),
        ("stream.rs", packed.source.as_bytes()),
    ] {
        output::write_file(&directory.path().join(name), bytes)?;
    }
    let built = firmware.build_stream(boards, profile, directory.path())?;
    let mut rows = Vec::new();
    for board in boards {
        let path = built.binary(board, "stream");
        let binary = Binary::read(&path)?;
        let report = emulator::run(board, &path, &Request::default())?;
        let report = Report::read(&report, board.name)?;
        report.words("end")?;
        let done = report.done()?;
        let [peak_stack, available] = report.row("stack")?;
        if peak_stack >= available {
            return Err(Error::Failed(format!(
                "{}: the stack ran into static data",
                board.name
            )));
        }
        let refit = if recipe.refit {
            report.row::<1>("refit")?.first().copied()
        } else {
            None
        };
        rows.push(Row {
            board: board.name.to_owned(),
            bits_equal: (done.steps, done.samples, done.digest) == (steps, samples, digest)
                && refit == replayed.refit,
            steps: done.steps,
            samples: done.samples,
            digest: format!("{:016x}", done.digest),
            replay_digest: format!("{digest:016x}"),
            refit_digest: refit.map(|digest| format!("{digest:016x}")),
            sizes: binary.sizes,
            peak_stack,
            panics: match profile {
                Profile::Release => binary.panics,
                Profile::Dev => Vec::new(),
            },
        });
    }
    if output::wants_report(common) {
        output::print(&table(&rows))?;
    }
    output::summary(common, &serde_json::json!({ "rows": rows }))?;
    let wrong = rows
        .iter()
        .find(|row| !row.bits_equal || !row.panics.is_empty());
    match wrong {
        None => Ok(()),
        Some(row) if !row.bits_equal => Err(Error::Failed(format!(
            "{}: {} steps, digest {}, refit {:?}; replay has {steps} steps, digest {digest:016x}, refit {:x?}",
            row.board, row.steps, row.digest, row.refit_digest, replayed.refit
        ))),
        Some(row) => Err(Error::Failed(format!(
            "{}: a panic was left in the program: {}",
            row.board,
            row.panics.join(", ")
        ))),
    }
}

fn table(rows: &[Row]) -> String {
    let mut text = format!(
        "{:11} {:6} {:>6} {:>8} {:>16} {:>8} {:>7} {:>6}\n",
        "board", "bits", "steps", "samples", "digest", "flash", "static", "stack"
    );
    for row in rows {
        text += &format!(
            "{:11} {:6} {:>6} {:>8} {:>16} {:>8} {:>7} {:>6}\n",
            row.board,
            if row.bits_equal { "equal" } else { "DIFFER" },
            row.steps,
            row.samples,
            row.digest,
            row.sizes.flash,
            row.sizes.static_ram,
            row.peak_stack
        );
    }
    text
}

/// A scalar as the generated source and the packed rows have it.
trait Device: Scalar + FastFloat {
    const NAME: &'static str;
    fn bytes(self) -> Vec<u8>;
}

impl Device for f32 {
    const NAME: &'static str = "f32";
    fn bytes(self) -> Vec<u8> {
        self.to_le_bytes().to_vec()
    }
}

impl Device for f64 {
    const NAME: &'static str = "f64";
    fn bytes(self) -> Vec<u8> {
        self.to_le_bytes().to_vec()
    }
}

/// A number in the source, by its bits.
fn literal<T: Device>(value: T) -> String {
    format!("{}::from_bits({:#x})", T::NAME, value.to_bits64())
}

fn pack<T: Device>(stream: &Path, recipe: &Recipe) -> Result<Packed> {
    let numbers = recipe.numbers()?;
    match recipe.model {
        Model::Linear => pack_linear::<T>(stream, recipe, numbers),
        Model::Psd => pack_matrices::<T>(stream, recipe, numbers),
    }
}

fn pack_linear<T: Device>(stream: &Path, recipe: &Recipe, numbers: Numbers) -> Result<Packed> {
    let recorded = replay::Recorded::read(stream, recipe)?;
    let mut rows = Vec::new();
    for (row, values) in recorded.values.chunks(recorded.columns).enumerate() {
        push_row::<T>(
            &mut rows,
            recorded.environment[row],
            recorded.responses[row],
            values,
        );
    }
    let (columns, d) = (recorded.columns, recorded.names.len());
    let scales: Vec<String> = recorded
        .scales
        .iter()
        .map(|&scale| literal(T::from_f64(scale)))
        .collect();
    let step = step(recipe, d, d <= 64)?;
    let name = T::NAME;
    let sample = "Some(heterosgd::Features(heterosgd_problems::stream::scaled(heterosgd::lift::monomials(x), &SCALES)))";
    let mut calls = vec![format!(
        "run::<heterosgd::Linear<{name}, {d}>, _, {step}, {columns}>(|x| {sample}, sink)"
    )];
    if recipe.refit {
        if d > 64 {
            return Err(Error::usage(format!(
                "--refit: a device has it for up to 64 features, not {d}"
            )));
        }
        calls.push(format!("refit::<{d}, {columns}>(|x| {sample}, sink)"));
    }
    let body = format!(
        "const SCALES: [{name}; {d}] = [{}];\n\n{}",
        scales.join(", "),
        learn::<T>(numbers, recorded.response_scale, &calls)
    );
    Ok(Packed { rows, source: body })
}

fn pack_matrices<T: Device>(stream: &Path, recipe: &Recipe, numbers: Numbers) -> Result<Packed> {
    let d = recipe.dim()?;
    if d > 64 {
        return Err(Error::usage(format!(
            "--dim {d}: a device has matrices of up to 64 rows"
        )));
    }
    let step = step(recipe, d * (d + 1) / 2, d <= 10)?;
    let mut reader = Reader::open(stream)?;
    let layout = Layout::find(&reader, recipe, d)?;
    let mut environments = Labels::default();
    let mut rows = Vec::new();
    let mut values: Vec<T> = vec![T::ZERO; layout.measurement.indices().len()];
    while let Some(row) = reader.next_row()? {
        let environment = environments.of_row(&row, layout.environment)?;
        let response: T = row.number(layout.response)?;
        row.numbers(&layout.measurement, &mut values)?;
        rows.extend(environment.to_le_bytes());
        rows.extend(response.bytes());
        rows.extend(values.iter().flat_map(|value| value.bytes()));
    }
    let width = values.len();
    let sample = if layout.rank_one {
        "Some(heterosgd::RankOne(*x))"
    } else {
        "heterosgd::Symmetric::from_slice(x)"
    };
    let name = T::NAME;
    let sample_type = if layout.rank_one {
        format!("heterosgd::RankOne<{name}, {d}>")
    } else {
        format!("heterosgd::Symmetric<{name}, {d}>")
    };
    let call = format!(
        "run::<heterosgd::Psd<{name}, {d}, {d}>, {sample_type}, {step}, {width}>(|x| {sample}, sink)"
    );
    let source = learn::<T>(numbers, 1.0, &[call]);
    Ok(Packed { rows, source })
}

/// The type of the step; `fits` says whether a device has a Gram matrix of that size.
fn step(recipe: &Recipe, coordinates: usize, fits: bool) -> Result<&'static str> {
    Ok(match recipe.step(coordinates)? {
        Step::Plain => "heterosgd::Plain",
        Step::Centred => "heterosgd::Centred",
        Step::Sequential => "heterosgd::Sequential",
        Step::Whitened | Step::CentredWhitened if !fits => {
            return Err(Error::usage(
                "--step whitened: a device has it for up to 64 features, and for matrices of up to 10 rows; \
                 --step sequential takes more",
            ));
        }
        Step::Whitened => "heterosgd::Whitened",
        Step::CentredWhitened => "heterosgd::Centred<heterosgd::Whitened>",
    })
}

fn push_row<T: Device>(rows: &mut Vec<u8>, environment: u32, response: f64, values: &[f64]) {
    rows.extend(environment.to_le_bytes());
    let numbers = std::iter::once(response).chain(values.iter().copied());
    rows.extend(numbers.flat_map(|value| T::from_f64(value).bytes()));
}

/// The source of `learn`, which the runner `stream` includes: what is called of the stream.
fn learn<T: Device>(numbers: Numbers, response_scale: f64, calls: &[String]) -> String {
    let number = |value: f64| literal(T::from_f64(value));
    let limit = numbers.norm_limit.map_or("None".to_owned(), |limit| {
        format!("Some({})", number(limit))
    });
    let calls: Vec<String> = calls.iter().map(|call| format!("stream.{call}")).collect();
    format!(
        "static ROWS: &[u8] = include_bytes!(concat!(env!(\"OUT_DIR\"), \"/stream.bin\"));\n\n\
         fn learn(sink: &mut firmware::Semihosting) -> Result<(), heterosgd::Error> {{\n\
         \x20   let stream = heterosgd_problems::stream::Stream {{\n\
         \x20       rows: ROWS,\n\
         \x20       batch: {},\n\
         \x20       settings: heterosgd::Settings {{ step_size: {}, init_scale: {}, seed: 0 }},\n\
         \x20       norm_limit: {limit},\n\
         \x20       response_scale: {},\n\
         \x20   }};\n\
         \x20   {}\n\
         }}\n",
        numbers.batch,
        number(numbers.step_size),
        number(numbers.init_scale),
        number(response_scale),
        calls.join("?;\n    "),
    )
}
