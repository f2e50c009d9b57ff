//! The literals of Python that a header is written in: dictionaries, lists, tuples, strings, whole
//! numbers, truth values.

/// Deeper than any header is; brackets without end must not fill the stack.
const DEEPEST: usize = 8;

/// A literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Literal {
    Text(String),
    Number(u64),
    Truth(bool),
    /// A list or a tuple.
    List(Vec<Literal>),
    Dict(Vec<(String, Literal)>),
}

/// The literal that `text` is, spaces at its ends aside; or what is wrong with it, and at which byte.
pub(super) fn parse(text: &str) -> Result<Literal, String> {
    let mut parser = Parser { text, at: 0 };
    let literal = parser.literal(0)?;
    if parser.peek().is_some() {
        return Err(parser.unexpected("its end"));
    }
    Ok(literal)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next character that is no space.
    fn peek(&mut self) -> Option<char> {
        let rest = self.rest();
        let spaces = rest.len() - rest.trim_ascii_start().len();
        self.at += spaces;
        self.rest().chars().next()
    }

    /// Whether `wanted` comes next, which is then passed over.
    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn unexpected(&mut self, wanted: &str) -> String {
        let found = match self.peek() {
            Some(c) => format!("{c:?}"),
            None => "the end".to_owned(),
        };
        format!(
            "{found} at byte {} of the header, where {wanted} belongs",
            self.at
        )
    }

    fn literal(&mut self, depth: usize) -> Result<Literal, String> {
        if depth > DEEPEST {
            return Err("the header's brackets are too deep".to_owned());
        }
        match self.peek() {
            Some('{') => self.dict(depth),
            Some('(') => self.list('(', ')', depth),
            Some('[') => self.list('[', ']', depth),
            Some('\'' | '"') => self.string().map(Literal::Text),
            Some(c) if c.is_ascii_digit() => self.number(),
            _ => {
                for (word, truth) in [("True", true), ("False", false)] {
                    if self.rest().starts_with(word) {
                        self.at += word.len();
                        return Ok(Literal::Truth(truth));
                    }
                }
                Err(self.unexpected("a value"))
            }
        }
    }

    fn dict(&mut self, depth: usize) -> Result<Literal, String> {
        let mut entries = Vec::new();
        self.take('{');
        while !self.take('}') {
            let key = match self.peek() {
                Some('\'' | '"') => self.string()?,
                _ => return Err(self.unexpected("a key in quotes")),
            };
            if !self.take(':') {
                return Err(self.unexpected("a colon"));
            }
            entries.push((key, self.literal(depth + 1)?));
            if !self.take(',') && self.peek() != Some('}') {
                return Err(self.unexpected("a comma"));
            }
        }
        Ok(Literal::Dict(entries))
    }

    fn list(&mut self, open: char, close: char, depth: usize) -> Result<Literal, String> {
        let mut items = Vec::new();
        self.take(open);
        while !self.take(close) {
            items.push(self.literal(depth + 1)?);
            if !self.take(',') && self.peek() != Some(close) {
                return Err(self.unexpected("a comma"));
            }
        }
        Ok(Literal::List(items))
    }

    fn string(&mut self) -> Result<String, String> {
        let mut text = String::new();
        let mut chars = self.rest().char_indices();
        let quote = chars.next().map(|(_, c)| c);
        while let Some((index, c)) = chars.next() {
            match c {
                _ if Some(c) == quote => {
                    self.at += index + c.len_utf8();
                    return Ok(text);
                }
                '\\' => match chars.next() {
                    Some((_, c @ ('\\' | '\'' | '"'))) => text.push(c),
                    _ => return Err("a name with an escape in it; rename the field".to_owned()),
                },
                _ => text.push(c),
            }
        }
        Err("a quote in the header is not closed".to_owned())
    }

    fn number(&mut self) -> Result<Literal, String> {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_digit());
        let digits = &rest[..end.unwrap_or(rest.len())];
        let number = digits
            .parse()
            .map_err(|_| format!("{digits} in the header is too large"))?;
        self.at += digits.len();
        Ok(Literal::Number(number))
    }
}

#[cfg(test)]
mod tests {
    use super::{Literal, parse};

    #[test]
    fn literals_are_read() {
        let text = |text: &str| Literal::Text(text.to_owned());
        for (source, expected) in [
            (" 12 ", Literal::Number(12)),
            ("True", Literal::Truth(true)),
            ("(3,)", Literal::List(vec![Literal::Number(3)])),
            ("()", Literal::List(vec![])),
            (
                "['a', \"b'\\\"\"]",
                Literal::List(vec![text("a"), text("b'\"")]),
            ),
            (
                "{'k': False, }\n",
                Literal::Dict(vec![("k".to_owned(), Literal::Truth(false))]),
            ),
        ] {
            assert_eq!(parse(source), Ok(expected), "{source}");
        }
    }

    #[test]
    fn what_is_no_literal_is_refused_with_its_place() {
        for (source, message) in [
            ("", "the end at byte 0 of the header, where a value belongs"),
            (
                "{'a' 1}",
                "'1' at byte 5 of the header, where a colon belongs",
            ),
            (
                "(1 2)",
                "'2' at byte 3 of the header, where a comma belongs",
            ),
            ("1 x", "'x' at byte 2 of the header, where its end belongs"),
            (
                "{1: 2}",
                "'1' at byte 1 of the header, where a key in quotes belongs",
            ),
            ("'a", "a quote in the header is not closed"),
            ("'\\x41'", "a name with an escape in it; rename the field"),
            (
                "99999999999999999999",
                "99999999999999999999 in the header is too large",
            ),
            (
                "((((((((((1))))))))))",
                "the header's brackets are too deep",
            ),
        ] {
            assert_eq!(parse(source), Err(message.to_owned()), "{source}");
        }
    }
}
