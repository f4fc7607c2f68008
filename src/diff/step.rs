//! A run as a list of steps: model calls and what was executed, in order, each with who did it.

use crate::model::detail::{Part, Value};
use crate::model::evidence::join_key;
use crate::model::figures::Figures;
use crate::model::ids::{NodeId, SessionId};
use crate::model::node::{Node, NodeKind, Sign, State};
use crate::model::usage::{PicoUsd, Usage};
use crate::query::Scene;
use std::sync::Arc;

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Without a sign of failure.
    Ok,
    /// It failed.
    Failed,
    /// It had not ended, as far as is known, and its agent did nothing after it.
    Open,
    /// Its end was not told, but its agent went on.
    Untold,
}

impl Outcome {
    /// A word for it, as the report has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "error",
            Self::Open => "open",
            Self::Untold => "untold",
        }
    }

    /// The same for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "it is done",
            Self::Failed => "it fails",
            Self::Open => "it does not end",
            Self::Untold => "its end is not told",
        }
    }

    /// Runs that ended a step so went apart there. An end that was not told could be any.
    pub(super) fn parts(self, other: Self) -> bool {
        self != other && self != Self::Untold && other != Self::Untold
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Its node.
    pub node: NodeId,
    /// A model call, a tool, a retrieval or an embedding.
    pub kind: NodeKind,
    /// The agent that did it.
    pub agent: Option<Arc<str>>,
    /// The tool; of a call what kind of operation it is.
    pub name: Arc<str>,
    /// What tells it from its namesakes, in a line.
    pub detail: Option<Arc<str>>,
    /// Stands for a tool's arguments: equal ones have equal keys.
    pub arguments: Option<u64>,
    /// The model that answered, else the one asked for.
    pub model: Option<Arc<str>>,
    /// How it ended.
    pub outcome: Outcome,
    /// Other steps were done within it.
    pub frames: bool,
    /// The error, in the reporter's words.
    pub error: Option<Arc<str>>,
    /// Start, ns since the run's.
    pub start: u64,
    /// Duration, ns; unknown where its end was not told.
    pub took: Option<u64>,
    /// A call's tokens.
    pub usage: Usage,
    /// A call's cost.
    pub cost: Option<PicoUsd>,
    /// How often a call was tried.
    pub attempts: u32,
    /// Why a model stopped.
    pub finish: Vec<Arc<str>>,
}

/// A run: a session, or a turn or an agent of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// What it is called: the session's title, or that of the turn or agent.
    pub name: Arc<str>,
    /// The value of the session's key.
    pub key: Arc<str>,
    /// Who reports.
    pub emitter: Arc<str>,
    /// The session.
    pub session: SessionId,
    /// The turn or agent; none is the whole session.
    pub node: Option<NodeId>,
    /// Start, ns since the epoch.
    pub start: u64,
    /// Its sums.
    pub figures: Figures,
    /// Its steps.
    pub steps: Vec<Step>,
}

/// The run of a session, or of a node of it and what is below.
pub fn run(scene: &Scene, node: Option<NodeId>) -> Run {
    let at = node.and_then(|id| scene.nodes.iter().position(|n| n.id == id || n.alias == id));
    let root = at.and_then(|at| scene.nodes.get(at));
    let below = at.zip(root).map_or(0..scene.nodes.len(), |(at, root)| {
        at..(at + 1 + root.descendants as usize).min(scene.nodes.len())
    });
    let start = root.map_or(scene.session.start, |n| n.start);
    let agents = agents(scene.nodes);
    let mut steps: Vec<Step> = below
        .filter_map(|i| {
            let (node, agent) = (scene.nodes.get(i)?, agents.get(i)?.clone());
            is_step(node).then(|| step(scene, i, node, agent, start))
        })
        .collect();
    // Children stand after their parents whatever they began before: steps go by time.
    steps.sort_by_key(|s| s.start);
    settle(&mut steps);
    let session = scene.session;
    Run {
        name: root.map_or_else(|| session.title.clone(), |n| n.name.clone()),
        key: session.key.clone(),
        emitter: session.emitter.clone(),
        session: session.id,
        node: root.map(|n| n.id),
        start,
        figures: root.map_or(session.figures, |n| Figures {
            wall_ns: n.duration(scene.now),
            ..n.rolled
        }),
        steps,
    }
}

