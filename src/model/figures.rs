//! The sums that stand beside a session, a turn, an agent or a model.

use super::node::{Node, NodeKind, State};
use super::usage::{CostBasis, PicoUsd, Usage};

/// Sums over the model calls and tool calls of something. Adds only model calls, each once
/// (design: "counted once"); what containers claim is never part of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// Model calls that were answered or failed, once each however many attempts.
    pub model_calls: u64,
    /// Model calls that failed for good.
    pub failed_calls: u64,
    /// Model calls still running.
    pub running_calls: u64,
    /// Executions of tools, once each.
    pub tool_calls: u64,
    /// Executions of tools that failed.
    pub failed_tools: u64,
    /// Runs of agents.
    pub agents: u64,
    /// Errors of any kind of node.
    pub errors: u64,
    /// Token sums over answered calls.
    pub usage: Usage,
    /// Answered calls that told no input or no output tokens; above zero, `usage` is "at least".
    pub untold_calls: u64,
    /// Sum of the known costs.
    pub cost: Option<PicoUsd>,
    /// What kinds of costs are in `cost`.
    pub cost_basis: CostBasis,
    /// Answered calls without a known cost; above zero, `cost` is "at least".
    pub unpriced_calls: u64,
    /// From first start to last end, nanoseconds.
    pub wall_ns: u64,
    /// Sum of the calls' time to first token, where known, nanoseconds.
    pub wait_ns: u64,
    /// Sum of the calls' decode time, where known, nanoseconds.
    pub decode_ns: u64,
    /// Sum of the calls' durations, nanoseconds.
    pub model_ns: u64,
    /// Sum of the tools' durations without waiting for a person, nanoseconds.
    pub tool_ns: u64,
    /// Time a person was waited for, nanoseconds.
    pub human_ns: u64,
    /// Time in which nothing ran, nanoseconds.
    pub idle_ns: u64,
}

impl Figures {
    /// What a node itself is, without anything below it: a model call that was answered or failed, a
    /// run of a tool, an agent, a wait.
    pub fn of(node: &Node) -> Self {
        let mut f = Self::default();
        let span = node.end.map_or(0, |end| end.saturating_sub(node.start));
        let failed = node.state == State::Error;
        f.errors = u64::from(
            failed
                && matches!(
                    node.kind,
                    NodeKind::Call | NodeKind::Tool | NodeKind::Retrieval | NodeKind::Embedding
                ),
        );
        match node.kind {
            NodeKind::Call => f.take_call(node, failed, span),
            NodeKind::Tool => {
                f.tool_calls = 1;
                f.failed_tools = u64::from(failed);
            }
            NodeKind::Agent => f.agents = 1,
            NodeKind::Wait => f.human_ns = span,
            NodeKind::Turn
            | NodeKind::Workflow
            | NodeKind::Retrieval
            | NodeKind::Embedding
            | NodeKind::Other => {}
        }
        f
    }

    fn take_call(&mut self, node: &Node, failed: bool, span: u64) {
        let Some(call) = &node.call else { return };
        match node.state {
            State::Running(_) => self.running_calls = 1,
            State::Abandoned => {}
            State::Ok | State::Error => self.model_calls = 1,
        }
        if self.model_calls == 0 {
            return;
        }
        self.failed_calls = u64::from(failed);
        self.model_ns = span;
        self.wait_ns = call.phases.ttft.unwrap_or_default();
        self.decode_ns = call.phases.decode.unwrap_or_default();
        if failed {
            return; // "Failed calls add no tokens" (the counting rules)
        }
        self.usage = call.usage;
        self.untold_calls = u64::from(call.usage.input.is_none() || call.usage.output.is_none());
        match call.cost {
            Some(cost) => self.add_cost(cost, call.cost_basis),
            None => self.unpriced_calls = 1,
        }
    }

    /// Every answered call told its input and output.
    pub fn usage_complete(&self) -> bool {
        self.untold_calls == 0
    }

    /// Adds a reported or computed cost.
    pub fn add_cost(&mut self, cost: PicoUsd, basis: CostBasis) {
        self.cost_basis = match (self.cost.is_some(), self.cost_basis == basis) {
            (false, _) | (_, true) => basis,
            (true, false) => CostBasis::Mixed,
        };
        self.cost = Some(self.cost.unwrap_or_default().plus(cost));
    }

    /// Adds counts and sums of something beside or below; `wall_ns` and `idle_ns` are no sums
    /// and stay as they are.
    pub fn add(&mut self, other: &Self) {
        self.model_calls += other.model_calls;
        self.failed_calls += other.failed_calls;
        self.running_calls += other.running_calls;
        self.tool_calls += other.tool_calls;
        self.failed_tools += other.failed_tools;
        self.agents += other.agents;
        self.errors += other.errors;
        self.usage.add(other.usage);
        self.untold_calls += other.untold_calls;
        if let Some(cost) = other.cost {
            self.add_cost(cost, other.cost_basis);
        }
        self.unpriced_calls += other.unpriced_calls;
        self.wait_ns = self.wait_ns.saturating_add(other.wait_ns);
        self.decode_ns = self.decode_ns.saturating_add(other.decode_ns);
        self.model_ns = self.model_ns.saturating_add(other.model_ns);
        self.tool_ns = self.tool_ns.saturating_add(other.tool_ns);
        self.human_ns = self.human_ns.saturating_add(other.human_ns);
    }
}
