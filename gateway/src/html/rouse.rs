//! Tags that another consent tool put to sleep: made live where their purposes are granted, else marked as the gateway
//! marks what it holds, so that they wake with everything else.
//!
//! Refuses to let a tag go that leads to a refused tracker, whatever its mark says. Invariant: a tag that isn't made live
//! loads nothing, and wakes with its own type and address.

use super::edit::Edit;
use super::gate::{Held, PREFIX, TagText};
use super::refusal::{Context, Purposes};
use super::{Marked, entity};

/// Says what another tool wrote on a tag, where the judge takes that tool's place and the tag is asleep in fact.
pub(super) fn mark_of(context: &Context<'_>, text: TagText<'_>) -> Option<Marked> {
    let marked = context
        .judge
        .other_mark(&text.tag.name, &|name| text.value(name).or_else(|| text.has(name).then(String::new)))?;
    let mut refused = Purposes::default();
    // What the tag loads in the meantime is judged as everything is; then its mark is left alone.
    if text.tag.name != "script" {
        for name in ["src", "srcset", "href"] {
            if let Some(value) = text.value(name) {
                context.refuses_value(name, &value, &mut refused);
            }
        }
    }
    let style = text.value("style").and_then(|style| context.style_without(&style, &mut refused));
    (style.is_none() && refused.is_empty()).then_some(marked)
}

/// Whether a marked script's own text runs, and not a file.
pub(super) fn is_inline(text: TagText<'_>, marked: &Marked) -> bool {
    text.tag.name == "script" && !text.has("src") && marked.moves.iter().all(|(_, own)| *own != "src")
}

/// Whether a marked script will run as a module.
pub(super) fn is_module(text: TagText<'_>) -> bool {
    text.value("data-type").is_some_and(|kind| kind.trim().eq_ignore_ascii_case("module"))
}

/// Makes a marked tag live, or ours; `purposes` are those that its text waits for.
pub(super) fn rouse(context: &Context<'_>, text: TagText<'_>, marked: &Marked, mut purposes: Purposes) -> Held {
    marked.purposes.iter().for_each(|purpose| purposes.add(purpose));
    let kept = marked.moves.iter().filter(|(_, own)| *own != "type").map(|(kept, _)| *kept);
    for name in kept.chain((text.tag.name == "script").then_some("src")) {
        if let Some(value) = text.value(name) {
            context.refuses(&value, &mut purposes);
        }
    }
    let edits = if purposes.is_empty() { live(text, marked) } else { asleep(text, marked, &purposes) };
    Held { purposes, edits }
}

fn live(text: TagText<'_>, marked: &Marked) -> Vec<Edit> {
    let mut edits = Vec::new();
    if text.tag.name == "script" {
        edits.extend(text.rename("type"));
    }
    for (kept, own) in &marked.moves {
        if *own != "type" {
            edits.extend(text.rename(own));
        }
        edits.extend(text.renamed_to(kept, own));
    }
    edits
}

fn asleep(text: TagText<'_>, marked: &Marked, purposes: &Purposes) -> Vec<Edit> {
    let mark = format!(" {PREFIX}hold=\"{}\"", entity::escaped(&purposes.joined()));
    let mut edits = vec![Edit::insertion(text.tag.name_end, text.charset.or_lossless().encode(&mark))];
    // Its own type stays: it is what keeps the script asleep, and waking drops it.
    if text.tag.name == "script" && marked.moves.iter().all(|(_, own)| *own != "src") {
        edits.extend(text.rename("src"));
    }
    for (kept, own) in &marked.moves {
        edits.extend(text.renamed_to(kept, &format!("{PREFIX}{own}")));
    }
    edits
}
