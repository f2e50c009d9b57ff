//! `sweep` and `merge`: the same bytes whatever the threads, the shards and the interruptions.

mod common;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use common::heterosgd;
use heterosgd::sampling::{Purpose, below, stream};
use serde_json::Value;

/// A grid of 66 runs with a map, but for the number of steps.
const GRID: [&str; 10] = [
    "sweep",
    "--quiet",
    "--heterogeneity",
    "1:9:11",
    "--step-size",
    "0.05,0.09,0.1",
    "--seeds",
    "2",
    "--format",
    "both",
];

/// Steps of a run that takes a millisecond or two.
const STEPS: &str = "20000";

/// What the files of a sweep are called.
const FILES: [&str; 5] = [
    "sweep.csv",
    "sweep.parquet",
    "sweep.svg",
    "sweep.png",
    "sweep.json",
];

/// The command for `out`.
fn command(out: &Path, steps: &str) -> Command {
    let mut command = heterosgd(GRID);
    command.args(["--steps", steps, "--out"]).arg(out);
    command
}

fn sweep(out: &Path, more: &[&str]) {
    done(command(out, STEPS).args(more));
}

fn done(command: &mut Command) {
    let output = command.output().expect("the command runs");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{message}");
}

fn same(one: &Path, other: &Path) {
    for name in FILES {
        let bytes = |directory: &Path| std::fs::read(directory.join(name)).expect("written");
        assert!(bytes(one) == bytes(other), "{name} differs");
    }
}

#[test]
fn threads_and_shards_do_not_show() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let at = |name: &str| directory.path().join(name);
    sweep(&at("one"), &["--threads", "1"]);
    sweep(&at("two"), &["--threads", "2"]);
    same(&at("one"), &at("two"));
    let mut merge = heterosgd(["merge", "--quiet", "--format", "both", "--out"]);
    merge.arg(at("merged"));
    // Not in order: their numbers count.
    for shard in [2, 3, 1] {
        let name = format!("shard-{shard}");
        sweep(&at(&name), &["--shard", &format!("{shard}/3")]);
        assert!(!at(&name).join("sweep.csv").exists(), "not whole");
        merge.arg(at(&name));
    }
    assert!(merge.status().expect("the command runs").success());
    same(&at("one"), &at("merged"));
    let summary: Value =
        serde_json::from_slice(&std::fs::read(at("one").join("sweep.json")).expect("written"))
            .expect("JSON");
    assert_eq!(summary["runs"], 66);
    let share = common::number(&summary, "/agreement/share");
    assert!(share >= 0.97, "{share}");
    let text = std::fs::read_to_string(at("one").join("sweep.csv")).expect("written");
    assert_eq!(text.lines().count(), 67);
}

#[test]
fn missing_shards_are_named() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let shard = directory.path().join("shard");
    sweep(&shard, &["--shard", "1/2"]);
    let output = heterosgd(["merge", "--out"])
        .arg(directory.path().join("merged"))
        .arg(&shard)
        .output()
        .expect("the command runs");
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("each of 1 to 2"), "{message}");
}

/// Killed at eight moments, each time further on: nothing that was written is done again, and the files
/// are those of a run that was left alone.
#[cfg(unix)]
#[test]
fn a_kill_loses_nothing() {
    // A run takes as long as rows may wait to be written.
    const STEPS: &str = "400000";
    let directory = tempfile::tempdir().expect("a temporary directory");
    let at = |name: &str| directory.path().join(name);
    done(&mut command(&at("whole"), STEPS));
    let ledger = at("killed").join("sweep.ledger");
    let lines = || std::fs::read_to_string(&ledger).map_or(0, |text| text.lines().count());
    let mut before = 0;
    for kill in 1..=8 {
        let mut child = command(&at("killed"), STEPS)
            .args(["--threads", "1"])
            .spawn()
            .expect("the command starts");
        // As soon as there are a few more lines.
        for _ in 0..2000 {
            if lines() >= before + 3 {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
        let after = lines();
        assert!(after > before, "kill {kill} came before any result");
        let numbers: Vec<String> = std::fs::read_to_string(&ledger)
            .expect("there is a ledger")
            .lines()
            .skip(1)
            .filter_map(|line| Some(line.split_once(',')?.0.to_owned()))
            .collect();
        let mut once = numbers.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), numbers.len(), "a run was done twice");
        before = after;
    }
    done(&mut command(&at("killed"), STEPS));
    same(&at("whole"), &at("killed"));
}

/// Killed at random moments, of the writing of the final files too, and resumed each time.
#[cfg(unix)]
#[test]
fn a_kill_at_any_moment_does_not_show() {
    kill(50);
}

#[cfg(unix)]
#[test]
#[ignore = "a minute; cargo xtask test --long runs it"]
fn campaign_of_kills() {
    kill(500);
}

