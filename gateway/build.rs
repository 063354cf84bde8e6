//! Builds the banner and embeds it, so that plain `cargo build` makes a whole binary.
//!
//! A nested cargo compiles `banner-wasm` for WebAssembly in a target folder of its own, wasm-bindgen writes its glue, and
//! everything is compressed and named by its content. Refuses to go on without a WebAssembly toolchain. Invariant:
//! there is never a stub in the binary.

#[path = "build/compress.rs"]
mod compress;
#[path = "build/nested.rs"]
mod nested;
#[path = "build/shorten.rs"]
mod shorten;
#[path = "build/text.rs"]
mod text;
#[path = "build/toolchain.rs"]
mod toolchain;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{env, fs};

use compress::Asset;
use wasm_bindgen_cli_support::Bindgen;

/// What the guard is put together from, in this order.
const GUARD_PARTS: [&str; 6] = ["guard", "cookies", "storage", "requests", "elements", "fresh"];

/// What stands beside the guard where a site has switched it on, in this order.
const EXTRA_PARTS: [&str; 5] = ["told", "page_api", "consent_mode", "reports", "start"];

fn main() {
    if let Err(message) = embed() {
        for line in message.lines() {
            println!("cargo::error={line}");
        }
    }
}

/// What cargo tells a build script, and what it builds from.
struct Ground {
    root: PathBuf,
    banner: PathBuf,
    out: PathBuf,
}

impl Ground {
    fn read() -> Result<Self, String> {
        let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("..");
        Ok(Self { banner: root.join("banner-wasm"), root, out: PathBuf::from(variable("OUT_DIR")?) })
    }

    fn watch(&self) {
        for path in ["Cargo.lock", "Cargo.toml", "banner-wasm", "policies/src", "policies/texts", "policies/Cargo.toml"]
        {
            println!("cargo::rerun-if-changed={}", self.root.join(path).display());
        }
        println!("cargo::rerun-if-changed=build.rs");
        println!("cargo::rerun-if-changed=build");
        println!("cargo::rerun-if-env-changed=BANNER_DIST");
    }

    fn source(&self, path: &str) -> Result<String, String> {
        read_text(&self.banner.join(path))
    }
}

fn embed() -> Result<(), String> {
    let ground = Ground::read()?;
    ground.watch();
    let (glue, wasm) = banner(&ground)?;

    let wasm = Asset::new("WASM", "The banner's WebAssembly.", "wasm", wasm);
    let words = Asset::new("WORDS", "What the waking says, in every language.", "js", words(&ground)?.into_bytes());
    let wake = waking(&ground)?.replace("{{words}}", &words.name);
    let wake = Asset::new("WAKE", "The module that wakes held tags.", "js", wake.into_bytes());
    let start = ground.source("guard/start.js")?.replace("{{wasm}}", &wasm.name).replace("{{wake}}", &wake.name);
    let glue = shorten::shorten(&format!("(()=>{{\n{}}})();\n", text::script(&[&bindings(&glue)?, &start])));
    let glue = Asset::new("GLUE", "The banner's module: glue and start.", "js", glue.into_bytes());

    let later = ground.source("guard/withdraw.js")?;
    let later = text::script(&[&later, "export { withdraw };"]);
    let later = Asset::new("LATER", "What the guard fetches to take things away.", "js", later.into_bytes());
    let parts = GUARD_PARTS.map(|part| ground.source(&format!("guard/{part}.js")));
    let parts: Vec<String> = parts.into_iter().collect::<Result<_, _>>()?;
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let guard = shorten::shorten(&format!("(()=>{{\n{}}})();\n", text::script(&parts)))
        .replace("{{later}}", &later.name)
        .replace("{{wake}}", &wake.name);
    let guard = Asset::new("GUARD", "The first script of a page.", "js", guard.into_bytes());

    let extras = EXTRA_PARTS.map(|part| ground.source(&format!("guard/extras/{part}.js")));
    let extras: Vec<String> = extras.into_iter().collect::<Result<_, _>>()?;
    let extras: Vec<&str> = extras.iter().map(String::as_str).collect();
    compress::write_text(&ground.out, "extras.js", &text::script(&extras))?;

    let sheet = |file: &str| Ok::<_, String>(text::sheet(&ground.source(file)?));
    let link = sheet("style/link.css")?;
    let banner = format!("{}{link}", sheet("style/banner.css")?);
    let page = sheet("style/page.css")?;
    let notice = sheet("style/notice.css")?;
    let link = Asset::new("LINK_SHEET", "The sheet of the settings link alone.", "css", link.into_bytes());
    let banner = Asset::new("BANNER_SHEET", "The sheet of banner and settings link.", "css", banner.into_bytes());
    let notice = Asset::new("NOTICE_SHEET", "The sheet of the notice of a change.", "css", notice.into_bytes());
    let page = Asset::new("PAGE_SHEET", "The sheet of the gateway's own pages.", "css", page.into_bytes());

    let ask_sheet = Asset::new("ASK_SHEET", "The sheet of the prompt.", "css", sheet("style/ask.css")?.into_bytes());
    let ask = ground.source("guard/ask.js")?.replace("{{sheet}}", &ask_sheet.name);
    let ask = Asset::new("ASK", "The prompt that confirms cookies one by one.", "js", enclosed(&[&ask]));

    let framed = sheet("style/placeholder.css")?;
    let framed = Asset::new("PLACEHOLDER_SHEET", "The sheet in a held frame's place.", "css", framed.into_bytes());
    let placeholder = enclosed(&[&ground.source("guard/waking/element.js")?, &ground.source("guard/placeholder.js")?]);
    let placeholder = Asset::new("PLACEHOLDER", "The script in a held frame's place.", "js", placeholder);

    let loader = ground.source("guard/page.js")?.replace("{{glue}}", &glue.name).replace("{{sheet}}", &banner.name);
    let loader = loader.replace("{{ask}}", &ask.name).replace("{{wake}}", &wake.name);
    let loader = Asset::new("LOADER", "The script of the cacheable mode.", "js", enclosed(&[&loader]));

    let assets = [
        wasm,
        glue,
        guard,
        later,
        words,
        wake,
        loader,
        ask,
        ask_sheet,
        placeholder,
        framed,
        banner,
        link,
        page,
        notice,
    ];
    compress::write(&assets, &ground.out)
}

