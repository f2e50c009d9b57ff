//! Replays the corpus of every fuzz target.

use std::fs;
use std::path::Path;

use heterosgd_fuzz::TARGETS;

#[test]
fn every_input_of_the_corpus_keeps_its_promise() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, target) in TARGETS {
        let directory = corpus.join(name);
        let mut inputs = 0;
        for entry in fs::read_dir(&directory).expect("a corpus") {
            let path = entry.expect("an entry").path();
            println!("{}", path.display());
            target(&fs::read(&path).expect("an input"));
            inputs += 1;
        }
        assert!(inputs >= 10, "{name}: only {inputs} inputs");
    }
}

/// The fuzzed crate of each target calls it, and there is none beside.
#[test]
fn every_target_is_fuzzed() {
    let manifest = include_str!("../libfuzzer/Cargo.toml");
    assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
    for (name, _) in TARGETS {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
}
