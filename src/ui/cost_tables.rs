//! The tables of the page of tokens and cost.

use super::Picture;
use super::ledger::{Expensive, Ledger, Part, ToolPart};
use super::maker::Maker;
use super::pane::{Line, Tone};
use super::sheet::{
    Cell, Column, Sheet, bar, bar_column, cell, column, columns_of, share, share_column,
};
use super::{text, title};
use crate::model::figures::Figures;
use crate::model::node::SessionSummary;
use std::cmp::Reverse;

/// Cells of the labels of how the input went.
pub(super) const INPUT: usize = 15;
/// Lines of a table at most; the rest is summed in one.
const LINES: usize = 12;

/// The columns of sums, and of what only agents or only turns have.
const SUMS: [Column; 7] = [
    column("calls", 7, 5),
    column("in", 8, 1),
    column("cached", 8, 3),
    column("out", 8, 2),
    column("reasoning", 11, 7),
    column("cost", 10, 0),
    share_column("share", 4),
];
const CONTEXT: [Column; 3] = [
    column("context", 9, 6),
    column("peak", 6, 8),
    column("window", 8, 9),
];
const INPUTS: [Column; 2] = [column("peak in", 9, 6), column("grew", 8, 8)];
/// Columns of a tool's runs; behind them those of what it started.
const RUNS: usize = 5;
const TOOLS: [Column; 9] = [
    column("runs", 7, 2),
    column("failed", 8, 4),
    column("grew", 9, 0),
    column("most", 8, 3),
    bar_column("known growth"),
    column("calls", 9, 6),
    column("in", 8, 5),
    column("out", 8, 7),
    column("cost", 10, 1),
];

/// A count as far as it is known.
pub(super) fn tokens(n: Option<u64>, whole: bool) -> String {
    let sign = if whole { "" } else { "≥" };
    n.map_or_else(|| "–".to_owned(), |n| format!("{sign}{}", text::count(n)))
}

/// A cost, at least where some call has none.
pub(super) fn money(f: &Figures) -> String {
    let sign = if f.unpriced_calls > 0 { "≥" } else { "" };
    let known = f.cost.map(|c| format!("{sign}{}", text::money(c)));
    known.unwrap_or_else(|| "–".to_owned())
}

/// The part of the input that was read from the cache.
pub(super) fn cached(f: &Figures) -> String {
    let share = f.usage.cache_read.zip(f.usage.input);
    let share = share.and_then(|(read, input)| text::percent(read, input));
    share.map_or_else(|| "–".to_owned(), |p| format!("{p}%"))
}

/// The share in all costs; in all tokens where no cost is known.
fn share_of(f: &Figures, total: &Figures) -> Cell {
    let tokens = |f: &Figures| {
        let (input, output) = (f.usage.input.unwrap_or(0), f.usage.output.unwrap_or(0));
        input.saturating_add(output)
    };
    match (f.cost, total.cost) {
        (Some(cost), Some(all)) if all.0 > 0 => share(Tone::Cost, cost.0, all.0),
        (None, Some(_)) => cell(Tone::Faint, "–"),
        _ => share(Tone::Secondary, tokens(f), tokens(total)),
    }
}

fn sums(f: &Figures, total: &Figures) -> Vec<Cell> {
    let whole = f.usage_complete();
    vec![
        cell(Tone::Secondary, text::count(f.model_calls)),
        cell(Tone::Text, tokens(f.usage.input, whole)),
        cell(Tone::Secondary, cached(f)),
        cell(Tone::Text, tokens(f.usage.output, whole)),
        cell(Tone::Secondary, tokens(f.usage.reasoning, true)),
        cell(Tone::Cost, money(f)),
        share_of(f, total),
    ]
}

fn context(part: &Part) -> Vec<Cell> {
    let full = |n: Option<u64>| {
        let percent = n.zip(part.window).and_then(|(n, of)| text::percent(n, of));
        match percent {
            Some(p) if p >= 80 => cell(Tone::Warning, format!("{p}%")),
            Some(p) => cell(Tone::Text, format!("{p}%")),
            None => cell(Tone::Text, tokens(n, true)),
        }
    };
    let window = cell(Tone::Secondary, tokens(part.window, true));
    vec![full(part.context), full(part.peak), window]
}

fn name(tone: Tone, name: &str) -> (Tone, &str) {
    (tone, name)
}

