//! The statistics: figures, charts and tables of some days, and the same numbers as JSON.
//!
//! What waits in memory is stored first, so that the numbers are of now. Refuses to call a count a person.

use std::sync::Arc;

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::Full;
use policies::{Date, Lang};

use super::asked::Asked;
use super::shape;
use crate::books::Books;
use crate::stats::{self, Chart, Counts, Report, Series, chart};
use crate::store::{self, Unsaved};
use crate::view::admin::{Column, Dashboard, Figure, Frame, Picture, Table, TableRow};

/// Days in the table of days at most, the newest first.
const DAYS_LISTED: usize = 62;

pub(super) async fn json(asked: &Asked, books: &Books, today: Date) -> Response<Full<Bytes>> {
    match read(asked, books, today).await {
        Ok(report) => shape::json(&report),
        Err(error) => shape::text(StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")),
    }
}

pub(super) async fn page(asked: &Asked, books: &Books, sites: &[String], today: Date) -> Response<Full<Bytes>> {
    let say = Words(asked.lang);
    let report = match read(asked, books, today).await {
        Ok(report) => report,
        Err(error) => return shape::text(StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")),
    };
    let mut troubles = bypassed(books, sites, say);
    if !books.store.is_writable() {
        troubles.push(say.of(NOT_STORED.0, NOT_STORED.1).to_owned());
    }
    let trouble = troubles.join(" ");
    let query = asked.query();
    shape::page(&Dashboard {
        frame: Frame { lang: asked.lang, here: "/", query: &query, trouble },
        sites: sites.iter().map(|site| (site.as_str(), asked.site.as_ref() == Some(site))).collect(),
        from: &report.from,
        to: &report.to,
        json: query.clone(),
        figures: figures(&report.totals, say),
        pictures: pictures(&report, say),
        tables: vec![purposes(&report, say), days(&report, say), policies(&report, say)],
    })
}

/// Which sites are bypassed, since when and by whom.
fn bypassed(books: &Books, sites: &[String], say: Words) -> Vec<String> {
    let state = books.bypass.state();
    let told = sites.iter().filter_map(|site| {
        let turn = state.of(site)?;
        Some(if say.0 == Lang::Ko {
            format!("{site}: 우회 중입니다({}, {}). 아무것도 바꾸지 않고 그대로 보냅니다.", turn.at, turn.by)
        } else {
            format!("{site}: bypassed since {} by {}; everything passes as it came.", turn.at, turn.by)
        })
    });
    told.collect()
}

const NOT_STORED: (&str, &str) = (
    "지금은 저장소에 쓸 수 없습니다. 사이트는 계속 동작하지만 새 동의는 받을 수 없고, 최근 수치가 빠져 있을 수 있습니다.",
    "The store can't be written at the moment. Sites keep working, but no new grant can be taken, and the newest \
     counts may be missing here.",
);

async fn read(asked: &Asked, books: &Books, today: Date) -> Result<Report, store::Error> {
    let sources: Vec<Arc<dyn Unsaved>> = vec![Arc::clone(&books.tally) as Arc<dyn Unsaved>];
    let store = books.store.clone();
    // In a task of its own: a reader who leaves must not drop a batch half way. A failure shows on the page.
    tokio::spawn(async move { stats::flush_once(&sources, &store, false).await.ok() }).await.ok();
    let (archive, site) = (books.store.archive(), asked.site.as_deref());
    let (from, to) = stats::period(asked.from, asked.to, today);
    stats::report(archive, site, from, to).await
}

#[derive(Clone, Copy)]
struct Words(Lang);

impl Words {
    fn of(self, ko: &'static str, en: &'static str) -> &'static str {
        if self.0 == Lang::Ko { ko } else { en }
    }
}

fn figures(totals: &Counts, say: Words) -> Vec<Figure> {
    let figure = |name, number: u64, note| Figure { name, number: grouped(number), note };
    vec![
        figure(
            say.of("방문", "Visits"),
            totals.visits,
            say.of("다른 곳에서 들어온 페이지 이동", "navigations that came from elsewhere"),
        ),
        figure(
            say.of("배너가 필요한 페이지", "Pages with a banner due"),
            totals.owed,
            say.of("아직 선택하지 않은 방문자에게 보인 페이지", "shown to visitors without a choice"),
        ),
        figure(
            say.of("선택", "Choices"),
            totals.choices.sum(),
            say.of("저장하거나 접수한 동의와 거부", "grants and refusals taken"),
        ),
        figure(
            say.of("GPC 페이지", "GPC pages"),
            totals.gpc,
            say.of("Sec-GPC: 1로 요청된 페이지", "asked for with Sec-GPC: 1"),
        ),
    ]
}

fn pictures(report: &Report, say: Words) -> Vec<Picture> {
    let dates: Vec<String> =
        report.days.iter().map(|day| day.date.split_once('-').map_or("", |(_, rest)| rest).to_owned()).collect();
    let series = |mark, value: fn(&Counts) -> u64| Series {
        mark,
        values: report.days.iter().map(|day| value(&day.counts)).collect(),
    };
    let acts = [
        (say.of("모두 동의", "Accept all"), series(1, |counts| counts.choices.accept_all)),
        (say.of("골라서 동의", "Custom"), series(2, |counts| counts.choices.custom)),
        (say.of("모두 거부", "Refuse all"), series(3, |counts| counts.choices.refuse_all)),
        (say.of("철회", "Withdraw"), series(4, |counts| counts.choices.withdraw)),
    ];
    let words = |(name, series): &(&str, Series)| format!("{name} {}", series.values.iter().sum::<u64>());
    let picture = |id, heading, named: &[(&'static str, Series)]| Picture {
        heading,
        legend: named.iter().map(|(name, series)| (series.mark, *name)).collect(),
        svg: chart(&Chart {
            id,
            title: heading,
            description: &format!(
                "{} – {}: {}",
                report.from,
                report.to,
                named.iter().map(words).collect::<Vec<_>>().join(", ")
            ),
            days: dates.clone(),
            series: named.iter().map(|(_, series)| series.clone()).collect(),
        }),
    };
    let visits = [(say.of("방문", "Visits"), series(1, |counts| counts.visits))];
    vec![
        picture("choices", say.of("날짜별 선택", "Choices by day"), &acts),
        picture("visits", say.of("날짜별 방문", "Visits by day"), &visits),
    ]
}

fn purposes(report: &Report, say: Words) -> Table {
    let share = |granted: u64, refused: u64| match granted.saturating_add(refused) {
        0 => String::new(),
        all => format!("{}%", granted.saturating_mul(100).saturating_add(all / 2) / all),
    };
    Table {
        heading: say.of("목적별 동의와 거부", "Grants and refusals by purpose"),
        columns: columns(&[
            (say.of("목적", "Purpose"), false),
            (say.of("사이트", "Site"), false),
            (say.of("동의", "Granted"), true),
            (say.of("거부", "Refused"), true),
            (say.of("동의 비율", "Share granted"), true),
        ]),
        rows: report
            .purposes
            .iter()
            .map(|row| {
                let share = share(row.granted, row.refused);
                plain(vec![row.purpose.clone(), row.site.clone(), grouped(row.granted), grouped(row.refused), share])
            })
            .collect(),
        empty: say.of("이 기간에는 선택이 없습니다.", "No choice in this period."),
    }
}

fn days(report: &Report, say: Words) -> Table {
    let empty = Counts::default();
    let counted = report.days.iter().rev().filter(|day| day.counts != empty).take(DAYS_LISTED);
    Table {
        heading: say.of("날짜별", "By day"),
        columns: columns(&[
            (say.of("날짜", "Day"), false),
            (say.of("방문", "Visits"), true),
            (say.of("배너", "Banner due"), true),
            (say.of("모두 동의", "Accept all"), true),
            (say.of("골라서 동의", "Custom"), true),
            (say.of("모두 거부", "Refuse all"), true),
            (say.of("쿠키마다 확인", "Ask each time"), true),
            (say.of("하나씩", "Single"), true),
            (say.of("보호자", "Guardian"), true),
            (say.of("철회", "Withdraw"), true),
            ("GPC", true),
        ]),
        rows: counted
            .map(|day| plain(std::iter::once(day.date.clone()).chain(day.counts.numbers().map(grouped)).collect()))
            .collect(),
        empty: say.of("이 기간에는 센 것이 없습니다.", "Nothing was counted in this period."),
    }
}

fn policies(report: &Report, say: Words) -> Table {
    Table {
        heading: say.of("처리방침 판별", "By policy version"),
        columns: columns(&[
            (say.of("사이트", "Site"), false),
            (say.of("판", "Version"), false),
            (say.of("처음", "First"), false),
            (say.of("마지막", "Last"), false),
            (say.of("방문", "Visits"), true),
            (say.of("선택", "Choices"), true),
        ]),
        rows: report
            .policies
            .iter()
            .map(|row| {
                let words = [&row.site, &row.policy, &row.first, &row.last].map(Clone::clone);
                let numbers = [row.counts.visits, row.counts.choices.sum()].map(grouped);
                plain(words.into_iter().chain(numbers).collect())
            })
            .collect(),
        empty: say.of("이 기간에는 센 것이 없습니다.", "Nothing was counted in this period."),
    }
}

pub(super) fn columns(named: &[(&'static str, bool)]) -> Vec<Column> {
    named.iter().map(|(name, numeric)| Column { name, numeric: *numeric }).collect()
}

const fn plain(cells: Vec<String>) -> TableRow {
    TableRow { cells, problem: false }
}

/// A number with commas between thousands, as both languages write it.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
