//! The sources of CMSIS-DSP, Arm's own library for its small processors: where they come from, and how gcc
//! compiles what a stored sample needs of them.

use super::OUT;
use crate::failure::Failure;
use crate::runner::{Run, root};

/// The package of Python that carries the sources, all of them.
const NAME: &str = "cmsisdsp";
pub(super) const VERSION: &str = "1.10.3";
const SHA256: &str = "307d32298faa7c58db912851027fce35f886fec7eb1a27c4b309ce1a97f47519";

/// The functions of a stored sample, next to those that call them.
const FUNCTIONS: [&str; 3] = ["arm_dot_prod_f32", "arm_scale_f32", "arm_add_f32"];
const CALLER: &str = "benches/peers/boards/cmsis.c";
const BASIC: &str = "Source/BasicMathFunctions";

fn sources() -> String {
    format!("{OUT}/{NAME}-{VERSION}")
}

/// Whether the sources have been fetched.
pub(super) fn is_there() -> bool {
    root().join(sources()).join(BASIC).exists()
}

/// Fetches them from the index that pip uses.
pub(super) fn fetch() -> Result<(), Failure> {
    if is_there() {
        return Ok(());
    }
    let script = "benches/peers/boards/fetch.py";
    Run::new("python3", [script, NAME, VERSION, SHA256, OUT]).step("sources of CMSIS-DSP")
}

/// What gcc compiles: the functions apart, as the library they are, or in `one_unit` with their caller.
pub(super) fn inputs(one_unit: bool) -> Vec<String> {
    let sources = sources();
    // Without the headers of CMSIS-Core, which declare what no function of f32 uses.
    let mut inputs = vec![
        "-D__GNUC_PYTHON__".into(),
        "-DARM_MATH_LOOPUNROLL".into(),
        format!("-I{sources}/Include"),
        format!("-I{sources}/PrivateInclude"),
        CALLER.into(),
    ];
    if one_unit {
        inputs.extend(["-DONE_UNIT".into(), format!("-I{sources}/{BASIC}")]);
    } else {
        inputs.extend(FUNCTIONS.map(|function| format!("{sources}/{BASIC}/{function}.c")));
    }
    inputs
}
