//! What holds of every tree, whatever was received.

use spanfall::model::figures::Figures;
use spanfall::model::node::{Node, NodeKind, Sign, State, Tree};
use spanfall::model::usage::Usage;
use std::collections::HashSet;

/// Panics unless parents, depths and numbers of descendants agree, ids are unique, times are in
/// order, and what is rolled up is the sum of what is there.
pub fn check(tree: &Tree) {
    shape(tree);
    times(tree);
    sums(tree);
}

fn shape(tree: &Tree) {
    let mut ids = HashSet::new();
    let mut descendants = vec![0u32; tree.nodes.len()];
    // Nodes whose subtree the walk is in: a preorder list leaves a subtree only once.
    let mut path: Vec<usize> = Vec::new();
    for (i, node) in tree.nodes.iter().enumerate() {
        assert!(ids.insert(node.id), "two nodes {} ({})", node.id, node.name);
        let parent = node.parent.map(|p| p as usize);
        path.truncate(node.depth as usize);
        assert_eq!(path.len(), node.depth as usize, "depth of {}", node.name);
        assert_eq!(parent, path.last().copied(), "parent of {}", node.name);
        path.push(i);
    }
    for i in (0..tree.nodes.len()).rev() {
        assert_eq!(
            tree.nodes[i].descendants, descendants[i],
            "descendants of {}",
            tree.nodes[i].name
        );
        if let Some(parent) = tree.nodes[i].parent {
            descendants[parent as usize] += descendants[i] + 1;
        }
    }
}

fn times(tree: &Tree) {
    for node in &tree.nodes {
        assert!(
            node.end.is_none_or(|end| end >= node.start),
            "{} ends before it starts",
            node.name
        );
        let open = node.end.is_none() && node.arrived && !node.from_logs;
        assert!(
            !open || !matches!(node.state, State::Ok | State::Error),
            "{} is over without an end",
            node.name
        );
        assert!(!node.name.is_empty(), "a node without a name");
    }
}

/// What a node adds by itself, by the counting rules: answered and failed calls once each, tokens
/// of answered ones only, each run of a tool and agent once.
fn own(node: &Node) -> Figures {
    let mut own = Figures::default();
    if node.state == State::Running(Sign::Presumed) && !node.arrived {
        return own; // nobody told of it
    }
    let failed = node.state == State::Error;
    match node.kind {
        NodeKind::Call => {
            own.running_calls = u64::from(node.state.is_running());
            own.model_calls = u64::from(matches!(node.state, State::Ok | State::Error));
            own.failed_calls = u64::from(failed);
            if node.state == State::Ok
                && let Some(call) = &node.call
            {
                own.usage = call.usage;
            }
        }
        NodeKind::Tool => {
            own.tool_calls = 1;
            own.failed_tools = u64::from(failed);
        }
        NodeKind::Agent => own.agents = 1,
        _ => {}
    }
    own
}

type Sums = ([u64; 6], Usage);

fn counted(figures: &Figures) -> Sums {
    let f = figures;
    let counts = [
        f.model_calls,
        f.failed_calls,
        f.running_calls,
        f.tool_calls,
        f.failed_tools,
        f.agents,
    ];
    (counts, f.usage)
}

fn sums(tree: &Tree) {
    let mut rolled: Vec<Figures> = tree.nodes.iter().map(own).collect();
    for i in (0..rolled.len()).rev() {
        let node = &tree.nodes[i];
        assert_eq!(
            counted(&node.rolled),
            counted(&rolled[i]),
            "sums of {}",
            node.name
        );
        if let Some(parent) = node.parent {
            let below = rolled[i];
            rolled[parent as usize].add(&below);
        }
    }
}
