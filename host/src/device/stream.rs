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
    let (steps, samples, digest) = replay::digest(stream, recipe)?;
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
        rows.push(Row {
            board: board.name.to_owned(),
            bits_equal: (done.steps, done.samples, done.digest) == (steps, samples, digest),
            steps: done.steps,
            samples: done.samples,
            digest: format!("{:016x}", done.digest),
            replay_digest: format!("{digest:016x}"),
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
            "{}: {} steps, digest {}; replay has {steps} steps, digest {digest:016x}",
            row.board, row.steps, row.digest
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
    let recorded = replay::linear::Recorded::read(stream, recipe)?;
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
    let centring = if recipe.centred { "Centred" } else { "Plain" };
    let name = T::NAME;
    let body = format!(
        "const SCALES: [{name}; {d}] = [{}];\n\n{}",
        scales.join(", "),
        learn::<T>(
            numbers,
            recorded.response_scale,
            &format!("heterosgd::Linear<{name}, {d}>, _, heterosgd::{centring}, {columns}"),
            "Some(heterosgd::Features(heterosgd_problems::stream::scaled(heterosgd::lift::monomials(x), &SCALES)))",
        )
    );
    Ok(Packed { rows, source: body })
}

fn pack_matrices<T: Device>(stream: &Path, recipe: &Recipe, numbers: Numbers) -> Result<Packed> {
    let d = recipe.dim()?;
    if crate::sizes::next(crate::sizes::SYMMETRIC, d) != Some(d) {
        return Err(Error::usage(format!(
            "--dim {d}: replay has no learner of exactly that size to compare with; there are {:?}",
            crate::sizes::SYMMETRIC
        )));
    }
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
    let source = learn::<T>(
        numbers,
        1.0,
        &format!("heterosgd::Psd<{name}, {d}, {d}>, {sample_type}, heterosgd::Plain, {width}"),
        sample,
    );
    Ok(Packed { rows, source })
}

fn push_row<T: Device>(rows: &mut Vec<u8>, environment: u32, response: f64, values: &[f64]) {
    rows.extend(environment.to_le_bytes());
    let numbers = std::iter::once(response).chain(values.iter().copied());
    rows.extend(numbers.flat_map(|value| T::from_f64(value).bytes()));
}

/// The source of `learn`, which the runner `stream` includes.
fn learn<T: Device>(numbers: Numbers, response_scale: f64, types: &str, sample: &str) -> String {
    let number = |value: f64| literal(T::from_f64(value));
    format!(
        "static ROWS: &[u8] = include_bytes!(concat!(env!(\"OUT_DIR\"), \"/stream.bin\"));\n\n\
         fn learn(sink: &mut firmware::Semihosting) -> Result<(), heterosgd::Error> {{\n\
         \x20   let stream = heterosgd_problems::stream::Stream {{\n\
         \x20       rows: ROWS,\n\
         \x20       batch: {},\n\
         \x20       settings: heterosgd::Settings {{ step_size: {}, init_scale: {}, seed: 0 }},\n\
         \x20       norm_limit: {},\n\
         \x20       response_scale: {},\n\
         \x20   }};\n\
         \x20   stream.run::<{types}>(|x| {sample}, sink)\n\
         }}\n",
        numbers.batch,
        number(numbers.step_size),
        number(numbers.init_scale),
        numbers
            .norm_limit
            .map_or("None".to_owned(), |limit| format!(
                "Some({})",
                number(limit)
            )),
        number(response_scale),
    )
}
