//! The page of latency: times to first token, speeds and whole calls by model, how they are spread
//! and how that went over time, tools, and what was slowest.

use super::fields::field;
use super::latency::{Latency, Served, Speed};
use super::maker::Maker;
use super::page::PageLine;
use super::pane::{Line, Tone};
use super::sheet::{
    Cell, Column, SPARE, Sheet, bar, bar_column, cell, column, share, share_column,
};
use super::text;
use crate::model::heard::HeardAll;
use crate::model::ids::SessionId;
use crate::model::spread::Spread;

/// Lines of a table at most; the rest is counted.
pub(super) const LINES: usize = 12;
/// The quantile of each stretch of a strip.
pub(super) const P90: u16 = 900;
const P99: u16 = 990;

const FIRST: [Column; 11] = [
    column("calls", 7, 6),
    column("TTFT p50", 10, 0),
    column("p90", 7, 3),
    column("p99", 7, 5),
    column("max", 7, 2),
    column("TPOT p50", 10, 1),
    column("p90", 8, 8),
    column("p99", 8, 9),
    column("max", 8, 7),
    column("decode tok/s", 14, 4),
    bar_column("wait, decode"),
];
const WHOLE: [Column; 10] = [
    column("p50", 7, 0),
    column("p90", 7, 3),
    column("p99", 7, 4),
    column("max", 7, 1),
    column("in all", 8, 2),
    column("answered", 10, 5),
    column("failed", 8, 6),
    column("retried", 9, 7),
    column("no first token", 16, 8),
    share_column("share of time", SPARE),
];
const ENGINE: [Column; 8] = [
    column("calls", 7, 7),
    column("gateway p50", 13, 3),
    column("max", 7, 6),
    column("queue p50", 11, 2),
    column("max", 7, 4),
    column("prefill p50", 13, 0),
    column("max", 7, 5),
    column("prefill tok/s", 15, 1),
];

/// What a page is about.
pub(super) struct About<'a> {
    /// The session that is looked at, if there is one.
    pub session: Option<SessionId>,
    /// The name of what is told of.
    pub title: &'a str,
    /// What metrics say of it; they say nothing of a part of a session.
    pub heard: Option<&'a HeardAll>,
}

/// The lines of the page.
pub(super) fn lines(about: &About<'_>, latency: &Latency, width: usize) -> Vec<PageLine> {
    let mut page = Maker::new(about.session, width);
    let title = text::cut(about.title, width, text::Cut::End, "…");
    page.say(Line::of(Tone::Strong, title), None);
    page.told(latency);
    page.firsts(latency);
    page.engines(latency);
    page.wholes(latency);
    page.spreads(latency);
    page.slow("slowest calls", &latency.calls);
    page.slow("latest first tokens", &latency.firsts);
    page.used(latency);
    page.slow("slowest runs of tools", &latency.runs);
    if let Some(heard) = about.heard {
        page.heard(heard, latency);
    }
    page.into_lines()
}

/// A duration, or a dash.
pub(super) fn time(ns: Option<u64>) -> String {
    ns.map_or_else(|| "–".to_owned(), text::duration)
}

fn short(ns: Option<u64>) -> String {
    ns.map_or_else(|| "–".to_owned(), text::duration_short)
}

pub(super) fn speed(of: &Speed) -> String {
    let most = if of.at_most { "≤" } else { "" };
    let told = of.per_second();
    told.map_or_else(|| "–".to_owned(), |n| format!("{most}{}", text::rate(n)))
}

/// A count that is worth a look when it is not zero.
pub(super) fn alarm(n: u64, tone: Tone) -> Cell {
    let tone = if n == 0 { Tone::Faint } else { tone };
    cell(tone, text::count(n))
}

/// Model and provider.
pub(super) fn named(of: &Served) -> String {
    let model = of.model.as_deref().unwrap_or("unknown model");
    match of.provider.as_deref() {
        Some(provider) => format!("{} · {provider}", text::model_short(model)),
        None => text::model_short(model).to_owned(),
    }
}

/// What waiting for first tokens took in all, and what decoding did, ns.
fn spent(of: &Served) -> [(Tone, u64); 2] {
    let waited = of.first.most().map_or(0, |_| of.first.sum());
    [(Tone::Wait, waited), (Tone::Decode, of.decode.ns)]
}

pub(super) fn quantiles(of: &Spread, tone: Tone, time: fn(Option<u64>) -> String) -> [Cell; 4] {
    [
        cell(tone, time(of.median())),
        cell(Tone::Text, time(of.tail(P90))),
        cell(Tone::Text, time(of.tail(P99))),
        cell(Tone::Secondary, time(of.most())),
    ]
}

