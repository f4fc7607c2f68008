//! A session as a person reads it: what was said, in order, each thing once. A model call repeats the
//! conversation before it; here only what is new in it is told. A pure function of the tree and of what
//! its nodes read and wrote.

mod memory;
mod teller;

use super::book::{Book, PartId, Said};
use super::ids::NodeId;
use super::node::Tree;
use std::sync::Arc;

pub use teller::NOT_TOLD;

/// One thing in a transcript.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The same from update to update, as long as its node and its words are.
    pub id: u64,
    /// The node that tells of it.
    pub node: NodeId,
    /// That node's index in the tree.
    pub at: u32,
    /// How deep in agents that tools or other agents started.
    pub depth: u16,
    /// What it is.
    pub what: What,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A turn begins.
    Turn,
    /// An agent or a workflow begins.
    Agent,
    /// A model call begins.
    Call,
    /// A tool runs of which no call is told.
    Tool,
    /// Something said.
    Said {
        /// What, and by whom.
        said: Said,
        /// The model wrote it in this call.
        output: bool,
        /// Tokens that it is or brought, where they can be told apart.
        tokens: Option<u64>,
    },
    /// A tool's result.
    Result {
        /// The result.
        part: PartId,
        /// The tool's name, where it is known.
        tool: Option<Arc<str>>,
        /// Tokens that it brought to the next call.
        tokens: Option<u64>,
    },
    /// So many parts that were said before in the same turn.
    Again(usize),
    /// What was dropped from what the call before had read: so many parts.
    Dropped(usize),
    /// It failed, in the reporter's words.
    Failed(Arc<str>),
    /// Nothing is told of what was said, and why.
    Missing(Arc<str>),
}

/// A transcript.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transcript {
    /// What was said, in order.
    pub entries: Vec<Entry>,
}

impl Transcript {
    /// The transcript of a tree, as far as the book tells what was said.
    pub fn of(tree: &Tree, book: &Book) -> Self {
        let entries = teller::Teller::new(tree, book).tell();
        Self { entries }
    }

    /// The first entry of a node, or of the nearest one after it that has any.
    pub fn of_node(&self, at: u32) -> Option<usize> {
        let own = self.entries.iter().position(|entry| entry.at == at);
        own.or_else(|| self.entries.iter().position(|entry| entry.at > at))
    }
}
