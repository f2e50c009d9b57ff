//! The driver of the peers, on the peers in Rust: they agree with the reference, and what is measured
//! becomes tables. No time is judged here.

use std::fs;
use std::process::Command;

#[test]
fn peers_in_rust_agree_and_fill_the_tables() {
    let out = tempfile::tempdir().expect("a directory");
    let run = Command::new(env!("CARGO_BIN_EXE_peers"))
        .arg("--out")
        .arg(out.path())
        .args(["--rounds", "1", "--seconds", "0.001", "--sizes", "4,8"])
        .args(["--cache", "32768", "--dram", "65536"])
        .arg(env!("CARGO_BIN_EXE_peers-rust"))
        .output()
        .expect("it runs");
    let errors = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{errors}");
    let tables = fs::read_to_string(out.path().join("tables.md")).expect("tables");
    for title in [
        "## dense, f32, 32 KiB",
        "## dense, f64, 64 KiB",
        "## rank-one, f64, 32 KiB",
    ] {
        assert!(tables.contains(title), "{title} is not in\n{tables}");
    }
    for peer in [
        "nalgebra-full",
        "ndarray-packed",
        "nalgebra-one",
        "heterosgd+step",
    ] {
        assert!(tables.contains(&format!("\n| {peer} | ")), "{peer}");
    }
    assert!(
        tables.contains("want of the peer: Eigen packed, L2"),
        "{tables}"
    );
    let json = fs::read_to_string(out.path().join("peers.json")).expect("readings");
    let cases: Vec<serde_json::Value> = serde_json::from_str(&json).expect("JSON");
    assert_eq!(cases.len(), 12);
}

/// A check that cannot fail proves nothing.
#[test]
fn a_peer_that_computes_otherwise_is_found() {
    let out = tempfile::tempdir().expect("a directory");
    let peer = out.path().join("peer");
    // It answers as one that has not moved.
    let script = "#!/bin/sh\necho ready liar\nwhile read -r command name; do echo 0.5 0 0 0 0 0.5 0 0 0 0 0.5 0 0 0 0 0.5; done\n";
    fs::write(&peer, script).expect("a script");
    let run = Command::new(env!("CARGO_BIN_EXE_peers"))
        .arg("--out")
        .arg(out.path())
        .args([
            "--rounds", "1", "--sizes", "4", "--cache", "4096", "--dram", "0",
        ])
        .arg(format!("sh|{}", peer.display()))
        .output()
        .expect("it runs");
    let errors = String::from_utf8_lossy(&run.stderr);
    assert!(!run.status.success());
    assert!(
        errors.contains("liar disagrees with the reference"),
        "{errors}"
    );
}
