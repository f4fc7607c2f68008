//! One model call told by two root spans, in traces of their own: by two libraries that trace it
//! side by side, or by a library that tells of a stream in a second span. No id need join them, so
//! they are found by process, model and time; whether they are one call is `correlate`'s to say.

use super::evidence::{Evidence, Field, Op, Origin, Signal};
use super::intern::Sym;
use std::collections::{BTreeSet, HashMap};

/// So far apart may two libraries' spans of one call start; the second span of a stream tells
/// when the stream opened, give or take as much.
pub const APART_NS: u64 = 250_000_000;

/// At most so many spans of one scope are looked at: a flood of calls at one moment tells nothing
/// about which two are one.
const MOST: usize = 64;

/// Root spans of calls by process and model.
#[derive(Default)]
pub struct Twins {
    lanes: HashMap<(u64, Sym), Vec<Lane>>,
}

/// The spans of one scope at one kind of moment.
struct Lane {
    moment: (u32, Moment),
    at: BTreeSet<(u64, u32)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// A call's start.
    Start,
    /// A call's end, where its stream may go on.
    End,
    /// The opening of a stream that a second span tells of.
    Opened,
}

/// The model that a call asked for, for a root span of a call or of the rest of one.
fn of(e: &Evidence) -> Option<Sym> {
    let root = e.signal == Signal::Span && e.parent.is_zero();
    let model = e.facts.text(Field::RequestModel);
    model.filter(|_| root && matches!(e.op, Op::Call | Op::Stream))
}

/// When the stream opened whose second span this is.
pub fn opened(e: &Evidence) -> u64 {
    let took = e.facts.number(Field::DurationNs).unwrap_or_default();
    e.start.saturating_sub(took)
}

fn moments(e: &Evidence) -> impl Iterator<Item = (Moment, u64)> {
    let told = match e.op {
        Op::Stream => [Some((Moment::Opened, opened(e))), None],
        _ => [
            Some((Moment::Start, e.start)),
            (e.end != 0).then_some((Moment::End, e.end)),
        ],
    };
    told.into_iter().flatten()
}

impl Twins {
    /// Files a root span and finds those that may tell of the same call.
    pub fn file(&mut self, at: u32, e: &Evidence, origins: &[Origin]) -> Vec<u32> {
        let Some(model) = of(e) else {
            return Vec::new();
        };
        let process = origins.get(e.origin as usize).map_or(0, |o| o.process);
        let lanes = self.lanes.entry((process, model)).or_default();
        let mut found = Vec::new();
        for (moment, time) in moments(e) {
            for lane in lanes.iter().filter(|l| meets((e.origin, moment), l.moment)) {
                let (from, to) = (time.saturating_sub(APART_NS), time.saturating_add(APART_NS));
                let near = lane.at.range((from, 0)..=(to, u32::MAX)).take(MOST);
                found.extend(near.map(|&(_, other)| other));
            }
            let own = lanes.iter().position(|l| l.moment == (e.origin, moment));
            let own = own.unwrap_or_else(|| {
                lanes.push(Lane {
                    moment: (e.origin, moment),
                    at: BTreeSet::new(),
                });
                lanes.len() - 1
            });
            if let Some(lane) = lanes.get_mut(own) {
                lane.at.insert((time, at));
            }
        }
        found
    }

    /// Forgets a span that was evicted.
    pub fn forget(&mut self, at: u32, e: &Evidence, origins: &[Origin]) {
        let Some(model) = of(e) else { return };
        let process = origins.get(e.origin as usize).map_or(0, |o| o.process);
        let Some(lanes) = self.lanes.get_mut(&(process, model)) else {
            return;
        };
        for lane in lanes.iter_mut() {
            for (_, time) in moments(e) {
                lane.at.remove(&(time, at));
            }
        }
        lanes.retain(|lane| !lane.at.is_empty());
        if lanes.is_empty() {
            self.lanes.remove(&(process, model));
        }
    }
}

/// Which moments of which scopes are looked for around which.
fn meets(one: (u32, Moment), other: (u32, Moment)) -> bool {
    match (one.1, other.1) {
        (Moment::Start, Moment::Start) => one.0 != other.0,
        (Moment::End, Moment::Opened) | (Moment::Opened, Moment::End) => true,
        _ => false,
    }
}