#[cfg(unix)]
fn kill(times: u32) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let at = |name: &str| directory.path().join(name);
    let start = |out: &Path| command(out, "1500");
    let begin = Instant::now();
    assert!(start(&at("whole")).status().expect("it runs").success());
    let mut whole = begin.elapsed();
    // Moments that look random, the same in every run of the test.
    let mut random = stream(0, Purpose::Order, 0);
    let (mut kills, mut early, mut late) = (0, 0, 0);
    while kills < times {
        let out = at(&format!("killed-{kills}-{late}"));
        let moment = whole.mul_f64(f64::from(below(&mut random, 1000)) / 1000.0);
        let mut child = start(&out).spawn().expect("the command starts");
        std::thread::sleep(moment);
        // It may have ended by itself; that is no kill.
        let _ = child.kill();
        if child.wait().expect("it ends").success() {
            late += 1;
            // Something else was at work when the time was taken.
            whole = moment;
            assert!(late < times, "it ends before it can be killed");
            continue;
        }
        kills += 1;
        early += u32::from(!out.join("sweep.ledger").exists());
        for name in FILES {
            if let Ok(bytes) = std::fs::read(out.join(name)) {
                let expected = std::fs::read(at("whole").join(name)).expect("written");
                assert!(bytes == expected, "kill {kills}: {name} looks whole");
            }
        }
        assert!(start(&out).status().expect("it runs").success());
        same(&at("whole"), &out);
    }
    println!("{kills} kills, {early} of them before the ledger was begun: all results identical");
    assert!(
        early < times / 2,
        "{early} kills before there was anything to lose"
    );
}

/// A line that was cut short is done again; everything before it is kept.
#[test]
fn a_torn_line_is_done_again() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let at = |name: &str| directory.path().join(name);
    sweep(&at("whole"), &["--threads", "1"]);
    let text = std::fs::read_to_string(at("whole").join("sweep.ledger")).expect("a ledger");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    // Within the header, at its end, within a row, at the end of one.
    let header = lines[0].len();
    for cut in [0, 10, header, header + 20, header + lines[1].len() + 3] {
        let torn = at(&format!("torn-{cut}"));
        std::fs::create_dir(&torn).expect("made");
        std::fs::write(torn.join("sweep.ledger"), &text[..cut]).expect("written");
        sweep(&torn, &["--threads", "1"]);
        same(&at("whole"), &torn);
    }
}

#[test]
fn another_sweep_is_refused() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let out = directory.path().join("out");
    sweep(&out, &[]);
    let before = std::fs::read(out.join("sweep.ledger")).expect("a ledger");
    for more in [["--seed", "1"], ["--mu", "0.5"], ["--shard", "1/2"]] {
        let output = heterosgd(GRID)
            .args(more)
            .arg("--out")
            .arg(&out)
            .output()
            .expect("the command runs");
        assert_eq!(output.status.code(), Some(2), "{more:?}");
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(message.contains("another sweep"), "{message}");
    }
    let foreign = directory.path().join("foreign");
    std::fs::create_dir(&foreign).expect("made");
    std::fs::write(foreign.join("sweep.ledger"), "my notes\n").expect("written");
    let output = heterosgd(GRID).arg("--out").arg(&foreign).output();
    assert_eq!(output.expect("the command runs").status.code(), Some(2));
    let kept = std::fs::read(foreign.join("sweep.ledger")).expect("there");
    assert_eq!(kept, b"my notes\n", "a file of someone else is left alone");
    assert_eq!(
        before,
        std::fs::read(out.join("sweep.ledger")).expect("there")
    );
}

/// Every axis can be one, batches included; diverging runs are rows like others.
#[test]
fn any_option_is_an_axis() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let run = |name: &str, arguments: &[&str]| {
        let out = directory.path().join(name);
        let output = heterosgd(["sweep", "--quiet", "--steps", "30", "--out"])
            .arg(&out)
            .args(arguments)
            .output()
            .expect("the command runs");
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{message}");
        std::fs::read_to_string(out.join("sweep.csv")).expect("written")
    };
    let batches = run(
        "batches",
        &[
            "--dim",
            "4,8",
            "--batch",
            "20",
            "--method",
            "hetero,pooled",
            "--precision",
            "f32,f64",
            "--ensemble",
            "gaussian,rademacher,rank-one",
            "--noise",
            "0,0.1",
            "--overlap",
            "0.2",
            "--columns",
            "3",
        ],
    );
    assert_eq!(batches.lines().count(), 1 + 2 * 2 * 2 * 3 * 2);
    let wild = run(
        "wild",
        &["--dim", "5", "--batch", "20", "--step-size", "0.1,50"],
    );
    let position = wild.lines().next().expect("a header").split(',');
    let position = position.into_iter().position(|name| name == "diverged_at");
    let cell = |row: usize| {
        let cells = wild.lines().nth(row).expect("a row").split(',');
        cells
            .into_iter()
            .nth(position.expect("a column"))
            .expect("a cell")
    };
    assert_eq!(cell(1), "");
    assert!(cell(2).parse::<u64>().is_ok(), "{wild}");
}
