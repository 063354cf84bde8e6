//! Finds a compiler that makes WebAssembly: the one that runs this build, else the distribution's.
//!
//! Refuses to install anything. Invariant: what it answers has a compiler, a core library (ready or as source) and a
//! linker; what lacks one of them is passed over.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The target of the banner.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Where Debian and Ubuntu put the compiler of their package `rustc-web`.
const DISTRIBUTION_RUSTC: &str = "/usr/bin/rustc";

const MISSING: &str = "\
the banner needs a Rust toolchain for WebAssembly, and none was found. Install one of these, then build again:
  with rustup:          rustup target add wasm32-unknown-unknown
  on Debian or Ubuntu:  apt-get install -y --no-install-recommends rustc-web rust-web-src lld-19";

/// A compiler for the banner.
pub(crate) struct Toolchain {
    pub(crate) rustc: PathBuf,
    /// The core library comes as source and is compiled with the banner.
    pub(crate) from_source: bool,
    /// The linker, where the compiler doesn't bring its own.
    pub(crate) linker: Option<PathBuf>,
}

/// The first compiler with a ready core library, else the first with its source.
pub(crate) fn find(outer: &Path, host: &str) -> Result<Toolchain, String> {
    let found: Vec<(PathBuf, PathBuf)> = [outer.to_owned(), PathBuf::from(DISTRIBUTION_RUSTC)]
        .into_iter()
        .filter_map(|rustc| sysroot(&rustc).map(|sysroot| (rustc, sysroot)))
        .collect();
    for from_source in [false, true] {
        let library = if from_source { "src/rust/library/core/Cargo.toml" } else { TARGET };
        for (rustc, sysroot) in &found {
            let rustlib = sysroot.join("lib/rustlib");
            if !rustlib.join(library).exists() {
                continue;
            }
            let bundled = rustlib.join(host).join("bin").join(format!("rust-lld{}", std::env::consts::EXE_SUFFIX));
            let linker = if bundled.exists() { None } else { system_linker() };
            if bundled.exists() || linker.is_some() {
                return Ok(Toolchain { rustc: rustc.clone(), from_source, linker });
            }
        }
    }
    Err(MISSING.to_owned())
}

fn sysroot(rustc: &Path) -> Option<PathBuf> {
    let output = Command::new(rustc).args(["--print", "sysroot"]).output().ok()?;
    let path = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| PathBuf::from(path.trim()))
}

/// LLVM's linker under its plain name, or under the newest of the versioned names that distributions use.
fn system_linker() -> Option<PathBuf> {
    let versioned = (17..=40).rev().map(|version| format!("/usr/bin/wasm-ld-{version}"));
    versioned.chain(["/usr/bin/wasm-ld".to_owned()]).map(PathBuf::from).find(|path| path.exists())
}
