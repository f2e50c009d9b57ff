//! Builds the peers of benches/peers, has them timed side by side, and writes docs/peers.md.

mod boards;
mod cmsis;
mod cross;
mod page;
mod programs;
mod readings;

use std::fs;

use crate::failure::Failure;
use crate::metadata;
use crate::runner::{Run, root};
use programs::Peers;

/// How much is timed, and whom.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// A smoke run of a minute: d = 8 from the cache, fewer rounds; docs/peers.md stays as it is.
    #[arg(long)]
    quick: bool,
    /// First installs the peers that are missing: g++ and Eigen by apt-get, `NumPy` and `PyTorch`
    /// into target/peers/venv.
    #[arg(long)]
    setup: bool,
    /// Instead, gcc's code and CMSIS-DSP beside this library on two emulated boards, for `docs/board_peers.md`.
    #[arg(long, conflicts_with_all = ["quick", "peers"])]
    boards: bool,
    /// Peers by the start of their names, with commas: eigen,numpy-packed. All by default.
    #[arg(long)]
    peers: Option<String>,
    /// Sizes of matrices, with commas.
    #[arg(long, default_value = "4,8,16,32")]
    sizes: String,
    /// Rounds that count.
    #[arg(long, default_value_t = 9)]
    rounds: usize,
    /// Bytes of data that are read from DRAM, more than the last cache holds; 0: none.
    #[arg(long, default_value_t = 1 << 30)]
    dram: usize,
}

/// Where it is built and measured, from the root.
const OUT: &str = "target/peers";

/// Builds, measures and writes.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    fs::create_dir_all(root().join(OUT)).map_err(|e| Failure::Check(format!("{OUT}: {e}")))?;
    if options.boards {
        return boards::run(options.setup);
    }
    if options.setup {
        programs::setup()?;
    }
    let peers = Peers::find();
    for missing in peers.missing() {
        println!("\n!! SKIPPED {missing}: not installed; cargo xtask peers --setup installs it");
    }
    let programs = peers.build()?;
    let driver = metadata::target_directory()?.join("release/peers");
    let (rounds, seconds, dram, sizes) = if options.quick {
        (3, "0.01", 0, "8")
    } else {
        (options.rounds, "0.03", options.dram, options.sizes.as_str())
    };
    let (rounds, dram) = (rounds.to_string(), dram.to_string());
    let mut arguments = vec![
        "--out",
        OUT,
        "--seconds",
        seconds,
        "--rounds",
        &rounds,
        "--dram",
        &dram,
        "--sizes",
        sizes,
    ];
    if let Some(peers) = &options.peers {
        arguments.extend(["--peers", peers]);
    }
    arguments.extend(programs.iter().map(String::as_str));
    Run::new(&driver.display().to_string(), arguments).step("side by side")?;
    let is_whole = !options.quick
        && options.peers.is_none()
        && options.sizes == "4,8,16,32"
        && options.dram > 0
        && peers.missing().is_empty();
    if is_whole {
        return page::write(options.dram, &peers);
    }
    println!(
        "\nThe tables are in {OUT}/tables.md; docs/peers.md is written by a whole run with all peers."
    );
    Ok(())
}
