//! The lower part of the page of latency: how times are spread and went over time, what was slowest,
//! tools.

use super::fields::LABEL;
use super::latency::{Latency, Served, Slow, Speed, Used};
use super::latency_page::{LINES, P90, alarm, named, quantiles, speed, time};
use super::maker::Maker;
use super::pane::{Line, Tone};
use super::sheet::{
    Cell, Column, SPARE, Sheet, bar, bar_column, cell, column, columns_of, share, share_column,
};
use super::text;
use crate::model::spread::Strip;

/// Models whose spread is drawn, and from how many calls on.
const DRAWN: usize = 4;
const ENOUGH: usize = 3;
/// Cells of a histogram, and of a strip at least.
const HISTOGRAM: usize = 24;
const STRIP: usize = 16;
/// Cells of what stands before it.
const NAME: usize = 26;
const TOOLS: [Column; 8] = [
    column("runs", 7, 4),
    column("failed", 8, 5),
    column("p50", 8, 0),
    column("p90", 7, 3),
    column("p99", 7, 6),
    column("max", 7, 1),
    column("in all", 8, 2),
    share_column("share of time", SPARE),
];
const SLOW: [Column; 6] = [
    column("took", 7, 0),
    column("first token", 13, 1),
    column("decode", 8, 2),
    column("out", 8, 4),
    column("tok/s", 8, 3),
    bar_column("wait, decode"),
];
const SLOW_TOOLS: [Column; 2] = [column("took", 7, 0), bar_column("")];

impl Maker {
    /// Histograms and strips over time.
    pub fn spreads(&mut self, latency: &Latency) {
        let enough = |m: &&Served| m.told.len() >= ENOUGH;
        let drawn: Vec<&Served> = latency.models.iter().filter(enough).take(DRAWN).collect();
        if drawn.is_empty() {
            return;
        }
        self.gap();
        let (label, over) = ("how they are spread", "over time");
        let wide = self.width >= NAME + HISTOGRAM + 18 + STRIP + 34;
        let head = format!("{label:<width$}", width = NAME + HISTOGRAM + 18);
        let head = if wide { head + over } else { label.to_owned() };
        self.say(Line::of(Tone::Strong, head), None);
        for of in drawn {
            let spread = if of.is_unsplit() {
                &of.whole
            } else {
                &of.first
            };
            let kind = if of.is_unsplit() { "call" } else { "TTFT" };
            let name = text::cut(&named(of), NAME - 7, text::Cut::End, "…");
            let pad = " ".repeat((NAME - 6).saturating_sub(text::width(&name)));
            let counts = spread.histogram(HISTOGRAM);
            let counts: Vec<_> = counts.into_iter().map(|n| (n > 0).then_some(n)).collect();
            let tone = if of.is_unsplit() {
                Tone::Secondary
            } else {
                Tone::Wait
            };
            let histogram = format!("{:<HISTOGRAM$}", columns_of(&counts));
            let line = Line::of(Tone::Faint, format!("{kind}  "))
                .and(Tone::Text, name + &pad)
                .and(Tone::Secondary, format!("{:>7} ", time(spread.least())))
                .and(tone, histogram)
                .and(Tone::Secondary, format!(" {:<7}  ", time(spread.most())));
            if wide {
                let room = self.width - NAME - HISTOGRAM - 18;
                self.lead(strip(line, of, tone, room), of.slowest);
            } else {
                self.lead(line, of.slowest);
                let room = self.width.saturating_sub(LABEL);
                let line = Line::of(Tone::Faint, format!("{over:<LABEL$}"));
                self.say(strip(line, of, tone, room), None);
            }
        }
    }

    pub fn slow(&mut self, title: &str, list: &[Slow]) {
        if list.is_empty() {
            return;
        }
        let tools = list.iter().all(|s| s.output.is_none() && s.first.is_none());
        let columns = if tools { &SLOW_TOOLS[..] } else { &SLOW[..] };
        let sheet = Sheet::new(columns, self.width);
        let most = list.iter().map(|s| s.took).max().unwrap_or(0);
        self.gap();
        self.say(sheet.head(title), None);
        for of in list {
            let tone = if of.failed { Tone::Error } else { Tone::Text };
            let after_first = of.output.and_then(|n| n.checked_sub(1)).filter(|n| *n > 0);
            let rate = after_first.zip(of.decode);
            let rate = rate.map(|(tokens, ns)| Speed {
                tokens,
                ns,
                ..Speed::default()
            });
            let row = if tools {
                vec![
                    cell(tone, text::duration(of.took)),
                    bar(&[(Tone::Tool, of.took)], most),
                ]
            } else {
                let (first, decode) = (of.first.unwrap_or(0), of.decode.unwrap_or(0));
                let rest = of.took.saturating_sub(first.saturating_add(decode));
                let parts = [
                    (Tone::Wait, first),
                    (Tone::Decode, decode),
                    (Tone::Secondary, rest),
                ];
                let output = of.output.map_or_else(|| "–".to_owned(), text::count);
                let rate = rate.as_ref().map_or_else(|| "–".to_owned(), speed);
                vec![
                    cell(tone, text::duration(of.took)),
                    cell(Tone::Wait, time(of.first)),
                    cell(Tone::Decode, time(of.decode)),
                    cell(Tone::Secondary, output),
                    cell(Tone::Secondary, rate),
                    bar(&parts, most),
                ]
            };
            let name = text::model_short(&of.name);
            let sign = if of.failed { "✗ " } else { "" };
            let name = match of.place.as_str() {
                "" => format!("{sign}{name}"),
                place => format!("{sign}{name} · {place}"),
            };
            self.lead(sheet.row((tone, &name), row), Some(of.at));
        }
    }

    pub fn used(&mut self, latency: &Latency) {
        if latency.tools.is_empty() {
            return;
        }
        let sheet = Sheet::new(&TOOLS, self.width);
        let sums = latency.tools.iter().map(|of| of.took.sum());
        let all = sums.fold(0, u64::saturating_add);
        self.gap();
        self.say(sheet.head("tools"), None);
        for of in latency.tools.iter().take(LINES) {
            self.lead(
                sheet.row((Tone::Text, &of.name), tool_row(of, all)),
                of.slowest,
            );
        }
        self.rest(latency.tools.len());
        self.note("without waiting for a person");
    }
}

fn tool_row(of: &Used, all: u64) -> Vec<Cell> {
    let mut row = vec![
        cell(Tone::Secondary, text::count(of.runs)),
        alarm(of.failed, Tone::Error),
    ];
    row.extend(quantiles(&of.took, Tone::Tool, time));
    row.push(cell(Tone::Secondary, time(Some(of.took.sum()))));
    row.push(share(Tone::Tool, of.took.sum(), all));
    row
}

/// How it went over time, and what a column is.
fn strip(line: Line, of: &Served, tone: Tone, room: usize) -> Line {
    let note = |step: u64, most: Option<u64>| {
        let (step, most) = (text::span(step), time(most));
        format!("  p90 of each {step}, up to {most}")
    };
    let widest = text::width(&note(0, Some(59_900_000_000))) + 6;
    let columns = room.saturating_sub(widest).max(1);
    let strip = Strip::of(&of.told, P90, columns.saturating_sub(1).max(1));
    let most = strip.columns.iter().flatten().copied().max();
    let drawn = columns_of(&strip.columns);
    line.and(tone, drawn)
        .and(Tone::Faint, note(strip.step, most))
}
