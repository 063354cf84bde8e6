//! The files that the banner and the gateway's own pages need, embedded and compressed at build time.
//!
//! Refuses to know addresses: the prefix is a site's own. Invariant: an asset's name is made from its content, so
//! whoever has it by name may keep it for ever.

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

/// The asset of this name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Asset> {
    ALL.into_iter().find(|asset| asset.name == name)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::{ALL, ASK, ASK_SHEET, BANNER_SHEET, GLUE, LOADER, PLACEHOLDER, WAKE, WASM, by_name};

    /// What a first visitor downloads for the banner's code, in bytes.
    const CODE_BUDGET: usize = 16_000;

    #[test]
    fn the_code_stays_within_its_budget() {
        let size = WASM.gzip.len() + GLUE.gzip.len();
        assert!(size <= CODE_BUDGET, "{} + {} = {size}", WASM.gzip.len(), GLUE.gzip.len());
        assert!(LOADER.gzip.len() <= 2_000, "{}", LOADER.gzip.len());
        assert!(ASK.gzip.len() + ASK_SHEET.gzip.len() <= 2_600, "{} + {}", ASK.gzip.len(), ASK_SHEET.gzip.len());
        assert!(PLACEHOLDER.gzip.len() <= 1_500, "{}", PLACEHOLDER.gzip.len());
        assert!(WAKE.gzip.len() <= 5_000, "{}", WAKE.gzip.len());
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
        assert!(!text(GLUE.raw).contains("{{") && !text(LOADER.raw).contains("{{"));
        assert!(!text(WAKE.raw).contains("{{") && text(WAKE.raw).contains("다시 불러오기"));
        assert!(WASM.raw.starts_with(b"\0asm"));
    }
}
