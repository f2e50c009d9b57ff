//! Generates the data of every case once, starts the peers on it, checks that all of them agree,
//! and times them in turns. Started by `cargo xtask peers`, which builds the peers:
//!
//! ```text
//! peers OUT ROUNDS L2_BYTES DRAM_BYTES|0 PEERS|all PROGRAM...   (a program: words joined by "|")
//! ```
//!
//! Writes OUT/peers.json and OUT/tables.md.

mod case;
mod child;
mod report;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use crate::case::Case;
use crate::child::{Program, Running};
use crate::report::{Row, Table};

pub(crate) type Failure = Box<dyn std::error::Error>;

/// At least this long for one reading.
const SECONDS: f64 = 0.03;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("peers: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [out, rounds, cache, memory, wanted, programs @ ..] = arguments.as_slice() else {
        return Err("started by cargo xtask peers".into());
    };
    let out = Path::new(out);
    let (rounds, cache, memory): (usize, usize, usize) =
        (rounds.parse()?, cache.parse()?, memory.parse()?);
    let programs: Vec<Program> = programs
        .iter()
        .map(|words| Program {
            command: words.split('|').map(PathBuf::from).collect(),
        })
        .collect();
    let mut tables = Vec::new();
    for (from_memory, bytes) in [(false, cache), (true, memory)] {
        // Vectors of rank-one measurements are few bytes: reading them is no limit.
        for (rank_one, double, d) in
            cases().filter(|&(rank_one, ..)| bytes > 0 && !(from_memory && rank_one))
        {
            let case = Case {
                double,
                d,
                rank_one,
                from_memory,
                bytes,
            };
            let table = measure(case, &programs, wanted, rounds, out)?;
            print!("{}", table.markdown());
            tables.push(table);
        }
    }
    let text: String = tables.iter().map(Table::markdown).collect();
    fs::write(out.join("tables.md"), text)?;
    let json: Vec<_> = tables.iter().map(Table::json).collect();
    fs::write(out.join("peers.json"), serde_json::to_string_pretty(&json)?)?;
    for name in ["x.bin", "y.bin", "u.bin"] {
        fs::remove_file(out.join(name))?;
    }
    Ok(())
}

/// Rank one or not, `f64` or not, and the size.
fn cases() -> impl Iterator<Item = (bool, bool, usize)> {
    [false, true].into_iter().flat_map(|rank_one| {
        [false, true]
            .into_iter()
            .flat_map(move |double| [4, 8, 16, 32].map(|d| (rank_one, double, d)))
    })
}

fn measure(
    case: Case,
    programs: &[Program],
    wanted: &str,
    rounds: usize,
    out: &Path,
) -> Result<Table, Failure> {
    let (start, after) = case.generate(out)?;
    let mut running: Vec<Running> = programs
        .iter()
        .map(|program| program.start(case, out))
        .collect::<Result<_, _>>()?;
    let is_wanted = |name: &str| {
        ["read", "heterosgd"].contains(&name)
            || wanted == "all"
            || wanted.split(',').any(|peer| name.starts_with(peer))
    };
    let mut jobs: Vec<(usize, Row)> = Vec::new();
    for (index, program) in running.iter_mut().enumerate() {
        for name in program
            .peers
            .clone()
            .into_iter()
            .filter(|name| is_wanted(name))
        {
            if name != "read" && !case.agrees(&program.check(&name)?, &start, &after) {
                return Err(format!("{name} disagrees with the reference in {case:?}").into());
            }
            let steps = (name != "read" && !case.from_memory).then(|| format!("{name}+step"));
            for name in [Some(name), steps].into_iter().flatten() {
                let times = Vec::new();
                jobs.push((index, Row { name, times }));
            }
        }
    }
    jobs.sort_by_key(|(_, row)| row.name.ends_with("+step"));
    // One round more: the first warms up, and is dropped.
    for round in 0..=rounds {
        for (index, row) in &mut jobs {
            let program = running.get_mut(*index).ok_or("a peer is lost")?;
            let time = program.time(&row.name, SECONDS)?;
            if round > 0 {
                row.times.push(time);
            }
        }
    }
    let rows = jobs.into_iter().map(|(_, row)| row).collect();
    Ok(Table { case, rows })
}
