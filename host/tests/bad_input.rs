//! Bad input and usage: exit status 2, one clear sentence with file, line and column, nothing half-written.

mod common;

use std::fs;
use std::path::Path;
use std::process::Stdio;

use common::{heterosgd, with_input};

/// A bad call: its name, the files it needs, its arguments, and what standard error has to say.
struct Case {
    name: &'static str,
    files: &'static [(&'static str, &'static str)],
    arguments: &'static str,
    says: &'static [&'static str],
}

const GOOD: &str = "env,y,a,b\n1,1,0,1\n1,2,1,0\n1,4,2,2\n2,1,0,2\n2,0,1,1\n2,5,3,0\n";
const STREAM: &str = "env,y,x_1_1,x_1_2,x_2_2\n1,1,1,0,1\n2,2,1,1,0\n";

const fn case(
    name: &'static str,
    files: &'static [(&'static str, &'static str)],
    arguments: &'static str,
    says: &'static [&'static str],
) -> Case {
    Case {
        name,
        files,
        arguments,
        says,
    }
}

const REPLAY: &str = "replay s.csv --dim 2 --batch 1 --step-size 0.1 --init-scale 0.01";

#[rustfmt::skip]
const CASES: &[Case] = &[
    case("no command", &[], "", &["Usage"]),
    case("unknown command", &[], "lern x.csv", &["lern"]),
    case("unknown option", &[], "learn x.csv --steps 3", &["--steps"]),
    case("missing file", &[], "learn nowhere.csv", &["nowhere.csv", "No such file"]),
    case("directory as file", &[], "learn .", &["directory"]),
    case("empty file", &[("e.csv", "")], "learn e.csv", &["e.csv", "empty", "header"]),
    case("header only", &[("h.csv", "env,y,a\n")], "learn h.csv --env env", &["h.csv", "no rows"]),
    case("missing target", &[("g.csv", GOOD)], "learn g.csv --env env --target z", &["g.csv", "line 1", "column z", "env, y, a, b"]),
    case("missing environment column", &[("g.csv", GOOD)], "learn g.csv --env place", &["g.csv", "column place"]),
    case("environment is target", &[("g.csv", GOOD)], "learn g.csv --env y", &["--env", "--target", "y"]),
    case("text in a number", &[("t.csv", "env,y,a\n1,1,0\n2,1,abc\n")], "learn t.csv --env env", &["t.csv", "line 3", "column a", "\"abc\""]),
    case("line of an error with CRLF", &[("t.csv", "env,y,f1\r\nA,1,2\r\nB,2,x\r\n")], "learn t.csv --env env", &["t.csv, line 3, column f1", "\"x\""]),
    case("line of an error after blank lines", &[("t.csv", "\n\nenv,y,f1\nA,1,2\nB,2,x\n")], "learn t.csv --env env", &["t.csv, line 5, column f1", "\"x\""]),
    case("line of an error after a quoted line break", &[("t.csv", "env,y,f1\n\"A\n1\",1,2\nB,2,x\n")], "learn t.csv --env env", &["t.csv, line 4, column f1", "\"x\""]),
    case("header below blank lines", &[("t.csv", "\r\n\r\nenv,y,f1\r\nA,1,2\r\n")], "learn t.csv --env env --target z", &["t.csv, line 3, column z"]),
    case("quote without an end", &[("t.csv", "env,y,f1\nA,1,2\nB,\"2,3\n")], "learn t.csv --env env", &["t.csv, line 3", "quote"]),
    case("text in a number after a byte order mark", &[("t.csv", "\u{feff}env,y,a\n1,1,0\n2,1,abc\n")], "learn t.csv --env env", &["t.csv, line 3, column a", "\"abc\""]),
    case("semicolons", &[("t.csv", "env;y;a\n1;1;0\n")], "learn t.csv --env env", &["t.csv, line 1", "semicolons", "commas"]),
    case("tabs", &[("t.csv", "env\ty\ta\n1\t1\t0\n")], "learn t.csv --env env", &["t.csv, line 1", "tabs", "commas"]),
    case("lone carriage returns", &[("t.csv", "env,y,a\r1,1,0\r2,1,1\r")], "learn t.csv --env env", &["t.csv, line 1", "carriage return", "CRLF"]),
    case("UTF-16", &[("t.csv", "e\0n\0v\0,\0y\0\n\0")], "learn t.csv --env env", &["t.csv, line 1", "UTF-16", "save the file as UTF-8"]),
    case("labels as a feature", &[("t.csv", "env,y,a\nD,1,0\nE,1,2\n")], "learn t.csv", &["t.csv, line 2, column env", "\"D\"", "--env env", "--drop env"]),
    case("text as a feature beside labels", &[("t.csv", "env,unit,y,a\nD,m,1,0\nE,m,1,2\n")], "learn t.csv --env env", &["column unit", "--drop unit"]),
    case("name missing in a list", &[("g.csv", GOOD)], "learn g.csv --env env --train-envs 1,,2", &["--train-envs", "between the commas"]),
    case("NaN", &[("n.csv", "env,y,a\n1,NaN,0\n2,1,1\n")], "learn n.csv --env env", &["n.csv", "line 2", "column y", "finite"]),
    case("infinity", &[("i.csv", "env,y,a\n1,1,0\n2,1,-inf\n")], "learn i.csv --env env", &["i.csv", "line 3", "column a", "finite"]),
    case("overflow to infinity", &[("i.csv", "env,y,a\n1,1,0\n2,1,1e999\n")], "learn i.csv --env env", &["i.csv", "line 3", "column a", "finite"]),
    case("empty field", &[("f.csv", "env,y,a\n1,1,0\n2,,1\n")], "learn f.csv --env env", &["f.csv", "line 3", "column y", "empty"]),
    case("ragged row, short", &[("r.csv", "env,y,a\n1,1,0\n2,1\n")], "learn r.csv --env env", &["r.csv", "line 3", "2 fields", "header has 3"]),
    case("ragged row, long", &[("r.csv", "env,y,a\n1,1,0,7\n")], "learn r.csv --env env", &["r.csv", "line 2", "4 fields"]),
    case("column named twice", &[("d.csv", "env,y,a,a\n1,1,0,0\n")], "learn d.csv --env env", &["d.csv", "line 1", "column a", "two columns"]),
    case("column without a name", &[("u.csv", "env,y,\n1,1,0\n")], "learn u.csv --env env", &["u.csv", "line 1", "no name"]),
    case("one environment only", &[("o.csv", "env,y,a\n1,1,0\n1,2,1\n")], "learn o.csv --env env", &["o.csv", "column env", "one environment only"]),
    case("environment of one row", &[("o.csv", "env,y,a\n1,1,0\n1,2,1\n2,1,1\n")], "learn o.csv --env env", &["o.csv", "\"2\"", "one row"]),
    case("unknown training environment", &[("g.csv", GOOD)], "learn g.csv --env env --train-envs 1,7", &["g.csv", "--train-envs", "\"7\"", "1, 2"]),
    case("training environments without --env", &[("g.csv", GOOD)], "learn g.csv --train-envs 1,2", &["--env"]),
    case("too few rows without labels", &[("g.csv", GOOD)], "learn g.csv --drop env", &["g.csv", "6 rows", "--batch"]),
    case("negative step size", &[("g.csv", GOOD)], "learn g.csv --env env --step-size=-0.1", &["--step-size", "above 0"]),
    case("negative step size, spaced", &[("g.csv", GOOD)], "learn g.csv --env env --step-size -1", &["--step-size", "above 0"]),
    case("negative init scale", &[("g.csv", GOOD)], "learn g.csv --env env --init-scale -1", &["--init-scale -1", "above 0"]),
    case("negative batch", &[("g.csv", GOOD)], "learn g.csv --env env --batch -1", &["--batch", "-1 is not in"]),
    case("step size NaN", &[("g.csv", GOOD)], "learn g.csv --env env --step-size nan", &["--step-size", "above 0"]),
    case("batch 0", &[("g.csv", GOOD)], "learn g.csv --env env --batch 0", &["--batch 0"]),
    case("batch larger than an environment", &[("g.csv", GOOD)], "learn g.csv --env env --batch 100", &["g.csv", "--batch 100", "largest environment"]),
    case("batch of one without labels", &[("g.csv", GOOD)], "learn g.csv --drop env --batch 1", &["--batch 1", "two rows"]),
    case("constant target", &[("c.csv", "env,y,a\n1,5,1\n1,5,2\n2,6,1\n2,6,3\n")], "learn c.csv --env env", &["c.csv", "column y", "vary"]),
    case("epochs 0", &[("g.csv", GOOD)], "learn g.csv --env env --epochs 0", &["--epochs 0"]),
    case("init scale 0", &[("g.csv", GOOD)], "learn g.csv --env env --init-scale 0", &["--init-scale 0", "above 0"]),
    case("degree 3", &[("g.csv", GOOD)], "learn g.csv --env env --degree 3", &["--degree", "1..=2"]),
    case("rank for the linear model", &[("g.csv", GOOD)], "learn g.csv --env env --rank 2", &["--rank", "psd"]),
    case("rank above the size", &[("g.csv", GOOD)], "learn g.csv --env env --model psd --rank 3", &["--rank 3", "1 to 2"]),
    case("degree for a matrix model", &[("g.csv", GOOD)], "learn g.csv --env env --model psd --degree 2", &["--degree", "linear"]),
    case("unknown model", &[("g.csv", GOOD)], "learn g.csv --env env --model quadratic", &["quadratic", "psd"]),
    case("misspelt drop", &[("g.csv", GOOD)], "learn g.csv --env env --drop c", &["g.csv", "--drop", "\"c\""]),
    case("everything dropped", &[("g.csv", GOOD)], "learn g.csv --env env --drop a,b", &["g.csv", "no feature"]),
    case("dense without a triangle", &[("g.csv", GOOD)], "learn g.csv --env env --model psd --measurement dense", &["g.csv", "_1_1"]),
    case("missing test file", &[("g.csv", GOOD)], "learn g.csv --env env --test t.csv", &["t.csv", "No such file"]),
    case("test file without a feature", &[("g.csv", GOOD), ("t.csv", "env,y,a\n1,1,1\n")], "learn g.csv --env env --test t.csv", &["t.csv", "column b"]),
    case("unknown test environment", &[("g.csv", GOOD), ("t.csv", GOOD)], "learn g.csv --env env --test t.csv --test-envs 9", &["t.csv", "--test-envs", "\"9\""]),
    case("constant target in a test environment", &[("g.csv", GOOD), ("t.csv", "env,y,a,b\n1,1,1,1\n1,1,2,1\n")], "learn g.csv --env env --test t.csv", &["t.csv", "constant", "\"1\""]),
    case("values too large to square", &[("l.csv", "env,y,a\n1,1,1e200\n1,2,2e200\n2,1,0\n2,3,1\n")], "learn l.csv --env env", &["l.csv", "a", "too large"]),
    case("product overflows", &[("l.csv", "env,y,a\n1,1,1e200\n1,2,2e200\n2,1,0\n2,3,1\n")], "learn l.csv --env env --degree 2", &["l.csv", "a*a", "overflows"]),
    case("gzip cut short", &[("z.csv", "\u{1f}GZIP")], "learn z.csv", &["z.csv"]),
    case("no environment column in a stream", &[("s.csv", "y,x_1_1,x_1_2,x_2_2\n1,1,0,1\n")], REPLAY, &["s.csv", "line 1", "column env"]),
    case("no measurement columns", &[("s.csv", "env,y,a\n1,1,0\n")], REPLAY, &["s.csv", "x_1_1", "x_1"]),
    case("stream of a smaller dimension", &[("s.csv", STREAM)], "replay s.csv --dim 3 --batch 1 --step-size 0.1 --init-scale 0.01", &["s.csv", "column x_1_3"]),
    case("stream of a larger dimension", &[("s.csv", STREAM)], "replay s.csv --dim 1 --batch 1 --step-size 0.1 --init-scale 0.01", &["s.csv", "column x_1_2", "--dim 1"]),
    case("dimension 0", &[("s.csv", STREAM)], "replay s.csv --dim 0 --batch 1 --step-size 0.1 --init-scale 0.01", &["--dim 0", "1 to 1024"]),
    case("dimension 2000", &[("s.csv", STREAM)], "replay s.csv --dim 2000 --batch 1 --step-size 0.1 --init-scale 0.01", &["--dim 2000", "1 to 1024"]),
    case("replay batch 0", &[("s.csv", STREAM)], "replay s.csv --dim 2 --batch 0 --step-size 0.1 --init-scale 0.01", &["--batch 0"]),
    case("replay step size 0", &[("s.csv", STREAM)], "replay s.csv --dim 2 --batch 1 --step-size 0 --init-scale 0.01", &["--step-size 0"]),
    case("replay step size below 0", &[("s.csv", STREAM)], "replay s.csv --dim 2 --batch 1 --step-size -1 --init-scale 0.01", &["--step-size -1", "above 0"]),
    case("norm limit 0", &[("s.csv", STREAM)], "replay s.csv --dim 2 --batch 1 --step-size 0.1 --init-scale 0.01 --norm-limit 0", &["--norm-limit 0", "above 0"]),
    case("norm limit beyond the scalar", &[("s.csv", STREAM)], "replay s.csv --dim 2 --batch 1 --step-size 0.1 --init-scale 0.01 --norm-limit 1e30", &["--norm-limit", "limit"]),
    case("norm limit NaN", &[("g.csv", GOOD)], "learn g.csv --env env --norm-limit nan", &["--norm-limit NaN", "above 0"]),
    case("replay without a step size", &[("s.csv", STREAM)], "replay s.csv --dim 2 --batch 1 --init-scale 0.01", &["--step-size"]),
    case("unknown precision", &[("s.csv", STREAM)], "replay s.csv --dim 2 --batch 1 --step-size 0.1 --init-scale 0.01 --precision f16", &["f16", "f32"]),
    case("stream header only", &[("s.csv", "env,y,x_1_1,x_1_2,x_2_2\n")], REPLAY, &["s.csv", "no rows"]),
    case("measurement beyond the range of f32 sums", &[("s.csv", "env,y,x_1_1,x_1_2,x_2_2\n1,1,1,1e30,1\n")], REPLAY, &["s.csv", "line 2", "column x_1_2", "too large"]),
    case("response beyond f32", &[("s.csv", "env,y,x_1_1,x_1_2,x_2_2\n1,1e39,1,1,1\n")], REPLAY, &["s.csv", "line 2", "column y", "finite"]),
    case("unknown figure", &[], "reproduce fig5", &["fig5", "fig1"]),
    case("simulated ranks above the size", &[], "simulate s.csv --dim 3 --rank 2 --spurious 2", &["--rank 2", "--dim 3"]),
    case("simulated noise below 0", &[], "simulate s.csv --noise=-1", &["--noise -1"]),
    case("simulated noise below 0, spaced", &[], "simulate s.csv --noise -1", &["--noise -1", "0 or above"]),
    case("simulated strength below 0", &[], "simulate s.csv --sigma -1", &["--sigma -1", "0 or above"]),
    case("simulated pull NaN", &[], "simulate s.csv --mu nan", &["--mu NaN", "a finite number is needed"]),
    case("seed below 0", &[], "simulate s.csv --seed -1", &["--seed", "-1"]),
    case("unknown board", &[], "device --board abacus", &["--board abacus", "microbit"]),
    case("unknown problem", &[], "device --problem riddle", &["riddle", "rank-one"]),
    case("a log of many runs", &[], "device --log l.txt", &["--log", "--board", "--problem"]),
    case("no firmware there", &[], "device --firmware nowhere", &["--firmware", "clone"]),
    case("a missing log", &[], "device --attest l.txt", &["l.txt"]),
    case("a log that is none", &[("l.txt", "hello\nworld\n")], "device --attest l.txt", &["l.txt", "line 2", "log"]),
    case("a missing report", &[], "device --report r.txt", &["r.txt"]),
    case("linear replay with a dimension", &[("g.csv", GOOD)], "replay g.csv --model linear --dim 2 --batch 1 --step-size 0.1 --init-scale 0.01", &["--dim", "--model psd"]),
    case("a lift of matrices", &[("s.csv", STREAM)], "replay s.csv --dim 2 --degree 2 --batch 1 --step-size 0.1 --init-scale 0.01", &["--degree 2", "linear"]),
    case("a constant feature to standardise", &[("c.csv", "env,y,a\n1,5,1\n1,6,1\n")], "replay c.csv --model linear --standardise --batch 1 --step-size 0.1 --init-scale 0.01", &["c.csv", "a does not vary", "--drop"]),
    case("simulated batch 0", &[], "simulate s.csv --batch 0", &["--batch"]),
    case("stream and JSON on one pipe", &[], "simulate --json -", &["--json"]),
    case("seed that is no number", &[], "simulate s.csv --seed x", &["--seed"]),
    case("JSON into a missing directory", &[("g.csv", GOOD)], "learn g.csv --env env --quiet --json no/such/place.json", &["no/such/place.json", "No such file"]),
    case("output directory is a file", &[("g.csv", GOOD)], "learn g.csv --env env --quiet --out g.csv", &["g.csv", "exists"]),
];

