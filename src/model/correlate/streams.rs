//! Model calls that are told in parts: the request as it goes out, the chunks of the answer, the
//! end with its counts. Spans around them tell which belong together, or else only the
//! conversation and the order of time.

use super::conversations::Conversations;
use super::groups::Groups;
use super::pieces::Forest;
use crate::model::evidence::{Field, Op};
use std::collections::{HashMap, HashSet};

/// A part may lie outside of its call by so much: spans and records are stamped one after the
/// other.
const SLACK_NS: u64 = 50_000_000;

/// A call that a record opened.
struct Open {
    /// The piece that opened it.
    piece: usize,
    /// Start of its last attempt, ns since the epoch.
    start: u64,
    model: Option<u64>,
    answered: bool,
    failed: bool,
}

impl Groups {
    /// Joins parts to their calls; what is left over is no call's.
    pub(super) fn join_streams(&mut self, forest: &Forest<'_>, talks: &Conversations) {
        self.join_parts_in_spans(forest);
        if talks.told() {
            self.follow_records(forest, talks);
            self.join_lone_parts(forest, talks);
        }
        self.hide_engines(forest);
        let mut size = vec![0u32; forest.pieces.len()];
        for i in 0..size.len() {
            size[self.of(i)] += 1;
        }
        for (i, p) in forest
            .pieces
            .iter()
            .enumerate()
            .filter(|(i, _)| size[*i] == 1)
        {
            self.op[i] = match self.op[i] {
                Op::CallPart | Op::EngineQueue | Op::EnginePrefill | Op::EngineDecode => {
                    Op::Internal
                }
                Op::Attempt if p.is_span() => Op::Internal,
                op => op,
            };
        }
    }

    /// What servers do for a request is their own affair: how they take it in and pass it on, where
    /// a client tells of the call, and the engine's threads.
    fn hide_engines(&mut self, forest: &Forest<'_>) {
        let ops = self.op.iter().enumerate();
        let clients = ops
            .filter(|(_, op)| **op == Op::Call)
            .map(|(i, _)| self.of(i));
        let clients: HashSet<usize> = clients.collect();
        let (mut seen, mut hidden) = (HashSet::new(), HashSet::new());
        for i in 0..forest.pieces.len() {
            if self.op[i] != Op::Engine || !clients.contains(&self.of(i)) {
                continue;
            }
            let mut way = Vec::new();
            let mut up = forest.pieces[i].parent;
            while let Some(at) = up.filter(|&at| seen.insert(at)) {
                if !matches!(self.op[at], Op::Other | Op::Internal) {
                    break;
                }
                way.push(at);
                up = forest.pieces[at].parent;
            }
            let below = up.is_some_and(|at| hidden.contains(&at));
            let served = way
                .iter()
                .rposition(|&at| forest.pieces[at].evidence.server);
            if !below {
                way.truncate(served.map_or(0, |top| top + 1));
            }
            for at in way {
                self.op[at] = Op::Internal;
                hidden.insert(at);
            }
        }
        for &i in &forest.order {
            let engines = self.context[i].is_some_and(|up| self.op[up] == Op::Engine);
            if engines && self.op[i] == Op::Other {
                self.op[i] = Op::Internal;
            }
        }
    }

    fn join_parts_in_spans(&mut self, forest: &Forest<'_>) {
        for &i in &forest.order {
            let why = match self.op[i] {
                Op::Attempt => "a request of this call",
                Op::CallPart => "a part of this call",
                Op::EngineQueue | Op::EnginePrefill | Op::EngineDecode => {
                    "a stage of the engine's work on this call"
                }
                _ => continue,
            };
            if let Some(call) = self.context[i].filter(|&up| self.is_call(up)) {
                self.join(i, call, why);
            }
        }
    }

    /// Request, chunks and answer in the order of time, one conversation (and prompt) by itself.
    fn follow_records(&mut self, forest: &Forest<'_>, talks: &Conversations) {
        let told =
            |&i: &usize| matches!(self.op[i], Op::Attempt | Op::CallPart | Op::Call | Op::Turn);
        let mut records: Vec<usize> = (0..forest.pieces.len())
            .filter(|&i| !forest.pieces[i].is_span())
            .filter(told)
            .collect();
        records.sort_by_key(|&i| (forest.pieces[i].evidence.end, i));
        let mut calls: HashMap<(Option<u64>, Option<u64>), Vec<Open>> = HashMap::new();
        for i in records {
            let p = &forest.pieces[i];
            if self.op[i] == Op::Turn {
                let of = talks.of(i);
                for (_, calls) in calls.iter_mut().filter(|((talk, _), _)| *talk == of) {
                    let given_up = calls.drain(..).filter(|c| !c.answered && !c.failed);
                    self.given_up.extend(given_up.map(|c| c.piece));
                }
                continue;
            }
            let calls = calls
                .entry((talks.of(i), p.number(Field::TurnKey)))
                .or_default();
            match self.op[i] {
                Op::Attempt => self.open(forest, calls, i),
                Op::CallPart => match calls.last().filter(|c| !c.answered) {
                    Some(call) => self.join(i, call.piece, "a part of its stream"),
                    None => self.op[i] = Op::Internal,
                },
                _ => self.answer(forest, calls, i),
            }
        }
    }