fn is_step(node: &Node) -> bool {
    match node.kind {
        // What nobody told of is no step.
        _ if node.state == State::Running(Sign::Presumed) => false,
        NodeKind::Call => true,
        NodeKind::Tool | NodeKind::Retrieval | NodeKind::Embedding => !node.internal,
        _ => false,
    }
}

/// The nearest agent at or above each node; parents stand before their children.
fn agents(nodes: &[Node]) -> Vec<Option<Arc<str>>> {
    let mut agents: Vec<Option<Arc<str>>> = Vec::with_capacity(nodes.len());
    for node in nodes {
        let above = node
            .parent
            .and_then(|p| agents.get(p as usize).cloned().flatten());
        agents.push(if node.kind == NodeKind::Agent {
            Some(node.name.clone())
        } else {
            above
        });
    }
    agents
}

fn step(scene: &Scene, at: usize, node: &Node, agent: Option<Arc<str>>, start: u64) -> Step {
    let call = node.call.as_deref();
    let below = scene.nodes.get(at + 1..).unwrap_or_default();
    let frames = below.iter().take(node.descendants as usize).any(is_step);
    Step {
        node: node.id,
        kind: node.kind,
        agent,
        name: match call {
            Some(call) => call.operation.clone().unwrap_or_else(|| "chat".into()),
            None => node.name.clone(),
        },
        detail: node.detail.clone(),
        arguments: if node.kind == NodeKind::Tool {
            arguments(scene, node)
        } else {
            None
        },
        model: call.and_then(|c| c.model().cloned()),
        outcome: match node.state {
            State::Ok => Outcome::Ok,
            State::Error => Outcome::Failed,
            State::Running(_) | State::Abandoned => Outcome::Open,
        },
        frames,
        error: node.error.clone(),
        start: node.start.saturating_sub(start),
        took: node.end.map(|end| end.saturating_sub(node.start)),
        usage: call.map(|c| c.usage).unwrap_or_default(),
        cost: call.and_then(|c| c.cost),
        attempts: call.map_or(1, |c| c.attempts),
        finish: call.map(|c| c.finish_reasons.clone()).unwrap_or_default(),
    }
}

/// What stands for a tool's arguments: as they were sent, else the line that tells of them.
fn arguments(scene: &Scene, node: &Node) -> Option<u64> {
    let messages = scene.contents.messages(node);
    let mut parts = messages.iter().flat_map(|m| &m.parts);
    let sent = parts.find_map(|part| match part {
        Part::ToolCall {
            arguments: Value::Null,
            ..
        } => None,
        Part::ToolCall { arguments, .. } => Some(join_key(&format!("{arguments:?}"))),
        _ => None,
    });
    sent.or_else(|| node.detail.as_deref().map(join_key))
}

/// What is open though its agent went on had ended: nobody told.
fn settle(steps: &mut [Step]) {
    for at in 0..steps.len() {
        let (before, after) = steps.split_at_mut(at + 1);
        let Some(step) = before
            .last_mut()
            .filter(|s| s.outcome == Outcome::Open && !s.frames)
        else {
            continue;
        };
        if after.iter().any(|later| later.agent == step.agent) {
            step.outcome = Outcome::Untold;
        }
    }
}

impl Step {
    /// Who does what, in a line: `coder · gpt-4o`, `coder · write_file src/parser.py`.
    pub fn label(&self) -> String {
        let mut label = String::new();
        if let Some(agent) = &self.agent {
            label += agent;
            label += " · ";
        }
        label += match (&self.model, self.kind) {
            (Some(model), NodeKind::Call) => model,
            _ => &self.name,
        };
        if let Some(detail) = &self.detail {
            label += " ";
            label += detail;
        }
        label
    }
}
