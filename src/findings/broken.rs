//! What a lost cache broke at, and what that cost: told by what the two calls read and by prices, which
//! the walk over the nodes does not know.

use super::words::{count, money as money_text};
use crate::model::book::{Book, Told};
use crate::model::changes::{between, money_lost};
use crate::model::correlate::Lore;
use crate::model::detail::Speaker;
use crate::model::ids::{EvidenceId, NodeId};
use crate::model::node::{Call, Node};
use crate::model::store::Store;
use rustc_hash::FxHashMap;

/// Two calls between which a cache was lost.
pub(super) struct Broken {
    /// The call that paid for it.
    pub node: NodeId,
    /// What it and the call before were told by.
    own: Vec<EvidenceId>,
    former: Vec<EvidenceId>,
    call: Box<Call>,
    start: u64,
    lost: u64,
}

/// What was said of lost caches already: reading it again would cost as much again.
pub(super) type Explained = FxHashMap<(NodeId, Vec<EvidenceId>), String>;

/// What a node was told by.
pub(super) fn evidence(node: &Node) -> Vec<EvidenceId> {
    node.sources.iter().map(|s| s.evidence).collect()
}

impl Broken {
    /// Between a call and the one before, of which this is the evidence.
    pub fn new(node: &Node, call: &Call, former: Vec<EvidenceId>, lost: u64) -> Self {
        Self {
            node: node.id,
            own: evidence(node),
            former,
            call: Box::new(call.clone()),
            start: node.start,
            lost,
        }
    }

    /// In words, to stand behind the figures; empty where nobody told. And what it cost to find out,
    /// in bytes read.
    pub fn why(&self, store: &Store, lore: &dyn Lore, known: &mut Explained) -> (String, usize) {
        let key = (self.node, self.former.clone());
        if let Some(why) = known.get(&key) {
            return (why.clone(), 0);
        }
        let (mut book, mut bytes) = (Book::default(), 0);
        for (at, of) in [(0, &self.former), (1, &self.own)] {
            let (messages, offers, read) = lore.said(store, of);
            book.tell(NodeId(at), messages, offers, None);
            bytes += read;
        }
        let told = book.told(NodeId(0)).zip(book.told(NodeId(1)));
        let differs = told.and_then(|(old, new)| differs(&book, old, new));
        let money = money_lost(lore, self.start, &self.call, self.lost);
        let money = money.filter(|money| money.0 > 0);
        let money = money.map(|paid| format!("{} more", money_text(paid)));
        let why: Vec<String> = differs.into_iter().chain(money).collect();
        let why = why.join("; ");
        known.insert(key, why.clone());
        (why, bytes)
    }
}

/// Where the input of a call is not that of the call before any more: a provider's cache holds what is
/// before it.
fn differs(book: &Book, old: &Told, new: &Told) -> Option<String> {
    if old.input.is_empty() || new.input.is_empty() {
        return None;
    }
    // Definitions of tools stand before all messages.
    if old.offered != new.offered {
        return Some("other tools are offered".to_owned());
    }
    let changes = between(old, new);
    let Some(at) = changes.differs else {
        return Some("nothing that was read before differs".to_owned());
    };
    let said = *new.input.get(at)?;
    let who = match book.speaker(said) {
        Speaker::System => "system",
        Speaker::User => "user",
        Speaker::Assistant => "assistant",
        Speaker::Tool => "tool",
        Speaker::Named(name) => name,
    };
    let number = count(u64::from(said.message) + 1);
    Some(format!("message {number} ({who}) differs first"))
}
