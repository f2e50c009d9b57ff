//! Generates the data of every case once, starts the peers on it, checks that all of them agree,
//! and times them in turns. Started by `cargo xtask peers`, which builds the peers.
//!
//! Writes `peers.json` (every reading), `tables.md` (the tables of docs/peers.md) and `roofline.svg`.

mod case;
mod child;
mod outcome;
mod report;
mod roofline;
mod targets;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::case::Case;
use crate::child::{Program, Running};
use crate::outcome::{Outcome, Row};

pub(crate) type Failure = Box<dyn std::error::Error>;

/// Times programs that speak the protocol of native.cpp, in turns, on the same bytes.
#[derive(Parser)]
struct Options {
    /// Where data and tables go.
    #[arg(long)]
    out: PathBuf,
    /// Rounds that count; one more warms up.
    #[arg(long, default_value_t = 9)]
    rounds: usize,
    /// Seconds of one reading, at least.
    #[arg(long, default_value_t = 0.03)]
    seconds: f64,
    /// Bytes of data that the L2 cache holds.
    #[arg(long, default_value_t = 256 << 10)]
    cache: usize,
    /// Bytes of data that no cache holds; 0: none.
    #[arg(long, default_value_t = 1 << 30)]
    dram: usize,
    /// Sizes of matrices: of 4, 8, 16 and 32.
    #[arg(long, value_delimiter = ',', default_value = "4,8,16,32")]
    sizes: Vec<usize>,
    /// Peers by the start of their names; all by default.
    #[arg(long, value_delimiter = ',')]
    peers: Vec<String>,
    /// Programs with peers in them, each a command line with "|" between its words.
    #[arg(required = true)]
    programs: Vec<String>,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("peers: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Failure> {
    if let Some(size) = options.sizes.iter().find(|d| ![4, 8, 16, 32].contains(*d)) {
        return Err(format!("no peer is built for d = {size}").into());
    }
    let mut outcomes = Vec::new();
    for case in cases(options) {
        let outcome = measure(case, options)?;
        print!("{}", outcome.lines());
        outcomes.push(outcome);
    }
    let out = &options.out;
    fs::write(out.join("tables.md"), report::markdown(&outcomes))?;
    if !roofline::draw(&outcomes, &out.join("roofline.svg"))? {
        println!("\nNo roofline is drawn: that needs samples from L2 and from DRAM, f32 and f64.");
    }
    let json: Vec<_> = outcomes.iter().map(Outcome::json).collect();
    fs::write(out.join("peers.json"), serde_json::to_string_pretty(&json)?)?;
    for name in ["x.bin", "y.bin", "u.bin"] {
        fs::remove_file(out.join(name))?;
    }
    Ok(())
}

/// Dense samples from the cache and from memory; vectors of rank-one measurements from the cache
/// only: they are so few bytes that reading them is no limit.
fn cases(options: &Options) -> Vec<Case> {
    let places = [
        (false, false, options.cache),
        (true, false, options.cache),
        (false, true, options.dram),
    ];
    let mut cases = Vec::new();
    for (rank_one, from_memory, bytes) in places.into_iter().filter(|place| place.2 > 0) {
        for double in [false, true] {
            cases.extend(options.sizes.iter().map(|&d| Case {
                double,
                d,
                rank_one,
                from_memory,
                bytes,
            }));
        }
    }
    cases
}

fn measure(case: Case, options: &Options) -> Result<Outcome, Failure> {
    let (start, after) = case.generate(&options.out)?;
    let mut running: Vec<Running> = options
        .programs
        .iter()
        .map(|words| {
            let command = words.split('|').map(PathBuf::from).collect();
            Program { command }.start(case, &options.out)
        })
        .collect::<Result<_, _>>()?;
    let is_wanted = |name: &str| {
        outcome::is_limit(name)
            || name == outcome::OURS
            || options.peers.is_empty()
            || options.peers.iter().any(|peer| name.starts_with(peer))
    };
    let mut jobs: Vec<(usize, Row)> = Vec::new();
    for (index, program) in running.iter_mut().enumerate() {
        for name in program.peers.clone() {
            if !is_wanted(&name) {
                continue;
            }
            let is_limit = outcome::is_limit(&name);
            if !is_limit && !case.agrees(&program.check(&name)?, &start, &after) {
                return Err(format!("{name} disagrees with the reference in {case:?}").into());
            }
            let steps =
                (!is_limit && !case.from_memory).then(|| format!("{name}{}", outcome::STEP));
            jobs.extend(
                [Some(name), steps]
                    .into_iter()
                    .flatten()
                    .map(|name| (index, Row::new(name))),
            );
        }
    }
    // One round more: the first warms up, and is dropped.
    for round in 0..=options.rounds {
        for (index, row) in &mut jobs {
            let program = running.get_mut(*index).ok_or("a peer is lost")?;
            let time = program.time(&row.name, options.seconds)?;
            if round > 0 {
                row.times.push(time);
            }
        }
    }
    let rows = jobs.into_iter().map(|(_, row)| row).collect();
    Ok(Outcome { case, rows })
}
