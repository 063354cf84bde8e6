//! Records as rows of a table (RFC 4180) that spreadsheets open.
//!
//! Refuses to leave a field out. Invariant: each record is one row, whatever stands in it.

use policies::Record;

use crate::csv::quoted;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_a_field_for_each_name() {
        assert_eq!(HEAD.split(',').count(), 26);
    }
}
