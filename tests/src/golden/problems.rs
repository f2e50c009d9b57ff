//! The problems that boards run. A board is compared with the host that drives it; these lines tie
//! that host, however it was compiled, to the recorded bits.

use heterosgd_problems::operations::{
    checkpoint_operations, estimate_operations, operations, refit, whitened, whitened_matrix,
};
use heterosgd_problems::{DOUBLE, GAUSSIAN, POOLED, RADEMACHER, RANK_ONE, Request, Sink};

use super::Line;

/// Takes the whole report into a digest: every checkpoint and every metric.
struct Hash(u64);

impl Sink for Hash {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

/// FNV-1a of the text that `report` writes.
fn line(name: String, report: impl FnOnce(&mut Hash)) -> Line {
    let mut hash = Hash(0xcbf2_9ce4_8422_2325);
    report(&mut hash);
    Line {
        name,
        digest: hash.0,
    }
}

macro_rules! problems {
    ($lines:ident, $($problem:ident),*) => {$(
        let name = format!("problem {}", $problem.parameters.name);
        $lines.push(line(name, |hash| {
            $problem.run(&Request::default(), hash).expect("the problem runs");
        }));
    )*};
}

/// One line for each problem, and for all operations in each scalar.
pub(super) fn add(lines: &mut Vec<Line>) {
    problems!(lines, RANK_ONE, GAUSSIAN, RADEMACHER, DOUBLE, POOLED);
    lines.push(line("operations f32".into(), |hash| {
        operations::<f32>(hash);
    }));
    lines.push(line("operations f64".into(), |hash| {
        operations::<f64>(hash);
    }));
    lines.push(line("checkpoint operations f32".into(), |hash| {
        checkpoint_operations::<f32>(hash);
    }));
    lines.push(line("checkpoint operations f64".into(), |hash| {
        checkpoint_operations::<f64>(hash);
    }));
    lines.push(line("estimate operations f32".into(), |hash| {
        estimate_operations::<f32>(hash);
    }));
    lines.push(line("estimate operations f64".into(), |hash| {
        estimate_operations::<f64>(hash);
    }));
    lines.push(line("whitened".into(), whitened));
    lines.push(line("whitened matrix".into(), whitened_matrix));
    lines.push(line("refit".into(), refit));
}
