//! The phases of one model call, from the best evidence of it: when its client saw the first
//! token, and what the engine says of the time before that. The engine's durations split the
//! client's own time and nothing is placed by the engine's clock, so that what is drawn adds up to
//! the call however far two clocks are apart.

use super::answers;
use super::call::attempt_start;
use super::engine::{self, Engine};
use super::groups::Groups;
use super::pieces::{Forest, Piece};
use super::place::Group;
use super::{Context, ROUNDING_NS};
use crate::model::curve::Curve;
use crate::model::evidence::{Evidence, Field, Op};
use crate::model::facts::Fact;
use crate::model::phases::{Doubt, Doubted, PhaseEvidence, Phases};
use std::sync::Arc;

/// A first token so near to the end is the end itself where nobody says that it was a stream.
const NO_STREAM_NS: u64 = 500_000;

/// A client's call: what its engine's time is part of.
struct Client {
    /// Start of the request that was answered, ns since the epoch; phases count from here.
    from: u64,
    /// End, ns since the epoch; 0 while it runs.
    end: u64,
    phases: Phases,
}

/// Reads the phases, and since when they count, ns since the epoch.
pub fn read(
    cx: &Context<'_>,
    forest: &Forest<'_>,
    groups: &Groups,
    group: &Group,
    layers: &[usize],
    last: usize,
) -> (u64, Phases) {
    let requests = Requests::of(forest, groups, group);
    let fallback = requests
        .before(u64::MAX)
        .unwrap_or_else(|| attempt_start(&forest.pieces[last]));
    let mut seen = Seen {
        cx,
        requests: &requests,
        streamed: streamed(forest, layers),
        blocks: Blocks::of(forest, group),
        tools: groups.tools_in(group),
        doubts: Vec::new(),
    };
    let ended = seen.end(&forest.pieces[last]);
    let clients = || layers.iter().filter(|&&i| groups.op[i] != Op::Engine);
    let told = clients().find_map(|&i| seen.first_token(&forest.pieces[i]));
    let client = told.or_else(|| seen.first_chunk(forest, layers, fallback, ended));
    let mut doubts = seen.doubts;
    let client = client.unwrap_or_else(|| Client {
        from: fallback,
        end: ended,
        phases: Phases::default(),
    });
    let mut client = Client {
        phases: Phases {
            curve: curve(forest, group, layers),
            ..client.phases
        },
        ..client
    };
    if let Some(engine) = engine::read(cx, forest, groups, group, layers) {
        let span = (groups.op[last] == Op::Call).then(|| forest.pieces[last].evidence);
        if let Some(span) = span.filter(|_| engine.own_span) {
            doubts.extend(engine.skew((span.start, answers::end(span))));
        } else if engine.own_span {
            // Nobody but the engine tells of this call.
            (client.from, client.end) = (engine.start, engine.end);
            let rest = |ttft: u64| engine.end.checked_sub(engine.start.saturating_add(ttft));
            client.phases.ttft = engine.ttft;
            client.phases.decode = engine.ttft.filter(|_| engine.end != 0).and_then(rest);
        }
        match split(&client, &engine) {
            Ok(phases) => client.phases = phases,
            Err(doubt) => doubts.push(doubt),
        }
    }
    doubts.dedup();
    client.phases.doubts = doubts;
    (client.from, client.phases)
}

/// What the engine tells, in the client's own time.
fn split(client: &Client, engine: &Engine) -> Result<Phases, Doubt> {
    let total = client
        .end
        .checked_sub(client.from)
        .filter(|_| client.end != 0);
    let longer = |told: u64, of: u64| Doubt {
        source: engine.source.clone(),
        about: Doubted::LongerThanCall(told, of),
    };
    let mut phases = Phases {
        evidence: PhaseEvidence::Engine,
        source: Some(engine.source.clone()),
        ..client.phases.clone()
    };
    if phases.ttft.is_none() {
        let told = engine.ttft.unwrap_or(engine.queue.unwrap_or(0));
        let told = told.saturating_add(engine.decode.unwrap_or(0));
        if let Some(total) = total.filter(|&total| told > total.saturating_add(ROUNDING_NS)) {
            return Err(longer(told, total));
        }
        let writes = engine.decode.zip(total);
        phases.ttft = match (engine.ttft, writes) {
            // What the engine did not need was the network's.
            (Some(_), Some((decode, total))) => Some(total.saturating_sub(decode)),
            (Some(ttft), None) => Some(ttft),
            (None, Some((decode, total))) => {
                phases.evidence = PhaseEvidence::Derived;
                Some(total.saturating_sub(decode))
            }
            (None, None) => None,
        };
        let rest = |ttft| total?.checked_sub(ttft);
        phases.decode = phases.ttft.and_then(rest);
    }
    let waited = phases.ttft.or(total).unwrap_or(u64::MAX);
    let told = engine.ttft.unwrap_or(engine.queue.unwrap_or(0));
    if told > waited.saturating_add(ROUNDING_NS) {
        return Err(longer(told, waited));
    }
    phases.queue = engine.queue.map(|queue| queue.min(waited));
    let after_queue = waited.saturating_sub(phases.queue.unwrap_or(0));
    phases.prefill = engine.prefill.map(|prefill| prefill.min(after_queue));
    phases.gateway = phases
        .prefill
        .zip(phases.ttft)
        .map(|(prefill, _)| after_queue.saturating_sub(prefill));
    Ok(phases)
}