impl Maker {
    /// How much is told, and what the numbers are.
    fn told(&mut self, latency: &Latency) {
        let sum = |of: fn(&Served) -> u64| latency.models.iter().map(of).sum::<u64>();
        let (answered, failed) = (sum(|m| m.calls), sum(|m| m.failed));
        let runs: u64 = latency.tools.iter().map(|t| t.runs).sum();
        let running = latency.running_calls;
        let others = failed + running + latency.abandoned;
        let mut fields = vec![match (answered, others) {
            (0, 0) => field("model calls", Tone::Text, "none yet"),
            (0, _) => field("answered", Tone::Strong, "none"),
            (1, _) => field("answered", Tone::Strong, "1 call"),
            (n, _) => field(
                "answered",
                Tone::Strong,
                format!("{} calls", text::count(n)),
            ),
        }];
        if failed > 0 {
            fields.push(field("failed", Tone::Error, text::count(failed)));
        }
        if running > 0 {
            fields.push(field("running", Tone::Running, text::count(running)));
        }
        if latency.abandoned > 0 {
            let n = text::count(latency.abandoned);
            fields.push(field("never ended", Tone::Warning, n));
        }
        if runs + latency.running_tools > 0 {
            fields.push(field("tools", Tone::Tool, text::count(runs)));
        }
        let note = if answered > 0 && others > 0 {
            "quantiles are of the answered"
        } else {
            ""
        };
        self.group(fields, note.to_owned(), false);
        if answered == 0 {
            return;
        }
        let first = sum(|m| m.first.count() as u64);
        let by_engine = sum(|m| m.engine.calls);
        let fields = vec![field(
            "first token",
            Tone::Wait,
            format!("{} of {}", text::count(first), text::count(answered)),
        )];
        let mut note = match (first, by_engine) {
            (0, _) => "nobody told when it came: not streamed, or not noted".to_owned(),
            (_, 0) => "as the client saw it: wait + prefill".to_owned(),
            (n, e) if n == e => "split by the engine into queue and prefill".to_owned(),
            (_, e) => format!(
                "wait + prefill; {} of them split by an engine",
                text::count(e)
            ),
        };
        if first > 0 && first < answered {
            note = format!("{note}; {} told none", text::count(answered - first));
        }
        self.group(fields, note, false);
    }

    fn names(sheet: &Sheet<'_>, of: &Served, row: Vec<Cell>) -> Line {
        sheet.row((Tone::Text, &named(of)), row)
    }

    /// What is left of a list that has more than a table takes.
    pub fn rest(&mut self, all: usize) {
        if all > LINES {
            let more = format!("{} more", text::count((all - LINES) as u64));
            self.say(Line::of(Tone::Secondary, more), None);
        }
    }

    /// First tokens and tokens after them, of models that told any.
    fn firsts(&mut self, latency: &Latency) {
        let told: Vec<&Served> = latency.models.iter().filter(|m| !m.is_unsplit()).collect();
        if told.is_empty() {
            return;
        }
        let sheet = Sheet::new(&FIRST, self.width);
        let whole = |of: &&Served| {
            spent(of)
                .iter()
                .fold(0, |sum: u64, (_, ns)| sum.saturating_add(*ns))
        };
        let most = told.iter().map(whole).max().unwrap_or(0);
        self.gap();
        self.say(sheet.head("by model"), None);
        for of in told.iter().take(LINES) {
            let mut row = vec![cell(Tone::Secondary, text::count(of.first.count() as u64))];
            row.extend(quantiles(&of.first, Tone::Wait, time));
            row.extend(quantiles(&of.per_token, Tone::Decode, short));
            row.push(cell(Tone::Decode, speed(&of.decode)));
            row.push(bar(&spent(of), most));
            self.lead(Self::names(&sheet, of, row), of.slowest);
        }
        self.rest(told.len());
        let few = told.iter().any(|m| m.first.tail(P99).is_none());
        let rule = "quantiles are calls: the one of rank q × n, rounded up";
        let note = if few {
            format!("{rule}; p90 takes 10 calls, p99 100: of fewer it would be the max")
        } else {
            rule.to_owned()
        };
        self.note(&note);
    }

    pub fn note(&mut self, note: &str) {
        for line in text::wrap(note, self.width) {
            self.say(Line::of(Tone::Faint, line), None);
        }
    }

    /// What engines told, where one did.
    fn engines(&mut self, latency: &Latency) {
        let all = latency.models.iter().filter(|m| m.engine.calls > 0);
        let told: Vec<&Served> = all.collect();
        if told.is_empty() {
            return;
        }
        let sheet = Sheet::new(&ENGINE, self.width);
        self.gap();
        self.say(sheet.head("as the engine tells"), None);
        for of in told.iter().take(LINES) {
            let e = &of.engine;
            let mut row = vec![cell(Tone::Secondary, text::count(e.calls))];
            for part in [&e.gateway, &e.queue, &e.prefill] {
                row.push(cell(Tone::Wait, short(part.median())));
                row.push(cell(Tone::Secondary, short(part.most())));
            }
            row.push(cell(Tone::Text, speed(&e.speed)));
            self.lead(Self::names(&sheet, of, row), of.slowest);
        }
        self.rest(told.len());
        let most = told.iter().any(|m| m.engine.speed.at_most);
        self.note(if most {
            "tok/s of uncached input; ≤ where nobody told what was cached"
        } else {
            "tok/s of uncached input"
        });
    }

    fn wholes(&mut self, latency: &Latency) {
        if latency.models.is_empty() {
            return;
        }
        let sheet = Sheet::new(&WHOLE, self.width);
        let sums = latency.models.iter().map(|of| of.whole.sum());
        let all = sums.fold(0, u64::saturating_add);
        self.gap();
        self.say(sheet.head("whole calls"), None);
        for of in latency.models.iter().take(LINES) {
            let mut row: Vec<Cell> = quantiles(&of.whole, Tone::Text, time).into();
            let in_all = of.whole.most().map(|_| of.whole.sum());
            row.push(cell(Tone::Secondary, time(in_all)));
            row.push(cell(Tone::Secondary, text::count(of.calls)));
            row.push(alarm(of.failed, Tone::Error));
            row.push(alarm(of.retried, Tone::Warning));
            let untold = of.calls - of.first.count() as u64;
            row.push(alarm(untold, Tone::Secondary));
            row.push(share(Tone::Secondary, of.whole.sum(), all));
            self.lead(Self::names(&sheet, of, row), of.slowest);
        }
        self.rest(latency.models.len());
    }
}
