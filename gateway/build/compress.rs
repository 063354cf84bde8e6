//! Names an asset by its content, compresses it, and writes the Rust that embeds it.
//!
//! Refuses telling names: lists that block by address would take a word like "consent" for a tracker's. Invariant:
//! equal content has an equal name, so that browsers may keep it for ever.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

/// A file to embed.
pub(crate) struct Asset {
    constant: &'static str,
    about: &'static str,
    /// The file's name: 12 hexadecimal digits and the kind.
    pub(crate) name: String,
    integrity: String,
    bytes: Vec<u8>,
}

impl Asset {
    pub(crate) fn new(constant: &'static str, about: &'static str, kind: &str, bytes: Vec<u8>) -> Self {
        let digest = Sha256::digest(&bytes);
        let mut name = String::new();
        for byte in digest.iter().take(6) {
            write!(name, "{byte:02x}").ok();
        }
        name.push('.');
        name.push_str(kind);
        Self { constant, about, name, integrity: format!("sha256-{}", base64(&digest)), bytes }
    }

    fn media(&self) -> &'static str {
        match self.name.rsplit('.').next() {
            Some("wasm") => "application/wasm",
            Some("css") => "text/css; charset=utf-8",
            _ => "text/javascript; charset=utf-8",
        }
    }
}

/// Writes the assets and `assets.rs`, which embeds them, into cargo's folder for this script.
pub(crate) fn write(assets: &[Asset], out: &Path) -> Result<(), String> {
    let mut source = String::new();
    for asset in assets {
        put(out, &asset.name, &asset.bytes)?;
        put(out, &format!("{}.gz", asset.name), &gzip(&asset.bytes)?)?;
        put(out, &format!("{}.br", asset.name), &brotli(&asset.bytes)?)?;
        let Asset { constant, about, name, integrity, .. } = asset;
        let media = asset.media();
        write!(
            source,
            "/// {about}\npub static {constant}: Asset = Asset {{\n    name: {name:?},\n    media: {media:?},\n    \
             integrity: {integrity:?},\n    raw: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}\")),\n    \
             gzip: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}.gz\")),\n    \
             brotli: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}.br\")),\n}};\n"
        )
        .ok();
        if name.ends_with(".css") {
            write!(
                source,
                "/// {about} As text, to stand in a page.\npub const {constant}_TEXT: &str = \
                 include_str!(concat!(env!(\"OUT_DIR\"), \"/{name}\"));\n"
            )
            .ok();
        }
    }
    let names: Vec<String> = assets.iter().map(|asset| format!("&{}", asset.constant)).collect();
    writeln!(source, "/// Every asset.\npub static ALL: [&Asset; {}] = [{}];", names.len(), names.join(", ")).ok();
    put(out, "assets.rs", source.as_bytes())
}

/// Writes a text that is embedded as a part of others.
pub(crate) fn write_text(out: &Path, name: &str, text: &str) -> Result<(), String> {
    put(out, name, text.as_bytes())
}

fn put(out: &Path, name: &str, bytes: &[u8]) -> Result<(), String> {
    let path = out.join(name);
    fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).map_err(|error| format!("gzip: {error}"))
}

fn brotli(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut packed = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut &*bytes, &mut packed, &parameters).map_err(|error| format!("brotli: {error}"))?;
    Ok(packed)
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let index = (group >> (18 - 6 * place)) as usize & 63;
            text.push(if place > chunk.len() { '=' } else { char::from(ALPHABET[index]) });
        }
    }
    text
}
