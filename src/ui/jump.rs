//! The jump: sessions, the nodes of the session in view and the turns of the others, found by
//! typing. However many there are, a key waits for a slice of them only; the rest is looked at
//! with what comes after, and the best so far are shown.

use super::Picture;
use super::arguments;
use super::pick::{Entry, Picker, Sign, Wanted};
use super::rows::is_hidden;
use super::title;
use crate::model::ids::{NodeId, SessionId};
use crate::model::node::{Node, NodeKind, SessionSummary, State, TurnSummary};
use std::collections::BTreeMap;
use tui_input::InputRequest;

/// Entries that are kept: nobody reads on, one types another letter.
const BEST: usize = 200;
/// Candidates that are looked at between two keys, which takes one or two milliseconds.
const SLICE: usize = 4_000;
/// Characters of a node's arguments that are looked at.
const LOOKED_AT: usize = 160;

/// A session, or a node of it.
pub type Target = (SessionId, Option<NodeId>);

/// What the candidates are taken from; another is looked through anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Version {
    session: Option<SessionId>,
    tree: u64,
    sessions: usize,
    turns: usize,
    internals: bool,
}

impl Version {
    fn of(picture: &Picture, internals: bool) -> Self {
        Self {
            session: picture.session,
            tree: picture.tree_version,
            sessions: picture.sessions.len(),
            turns: picture.sessions.iter().map(|s| s.turns.len()).sum(),
            internals,
        }
    }
}

/// The next candidate.
#[derive(Clone, Copy, Debug)]
enum At {
    Session(usize),
    Node(usize),
    Turn(usize, usize),
    End,
}

/// One look through all candidates.
#[derive(Clone, Debug)]
struct Pass {
    version: Version,
    at: At,
    /// Best first: by score, then by place among the candidates.
    best: BTreeMap<(std::cmp::Reverse<u32>, usize), Entry<Target>>,
    seen: usize,
    total: usize,
    /// Turns of the session in view so far: the number of the one that is looked at.
    turn: usize,
}

/// The list, and how far the candidates are looked through.
#[derive(Clone, Debug, Default)]
pub struct Jump {
    /// The list.
    pub list: Picker<Target>,
    /// What is being looked through.
    pass: Option<Pass>,
    /// What the list shows, if it has been looked through to its end for what is typed.
    shown: Option<Version>,
}

impl Jump {
    /// Edits the line. When something else is wanted, what was found is forgotten.
    pub(super) fn edit(&mut self, request: InputRequest) {
        if self.list.edit(request) {
            (self.pass, self.shown) = (None, None);
        }
    }

    /// Not everything is looked through yet.
    pub(super) fn is_searching(&self) -> bool {
        self.pass.is_some()
    }

    /// Looks through one slice more. What comes in meanwhile is looked through afterwards, and
    /// takes the place of what is shown only when that is done.
    pub(super) fn advance(&mut self, picture: &Picture, internals: bool) {
        let version = Version::of(picture, internals);
        if self.pass.is_none() && self.shown == Some(version) {
            return;
        }
        let pass = self.pass.get_or_insert_with(|| Pass::new(version));
        let mut wanted = Wanted::new(self.list.input.value());
        for _ in 0..SLICE {
            if !pass.step(picture, internals, &mut wanted) {
                break;
            }
        }
        let done = matches!(pass.at, At::End);
        if done || self.shown.is_none() {
            let entries = pass.best.values().map(|e| e.marked(&mut wanted));
            self.list.show(entries.collect(), pass.total);
        }
        if done {
            self.shown = Some(pass.version);
            self.pass = None;
        }
    }
}

impl Pass {
    fn new(version: Version) -> Self {
        Self {
            version,
            at: At::Session(0),
            best: BTreeMap::new(),
            seen: 0,
            total: 0,
            turn: 0,
        }
    }

