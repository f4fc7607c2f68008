//! The tab of tools: those of the session with what they took and brought, those that were never
//! called, and of a tool's own run its ends.

use super::leaps::{Tie, tied};
use super::ledger::{Ledger, ToolPart};
use super::pane::{Line, Tone};
use super::{form, text, title};
use crate::model::book::{Book, Offer};
use crate::model::detail::Part;
use crate::model::ids::SessionId;
use crate::model::node::{NodeKind, State, Tree};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Cells of the columns after the name.
const COLUMNS: [(&str, usize); 5] = [
    ("runs", 6),
    ("failed", 8),
    ("time", 8),
    ("longest", 9),
    ("added", 8),
];

/// The tools of a session, gathered once for each change.
#[derive(Debug, Default)]
pub struct Toolbox {
    made: Option<(SessionId, u64, u64)>,
    /// By name: runs, failures, time and the longest, ns.
    ran: BTreeMap<String, Ran>,
    /// By name: what models are told of it.
    offered: BTreeMap<String, Offer>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Ran {
    runs: u64,
    failed: u64,
    time: u64,
    longest: u64,
    added: Option<u64>,
}

impl Toolbox {
    /// Gathers the tools anew if something changed.
    pub(super) fn gather(
        &mut self,
        session: SessionId,
        versions: (u64, u64),
        tree: &Tree,
        book: &Book,
    ) {
        let made = (session, versions.0, versions.1);
        if self.made == Some(made) {
            return;
        }
        let added: FxHashMap<String, Option<u64>> = Ledger::of(tree)
            .tools
            .into_iter()
            .map(|tool: ToolPart| (tool.part.name, tool.grew))
            .collect();
        *self = Self {
            made: Some(made),
            ..Self::default()
        };
        for node in &tree.nodes {
            if let Some(told) = book.told(node.id) {
                for offer in told.offered.iter().filter_map(|id| book.offer(*id)) {
                    if !self.offered.contains_key(&offer.name) {
                        self.offered.insert(offer.name.clone(), offer.clone());
                    }
                }
            }
            if node.kind != NodeKind::Tool || node.internal {
                continue;
            }
            let ran = self.ran.entry(node.name.to_string()).or_default();
            let time = node.end.map_or(0, |end| end.saturating_sub(node.start));
            ran.runs += 1;
            ran.failed += u64::from(node.state == State::Error);
            ran.time = ran.time.saturating_add(time);
            ran.longest = ran.longest.max(time);
            ran.added = added.get(&*node.name).copied().flatten();
        }
    }

    /// The lines of the tab for a node.
    pub(super) fn lines(&self, tree: &Tree, book: &Book, at: usize, width: usize) -> Vec<Line> {
        let mut out = Vec::new();
        if let Some(node) = tree.nodes.get(at).filter(|n| n.kind == NodeKind::Tool) {
            ends(&mut out, tree, book, at);
            let told = book.told(node.id);
            let said = told
                .into_iter()
                .flat_map(|t| t.input.iter().chain(&t.output));
            for part in said.filter_map(|said| book.part(said.part)) {
                let label = match part {
                    Part::ToolCall { .. } => "arguments",
                    Part::ToolResult { .. } => "result",
                    _ => continue,
                };
                out.push(Line::of(Tone::Strong, label));
                let (lines, whole) =
                    super::read::lay(part, form::Form::Plain, width.saturating_sub(2));
                out.extend(lines.into_iter().map(indented));
                if !whole {
                    out.push(Line::of(Tone::Faint, "  … r reads it whole"));
                }
            }
            out.push(Line::default());
        }
        self.table(&mut out, width);
        let called = asked_here(tree, book, at);
        self.offers(&mut out, tree, book, at, &called, width);
        if out.is_empty() {
            out.push(Line::of(
                Tone::Faint,
                "no tool ran, and none is known to have been on offer",
            ));
        }
        out
    }

