//! Files of rows: CSV, `.npy`, either of them in gzip.

use std::io::Cursor;
use std::path::Path;

use heterosgd_host::data::Reader;

/// More is no other case.
const ROWS: usize = 2000;

/// Any file is read, or refused at a place; what the reader gives of a row does not depend on how it is asked.
pub fn any_file(bytes: &[u8]) {
    let source = Box::new(Cursor::new(bytes.to_vec()));
    let Ok(mut reader) = Reader::from_source(Path::new("any"), source) else {
        return;
    };
    let columns = reader.columns().len();
    let all = reader.select((0..columns).collect());
    let mut values = vec![0.0; columns];
    for _ in 0..ROWS {
        let row = match reader.next_row() {
            Ok(Some(row)) => row,
            Ok(None) => break,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                break;
            }
        };
        let together = row.numbers::<f64>(&all, &mut values);
        let mut refused = None;
        for (column, value) in values.iter().enumerate() {
            match row.number::<f64>(column) {
                Ok(number) => {
                    assert!(number.is_finite());
                    if together.is_ok() {
                        assert_eq!(number.to_bits(), value.to_bits());
                    }
                    check_text(&row.text(column).expect("numbers are text"), number);
                }
                Err(error) => refused = refused.or(Some(error.to_string())),
            }
            let _ = row.number::<f32>(column);
        }
        assert_eq!(together.err().map(|error| error.to_string()), refused);
    }
}

/// The standard library reads the same number, if the field is one of `f32`, in `f32`.
fn check_text(text: &str, number: f64) {
    let double = text.parse::<f64>().ok();
    let single = text.parse::<f32>().ok().map(f64::from);
    assert!(
        [double, single].contains(&Some(number)),
        "{text:?} is {number} here, and there {double:?} or {single:?}"
    );
}
