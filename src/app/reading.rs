//! What was said in the session that is looked at, read from the evidence's own bytes: some at a time,
//! so that no key waits for it, and of what came meanwhile only what is new.

use super::detail;
use super::lore::Known;
use super::screen::Screen;
use crate::model::book::Book;
use crate::model::changes;
use crate::model::ids::{NodeId, SessionId};
use crate::model::lanes;
use crate::model::node::{Node, NodeKind, Source, State, Tree};
use crate::model::store::Store;
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};

/// Bytes of evidence that are read at once; a piece that is longer is read alone.
const SLICE: usize = 256 << 10;
/// Nodes that are looked at at once, read or not.
const NODES: usize = 20_000;

/// A session being read.
#[derive(Debug, Default)]
pub struct Reading {
    /// What was read so far.
    pub book: Book,
    /// Somebody wants to know.
    pub asked: bool,
    /// There is more to read.
    pub more: bool,
    session: Option<SessionId>,
    /// What each node was made of when it was read.
    read: FxHashMap<NodeId, u64>,
    /// The version of the tree that is gone through, and how far.
    version: Option<u64>,
    at: usize,
    /// Nobody tells of a model call in the root that is gone through.
    quiet: bool,
}

impl Reading {
    /// Reads on; true if there is more to read.
    pub fn go_on(
        &mut self,
        store: &Store,
        known: &Known,
        (session, tree, version): (SessionId, &Tree, u64),
    ) -> bool {
        if self.session != Some(session) {
            *self = Self {
                session: Some(session),
                ..Self::default()
            };
        }
        if self.version != Some(version) {
            (self.version, self.at) = (Some(version), 0);
        }
        if self.at >= tree.nodes.len() {
            return false;
        }
        let (mut bytes, mut nodes) = (0, 0);
        while let Some(node) = tree.nodes.get(self.at) {
            if bytes >= SLICE || nodes >= NODES {
                return true;
            }
            if node.depth == 0 {
                let sums = &node.rolled;
                self.quiet = sums.model_calls + sums.running_calls == 0;
            }
            bytes += self.read(store, known, tree, self.at, node);
            nodes += 1;
            self.at += 1;
        }
        self.price_breaks(known, tree);
        false
    }

    /// Reads a node if it is not what it was; tells how many bytes that took.
    fn read(&mut self, store: &Store, known: &Known, tree: &Tree, at: usize, node: &Node) -> usize {
        if !speaks(node, self.quiet) {
            return 0;
        }
        let sources = detail::sources(tree, at);
        let made_of = fingerprint(node, sources);
        if self.read.insert(node.id, made_of) == Some(made_of) {
            return 0;
        }
        let told = detail::told(store, known, node, sources);
        self.book
            .tell(node.id, told.messages, told.offers, told.missing);
        told.bytes
    }

    /// Asks what it cost where the cache broke.
    fn price_breaks(&mut self, known: &Known, tree: &Tree) {
        let before = lanes::before(tree, Some(&self.book));
        let of = |at: &u32| tree.nodes.get(*at as usize);
        for (node, before) in tree.nodes.iter().zip(before) {
            let former = before.as_ref().and_then(of).and_then(|n| n.call.as_deref());
            let (Some(call), Some(former)) = (node.call.as_deref(), former) else {
                continue;
            };
            let lost = changes::cache_lost(former, call);
            if let Some(money) =
                lost.and_then(|lost| changes::money_lost(known, node.start, call, lost))
            {
                self.book.note_lost(node.id, money);
            }
        }
    }
}

impl Screen {
    /// Reads on in what is looked at, while somebody wants to know.
    pub(super) fn read_on(&mut self) {
        self.reading.asked = self.ui.reads();
        self.reading.more = false;
        if let Some((session, tree, version)) = &self.tree
            && self.reading.asked
        {
            let of = (*session, &**tree, *version);
            self.reading.more = self.reading.go_on(&self.store, &self.known, of);
        }
    }
}

/// Whether a node tells what was said. What is neither call nor tool nor agent does where no model
/// call tells it better; records of what came in between always do.
fn speaks(node: &Node, quiet: bool) -> bool {
    match node.kind {
        NodeKind::Call | NodeKind::Tool | NodeKind::Turn | NodeKind::Agent | NodeKind::Workflow => {
            !node.internal
        }
        NodeKind::Other => quiet || (node.from_logs && !node.internal),
        NodeKind::Retrieval | NodeKind::Embedding | NodeKind::Wait => false,
    }
}

/// Changes when a node is made of something else.
fn fingerprint(node: &Node, sources: &[Source]) -> u64 {
    let mut hasher = FxHasher::default();
    let state = match node.state {
        State::Running(_) => 0u8,
        State::Ok => 1,
        State::Error => 2,
        State::Abandoned => 3,
    };
    (node.end, node.arrived, state).hash(&mut hasher);
    for source in sources {
        (source.evidence, source.trace, source.span).hash(&mut hasher);
    }
    hasher.finish()
}
