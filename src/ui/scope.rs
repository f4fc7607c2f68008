//! What the page of latency is about: all sessions, one, or what is selected in it.

use super::Picture;
use super::find::Way;
use super::latency::Latency;
use super::page::PageLine;
use super::spent::{part, subject, turn_number};
use super::state::UiState;
use super::{latency_page, title};
use crate::model::ids::{NodeId, SessionId};
use crate::model::node::{Node, NodeKind, Tree};
use crate::model::timing::Times;

/// Of more nodes than this, times are worked out again once a second, not with every batch.
const MANY: usize = 5_000;
const SECOND: u64 = 1_000_000_000;

/// What is told of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The session that is looked at.
    #[default]
    Session,
    /// What is selected in it.
    Selection,
}

/// What times were worked out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    session: SessionId,
    of: Option<NodeId>,
    version: u64,
}

/// Times as they were worked out last.
#[derive(Debug)]
pub(super) struct Known {
    key: Key,
    made: u64,
    many: bool,
    latency: Latency,
}

impl UiState {
    /// The next of what the page can be about.
    pub(super) fn step_scope(&mut self, way: Way) {
        let tabs = &self.page.tabs;
        let at = tabs.iter().position(|(s, _)| *s == self.scope).unwrap_or(0);
        let by = match way {
            Way::Forward => 1,
            Way::Back => tabs.len().saturating_sub(1),
        };
        let next = tabs.get((at + by).checked_rem(tabs.len()).unwrap_or(0));
        self.scope = next.map_or(self.scope, |(scope, _)| *scope);
    }

    /// The page of latency; what it tells is worked out anew only when the tree has changed.
    pub(super) fn latency_lines(&mut self, picture: &Picture, width: usize) -> Vec<PageLine> {
        let tree = picture.tree.filter(|_| picture.session == self.session);
        let (Some(session), Some(tree)) = (self.session, tree) else {
            return vec![PageLine::nothing()];
        };
        let selected = self.rows.get(self.cursor).map(|r| r.node as usize);
        let of = selected.and_then(|at| subject(tree, at, false));
        let told = of.and_then(|at| tree.nodes.get(at));
        self.page.tabs = vec![(Scope::Session, "session".to_owned())];
        if let (Some(at), Some(node)) = (of, told) {
            self.page
                .tabs
                .push((Scope::Selection, called(tree, at, node)));
        }
        let of = of.filter(|_| self.scope == Scope::Selection);
        let key = Key {
            session,
            of: of.and_then(|at| tree.nodes.get(at)).map(|n| n.id),
            version: picture.tree_version,
        };
        self.work_out(key, picture.now, || {
            let nodes = part(tree, of);
            let mut latency = Latency::of([(session, &Times::of(nodes))]);
            latency.place(|_, node| place(tree, node));
            (latency, nodes.len() > MANY)
        });
        let summary = picture.sessions.iter().find(|s| s.id == session);
        let name = of.and_then(|at| tree.nodes.get(at)).map(|n| &n.name);
        let name = name.or(summary.map(|s| &s.title)).map_or("", |t| t);
        let known = self.latency.as_ref();
        known.map_or_else(Vec::new, |known| {
            latency_page::lines(session, &title::prompt(name), &known.latency, width)
        })
    }

    /// Works times out, unless they are known or, where that takes long, were a moment ago.
    fn work_out(&mut self, key: Key, now: u64, work: impl FnOnce() -> (Latency, bool)) {
        if let Some(known) = &self.latency {
            let about = (known.key.session, known.key.of) == (key.session, key.of);
            let soon = known.many && now.abs_diff(known.made) < SECOND;
            if known.key == key || (about && soon) {
                return;
            }
        }
        let (latency, many) = work();
        self.latency = Some(Known {
            key,
            made: now,
            many,
            latency,
        });
    }
}

/// What a tab calls a node.
fn called(tree: &Tree, at: usize, node: &Node) -> String {
    match (turn_number(tree, at), node.kind) {
        (Some(n), _) => format!("turn {n}"),
        (None, NodeKind::Agent) => format!("agent {}", node.name),
        (None, NodeKind::Tool) => format!("tool {}", node.name),
        (None, _) => title::prompt(&node.name).into_owned(),
    }
}

/// Where a node is: its turn, and the agent of a call.
fn place(tree: &Tree, id: NodeId) -> String {
    let Some(at) = tree.find(id) else {
        return String::new();
    };
    let mut top = at;
    while let Some(up) = tree.nodes.get(top).and_then(|n| n.parent) {
        let up = up as usize;
        if up >= top {
            break;
        }
        top = up;
    }
    let turn = turn_number(tree, top).map(|n| format!("turn {n}"));
    let node = tree.nodes.get(at);
    let call = node.and_then(|n| n.call.as_deref());
    let agent = call.and_then(|c| c.agent.as_deref()).map(str::to_owned);
    let detail = node.and_then(|n| n.detail.as_deref());
    let detail = detail.map(|d| super::arguments::line(d, 60, "…"));
    let told = [turn, agent, detail];
    told.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
