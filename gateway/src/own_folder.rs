//! A folder for the time of one command, which keeps nothing: it is removed when the command ends.
//!
//! Refuses a folder that is there already: others may write where it lies. Invariant: it is this user's alone.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::seal::random;

/// Why there is none.
#[derive(Debug, thiserror::Error)]
#[error("{path} can't be made", path = path.display())]
pub struct Error {
    path: PathBuf,
    #[source]
    source: std::io::Error,
}

/// The folder; it goes with this value.
#[derive(Debug)]
pub struct OwnFolder(PathBuf);

impl OwnFolder {
    /// A new one for a command, below the system's folder for such.
    ///
    /// # Errors
    /// The system makes none.
    pub fn new(command: &str) -> Result<Self, Error> {
        let name: String = random::<8>().unwrap_or_default().iter().map(|byte| format!("{byte:02x}")).collect();
        let path = std::env::temp_dir().join(format!("consent-gateway-{command}-{name}"));
        match DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => Ok(Self(path)),
            Err(source) => Err(Error { path, source }),
        }
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for OwnFolder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}
