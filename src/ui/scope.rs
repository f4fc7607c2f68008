//! What the page of latency is about: all sessions, one, or what is selected in it.

use super::Picture;
use super::find::Way;
use super::kept::Kept;
use super::latency::Latency;
use super::page::{PageLine, View};
use super::spent::{part, subject, turn_number};
use super::state::UiState;
use super::{latency_page, text, title};
use crate::model::heard::HeardAll;
use crate::model::ids::{NodeId, SessionId};
use crate::model::node::{Node, NodeKind, Tree};
use crate::model::timing::Times;

/// What is told of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scope {
    /// All sessions.
    All,
    /// The session that is looked at.
    #[default]
    Session,
    /// What is selected in it.
    Selection,
}

/// Times as they were worked out last, and of what: scope, session and node.
pub(super) type Known = Kept<(Scope, Option<SessionId>, Option<NodeId>), Latency>;

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
            self.page.tabs.clear();
            let heard = self.session.is_none() && *picture.heard != HeardAll::default();
            return if heard {
                self.lines_of_all(picture, width)
            } else {
                vec![PageLine::nothing()]
            };
        };
        let selected = self.rows.get(self.cursor).map(|r| r.node as usize);
        let of = selected.and_then(|at| subject(tree, at, false));
        let told = of.and_then(|at| tree.nodes.get(at));
        self.page.tabs = vec![
            (Scope::All, "everything".to_owned()),
            (Scope::Session, "session".to_owned()),
        ];
        if let (Some(at), Some(node)) = (of, told) {
            self.page
                .tabs
                .push((Scope::Selection, called(tree, at, node)));
        }
        if self.scope == Scope::All {
            return self.lines_of_all(picture, width);
        }
        let of = of.filter(|_| self.scope == Scope::Selection);
        let node = of.and_then(|at| tree.nodes.get(at)).map(|n| n.id);
        let key = ((self.scope, Some(session), node), picture.tree_version);
        let latency = Kept::refresh(&mut self.latency, key, picture.now, || {
            let nodes = part(tree, of);
            let mut latency = Latency::of([(session, &Times::of(nodes))]);
            latency.place(|_, node| place(tree, node));
            (latency, nodes.len())
        });
        let summary = picture.sessions.iter().find(|s| s.id == session);
        let name = of.and_then(|at| tree.nodes.get(at)).map(|n| &n.name);
        let name = name.or(summary.map(|s| &s.title)).map_or("", |t| t);
        let about = latency_page::About {
            session: Some(session),
            title: &title::prompt(name),
            heard: Some(picture.heard).filter(|_| of.is_none()),
        };
        latency_page::lines(&about, latency, width)
    }

    /// The same of all sessions.
    fn lines_of_all(&mut self, picture: &Picture, width: usize) -> Vec<PageLine> {
        let (times, session) = (picture.times, self.session);
        let key = ((Scope::All, session, None), times.version);
        let latency = Kept::refresh(&mut self.latency, key, picture.now, || {
            let all = times.sessions.iter().map(|(id, (_, _, t))| (*id, t));
            let mut latency = Latency::of(all);
            let named = |id: SessionId| picture.sessions.iter().find(|s| s.id == id);
            latency.place(|id, _| {
                named(id).map_or_else(String::new, |s| title::prompt(&s.title).into_owned())
            });
            let calls = times.sessions.values().map(|(_, _, t)| t.calls.len());
            (latency, calls.sum())
        });
        let sessions = text::count(times.sessions.len() as u64);
        let title = match times.left {
            0 if times.sessions.is_empty() => "no session yet, only metrics".to_owned(),
            0 if times.sessions.len() == 1 => "1 session".to_owned(),
            0 => format!("{sessions} sessions"),
            n => format!(
                "{sessions} sessions, {} not looked at yet",
                text::count(n as u64)
            ),
        };
        let about = latency_page::About {
            session,
            title: &title,
            heard: Some(picture.heard),
        };
        latency_page::lines(&about, latency, width)
    }

    /// Whose times are looked at, if any are.
    pub fn times_of(&self) -> Option<Scope> {
        (self.view == View::Latency).then_some(self.scope)
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
    let detail = detail.filter(|d| !d.is_empty());
    let told = [turn, agent, detail];
    told.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
