//! The house rules of the repository: which room may know which, how long a file may be, what stands at its head, what lies at the top.
//! Refuses exceptions that are not data here. Invariant: the table below is the plan's own, in its order.

mod imports;

use std::path::{Path, PathBuf};
use std::process::Command;

use gateway_tests::folders;

use imports::rooms_named_in;

/// The gateway's rooms by line, top first. A room may know every room on a lower line, and on its own line only those that [`ARROWS`] name.
const LINES: [&[&str]; 9] = [
    &["main", "cli", "demo", "trial", "preview"],
    &["server", "stack"],
    &["proxy", "error"],
    &["request", "response", "html", "origin", "portal", "admin"],
    &["class", "enforcement", "expiry"],
    &["visitor", "books"],
    &[
        "view",
        "held",
        "guardian",
        "rights",
        "inventory",
        "stats",
        "webhooks",
        "retention",
        "store",
        "shown",
        "own_folder",
    ],
    &[
        "runtime",
        "site",
        "seal",
        "signing",
        "client",
        "config",
        "wire",
        "bypass",
        "telemetry",
        "body",
        "assets",
        "chart",
        "vault",
        "ledger",
    ],
    &["key_file", "consent_tools", "csv"],
];

/// Who may know whom on the same line.
const ARROWS: [(&str, &[&str]); 17] = [
    ("main", &["cli"]),
    ("cli", &["demo", "trial", "preview"]),
    ("server", &["stack"]),
    ("proxy", &["error"]),
    ("response", &["html"]),
    ("guardian", &["store"]),
    ("rights", &["store"]),
    ("inventory", &["store"]),
    ("stats", &["store"]),
    ("webhooks", &["store"]),
    ("retention", &["store"]),
    ("shown", &["store", "view"]),
    ("runtime", &["site", "seal", "signing", "config", "ledger"]),
    ("site", &["assets", "config"]),
    ("client", &["body"]),
    ("vault", &["ledger"]),
    ("config", &["vault"]),
];

/// Lines a source file may have.
const LONGEST: usize = 400;

/// What may lie at the top beside files and what git ignores.
const TOP_FOLDERS: [&str; 7] = ["gateway", "banner-wasm", "policies", "tests", ".cargo", ".ci", ".git"];

/// Our packages and which of ours each may depend on.
const PACKAGES: [(&str, &[&str]); 4] = [
    ("policies", &[]),
    ("banner-wasm", &["policies"]),
    ("gateway", &["policies"]),
    ("tests", &["policies", "gateway", "banner-wasm"]),
];

/// Packages that must not come in: one TLS library is enough, and the system's is another system's.
const BANNED: [&str; 5] = ["ring", "openssl", "openssl-sys", "native-tls", "schannel"];

