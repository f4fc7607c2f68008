//! Rules over sessions and nodes: what a person should look at. Each rule is a function from the
//! picture to findings; none changes it.

use crate::model::finding::{Finding, Severity};
use crate::model::node::SessionSummary;

/// What the summaries of sessions show, in their order.
pub fn of_sessions(sessions: &[SessionSummary]) -> Vec<Finding> {
    let rules = [parent_cycle, joined_midway, content_dropped];
    sessions
        .iter()
        .flat_map(|s| rules.iter().filter_map(|rule| rule(s)))
        .collect()
}

fn finding(
    session: &SessionSummary,
    rule: &'static str,
    severity: Severity,
    message: String,
) -> Finding {
    Finding {
        rule,
        severity,
        session: session.id,
        node: None,
        message,
    }
}

/// Chains of parents that reached themselves: no tree holds them, so each was cut.
fn parent_cycle(session: &SessionSummary) -> Option<Finding> {
    let n = session.cycles;
    let (chains, each) = match n {
        0 => return None,
        1 => ("1 chain of parents reached itself".to_owned(), "it"),
        n => (format!("{n} chains of parents reached themselves"), "each"),
    };
    let message = format!("{chains}; {each} was cut at its first span");
    Some(finding(session, "parent-cycle", Severity::Warning, message))
}

/// It began before anybody listened: its totals are "at least".
fn joined_midway(session: &SessionSummary) -> Option<Finding> {
    let message = "joined while it was going on; totals are at least".to_owned();
    session
        .joined_midway
        .then(|| finding(session, "joined-midway", Severity::Info, message))
}

/// Contents went to hold the memory limit; the figures stay.
fn content_dropped(session: &SessionSummary) -> Option<Finding> {
    let message = "contents were dropped to hold the memory limit; figures stay".to_owned();
    session
        .content_dropped
        .then(|| finding(session, "content-dropped", Severity::Info, message))
}
