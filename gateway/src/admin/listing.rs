//! What sites were seen to set, what nobody declared first, and what shadow mode would have taken away.
//!
//! Refuses values: there are none to show.

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use policies::rules::catalog::Catalog;
use policies::{Lang, Timestamp};
use serde::Serialize;

use super::shape;
use super::voice::grouped;
use crate::books::Books;
use crate::inventory::Stripped;
use crate::store::{SeenIn, SeenRow};
use crate::view::admin::{Column, Frame, Listing, Section, Table, TableRow};

/// How a row stands to the policy, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Standing {
    Undeclared,
    LongerThanDeclared,
    Declared,
}

impl Standing {
    /// A day more than declared is no longer: dates are rounded.
    pub(super) fn of(row: &SeenRow) -> Self {
        match row.declared {
            None => Self::Undeclared,
            Some(declared) if row.lifetime > declared.saturating_add(policies::time::DAY) => Self::LongerThanDeclared,
            Some(0) if row.lifetime > 0 => Self::LongerThanDeclared,
            Some(_) => Self::Declared,
        }
    }

    const fn words(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::Undeclared, Lang::Ko) => "처리방침에 없음",
            (Self::Undeclared, _) => "not in the policy",
            (Self::LongerThanDeclared, Lang::Ko) => "처리방침보다 오래 남음",
            (Self::LongerThanDeclared, _) => "lives longer than declared",
            (Self::Declared, Lang::Ko) => "처리방침대로",
            (Self::Declared, _) => "as declared",
        }
    }
}

pub(super) fn inventory(lang: Lang, books: &Books, sites: &[String]) -> Response<Full<Bytes>> {
    let ko = lang == Lang::Ko;
    let section = |site: &'_ String| {
        let dropped = books.inventory.dropped(site);
        let note = match (dropped, ko) {
            (0, _) => String::new(),
            (_, true) => format!("자리가 없어 목록에 넣지 못한 것: {}번", grouped(dropped)),
            (_, false) => format!("{} sightings found no room in the list.", grouped(dropped)),
        };
        let note = [note, other_tools(site, lang, books)].join(" ").trim().to_owned();
        (note, inventory_table(&sorted(books.inventory.rows(site)), lang, &books.labels))
    };
    let sections = sites.iter().map(|site| {
        let (note, table) = section(site);
        Section { site, note, table }
    });
    shape::page(&Listing {
        frame: Frame { lang, here: "/inventory", query: "", trouble: String::new() },
        title: if ko { "쿠키 목록" } else { "Cookies seen" },
        about: if ko {
            "사이트 응답이 설정했거나 방문자 요청에 들어 있던 쿠키 이름입니다. 값은 저장하지 않습니다. 알려지지 않은 이름의 \
             숫자는 #로 접습니다. 처리방침에 없는 쿠키가 먼저 나옵니다."
        } else {
            "Names of cookies that the sites' answers set, or that visitors' requests carried. Values are not kept. \
             Numbers in unknown names are folded to #. What the policy does not speak of comes first."
        },
        json: Some("/inventory.json"),
        sections: sections.collect(),
    })
}

/// What is to be done about another consent tool that was seen in a site's pages.
fn other_tools(site: &str, lang: Lang, books: &Books) -> String {
    let (tools, categories) = books.inventory.other_tools().of(site);
    let mut sentences = Vec::new();
    if !tools.is_empty() {
        let tools = tools.join(", ");
        sentences.push(match lang {
            Lang::Ko => format!(
                "페이지에 다른 동의 도구가 있습니다: {tools}. replace_cmp = true이면 그 스크립트를 붙들어 배너가 하나만 뜹니다."
            ),
            _ => format!(
                "Another consent tool is in the pages: {tools}. With replace_cmp = true its scripts are held, so that there \
                 is one banner."
            ),
        });
    }
    if !categories.is_empty() {
        let names: Vec<String> = categories.iter().map(|(tool, name)| format!("{name} ({tool})")).collect();
        let names = names.join(", ");
        sentences.push(match lang {
            Lang::Ko => {
                format!("목적을 알 수 없어 깨우지 않는 태그의 분류: {names}. [sites.cmp_purposes]에 적으십시오.")
            }
            _ => format!(
                "Tags of these categories stay asleep, since nobody says which purpose they are: {names}. Write them \
                 under [sites.cmp_purposes]."
            ),
        });
    }
    sentences.join(" ")
}

