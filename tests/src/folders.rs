//! Where things lie on disk: the repository, the fixtures, cargo's target folder, what the Makefile installs. Refuses to guess: a missing
//! thing ends the test with the command that brings it. Invariant: paths are found from cargo's own, never written down.

use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn repository() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().expect("the tests package lies inside the repository").to_path_buf()
}

/// A file or folder under `tests/fixtures`; panics where it is missing.
pub fn fixture(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    assert!(path.exists(), "the fixture {} is missing", path.display());
    path
}

/// The text of a fixture.
pub fn fixture_text(name: &str) -> String {
    let path = fixture(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("can't read {}: {error}", path.display()))
}

/// The folder with the bundled npm fixtures that `make deps` builds; panics with that advice where it is missing.
pub fn react() -> PathBuf {
    let path = repository().join("target").join("react");
    assert!(path.join("root.html").exists(), "{} is not built: run `make deps`", path.display());
    path
}

/// The Next.js site that `make deps` builds; panics with that advice where it is missing.
pub fn next() -> PathBuf {
    let path = repository().join("target").join("next");
    assert!(path.join("ready").exists(), "{} is not built: run `make deps`", path.display());
    path
}

/// Cargo's profile folder (`target/debug`) that holds this test and the binaries built beside it.
pub fn profile() -> PathBuf {
    let test = std::env::current_exe().expect("a running test knows its own executable");
    let deps = test.parent().expect("an executable lies in a folder");
    deps.parent().expect("cargo puts tests into a folder named deps").to_path_buf()
}

/// The folder for what tests leave to look at (screenshots), `target/pictures`.
pub fn pictures() -> PathBuf {
    let folder = repository().join("target").join("pictures");
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

/// The Python of the virtual environment with Django that the Makefile makes; panics with the advice to make it.
pub fn django_python() -> PathBuf {
    let path = repository().join("target").join("django-venv").join("bin").join("python");
    assert!(path.exists(), "{} is missing: run `make deps`", path.display());
    path
}

/// Schemathesis in the virtual environment that the Makefile makes; panics with the advice to make it.
pub fn schemathesis() -> PathBuf {
    let path = repository().join("target").join("schemathesis-venv").join("bin").join("schemathesis");
    assert!(path.exists(), "{} is missing: run `make deps`", path.display());
    path
}

/// The gateway's binary, as `cargo build -p consent-gateway` leaves it beside the tests. Panics when it is missing or older than
/// one of the files that cargo's dep-info says it is made of: a test of yesterday's gateway proves nothing.
pub fn gateway_binary() -> PathBuf {
    let binary = profile().join("consent-gateway");
    assert!(
        binary.exists(),
        "{} is missing: run `make test`, or `cargo build -p consent-gateway` before `cargo test -p gateway-tests`",
        binary.display()
    );
    let Some(newer) = newer_source(&binary) else { return binary };
    panic!(
        "{} is older than {}: run `cargo build -p consent-gateway` before `cargo test -p gateway-tests`",
        binary.display(),
        newer.display()
    );
}

fn newer_source(binary: &Path) -> Option<PathBuf> {
    let built = binary.metadata().and_then(|metadata| metadata.modified()).ok()?;
    let recipe = std::fs::read_to_string(binary.with_extension("d")).ok()?;
    let (_, sources) = recipe.split_once(':')?;
    // Make escapes a space in a name with a backslash; a split at bare spaces then keeps such names whole.
    let joined = sources.replace("\\ ", "\0");
    joined.split_whitespace().map(|name| PathBuf::from(name.replace('\0', " "))).find(|source| {
        let changed = source.metadata().ok().filter(std::fs::Metadata::is_file).and_then(|found| found.modified().ok());
        changed.is_some_and(|changed| changed > built)
    })
}
