//! `reproduce`: claims hold, and files do not depend on the number of threads.
//!
//! The large figures are run by `cargo xtask test` in release; here is the one that takes a moment.

mod common;

use std::path::Path;

use common::heterosgd;
use serde_json::Value;

fn files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(directory)
        .expect("readable")
        .map(|entry| {
            let entry = entry.expect("readable");
            let bytes = std::fs::read(entry.path()).expect("readable");
            (entry.file_name().to_string_lossy().into_owned(), bytes)
        })
        .collect();
    files.sort();
    files
}

#[test]
fn claims_hold_and_threads_do_not_show() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let run = |threads: &str| {
        let out = directory.path().join(threads);
        let status = heterosgd([
            "reproduce",
            "fig2",
            "--quiet",
            "--threads",
            threads,
            "--out",
        ])
        .arg(&out)
        .status()
        .expect("the command runs");
        assert!(status.success());
        files(&out)
    };
    let (one, two) = (run("1"), run("2"));
    assert_eq!(one.len(), 6, "svg, png, two tables, summary, report");
    assert!(one == two, "files differ with the number of threads");
    let (_, summary) = one
        .iter()
        .find(|(name, _)| name == "summary.json")
        .expect("written");
    let summary: Value = serde_json::from_slice(summary).expect("JSON");
    // One figure comes with its caption, as all of them do.
    let caption = summary["figures"]["fig2"]["caption"].as_str();
    assert!(caption.expect("text").contains("fixed point"));
    let (_, report) = one
        .iter()
        .find(|(name, _)| name == "report.html")
        .expect("written");
    let report = String::from_utf8_lossy(report);
    assert!(report.contains("reproduce fig2") && report.contains("id=\"fig2\""));
    let text = summary.to_string();
    assert!(
        text.contains("\"holds\":true") && !text.contains("\"holds\":false"),
        "{text}"
    );
}
