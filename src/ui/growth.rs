//! How the input of calls grows after tools: what came between a call and the next of the same
//! agent and model is what the input grew by. Of tools that ran beside each other before one call,
//! what each added is not known.

use super::ledger::{Growth, Part, ToolPart};
use super::listed::Listed;
use crate::model::figures::Figures;
use crate::model::node::{Node, NodeKind, Tree};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::sync::Arc;

/// The tools of a session, by name.
#[derive(Default)]
pub(super) struct Tools {
    tools: Listed<Arc<str>, ToolPart>,
}

/// The calls of one model in one context: an agent's, or those of no agent.
struct Lane {
    /// Input of its latest call.
    input: u64,
    /// Runs of tools in the same context that had begun by then.
    seen: usize,
}

impl Tools {
    fn of(&mut self, name: &Arc<str>) -> Option<&mut ToolPart> {
        self.tools.of(name.clone(), || {
            let mut tool = ToolPart::default();
            tool.part.name = name.to_string();
            tool
        })
    }

    /// Counts a run.
    pub fn run(&mut self, node: &Node) {
        let own = Figures::of(node);
        if let Some(tool) = self.of(&node.name) {
            tool.runs += own.tool_calls;
            tool.failed += own.failed_tools;
            tool.part.node = Some(node.id);
        }
    }

    /// What a model call below a tool counts to.
    pub fn below(&mut self, name: &Arc<str>) -> Option<&mut Part> {
        self.of(name).map(|t| &mut t.part)
    }

    /// Follows the input of calls. `frame` tells in whose context a node is. Returns the biggest
    /// growth after tools and the index of the call that had it.
    pub fn grow(
        &mut self,
        tree: &Tree,
        frame: &dyn Fn(usize) -> Option<u32>,
    ) -> (Option<Growth>, Option<usize>) {
        let acts = |n: &Node| matches!(n.kind, NodeKind::Call | NodeKind::Tool);
        let nodes = tree.nodes.iter().enumerate();
        let mut acting: Vec<(u64, usize)> = nodes
            .filter(|(_, n)| acts(n))
            .map(|(at, n)| (n.start, at))
            .collect();
        acting.sort_unstable();
        let mut ran: FxHashMap<Option<u32>, Vec<usize>> = FxHashMap::default();
        let mut lanes: FxHashMap<(Option<u32>, Option<Arc<str>>), Lane> = FxHashMap::default();
        let (mut biggest, mut of): (Option<Growth>, Option<usize>) = (None, None);
        for (_, at) in acting {
            let Some(node) = tree.nodes.get(at) else {
                continue;
            };
            let ran = ran.entry(frame(at)).or_default();
            if node.kind == NodeKind::Tool {
                ran.push(at);
                continue;
            }
            let Some(call) = node.call.as_deref() else {
                continue;
            };
            let Some(input) = Figures::of(node).usage.input else {
                continue;
            };
            let lane = (frame(at), call.model().cloned());
            let now = Lane {
                input,
                seen: ran.len(),
            };
            let Some(before) = lanes.insert(lane, now) else {
                continue;
            };
            let between = ran.get(before.seen..).unwrap_or_default();
            let by = input.saturating_sub(before.input);
            self.note(tree, between, by);
            if by > biggest.as_ref().map_or(0, |g| g.by) && !between.is_empty() {
                let named = between
                    .iter()
                    .filter_map(|t| tree.nodes.get(*t))
                    .map(called);
                of = Some(at);
                biggest = Some(Growth {
                    by,
                    tools: named.collect(),
                    turn: None,
                    call: node.id,
                });
            }
        }
        (biggest, of)
    }

    fn note(&mut self, tree: &Tree, between: &[usize], by: u64) {
        let alone = between.len() == 1;
        for node in between.iter().filter_map(|t| tree.nodes.get(*t)) {
            let Some(tool) = self.of(&node.name) else {
                continue;
            };
            if !alone {
                tool.shared += 1;
                continue;
            }
            tool.grew = Some(tool.grew.unwrap_or(0).saturating_add(by));
            if tool.most.is_none_or(|most| by > most) {
                tool.most = Some(by);
                tool.part.node = Some(node.id);
            }
        }
    }

    /// All of them.
    pub fn most_growth_first(self) -> Vec<ToolPart> {
        let mut tools = self.tools.into_vec();
        tools.sort_by_key(|t| Reverse((t.grew, t.part.figures.cost, t.runs)));
        tools
    }
}

/// A run of a tool in words.
fn called(node: &Node) -> String {
    let detail = node
        .detail
        .as_deref()
        .map(|d| super::arguments::line(d, 60, "…"));
    match detail {
        Some(detail) => format!("{} {detail}", node.name),
        None => node.name.to_string(),
    }
}
