//! What the manifests say, read through `cargo metadata`.

use serde_json::Value;

use crate::failure::Failure;
use crate::runner::Run;

/// A package of the dependency graph.
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) rust_version: Option<String>,
    pub(crate) features: Vec<String>,
    /// Whether it is one of ours.
    pub(crate) ours: bool,
}

/// All packages that a build on this machine uses.
pub(crate) fn packages() -> Result<Vec<Package>, Failure> {
    let arguments = ["metadata", "--format-version", "1", "--locked"];
    let text = Run::cargo(arguments)
        .output()
        .ok_or_else(|| Failure::Command(format!("cargo {}", arguments.join(" "))))?;
    let metadata: Value = serde_json::from_str(&text)
        .map_err(|error| Failure::Check(format!("cargo metadata: {error}")))?;
    let packages = metadata["packages"].as_array().cloned().unwrap_or_default();
    Ok(packages.iter().map(package).collect())
}

fn package(value: &Value) -> Package {
    let text = |key: &str| value[key].as_str().map(str::to_owned);
    Package {
        name: text("name").unwrap_or_default(),
        rust_version: text("rust_version"),
        features: value["features"]
            .as_object()
            .map(|features| features.keys().cloned().collect())
            .unwrap_or_default(),
        ours: value["source"].is_null(),
    }
}

/// The features of the core, but for `default`.
pub(crate) fn core_features() -> Result<Vec<String>, Failure> {
    let features: Vec<String> = packages()?
        .into_iter()
        .filter(|package| package.name == "heterosgd")
        .flat_map(|package| package.features)
        .filter(|feature| feature != "default")
        .collect();
    if features.is_empty() {
        return Err(Failure::Check("core/Cargo.toml names no feature".into()));
    }
    Ok(features)
}

/// Where cargo puts what it builds.
pub(crate) fn target_directory() -> Result<std::path::PathBuf, Failure> {
    let arguments = ["metadata", "--format-version", "1", "--no-deps"];
    let text = Run::cargo(arguments)
        .output()
        .ok_or_else(|| Failure::Command(format!("cargo {}", arguments.join(" "))))?;
    let metadata: Value = serde_json::from_str(&text)
        .map_err(|error| Failure::Check(format!("cargo metadata: {error}")))?;
    metadata["target_directory"]
        .as_str()
        .map(Into::into)
        .ok_or_else(|| Failure::Check("cargo metadata names no target directory".into()))
}
