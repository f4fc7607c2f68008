//! What a session's tokens and money went to: sums by agent, model, turn and tool, and what stands
//! out. A pure function of the tree, so that a page of it is counted once per change.

use super::growth::Tools;
use super::listed::Listed;
use super::notes::{Answered, Finish, Notes, Unpriced};
use crate::model::figures::Figures;
use crate::model::ids::NodeId;
use crate::model::node::{Call, Node, NodeKind, Tree};
use crate::model::usage::{CostBasis, PicoUsd};
use std::cmp::Reverse;
use std::sync::Arc;

/// The agent of calls that no agent was told of.
const MAIN: &str = "main";
/// The most expensive calls and turns that are listed.
const CALLS: usize = 5;
const TURNS: usize = 3;

/// One line of a table: what it is about, and its sums.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// Agent, model, prompt or tool.
    pub name: String,
    /// Where it can be looked at.
    pub node: Option<NodeId>,
    /// Sums over its model calls; of a tool, over the calls of agents that it started.
    pub figures: Figures,
    /// Tokens in the model's context at the latest call, and the window of that model.
    pub context: Option<u64>,
    /// Tokens that fit into it.
    pub window: Option<u64>,
    /// Start of that call, ns since the epoch.
    latest: u64,
    /// The most tokens that were in the context.
    pub peak: Option<u64>,
    /// The most input that one call had.
    pub peak_input: Option<u64>,
}

/// A tool, and how the input grew after it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ToolPart {
    /// Its name, its run with the biggest growth, else its latest, and what was spent below it.
    pub part: Part,
    /// Runs.
    pub runs: u64,
    /// Runs that failed.
    pub failed: u64,
    /// Runs beside others before the same call: what each of them added is not known.
    pub shared: u64,
    /// Sum of what the input grew by after runs that stood alone.
    pub grew: Option<u64>,
    /// The biggest of these.
    pub most: Option<u64>,
}

/// The biggest growth of the input from one call of an agent to its next.
#[derive(Clone, Debug, PartialEq)]
pub struct Growth {
    /// Tokens.
    pub by: u64,
    /// The tools that ran between the two.
    pub tools: Vec<String>,
    /// The turn that it was in, from 1.
    pub turn: Option<usize>,
    /// The call whose input had grown.
    pub call: NodeId,
}

/// A call or turn that was expensive.
#[derive(Clone, Debug, PartialEq)]
pub struct Expensive {
    /// The node.
    pub node: NodeId,
    /// What it is: agent and model, or prompt.
    pub name: String,
    /// The turn, from 1.
    pub turn: Option<usize>,
    /// Its own sums.
    pub figures: Figures,
}

/// Two sums over the same calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// As it was: the reported cost, or the computed one.
    pub one: PicoUsd,
    /// The other: the computed cost beside a reported one, or what no cache would have cost.
    pub other: PicoUsd,
    /// Calls.
    pub calls: u64,
}

impl Beside {
    fn note(&mut self, one: Option<PicoUsd>, other: Option<PicoUsd>) {
        if let (Some(one), Some(other)) = (one, other) {
            self.one = self.one.plus(one);
            self.other = self.other.plus(other);
            self.calls += 1;
        }
    }
}

/// What a session spent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    /// Of all its calls.
    pub total: Figures,
    /// By the nearest agent, most expensive first.
    pub agents: Vec<Part>,
    /// By the model that answered, most expensive first.
    pub models: Vec<Part>,
    /// By turn, in order; what no turn holds counts to the one before it.
    pub turns: Vec<Part>,
    /// By tool, most growth first.
    pub tools: Vec<ToolPart>,
    /// Reported beside computed cost, of calls that have both.
    pub reported: Beside,
    /// Computed cost beside what no cache would have cost, of calls that used it.
    pub cache: Beside,
    /// Calls without a known price.
    pub unpriced: Vec<Unpriced>,
    /// Where the answering model is not the one asked for.
    pub answered: Vec<Answered>,
    /// Finish reasons by model, the commonest first.
    pub finishes: Vec<Finish>,
    /// The biggest growth of input after a tool.
    pub growth: Option<Growth>,
    /// The most expensive calls.
    pub calls: Vec<Expensive>,
    /// The most expensive turns.
    pub dear_turns: Vec<Expensive>,
}

/// Where a node stands.
#[derive(Clone, Copy, Default)]
struct Place {
    /// The nearest agent or tool above it: what has a context of its own.
    frame: Option<u32>,
    /// The nearest tool above it.
    tool: Option<u32>,
    /// Its turn, by its place among the turns.
    turn: Option<usize>,
}

/// Where every node stands, and the turns.
fn places(tree: &Tree) -> (Vec<Place>, Vec<Part>) {
    let mut places: Vec<Place> = Vec::with_capacity(tree.nodes.len());
    let mut turns: Vec<Part> = Vec::new();
    for node in &tree.nodes {
        let above = node
            .parent
            .and_then(|p| Some((p, tree.nodes.get(p as usize)?)));
        let mut place = Place::default();
        if let Some((up, parent)) = above {
            place = places.get(up as usize).copied().unwrap_or_default();
            match parent.kind {
                NodeKind::Tool => (place.frame, place.tool) = (Some(up), Some(up)),
                NodeKind::Agent => place.frame = Some(up),
                _ => {}
            }
        } else if node.kind == NodeKind::Turn {
            turns.push(Part {
                name: node.name.to_string(),
                node: Some(node.id),
                ..Part::default()
            });
        }
        if above.is_none() {
            place.turn = turns.len().checked_sub(1);
        }
        places.push(place);
    }
    (places, turns)
}

