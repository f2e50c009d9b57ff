//! What the host asks for, on the command line that the debugger passes on.

use heterosgd_problems::Request;

use crate::board::console;

/// Reads `checkpoint=N`, `dump=N`, `chain=1` and `lose-sample=N`; anything else is passed over.
pub(crate) fn read() -> Request {
    console::command_line(|line| {
        let mut request = Request::default();
        // In bytes: searching a `str` can panic.
        for argument in line.split(|&byte| byte == b' ') {
            let mut halves = argument.splitn(2, |&byte| byte == b'=');
            let (Some(key), Some(value)) = (halves.next(), halves.next()) else {
                continue;
            };
            let number = core::str::from_utf8(value)
                .ok()
                .and_then(|text| text.parse().ok());
            match key {
                b"checkpoint" => request.checkpoint = number,
                b"dump" => request.dump = number,
                b"chain" => request.chain = number == Some(1),
                b"lose-sample" => request.lose_sample = number,
                _ => {}
            }
        }
        request
    })
}
