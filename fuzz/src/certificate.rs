//! Logs and reports of boards.

use std::sync::LazyLock;

use heterosgd_host::device::log;

/// The log of a run that there is.
static LOG: LazyLock<String> = LazyLock::new(|| log::expected("rank-one").expect("a problem"));

/// Any text is the log of the run, or has a first damage; a damage that is put right goes away.
pub fn any_log(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = log::problem(&text);
    assert_eq!(log::first_damage(&LOG, &text).is_none(), *LOG == text);
    let _ = log::is_report(&text);
    // Most of a log, with these bytes in it.
    let place = bytes
        .first()
        .map_or(0, |&byte| usize::from(byte) * LOG.len() / 256);
    let mut damaged = LOG.clone().into_bytes();
    damaged.splice(
        place..(place + bytes.len()).min(LOG.len()),
        bytes.iter().copied(),
    );
    let damaged = String::from_utf8_lossy(&damaged);
    assert_eq!(log::first_damage(&LOG, &damaged).is_none(), *LOG == damaged);
    let _ = log::problem(&damaged);
    let _ = log::is_report(&damaged);
}