    /// Looks at one candidate; false at the end.
    fn step(&mut self, picture: &Picture, internals: bool, wanted: &mut Wanted) -> bool {
        let sessions = picture.sessions;
        match self.at {
            At::Session(i) => {
                self.at = match sessions.get(i) {
                    Some(session) => {
                        self.look(wanted, &session.title, &session.emitter, || {
                            session_entry(session)
                        });
                        At::Session(i + 1)
                    }
                    None => At::Node(0),
                };
            }
            At::Node(i) => {
                let nodes = picture.tree.map_or(&[][..], |tree| &tree.nodes);
                self.at = match (nodes.get(i), picture.session) {
                    (Some(node), Some(session)) => {
                        let is_turn = node.parent.is_none() && node.kind == NodeKind::Turn;
                        self.turn += usize::from(is_turn);
                        if !is_hidden(node, internals) {
                            let (name, turn) = (title::node(node), self.turn);
                            let entry = || node_entry(session, node, turn);
                            self.look(wanted, &name, start(about(node)), entry);
                        }
                        At::Node(i + 1)
                    }
                    _ => At::Turn(0, 0),
                };
            }
            At::Turn(i, j) => {
                let session = sessions.get(i);
                let others = session.filter(|s| Some(s.id) != picture.session);
                self.at = match (session, others.and_then(|s| Some((s, s.turns.get(j)?)))) {
                    (_, Some((session, turn))) => {
                        let name = title::prompt(&turn.title);
                        self.look(wanted, &name, "", || turn_entry(session, turn));
                        At::Turn(i, j + 1)
                    }
                    (Some(_), None) => At::Turn(i + 1, 0),
                    (None, None) => At::End,
                };
            }
            At::End => return false,
        }
        true
    }

    fn look(
        &mut self,
        wanted: &mut Wanted,
        name: &str,
        about: &str,
        entry: impl FnOnce() -> Entry<Target>,
    ) {
        let place = self.seen;
        self.seen += 1;
        let score = if about.is_empty() {
            wanted.score(name)
        } else {
            wanted.score(&format!("{name} {about}"))
        };
        let Some(score) = score else { return };
        self.total += 1;
        let key = (std::cmp::Reverse(score), place);
        let worst = self.best.last_key_value().map(|(key, _)| *key);
        if self.best.len() < BEST || worst.is_some_and(|worst| key < worst) {
            self.best.insert(key, entry());
            if self.best.len() > BEST {
                self.best.pop_last();
            }
        }
    }
}

/// The start of a text, in bytes of whole characters.
fn start(text: &str) -> &str {
    let end = (0..=LOOKED_AT.min(text.len())).rfind(|i| text.is_char_boundary(*i));
    text.get(..end.unwrap_or(0)).unwrap_or("")
}

fn entry(sign: Sign, name: &str, about: &str, note: String, value: Target) -> Entry<Target> {
    Entry {
        sign: Some(sign),
        name: name.to_owned(),
        about: about.to_owned(),
        note,
        off: false,
        marks: Vec::new(),
        value,
    }
}

fn session_entry(session: &SessionSummary) -> Entry<Target> {
    let target = (session.id, None);
    let sign = Sign::Session(session.state);
    entry(
        sign,
        &session.title,
        &session.emitter,
        "session".to_owned(),
        target,
    )
}

/// What tells a node from its namesakes: its arguments, or who called.
fn about(node: &Node) -> &str {
    let caller = || node.call.as_ref().and_then(|c| c.agent.as_deref());
    node.detail.as_deref().or_else(caller).unwrap_or("")
}

fn node_entry(session: SessionId, node: &Node, turn: usize) -> Entry<Target> {
    let target = (session, Some(node.id));
    let sign = Sign::Node(node.kind, node.mcp, node.state);
    let about = arguments::line(about(node), LOOKED_AT, "…");
    let place = if turn > 0 {
        format!("turn {turn}")
    } else {
        String::new()
    };
    entry(sign, &title::node(node), &about, place, target)
}

fn turn_entry(session: &SessionSummary, turn: &TurnSummary) -> Entry<Target> {
    let target = (session.id, Some(turn.node));
    let sign = Sign::Node(NodeKind::Turn, false, State::Ok);
    let note = title::prompt(&session.title).into_owned();
    entry(sign, &title::prompt(&turn.title), "", note, target)
}

impl Entry<Target> {
    fn marked(&self, wanted: &mut Wanted) -> Self {
        let marks = wanted.marks(&format!("{} {}", self.name, self.about));
        Self {
            marks,
            ..self.clone()
        }
    }
}
