//! Writing results: whole files or none.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::cli::Common;
use crate::error::{Error, Result};

/// A directory for results, made when it is first needed.
#[derive(Debug)]
pub struct OutDir {
    root: PathBuf,
}

impl OutDir {
    /// Makes the directory and everything above it.
    ///
    /// # Errors
    /// If it cannot be made, or is a file.
    pub fn create(root: &Path) -> Result<Self> {
        std::fs::create_dir_all(root).map_err(Error::io(root))?;
        Ok(Self {
            root: root.to_owned(),
        })
    }

    /// The path of `name` in the directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Writes a whole file.
    ///
    /// # Errors
    /// As [`write_file`].
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        write_file(&self.path(name), bytes)
    }

    /// Writes `value` as indented JSON with a final line break.
    ///
    /// # Errors
    /// As [`write_file`].
    pub fn write_json(&self, name: &str, value: &impl Serialize) -> Result<()> {
        self.write(name, to_json(value)?.as_bytes())
    }
}

/// Writes a file through a temporary name in the same directory, so that a reader sees the old
/// file, the new one or none, never half of one.
///
/// # Errors
/// If the directory cannot be written to.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    write_stream(path, |sink| sink.write_all(bytes))
}

/// As [`write_file`], for contents that are made while they are written.
///
/// # Errors
/// If the directory cannot be written to.
pub fn write_stream(
    path: &Path,
    contents: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<()> {
    // A device or a pipe is written to, not replaced by a file.
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        let write = || -> std::io::Result<()> {
            let mut sink = BufWriter::new(std::fs::OpenOptions::new().write(true).open(path)?);
            contents(&mut sink)?;
            sink.flush()
        };
        return write().map_err(Error::io(path));
    }
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let write = || -> std::io::Result<()> {
        let mut file = BufWriter::new(temporary(directory)?);
        contents(&mut file)?;
        let file = file
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error)?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(Error::io(path))
}

/// A file of a temporary name in `directory`, to be given its own when it is whole.
pub(crate) fn temporary(directory: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".heterosgd-").suffix(".tmp");
    // Temporary files are private by default; results are as public as the umask allows.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(directory)
}

/// Writes text to standard output; a closed pipe is an error like any other.
///
/// # Errors
/// If standard output cannot be written to.
pub fn print(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(Error::io(Path::new("-")))
}

/// Writes the machine-readable summary where `--json` wants it, if it does.
///
/// # Errors
/// If it cannot be written.
pub fn summary(common: &Common, value: &impl Serialize) -> Result<()> {
    match &common.json {
        None => Ok(()),
        Some(path) if path == Path::new("-") => print(&to_json(value)?),
        Some(path) => write_file(path, to_json(value)?.as_bytes()),
    }
}

/// Whether the text report goes to standard output: not with `--quiet`, and not where the JSON goes.
pub fn wants_report(common: &Common) -> bool {
    !common.quiet && common.json.as_deref() != Some(Path::new("-"))
}

fn to_json(value: &impl Serialize) -> Result<String> {
    let mut text = serde_json::to_string_pretty(value)
        .map_err(|error| Error::Failed(format!("the summary cannot be written: {error}")))?;
    text.push('\n');
    Ok(text)
}
