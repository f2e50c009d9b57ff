//! The tests of the packages, each in one profile, so that nothing is built twice.

use crate::failure::Failure;
use crate::runner::Run;

/// Packages that run on a device, and their tests: assertions and overflow checks are on.
const DEVICE: [&str; 6] = [
    "heterosgd",
    "heterosgd-flash",
    "heterosgd-problems",
    "heterosgd-boards",
    "heterosgd-tests",
    "heterosgd-xtask",
];

/// Packages of the host: as users run them, for the same build serves the checks that follow.
const HOST: [&str; 2] = ["heterosgd-host", "heterosgd-fuzz"];

/// Everything that the host can be built with.
const FEATURES: [&str; 2] = ["--features", "heterosgd-host/full"];

fn test(packages: &[&'static str], more: &[&'static str]) -> Run {
    let packages = packages.iter().flat_map(|name| ["--package", name]);
    let arguments = ["test", "--locked"].into_iter().chain(packages);
    Run::cargo(arguments.chain(more.iter().copied()))
}

/// The core and what runs beside it on a device.
pub(super) fn device() -> Result<(), Failure> {
    test(&DEVICE, &[]).step("tests of the core, with assertions and overflow checks")
}

/// Builds all that the tests of the host need, the command among it.
pub(super) fn build_host() -> Result<(), Failure> {
    let more = ["--release", "--no-run"].into_iter().chain(FEATURES);
    test(&HOST, &more.collect::<Vec<_>>()).step("the host, with every feature")
}

/// The host, its command, and the corpus of the fuzzers.
pub(super) fn host() -> Result<(), Failure> {
    let more = ["--release"].into_iter().chain(FEATURES);
    test(&HOST, &more.collect::<Vec<_>>()).step("tests of the host")
}

/// The host again with assertions and overflow checks, and what the benches share.
pub(super) fn host_checked() -> Result<(), Failure> {
    test(&HOST, &FEATURES).step("tests of the host, with assertions and overflow checks")?;
    test(&["heterosgd-benches"], &["--release"]).step("tests of the benches")
}

/// What takes minutes: power cuts behind power cuts, and hundreds of kills.
pub(super) fn campaigns() -> Result<(), Failure> {
    let campaign = |package, more: &[&'static str]| {
        let names = ["--release", "--", "--ignored", "--nocapture", "campaign"];
        test(&[package], &[more, &names].concat()).step(&format!("campaigns of {package}"))
    };
    campaign(
        "heterosgd-tests",
        &["--test", "power_cuts", "--test", "whitened"],
    )?;
    campaign(
        "heterosgd-host",
        &["--test", "sweep", "--features", "heterosgd-host/full"],
    )
}

/// The unit tests of the host, of the same packages as all: another selection would build it again.
pub(super) fn host_units() -> Result<(), Failure> {
    let more = ["--release", "--lib"].into_iter().chain(FEATURES);
    test(&HOST, &more.collect::<Vec<_>>()).step("unit tests of the host")
}
