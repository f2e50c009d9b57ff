//! Contracts that a reader of the core's source relies on, checked in the source itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn core() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../core")
}

/// Files that are compiled into firmware: a file of tests is none.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("core's sources are beside the tests") {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.ends_with("tests.rs") {
            let module = path.parent().expect("a folder").with_extension("rs");
            let text = fs::read_to_string(&module).expect("the module of the tests");
            assert!(
                text.contains("#[cfg(test)]\nmod tests;"),
                "{}",
                module.display()
            );
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The code of a file that is compiled into firmware: without comments, documentation, and the test
/// module, which stands last.
fn shipped(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .take_while(|line| line.trim() != "#[cfg(test)]")
        .map(without_comment)
        .enumerate()
        .map(|(i, line)| (i + 1, line))
}

/// A line up to its comment. Slashes inside a string or behind a quote character are no comment.
fn without_comment(line: &str) -> &str {
    let mut in_string = false;
    let mut rest = line.char_indices();
    while let Some((i, c)) = rest.next() {
        match c {
            '\\' if in_string => {
                rest.next();
            }
            '"' => in_string = !in_string,
            '\'' if !in_string => {
                // A character may be a quote; a lifetime has no closing apostrophe.
                let mut character = rest.clone();
                let escaped = character.next().is_some_and(|(_, c)| c == '\\');
                if escaped {
                    character.next();
                }
                if character.next().is_some_and(|(_, c)| c == '\'') {
                    rest = character;
                }
            }
            '/' if !in_string && line[i..].starts_with("//") => return &line[..i],
            _ => {}
        }
    }
    line
}

#[test]
fn comments_end_a_line_and_strings_do_not() {
    for (line, code) in [
        ("a; // b", "a; "),
        ("/// unsafe", ""),
        (
            r#"("http://x", panic!()) // y"#,
            r#"("http://x", panic!()) "#,
        ),
        (r#"("\"//", unsafe)"#, r#"("\"//", unsafe)"#),
        ("('\"', unsafe) // \"", "('\"', unsafe) "),
        (r"('\'', '\\', '/') // x", r"('\'', '\\', '/') "),
        ("fn f<'a>(x: &'a str) {} // x", "fn f<'a>(x: &'a str) {} "),
        ("a / b", "a / b"),
    ] {
        assert_eq!(without_comment(line), code);
    }
}

#[test]
fn nothing_that_panics_allocates_or_fuses() {
    const FORBIDDEN: [&str; 14] = [
        "unsafe",
        ".unwrap()",
        ".expect(",
        "panic!",
        "unreachable!",
        "todo!",
        "unimplemented!",
        "mul_add",
        "extern crate",
        "std::",
        "alloc::",
        "Vec<",
        "Box<",
        "debug_assert",
    ];
    let mut files = Vec::new();
    sources(&core().join("src"), &mut files);
    assert!(files.len() > 20, "found {} files only", files.len());
    for file in files {
        let text = fs::read_to_string(&file).expect("UTF-8");
        for (number, line) in shipped(&text) {
            for word in FORBIDDEN {
                assert!(
                    !line.contains(word),
                    "{}:{number}: {word} in `{line}`",
                    file.display()
                );
            }
        }
    }
}

#[test]
fn the_crate_is_no_std_and_forbids_unsafe() {
    let lib = fs::read_to_string(core().join("src/lib.rs")).expect("core's lib.rs");
    assert!(lib.lines().any(|line| line == "#![no_std]"));
    let workspace = fs::read_to_string(core().join("../Cargo.toml")).expect("the workspace");
    assert!(
        workspace
            .lines()
            .any(|line| line == r#"unsafe_code = "forbid""#)
    );
}

/// With std a dependency's features could change results or refuse a board.
#[test]
fn no_dependency_uses_std() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "-p", "heterosgd", "--all-features"])
        .args([
            "-e",
            "normal,no-proc-macro",
            "--prefix",
            "none",
            "--format",
            "{p} [{f}]",
        ])
        .current_dir(core())
        .output()
        .expect("cargo runs");
    let tree = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        tree.contains("nalgebra") && tree.contains("libm-force"),
        "{tree}"
    );
    for line in tree.lines() {
        let features = line.split('[').nth(1).unwrap_or_default();
        let with_std = features
            .trim_end_matches(" (*)")
            .trim_end_matches(']')
            .split(',')
            .any(|feature| feature == "std" || feature == "alloc");
        assert!(!with_std, "{line}");
    }
}