#[test]
fn every_bad_call_is_refused_in_one_clear_sentence() {
    assert!(CASES.len() >= 60);
    println!("{} bad calls", CASES.len());
    for case in CASES {
        let directory = tempfile::tempdir().expect("a temporary directory");
        for (name, text) in case.files {
            let mut bytes = text.as_bytes().to_vec();
            if text.ends_with("GZIP") {
                bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 75];
            }
            fs::write(directory.path().join(name), bytes).expect("the case's file");
        }
        let output = heterosgd(case.arguments.split_whitespace())
            .current_dir(directory.path())
            .output()
            .expect("the command runs");
        let message = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{}: {message}", case.name);
        for part in case.says {
            assert!(
                message.contains(part),
                "{}: {part:?} is not in {message:?}",
                case.name
            );
        }
        assert!(!message.contains("panicked"), "{}: {message}", case.name);
        assert!(output.stdout.is_empty(), "{}: half an output", case.name);
        let left = files(directory.path());
        let given: Vec<&str> = case.files.iter().map(|(name, _)| *name).collect();
        assert_eq!(left.len(), given.len(), "{}: {left:?} was left", case.name);
    }
}

fn files(directory: &Path) -> Vec<String> {
    fs::read_dir(directory)
        .expect("readable")
        .map(|entry| {
            entry
                .expect("readable")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect()
}

#[test]
fn closed_pipe_is_an_error_and_no_panic() {
    for arguments in [
        &["learn", "-", "--env", "env"][..],
        &["learn", "-", "--env", "env", "--json", "-"],
        &["simulate", "--batches", "2000"],
    ] {
        let mut child = heterosgd(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        drop(child.stdout.take());
        let mut input = child.stdin.take().expect("piped");
        let _ = std::io::Write::write_all(&mut input, GOOD.as_bytes());
        drop(input);
        let output = child.wait_with_output().expect("the command ends");
        let message = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert!(message.contains("standard output"), "{message}");
        assert!(!message.contains("panicked"), "{message}");
    }
}

#[test]
fn text_that_is_not_utf8_is_refused() {
    let output = with_input(&["learn", "-", "--env", "env"], b"env,y,a\n1,1,\xff\n");
    let message = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(
        message.contains("standard input, line 2, column a"),
        "{message}"
    );
    assert!(message.contains("save the file as UTF-8"), "{message}");
}

#[test]
fn spaces_in_lists_and_a_byte_order_mark_do_not_matter() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::write(&path, text).expect("the file");
        path.display().to_string()
    };
    let plain = file("g.csv", GOOD);
    let marked = file("m.csv", &format!("\u{feff}{}", GOOD.replace('\n', "\r\n")));
    let learn = |data: &str, more: &[&str]| {
        let arguments = ["learn", data, "--env", "env", "--batch", "2", "--json", "-"];
        let output = heterosgd(arguments.iter().chain(more))
            .output()
            .expect("the command runs");
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{message}");
        output.stdout
    };
    let spaced = ["--train-envs", "1, 2", "--drop", " b , a*b"];
    let tight = ["--train-envs", "1,2", "--drop", "b,a*b"];
    let degree = ["--degree", "2"];
    let expected = learn(&plain, &[&tight[..], &degree].concat());
    assert_eq!(learn(&plain, &[&spaced[..], &degree].concat()), expected);
    assert_eq!(learn(&marked, &[&tight[..], &degree].concat()), expected);
}

#[test]
fn negative_pull_is_a_value() {
    let output = heterosgd(["simulate", "--mu", "-1", "--batches", "1", "--batch", "1"])
        .output()
        .expect("the command runs");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{message}");
    assert!(output.stdout.starts_with(b"env,y,x_1_1"));
}

#[test]
fn too_many_features_are_refused() {
    let mut text = String::from("env,y");
    for i in 0..1100 {
        text += &format!(",f{i}");
    }
    for row in 0..6 {
        text += &format!("\n{},{row}", row % 2);
        for i in 0..1100 {
            text += &format!(",{}", (row * i) % 7);
        }
    }
    let output = with_input(&["learn", "-", "--env", "env"], text.as_bytes());
    let message = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(
        message.contains("1100 features") && message.contains("1024"),
        "{message}"
    );
}

#[test]
fn divergence_exits_1_with_what_was_learned() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    fs::write(directory.path().join("g.csv"), GOOD).expect("the file");
    fs::write(
        directory.path().join("s.csv"),
        STREAM.to_owned() + &"1,9,1,0,1\n".repeat(60),
    )
    .expect("the file");
    let linear = "--model linear --batch 1 --init-scale 0.5";
    for (arguments, place, advice) in [
        (
            "learn g.csv --env env --step-size 1e6",
            "g.csv: the run",
            "--step-size auto",
        ),
        (
            "learn g.csv --env env --step-size 0.5 --norm-limit 0.06",
            "g.csv: the run",
            "limit is 0.06",
        ),
        (
            "replay s.csv --dim 2 --batch 1 --step-size 0.9 --init-scale 0.1",
            "s.csv, line",
            "plan --from s.csv",
        ),
        (
            "replay s.csv --dim 2 --batch 1 --step-size 0.5 --init-scale 0.1 --norm-limit 3",
            "s.csv, line",
            "limit is 3",
        ),
        (
            &format!("replay g.csv {linear} --step-size 40"),
            "g.csv, ",
            "plan --from g.csv",
        ),
        (
            &format!("replay g.csv {linear} --step-size 0.1 --norm-limit 1.2"),
            "g.csv, ",
            "limit is 1.2",
        ),
    ] {
        let output = heterosgd(arguments.split_whitespace())
            .args(["--json", "-", "--out", "o"])
            .current_dir(directory.path())
            .output()
            .expect("the command runs");
        let message = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(1), "{arguments}: {message}");
        for part in [
            place,
            advice,
            "the run diverged at step ",
            "with step size ",
        ] {
            assert!(message.contains(part), "{arguments}: {message}");
        }
        let summary: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(summary["diverged"], true, "{arguments}");
        let divergence = &summary["divergence"];
        // Everything up to the refused step is there.
        let done = divergence["step"].as_u64().expect("a number") - 1;
        assert_eq!(summary["steps"], done, "{arguments}");
        if let (Some(norm), Some(limit)) = (
            divergence["norm"].as_f64(),
            divergence["norm_limit"].as_f64(),
        ) {
            assert!(norm > limit, "{arguments}: {divergence}");
        }
        let name = if arguments.starts_with("learn") {
            "learn.json"
        } else {
            "replay.json"
        };
        let written = fs::read(directory.path().join("o").join(name)).expect("written");
        let written: serde_json::Value = serde_json::from_slice(&written).expect("JSON");
        assert_eq!(written, summary, "{arguments}");
        fs::remove_dir_all(directory.path().join("o")).expect("removed");
    }
}
