//! One model call told by two spans of which one at least is a root, in a trace of its own: by two
//! libraries that trace it side by side, or by a library that tells of a stream in a second span. No
//! id need join them, so they are found by process, time, and model or counts; whether they are one
//! call is `correlate`'s to say.

use super::evidence::{Evidence, Field, Op, Origin, Signal};
use super::intern::Sym;
use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use std::collections::{BTreeSet, HashMap};
use std::hash::BuildHasher;

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
    /// All spans of calls by their process, counts and moment ([`keys`]): a root span may tell of a
    /// call in some trace. Every call is here, so an entry is small; [`may_be_one`] asks again.
    counted: HashTable<(u32, u32)>,
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

/// A call's input and output tokens.
fn counts(e: &Evidence) -> Option<(u64, u64)> {
    let call = e.signal == Signal::Span && e.op == Op::Call;
    let number = |field| e.facts.number(field).filter(|_| call);
    number(Field::InputTokens).zip(number(Field::OutputTokens))
}

/// What stands for a call's process, counts and moment: its own, and those before and after it.
fn keys(e: &Evidence, origins: &[Origin]) -> Option<[u32; 3]> {
    let counts = counts(e)?;
    let process = origins.get(e.origin as usize).map_or(0, |o| o.process);
    let moment = e.start / APART_NS;
    let key = |moment: u64| {
        let hash = FxBuildHasher.hash_one((process, counts, moment));
        u32::try_from(hash >> 32).unwrap_or_default()
    };
    Some([moment, moment.saturating_sub(1), moment + 1].map(key))
}

fn spread(key: u32) -> u64 {
    FxBuildHasher.hash_one(key)
}

/// Whether two calls may be one, of which a root span knows nothing of the other's trace.
pub fn may_be_one(a: &Evidence, b: &Evidence) -> bool {
    let root = a.parent.is_zero() || b.parent.is_zero();
    let near = a.start.abs_diff(b.start) <= APART_NS;
    root && near && a.origin != b.origin && counts(a) == counts(b)
}

impl Twins {
    /// Files a span of a call and finds those that have its very counts.
    pub fn file_counts(&mut self, at: u32, e: &Evidence, origins: &[Origin]) -> Vec<u32> {
        let Some([own, before, after]) = keys(e, origins) else {
            return Vec::new();
        };
        let counted = &self.counted;
        let of = |key: u32| {
            let there = counted.iter_hash(spread(key));
            let there = there.filter(move |(k, _)| *k == key).take(MOST);
            there.map(|(_, other)| *other)
        };
        let near: Vec<u32> = [own, before, after].into_iter().flat_map(of).collect();
        if of(own).count() < MOST && !near.contains(&at) {
            let entry = (own, at);
            self.counted
                .insert_unique(spread(own), entry, |&(key, _)| spread(key));
        }
        near
    }

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
        let entry = keys(e, origins).map(|[key, ..]| (key, at));
        if let Some(entry) = entry
            && let Ok(there) = self.counted.find_entry(spread(entry.0), |e| *e == entry)
        {
            there.remove();
        }
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
