//! What the summary of a session shows by itself.

use super::rules::{
    CLOCK_AHEAD, CONTENT_DROPPED, JOINED_MIDWAY, NO_MODEL_CALLS, PARENT_CYCLE, Rule,
};
use super::words::time;
use crate::model::finding::Finding;
use crate::model::node::{SessionState, SessionSummary};

/// A clock that is ahead by less shows nothing that is wrong.
const AHEAD_NS: u64 = 2_000_000_000;

/// Adds what the summary shows.
pub(super) fn look(session: &SessionSummary, found: &mut Vec<Finding>) {
    let mut add = |rule: &'static Rule, message: String| {
        found.push(Finding {
            rule: rule.name,
            severity: rule.severity,
            session: session.id,
            node: None,
            at: session.start,
            message,
            evidence: String::new(),
        });
    };
    match session.cycles {
        0 => {}
        1 => add(
            &PARENT_CYCLE,
            "1 chain of parents reached itself; it was cut at its first span".into(),
        ),
        n => add(
            &PARENT_CYCLE,
            format!("{n} chains of parents reached themselves; each was cut at its first span"),
        ),
    }
    if session.joined_midway {
        let text = "joined while it was going on; totals are at least";
        add(&JOINED_MIDWAY, text.into());
    }
    if session.content_dropped {
        let text = "contents were dropped to hold the memory limit; figures stay";
        add(&CONTENT_DROPPED, text.into());
    }
    let done = matches!(session.state, SessionState::Ended | SessionState::Idle);
    let ran = session.figures.agents + session.figures.tool_calls;
    if done && ran > 0 && session.figures.model_calls == 0 {
        let text = "agents or tools ran and no model call was told: instrument the library that \
                    calls the model too, without it there are no tokens and no cost";
        add(&NO_MODEL_CALLS, text.into());
    }
    let ahead = session.end.saturating_sub(session.last_arrival);
    if ahead > AHEAD_NS {
        let ahead = time(ahead);
        add(&CLOCK_AHEAD, format!("its clock is {ahead} ahead or more"));
    }
}