impl Maker {
    /// A table of parts, those that are not shown in one line.
    pub fn parts(&mut self, title: &str, parts: &[Part], ledger: &Ledger) {
        let columns = columns(&CONTEXT, ledger);
        let sheet = Sheet::new(&columns, self.width);
        self.gap();
        self.say(sheet.head(title), None);
        let shown = if parts.len() > LINES {
            LINES - 1
        } else {
            LINES
        };
        for part in parts.iter().take(shown) {
            let mut row = sums(&part.figures, &ledger.total);
            row.extend(context(part));
            self.say(
                sheet.row(name(Tone::Text, text::model_short(&part.name)), row),
                part.node,
            );
        }
        let rest = parts.get(shown..).unwrap_or_default();
        if !rest.is_empty() {
            let label = format!("{} more", text::count(rest.len() as u64));
            let row = sums(&sum(rest), &ledger.total);
            self.say(sheet.row(name(Tone::Secondary, &label), row), None);
        }
    }

    /// Turns in order; of many the latest, and the others in one line before them.
    pub fn turns(&mut self, ledger: &Ledger) {
        if ledger.turns.is_empty() {
            return;
        }
        let columns = columns(&INPUTS, ledger);
        let sheet = Sheet::new(&columns, self.width);
        self.gap();
        self.say(sheet.head("by turn"), None);
        let all = ledger.turns.len();
        let skipped = if all > LINES { all + 1 - LINES } else { 0 };
        let (before, shown) = ledger.turns.split_at(skipped);
        if skipped > 0 {
            let label = format!("1 to {skipped}");
            let mut row = sums(&sum(before), &ledger.total);
            let peak = before.iter().filter_map(|t| t.peak_input).max();
            row.push(cell(Tone::Text, tokens(peak, true)));
            row.push(cell(Tone::Faint, "–"));
            self.say(sheet.row(name(Tone::Secondary, &label), row), None);
        }
        let mut last = before.iter().rev().find_map(|t| t.peak_input);
        for (n, turn) in (skipped + 1..).zip(shown) {
            let mut row = sums(&turn.figures, &ledger.total);
            row.push(cell(Tone::Text, tokens(turn.peak_input, true)));
            row.push(cell(Tone::Secondary, growth(last, turn.peak_input)));
            last = turn.peak_input.or(last);
            let label = format!("{n} {}", title::prompt(&turn.name));
            self.say(sheet.row(name(Tone::Text, &label), row), turn.node);
        }
        let peaks: Vec<u64> = ledger
            .turns
            .iter()
            .map(|t| t.peak_input.unwrap_or(0))
            .collect();
        if peaks.len() > 2 {
            let line = Line::of(Tone::Faint, format!("{:<INPUT$}", "input by turn"));
            let room = self.width.saturating_sub(INPUT);
            self.say(line.and(Tone::Decode, spark(&peaks, room)), None);
        }
    }

    pub fn tools(&mut self, ledger: &Ledger) {
        if ledger.tools.is_empty() {
            return;
        }
        // What tools started is told where one did.
        let starts = ledger.tools.iter().any(|t| t.part.figures.model_calls > 0);
        let columns = if starts { &TOOLS[..] } else { &TOOLS[..RUNS] };
        let sheet = Sheet::new(columns, self.width);
        let most = ledger
            .tools
            .iter()
            .filter_map(|t| t.grew)
            .max()
            .unwrap_or(0);
        self.gap();
        self.say(sheet.head("by tool"), None);
        let shown = if ledger.tools.len() > LINES {
            LINES - 1
        } else {
            LINES
        };
        for tool in ledger.tools.iter().take(shown) {
            let row = sheet.row(name(Tone::Text, &tool.part.name), tool_cells(tool, most));
            self.say(row, tool.part.node);
        }
        let rest = ledger.tools.get(shown..).unwrap_or_default();
        if !rest.is_empty() {
            let label = format!("{} more", text::count(rest.len() as u64));
            let row = sheet.row(
                name(Tone::Secondary, &label),
                tool_cells(&sum_tools(rest), most),
            );
            self.say(row, None);
        }
        let more = if starts {
            "; calls to cost: what it started"
        } else {
            ""
        };
        self.note(&format!(
            "grew: how much more input the next call had{more}"
        ));
    }