    fn open(&mut self, forest: &Forest<'_>, calls: &mut Vec<Open>, i: usize) {
        let p = &forest.pieces[i];
        let model = p.number(Field::RequestModel);
        let failed = p.evidence.failed;
        if let Some(call) = calls.last_mut().filter(|c| c.failed && c.model == model) {
            self.join(i, call.piece, "a further attempt of this call");
            (call.start, call.failed, call.answered) = (p.evidence.start, failed, false);
        } else {
            calls.push(Open {
                piece: i,
                start: p.evidence.start,
                model,
                answered: false,
                failed,
            });
        }
    }

    /// The answer is that of the open call that began when it says it did; an answer that does
    /// not say is the newest one's. Calls before it that were never answered were cut, and this
    /// is what they came to.
    fn answer(&mut self, forest: &Forest<'_>, calls: &mut Vec<Open>, i: usize) {
        let e = forest.pieces[i].evidence;
        let model = forest.pieces[i].number(Field::RequestModel);
        let own = self.of(i);
        let timed = e.start != e.end;
        let open = calls.iter_mut().enumerate().filter(|(_, c)| !c.answered);
        let of_call = |c: &Open| {
            if timed {
                c.start.abs_diff(e.start)
            } else {
                u64::MAX - c.start
            }
        };
        let best = open.min_by_key(|(_, c)| (self.of(c.piece) != own, of_call(c)));
        let Some((at, call)) = best else {
            return calls.push(Open {
                piece: i,
                start: e.start,
                model,
                answered: true,
                failed: e.failed,
            });
        };
        (call.answered, call.failed) = (true, e.failed);
        self.join(i, call.piece, "its answer");
        if !timed {
            for cut in calls
                .drain(..at)
                .filter(|c| !c.answered && c.model == model)
            {
                self.join(i, cut.piece, "an attempt of this call");
            }
        }
    }

    /// Spans of parts whose call has not come: a part of the call in whose time they lie, else the
    /// only word of a call. Whose conversation they are of may not be told yet, and records of a
    /// call that runs may not tell yet how far it came.
    fn join_lone_parts(&mut self, forest: &Forest<'_>, talks: &Conversations) {
        let mut calls: HashMap<usize, Around> = HashMap::new();
        let mut lone: Vec<usize> = Vec::new();
        for (i, p) in forest.pieces.iter().enumerate() {
            match self.op[i] {
                Op::Call | Op::Attempt | Op::CallPart if self.of(i) != i || !p.is_span() => {
                    let call = calls
                        .entry(self.of(i))
                        .or_insert(Around::of(i, forest, talks));
                    call.take(&Around::of(i, forest, talks));
                    call.answered |= self.op[i] == Op::Call;
                }
                Op::Call => {
                    let call = calls.entry(i).or_insert(Around::of(i, forest, talks));
                    call.answered = true;
                }
                Op::CallPart => lone.push(i),
                _ => {}
            }
        }
        lone.retain(|i| !calls.contains_key(i));
        lone.sort_by_key(|&i| {
            let e = forest.pieces[i].evidence;
            (std::cmp::Reverse(e.end.saturating_sub(e.start)), i)
        });
        for i in lone {
            let part = Around::of(i, forest, talks);
            let around = calls.iter().filter(|(_, call)| call.holds(&part));
            if let Some((_, call)) = around
                .map(|(&i, call)| (call.start.abs_diff(part.start), i))
                .min()
            {
                self.join(i, call, "in the time of this call");
                calls.entry(call).and_modify(|call| call.take(&part));
            } else {
                self.op[i] = Op::Call;
                let answered = true;
                calls.insert(i, Around { answered, ..part });
            }
        }
    }
}

/// Whose a call is, and its time, ns since the epoch.
#[derive(Clone, Copy)]
struct Around {
    talk: Option<u64>,
    start: u64,
    end: u64,
    /// Its end is known.
    answered: bool,
}

impl Around {
    fn of(i: usize, forest: &Forest<'_>, talks: &Conversations) -> Self {
        let e = forest.pieces[i].evidence;
        Self {
            talk: talks.of(i),
            start: e.start,
            end: e.end,
            answered: false,
        }
    }

    fn take(&mut self, other: &Self) {
        self.start = self.start.min(other.start);
        self.end = self.end.max(other.end);
    }

    /// Most of a part lies in this call's time: span and record of one end may be far apart where
    /// a machine is busy. A call that was not answered goes on.
    fn holds(&self, part: &Self) -> bool {
        let end = if self.answered { self.end } else { u64::MAX };
        let from = part.start.max(self.start.saturating_sub(SLACK_NS));
        let to = part.end.min(end.saturating_add(SLACK_NS));
        let length = part.end.saturating_sub(part.start);
        let most = to.checked_sub(from).is_some_and(|n| n >= length / 2);
        most && (part.talk.is_none() || self.talk == part.talk)
    }
}