impl Part {
    fn take(&mut self, node: &Node, call: &Call, own: &Figures) {
        self.figures.add(own);
        if own.model_calls == 0 || own.failed_calls > 0 {
            return;
        }
        self.peak = self.peak.max(call.context());
        self.peak_input = self.peak_input.max(call.usage.input);
        if call.usage.input.is_some() && (self.context.is_none() || node.start >= self.latest) {
            self.latest = node.start;
            self.context = call.context();
            self.window = call.window;
        }
    }
}

/// Parts by name.
type Parts = Listed<Arc<str>, Part>;

fn part<'a>(parts: &'a mut Parts, name: &Arc<str>) -> Option<&'a mut Part> {
    parts.of(name.clone(), || Part {
        name: name.to_string(),
        ..Part::default()
    })
}

fn dearest_first(parts: Parts) -> Vec<Part> {
    let mut parts = parts.into_vec();
    parts.sort_by_key(|p| Reverse(weight(&p.figures)));
    parts
}

/// By what expensive is measured: money, and tokens where nobody knows the money.
fn weight(f: &Figures) -> (PicoUsd, u64) {
    let tokens = f
        .usage
        .input
        .unwrap_or(0)
        .saturating_add(f.usage.output.unwrap_or(0));
    (f.cost.unwrap_or_default(), tokens)
}

/// The name of a call's model.
fn model(call: &Call) -> Arc<str> {
    call.model()
        .cloned()
        .unwrap_or_else(|| "unknown model".into())
}

impl Ledger {
    /// Counts a session's calls, each once, as its totals do.
    pub fn of(tree: &Tree) -> Self {
        let (places, mut turns) = places(tree);
        let mut ledger = Self::default();
        let (mut agents, mut models) = (Parts::default(), Parts::default());
        let main: Arc<str> = MAIN.into();
        let mut notes = Notes::default();
        let mut tools = Tools::default();
        let mut dear: Vec<(Reverse<(PicoUsd, u64)>, usize)> = Vec::new();
        for (at, node) in tree.nodes.iter().enumerate() {
            let place = places.get(at).copied().unwrap_or_default();
            if node.kind == NodeKind::Tool {
                tools.run(node);
            }
            let Some(call) = node.call.as_deref() else {
                continue;
            };
            let own = Figures::of(node);
            if own.model_calls + own.running_calls == 0 {
                continue;
            }
            ledger.total.add(&own);
            let model = model(call);
            let agent = part(&mut agents, call.agent.as_ref().unwrap_or(&main));
            let turn = place.turn.and_then(|t| turns.get_mut(t));
            let tool = place.tool.and_then(|t| tree.nodes.get(t as usize));
            let tool = tool.and_then(|t| tools.below(&t.name));
            let model_part = part(&mut models, &model);
            for part in [agent, model_part, turn, tool].into_iter().flatten() {
                part.take(node, call, &own);
            }
            if own.model_calls > own.failed_calls {
                ledger.compare(call);
                notes.take(node, call, &model);
                dear.push((Reverse(weight(&own)), at));
            }
        }
        ledger.agents = dearest_first(agents);
        ledger.models = dearest_first(models);
        ledger.dear_turns = dear_turns(&turns);
        ledger.turns = turns;
        dear.sort();
        dear.truncate(CALLS);
        let expensive = |(_, at): (_, usize)| {
            let (node, place) = (tree.nodes.get(at)?, places.get(at)?);
            Some(expensive(node, place.turn))
        };
        ledger.calls = dear.into_iter().filter_map(expensive).collect();
        let frame = |at: usize| places.get(at).and_then(|p| p.frame);
        let (growth, call) = tools.grow(tree, &frame);
        ledger.growth = growth.zip(call).map(|(growth, at)| Growth {
            turn: places.get(at).and_then(|p| p.turn).map(|t| t + 1),
            ..growth
        });
        ledger.tools = tools.most_growth_first();
        ledger.unpriced = notes.unpriced.into_vec();
        ledger.answered = notes.answered.into_vec();
        ledger.finishes = notes.finishes.into_vec();
        ledger
            .finishes
            .sort_by(|a, b| (&a.model, b.calls, &a.reason).cmp(&(&b.model, a.calls, &b.reason)));
        ledger
    }

    /// Compares what an answered call cost with what else it could have.
    fn compare(&mut self, call: &Call) {
        if call.cost_basis == CostBasis::Reported {
            self.reported.note(call.cost, call.computed_cost);
        }
        self.cache.note(call.computed_cost, call.uncached_cost);
    }
}

fn expensive(node: &Node, turn: Option<usize>) -> Expensive {
    let call = node.call.as_deref();
    let agent = call.and_then(|c| c.agent.as_deref()).unwrap_or(MAIN);
    let model = call.map(model);
    Expensive {
        node: node.id,
        name: format!("{agent} · {}", model.as_deref().unwrap_or(&node.name)),
        turn: turn.map(|t| t + 1),
        figures: Figures::of(node),
    }
}

fn dear_turns(turns: &[Part]) -> Vec<Expensive> {
    let mut dear: Vec<(usize, &Part)> = (1..).zip(turns).collect();
    dear.retain(|(_, t)| t.figures.model_calls > 0);
    dear.sort_by_key(|(_, t)| Reverse(weight(&t.figures)));
    let line = |(n, turn): (usize, &Part)| {
        Some(Expensive {
            node: turn.node?,
            name: turn.name.clone(),
            turn: Some(n),
            figures: turn.figures,
        })
    };
    dear.into_iter().take(TURNS).filter_map(line).collect()
}
