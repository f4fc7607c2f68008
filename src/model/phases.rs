//! The phases of one model call: how we know them, the stretches of time that they make, and what
//! was told of them that cannot be.

use super::curve::Curve;
use super::node::{Call, Sign, State};
use super::time_budget::Part;
use std::fmt;
use std::sync::Arc;

/// Where a phase split comes from (design, section 3, "Phases").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PhaseEvidence {
    /// The server's own attributes or spans.
    Engine,
    /// First token or chunk as the client saw it.
    Client,
    /// Derived from other evidence: the end, less the time that decoding took.
    Derived,
    /// No split is known: draw one plain bar.
    #[default]
    None,
}

/// The phases of one model call, nanoseconds. `ttft` and `visible` count from
/// [`Call::answered_from`]. What is told of `gateway`, `queue` and `prefill` is within `ttft`, and
/// `ttft` with `decode` within the call: they add up to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Phases {
    /// Network or gateway: what the client waited longer than the server says that it took.
    pub gateway: Option<u64>,
    /// Waiting in the engine's queue.
    pub queue: Option<u64>,
    /// Prefill as the engine tells it.
    pub prefill: Option<u64>,
    /// Time to the first token. Seen by a client it is "wait + prefill", never "prefill".
    pub ttft: Option<u64>,
    /// Time to the first token that a person sees, where that came later: what is before it is
    /// reasoning.
    pub visible: Option<u64>,
    /// From the first token to the end.
    pub decode: Option<u64>,
    /// How we know.
    pub evidence: PhaseEvidence,
    /// The attribute key or event that told it.
    pub source: Option<Arc<str>>,
    /// The source does not say its unit: it is what fits into the call.
    pub inferred: bool,
    /// How the answer came, chunk by chunk.
    pub curve: Option<Box<Curve>>,
    /// What was told and is not believed.
    pub doubts: Vec<Doubt>,
}

/// Something told of a call's phases that is not believed, or not wholly.
#[derive(Clone, Debug, PartialEq)]
pub struct Doubt {
    /// The attribute key or event that told it.
    pub source: Arc<str>,
    /// What is wrong with it.
    pub about: Doubted,
}

/// What can be wrong with what was told of phases; times in ns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubted {
    /// A first token outside of the call, so long after its start (negative: before it).
    Outside(i64),
    /// A first token after the call's span had ended, so long after its start: it ended when its
    /// stream opened. The time is believed; how long decoding took is not known.
    AfterEnd(u64),
    /// It is the duration of the whole call, which is not known to be streamed.
    Whole(u64),
    /// Its reporter is known to measure it from another moment than the request's start.
    WrongStart(u64),
    /// The server's clock is ahead by about so much (negative: behind). Of its times only the
    /// durations are used.
    Skew(i64),
    /// The server tells of more time than its client waited: (server, client).
    LongerThanCall(u64, u64),
}

impl Doubt {
    /// The rule that finds it.
    pub fn rule(&self) -> &'static str {
        match self.about {
            Doubted::Outside(_) | Doubted::LongerThanCall(..) => "first-token-impossible",
            Doubted::AfterEnd(_) => "first-token-after-end",
            Doubted::Whole(_) | Doubted::WrongStart(_) => "first-token-refused",
            Doubted::Skew(_) => "clock-skew",
        }
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = &self.source;
        match self.about {
            Doubted::Outside(after) if after < 0 => {
                let before = took(after.unsigned_abs());
                write!(f, "{source} is {before} before its call began")
            }
            Doubted::Outside(after) => {
                let after = took(after.unsigned_abs());
                write!(f, "{source} says {after}, longer than its call took")
            }
            Doubted::AfterEnd(after) => {
                let after = took(after);
                write!(
                    f,
                    "the first token came {after} after the start, when the call's span had ended"
                )
            }
            Doubted::Whole(all) => {
                let all = took(all);
                write!(f, "{source} is the whole call, {all}: it was not streamed")
            }
            Doubted::WrongStart(after) => {
                let after = took(after);
                write!(
                    f,
                    "{source} says {after}, which its library measures from the wrong moment"
                )
            }
            Doubted::Skew(by) => {
                let way = if by < 0 { "behind" } else { "ahead of" };
                let by = took(by.unsigned_abs());
                write!(
                    f,
                    "the server's clock is about {by} {way} its client's; only its durations are used"
                )
            }
            Doubted::LongerThanCall(server, client) => {
                let (server, client) = (took(server), took(client));
                write!(
                    f,
                    "the server tells of {server} where its client waited {client}; not used"
                )
            }
        }
    }
}