/// What a name without a rule is said to be, marked as hearsay.
fn said_to_be(key: &str, labels: &Catalog) -> Option<String> {
    labels.label(key.as_bytes()).map(|label| format!("{}? ({})", label.category.name(), label.platform))
}

fn inventory_table(rows: &[SeenRow], lang: Lang, labels: &Catalog) -> Table {
    let ko = lang == Lang::Ko;
    let named: &[(&'static str, bool)] = if ko {
        &[
            ("이름", false),
            ("상태", false),
            ("목적", false),
            ("도메인", false),
            ("경로", false),
            ("속성", false),
            ("수명", false),
            ("마지막으로 봄", false),
            ("횟수", true),
            ("거부 뒤에도 옴", true),
        ]
    } else {
        &[
            ("Name", false),
            ("State", false),
            ("Purpose", false),
            ("Domain", false),
            ("Path", false),
            ("Attributes", false),
            ("Lifetime", false),
            ("Last seen", false),
            ("Count", true),
            ("After a refusal", true),
        ]
    };
    let row = |row: &SeenRow| {
        let standing = Standing::of(row);
        let of_host = if ko { "이 호스트" } else { "this host" };
        let by_request = row.seen_in == SeenIn::Request;
        let in_requests = if ko { "요청에서만 보임" } else { "seen in requests only" };
        TableRow {
            cells: vec![
                row.key.clone(),
                standing.words(lang).to_owned(),
                row.purpose.clone().or_else(|| said_to_be(&row.key, labels)).unwrap_or_default(),
                if by_request { String::new() } else { row.domain.clone().unwrap_or_else(|| of_host.to_owned()) },
                row.path.clone(),
                if by_request { in_requests.to_owned() } else { attributes(row) },
                if by_request { String::new() } else { lifetime(row.lifetime, lang) },
                minute(row.last_seen),
                grouped(row.count),
                grouped(row.returned),
            ],
            problem: standing != Standing::Declared || row.returned > 0,
        }
    };
    Table {
        heading: if ko { "쿠키" } else { "Cookies" }.to_owned(),
        columns: columns(named),
        rows: rows.iter().map(row).collect(),
        empty: if ko { "아직 본 쿠키가 없습니다." } else { "No cookie was seen yet." }.to_owned(),
    }
}

fn columns(named: &[(&'static str, bool)]) -> Vec<Column> {
    named.iter().map(|(name, numeric)| Column { name: (*name).to_owned(), numeric: *numeric }).collect()
}

fn sorted(mut rows: Vec<SeenRow>) -> Vec<SeenRow> {
    // Stable: within a standing the order by name stays.
    rows.sort_by_key(Standing::of);
    rows
}

fn attributes(row: &SeenRow) -> String {
    let same_site = row.same_site.name();
    let same_site = (!same_site.is_empty()).then(|| format!("SameSite={same_site}"));
    let flags = [(row.secure, "Secure"), (row.http_only, "HttpOnly"), (row.partitioned, "Partitioned")];
    let flags = flags.into_iter().filter(|(set, _)| *set).map(|(_, name)| name.to_owned());
    flags.chain(same_site).collect::<Vec<_>>().join(", ")
}

fn lifetime(seconds: i64, lang: Lang) -> String {
    let ko = lang == Lang::Ko;
    let units =
        [(policies::time::DAY, "일", "days"), (3_600, "시간", "hours"), (60, "분", "minutes"), (1, "초", "seconds")];
    let unit = units.into_iter().find(|(unit, ..)| seconds >= *unit);
    match (unit, ko) {
        (None, true) => String::from("브라우저를 닫을 때까지"),
        (None, false) => String::from("until the browser closes"),
        (Some((unit, name, _)), true) => format!("{}{name}", seconds / unit),
        (Some((unit, _, name)), false) => format!("{} {name}", seconds / unit),
    }
}

/// `YYYY-MM-DD HH:MM`, UTC.
fn minute(at: Timestamp) -> String {
    let of_day = at.0.rem_euclid(policies::time::DAY);
    format!("{} {:02}:{:02}", at.date(), of_day / 3_600, of_day / 60 % 60)
}

#[derive(Serialize)]
struct CookieJson {
    site: String,
    name: String,
    state: Standing,
    purpose: Option<String>,
    domain: Option<String>,
    path: String,
    partitioned: bool,
    seen_in: &'static str,
    secure: bool,
    http_only: bool,
    same_site: &'static str,
    declared_seconds: Option<i64>,
    lifetime_seconds: i64,
    first_seen: i64,
    last_seen: i64,
    count: u64,
    returned: u64,
}

pub(super) fn inventory_json(books: &Books, sites: &[String]) -> Response<Full<Bytes>> {
    let rows = sites.iter().flat_map(|site| sorted(books.inventory.rows(site)));
    let cookies: Vec<CookieJson> = rows
        .map(|row| CookieJson {
            state: Standing::of(&row),
            seen_in: row.seen_in.name(),
            same_site: row.same_site.name(),
            site: row.site,
            name: row.key,
            purpose: row.purpose,
            domain: row.domain,
            path: row.path,
            partitioned: row.partitioned,
            secure: row.secure,
            http_only: row.http_only,
            declared_seconds: row.declared,
            lifetime_seconds: row.lifetime,
            first_seen: row.first_seen.0,
            last_seen: row.last_seen.0,
            count: row.count,
            returned: row.returned,
        })
        .collect();
    let tools = sites.iter().map(|site| {
        let (tools, categories) = books.inventory.other_tools().of(site);
        serde_json::json!({ "site": site, "tools": tools, "unmapped": categories })
    });
    let tools: Vec<_> = tools.filter(|seen| seen.get("tools") != seen.get("unmapped")).collect();
    shape::json(&serde_json::json!({ "cookies": cookies, "consent_tools": tools }))
}

pub(super) fn shadow(lang: Lang, books: &Books, sites: &[String]) -> Response<Full<Bytes>> {
    let ko = lang == Lang::Ko;
    let sections = sites.iter().map(|site| {
        let (rows, rest) = books.inventory.shadow().rows(site);
        let note = match (rest, ko) {
            (0, _) => String::new(),
            (_, true) => format!("목록에 넣지 못한 것: {}번", grouped(rest)),
            (_, false) => format!("And {} times something that found no room in the list.", grouped(rest)),
        };
        let rows = rows.into_iter().map(|row| TableRow {
            problem: false,
            cells: vec![
                row.name,
                stripped(row.what, lang).to_owned(),
                if row.purpose.is_empty() {
                    (if ko { "처리방침에 없음" } else { "not in the policy" }).to_owned()
                } else {
                    row.purpose
                },
                grouped(row.count),
            ],
        });
        let named: &[(&'static str, bool)] = if ko {
            &[("이름 또는 호스트", false), ("종류", false), ("목적", false), ("횟수", true)]
        } else {
            &[("Name or host", false), ("Kind", false), ("Purpose", false), ("Count", true)]
        };
        let table = Table {
            heading: if ko { "빠졌을 것" } else { "Would have been taken away" }.to_owned(),
            columns: columns(named),
            rows: rows.collect(),
            empty: if ko { "아직 없습니다." } else { "Nothing yet." }.to_owned(),
        };
        Section { site, note, table }
    });
    shape::page(&Listing {
        frame: Frame { lang, here: "/shadow", query: "", trouble: String::new() },
        title: if ko { "시험 모드" } else { "Shadow mode" },
        about: if ko {
            "시험 모드의 사이트에서는 아무것도 빼지 않습니다. 평소라면 빠졌을 쿠키와 태그를 게이트웨이가 켜진 뒤부터 셉니다."
        } else {
            "On a site in shadow mode nothing is taken away. Cookies and tags that would be are counted from the \
             gateway's start on."
        },
        json: None,
        sections: sections.collect(),
    })
}

const fn stripped(what: Stripped, lang: Lang) -> &'static str {
    match (what, lang) {
        (Stripped::RequestCookie, Lang::Ko) => "요청의 쿠키",
        (Stripped::RequestCookie, _) => "cookie in requests",
        (Stripped::SetCookie, Lang::Ko) => "설정되는 쿠키",
        (Stripped::SetCookie, _) => "cookie being set",
        (Stripped::Tag, Lang::Ko) => "페이지의 태그",
        (Stripped::Tag, _) => "tag in a page",
        (Stripped::Request, Lang::Ko) => "추적기의 요청",
        (Stripped::Request, _) => "request of a tracker",
    }
}