#[test]
fn every_source_file_says_what_it_is_for_and_stays_short() {
    let mut faults = Vec::new();
    for file in sources(&folders::repository()) {
        let text = read(&file);
        let lines = text.lines().count();
        if lines > LONGEST {
            faults.push(format!("{} has {lines} lines: split it by idea", name(&file)));
        }
        if !text.starts_with("//!") {
            faults.push(format!("{} does not begin with //!", name(&file)));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn unsafe_code_is_allowed_in_one_place() {
    let words = [concat!("allow(", "unsafe_code"), concat!("expect(", "unsafe_code")];
    let files = sources(&folders::repository());
    let places = files.iter().flat_map(|file| {
        let text = read(file);
        let count = words.iter().map(|words| text.matches(words).count()).sum();
        vec![name(file); count]
    });
    let places: Vec<_> = places.collect();
    let one_in_the_banner = matches!(places.as_slice(), [only] if only.starts_with("banner-wasm/"));
    assert!(one_in_the_banner, "unsafe code is allowed once, for the banner's allocator; found: {places:?}");
}

#[test]
fn no_test_is_ignored() {
    let mark = concat!("#[", "ignore");
    let files = sources(&folders::repository());
    let found: Vec<_> = files.iter().filter(|file| read(file).contains(mark)).map(|file| name(file)).collect();
    assert!(found.is_empty(), "ignored tests in {found:?}");
}

#[test]
fn nothing_else_lies_at_the_top() {
    let root = folders::repository();
    let ignored = read(&root.join(".gitignore"));
    let entries = std::fs::read_dir(&root).expect("the repository can be read");
    let folders = entries.flatten().filter(|entry| entry.path().is_dir());
    let names = folders.map(|folder| folder.file_name().to_string_lossy().into_owned());
    let strangers: Vec<_> = names
        .filter(|name| !TOP_FOLDERS.contains(&name.as_str()))
        .filter(|name| !ignored.lines().any(|line| line == format!("/{name}")))
        .collect();
    assert!(strangers.is_empty(), "the plan has no place for {strangers:?}");
}

#[test]
fn rooms_of_the_gateway_know_only_rooms_below() {
    let source = folders::repository().join("gateway").join("src");
    let mut faults = Vec::new();
    for file in sources(&source) {
        let inside = file.strip_prefix(&source).expect("a file of the folder");
        let room = room_of(inside);
        if room == "lib" {
            continue;
        }
        if line_of(&room).is_none() {
            faults.push(format!("{} is a room that the plan does not name", name(&file)));
            continue;
        }
        for (line, other) in rooms_named_in(&read(&file), inside) {
            if other != room && !may_know(&room, &other) {
                faults.push(format!("{}:{line} room `{room}` may not know room `{other}`", name(&file)));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn packages_depend_downwards_only() {
    let mut faults = Vec::new();
    let ours = ["policies", "banner-wasm", "gateway", "gateway-tests"];
    for (package, allowed) in PACKAGES {
        let manifest = read(&folders::repository().join(package).join("Cargo.toml"));
        let (_, dependencies) = manifest.split_once("dependencies]").unwrap_or_default();
        let named = dependencies.lines().filter_map(|line| line.split(['.', ' ', '=']).next());
        let strangers = named.filter(|name| ours.contains(name) && !allowed.contains(name));
        faults.extend(strangers.map(|name| format!("{package} may not depend on {name}")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn banned_packages_stay_out() {
    let mut tree = Command::new(env!("CARGO"));
    tree.args([
        "tree",
        "--workspace",
        "--locked",
        "--offline",
        "--prefix",
        "none",
        "--edges",
        "all",
        "--format",
        "{p}",
    ]);
    let output = tree.current_dir(folders::repository()).output().expect("cargo runs");
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let names = text.lines().filter_map(|line| line.split(' ').next());
    let mut found: Vec<_> = names.filter(|name| BANNED.contains(name)).collect();
    found.dedup();
    assert!(found.is_empty(), "banned packages came in: {found:?} (cargo tree -i tells by whom)");
}

#[test]
fn lock_files_name_no_registry() {
    let locks = files(&folders::repository(), "package-lock.json");
    let found: Vec<_> =
        locks.iter().filter(|file| read(file).contains("\"resolved\"")).map(|file| name(file)).collect();
    assert!(found.is_empty(), "{found:?} name a registry: npm's omit-lockfile-registry-resolved keeps it out");
}

fn line_of(room: &str) -> Option<usize> {
    LINES.iter().position(|line| line.contains(&room))
}

fn may_know(room: &str, other: &str) -> bool {
    let by_arrow = ARROWS.iter().any(|(from, to)| *from == room && to.contains(&other));
    by_arrow || matches!((line_of(room), line_of(other)), (Some(own), Some(theirs)) if own < theirs)
}

fn room_of(inside: &Path) -> String {
    let first = inside.components().next().expect("a file has a name");
    first.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    files(folder, ".rs")
}

/// Every file below a folder whose name ends so, without what is built or installed.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the repository can be read").flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            let skipped = ["target", "node_modules", ".git"].contains(&name.as_str());
            match (path.is_dir(), skipped) {
                (_, true) => {}
                (true, false) => folders.push(path),
                (false, false) if name.ends_with(ending) => found.push(path),
                (false, false) => {}
            }
        }
    }
    found.sort();
    found
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_else(|error| panic!("can't read {}: {error}", file.display()))
}

fn name(file: &Path) -> String {
    let inside = file.strip_prefix(folders::repository()).unwrap_or(file);
    inside.display().to_string()
}
