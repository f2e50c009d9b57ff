//! Splits CSV text into records, and knows the line on which each of them begins.
//!
//! Lines are counted here and not by the parser, which sees neither blank lines nor the second half of
//! a CRLF before the next record.

use std::io::{self, BufRead, Read as _};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};
use memchr::{memchr, memchr_iter};

/// More bytes than any real record has: a file without line ends must not fill the memory.
const MOST_BYTES: usize = 1 << 26;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The records of a text, one at a time.
pub(super) struct Records {
    source: Box<dyn BufRead>,
    parser: Reader,
    /// The line last read, from 1.
    line: u64,
    text: Vec<u8>,
    record: Record,
}

/// One record: its fields without quotes and without spaces around them.
#[derive(Debug, Default)]
pub(super) struct Record {
    line: u64,
    bytes: Vec<u8>,
    /// Where each field ends in `bytes`.
    ends: Vec<usize>,
    /// Bytes from the end of a field to the beginning of the next: 1 where `bytes` is the line as it was
    /// read, commas and all, 0 where it is what the parser has written.
    gap: usize,
    written: usize,
    fields: usize,
}

/// Why there is no next record.
#[derive(Debug)]
pub(super) enum Broken {
    /// The source failed.
    Io(io::Error),
    /// The record that begins on this line cannot be used.
    Record(u64, String),
}

impl Records {
    pub(super) fn new(source: Box<dyn BufRead>) -> Self {
        Self {
            source,
            // Lines are handed over whole, each with one line feed at its end.
            parser: ReaderBuilder::new()
                .terminator(Terminator::Any(b'\n'))
                .build(),
            line: 0,
            text: Vec::new(),
            record: Record::default(),
        }
    }

    /// The record that [`advance`](Self::advance) went to.
    pub(super) fn record(&self) -> &Record {
        &self.record
    }

    /// Goes to the next record; `false` at the end. Blank lines are passed over.
    pub(super) fn advance(&mut self) -> Result<bool, Broken> {
        let mut begun = false;
        loop {
            if !self.read_line().map_err(Broken::Io)? {
                let what = "a quote is opened and not closed again";
                return if begun {
                    Err(Broken::Record(self.record.line, what.to_owned()))
                } else {
                    Ok(false)
                };
            }
            let first = !begun;
            if first {
                if self.text.trim_ascii().is_empty() {
                    continue;
                }
                begun = true;
                self.record.line = self.line;
                (self.record.written, self.record.fields) = (0, 0);
            }
            if self.record.written + self.text.len() > MOST_BYTES {
                let what = format!(
                    "longer than {} MiB; is a quote not closed, or is this not a CSV file?",
                    MOST_BYTES >> 20
                );
                return Err(Broken::Record(self.record.line, what));
            }
            if first && memchr(b'"', &self.text).is_none() {
                self.record.take_plain(&mut self.text);
                return Ok(true);
            }
            if self.record.push(&mut self.parser, &self.text) {
                return Ok(true);
            }
        }
    }

    /// Reads a line and makes it end in one line feed, whatever it ended in; `false` at the end.
    fn read_line(&mut self) -> io::Result<bool> {
        self.text.clear();
        let most = MOST_BYTES as u64 + 1;
        (&mut self.source)
            .take(most)
            .read_until(b'\n', &mut self.text)?;
        if self.text.is_empty() {
            return Ok(false);
        }
        self.line += 1;
        if self.line == 1 && self.text.starts_with(BYTE_ORDER_MARK) {
            self.text.drain(..BYTE_ORDER_MARK.len());
        }
        for end in [b'\n', b'\r'] {
            if self.text.last() == Some(&end) {
                self.text.pop();
            }
        }
        self.text.push(b'\n');
        Ok(true)
    }
}

impl Record {
    /// The line on which it begins, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// The number of fields.
    pub(super) fn len(&self) -> usize {
        self.fields
    }

    /// A field.
    pub(super) fn get(&self, index: usize) -> Option<&[u8]> {
        let ends = self.ends.get(..self.fields)?;
        let end = *ends.get(index)?;
        let start = index
            .checked_sub(1)
            .map_or(0, |before| ends[before] + self.gap);
        self.bytes.get(start..end).map(<[u8]>::trim_ascii)
    }

