//! Fields of tables (RFC 4180) that spreadsheets open.
//!
//! Refuses formulas: a field that a spreadsheet would compute begins with an apostrophe. Invariant: a field never ends its row.

/// A field in quotes that is text and nothing else.
#[must_use]
pub fn quoted(field: &str) -> String {
    let is_formula = field.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '|', '%']);
    let mark = if is_formula { "'" } else { "" };
    format!("\"{mark}{}\"", field.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_field_is_never_a_formula_and_never_ends_its_row() {
        let check = |field: &str, expect: &str| assert_eq!(quoted(field), expect);
        check("analytics", "\"analytics\"");
        check("a \"b\", c", "\"a \"\"b\"\", c\"");
        for formula in ["=1+1", "+1", "-1", "@sum(a1)", "\t=1", "\r=1", "\n=1", "|cmd", "%x"] {
            assert!(quoted(formula).starts_with("\"'"), "{formula}");
        }
        check("a \"b\"\nc", "\"a \"\"b\"\"\nc\"");
        for formula in ["=1+1", "+1", "-1", "@x", "\t=1"] {
            check(formula, &format!("\"'{formula}\""));
        }
    }
}
