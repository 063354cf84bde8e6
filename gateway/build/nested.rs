//! Runs cargo once more, for the banner.
//!
//! Refuses to share a target folder with the cargo that runs this script: both would wait for the same lock. Invariant:
//! what is set for the nested cargo is set for it alone, and what the outer cargo set for itself doesn't reach it.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::toolchain::{TARGET, Toolchain};

/// Builds the banner's module and answers where it lies.
pub(crate) fn build(toolchain: &Toolchain, root: &Path, out: &Path) -> Result<PathBuf, String> {
    let target = target_folder(out).join("banner-wasm");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in env::vars_os().filter(|(name, _)| !is_kept(name)) {
        cargo.env_remove(name);
    }
    cargo.current_dir(root).args(["build", "--locked", "--package", "banner-wasm", "--profile", "banner"]);
    cargo.args(["--target", TARGET, "--target-dir"]).arg(&target);
    cargo.env("RUSTC", &toolchain.rustc);
    if let Some(linker) = &toolchain.linker {
        cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    }
    if toolchain.from_source {
        // Compiling the core library is still called unstable by cargo; a released compiler takes it with this word.
        cargo.env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=core,alloc");
    }
    let status = cargo.status().map_err(|error| format!("cargo could not be started for the banner: {error}"))?;
    if status.success() {
        Ok(target.join(TARGET).join("banner/banner_wasm.wasm"))
    } else {
        Err(format!("the banner could not be built ({status}); cargo's own words stand in this script's output"))
    }
}

/// Cargo marks its target folder; with an unmarked one, its usual depth is taken.
fn target_folder(out: &Path) -> &Path {
    let marked = out.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists());
    marked.or_else(|| out.ancestors().nth(4)).unwrap_or(out)
}

/// Whether a variable of this script's environment is meant for every cargo: where things are fetched from, and the
/// shared job tokens. The others describe the gateway's own compilation.
fn is_kept(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let of_this_build = ["RUSTC", "RUSTDOC", "RUSTFLAGS", "TARGET", "HOST", "PROFILE", "OPT_LEVEL", "DEBUG", "OUT_DIR"];
    if name == "CARGO_MAKEFLAGS" || name == "CARGO_HOME" {
        return true;
    }
    let fetching = ["CARGO_NET_", "CARGO_HTTP_", "CARGO_REGISTR", "CARGO_SOURCE_"];
    if name.starts_with("CARGO") {
        return fetching.iter().any(|prefix| name.starts_with(prefix));
    }
    !of_this_build.contains(&&*name) && !name.starts_with("RUSTC_") && !name.starts_with("DEP_")
}
