//! The types of fields.

/// The type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::data) enum Kind {
    F32,
    F64,
    Bool,
    /// A whole number of 1, 2, 4 or 8 bytes, little-endian.
    Whole {
        size: usize,
        signed: bool,
    },
    /// Bytes, with zeros after the last.
    Bytes(usize),
    /// Code points of four bytes, with zeros after the last.
    Text(usize),
}

impl Kind {
    /// From `NumPy`'s name of it, like `<f4`.
    pub(super) fn parse(name: &str) -> Result<Self, String> {
        let (order, rest) = name.split_at_checked(1).unwrap_or_default();
        let (letter, size) = rest.split_at_checked(1).unwrap_or_default();
        let unknown = || {
            format!(
                "a field of type {name:?}; numbers (f4, f8, i1 to i8, u1 to u8, b1) and text (S, U) can be read: \
                 use astype"
            )
        };
        let size: usize = size.parse().map_err(|_| unknown())?;
        let kind = match (letter, size) {
            ("f", 4) => Self::F32,
            ("f", 8) => Self::F64,
            ("b", 1) => Self::Bool,
            ("i" | "u", 1 | 2 | 4 | 8) => Self::Whole {
                size,
                signed: letter == "i",
            },
            ("S", _) => Self::Bytes(size),
            ("U", _) if size <= usize::MAX / 4 => Self::Text(size),
            _ => return Err(unknown()),
        };
        match order {
            "<" | "|" => Ok(kind),
            ">" => Err(format!(
                "a field of type {name:?}, high byte first; turn it round: a.astype(a.dtype.newbyteorder('<'))"
            )),
            _ => Err(unknown()),
        }
    }

    /// Bytes of a field.
    pub(super) fn size(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F64 => 8,
            Self::Bool => 1,
            Self::Whole { size, .. } | Self::Bytes(size) => size,
            Self::Text(count) => 4 * count,
        }
    }

    /// The number in a field, rounded to the nearest `f64`; `None` if it is text.
    pub(super) fn number(self, field: &[u8]) -> Option<f64> {
        match self {
            Self::F32 => Some(f32::from_le_bytes(field.try_into().ok()?).into()),
            Self::F64 => Some(f64::from_le_bytes(field.try_into().ok()?)),
            Self::Bool => Some(f64::from(u8::from(field.first() != Some(&0)))),
            Self::Whole { signed: true, .. } => Some(signed(field) as f64),
            Self::Whole { signed: false, .. } => Some(unsigned(field) as f64),
            Self::Bytes(_) | Self::Text(_) => None,
        }
    }

    /// What is in a field, as text; `None` if it is none.
    pub(super) fn text(self, field: &[u8]) -> Option<String> {
        match self {
            Self::F32 => Some(f32::from_le_bytes(field.try_into().ok()?).to_string()),
            Self::F64 => self.number(field).map(|number| number.to_string()),
            Self::Bool => Some((field.first() != Some(&0)).to_string()),
            Self::Whole { signed: true, .. } => Some(signed(field).to_string()),
            Self::Whole { signed: false, .. } => Some(unsigned(field).to_string()),
            Self::Bytes(_) => {
                let end = field.iter().rposition(|&byte| byte != 0);
                let bytes = field.get(..end.map_or(0, |last| last + 1))?;
                String::from_utf8(bytes.to_vec()).ok()
            }
            Self::Text(_) => {
                let points = field.as_chunks().0.iter().copied().map(u32::from_le_bytes);
                let text: Option<String> = points.map(char::from_u32).collect();
                text.map(|text| text.trim_end_matches('\0').to_owned())
            }
        }
    }
}

fn unsigned(field: &[u8]) -> u64 {
    field
        .iter()
        .rev()
        .fold(0, |number, &byte| number << 8 | u64::from(byte))
}

fn signed(field: &[u8]) -> i64 {
    // Shifted up and down again, the highest bit of the field is repeated.
    let unused = 64 - 8 * field.len().clamp(1, 8) as u32;
    (unsigned(field) << unused).cast_signed() >> unused
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn fields_are_read_as_numpy_writes_them() {
        for (name, field, number, text) in [
            ("<f4", &1.5f32.to_le_bytes()[..], Some(1.5), "1.5"),
            ("<f8", &(-0.25f64).to_le_bytes(), Some(-0.25), "-0.25"),
            ("|b1", &[1], Some(1.0), "true"),
            ("|i1", &[0xff], Some(-1.0), "-1"),
            ("<i2", &[0xfe, 0xff], Some(-2.0), "-2"),
            (
                "<i8",
                &i64::MIN.to_le_bytes(),
                Some(-9_223_372_036_854_775_808.0),
                "-9223372036854775808",
            ),
            ("|u1", &[0xff], Some(255.0), "255"),
            (
                "<u8",
                &u64::MAX.to_le_bytes(),
                Some(18_446_744_073_709_551_616.0),
                "18446744073709551615",
            ),
            ("|S3", b"ab\0", None, "ab"),
            ("<U2", &[0xe4, 0, 0, 0, 0, 0, 0, 0], None, "\u{e4}"),
        ] {
            let kind = Kind::parse(name).expect(name);
            assert_eq!(kind.size(), field.len(), "{name}");
            assert_eq!(kind.number(field), number, "{name}");
            assert_eq!(kind.text(field).as_deref(), Some(text), "{name}");
        }
        assert_eq!(Kind::Bytes(1).text(&[0xff]), None);
        assert_eq!(Kind::Text(1).text(&[0, 0xd8, 0, 0]), None);
    }

    #[test]
    fn other_types_are_refused() {
        for name in [
            "",
            "<",
            "<f",
            "<f2",
            "<c8",
            "|O",
            "<M8[us]",
            "?",
            "f4",
            "<U99999999999999999999",
        ] {
            assert!(Kind::parse(name).is_err(), "{name}");
        }
        let message = Kind::parse(">f4").expect_err("high byte first");
        assert!(message.contains("newbyteorder"), "{message}");
    }
}
