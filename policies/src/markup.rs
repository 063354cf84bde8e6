//! Markup read tag by tag, each with its line: html5ever's tokenizer without a tree of elements.
//!
//! Refuses to decide what an element means; whoever listens does. Invariant: the text of scripts, styles and the like is text, with
//! no tag in it.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};

/// Who hears what markup is made of, in its order.
pub(crate) trait Listener {
    /// A piece of text; `line` is that of its end.
    fn text(&mut self, text: &str, line: usize);

    /// A tag that begins or ends an element.
    fn tag(&mut self, tag: &Tag, line: usize);
}

/// Reads markup to its end; the listener with what it made of it.
pub(crate) fn read<L: Listener + Default>(markup: &str, listener: L) -> L {
    let tokenizer = Tokenizer::new(Sink(RefCell::new(listener)), TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(markup));
    // The sink never asks to stop, so all of the markup is read at once.
    drop(tokenizer.feed(&input));
    tokenizer.end();
    tokenizer.sink.0.take()
}

struct Sink<L>(RefCell<L>);

impl<L: Listener> TokenSink for Sink<L> {
    type Handle = ();

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<()> {
        let mut listener = self.0.borrow_mut();
        let line = usize::try_from(line).unwrap_or_default();
        match token {
            Token::CharacterTokens(text) => listener.text(&text, line),
            Token::TagToken(tag) => {
                listener.tag(&tag, line);
                return raw(&tag);
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// How the text of an element is to be read on.
fn raw(tag: &Tag) -> TokenSinkResult<()> {
    if tag.kind == TagKind::EndTag {
        return TokenSinkResult::Continue;
    }
    match &*tag.name {
        "script" => TokenSinkResult::RawData(RawKind::ScriptData),
        "style" | "xmp" | "iframe" | "noembed" | "noframes" => TokenSinkResult::RawData(RawKind::Rawtext),
        "textarea" | "title" => TokenSinkResult::RawData(RawKind::Rcdata),
        _ => TokenSinkResult::Continue,
    }
}