    /// The sessions that cost most, where there are several; all of them together stand above.
    pub fn sessions(&mut self, picture: &Picture, ledger: &Ledger) {
        let mut all: Vec<&SessionSummary> = picture.sessions.iter().collect();
        if all.len() < 2 {
            return;
        }
        let spent = |s: &&SessionSummary| Reverse((s.figures.cost, s.figures.usage.input));
        if all.len() > LINES {
            all.select_nth_unstable_by_key(LINES - 1, spent);
            all.truncate(LINES);
        }
        all.sort_by_key(spent);
        let columns = columns(&[], ledger);
        let sheet = Sheet::new(&columns, self.width);
        self.gap();
        self.say(sheet.head("by session"), None);
        for of in &all {
            let row = sums(&of.figures, &picture.totals);
            let label = title::prompt(&of.title);
            self.open(sheet.row(name(Tone::Text, &label), row), of.id);
        }
        let rest = picture.sessions.len() - all.len();
        if rest > 0 {
            let more = format!("{} more", text::count(rest as u64));
            self.say(Line::of(Tone::Secondary, more), None);
        }
    }

    pub fn expensive(&mut self, what: &str, list: &[Expensive], ledger: &Ledger) {
        if list.is_empty() {
            return;
        }
        let columns = columns(&[], ledger);
        let sheet = Sheet::new(&columns, self.width);
        self.gap();
        let most = if ledger.total.cost.is_some() {
            "most expensive"
        } else {
            "largest"
        };
        self.say(sheet.head(&format!("{most} {what}")), None);
        for of in list {
            let turn = of.turn.map_or_else(String::new, |t| format!("{t} "));
            let label = format!("{turn}{}", title::prompt(&of.name));
            let row = sheet.row(name(Tone::Text, &label), sums(&of.figures, &ledger.total));
            self.say(row, Some(of.node));
        }
    }
}

/// Columns of sums and more; where no cost is known, shares are of tokens, and say so.
fn columns(more: &[Column], ledger: &Ledger) -> Vec<Column> {
    let priced = ledger.total.cost.is_some_and(|all| all.0 > 0);
    let title = |title| match title {
        "share" if !priced => "share of tokens",
        title => title,
    };
    let all = SUMS.iter().chain(more);
    all.map(|c| Column {
        title: title(c.title),
        ..*c
    })
    .collect()
}

fn sum(parts: &[Part]) -> Figures {
    parts.iter().fold(Figures::default(), |mut sum, part| {
        sum.add(&part.figures);
        sum
    })
}

fn sum_tools(tools: &[ToolPart]) -> ToolPart {
    tools.iter().fold(ToolPart::default(), |mut sum, tool| {
        sum.part.figures.add(&tool.part.figures);
        sum.runs += tool.runs;
        sum.failed += tool.failed;
        sum.shared += tool.shared;
        sum.most = sum.most.max(tool.most);
        let (before, grew) = (sum.grew, tool.grew);
        sum.grew = before.map_or(grew, |b| Some(b.saturating_add(grew.unwrap_or(0))));
        sum
    })
}

fn tool_cells(tool: &ToolPart, most: u64) -> Vec<Cell> {
    let f = &tool.part.figures;
    let failed = match tool.failed {
        0 => cell(Tone::Faint, "0"),
        n => cell(Tone::Error, text::count(n)),
    };
    let plus = |n: Option<u64>| {
        let alone = if tool.shared > 0 { "≥" } else { "" };
        n.map_or_else(|| "–".to_owned(), |n| format!("{alone}{}", text::count(n)))
    };
    let mut cells = vec![
        cell(Tone::Secondary, text::count(tool.runs)),
        failed,
        cell(Tone::Text, plus(tool.grew)),
        cell(Tone::Secondary, plus(tool.most)),
        bar(&[(Tone::Tool, tool.grew.unwrap_or(0))], most),
    ];
    if f.model_calls > 0 {
        cells.push(cell(Tone::Secondary, text::count(f.model_calls)));
        cells.push(cell(Tone::Text, tokens(f.usage.input, f.usage_complete())));
        cells.push(cell(Tone::Text, tokens(f.usage.output, f.usage_complete())));
        cells.push(cell(Tone::Cost, money(f)));
    }
    cells
}

/// By how much more or less than before.
fn growth(before: Option<u64>, now: Option<u64>) -> String {
    match before.zip(now) {
        Some((before, now)) if now >= before => format!("+{}", text::count(now - before)),
        Some((before, now)) => format!("-{}", text::count(before - now)),
        None => "–".to_owned(),
    }
}

/// A row of columns, each of a value or, where there are more than cells, of the highest of some.
fn spark(values: &[u64], cells: usize) -> String {
    let many = values.len().div_ceil(cells.max(1)).max(1);
    let highest: Vec<_> = values
        .chunks(many)
        .map(|s| s.iter().copied().max())
        .collect();
    columns_of(&highest)
}
