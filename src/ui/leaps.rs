//! Leaps to what stands out in a session, and along the ids that tie a tool's call to the model call
//! that asked for it and to the one that read its result.

use super::Picture;
use super::action::Action;
use super::ledger::Ledger;
use super::page::View;
use super::pane::{Tab, Tone};
use super::state::{Panel, UiState};
use crate::model::book::{Book, Said, tool_id};
use crate::model::changes::cache_lost;
use crate::model::detail::Part;
use crate::model::ids::{NodeId, SessionId};
use crate::model::lanes;
use crate::model::node::{NodeKind, SessionSummary, State, Tree};

/// What a leap goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leap {
    /// The first failure.
    FirstError,
    /// The run of a tool whose result added most tokens.
    LargestResult,
    /// The call that read least of what the cache had held; again: the next one.
    CacheBreak,
}

/// An end of a tool's call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tie {
    /// The model call that asked for it.
    AskedBy,
    /// The model call that read its result.
    ReadBy,
}

impl UiState {
    /// Reads what is chosen, goes along a tool call, or to what stands out.
    pub(super) fn go(&mut self, picture: &Picture, action: &Action) {
        match *action {
            Action::Tie(tie) => self.follow_tie(tie),
            Action::Leap(to) => self.leap(picture, to),
            Action::Read => self.read_whole(picture),
            Action::Form => self.change_form(),
            _ => {}
        }
    }

    /// Goes to what stands out, or says that nothing does.
    fn leap(&mut self, picture: &Picture, to: Leap) {
        let tree = picture.tree.filter(|_| picture.session == self.session);
        let (Some(tree), Some(session)) = (tree, self.session) else {
            return;
        };
        let (found, nothing) = match to {
            Leap::FirstError => (first_error(tree), "nothing failed"),
            Leap::LargestResult => (
                largest_result(tree),
                "no tool's result is known to have added tokens",
            ),
            Leap::CacheBreak => (
                self.next_break(tree),
                "the cache held, as far as the figures tell",
            ),
        };
        let Some(node) = found else {
            if to != Leap::FirstError || !self.leap_to_other(picture, session) {
                self.tell(Tone::Text, nothing);
            }
            return;
        };
        (self.focus, self.zoomed) = (Panel::Tree, false);
        self.go_to(picture, session, Some(node));
        if to == Leap::CacheBreak {
            self.tab = Tab::Changes;
        }
    }

    /// Where nothing failed, on to the first session in which something did; false if none is.
    fn leap_to_other(&mut self, picture: &Picture, here: SessionId) -> bool {
        let failed = |s: &&SessionSummary| s.id != here && s.figures.errors > 0;
        let other = picture.sessions.iter().find(failed);
        if let Some(other) = other {
            (self.focus, self.zoomed, self.errs) = (Panel::Tree, false, true);
            self.go_to(picture, other.id, None);
        }
        other.is_some()
    }

    /// Goes to the first error of the session that was gone to for it.
    pub(super) fn resolve_error(&mut self, picture: &Picture) {
        let tree = picture.tree.filter(|_| picture.session == self.session);
        if let Some(tree) = tree.filter(|_| std::mem::take(&mut self.errs)) {
            self.sought = first_error(tree);
        }
    }

    /// The call where most was lost; with one of them selected, the one after it.
    fn next_break(&self, tree: &Tree) -> Option<NodeId> {
        let mut breaks = breaks(tree);
        breaks.sort_by_key(|(_, lost)| std::cmp::Reverse(*lost));
        let here = breaks
            .iter()
            .position(|(node, _)| Some(*node) == self.selected());
        let next = here.map_or(0, |at| (at + 1) % breaks.len());
        breaks.get(next).map(|(node, _)| *node)
    }

    /// Goes along a tool call as soon as what was said has been read.
    fn follow_tie(&mut self, tie: Tie) {
        let entry = self.reader.transcript.entries.get(self.reader.cursor);
        let node = if self.view == View::Transcript {
            entry.map(|entry| entry.node)
        } else {
            self.selected()
        };
        self.tie = node.map(|node| (node, tie));
    }

