//! Records as rows of a table (RFC 4180) that spreadsheets open.
//!
//! Refuses formulas: a field that a spreadsheet would compute begins with an apostrophe. Invariant: each record is one row, whatever
//! stands in it.

use policies::Record;

use crate::ledger::letters::{hex, moment};

/// The first row.
pub(super) const HEAD: &str = "record,site,made,visitor,act,granted,refused,allowed_singly,refused_singly,mode,regime,gpc,language,\
country,surface,valid_until,replaces,policy,words,form,style,configuration,product,late,speaker,ground";

/// The row of a record.
pub(super) fn row(record: &Record) -> String {
    let around = &record.circumstances;
    let hash = |hash: Option<[u8; 32]>| hash.map(|hash| hex(&hash)).unwrap_or_default();
    let id = |id: Option<[u8; 16]>| id.map(|id| hex(&id)).unwrap_or_default();
    let fields = [
        hex(&record.id),
        record.site.clone(),
        moment(record.made),
        id(record.visitor),
        record.act.name().to_owned(),
        record.granted.join(" "),
        record.refused.join(" "),
        record.allowed_singly.join("; "),
        record.refused_singly.join("; "),
        record.mode.name().to_owned(),
        record.regime.name().to_owned(),
        record.signals.gpc.to_string(),
        record.lang.map(|lang| lang.tag().to_owned()).unwrap_or_default(),
        around.country.clone().unwrap_or_default(),
        around.surface.map(|surface| surface.name().to_owned()).unwrap_or_default(),
        around.valid_until.map(moment).unwrap_or_default(),
        id(around.replaces),
        record.policy.to_string(),
        record.words.map(|words| hex(&words)).unwrap_or_default(),
        hash(around.form),
        hash(around.style),
        hash(around.configuration),
        around.product.clone().unwrap_or_default(),
        record.late.to_string(),
        record.speaker.name().to_owned(),
        record.ground.clone().unwrap_or_default(),
    ];
    fields.map(|field| quoted(&field)).join(",")
}

/// A field in quotes that is text and nothing else.
pub(super) fn quoted(field: &str) -> String {
    let is_formula = field.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '|', '%']);
    let mark = if is_formula { "'" } else { "" };
    format!("\"{mark}{}\"", field.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_never_a_formula_and_never_ends_its_row() {
        let check = |field: &str, expect: &str| assert_eq!(quoted(field), expect);
        check("analytics", "\"analytics\"");
        check("a \"b\", c", "\"a \"\"b\"\", c\"");
        for formula in ["=1+1", "+1", "-1", "@sum(a1)", "\t=1", "\r=1", "\n=1", "|cmd", "%x"] {
            assert!(quoted(formula).starts_with("\"'"), "{formula}");
        }
        assert_eq!(HEAD.split(',').count(), 26);
    }
}
