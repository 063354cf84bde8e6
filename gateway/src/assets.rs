//! The files that the banner and the gateway's own pages need, embedded and compressed at build time.
//!
//! Refuses to know addresses: the prefix is a site's own. Invariant: an asset's name is made from its content, so
//! whoever has it by name may keep it for ever.

use std::io::Write as _;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

/// An embedded file.
#[derive(Debug)]
pub struct Asset {
    /// The last part of its address: 12 hexadecimal digits and the kind, such as `0123456789ab.js`.
    pub name: &'static str,
    /// The value for `Content-Type`.
    pub media: &'static str,
    /// Its digest as the attribute `integrity` and content security policies write it, without quotes.
    pub integrity: &'static str,
    /// The file as it is.
    pub raw: &'static [u8],
    /// The file for `Content-Encoding: gzip`.
    pub gzip: &'static [u8],
    /// The file for `Content-Encoding: br`.
    pub brotli: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The body of the script that stands beside the guard: what a site has switched on, by the value of `site`.
pub const EXTRAS: &str = include_str!(concat!(env!("OUT_DIR"), "/extras.js"));

/// The digest by which what was shown is named.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.iter_mut().zip(digest::digest(&digest::SHA256, bytes).as_ref()).for_each(|(to, from)| *to = *from);
    hash
}

/// A file made while the gateway runs, such as a site's rules: named and compressed once, when it is made.
#[derive(Clone, Debug)]
pub struct Made {
    /// As [`Asset::name`].
    pub name: String,
    /// The value for `Content-Type`.
    pub media: &'static str,
    /// As [`Asset::integrity`].
    pub integrity: String,
    /// The file as it is.
    pub raw: Bytes,
    /// The file for `Content-Encoding: gzip`.
    pub gzip: Bytes,
    /// The file for `Content-Encoding: br`.
    pub brotli: Bytes,
}

impl Made {
    /// A script of this text.
    #[must_use]
    pub fn script(text: String) -> Self {
        Self::new(text, ".js", "text/javascript; charset=utf-8")
    }

    /// A sheet of this text.
    #[must_use]
    pub fn sheet(text: String) -> Self {
        Self::new(text, ".css", "text/css; charset=utf-8")
    }

    fn new(text: String, ending: &str, media: &'static str) -> Self {
        let digest = digest::digest(&digest::SHA256, text.as_bytes());
        let letters = digest.as_ref().iter().take(6).map(|byte| format!("{byte:02x}"));
        Self {
            name: letters.chain([ending.to_owned()]).collect(),
            media,
            integrity: format!("sha256-{}", STANDARD.encode(digest.as_ref())),
            gzip: gzip(text.as_bytes()).into(),
            brotli: brotli(text.as_bytes()).into(),
            raw: text.into(),
        }
    }
}

/// Writing into memory does not fail; were it to, the empty result would be an empty script.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default()
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: 9, lgwin: 18, ..Default::default() };
    let done = brotli::BrotliCompress(&mut &*bytes, &mut packed, &parameters);
    if done.is_ok() { packed } else { Vec::new() }
}

/// The asset of this name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Asset> {
    ALL.into_iter().find(|asset| asset.name == name)
}

