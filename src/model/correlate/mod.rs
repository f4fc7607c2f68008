//! Nodes from evidence: a pure function of the *set* of evidence of one unit, never of its
//! order. A unit is what belongs together for sure: a trace, a prompt without traces, and what
//! shares a response id with them.
//!
//! The steps, one file each: `pieces` (a forest of spans and records, placeholders, cycles),
//! `conversations` (of agents told by records), `groups`, `streams` and `by_time` (which pieces are
//! one call or one tool run), `place`, `place_agents`, `place_unnamed`, `place_talks` and `place_guests` (whose child
//! each is), `build`, `words`, `request`, `times`, `answers`, `call`, `phases`, `engine` and `source` (what each node says), `order`
//! (preorder, and what only neighbours can tell), `figures` (sums), `threads` (which turns could go
//! on in other units), `edges` (who hands over to whom), `presume` (what must be running unseen).

mod answers;
mod build;
mod by_time;
mod call;
mod conversations;
mod edges;
mod engine;
mod figures;
mod groups;
mod order;
mod phases;
mod pieces;
mod place;
mod place_agents;
mod place_guests;
mod place_talks;
mod place_unnamed;
pub mod presume;
mod remarks;
mod request;
mod source;
mod streams;
mod threads;
mod times;
mod turns;
mod twins;
mod words;

pub use build::WITHHELD;
pub use edges::{Edge, EdgeKind, Handover, edges};

use super::arena::Arena;
use super::book::Offer;
use super::detail::Message;
use super::evidence::{Origin, key_of};
use super::ids::{EvidenceId, NodeId};
use super::intern::Interner;
use super::node::{Node, NodeKind};
use super::store::Store;
use super::threads::Thread;
use super::usage::{PicoUsd, Usage};
use std::sync::Arc;

/// Times that belong together may be so far apart: reporters round, and stamp one after the other.
const ROUNDING_NS: u64 = 5_000_000;

/// What prices a call.
#[derive(Clone, Copy, Debug)]
pub struct PriceQuestion<'a> {
    /// Provider as reported.
    pub provider: Option<&'a str>,
    /// `server.address`.
    pub host: Option<&'a str>,
    /// The model that answered.
    pub response_model: Option<&'a str>,
    /// The model asked for.
    pub request_model: Option<&'a str>,
    /// When the call was made, ns since the epoch.
    pub at_ns: u64,
    /// Tokens in the normal form.
    pub usage: Usage,
    /// The tier in the response, else in the request.
    pub service_tier: Option<&'a str>,
    /// `fast` or `normal`.
    pub speed: Option<&'a str>,
}

/// What a call costs.
#[derive(Clone, Debug, PartialEq)]
pub struct PriceAnswer {
    /// The cost; `None` is unknown.
    pub cost: Option<PicoUsd>,
    /// What it would have cost had nothing been cached; only where `cost` is known and something was
    /// read from the cache or written to it.
    pub uncached: Option<PicoUsd>,
    /// The entry used, or why there is none.
    pub entry: Arc<str>,
    /// Tokens that fit into the model's context, where the price table knows it.
    pub window: Option<u64>,
}

/// What correlating needs to know beyond the evidence: prices, and the names in the dialect
/// tables. The rooms that have these implement it.
pub trait Lore: Send + Sync {
    /// What a call costs.
    fn price(&self, question: &PriceQuestion<'_>) -> PriceAnswer;
    /// Whether two names, of the model asked for and of the one that answered, mean two models;
    /// false where nobody knows.
    fn differ(&self, question: &PriceQuestion<'_>) -> bool;
    /// The product that speaks a dialect, where only one does (`claude-code`).
    fn emitter(&self, dialect: u8) -> Option<&str>;
    /// The roots of its traces are prompts, so a root that has not come is one.
    fn roots_are_turns(&self, dialect: u8) -> bool;
    /// The attribute key or event that a rule reads.
    fn rule_key(&self, rule: u16) -> &str;
    /// What a model call that was told by this evidence read and wrote, the tools that it was offered,
    /// and how many bytes were read for that; nothing where contents cannot be read.
    fn said(&self, _store: &Store, _call: &[EvidenceId]) -> (Vec<Message>, Vec<Offer>, usize) {
        Default::default()
    }
}

/// Where correlate finds things.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The store's evidence.
    pub evidence: &'a Arena,
    /// The store's origins.
    pub origins: &'a [Origin],
    /// The store's texts.
    pub texts: &'a Interner,
    /// Prices and names.
    pub lore: &'a dyn Lore,
    /// The session has given no sign of life for long: what runs is abandoned.
    pub stale: bool,
}

/// What a unit is made of.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, each asked for by itself"
)]
pub struct Unit {
    /// Its nodes in preorder; roots have depth 0 and no parent.
    pub nodes: Vec<Node>,
    /// Every prompt in it was machine-made: it goes on with the turn before it.
    pub continuation: bool,
    /// Its roots are nothing but model calls: a library that makes every call a trace.
    pub bare_calls: bool,
    /// It has a model call, a tool, an agent or a prompt in it.
    pub agentic: bool,
    /// The last thing that a person did in it was to leave.
    pub left: bool,
    /// How its turns of bare calls go on, see [`go_on`](super::threads::go_on).
    pub threads: Vec<Thread>,
    /// First start, ns since the epoch.
    pub start: u64,
    /// Last end or start, ns since the epoch.
    pub end: u64,
    /// What must be running unseen, if this is the newest unit of its session.
    pub presumed: Option<Presumed>,
    /// Cycles that were cut.
    pub cycles: u32,
}

impl Unit {
    /// Its first node and a hash of all: puts units that start at once in an order that no order
    /// of arrival can change. Two units can have one agent's placeholder as their first node.
    pub fn first(&self) -> Option<(NodeId, u64)> {
        let all = || self.nodes.iter().map(|n| n.id).collect::<Vec<_>>();
        self.nodes.first().map(|n| (n.id, key_of(all())))
    }
}

/// Something that nobody told of but that must be running (design, section 2, "presumed").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presumed {
    /// A model call or a tool.
    pub kind: NodeKind,
    /// Index of the node that it runs in.
    pub parent: u32,
    /// End of the last evidence before it, ns since the epoch.
    pub since: u64,
}

/// The nodes of one unit.
pub fn unit(cx: &Context<'_>, members: &[EvidenceId]) -> Unit {
    let forest = pieces::Forest::new(cx, members);
    let talks = conversations::Conversations::new(&forest);
    let groups = groups::Groups::new(cx, &forest, &talks);
    let places = place::Places::new(cx, &forest, &groups, &talks);
    build::unit(cx, &forest, &groups, &places)
}