    fn table(&self, out: &mut Vec<Line>, width: usize) {
        if self.ran.is_empty() {
            return;
        }
        let figures: usize = COLUMNS.iter().map(|(_, cells)| cells).sum();
        let name = width.saturating_sub(figures).clamp(8, 32);
        let mut head = format!("{:name$}", "in this session");
        for (title, cells) in COLUMNS {
            let _ = write!(head, "{title:>cells$}");
        }
        out.push(Line::of(Tone::Faint, head));
        let mut rows: Vec<_> = self.ran.iter().collect();
        rows.sort_by_key(|(_, ran)| std::cmp::Reverse((ran.added, ran.time)));
        for (tool, ran) in rows {
            let tool = text::cut(tool, name - 1, text::Cut::End, "…");
            let pad = " ".repeat(name - text::width(&tool));
            let failed = match ran.failed {
                0 => String::new(),
                n => text::count(n),
            };
            let added = ran
                .added
                .map_or_else(|| "–".to_owned(), |n| format!("+{}", text::count(n)));
            let cells = [
                (Tone::Text, text::count(ran.runs)),
                (Tone::Error, failed),
                (Tone::Text, text::duration(ran.time)),
                (Tone::Secondary, text::duration(ran.longest)),
                (Tone::Text, added),
            ];
            let mut line = Line::of(Tone::Tool, tool + &pad);
            for ((tone, cell), (_, room)) in cells.into_iter().zip(COLUMNS) {
                line = line.and(tone, format!("{cell:>room$}"));
            }
            out.push(line);
        }
    }

    /// What a call was offered, else what the session's calls were and never called.
    fn offers(
        &self,
        out: &mut Vec<Line>,
        tree: &Tree,
        book: &Book,
        at: usize,
        called: &[&str],
        width: usize,
    ) {
        let own = tree.nodes.get(at).and_then(|node| book.told(node.id));
        let own: Vec<&Offer> = own
            .map(|told| {
                told.offered
                    .iter()
                    .filter_map(|id| book.offer(*id))
                    .collect()
            })
            .unwrap_or_default();
        let (title, list): (String, Vec<&Offer>) = if own.is_empty() {
            let never: Vec<&Offer> = self
                .offered
                .values()
                .filter(|offer| !self.ran.contains_key(&offer.name))
                .collect();
            let all = self.offered.len();
            (
                format!("never called: {} of {all} on offer", never.len()),
                never,
            )
        } else {
            (format!("on offer to this: {}", own.len()), own)
        };
        if list.is_empty() {
            return;
        }
        if !out.is_empty() {
            out.push(Line::default());
        }
        out.push(Line::of(Tone::Strong, title));
        for offer in list {
            let name = text::cut(&offer.name, 28, text::Cut::End, "…");
            let pad = " ".repeat(30 - text::width(&name).min(29));
            let (tone, word) = if called.contains(&offer.name.as_str()) {
                (Tone::Tool, "called ")
            } else if self.ran.contains_key(&offer.name) {
                (Tone::Text, "       ")
            } else {
                (Tone::Faint, "never  ")
            };
            let room = width.saturating_sub(40);
            let about = form::preview(&Part::Text(offer.about.clone()), room * 4);
            out.push(
                Line::of(tone, format!("  {name}{pad}"))
                    .and(tone, word)
                    .and(
                        Tone::Secondary,
                        text::cut(&about, room, text::Cut::End, "…"),
                    ),
            );
        }
    }
}

fn indented(line: Line) -> Line {
    let mut out = Line::of(Tone::Faint, "  ");
    out.spans.extend(line.spans);
    out
}

/// Names of the tools that a call asked for.
fn asked_here<'a>(tree: &Tree, book: &'a Book, at: usize) -> Vec<&'a str> {
    let told = tree.nodes.get(at).and_then(|node| book.told(node.id));
    let written = told.into_iter().flat_map(|told| &told.output);
    let name = |said: &crate::model::book::Said| match book.part(said.part) {
        Some(Part::ToolCall { name, .. }) => Some(name.as_str()),
        _ => None,
    };
    written.filter_map(name).collect()
}

/// Who asked for a run, and who read its result.
fn ends(out: &mut Vec<Line>, tree: &Tree, book: &Book, at: usize) {
    for (tie, label, key) in [
        (Tie::AskedBy, "asked for by", "("),
        (Tie::ReadBy, "read by", ")"),
    ] {
        let found = tied(tree, book, at, None, tie).ok();
        let call = found.and_then(|at| tree.nodes.get(at));
        let told = call.map_or_else(|| "–".to_owned(), |call| title::node(call).into_owned());
        let go = call.map_or(String::new(), |_| format!("  {key} goes there"));
        out.push(
            Line::of(Tone::Faint, format!("{label:14}"))
                .and(Tone::Text, text::sanitize(&told).into_owned())
                .and(Tone::Faint, go),
        );
    }
}
