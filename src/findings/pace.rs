//! What takes far longer than usual, while it does: calls and tools that run, and silence.

use super::rules::{BEYOND_P95, SILENCE};
use super::walk::At;
use super::words::{name, time};
use crate::model::finding::Finding;
use crate::model::ids::NodeId;
use crate::model::node::{Node, NodeKind, SessionState, SessionSummary, Sign, State};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Fewer say nothing of what is usual.
const ENOUGH: usize = 5;
/// Fewer pauses say nothing of what is usual.
const PAUSES: usize = 8;
/// So many times the 95th percentile is far beyond it, and so much more at least.
const FAR: u64 = 3;
const MORE_NS: u64 = 5_000_000_000;

type Kind = (NodeKind, Arc<str>);

/// Durations and pauses of a session.
#[derive(Default)]
pub(super) struct Paces {
    took: FxHashMap<Kind, Vec<u64>>,
    running: Vec<(Kind, NodeId, String, u64)>,
    /// When something began or ended in the root that is looked at.
    signs: Vec<u64>,
    pauses: Vec<u64>,
    root: Option<u32>,
}

/// What runs, and how long it usually does.
#[derive(Default)]
pub(super) struct Open {
    running: Vec<(NodeId, String, u64, Usual)>,
    pauses: Option<Usual>,
}

/// The 95th percentile of how many.
#[derive(Clone, Copy)]
struct Usual {
    p95: u64,
    of: usize,
}

impl Usual {
    fn of(mut sample: Vec<u64>, enough: usize) -> Option<Self> {
        let of = sample.len();
        let at = (of * 95).div_ceil(100).saturating_sub(1);
        let p95 = (of >= enough).then(|| *sample.select_nth_unstable(at).1)?;
        Some(Self { p95, of })
    }

    fn far_beyond(self, ns: u64) -> bool {
        ns > self.p95.saturating_mul(FAR) && ns > self.p95.saturating_add(MORE_NS)
    }
}

impl Paces {
    pub(super) fn look(&mut self, at: &At<'_>) {
        let node = at.node;
        if self.root.replace(at.place.root) != Some(at.place.root) {
            self.pause();
        }
        if node.start != 0 && !node.internal {
            self.signs.push(node.start);
            self.signs.extend(node.end);
        }
        if !matches!(node.kind, NodeKind::Call | NodeKind::Tool) {
            return;
        }
        // While a call runs, nobody knows yet who will answer it.
        let asked = node.call.as_ref().and_then(|c| c.request_model.clone());
        let kind = (node.kind, asked.unwrap_or_else(|| node.name.clone()));
        match (node.state, node.end) {
            (State::Ok | State::Error, Some(end)) => {
                self.took
                    .entry(kind)
                    .or_default()
                    .push(end.saturating_sub(node.start));
            }
            (State::Running(Sign::Known), _) if !waits(at.below) => {
                self.running.push((kind, node.id, name(node), node.start));
            }
            _ => {}
        }
    }

    fn pause(&mut self) {
        self.signs.sort_unstable();
        self.pauses
            .extend(self.signs.windows(2).map(|w| w[1] - w[0]));
        self.signs.clear();
    }

    pub(super) fn open(mut self) -> Open {
        self.pause();
        let took = &mut self.took;
        let running = self
            .running
            .into_iter()
            .filter_map(|(kind, id, name, start)| {
                let usual = Usual::of(took.get(&kind).cloned().unwrap_or_default(), ENOUGH)?;
                Some((id, name, start, usual))
            });
        Open {
            running: running.collect(),
            pauses: Usual::of(self.pauses, PAUSES),
        }
    }
}

/// Something below waits for a person.
fn waits(below: &[Node]) -> bool {
    below
        .iter()
        .any(|n| n.kind == NodeKind::Wait && n.state.is_running())
}

impl Open {
    /// What takes too long at a time, ns since the epoch.
    pub(super) fn at(&self, session: &SessionSummary, now: u64, found: &mut Vec<Finding>) {
        let before = found.len();
        if session.waiting.is_some() {
            return;
        }
        for (id, name, start, usual) in &self.running {
            let runs = now.saturating_sub(*start);
            if usual.far_beyond(runs) {
                found.push(Finding {
                    rule: BEYOND_P95.name,
                    severity: BEYOND_P95.severity,
                    session: session.id,
                    node: Some(*id),
                    at: *start,
                    message: format!("{name} runs far longer than usual: {}", time(runs)),
                    evidence: format!("p95 of {} is {}", usual.of, time(usual.p95)),
                });
            }
        }
        let silent = now.saturating_sub(session.last_arrival);
        let alive = session.state == SessionState::Running && found.len() == before;
        if let Some(usual) = self.pauses.filter(|p| alive && p.far_beyond(silent)) {
            found.push(Finding {
                rule: SILENCE.name,
                severity: SILENCE.severity,
                session: session.id,
                node: None,
                at: session.last_arrival,
                message: format!("last sign of life {} ago", time(silent)),
                evidence: format!("p95 of {} pauses is {}", usual.of, time(usual.p95)),
            });
        }
    }
}
