//! What the list of sessions says of one, from what its units know.

use super::correlate::{Unit, WITHHELD};
use super::figures::Figures;
use super::ids::{NodeId, SessionId};
use super::node::{Node, NodeKind, SessionState, SessionSummary, State, TurnSummary};
use super::sessions::Session;
use super::threads::go_on;
use super::units::{Brief, UnitState};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What a session needs to know of a unit: all but who sent it.
pub fn brief(made: &Unit) -> Brief {
    let mut figures = Figures::default();
    for root in made.nodes.iter().filter(|n| n.parent.is_none()) {
        figures.add(&root.rolled);
        figures.idle_ns = figures.idle_ns.saturating_add(root.rolled.idle_ns);
    }
    let of_kind = |kind: NodeKind| made.nodes.iter().filter(move |n| n.kind == kind);
    Brief {
        start: made.start,
        first: made.first(),
        end: made.end,
        figures,
        turns: of_kind(NodeKind::Turn)
            .map(turn_summary)
            .map(Arc::new)
            .collect(),
        open: made
            .nodes
            .iter()
            .any(|n| n.state.is_running() || n.state == State::Abandoned),
        awaiting: made.presumed.is_some(),
        waiting: of_kind(NodeKind::Wait)
            .filter(|n| n.state.is_running())
            .map(|n| n.start)
            .max(),
        cycles: made.cycles,
        continuation: made.continuation,
        bare_calls: made.bare_calls,
        threads: made.threads.clone(),
        agentic: made.agentic,
        left: made.left,
        midway: made
            .nodes
            .first()
            .is_some_and(|n| n.kind == NodeKind::Turn && !n.arrived),
        agent: outermost_agent(made),
        emitter: None,
        service: None,
    }
}

/// The agent that the unit is about: not one below a span that has not come.
fn outermost_agent(made: &Unit) -> Option<Arc<str>> {
    let known = |up: u32| made.nodes.get(up as usize).is_some_and(|n| n.arrived);
    let agents = made.nodes.iter().filter(|n| n.kind == NodeKind::Agent);
    let mut named = agents.filter(|n| n.parent.is_none_or(known));
    named.next().map(|n| n.name.clone())
}

/// A turn's line.
fn turn_summary(node: &Node) -> TurnSummary {
    TurnSummary {
        node: node.id,
        alias: node.alias,
        title: node.name.clone(),
        start: node.start,
        end: node.end,
        figures: node.rolled,
    }
}

/// What the list says of a session, from those of its units that count.
pub fn summarise(
    id: SessionId,
    session: &Session,
    units: &[&UnitState],
    counts: &dyn Fn(&Brief) -> bool,
) -> Option<SessionSummary> {
    let all = || units.iter().filter_map(|u| u.brief.as_deref());
    let briefs: Vec<&Brief> = all().filter(|b| counts(b)).collect();
    let left = all().filter(|b| b.left).map(|b| b.start).max();
    let first = briefs.first()?;
    let turns = turns(&briefs);
    let told = briefs.iter().find_map(|b| b.emitter.clone());
    let service = || briefs.iter().find_map(|b| b.service.clone());
    Some(SessionSummary {
        id,
        key_name: session.key_name.clone(),
        key: session.key.clone(),
        title: title(&briefs, &turns),
        emitter: told.or_else(service).unwrap_or_else(|| "unknown".into()),
        state: state(&session.key_name, session.stale, left, &briefs),
        start: first.start,
        end: briefs.iter().map(|b| b.end).max().unwrap_or_default(),
        last_arrival: units
            .iter()
            .map(|u| u.last_arrival)
            .max()
            .unwrap_or_default(),
        joined_midway: first.midway && briefs.len() > 1,
        cycles: briefs.iter().map(|b| b.cycles).sum(),
        content_dropped: units.iter().any(|u| u.content_dropped),
        turns,
        figures: sums(&briefs),
        measured: None,
        evidence: units.iter().map(|u| u.members.len()).sum(),
        waiting: briefs.iter().filter_map(|b| b.waiting).max(),
    })
}

