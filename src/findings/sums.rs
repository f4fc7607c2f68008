//! What containers claim of themselves against what was counted below them.

use super::rules::CLAIMED_DIFFERS;
use super::walk::{At, Check, Found};
use super::words::count;
use crate::model::node::{Node, NodeKind, State};
use crate::model::usage::Usage;

/// Differences below so much of a hundred are rounding or another tokenizer.
const APART: u64 = 2;

/// Claims that differ from the sums.
#[derive(Default)]
pub(super) struct Claims;

impl Check for Claims {
    fn look(&mut self, at: &At<'_>, found: &mut Found) {
        let node = at.node;
        let told = matches!(
            node.kind,
            NodeKind::Agent | NodeKind::Workflow | NodeKind::Turn
        );
        let (Some(claimed), true, State::Ok) = (node.claimed, told, node.state) else {
            return;
        };
        let sums = &node.rolled;
        if sums.model_calls == 0 || !sums.usage_complete() || sums.failed_calls > 0 {
            return;
        }
        // Some claim all below them, some their own calls without their sub-agents', some the last.
        let mut counted = vec![sums.usage];
        counted.extend(own(at.below));
        if counted.iter().any(|counted| agree(&claimed, counted)) {
            return;
        }
        // More than its own calls that came and less than all below it is what it claims where some
        // of its own did not come: earlier than anybody listened, as a rule.
        let own = at.below.iter().any(|n| n.kind == NodeKind::Agent);
        if own && less(&claimed, &sums.usage) {
            return;
        }
        let apart = |of: fn(&Usage) -> Option<u64>| {
            of(&claimed)
                .zip(of(&sums.usage))
                .filter(|(claimed, counted)| far(*claimed, *counted))
        };
        let parts = [
            ("input", apart(|u| u.input)),
            ("output", apart(|u| u.output)),
        ];
        let parts = parts.into_iter().filter_map(|(what, n)| Some((what, n?)));
        let parts: Vec<String> = parts
            .map(|(what, (claimed, counted))| {
                format!(
                    "{what} {} claimed, {} counted",
                    count(claimed),
                    count(counted)
                )
            })
            .collect();
        if !parts.is_empty() {
            let text = format!("{} claims other tokens than its calls add up to", node.name);
            found.add(&CLAIMED_DIFFERS, node, text, parts.join(" · "));
        }
    }
}

fn far(claimed: u64, counted: u64) -> bool {
    claimed.abs_diff(counted).saturating_mul(100) > counted.saturating_mul(APART)
}

fn less(claimed: &Usage, counted: &Usage) -> bool {
    let less = |of: fn(&Usage) -> Option<u64>| {
        of(claimed)
            .zip(of(counted))
            .is_some_and(|(claimed, counted)| claimed < counted)
    };
    less(|u| u.input) && less(|u| u.output)
}

fn agree(claimed: &Usage, counted: &Usage) -> bool {
    let near = |of: fn(&Usage) -> Option<u64>| {
        of(claimed)
            .zip(of(counted))
            .is_none_or(|(claimed, counted)| !far(claimed, counted))
    };
    near(|u| u.input) && near(|u| u.output)
}

/// What it can mean by "its own": its calls without those of agents below it, or with those of the
/// first agents below it only, and the first and the last of each; with thoughts or without.
fn own(below: &[Node]) -> Vec<Usage> {
    let mut sums = [Usage::default(); 2];
    let mut last = [Usage::default(); 2];
    let mut first = [None; 2];
    // Where the subtrees of the agents above a node end.
    let mut agents: Vec<usize> = Vec::new();
    for (i, node) in below.iter().enumerate() {
        while agents.last().is_some_and(|end| *end < i) {
            agents.pop();
        }
        if node.kind == NodeKind::Agent {
            agents.push(i.saturating_add(node.descendants as usize));
        }
        let Some(call) = node.call.as_deref().filter(|_| node.state == State::Ok) else {
            continue;
        };
        for level in agents.len()..sums.len() {
            sums[level].add(call.usage);
            last[level] = call.usage;
            first[level].get_or_insert(call.usage);
        }
    }
    let whole = sums
        .into_iter()
        .chain(last)
        .chain(first.into_iter().flatten());
    let bare = |usage: Usage| Usage {
        output: usage
            .output
            .map(|n| n.saturating_sub(usage.reasoning.unwrap_or(0))),
        ..usage
    };
    whole.flat_map(|usage| [usage, bare(usage)]).collect()
}
