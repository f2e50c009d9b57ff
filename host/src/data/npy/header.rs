//! What stands before the rows: the version of the format, the fields, the number of rows.
//!
//! The format is that of `NumPy`'s enhancement proposal 1, versions 1.0, 2.0 and 3.0.

use std::io::{ErrorKind, Read};

use super::kind::Kind;
use super::literal::{Literal, parse};
use super::{Broken, MAGIC};

/// More bytes than any header has: what a file claims must not fill the memory.
const LONGEST: usize = 1 << 20;

/// More bytes than any real row has.
const WIDEST: usize = 1 << 26;

/// How to make an array that is none of ours into one.
const REMEDY: &str = "name its columns: numpy.lib.recfunctions.unstructured_to_structured(a, names=['env', 'y', ...])";

/// A named field of every row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Where it begins in a row.
    pub(super) offset: usize,
}

/// The header of a file of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) fields: Vec<Field>,
    /// Bytes of a row, at least one.
    pub(super) width: usize,
    pub(super) rows: u64,
}

impl Header {
    /// Reads a header, and nothing behind it.
    pub(super) fn read(source: &mut dyn Read) -> Result<Self, Broken> {
        bytes::<{ MAGIC.len() }>(source)?;
        let [major, minor] = bytes(source)?;
        let length = match (major, minor) {
            (1, 0) => u16::from_le_bytes(bytes(source)?) as usize,
            (2 | 3, 0) => u32::from_le_bytes(bytes(source)?) as usize,
            _ => {
                return Err(Broken::File(format!(
                    "version {major}.{minor} of the .npy format; 1.0, 2.0 and 3.0 can be read"
                )));
            }
        };
        if length > LONGEST {
            return Err(Broken::File(format!(
                "a header of {length} bytes; at most {LONGEST} are read"
            )));
        }
        let mut text = vec![0; length];
        fill(source, &mut text)?;
        // Before version 3.0 it is Latin-1.
        let text = if major == 3 {
            String::from_utf8(text)
                .map_err(|_| Broken::File("the header is not UTF-8".to_owned()))?
        } else {
            text.into_iter().map(char::from).collect()
        };
        parse(&text)
            .and_then(|literal| Self::from_literal(&literal))
            .map_err(Broken::File)
    }

    fn from_literal(literal: &Literal) -> Result<Self, String> {
        let Literal::Dict(entries) = literal else {
            return Err("the header is no dictionary".to_owned());
        };
        let get = |wanted: &str| {
            let mut found = entries.iter().filter(|(key, _)| key == wanted);
            match (found.next(), found.next()) {
                (Some((_, value)), None) => Ok(value),
                (None, _) => Err(format!("the header has no {wanted:?}")),
                _ => Err(format!("the header has {wanted:?} twice")),
            }
        };
        let (descr, shape) = (get("descr")?, get("shape")?);
        let Literal::Truth(_) = get("fortran_order")? else {
            return Err("fortran_order is neither True nor False".to_owned());
        };
        let Literal::List(descr) = descr else {
            let what = match descr {
                Literal::Text(kind) => format!("an array of {kind:?} without field names"),
                _ => "an array without field names".to_owned(),
            };
            return Err(format!("{what}; {REMEDY}"));
        };
        let Literal::List(shape) = shape else {
            return Err("the shape is no tuple".to_owned());
        };
        // In one dimension, both orders are the same.
        let [Literal::Number(rows)] = shape[..] else {
            return Err(format!(
                "an array of {} dimensions; save one row after the other: a.ravel()",
                shape.len()
            ));
        };
        let (mut fields, mut width) = (Vec::new(), 0_usize);
        for field in descr {
            let (name, kind) = name_and_kind(field)?;
            let size = match (name, kind.strip_prefix("|V")) {
                // What NumPy puts between fields to align them.
                ("", Some(padding)) => padding
                    .parse()
                    .map_err(|_| format!("the field {kind:?} without a name"))?,
                ("", None) => return Err(format!("field {} has no name", fields.len() + 1)),
                _ => {
                    let kind = Kind::parse(kind).map_err(|what| format!("{name}: {what}"))?;
                    fields.push(Field {
                        name: name.to_owned(),
                        kind,
                        offset: width,
                    });
                    kind.size()
                }
            };
            width = width
                .checked_add(size)
                .filter(|&width| width <= WIDEST)
                .ok_or_else(|| format!("rows of more than {} MiB", WIDEST >> 20))?;
        }
        if width == 0 {
            return Err("the rows have no fields".to_owned());
        }
        Ok(Self {
            fields,
            width,
            rows,
        })
    }
}

fn name_and_kind(field: &Literal) -> Result<(&str, &str), String> {
    let parts = match field {
        Literal::List(parts) => parts.as_slice(),
        _ => &[],
    };
    match parts {
        [Literal::Text(name), Literal::Text(kind)] => Ok((name, kind)),
        [Literal::Text(name), Literal::List(_)] => {
            Err(format!("{name}: fields within a field; save them flat"))
        }
        [Literal::Text(name), _, Literal::List(_)] => Err(format!(
            "{name}: an array within a field; give every entry a field of its own"
        )),
        _ => Err("a field is no pair of a name and a type".to_owned()),
    }
}

fn bytes<const N: usize>(source: &mut dyn Read) -> Result<[u8; N], Broken> {
    let mut bytes = [0; N];
    fill(source, &mut bytes)?;
    Ok(bytes)
}

fn fill(source: &mut dyn Read, bytes: &mut [u8]) -> Result<(), Broken> {
    source
        .read_exact(bytes)
        .map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => Broken::File("the file ends within its header".to_owned()),
            _ => Broken::Io(error),
        })
}