    /// Goes where one asked to go, once that is known.
    pub(super) fn resolve_tie(&mut self, picture: &Picture) {
        let tree = picture.tree.filter(|_| picture.session == self.session);
        let (Some((node, tie)), Some(tree), Some(session)) = (self.tie, tree, self.session) else {
            return;
        };
        let Some(book) = picture.book.filter(|_| !picture.reading) else {
            return;
        };
        self.tie = None;
        let chosen = self.reader.transcript.entries.get(self.reader.cursor);
        let part = chosen.filter(|_| self.view == View::Transcript);
        let part = part.and_then(|entry| super::reader_lines::part(&entry.what));
        let id = part.and_then(|part| book.part(part)).and_then(tool_id);
        let Some(at) = tree.find(node) else { return };
        match tied(tree, book, at, id, tie) {
            Ok(to) => {
                let node = tree.nodes.get(to).map(|node| node.id);
                if self.view == View::Transcript {
                    let entry = u32::try_from(to).ok();
                    let entry = entry.and_then(|at| self.reader.transcript.of_node(at));
                    self.reader.cursor = entry.unwrap_or(self.reader.cursor);
                } else {
                    self.go_to(picture, session, node);
                }
            }
            Err(why) => self.tell(Tone::Text, why),
        }
    }
}

fn first_error(tree: &Tree) -> Option<NodeId> {
    let failed = |n: &&crate::model::node::Node| n.state == State::Error && !n.error_below;
    tree.nodes.iter().find(failed).map(|node| node.id)
}

/// The run that stood alone and was followed by the biggest growth, else the call that grew most.
fn largest_result(tree: &Tree) -> Option<NodeId> {
    let ledger = Ledger::of(tree);
    let alone = ledger.tools.iter().filter(|tool| tool.most.is_some());
    let largest = alone.max_by_key(|tool| tool.most);
    let shared = ledger.growth.as_ref().map(|growth| growth.call);
    largest.and_then(|tool| tool.part.node).or(shared)
}

/// The calls that read less from the cache than it had held, by the figures alone, and how much less.
pub(super) fn breaks(tree: &Tree) -> Vec<(NodeId, u64)> {
    let before = lanes::before(tree, None);
    let calls = tree.nodes.iter().zip(before).filter_map(|(node, before)| {
        let former = tree.nodes.get(before? as usize)?.call.as_deref()?;
        Some((node.id, cache_lost(former, node.call.as_deref()?)?))
    });
    calls.collect()
}

/// The call at an end of a tool's call, by its id; where nobody tells ids, by time.
pub(super) fn tied(
    tree: &Tree,
    book: &Book,
    at: usize,
    id: Option<&str>,
    tie: Tie,
) -> Result<usize, &'static str> {
    let node = tree.nodes.get(at).ok_or("it is gone")?;
    let of = |said: &Said| book.part(said.part).and_then(tool_id);
    let own = book.told(node.id);
    let own = own.and_then(|told| told.input.iter().chain(&told.output).find_map(of));
    let id = id.or(own.filter(|_| node.kind == NodeKind::Tool));
    let calls = tree
        .nodes
        .iter()
        .enumerate()
        .filter(|(_, n)| n.kind == NodeKind::Call);
    if let Some(id) = id {
        let has = |said: &Said, call: bool| {
            let part = book.part(said.part);
            let kind = matches!(part, Some(Part::ToolCall { .. })) == call;
            kind && part.and_then(tool_id) == Some(id)
        };
        let mut found: Vec<(u64, usize)> = calls
            .clone()
            .filter(|(_, call)| {
                book.told(call.id).is_some_and(|told| match tie {
                    Tie::AskedBy => told.output.iter().any(|said| has(said, true)),
                    Tie::ReadBy => told.input.iter().any(|said| has(said, false)),
                })
            })
            .map(|(at, call)| (call.start, at))
            .collect();
        found.sort_unstable();
        if let Some((_, at)) = found.first() {
            return Ok(*at);
        }
    }
    if node.kind != NodeKind::Tool {
        return Err("this is no tool call");
    }
    by_time(tree, at, tie).ok_or(match tie {
        Tie::AskedBy => "no call is known that asked for it",
        Tie::ReadBy => "no call is known that read its result",
    })
}

/// The latest call of the same agent that began before a tool, or the first that began after it.
fn by_time(tree: &Tree, tool: usize, tie: Tie) -> Option<usize> {
    let frames = lanes::frames(tree);
    let (own, node) = (frames.get(tool)?, tree.nodes.get(tool)?);
    let end = node.end.unwrap_or(node.start);
    let beside = tree.nodes.iter().enumerate().filter(|(at, n)| {
        n.kind == NodeKind::Call && frames.get(*at).is_some_and(|f| f.nearest == own.nearest)
    });
    match tie {
        Tie::AskedBy => beside
            .filter(|(_, n)| n.start <= node.start)
            .max_by_key(|(_, n)| n.start),
        Tie::ReadBy => beside
            .filter(|(_, n)| n.start >= end)
            .min_by_key(|(_, n)| n.start),
    }
    .map(|(at, _)| at)
}