#[cfg(test)]
#[path = "../build/shorten.rs"]
mod shorten;

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::{
        ALL, ASK, ASK_SHEET, BANNER_SHEET, GLUE, GUARD, LATER, LOADER, Made, PLACEHOLDER, WAKE, WASM, WORDS, by_name,
    };

    /// What a first visitor downloads for the banner's code, in bytes.
    const CODE_BUDGET: usize = 15_000;

    #[test]
    fn the_code_stays_within_its_budget() {
        let size = WASM.gzip.len() + GLUE.gzip.len();
        assert!(size <= CODE_BUDGET, "{} + {} = {size}", WASM.gzip.len(), GLUE.gzip.len());
        assert!(LOADER.gzip.len() <= 2_000, "{}", LOADER.gzip.len());
        assert!(ASK.gzip.len() + ASK_SHEET.gzip.len() <= 2_600, "{} + {}", ASK.gzip.len(), ASK_SHEET.gzip.len());
        assert!(PLACEHOLDER.gzip.len() <= 1_500, "{}", PLACEHOLDER.gzip.len());
        assert!(WAKE.gzip.len() <= 5_000, "{}", WAKE.gzip.len());
        assert!(WORDS.gzip.len() <= 1_000, "{}", WORDS.gzip.len());
        assert!(GUARD.gzip.len() <= 4_000, "{}", GUARD.gzip.len());
    }

    #[test]
    fn what_is_made_is_named_and_packed_like_what_is_embedded() {
        let made = Made::script("window.consentRules={};".to_owned());
        assert!(made.name.len() == 15 && made.name.ends_with(".js"), "{}", made.name);
        assert_ne!(made.name, Made::script("window.consentRules=[];".to_owned()).name);
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&*made.gzip).read_to_end(&mut plain).unwrap();
        assert_eq!(plain, made.raw);
        plain.clear();
        brotli::BrotliDecompress(&mut &*made.brotli, &mut plain).unwrap();
        assert_eq!(plain, made.raw);
    }

    #[test]
    fn compressed_forms_hold_the_same_bytes() {
        for asset in ALL {
            let mut plain = Vec::new();
            flate2::read::GzDecoder::new(asset.gzip).read_to_end(&mut plain).unwrap();
            assert_eq!(plain, asset.raw, "{}", asset.name);
            plain.clear();
            brotli::BrotliDecompress(&mut &*asset.brotli, &mut plain).unwrap();
            assert_eq!(plain, asset.raw, "{}", asset.name);
        }
    }

    #[test]
    fn a_script_is_shortened_where_nothing_can_change() {
        let check = |inside: &str, expect: &str| {
            let shortened = super::shorten::shorten(&format!("(() => {{\n{inside}\n}})();\n"));
            assert_eq!(shortened, format!("(()=>{{{expect}}})();\n"), "{inside}");
        };
        check("const first = 1;\nlet second = first + +first;", "let q=1,r=q+ +q");
        check("function add(one, two) {\n return one + two;\n}\nadd(1, 2);", "function q(a,b){return a+b}\nq(1,2)");
        check("const text = `a ${window.text} ${text ?? 'b  c'}`;", "let text=`a ${window.text} ${text??'b  c'}`");
        check("const key = ({ name }) => ({ name, key: 1 });", "let key=({name})=>({name,key:1})");
        check("const found = /[/ ]x+/g.test('it\\'s') / 2;", "let q=/[/ ]x+/g.test('it\\'s')/2");
        check("for (const each of [1]) {\n each();\n}", "for(let a of[1]){a()}");
        check("const word = { true: true };", "let q={true:!0}");
    }

    #[test]
    fn names_are_neutral_and_found() {
        for asset in ALL {
            let (digits, kind) = asset.name.split_once('.').unwrap();
            assert!(digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{}", asset.name);
            assert!(["js", "css", "wasm"].contains(&kind));
            assert_eq!(by_name(asset.name).unwrap().integrity, asset.integrity);
            assert_eq!(asset.integrity.len(), "sha256-".len() + 44);
        }
        assert!(by_name("page.js").is_none());
    }

    #[test]
    fn scripts_name_what_they_load() {
        let text = |bytes| std::str::from_utf8(bytes).unwrap();
        assert!(text(GLUE.raw).contains(WASM.name) && text(GLUE.raw).contains(WAKE.name));
        assert!(text(LOADER.raw).contains(WAKE.name));
        assert!(text(LOADER.raw).contains(GLUE.name) && text(LOADER.raw).contains(BANNER_SHEET.name));
        assert!(text(LOADER.raw).contains(ASK.name) && text(ASK.raw).contains(ASK_SHEET.name));
        assert!(text(GUARD.raw).contains(LATER.name) && !text(GUARD.raw).contains("{{"));
        assert!(!text(GLUE.raw).contains("{{") && !text(LOADER.raw).contains("{{"));
        assert!(!text(WAKE.raw).contains("{{") && text(WAKE.raw).contains(WORDS.name));
        for (tag, word) in [("ko", "다시 불러오기"), ("en", "Load again"), ("zh-Hans", "重新加载"), ("fr", "Recharger")]
        {
            let row = text(WORDS.raw).lines().find(|line| line.starts_with(&format!("'{tag}': [")));
            assert!(row.is_some_and(|row| row.ends_with(&format!("'{word}'],"))), "{tag}");
        }
        assert!(WASM.raw.starts_with(b"\0asm"));
    }
}
