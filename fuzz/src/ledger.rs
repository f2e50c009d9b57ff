//! Ledgers of sweeps.

use std::io::Cursor;
use std::path::Path;

use heterosgd_host::sweep::ledger_rows;

/// Any bytes are refused, or are a ledger up to its first damaged line: what follows that is not read.
pub fn any_ledger(bytes: &[u8]) {
    check(bytes);
    // Lines with right checksums.
    let mut sealed = Vec::new();
    for line in bytes.split(|&byte| byte == b'\n') {
        sealed.extend_from_slice(line);
        sealed.extend_from_slice(format!(",{:08x}\n", crc32fast::hash(line)).as_bytes());
    }
    check(&sealed);
}

fn check(bytes: &[u8]) {
    let read = |bytes: &[u8]| ledger_rows(Path::new("any"), Cursor::new(bytes.to_vec()));
    let Ok(rows) = read(bytes) else { return };
    // A ledger that was cut within its last line is one with fewer rows.
    if let Some(cut) = bytes.len().checked_sub(1)
        && let Ok(fewer) = read(&bytes[..cut])
    {
        assert!(rows.starts_with(&fewer));
    }
}
