//! Files that hold a key: made once, for this user alone, and then read.
//!
//! Refuses to write over one that is there: what it protects would be lost. Invariant: nobody else can read it, not even
//! while it is written.

use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Makes a file with this text; it is there whole or not at all, since other processes may be looking for it.
///
/// # Errors
/// What the system says; so too where the file is there already.
pub(crate) fn make(path: &Path, text: &str) -> std::io::Result<()> {
    let mut random = [0; 8];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| std::io::Error::other("the system gave no random bytes"))?;
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{:016x}", u64::from_be_bytes(random)));
    let beside = Path::new(&name);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(beside)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    // Where another process was faster, its file stays: a link is never written over.
    let made = written.and_then(|()| std::fs::hard_link(beside, path));
    std::fs::remove_file(beside)?;
    made
}

/// What a file holds; made with this text where it is missing. Where another process was faster, its text is the text.
///
/// # Errors
/// What the system says.
pub(crate) fn read_or_make(path: &Path, new: &str) -> std::io::Result<String> {
    match std::fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => match make(path, new) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => std::fs::read_to_string(path),
            made => made.map(|()| new.to_owned()),
        },
        read => read,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_for_this_user_alone_and_is_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        make(&path, "first\n").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(make(&path, "second\n").unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "first\n");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        assert_eq!(read_or_make(&path, "third\n").unwrap(), "first\n");
        let other = folder.path().join("b.key");
        assert_eq!(read_or_make(&other, "fourth\n").unwrap(), "fourth\n");
        assert_eq!(std::fs::read_to_string(&other).unwrap(), "fourth\n");
    }
}
