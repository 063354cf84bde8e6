//! Makes scripts and sheets smaller by what is surely safe: comments that fill whole lines, and indentation.
//!
//! Refuses to rewrite a line. Invariant: holds for our own sources and for wasm-bindgen's glue, neither of which has a
//! text literal over several lines or a comment mark at the start of a line inside one.

/// Joins scripts into one.
pub(crate) fn script(parts: &[&str]) -> String {
    let mut joined = String::new();
    for part in parts {
        push_lines(&mut joined, part, true);
    }
    joined
}

/// A sheet without comments and line ends.
pub(crate) fn sheet(source: &str) -> String {
    let mut sheet = String::new();
    push_lines(&mut sheet, source, false);
    sheet.replace(": ", ":").replace(" {", "{").replace(", ", ",").replace(";}", "}")
}

/// A word of a file of words that stands in a script between single quotes; none where it couldn't.
pub(crate) fn word<'w>(file: &'w str, key: &str) -> Option<&'w str> {
    let line = file.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \""))?;
    line.strip_suffix('"').filter(|word| !word.contains(['\'', '\\', '"']))
}

fn push_lines(joined: &mut String, source: &str, keep_line_ends: bool) {
    let mut in_comment = false;
    for line in source.lines().map(str::trim) {
        in_comment |= line.starts_with("/*");
        if !in_comment && !line.is_empty() && !line.starts_with("//") {
            joined.push_str(line);
            if keep_line_ends {
                joined.push('\n');
            }
        }
        in_comment &= !line.ends_with("*/");
    }
}
