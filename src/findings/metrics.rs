//! Where metrics of a session and its calls differ by more than either can be off: both tell of the
//! same calls.

use super::rules::METRICS_DISAGREE;
use super::words::{count, time};
use crate::model::figures::Figures;
use crate::model::finding::Finding;
use crate::model::heard::MeasuredCalls;
use crate::model::node::{SessionState, SessionSummary};
use crate::model::usage::CostBasis;

/// A client and its span begin and end a little apart: by so many ns a call, or one part in so many.
const APART_NS: u64 = 10_000_000;
const APART: u64 = 20;
/// Spans round what a call cost to a millionth of a dollar, metrics do not.
const ROUNDED: u64 = 1_000_000;

/// Adds what the metrics of a session say against its calls. What goes on is told whole by neither;
/// metrics taken before the last call ended can say too much and never too little; what failed, or
/// told nothing, may be in what they count.
pub(super) fn look(session: &SessionSummary, found: &mut Vec<Finding>) {
    let Some(told) = session.measured.as_deref() else {
        return;
    };
    let seen = &session.figures;
    let going_on = session.joined_midway || session.state == SessionState::Running;
    if going_on || seen.model_calls == 0 {
        return;
    }
    let more = seen.untold_calls == 0 && seen.failed_calls == 0;
    let less = told.end >= session.end;
    let differ = |told: u64, seen: u64| (told > seen && more) || (told < seen && less);
    let own = told.figures();
    // What differs, and whether the metrics say more.
    let mut apart: Vec<(String, bool)> = Vec::new();
    for (what, told, seen) in [
        ("input tokens", own.usage.input, seen.usage.input),
        ("output tokens", own.usage.output, seen.usage.output),
    ] {
        if let (Some(told), Some(seen)) = (told, seen)
            && differ(told, seen)
        {
            let text = format!("{what}: metrics {}, calls {}", count(told), count(seen));
            apart.push((text, told > seen));
        }
    }
    apart.extend(costs(&own, seen, &differ));
    apart.extend(told.calls.as_ref().and_then(|c| calls(c, seen, less)));
    if apart.is_empty() {
        return;
    }
    let message = if apart.iter().all(|(_, more)| *more) {
        "its metrics count more than the calls that came: some were lost, or were made before"
    } else {
        "its metrics say other than its calls do"
    };
    let apart: Vec<String> = apart.into_iter().map(|(text, _)| text).collect();
    found.push(Finding {
        rule: METRICS_DISAGREE.name,
        severity: METRICS_DISAGREE.severity,
        session: session.id,
        node: None,
        at: session.start,
        message: message.to_owned(),
        evidence: apart.join(" · "),
    });
}

/// Reported costs on both sides.
fn costs(
    own: &Figures,
    seen: &Figures,
    differ: &dyn Fn(u64, u64) -> bool,
) -> Option<(String, bool)> {
    let both = [own.cost_basis, seen.cost_basis] == [CostBasis::Reported; 2];
    let (told, cost) = own.cost.zip(seen.cost).filter(|_| both)?;
    let rounding = ROUNDED.saturating_mul(seen.model_calls);
    let far = told.0.abs_diff(cost.0) > rounding && seen.unpriced_calls == 0;
    (far && differ(told.0, cost.0)).then(|| {
        let text = format!(
            "cost: metrics ${}, calls ${}",
            told.decimal(6),
            cost.decimal(6)
        );
        (text, told > cost)
    })
}

/// How many calls there were and, where that is the same, how long they took.
fn calls(told: &MeasuredCalls, seen: &Figures, less: bool) -> Option<(String, bool)> {
    let all = seen.model_calls;
    let answered = all.saturating_sub(seen.failed_calls);
    if told.count > all || (told.count < answered && less) {
        let text = format!("calls: metrics {}, seen {}", count(told.count), count(all));
        return Some((text, told.count > all));
    }
    let (from, to) = told.sum_ns.filter(|_| told.count == all)?;
    let slack = APART_NS.saturating_mul(all).max(seen.model_ns / APART);
    let sum = seen.model_ns;
    let far = sum.saturating_add(slack) < from || sum > to.saturating_add(slack);
    far.then(|| {
        let told = time(u64::midpoint(from, to));
        let text = format!("time in calls: metrics {told}, calls {}", time(sum));
        (text, false)
    })
}
