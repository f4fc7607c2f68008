//! How long finished model calls and tools took, one record each: what latency is worked out from.
//! What runs and what was given up has no duration, and is only counted.

use super::correlate::Lore;
use super::ids::{NodeId, SessionId};
use super::node::{Node, NodeKind, PhaseEvidence, State};
use super::store::Store;
use super::time_budget::worked;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One finished model call. Times are ns.
#[derive(Clone, Debug, PartialEq)]
pub struct CallTime {
    /// Its node.
    pub node: NodeId,
    /// Who served it.
    pub provider: Option<Arc<str>>,
    /// The model asked for.
    pub asked: Option<Arc<str>>,
    /// The model that answered.
    pub answered: Option<Arc<str>>,
    /// Start, since the epoch.
    pub start: u64,
    /// From start to end, attempts that failed included.
    pub took: u64,
    /// It failed for good: how long that took says nothing of answers.
    pub failed: bool,
    /// It took more than one attempt.
    pub retried: bool,
    /// To the first token, from the start of the attempt that was answered.
    pub first: Option<u64>,
    /// From the first token to the end.
    pub decode: Option<u64>,
    /// Output tokens.
    pub output: Option<u64>,
    /// What an engine told of it.
    pub engine: Option<Box<EngineTime>>,
}

/// What an engine told of a call. Times are ns.
#[derive(Clone, Debug, PartialEq)]
pub struct EngineTime {
    /// Before the engine's own time.
    pub gateway: Option<u64>,
    /// In its queue.
    pub queue: Option<u64>,
    /// Reading the prompt.
    pub prefill: Option<u64>,
    /// Input tokens that were not read from a cache.
    pub fresh: Option<u64>,
    /// Nobody told how much was cached: `fresh` is all of the input, the most that it can be.
    pub at_most: bool,
}

impl CallTime {
    /// The model that answered, else the one asked for.
    pub fn model(&self) -> Option<&Arc<str>> {
        self.answered.as_ref().or(self.asked.as_ref())
    }

    /// Time per output token after the first, ns: decode time / (output − 1).
    pub fn per_token(&self) -> Option<u64> {
        let gaps = self.output?.checked_sub(1).filter(|n| *n > 0)?;
        self.decode.filter(|ns| *ns > 0).map(|ns| ns / gaps)
    }
}

/// One finished run of a tool. Times are ns.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolTime {
    /// Its node.
    pub node: NodeId,
    /// Its name.
    pub name: Arc<str>,
    /// From start to end, without what a person was waited for in between.
    pub took: u64,
    /// It failed.
    pub failed: bool,
}

/// What finished, and how much did not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Times {
    /// Finished model calls.
    pub calls: Vec<CallTime>,
    /// Finished tools.
    pub tools: Vec<ToolTime>,
    /// Model calls that run.
    pub running_calls: u64,
    /// Tools that run.
    pub running_tools: u64,
    /// Model calls that never ended.
    pub abandoned: u64,
}

impl Times {
    /// The times of nodes that stand in preorder: a tree, or a node and what is below it.
    pub fn of(nodes: &[Node]) -> Self {
        let mut times = Self::default();
        for (at, node) in nodes.iter().enumerate() {
            match (node.kind, node.state) {
                (NodeKind::Call, State::Running(_)) => times.running_calls += 1,
                (NodeKind::Call, State::Abandoned) => times.abandoned += 1,
                (NodeKind::Call, _) => times.calls.extend(call(node)),
                (NodeKind::Tool, State::Running(_)) => times.running_tools += 1,
                (NodeKind::Tool, State::Ok | State::Error) if node.end.is_some() => {
                    let below = nodes.get(at + 1..=at + node.descendants as usize);
                    times.tools.push(ToolTime {
                        node: node.id,
                        name: node.name.clone(),
                        took: worked(node, below.unwrap_or_default()),
                        failed: node.state == State::Error,
                    });
                }
                _ => {}
            }
        }
        times
    }
}

/// The times of many sessions.
#[derive(Clone, Debug, Default)]
pub struct AllTimes {
    /// By session, with the version that they are of and when they were taken, ns since the epoch.
    pub sessions: BTreeMap<SessionId, (u64, u64, Times)>,
    /// Goes up with every change.
    pub version: u64,
    /// Sessions that were not looked at yet.
    pub left: usize,
}

impl Store {
    /// The times of a session, whose nodes are not kept for it.
    pub fn times(&self, id: SessionId, lore: &dyn Lore) -> Times {
        let mut all = Times::default();
        for unit in self.parts(id) {
            all.add(Times::of(&self.part(id, unit, lore).0.nodes));
        }
        all
    }
}

impl Times {
    fn add(&mut self, other: Self) {
        self.calls.extend(other.calls);
        self.tools.extend(other.tools);
        self.running_calls += other.running_calls;
        self.running_tools += other.running_tools;
        self.abandoned += other.abandoned;
    }
}

fn call(node: &Node) -> Option<CallTime> {
    let (call, end) = (node.call.as_deref()?, node.end?);
    let phases = &call.phases;
    let engine = || {
        let (input, read) = (call.usage.input?, call.usage.cache_read);
        Some((input.saturating_sub(read.unwrap_or(0)), read.is_none()))
    };
    let engine = (phases.evidence == PhaseEvidence::Engine).then(|| {
        let fresh = engine();
        Box::new(EngineTime {
            gateway: phases.gateway,
            queue: phases.queue,
            prefill: phases.prefill,
            fresh: fresh.map(|(n, _)| n),
            at_most: fresh.is_some_and(|(_, most)| most),
        })
    });
    Some(CallTime {
        node: node.id,
        provider: call.provider.clone(),
        asked: call.request_model.clone(),
        answered: call.response_model.clone(),
        start: node.start,
        took: end.saturating_sub(node.start),
        failed: node.state == State::Error,
        retried: call.attempts > 1,
        first: phases.ttft,
        decode: phases.decode,
        output: call.usage.output,
        engine,
    })
}