/// Whether anybody says that the answer was streamed.
fn streamed(forest: &Forest<'_>, layers: &[usize]) -> bool {
    let facts = layers.iter().map(|&i| &forest.pieces[i].evidence.facts);
    let mut facts = facts.filter(|f| f.is(Field::Streamed) || f.of(Field::Chunks).is_some());
    facts.next().is_some()
}

/// How the answer came: as a span counts its chunks, or as records tell them one by one.
fn curve(forest: &Forest<'_>, group: &Group, layers: &[usize]) -> Option<Box<Curve>> {
    let told = layers.iter().find_map(|&i| {
        let e = forest.pieces[i].evidence;
        let stall = |packed: Fact| Curve::unpack(e.start, packed.value);
        Some(Curve {
            chunks: e.facts.number(Field::Chunks)?,
            gap: e.facts.number(Field::ChunkGapNs)?,
            stalls: e.facts.number(Field::Stalls).unwrap_or(0),
            kept: e.facts.all(Field::Stall).map(stall).collect(),
        })
    });
    let recorded = || {
        let chunks = group.pieces.iter().map(|&i| &forest.pieces[i]);
        let chunks = chunks.filter(|p| !p.is_span() && p.number(Field::Chunk).is_some());
        Curve::of(&mut chunks.map(|p| p.evidence.end).collect::<Vec<u64>>())
    };
    told.or_else(recorded).map(Box::new)
}

/// What clients say of the first token.
struct Seen<'a> {
    cx: &'a Context<'a>,
    requests: &'a Requests,
    streamed: bool,
    /// The blocks of the answer, where spans tell them.
    blocks: Option<Blocks>,
    /// When the tools began that ran in it, ns since the epoch.
    tools: Option<u64>,
    /// What they say that cannot be.
    doubts: Vec<Doubt>,
}

/// The blocks of an answer, each a span from its first delta to its last.
#[derive(Clone, Copy)]
struct Blocks {
    /// When the last one was whole, ns since the epoch.
    end: u64,
    /// None of them took any time: nothing was streamed.
    at_once: bool,
}

impl Blocks {
    fn of(forest: &Forest<'_>, group: &Group) -> Option<Self> {
        let pieces = group.pieces.iter().map(|&i| &forest.pieces[i]);
        let blocks = pieces.filter(|p| p.is_span() && p.number(Field::Chunk).is_some());
        let blocks: Vec<&Evidence> = blocks.map(|p| p.evidence).collect();
        let long = |e: &&Evidence| e.end.saturating_sub(e.start) > ROUNDING_NS;
        Some(Self {
            end: blocks.iter().map(|e| e.end).max()?,
            at_once: !blocks.iter().any(long),
        })
    }
}

