//! One minimum supported Rust version, stated once and true of everything we depend on.

use std::fs;

use crate::failure::Failure;
use crate::metadata::{Package, packages};
use crate::runner::root;

/// Checks that Cargo.toml, every package, every dependency and the README agree on the version.
pub(crate) fn check() -> Result<(), Failure> {
    println!("\n== one minimum Rust version");
    let packages = packages()?;
    let stated = stated(&packages)?;
    for package in packages.iter().filter(|package| !package.ours) {
        let needed = package.rust_version.as_deref().unwrap_or("0");
        if version(needed) > version(&stated) {
            return Err(Failure::Check(format!(
                "{} needs Rust {needed}, Cargo.toml promises {stated}",
                package.name
            )));
        }
    }
    // A second statement would go stale; clippy's incompatible_msrv reads the first.
    let clippy = read("clippy.toml")?;
    if clippy
        .lines()
        .any(|line| line.trim_start().starts_with("msrv"))
    {
        return Err(Failure::Check(
            "clippy.toml states an msrv of its own; rust-version in Cargo.toml is the only one"
                .into(),
        ));
    }
    if !read("README.md")?.contains(&format!("Rust {stated}")) {
        return Err(Failure::Check(format!(
            "README.md does not say `Rust {stated}`, the rust-version of Cargo.toml"
        )));
    }
    println!(
        "   Rust {stated}: Cargo.toml, README.md and {} packages agree",
        packages.len()
    );
    Ok(())
}

/// The version that all our packages state.
fn stated(packages: &[Package]) -> Result<String, Failure> {
    let mut versions: Vec<_> = packages
        .iter()
        .filter(|package| package.ours)
        .map(|package| package.rust_version.clone().unwrap_or_default())
        .collect();
    versions.sort();
    versions.dedup();
    match versions.as_slice() {
        [one] if !one.is_empty() => Ok(one.clone()),
        _ => Err(Failure::Check(format!(
            "our packages state the Rust versions {versions:?}; each should inherit the workspace's"
        ))),
    }
}

fn read(name: &str) -> Result<String, Failure> {
    fs::read_to_string(root().join(name))
        .map_err(|error| Failure::Check(format!("{name}: {error}")))
}

/// `1.89` and `1.89.0` are the same version.
fn version(text: &str) -> [u32; 3] {
    let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
    core::array::from_fn(|_| parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_compare_by_number() {
        assert!(version("1.9") < version("1.89"));
        assert_eq!(version("1.89"), version("1.89.0"));
        assert!(version("1.89.1") > version("1.89"));
    }
}
