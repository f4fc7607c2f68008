//! Agents that run inside a tool without a span of their own: the calls below the tool name another
//! agent than the one that asked for the tool (rig).

use super::Context;
use super::pieces::Forest;
use super::place::{Places, Seed};
use crate::model::evidence::{Field, Op, key_of};
use crate::model::intern::Sym;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Puts a node for such an agent between the tool and what runs in it. Where several are named in
/// one tool, each gets only the calls that name it.
pub fn place(cx: &Context<'_>, forest: &Forest<'_>, places: &mut Places) {
    // By the names themselves: symbols are numbered in the order of arrival.
    let mut guests: BTreeMap<usize, BTreeMap<Arc<str>, Vec<usize>>> = BTreeMap::new();
    for seed in 0..places.seeds.len() {
        let Some(name) = own_name(forest, places, seed, &[Op::Call]) else {
            continue;
        };
        let Some((tool, below)) = tool_above(places, seed) else {
            continue;
        };
        if asker(forest, places, tool).is_some_and(|asker| asker != name) {
            let named = guests.entry(tool).or_default();
            named.entry(cx.texts.text(name)).or_default().push(below);
        }
    }
    for (tool, named) in guests {
        let Some(key) = anchor(forest, places, tool) else {
            continue;
        };
        let alone = named.len() == 1;
        for (name, tops) in named {
            let before = places.seeds.len();
            let guest = places.agent(key_of(("guest", key, name)));
            places.parent[guest] = Some(tool);
            for seed in 0..before {
                let mine = tops.contains(&seed) || alone;
                if mine && seed != guest && places.parent[seed] == Some(tool) {
                    places.parent[seed] = Some(guest);
                }
            }
        }
    }
}

fn op(places: &Places, seed: usize) -> Option<Op> {
    match places.seeds.get(seed)? {
        Seed::Group(rep) => places.groups.get(rep).map(|g| g.op),
        Seed::Agent(_) => Some(Op::Agent),
        _ => None,
    }
}

fn anchor(forest: &Forest<'_>, places: &Places, seed: usize) -> Option<super::pieces::SpanKey> {
    let Seed::Group(rep) = places.seeds.get(seed)? else {
        return None;
    };
    forest.pieces[places.groups.get(rep)?.anchor].key
}

/// The agent that a span of one of these kinds names.
fn own_name(forest: &Forest<'_>, places: &Places, seed: usize, ops: &[Op]) -> Option<Sym> {
    let Seed::Group(rep) = places.seeds.get(seed)? else {
        return None;
    };
    let group = places.groups.get(rep)?;
    let wanted = !group.records_only && ops.contains(&group.op);
    let pieces = group.pieces.iter().filter(|_| wanted);
    pieces
        .map(|&p| &forest.pieces[p].evidence.facts)
        .find_map(|facts| facts.text(Field::AgentName))
}

/// The tool that a call runs in with no agent between, and the tool's child on the way.
fn tool_above(places: &Places, seed: usize) -> Option<(usize, usize)> {
    let mut below = seed;
    loop {
        let up = places.parent[below].filter(|&up| up != below)?;
        match op(places, up) {
            Some(Op::Tool) => return Some((up, below)),
            Some(Op::Agent | Op::Turn | Op::Call | Op::Workflow) => return None,
            _ => below = up,
        }
    }
}

/// The agent that asked for a tool: the one around it, else the one that the tool's own span or
/// the calls beside it name.
fn asker(forest: &Forest<'_>, places: &Places, tool: usize) -> Option<Sym> {
    let mut at = tool;
    while let Some(up) = places.parent[at].filter(|&up| up != at) {
        if op(places, up) == Some(Op::Agent) {
            return own_name(forest, places, up, &[Op::Agent]);
        }
        at = up;
    }
    let own = own_name(forest, places, tool, &[Op::Tool]);
    let beside = || {
        let mut siblings =
            (0..places.seeds.len()).filter(|&s| places.parent[s] == places.parent[tool]);
        siblings.find_map(|s| own_name(forest, places, s, &[Op::Call]))
    };
    own.or_else(beside)
}
