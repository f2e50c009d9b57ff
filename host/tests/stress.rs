//! Full disks, directories that cannot be written to, wide headers, long lines, long streams: a clear error
//! or the normal result, and no file that looks whole and is not.
#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use common::heterosgd;

const GOOD: &str = "env,y,a,b\n1,1,0,1\n1,2,1,0\n1,4,2,2\n2,1,0,2\n2,0,1,1\n2,5,3,0\n";

/// Runs the command in `directory` with a limit on the size of a file, in blocks of 512 bytes: what is written
/// beyond it fails, as on a full disk.
fn with_small_disk(directory: &Path, blocks: u32, arguments: &str) -> (Option<i32>, String) {
    let command = heterosgd(arguments.split_whitespace());
    let program = command.get_program().to_string_lossy();
    // Without the trap the shell's child would be ended by a signal; a full disk sends none.
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec {program} {arguments}");
    let output = Command::new("sh")
        .args(["-c", &script])
        .current_dir(directory)
        .output()
        .expect("there is a shell");
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), message)
}

/// Every file below a directory.
fn files(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path.to_string_lossy().into_owned());
        }
    }
    found
}

#[test]
fn a_full_disk_leaves_no_file_that_looks_whole() {
    for (blocks, arguments, kept) in [
        (1, "simulate s.csv --batches 200 --batch 20", None),
        (1, "learn g.csv --env env --quiet --out o", None),
        (
            0,
            "replay g.csv --model linear --batch 2 --step-size 0.1 --init-scale 0.1 --quiet --json j.json",
            None,
        ),
        (1, "reproduce fig2 --quiet --out o", None),
        // What is finished is kept, to be gone on with.
        (
            1,
            "sweep --quiet --heterogeneity 1:9:40 --step-size 0.05 --seeds 1 --steps 20 --out o",
            Some("sweep.ledger"),
        ),
    ] {
        let whole = tempfile::tempdir().expect("a temporary directory");
        let small = tempfile::tempdir().expect("a temporary directory");
        for directory in [&whole, &small] {
            fs::write(directory.path().join("g.csv"), GOOD).expect("written");
        }
        let (status, message) = with_small_disk(whole.path(), 1 << 20, arguments);
        assert_eq!(status, Some(0), "{arguments}: {message}");
        let (status, message) = with_small_disk(small.path(), blocks, arguments);
        assert_eq!(status, Some(2), "{arguments}: {message}");
        assert!(message.contains("File too large"), "{arguments}: {message}");
        assert!(!message.contains("panicked"), "{message}");
        for file in files(small.path()) {
            if kept.is_some_and(|kept| file.ends_with(kept)) {
                continue;
            }
            // A file that is there is the one that would have been written.
            let of_whole = file.replace(
                &*small.path().to_string_lossy(),
                &whole.path().to_string_lossy(),
            );
            let same = fs::read(&file).ok() == fs::read(&of_whole).ok();
            assert!(same, "{arguments}: {file} looks whole");
        }
        // With room again, all is as it would have been.
        let (status, message) = with_small_disk(small.path(), 1 << 20, arguments);
        assert_eq!(status, Some(0), "{arguments}: {message}");
        assert_eq!(files(small.path()).len(), files(whole.path()).len());
    }
}

/// Runs a command that cannot write its results, and gives what it says of it.
fn refused(directory: &Path, arguments: &str) -> String {
    fs::write(directory.join("g.csv"), GOOD).expect("written");
    let output = heterosgd(arguments.split_whitespace())
        .current_dir(directory)
        .output()
        .expect("the command runs");
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{arguments}: {message}");
    assert!(!message.contains("panicked"), "{message}");
    assert_eq!(files(directory).len(), 1);
    message
}

#[test]
fn a_full_device_is_an_error() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for arguments in [
        "learn g.csv --env env --quiet --json /dev/full",
        "simulate /dev/full --batches 2000",
        "plan --json /dev/full",
    ] {
        let message = refused(directory.path(), arguments);
        assert!(message.contains("/dev/full: No space left"), "{message}");
    }
}

#[test]
fn a_directory_that_cannot_be_written_to_is_an_error() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    // A directory of the system, in which nobody makes files, the superuser neither.
    for arguments in [
        "learn g.csv --env env --quiet --out /proc/results",
        "learn g.csv --env env --quiet --json /proc/result.json",
        "simulate /proc/s.csv --batches 2",
        "sweep --quiet --heterogeneity 6 --steps 20 --out /proc/results",
        "reproduce fig2 --quiet --out /proc/results",
    ] {
        let message = refused(directory.path(), arguments);
        assert!(message.contains("/proc/"), "{message}");
    }
}