    /// A whole record without quotes, which needs no parser: its fields are what stands between commas. Takes the
    /// line and leaves what it had before.
    fn take_plain(&mut self, line: &mut Vec<u8>) {
        std::mem::swap(&mut self.bytes, line);
        let end = self.bytes.len().saturating_sub(1);
        self.ends.clear();
        self.ends.extend(memchr_iter(b',', &self.bytes));
        self.ends.push(end);
        self.fields = self.ends.len();
        self.gap = 1;
    }

    /// Parses a line on; whether the record is complete.
    fn push(&mut self, parser: &mut Reader, line: &[u8]) -> bool {
        self.gap = 0;
        // Fields are no longer than their text, and each but the last takes a delimiter.
        let grow = |room: usize, now: usize| room.max(now);
        self.bytes
            .resize(grow(self.written + line.len(), self.bytes.len()), 0);
        self.ends
            .resize(grow(self.fields + line.len() + 1, self.ends.len()), 0);
        let (result, _, written, ended) = parser.read_record(
            line,
            &mut self.bytes[self.written..],
            &mut self.ends[self.fields..],
        );
        self.written += written;
        self.fields += ended;
        result == ReadRecordResult::Record
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::{Broken, Records};

    /// Every record as `line: field|field`.
    fn split(text: &str) -> Result<Vec<String>, Broken> {
        let mut records = Records::new(Box::new(Cursor::new(text.as_bytes().to_vec())));
        let mut found = Vec::new();
        while records.advance()? {
            let record = records.record();
            let fields: Vec<_> = (0..record.len())
                .map(|i| String::from_utf8_lossy(record.get(i).expect("a field")))
                .collect();
            assert_eq!(record.get(record.len()), None);
            found.push(format!("{}: {}", record.line(), fields.join("|")));
        }
        Ok(found)
    }

    #[test]
    fn lines_are_those_of_an_editor() {
        for (text, expected) in [
            ("a,b\n1,2\n3,4\n", ["1: a|b", "2: 1|2", "3: 3|4"]),
            ("a,b\r\n1,2\r\n3,4\r\n", ["1: a|b", "2: 1|2", "3: 3|4"]),
            ("a,b\n1,2\r\n3,4", ["1: a|b", "2: 1|2", "3: 3|4"]),
            (
                "\n\na,b\n\n1,2\n \t\n3,4\n\n",
                ["3: a|b", "5: 1|2", "7: 3|4"],
            ),
            (
                "\r\na,b\r\n\r\n\r\n1,2\r\n3,4\r\n\r\n",
                ["2: a|b", "5: 1|2", "6: 3|4"],
            ),
            (
                "a,b\n\"x\n\ny\",2\n3,4\n",
                ["1: a|b", "2: x\n\ny|2", "5: 3|4"],
            ),
            (
                "a,b\r\n\"x\r\ny\",2\r\n3,\"4\"\r\n",
                ["1: a|b", "2: x\ny|2", "4: 3|4"],
            ),
            ("\u{feff}a,b\n1,2\n3,4\n", ["1: a|b", "2: 1|2", "3: 3|4"]),
            (
                " a , b\n\"say \"\"so\"\"\",\n3,4\n",
                ["1: a|b", "2: say \"so\"|", "3: 3|4"],
            ),
        ] {
            assert_eq!(split(text).expect("records"), expected, "{text:?}");
        }
        for blank in ["", "\n", "\r\n \n\u{20}"] {
            assert_eq!(split(blank).expect("none"), [""; 0], "{blank:?}");
        }
    }

    #[test]
    fn an_open_quote_is_refused_where_it_opens() {
        let Err(Broken::Record(line, message)) = split("a,b\r\n\r\n1,\"2\n3,4\n") else {
            panic!("the quote is not closed");
        };
        assert_eq!(line, 3);
        assert!(message.contains("not closed"), "{message}");
    }

    #[test]
    fn endless_lines_are_refused() {
        let source = std::io::BufReader::new(std::io::Read::take(std::io::repeat(b'x'), 1 << 28));
        let mut records = Records::new(Box::new(source));
        let Err(Broken::Record(1, message)) = records.advance() else {
            panic!("the line is too long");
        };
        assert!(message.contains("64 MiB"), "{message}");
    }
}
