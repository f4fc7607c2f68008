//! What metrics themselves say, beside what was seen of calls, on the page of latency.

use super::latency::{Latency, Served};
use super::latency_page::LINES;
use super::maker::Maker;
use super::pane::{Line, Tone};
use super::sheet::{Cell, Column, Sheet, cell, column};
use super::text;
use crate::model::heard::{Heard, HeardAll, Measure};
use crate::model::spread::{Spread, rank};

/// A client and its span begin and end a little apart: by so many ns, or parts in a hundred.
const APART_NS: f64 = 10e6;
const APART: f64 = 0.05;

const COLUMNS: [Column; 7] = [
    column("values", 8, 3),
    column("p50", 16, 0),
    column("p90", 16, 2),
    column("p99", 16, 6),
    column("max", 8, 4),
    column("in all", 9, 5),
    column("calls seen", 17, 1),
];

impl Maker {
    /// What metrics say, one line each thing that a metric is about.
    pub fn heard(&mut self, heard: &HeardAll, latency: &Latency) {
        if *heard == HeardAll::default() {
            return;
        }
        let sheet = Sheet::new(&COLUMNS, self.width);
        self.gap();
        if heard.rows.is_empty() {
            self.say(Line::of(Tone::Strong, "as metrics say"), None);
        } else {
            self.say(sheet.head("as metrics say"), None);
        }
        for of in heard.rows.chunk_by(|a, b| a.name == b.name) {
            let name = of.first().map_or("", |h| &*h.name);
            let name = text::cut(name, self.width, text::Cut::Start, "…");
            self.say(Line::of(Tone::Secondary, name), None);
            for h in of.iter().take(LINES) {
                self.say(sheet.row((Tone::Text, &about(h)), cells(h, latency)), None);
            }
            if of.len() > LINES {
                let more = format!("  {} more", text::count((of.len() - LINES) as u64));
                self.say(Line::of(Tone::Secondary, more), None);
            }
        }
        if heard
            .rows
            .iter()
            .any(|h| h.quantiles.iter().any(Option::is_some))
        {
            self.note("± is how far a quantile can be from the middle of its bucket; the values of a metric are no calls");
        }
        if heard.others > 0 {
            let names = text::count(heard.others as u64);
            let other = if heard.rows.is_empty() { "" } else { " other" };
            self.note(&format!(
                "{names}{other} metrics of agents came, which tell no times"
            ));
        }
        if heard.shared > 0 {
            self.note(
                "some metrics are of a process that serves several sessions: under everything",
            );
        }
    }
}

/// What a line is about.
fn about(h: &Heard) -> String {
    let model = h.model.as_deref().map(text::model_short);
    let rest = Some(&*h.about).filter(|a| !a.is_empty());
    let failed = h.failed.then_some("failed");
    let told = [model, h.provider.as_deref(), rest, failed];
    let told: Vec<&str> = told.into_iter().flatten().collect();
    if told.is_empty() {
        return "  all".to_owned();
    }
    format!("  {}", told.join(" · "))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates; display"
)]
fn whole(n: f64) -> u64 {
    n.round().max(0.0) as u64
}

/// A value in the words of its unit.
fn value(h: &Heard, n: f64) -> String {
    match &*h.unit {
        _ if h.is_time => text::duration_short(whole(n)),
        "USD" | "{USD}" | "usd" => {
            let cost = crate::model::usage::PicoUsd::from_usd(n);
            cost.map_or_else(|| "–".to_owned(), text::money)
        }
        _ if n.fract() != 0.0 && n < 100.0 => text::rate(n),
        _ => text::count(whole(n)),
    }
}

/// A quantile and how far it can be off; none where it would be the largest.
fn quantile(h: &Heard, at: usize, permille: u16) -> String {
    let few = |n: u64| usize::try_from(n).is_ok_and(|n| rank(n, permille) == n);
    let told = h.quantiles.get(at).copied().flatten();
    match told.filter(|_| permille == 500 || !h.count.is_some_and(few)) {
        None => "–".to_owned(),
        Some((from, to)) if from >= to => value(h, from),
        Some((from, to)) => {
            let middle = f64::midpoint(from, to);
            format!("{} ±{}", value(h, middle), value(h, (to - from) / 2.0))
        }
    }
}

fn cells(h: &Heard, latency: &Latency) -> Vec<Cell> {
    let dash = || "–".to_owned();
    let mut row = vec![cell(
        Tone::Secondary,
        h.count.map_or_else(dash, text::count),
    )];
    for (at, permille) in [500, 900, 990].into_iter().enumerate() {
        row.push(cell(Tone::Text, quantile(h, at, permille)));
    }
    let most = h.most.map_or_else(dash, |n| value(h, n));
    row.push(cell(Tone::Secondary, most));
    row.push(cell(
        Tone::Secondary,
        h.sum.map_or_else(dash, |n| value(h, n)),
    ));
    let (tone, word) = verdict(h, latency).unwrap_or((Tone::Faint, String::new()));
    row.push(cell(tone, word));
    row
}

/// Whether a metric says what was seen of the calls that it counts.
fn verdict(h: &Heard, latency: &Latency) -> Option<(Tone, String)> {
    let (model, count) = (h.model.as_deref()?, h.count?);
    let same = |m: &&Served| {
        let provider = m.provider.as_deref().zip(h.provider.as_deref());
        let named = m.model.as_deref().map(text::model_short);
        named == Some(text::model_short(model)) && provider.is_none_or(|(a, b)| a == b)
    };
    let of = latency.models.iter().find(same).filter(|_| !h.failed)?;
    let seen = match h.measure {
        Measure::Call => &of.whole,
        Measure::FirstToken => &of.first,
        Measure::Other => return None,
    };
    let n = seen.count() as u64;
    Some(match count {
        _ if n == 0 => (Tone::Warning, "none told it".to_owned()),
        c if c < n && !h.about.is_empty() => (Tone::Faint, format!("of {}", text::count(n))),
        c if c < n => (Tone::Secondary, format!("{} more", text::count(n - c))),
        c if c > n && c - n <= of.failed => (Tone::Faint, "failed are in it".to_owned()),
        c if c > n => (Tone::Warning, format!("{} fewer", text::count(c - n))),
        _ if agrees(h, seen) => (Tone::Faint, "the same".to_owned()),
        _ => {
            let median = seen.median().map_or_else(String::new, text::duration_short);
            (Tone::Warning, format!("not: p50 {median}"))
        }
    })
}

/// The quantiles of the calls lie where the metric's buckets have them, its largest value is theirs.
#[expect(clippy::cast_precision_loss, reason = "compared with room to spare")]
fn agrees(h: &Heard, seen: &Spread) -> bool {
    let near = |ns: u64, (from, to): (f64, f64)| {
        let slack = APART_NS.max(to * APART);
        (from - slack..=to + slack).contains(&(ns as f64))
    };
    let quantiles = h.quantiles.iter().zip([500, 900, 990]);
    let mut quantiles =
        quantiles.filter_map(|(q, permille)| Some((seen.quantile(permille)?, (*q)?)));
    let most = seen.most().zip(h.most.map(|n| (n, n)));
    quantiles.all(|(ns, range)| near(ns, range)) && most.is_none_or(|(ns, range)| near(ns, range))
}
