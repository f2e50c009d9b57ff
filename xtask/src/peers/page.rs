//! docs/peers.md.

use std::fs;

use super::OUT;
use super::programs::Peers;
use crate::failure::Failure;
use crate::runner::{Run, root};

const PAGE: &str = "docs/peers.md";
const PICTURE: &str = "docs/images/roofline.svg";

/// Writes the page around the tables that the driver has left.
pub(crate) fn write(dram: usize, peers: &Peers) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::Check(format!("{PAGE}: {error}"));
    let tables = fs::read_to_string(root().join(OUT).join("tables.md")).map_err(failed)?;
    let about = about(dram);
    let facts = facts(peers);
    let facts = format!("- {}\n", facts.join("\n- "));
    fs::write(root().join(PAGE), format!("{about}\n{facts}{tables}")).map_err(failed)?;
    fs::copy(root().join(OUT).join("roofline.svg"), root().join(PICTURE)).map_err(failed)?;
    println!("\n{PAGE} and {PICTURE} are written.");
    Ok(())
}

fn about(dram: usize) -> String {
    let dram = if dram == 1 << 30 {
        String::new()
    } else {
        format!(" --dram {dram}")
    };
    format!(
        "\
# Peers

Written by `cargo xtask peers{dram}`; do not edit. `--setup` installs the peers, `--quick` is a smoke run of a minute.

The residual of every stored sample and the sum of the gradient, `r_i = <X_i, U U^T> - y_i` and `sum_i r_i X_i`, in batches of at most
4,096 samples; *whole steps* are 64 samples, the product with U, and the next estimate. Every program gets the same bytes, starts from
the same U, runs on one thread, and is checked against a reference in f64 before it is timed. Readings of at least 30 ms are taken in
turns, one of each peer in a round, after a round that does not count.

**x 1.50** means 1.50 times the time of this library (ratio of medians; in brackets the least and the most ratio of a round). Below it
stand nanoseconds: median (least to most). *The limit* is the fastest of the `read` rows: the same bytes read and added up with nothing
else done, from one place on (`read`), from four places in turn (`read-places`), and by the compiler of this library (`read-rust`).
Peers on full matrices read d x d entries for a sample where packed ones read d (d + 1) / 2.

`heterosgd` is built for the baseline of its target, as cargo does by default, and finds out about vector registers when it runs; no sum
is fused or reordered. C and C++ are built with `-O3 -march=native`, which fuses. `c` is a plain loop; `eigen-packed` and `eigen-full` take
one sample at a time in fixed sizes, `eigen-block` 64 vectors as products of matrices.
"
    )
}

/// The machine, the versions and the date.
fn facts(peers: &Peers) -> Vec<String> {
    let output = |program: &str, arguments: &[&str]| {
        Run::new(program, arguments.iter().copied())
            .output()
            .unwrap_or_default()
    };
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let machine = output("lscpu", &[]);
    let keys = ["Model name", "L1d", "L2", "L3"];
    let machine = machine
        .lines()
        .filter(|line| keys.iter().any(|key| line.starts_with(key)))
        .map(one_line);
    let first =
        |program: &str| one_line(output(program, &["--version"]).lines().next().unwrap_or(""));
    let eigen = output("dpkg-query", &["--show", "libeigen3-dev"]);
    let modules =
        "import numpy, torch; print('NumPy', numpy.__version__ + ', PyTorch', torch.__version__)";
    let python = peers.python.as_deref().unwrap_or("python3");
    let commit = output("git", &["describe", "--always", "--dirty"]);
    machine
        .chain([
            first("g++"),
            one_line(&eigen),
            one_line(&output(python, &["-c", modules])),
            first("rustc"),
            format!(
                "commit {}, {}",
                one_line(&commit),
                one_line(&output("date", &["-u", "+%Y-%m-%d"]))
            ),
        ])
        .filter(|fact| !fact.is_empty())
        .collect()
}