#[test]
fn ten_thousand_columns_are_read() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("wide.csv");
    let mut text = String::from("env,y");
    for column in 0..10_000 {
        text += &format!(",f{column}");
    }
    for row in 0..4 {
        text += &format!("\n{},{row}", row / 2);
        for column in 0..10_000 {
            text += &format!(",{}", (row * column) % 5);
        }
    }
    fs::write(&path, text).expect("written");
    let run = |more: &str| {
        let output = heterosgd(["learn", "wide.csv", "--env", "env", "--quiet"])
            .args(more.split_whitespace())
            .current_dir(directory.path())
            .output()
            .expect("the command runs");
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!message.contains("panicked"), "{message}");
        (output.status.code(), message)
    };
    let (status, message) = run("");
    assert_eq!(status, Some(2), "{message}");
    assert!(
        message.contains("10000 features") && message.contains("1024"),
        "{message}"
    );
    // A message about them stays short.
    let (status, message) = run("--target z");
    assert_eq!(status, Some(2), "{message}");
    assert!(
        message.contains("(10002 in all)") && message.len() < 500,
        "{message}"
    );
}

#[test]
fn a_line_of_a_megabyte_is_an_error_or_a_row() {
    let digits = "1".repeat(1 << 20);
    let cases = [
        // Text where a number belongs, and a number of a million digits: not finite.
        (
            format!("env,y,a\n1,1,x{digits}\n2,2,1\n"),
            Some("line 2, column a"),
        ),
        (
            format!("env,y,a\n1,1,{digits}\n2,2,1\n"),
            Some("line 2, column a"),
        ),
        // A label, and digits behind a point.
        (
            format!("env,y,a\nL{digits},1,1\nL{digits},2,3\nM,1,2\nM,3,5\n"),
            None,
        ),
        (
            format!("env,y,a\nL,1,0.{digits}\nL,2,3\nM,1,2\nM,3,5\n"),
            None,
        ),
    ];
    for (text, refusal) in cases {
        let output =
            common::with_input(&["learn", "-", "--env", "env", "--quiet"], text.as_bytes());
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(!message.contains("panicked"));
        match refusal {
            Some(place) => {
                assert_eq!(output.status.code(), Some(2));
                assert!(message.contains(place), "{}", message.len());
                assert!(message.len() < 1000, "a message of {} bytes", message.len());
            }
            None => assert_eq!(output.status.code(), Some(0), "{message}"),
        }
    }
}

/// Bytes of memory that a process has used at most.
fn peak_memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
    1024 * kilobytes
        .and_then(|text| text.parse::<u64>().ok())
        .expect("a number")
}

/// Feeds so many bytes of rows to `replay`, which has to get by with 64 MB of memory.
fn stream(bytes: u64) {
    let mut child = heterosgd([
        "replay",
        "-",
        "--dim",
        "8",
        "--batch",
        "64",
        "--step-size",
        "0.001",
        "--init-scale",
        "0.1",
        "--json",
        "-",
        "--quiet",
    ])
    .stdin(Stdio::piped())
    .stdout(Stdio::piped())
    .spawn()
    .expect("the command starts");
    let mut input = child.stdin.take().expect("piped");
    // A block of rows, again and again.
    let mut block = String::new();
    for row in 0..4096 {
        block += &format!("{},{:.6}", row / 64 % 3, f64::from(row % 17) / 17.0);
        for i in 0..8 {
            block += &format!(",{:.7}", f64::from((row * 7 + i * 13) % 101) / 101.0);
        }
        block += "\n";
    }
    input
        .write_all(b"env,y,x_1,x_2,x_3,x_4,x_5,x_6,x_7,x_8\n")
        .expect("read");
    let blocks = bytes.div_ceil(block.len() as u64);
    for _ in 0..blocks {
        input.write_all(block.as_bytes()).expect("read");
    }
    // All but the last of it has been read, and the memory is at its most.
    let memory = peak_memory(child.id());
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success());
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(summary["samples"], 4096 * blocks);
    println!(
        "{} bytes in {} samples, at most {memory} bytes of memory",
        blocks * block.len() as u64,
        4096 * blocks
    );
    assert!(memory < 64 << 20, "{memory} bytes");
}

#[test]
fn memory_does_not_grow_with_a_stream() {
    stream(200 << 20);
}

#[test]
#[ignore = "half a minute a gigabyte; cargo xtask soak runs it"]
fn a_stream_of_many_gigabytes() {
    let gigabytes = std::env::var("SOAK_GIGABYTES").expect("SOAK_GIGABYTES says how many");
    stream(gigabytes.parse::<u64>().expect("a number") << 30);
}