/// Turns in order; what goes on with a turn counts to the turn that it goes on with.
fn turns(briefs: &[&Brief]) -> Vec<Arc<TurnSummary>> {
    let hosts = go_on(briefs.iter().flat_map(|b| &b.threads));
    let mut turns: Vec<Arc<TurnSummary>> = Vec::new();
    let mut places: FxHashMap<NodeId, usize> = FxHashMap::default();
    let mut guests: Vec<(NodeId, &Arc<TurnSummary>)> = Vec::new();
    for brief in briefs {
        match (brief.continuation, turns.last_mut()) {
            (true, Some(last)) => {
                let end = (!brief.open).then_some(brief.end);
                take_in(last, &brief.figures, brief.start, end);
            }
            _ => {
                for turn in &brief.turns {
                    if let Some(&host) = hosts.get(&turn.node) {
                        guests.push((host, turn));
                    } else {
                        places.insert(turn.node, turns.len());
                        turns.push(turn.clone());
                    }
                }
            }
        }
    }
    guests.sort_by_key(|(_, turn)| (turn.start, turn.node));
    for (host, guest) in guests {
        if let Some(turn) = places.get(&host).and_then(|&at| turns.get_mut(at)) {
            take_in(turn, &guest.figures, guest.start, guest.end);
        }
    }
    turns.sort_by_key(|t| (t.start, t.node));
    turns
}

/// Counts to a turn what goes on with it; `end` is `None` while that runs.
fn take_in(turn: &mut Arc<TurnSummary>, figures: &Figures, start: u64, end: Option<u64>) {
    let turn = Arc::make_mut(turn);
    turn.figures.add(figures);
    let gap = turn.end.map_or(0, |end| start.saturating_sub(end));
    let idle = gap.saturating_add(figures.idle_ns);
    turn.figures.idle_ns = turn.figures.idle_ns.saturating_add(idle);
    turn.end = turn.end.zip(end).map(|(one, other)| one.max(other));
    turn.figures.wall_ns = turn.end.map_or(0, |end| end.saturating_sub(turn.start));
}

/// Sums, with the time between units counted as idle.
fn sums(briefs: &[&Brief]) -> Figures {
    let mut figures = Figures::default();
    let (mut at, mut first) = (0u64, u64::MAX);
    for brief in briefs {
        figures.add(&brief.figures);
        figures.idle_ns = figures.idle_ns.saturating_add(brief.figures.idle_ns);
        if at != 0 {
            figures.idle_ns = figures
                .idle_ns
                .saturating_add(brief.start.saturating_sub(at));
        }
        first = first.min(brief.start);
        at = at.max(brief.end);
    }
    figures.wall_ns = at.saturating_sub(first);
    figures
}

/// The first prompt, else the first agent, else the service.
fn title(briefs: &[&Brief], turns: &[Arc<TurnSummary>]) -> Arc<str> {
    let told = turns
        .iter()
        .map(|t| &t.title)
        .find(|t| !t.is_empty() && !t.contains("not received yet") && !t.starts_with(WITHHELD));
    told.or_else(|| briefs.iter().find_map(|b| b.agent.as_ref()))
        .or_else(|| briefs.iter().find_map(|b| b.service.as_ref()))
        .cloned()
        .unwrap_or_else(|| "session".into())
}

/// Its state. `left` is when the person left, ns since the epoch.
fn state(key_name: &str, stale: bool, left: Option<u64>, briefs: &[&Brief]) -> SessionState {
    let keyed = !matches!(key_name, "trace" | "process");
    let awaiting = briefs.last().is_some_and(|b| b.awaiting);
    if awaiting || briefs.iter().any(|b| b.open) {
        if stale {
            SessionState::Stale
        } else {
            SessionState::Running
        }
    } else if left >= briefs.last().map(|b| b.start) || (!keyed && key_name == "trace") {
        SessionState::Ended
    } else {
        SessionState::Idle
    }
}
