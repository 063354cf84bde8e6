//! The scanner beside lol_html, which tells where it found things: the fixtures' tags, at the same offsets.
//!
//! Refuses pages made to be hard, where lol_html leaves the standard: it ends a drawing by `</svg>` alone, and one only.
//! Invariant: an attribute without a value has none in either.

use super::{Reader, What, passed};

/// Each tag's place with those of its attributes, as lol_html tells them.
fn by_lol_html(page: &[u8]) -> Vec<String> {
    let mut told = Vec::new();
    let handler = lol_html::element!("*", |element| {
        let at = element.source_location().bytes();
        let attributes = element.attributes().iter();
        let places = attributes.map(|one| (one.name_source_location(), one.value_source_location()));
        let places: Vec<_> = places.map(|(n, v)| (n.map(|n| n.bytes()), v.map(|v| v.bytes()))).collect();
        told.push(format!("{} {at:?} {places:?}", element.tag_name()));
        Ok(())
    });
    let settings = lol_html::Settings::new().append_element_content_handler(handler);
    let mut rewriter = lol_html::HtmlRewriter::new(settings, |_: &[u8]| {});
    rewriter.write(page).unwrap();
    rewriter.end().unwrap();
    told
}

fn places_by_us(page: &[u8]) -> Vec<String> {
    let starts = passed(page, true, page.len()).into_iter().filter(|tag| matches!(tag.what, What::Start(_)));
    let told = starts.map(|tag| {
        let bytes = &page[tag.start..tag.start + tag.length];
        let mut reader = Reader::default();
        reader.restart(1);
        reader.read(bytes).unwrap();
        let attributes = reader.attributes(bytes, tag.start);
        let places: Vec<_> = attributes.into_iter().map(|one| (Some(one.name), one.value)).collect();
        let name = bytes[1..reader.name_end].to_ascii_lowercase();
        format!("{} {:?} {places:?}", String::from_utf8_lossy(&name), tag.start..tag.start + tag.length)
    });
    told.collect()
}

#[test]
fn lol_html_finds_the_same_tags_in_the_same_places() {
    for (path, page) in crate::html::tests::fixtures() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // What is no UTF-8, it can't place.
        if name.ends_with(".html") && !name.starts_with("utf-16") {
            assert_eq!(places_by_us(&page), by_lol_html(&page), "{name}");
        }
    }
}
