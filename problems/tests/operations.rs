//! The operations run, give the same bits each time, and leave nothing public out.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use heterosgd::Scalar;
use heterosgd_problems::Sink;
use heterosgd_problems::operations::{checkpoint_operations, estimate_operations, operations};

#[derive(Default)]
struct Text(String);

impl Sink for Text {
    fn write(&mut self, bytes: &[u8]) {
        self.0 += std::str::from_utf8(bytes).expect("text");
    }
}

fn reports<T: Scalar>() -> [String; 3] {
    [
        operations::<T>,
        checkpoint_operations::<T>,
        estimate_operations::<T>,
    ]
    .map(|operations| {
        let mut text = Text::default();
        operations(&mut text);
        text.0
    })
}

#[test]
fn every_part_has_results_and_they_are_the_same_each_time() {
    for reports in [reports::<f32>, reports::<f64>] {
        let first = reports();
        for report in &first {
            check(report);
        }
        assert_eq!(first, reports());
    }
}

fn check(report: &str) {
    let numbers = |line: &str| -> Vec<u64> {
        let numbers = line.split(' ').skip(1);
        numbers
            .map(|number| u64::from_str_radix(number, 16).expect("a number"))
            .collect()
    };
    let mut lines: Vec<&str> = report.lines().collect();
    let total = lines.pop().expect("a last line");
    let mut results = 0;
    for (position, line) in (0..).zip(&lines) {
        let part = numbers(line);
        assert!(line.starts_with("part ") && part[0] == position, "{line}");
        assert!(part[1] > results + 20, "next to nothing in {line}");
        results = part[1];
    }
    assert!(total.starts_with("operations "), "{total}");
    assert_eq!(numbers(total)[0], results);
    assert_eq!(numbers(total)[1], numbers(lines[lines.len() - 1])[2]);
}

/// What is public but not an operation, and why it is not called.
const EXCEPTIONS: [(&str, &str); 5] = [
    ("Array", "an associated type, of what `zeros` gives"),
    ("Fours", "an associated type, of what `fours` gives"),
    ("Signal", "an associated type, of what `signal_of` gives"),
    ("Sums", "an associated type, of what `empty` gives"),
    ("Words", "an associated type, of what `words` gives"),
];

/// Every public function, method and type of the core is named in the operations. (Two methods of
/// one name count as one: a test of sources cannot tell them apart.)
#[test]
fn nothing_public_is_left_out() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let used: BTreeSet<String> = sources(&root.join("src/operations"))
        .iter()
        // It calls nothing of the core.
        .filter(|path| !path.ends_with("operations/mod.rs"))
        .flat_map(|path| words(&code(path)))
        .collect();
    let mut found = 0;
    let mut missing = Vec::new();
    for path in sources(&root.join("../core/src")) {
        for name in public_names(&code(&path)) {
            found += 1;
            let excepted = EXCEPTIONS.iter().any(|(exception, _)| *exception == name);
            if !excepted && !used.contains(&name) {
                missing.push(format!("{name} ({})", path.display()));
            }
        }
    }
    assert!(found > 150, "only {found} public names found in the core");
    assert!(
        missing.is_empty(),
        "not in problems/src/operations: {missing:#?}"
    );
    for (exception, reason) in EXCEPTIONS {
        assert!(
            !used.contains(exception),
            "{exception} is used, though: {reason}"
        );
    }
}

#[test]
fn public_names_are_found() {
    let code = "
        pub fn one() {}
        pub const fn two() { fn inner() {} }
        pub(crate) fn three() {}
        fn four() {}
        mod sealed { pub trait Sealed { fn five(); } pub enum Hidden { Unseen } }
        pub trait Six<T>: Sealed { type Seven; const EIGHT: u32; fn nine(&self) { let x = 1; } fn ten(); }
        impl Six for X { fn eleven() {} }
        pub struct Twelve { pub thirteen: u32 }
        pub enum Fourteen { Fifteen { sixteen: u32 }, Seventeen(u32), Eighteen, }
    ";
    let found: Vec<String> = public_names(code).into_iter().collect();
    let expected = [
        "EIGHT",
        "Eighteen",
        "Fifteen",
        "Fourteen",
        "Seven",
        "Seventeen",
        "Six",
        "Twelve",
        "nine",
        "one",
        "ten",
        "two",
    ];
    assert_eq!(found, expected);
}

fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).expect("a directory of sources") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            paths.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
    paths.sort();
    paths
}

/// A file without comments, attributes and its tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a source file");
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines()
        .filter(|line| !line.trim_start().starts_with(['#', '/']))
        .map(|line| line.split(" //").next().unwrap_or_default())
        .flat_map(|line| [line, "\n"])
        .collect()
}

fn words(code: &str) -> Vec<String> {
    code.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The names behind `pub fn`, `pub struct` and so on, those inside of public traits, and the
/// variants of public enums.
fn public_names(code: &str) -> BTreeSet<String> {
    const ITEMS: [&str; 6] = ["fn", "struct", "enum", "trait", "type", "const"];
    // Words, and the punctuation that gives the structure.
    let spaced: String = code
        .chars()
        .flat_map(|c| match c {
            '{' | '}' | '(' | ')' | ',' | ';' | '<' | '>' | ':' => vec![' ', c, ' '],
            c => vec![c],
        })
        .collect();
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let mut names = BTreeSet::new();
    // What each open brace belongs to.
    let mut open: Vec<&str> = Vec::new();
    let mut next = "";
    for (i, &token) in tokens.iter().enumerate() {
        let before = |back: usize| i.checked_sub(back).map_or("", |i| tokens[i]);
        let is_name = ITEMS.contains(&before(1)) && token != "fn";
        let public = before(2) == "pub" || before(2) == "const" && before(3) == "pub";
        let inside = open.last().copied().unwrap_or_default();
        let sealed = open.contains(&"sealed");
        if is_name && !sealed && (public || inside == "public trait") {
            names.insert(token.to_owned());
        }
        if inside == "public enum"
            && !sealed
            && matches!(before(1), "{" | ",")
            && token.starts_with(char::is_uppercase)
        {
            names.insert(token.to_owned());
        }
        match token {
            "trait" | "enum" if before(1) == "pub" => {
                next = if token == "trait" {
                    "public trait"
                } else {
                    "public enum"
                };
            }
            "sealed" if before(1) == "mod" => next = "sealed",
            "{" => open.push(std::mem::take(&mut next)),
            ";" => next = "",
            "}" => {
                open.pop();
            }
            _ => {}
        }
    }
    names
}