/// A classic script that leaves no names in the page.
fn enclosed(parts: &[&str]) -> Vec<u8> {
    format!("(()=>{{\n{}}})();\n", text::script(parts)).into_bytes()
}

/// The module that wakes held tags, of its parts.
fn waking(ground: &Ground) -> Result<String, String> {
    let parts = ["element", "late", "offer", "script", "wake"].map(|part| format!("guard/waking/{part}.js"));
    let parts = parts.iter().map(|part| ground.source(part)).collect::<Result<Vec<_>, _>>()?;
    let parts: Vec<&str> = parts.iter().map(String::as_str).chain(["export { addScript, wakeHeld };"]).collect();
    Ok(text::script(&parts))
}

/// The module that the waking fetches when it has something to say: a sentence and a button's word for each language.
fn words(ground: &Ground) -> Result<String, String> {
    let folder = ground.root.join("policies/texts");
    let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut rows = Vec::new();
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let lang = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let words = read_text(&path)?;
        let word = |key| text::word(&words, key).ok_or_else(|| format!("texts/{lang}.toml lacks {key}"));
        rows.push(format!("'{lang}': ['{}', '{}'],\n", word("reload")?, word("again")?));
    }
    rows.sort();
    Ok(format!("export const words = {{\n{}}};\n", rows.concat()))
}

/// The glue and the WebAssembly: built here, or taken from the folder that `BANNER_DIST` names (`banner.js`,
/// `banner.wasm`), for packagers who build it apart.
fn banner(ground: &Ground) -> Result<(String, Vec<u8>), String> {
    if let Some(folder) = env::var_os("BANNER_DIST").filter(|folder| !folder.is_empty()) {
        let folder = PathBuf::from(folder);
        let wasm = folder.join("banner.wasm");
        let bytes = fs::read(&wasm).map_err(|error| format!("BANNER_DIST: {}: {error}", wasm.display()))?;
        return Ok((read_text(&folder.join("banner.js"))?, bytes));
    }
    let toolchain = toolchain::find(&PathBuf::from(variable("RUSTC")?), &variable("HOST")?.to_string_lossy())?;
    let module = nested::build(&toolchain, &ground.root, &ground.out)?;
    bind(&module).map_err(|error| format!("wasm-bindgen could not make the banner's glue: {error}"))
}

/// What of the glue serves the banner once it is there. How it comes is the banner's own: the glue's way knows many sorts of source.
fn bindings(glue: &str) -> Result<String, String> {
    let (bindings, _) =
        glue.split_once("let wasmModule, wasmInstance, wasm;").ok_or("the glue has no such end any more")?;
    Ok(format!("let wasm;\n{}", bindings.replace("export function", "function")))
}

fn bind(module: &Path) -> Result<(String, Vec<u8>), Box<dyn std::error::Error>> {
    let mut output = Bindgen::new()
        .input_path(module)
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .omit_default_module_path(true)
        .generate_output()?;
    let mut glue = output.js().to_owned();
    let module = output.wasm_mut();
    // The names between the two carry digests, which no compression makes smaller.
    for (at, import) in module.imports.iter_mut().enumerate() {
        rename(&mut glue, &mut import.name, format!("i{at}"));
        if import.module != MODULE {
            rename(&mut glue, &mut import.module, String::from(MODULE));
        }
    }
    for (at, export) in module.exports.iter_mut().enumerate().filter(|(_, export)| export.name.contains("closure")) {
        rename(&mut glue, &mut export.name, format!("e{at}"));
    }
    Ok((glue, module.emit_wasm()))
}

/// Under which name the module asks for what the glue gives.
const MODULE: &str = "b";

fn rename(glue: &mut String, name: &mut String, new: String) {
    *glue = glue.replace(name.as_str(), &new);
    *name = new;
}

fn variable(name: &str) -> Result<OsString, String> {
    env::var_os(name).ok_or_else(|| format!("{name} is not set: this script is run by cargo"))
}

fn read_text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