impl Seen<'_> {
    /// When the answer stood; 0 while it runs. Its span may go on while tools run.
    fn end(&self, piece: &Piece<'_>) -> u64 {
        let end = answers::end(piece.evidence);
        let end = self.tools.map_or(end, |began| end.min(began));
        self.blocks.map_or(end, |blocks| end.min(blocks.end))
    }

    /// The first token, from the start of the request that was answered. A record of the answer
    /// has no start of its own, and a span's may lie before the request: what is between them is
    /// the client's own wait. A time that was measured is believed only within the call, 0 < t <=
    /// duration; a moment that was stamped may be after a span that ended when its stream opened,
    /// and then tells no decode.
    fn first_token(&mut self, piece: &Piece<'_>) -> Option<Client> {
        let (own, end) = (attempt_start(piece), self.end(piece));
        let pointed = !piece.is_span() && own == end;
        let asked = self.requests.before(own).filter(|_| pointed);
        let from = asked.unwrap_or(own);
        let facts = &piece.evidence.facts;
        if let Some(fact) = facts.of(Field::TtftWrongNs) {
            self.doubt(fact, Doubted::WrongStart(fact.value));
        }
        let measured = facts.of(Field::TtftNs).filter(|f| f.value > 0);
        let guessed = facts.of(Field::TtftGuessNs).filter(|f| f.value > 0);
        let took = if end == 0 {
            u64::MAX
        } else {
            end.saturating_sub(from)
        };
        let (at, fact, inferred) = match (measured, facts.of(Field::FirstTokenAt), guessed) {
            (Some(fact), ..) => {
                let ttft = self.measured(fact, took)?;
                (from.saturating_add(ttft), fact, false)
            }
            (None, Some(fact), _) => (self.stamped(fact, from, end)?, fact, false),
            (None, None, Some(fact)) => {
                let ttft = self.measured(fact, took.saturating_mul(1000))?;
                // Read as seconds; what does not fit into the call was in milliseconds.
                let ttft = if ttft > took { ttft / 1000 } else { ttft };
                (from.saturating_add(ttft), fact, true)
            }
            (None, None, None) => return None,
        };
        let visible = facts.number(Field::FirstVisibleNs);
        let visible = visible.map(|after| own.saturating_add(after));
        let from = self.requests.before(at).unwrap_or(from).max(from);
        let inside = end == 0 || at <= end.saturating_add(ROUNDING_NS);
        let mut seen = self.seen(from, at, if inside { end } else { 0 }, fact);
        seen.end = end;
        seen.phases.inferred = inferred;
        seen.phases.visible = later(visible.filter(|&at| end == 0 || at <= end), at, from);
        Some(seen)
    }

    /// A time that was measured, where it is one within a call that took so long.
    fn measured(&mut self, fact: Fact, took: u64) -> Option<u64> {
        let ttft = fact.value;
        if ttft > took.saturating_add(ROUNDING_NS) {
            self.doubt(fact, Doubted::Outside(signed(ttft)));
            return None;
        }
        if !self.streamed && ttft.saturating_add(NO_STREAM_NS) >= took {
            self.doubt(fact, Doubted::Whole(ttft));
            return None;
        }
        Some(ttft)
    }

    /// A moment that was stamped.
    fn stamped(&mut self, fact: Fact, from: u64, end: u64) -> Option<u64> {
        let at = fact.value;
        if at <= from {
            self.doubt(fact, Doubted::Outside(-signed(from - at)));
            return None;
        }
        if self.blocks.is_some_and(|blocks| blocks.at_once) {
            self.doubt(fact, Doubted::Whole(at - from));
            return None;
        }
        if end != 0 && at > end.saturating_add(ROUNDING_NS) {
            self.doubt(fact, Doubted::AfterEnd(at - from));
        }
        Some(at)
    }

    /// The first chunk of content: while an answer streams, or where spans tell its blocks.
    fn first_chunk(
        &self,
        forest: &Forest<'_>,
        layers: &[usize],
        from: u64,
        end: u64,
    ) -> Option<Client> {
        if self.blocks.is_some_and(|blocks| blocks.at_once) {
            return None;
        }
        let chunk = |&i: &usize, field: Field| {
            let e = forest.pieces[i].evidence;
            let fact = e.facts.of(field)?;
            (e.start > from).then_some((e.start, fact))
        };
        let chunks = layers.iter().filter_map(|i| chunk(i, Field::Chunk));
        let (at, fact) = chunks.min_by_key(|(at, fact)| (*at, fact.rule))?;
        let visible = layers.iter().filter_map(|i| chunk(i, Field::VisibleChunk));
        let end = self.blocks.map_or(0, |_| end);
        let mut seen = self.seen(from, at, end, fact);
        seen.phases.visible = later(visible.map(|(at, _)| at).min(), at, from);
        Some(seen)
    }

    fn seen(&self, from: u64, at: u64, end: u64, fact: Fact) -> Client {
        let phases = Phases {
            ttft: Some(at.saturating_sub(from)),
            decode: (end != 0).then(|| end.saturating_sub(at)),
            evidence: PhaseEvidence::Client,
            source: Some(self.key(fact)),
            ..Phases::default()
        };
        Client { from, end, phases }
    }

    fn key(&self, fact: Fact) -> Arc<str> {
        self.cx.lore.rule_key(fact.rule).into()
    }

    fn doubt(&mut self, fact: Fact, about: Doubted) {
        let source = self.key(fact);
        self.doubts.push(Doubt { source, about });
    }
}

/// A moment clearly after the first token, counted from the request.
fn later(visible: Option<u64>, first: u64, from: u64) -> Option<u64> {
    let after = visible.filter(|&at| at > first.saturating_add(ROUNDING_NS));
    after.map(|at| at - from)
}

fn signed(ns: u64) -> i64 {
    i64::try_from(ns).unwrap_or(i64::MAX)
}

/// When the requests of a call were made, in order, ns since the epoch: as spans tell it, and as
/// records do.
struct Requests([Vec<u64>; 2]);

impl Requests {
    fn of(forest: &Forest<'_>, groups: &Groups, group: &Group) -> Self {
        let mut told = [Vec::new(), Vec::new()];
        for &i in group
            .pieces
            .iter()
            .filter(|&&i| groups.op[i] == Op::Attempt)
        {
            let piece = &forest.pieces[i];
            told[usize::from(!piece.is_span())].push(piece.evidence.start);
        }
        for starts in &mut told {
            starts.sort_unstable();
        }
        Self(told)
    }

    /// Start of the request that was answered: of the last one before a time, as a span tells it
    /// or else a record.
    fn before(&self, time: u64) -> Option<u64> {
        self.0.iter().find_map(|starts| {
            let before = starts.partition_point(|&start| start < time);
            starts.get(before.checked_sub(1)?).copied()
        })
    }
}
