//! The report of a run, read back (docs/formats.md).

use heterosgd_problems::report::VERSION;

use crate::error::{Error, Result};

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Record {
    key: String,
    values: Vec<String>,
}

impl Record {
    fn read(line: &str) -> Self {
        let mut words = line.trim_end().split(' ').map(str::to_owned);
        Self {
            key: words.next().unwrap_or_default(),
            values: words.collect(),
        }
    }
}

/// The report of a board or of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Report {
    records: Vec<Record>,
    /// Who wrote it, for messages.
    from: String,
}

/// The steps and digest at the end of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Done {
    pub(super) steps: u64,
    pub(super) samples: u64,
    pub(super) digest: u64,
}

impl Report {
    /// Reads a report. Lines before its first record are passed over: a debugger talks too.
    pub(super) fn read(text: &str, from: &str) -> Result<Self> {
        let records: Vec<Record> = text
            .lines()
            .map(str::trim_end)
            .skip_while(|line| !line.starts_with("heterosgd "))
            .map(Record::read)
            .collect();
        let report = Self {
            records,
            from: from.to_owned(),
        };
        match report.numbers("heterosgd").as_deref() {
            Ok([VERSION]) => Ok(report),
            Ok(_) => Err(Error::Failed(format!(
                "{from}: the report is of another version than {VERSION}; build runner and tool from one source"
            ))),
            Err(_) => Err(Error::Failed(format!(
                "{from}: there is no report, only {:?}",
                text.chars().take(200).collect::<String>()
            ))),
        }
    }

    /// Reads records that are no report of a problem.
    pub(super) fn part(text: &str, from: &str) -> Self {
        Self {
            records: text.lines().map(Record::read).collect(),
            from: from.to_owned(),
        }
    }

    fn all<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a Record> {
        self.records.iter().filter(move |record| record.key == key)
    }

    /// The values of the first record of this key.
    pub(super) fn words(&self, key: &str) -> Result<&[String]> {
        self.all(key)
            .next()
            .map(|record| record.values.as_slice())
            .ok_or_else(|| self.broken(&format!("there is no record `{key}`")))
    }

    /// The same as numbers.
    pub(super) fn numbers(&self, key: &str) -> Result<Vec<u64>> {
        self.parse(key, self.words(key)?)
    }

    /// All records of this key as numbers, each of `N` values.
    pub(super) fn table<const N: usize>(&self, key: &str) -> Result<Vec<[u64; N]>> {
        self.all(key)
            .map(|record| {
                let numbers = self.parse(key, &record.values)?;
                <[u64; N]>::try_from(numbers)
                    .map_err(|_| self.broken(&format!("a record `{key}` does not have {N} values")))
            })
            .collect()
    }

    /// The one record of this key, of `N` values.
    pub(super) fn row<const N: usize>(&self, key: &str) -> Result<[u64; N]> {
        let table = self.table(key)?;
        table
            .first()
            .copied()
            .ok_or_else(|| self.broken(&format!("there is no record `{key}`")))
    }

    /// The name of the problem.
    pub(super) fn problem(&self) -> Result<&str> {
        let words = self.words("problem")?;
        words
            .first()
            .map(String::as_str)
            .ok_or_else(|| self.broken("the problem has no name"))
    }

    /// (step, digest) of every checkpoint.
    pub(super) fn digests(&self) -> Result<Vec<[u64; 2]>> {
        self.table("digest")
    }

    /// How the run ended.
    pub(super) fn done(&self) -> Result<Done> {
        let [steps, samples, digest] = self.row("done")?;
        Ok(Done {
            steps,
            samples,
            digest,
        })
    }

    fn parse(&self, key: &str, words: &[String]) -> Result<Vec<u64>> {
        words
            .iter()
            .map(|word| {
                u64::from_str_radix(word, 16)
                    .map_err(|_| self.broken(&format!("{word:?} in a record `{key}` is no number")))
            })
            .collect()
    }

    fn broken(&self, what: &str) -> Error {
        Error::Failed(format!("{}: a broken or refused report: {what}", self.from))
    }
}

#[cfg(test)]
mod tests {
    use super::Report;

    #[test]
    fn records_are_read_after_the_talk_of_a_debugger() {
        let text = "Erasing\nheterosgd 1\nproblem x\ndigest a ff\ndigest 14 0\ndone 14 1e 7\r\n";
        let report = Report::read(text, "a board").expect("a report");
        assert_eq!(report.problem().expect("named"), "x");
        assert_eq!(report.digests().expect("two"), [[10, 255], [20, 0]]);
        let done = report.done().expect("done");
        assert_eq!((done.steps, done.samples, done.digest), (20, 30, 7));
        assert!(report.row::<2>("done").is_err());
        assert!(report.row::<1>("stack").is_err());
    }

    #[test]
    fn nothing_and_another_version_are_refused() {
        for text in ["", "panic\n", "heterosgd 2\n", "heterosgd x\n"] {
            assert!(Report::read(text, "a board").is_err(), "{text}");
        }
    }
}