/// A time in a sentence.
fn took(ns: u64) -> String {
    match ns {
        ..1_000_000 => format!("{}µs", ns / 1000),
        1_000_000..1_000_000_000 => format!("{}ms", ns / 1_000_000),
        _ => format!("{}.{}s", ns / 1_000_000_000, ns / 100_000_000 % 10),
    }
}

/// A call's time, one stretch after the other from its start to its end without a gap.
pub fn stretches(call: &Call, state: State, start: u64, end: u64) -> Vec<(Part, u64, u64)> {
    let phases = &call.phases;
    let from = call.answered_from.clamp(start, end.max(start));
    // Rounding of seconds to ns leaves crumbs, which are no time of their own.
    let crumbs = end.saturating_sub(start) / 50;
    // Before the request was made that was answered, no model was waited for.
    let before = match from.saturating_sub(start) {
        _ if call.attempts > 1 => Part::Retry,
        short if short <= crumbs => Part::WaitPrefill,
        _ => Part::NotSplit,
    };
    let mut out = vec![(before, start, from)];
    let mut at = from;
    let mut go = |part: Part, to: u64| {
        let to = to.clamp(at, end.max(at));
        out.push((part, at, to));
        at = to;
    };
    let first = phases.ttft.map(|ttft| from.saturating_add(ttft));
    let mut to = from;
    for (part, ns) in [
        (Part::Gateway, phases.gateway),
        (Part::Queue, phases.queue),
        (Part::Prefill, phases.prefill),
    ] {
        if let Some(ns) = ns {
            to = to.saturating_add(ns).min(first.unwrap_or(u64::MAX));
            go(part, to);
        }
    }
    let running = state == State::Running(Sign::Known);
    match (first, phases.decode) {
        (Some(first), decode) => {
            go(Part::WaitPrefill, first);
            let open = if running { Some(u64::MAX) } else { None };
            if let Some(decode) = decode.or(open) {
                go(Part::Decode, first.saturating_add(decode));
            }
        }
        // Nothing has come back yet, as far as anybody told.
        (None, _) if running => go(Part::WaitPrefill, end),
        (None, _) => {}
    }
    match out.last_mut().filter(|last| last.0 == Part::Decode) {
        Some(last) if end.saturating_sub(last.2) <= crumbs => last.2 = end.max(last.2),
        _ => out.push((Part::NotSplit, out.last().map_or(start, |last| last.2), end)),
    }
    out.retain(|(_, from, to)| to > from);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn call(phases: Phases, answered_from: u64) -> Call {
        Call {
            answered_from,
            attempts: 1,
            phases,
            ..Call::default()
        }
    }

    fn told(phases: Phases, from: u64) -> Vec<(Part, u64, u64)> {
        stretches(&call(phases, from), State::Ok, 100, 200)
    }

    fn running(phases: Phases) -> Vec<(Part, u64, u64)> {
        let state = State::Running(Sign::Known);
        stretches(&call(phases, 100), state, 100, 200)
    }

    #[test]
    fn no_evidence_no_split() {
        let plain = [(Part::NotSplit, 100, 200)];
        assert_eq!(told(Phases::default(), 100), plain);
        assert_eq!(told(Phases::default(), 0), plain);
    }

    #[test]
    fn a_client_knows_wait_and_decode_of_the_answered_attempt() {
        let phases = Phases {
            ttft: Some(30),
            decode: Some(50),
            ..Phases::default()
        };
        let answered = [(Part::WaitPrefill, 120, 150), (Part::Decode, 150, 200)];
        let once = told(phases.clone(), 120);
        assert_eq!(once[0], (Part::NotSplit, 100, 120));
        assert_eq!(once[1..], answered);
        let tried = Call {
            attempts: 3,
            ..call(phases, 120)
        };
        let tried = stretches(&tried, State::Ok, 100, 200);
        assert_eq!(tried[0], (Part::Retry, 100, 120), "wasted");
        assert_eq!(tried[1..], answered);
    }

    #[test]
    fn an_engine_tells_queue_and_prefill() {
        let phases = Phases {
            gateway: Some(10),
            queue: Some(20),
            prefill: Some(30),
            ttft: Some(60),
            decode: Some(999),
            ..Phases::default()
        };
        let expected = [
            (Part::Gateway, 100, 110),
            (Part::Queue, 110, 130),
            (Part::Prefill, 130, 160),
            (Part::Decode, 160, 200),
        ];
        assert_eq!(told(phases, 100), expected);
    }

    #[test]
    fn a_queue_alone_leaves_the_rest_of_the_wait_untold() {
        let phases = Phases {
            queue: Some(20),
            ttft: Some(60),
            decode: Some(40),
            ..Phases::default()
        };
        let expected = [
            (Part::Queue, 100, 120),
            (Part::WaitPrefill, 120, 160),
            (Part::Decode, 160, 200),
        ];
        assert_eq!(told(phases, 100), expected);
    }

    #[test]
    fn what_is_left_is_not_split() {
        let phases = Phases {
            ttft: Some(30),
            ..Phases::default()
        };
        assert_eq!(
            told(phases, 100),
            [(Part::WaitPrefill, 100, 130), (Part::NotSplit, 130, 200)]
        );
    }

    #[test]
    fn before_its_request_a_call_waits_for_no_model() {
        let phases = Phases {
            ttft: Some(30),
            decode: Some(20),
            ..Phases::default()
        };
        let drawn = |from: u64| stretches(&call(phases.clone(), from), State::Ok, 100, 200);
        let late = [
            (Part::NotSplit, 100, 150),
            (Part::WaitPrefill, 150, 180),
            (Part::Decode, 180, 200),
        ];
        assert_eq!(drawn(150), late);
        // What rounding leaves is no stretch of its own.
        let first = drawn(102);
        assert_eq!(first[0].0, Part::WaitPrefill);
        assert!(first.iter().all(|s| s.0 != Part::NotSplit || s.1 >= 152));
    }

    #[test]
    fn the_wait_grows_until_the_first_token_and_decode_after_it() {
        assert_eq!(running(Phases::default()), [(Part::WaitPrefill, 100, 200)]);
        let seen = Phases {
            ttft: Some(30),
            ..Phases::default()
        };
        assert_eq!(
            running(seen),
            [(Part::WaitPrefill, 100, 130), (Part::Decode, 130, 200)]
        );
    }

    proptest! {
        #[test]
        fn stretches_follow_each_other_from_start_to_end(
            parts in prop::collection::vec(prop::option::of(0u64..200), 5),
            from in 0u64..400,
            length in 1u64..300,
            attempts in 1u32..3,
            state in prop::sample::select(vec![State::Ok, State::Error, State::Running(Sign::Known)]),
        ) {
            let phases = Phases {
                gateway: parts[0],
                queue: parts[1],
                prefill: parts[2],
                ttft: parts[3],
                decode: parts[4],
                ..Phases::default()
            };
            let call = Call { attempts, ..call(phases, from) };
            let mut at = 100;
            for (_, from, to) in stretches(&call, state, 100, 100 + length) {
                prop_assert_eq!(from, at);
                prop_assert!(to > from);
                at = to;
            }
            prop_assert_eq!(at, 100 + length);
        }
    }
}
