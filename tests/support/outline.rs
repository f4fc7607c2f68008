//! A session's tree as text: one line a node, indented, with what a person would check.

use spanfall::model::node::{
    Call, Node, NodeKind, SessionState, SessionSummary, Sign, State, Tree,
};
use std::fmt::Write;

/// So much plumbing in a row is only counted.
const FOLDED: usize = 12;

/// A session and its tree. Times are seconds since the session's start and durations.
pub fn session(summary: &SessionSummary, tree: &Tree) -> String {
    let state = match summary.state {
        SessionState::Running => "running",
        SessionState::Idle => "idle",
        SessionState::Stale => "stale",
        SessionState::Ended => "ended",
    };
    let mut out = format!(
        "session \"{}\" · {} · {} · {state}{}\n",
        text(&summary.title),
        summary.emitter,
        summary.key_name,
        if summary.joined_midway {
            " · joined midway"
        } else {
            ""
        },
    );
    let dull = dull(&tree.nodes);
    let mut at = 0;
    while let Some(node) = tree.nodes.get(at) {
        let indent = "  ".repeat(node.depth as usize);
        let below = |&i: &usize| dull[i] && tree.nodes[i].depth >= node.depth;
        let plumbing = (at..tree.nodes.len()).take_while(below).count();
        if plumbing > FOLDED {
            let _ = writeln!(out, "{:16} {indent}internal, {plumbing} in a row", "");
            at += plumbing;
        } else {
            let _ = writeln!(out, "{} {indent}{}", times(node, tree.start), line(node));
            at += 1;
        }
    }
    out
}

/// Plumbing without an error, and with nothing else below it: nobody reads thousands of lines, and
/// what stands above a call or an agent shows where that stands.
fn dull(nodes: &[Node]) -> Vec<bool> {
    let own = |n: &Node| n.internal && n.state != State::Error;
    let mut dull: Vec<bool> = nodes.iter().map(own).collect();
    for i in (0..nodes.len()).rev() {
        if let Some(up) = nodes[i].parent {
            dull[up as usize] &= dull[i];
        }
    }
    dull
}

fn times(node: &Node, origin: u64) -> String {
    let seconds = |ns: u64| {
        format!(
            "{}.{:03}",
            ns / 1_000_000_000,
            ns % 1_000_000_000 / 1_000_000
        )
    };
    let took = node.end.map_or("…".into(), |end| seconds(end - node.start));
    format!(
        "{:>8} {took:>7}",
        seconds(node.start.saturating_sub(origin))
    )
}

fn line(node: &Node) -> String {
    let kind = match node.kind {
        NodeKind::Turn => "turn",
        NodeKind::Workflow => "workflow",
        NodeKind::Agent => "agent",
        NodeKind::Call => "call",
        NodeKind::Tool => "tool",
        NodeKind::Retrieval => "retrieval",
        NodeKind::Embedding => "embedding",
        NodeKind::Wait => "wait",
        NodeKind::Other if node.internal => "internal",
        NodeKind::Other => "other",
    };
    let mut line = format!("{kind} {}", text(&node.name));
    if let Some(detail) = &node.detail {
        let _ = write!(line, " · {}", text(detail));
    }
    if let Some(call) = &node.call {
        line += &tokens(call);
    }
    if let Some(told) = node.claimed.filter(|_| node.kind == NodeKind::Embedding) {
        let _ = write!(line, " · {} in", count(told.input));
    }
    for (is, word) in [
        (node.mcp, "mcp"),
        (node.from_logs, "from logs"),
        (!node.arrived, "placeholder"),
        (node.state == State::Running(Sign::Known), "running"),
        (
            node.state == State::Running(Sign::Implied),
            "running, implied",
        ),
        (node.state == State::Abandoned, "abandoned"),
    ] {
        if is {
            let _ = write!(line, " · {word}");
        }
    }
    if let Some(error) = &node.error {
        let state = if node.state == State::Error {
            "error"
        } else {
            "had an error"
        };
        let _ = write!(line, " · {state}: {}", text(error));
    }
    line
}

/// `23.5 in (0 read, 23231 written) · 46 out (25 reasoning)`, a dash where nobody told.
fn tokens(call: &Call) -> String {
    let n = count;
    let u = &call.usage;
    let mut line = format!(
        " · {} in ({} read, {} written) {} out ({} reasoning)",
        n(u.input),
        n(u.cache_read),
        n(u.cache_write),
        n(u.output),
        n(u.reasoning)
    );
    if let Some(ttft) = call.phases.ttft {
        let _ = write!(line, " · first token {} ms", ttft / 1_000_000);
    }
    if call.attempts > 1 {
        let _ = write!(line, " · {} attempts", call.attempts);
    }
    line
}

fn count(told: Option<u64>) -> String {
    told.map_or("–".into(), |n| n.to_string())
}

/// Received text on one line, at most 60 characters of it.
fn text(text: &str) -> String {
    let flat = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut short: String = flat.take(60).collect();
    if text.chars().count() > 60 {
        short.push('…');
    }
    short.trim().to_owned()
}
