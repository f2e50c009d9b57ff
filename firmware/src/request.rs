//! What the host asks for, on the command line that semihosting passes on.

use heterosgd_problems::Request;

/// Longest command line.
const LENGTH: usize = 128;

/// Reads `checkpoint=N`, `dump=N` and `lose-sample=N`; anything else is passed over.
pub(crate) fn read() -> Request {
    let mut request = Request::default();
    let Ok(arguments) = semihosting::experimental::env::args::<LENGTH>() else {
        return request;
    };
    for argument in &arguments {
        let Some((key, value)) = argument.ok().and_then(|text| text.split_once('=')) else {
            continue;
        };
        let number = value.parse::<u64>().ok();
        match key {
            "checkpoint" => request.checkpoint = number,
            "dump" => request.dump = number,
            "lose-sample" => request.lose_sample = number,
            _ => {}
        }
    }
    request
}
