//! The pieces of a unit: spans and records in a fixed order, with their parents found, cycles
//! cut, and pending spans standing in for real ones.

use super::Context;
use crate::model::evidence::{Evidence, Field, Op, Signal};
use crate::model::ids::{EvidenceId, SpanId, TraceId};
use std::collections::HashMap;

/// A span's full name: span ids alone collide between traces.
pub type SpanKey = (TraceId, SpanId);

/// One span or record.
pub struct Piece<'a> {
    /// Where it is in the store.
    pub id: EvidenceId,
    /// The same, at hand.
    pub evidence: &'a Evidence,
    /// The span that it is or stands in for; `None` for records that are nothing of the kind.
    pub key: Option<SpanKey>,
    /// The parent that it names.
    pub parent_key: Option<SpanKey>,
    /// The parent piece, where it has come.
    pub parent: Option<usize>,
    /// What it tells of.
    pub op: Op,
    /// A snapshot of a span whose real record has come too: no node of its own.
    pub superseded: bool,
}

impl Piece<'_> {
    /// A span, or a stand-in for one.
    pub fn is_span(&self) -> bool {
        self.evidence.signal == Signal::Span
    }
    /// A number among its facts.
    pub fn number(&self, field: Field) -> Option<u64> {
        self.evidence.facts.number(field)
    }
}

/// The pieces of a unit as a forest.
pub struct Forest<'a> {
    /// In a fixed order: by start, then by identity.
    pub pieces: Vec<Piece<'a>>,
    /// The piece of a span.
    pub by_key: HashMap<SpanKey, usize>,
    /// Parents before children.
    pub order: Vec<usize>,
    /// Depth below the root piece.
    pub depth: Vec<u32>,
    /// Cycles that were cut.
    pub cycles: u32,
}

impl<'a> Forest<'a> {
    /// Looks the members up, orders them and finds their parents.
    pub fn new(cx: &Context<'a>, members: &[EvidenceId]) -> Self {
        let mut pieces: Vec<Piece<'a>> = members
            .iter()
            .filter_map(|&id| {
                cx.evidence
                    .get(id.0 as usize)
                    .map(|evidence| piece(id, evidence))
            })
            .collect();
        pieces.sort_by_key(|p| order(p.evidence));
        let by_key = index(&mut pieces);
        written_in_plumbing(&mut pieces, &by_key);
        for (i, piece) in pieces.iter_mut().enumerate() {
            let parent = piece.parent_key.and_then(|k| by_key.get(&k).copied());
            piece.parent = parent.filter(|&p| p != i);
            if piece.parent_key == piece.key {
                piece.parent_key = None;
            }
        }
        let cycles = cut_cycles(&mut pieces);
        let (order, depth) = parents_first(&pieces);
        Self {
            pieces,
            by_key,
            order,
            depth,
            cycles,
        }
    }
}

fn order(e: &Evidence) -> (u64, TraceId, SpanId, bool, u64, u64) {
    (
        e.start,
        e.trace,
        e.span,
        e.signal == Signal::Log,
        e.end,
        e.content,
    )
}

fn piece(id: EvidenceId, evidence: &Evidence) -> Piece<'_> {
    let key = (evidence.trace, evidence.span);
    let parent = (!evidence.parent.is_zero()).then_some((evidence.trace, evidence.parent));
    let (key, parent_key) = match (evidence.signal, evidence.facts.number(Field::PendingParent)) {
        // A pending span is a child of the span that it announces (Logfire's pending spans).
        (Signal::Span, Some(real_parent)) => {
            let up = SpanId(real_parent.to_be_bytes());
            (parent, (!up.is_zero()).then_some((evidence.trace, up)))
        }
        // A root goes on where its link says, in another trace.
        (Signal::Span, None) => (Some(key), parent.or_else(|| evidence.facts.link())),
        // A span id without its trace names no span.
        (Signal::Log, _) if evidence.span.is_zero() || evidence.trace.is_zero() => (None, None),
        // A record of a prompt or of an agent's start tells of the span that it was written in before
        // that span comes.
        (Signal::Log, _) if matches!(evidence.op, Op::Turn | Op::AgentStart) => (Some(key), None),
        (Signal::Log, _) => (None, Some(key)),
    };
    Piece {
        id,
        evidence,
        key,
        parent_key,
        parent: None,
        op: evidence.op,
        superseded: false,
    }
}

/// The best piece for each span: the real span, else a pending one, else a record of it.
fn index(pieces: &mut [Piece<'_>]) -> HashMap<SpanKey, usize> {
    let rank = |p: &Piece<'_>| match (p.is_span(), p.number(Field::PendingParent).is_some()) {
        (true, false) => 2,
        (true, true) => 1,
        (false, _) => 0,
    };
    let mut by_key: HashMap<SpanKey, usize> = HashMap::with_capacity(pieces.len());
    for i in 0..pieces.len() {
        let Some(key) = pieces[i].key else { continue };
        let Some(&other) = by_key.get(&key) else {
            by_key.insert(key, i);
            continue;
        };
        let (loser, winner) = if rank(&pieces[i]) > rank(&pieces[other]) {
            (other, i)
        } else {
            (i, other)
        };
        by_key.insert(key, winner);
        pieces[loser].superseded = pieces[loser].is_span();
    }
    by_key
}

/// A span of plumbing is not what a record in it tells of: that lies further up.
fn written_in_plumbing(pieces: &mut [Piece<'_>], by_key: &HashMap<SpanKey, usize>) {
    for i in 0..pieces.len() {
        let Some(key) = pieces[i].key.filter(|_| !pieces[i].is_span()) else {
            continue;
        };
        let span = by_key.get(&key).map(|&real| &pieces[real]);
        if span.is_some_and(|s| s.is_span() && s.op == Op::Internal) {
            (pieces[i].key, pieces[i].parent_key) = (None, Some(key));
        }
    }
}

/// Cuts each parent chain that reaches itself, at its first piece in the fixed order.
fn cut_cycles(pieces: &mut [Piece<'_>]) -> u32 {
    let mut state = vec![0u32; pieces.len()];
    let mut cut = 0;
    for i in 0..pieces.len() {
        let mark = u32::try_from(i).unwrap_or(u32::MAX - 1) + 1;
        let mut at = i;
        while state[at] == 0 {
            state[at] = mark;
            match pieces[at].parent {
                Some(up) if state[up] == mark => {
                    let first = first_of_cycle(pieces, up);
                    pieces[first].parent = None;
                    pieces[first].parent_key = None;
                    cut += 1;
                }
                Some(up) => at = up,
                None => {}
            }
        }
    }
    cut
}

fn first_of_cycle(pieces: &[Piece<'_>], start: usize) -> usize {
    let (mut first, mut at) = (start, start);
    while let Some(up) = pieces[at].parent {
        first = first.min(up);
        if up == start {
            break;
        }
        at = up;
    }
    first
}

fn parents_first(pieces: &[Piece<'_>]) -> (Vec<usize>, Vec<u32>) {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); pieces.len()];
    let mut order = Vec::with_capacity(pieces.len());
    let mut depth = vec![0; pieces.len()];
    for (i, p) in pieces.iter().enumerate() {
        match p.parent {
            Some(up) => children[up].push(i),
            None => order.push(i),
        }
    }
    let mut next = 0;
    while let Some(&at) = order.get(next) {
        for &child in &children[at] {
            depth[child] = depth[at] + 1;
            order.push(child);
        }
        next += 1;
    }
    (order, depth)
}
