//! The file of counts.

use std::collections::BTreeMap;

/// A count may grow by 3 %.
const ROOM: (u64, u64) = (3, 100);

/// Instructions of each piece of work, and the compiler whose code that is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) compiler: String,
    counts: BTreeMap<String, u64>,
}

/// How counts differ from those that were recorded.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    /// By more than is allowed, in words.
    pub(super) grown: Vec<String>,
    /// The other way, by as much.
    pub(super) shrunk: Vec<String>,
    /// Names that are in one of them alone.
    pub(super) lost: Vec<String>,
}

impl Counts {
    pub(super) fn new(compiler: String) -> Self {
        let counts = BTreeMap::new();
        Self { compiler, counts }
    }

    pub(super) fn set(&mut self, name: &str, count: u64) {
        self.counts.insert(name.to_owned(), count);
    }

    pub(super) fn len(&self) -> usize {
        self.counts.len()
    }

    /// From the file's text.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let table: toml::Table = text.parse().map_err(|error| format!("{error}"))?;
        let compiler = table.get("compiler").and_then(toml::Value::as_str);
        let mut counts = Self::new(compiler.ok_or("it names no compiler")?.to_owned());
        let recorded = table.get("counts").and_then(toml::Value::as_table);
        for (name, count) in recorded.ok_or("it has no [counts]")? {
            let count = count
                .as_integer()
                .and_then(|count| u64::try_from(count).ok());
            counts.set(name, count.ok_or_else(|| format!("{name:?} is no count"))?);
        }
        Ok(counts)
    }

    /// The file's text.
    pub(super) fn text(&self) -> String {
        let lines = self
            .counts
            .iter()
            .fold(String::new(), |text, (name, count)| {
                text + &format!("{name:?} = {count}\n")
            });
        format!(
            "# Instructions of the core's own code, for the baseline of x86-64, under callgrind. A count may grow by 3 %.\n\
             # `cargo xtask instructions --update` writes this file; say in the commit why a count grew.\n\n\
             compiler = {:?}\n\n[counts]\n{lines}",
            self.compiler
        )
    }

    /// How `now` differs.
    pub(super) fn compare(&self, now: &Self) -> Verdict {
        let mut verdict = Verdict::default();
        for (name, &old) in &self.counts {
            let Some(&new) = now.counts.get(name) else {
                verdict.lost.push(name.clone());
                continue;
            };
            let line = || {
                let percent = 100.0 * (new as f64 / old as f64 - 1.0);
                format!("{name}: {new}, recorded {old} ({percent:+.1} %)")
            };
            if new * ROOM.1 > old * (ROOM.1 + ROOM.0) {
                verdict.grown.push(line());
            } else if new * (ROOM.1 + ROOM.0) < old * ROOM.1 {
                verdict.shrunk.push(line());
            }
        }
        let added = now
            .counts
            .keys()
            .filter(|name| !self.counts.contains_key(*name));
        verdict.lost.extend(added.cloned());
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    fn counts(of: &[(&str, u64)]) -> Counts {
        let mut counts = Counts::new("rustc 1".into());
        for &(name, count) in of {
            counts.set(name, count);
        }
        counts
    }

    #[test]
    fn three_percent_more_is_allowed_and_no_more() {
        let recorded = counts(&[("step", 1000)]);
        let verdict = recorded.compare(&counts(&[("step", 1030)]));
        assert!(verdict.grown.is_empty() && verdict.shrunk.is_empty());
        let verdict = recorded.compare(&counts(&[("step", 1031)]));
        assert_eq!(verdict.grown, ["step: 1031, recorded 1000 (+3.1 %)"]);
        let verdict = recorded.compare(&counts(&[("step", 970)]));
        assert_eq!(verdict.shrunk, ["step: 970, recorded 1000 (-3.0 %)"]);
    }

    #[test]
    fn names_of_one_side_alone_are_no_pass() {
        let verdict = counts(&[("a", 1), ("b", 1)]).compare(&counts(&[("b", 1), ("c", 1)]));
        assert_eq!(verdict.lost, ["a", "c"]);
    }

    #[test]
    fn the_file_reads_back() {
        let counts = counts(&[("dense: step, f32, d = 8", 5), ("a \"b\"", 1)]);
        assert_eq!(Counts::read(&counts.text()), Ok(counts));
        assert!(Counts::read("compiler = 'a'\n[counts]\na = -1\n").is_err());
        assert!(Counts::read("[counts]\n").is_err());
    }
}
