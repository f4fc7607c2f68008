//! When a node began and ended, and how: from the spans of it where there are any, else from its
//! records.

use super::build::Builder;
use super::pieces::Piece;
use super::place::{Group, is_engine};
use super::{answers, call};
use crate::model::evidence::{Field, Op};
use crate::model::node::{Sign, State};

impl Builder<'_> {
    /// The state of what nobody told the end of.
    pub(super) fn running(&self) -> State {
        self.open(Sign::Implied)
    }

    fn open(&self, sign: Sign) -> State {
        if self.cx.stale {
            State::Abandoned
        } else {
            State::Running(sign)
        }
    }

    /// Start and end, ns since the epoch.
    pub(super) fn times(&self, group: &Group) -> (u64, Option<u64>) {
        let anchor = self.forest.pieces[group.anchor].evidence;
        let told: Vec<&Piece<'_>> = self
            .pieces(group)
            .filter(|p| p.is_span() != group.records_only && counts(p.op, group.op))
            .collect();
        // An engine's clock may be another's: where a client tells of the call, its times count.
        let client = told.iter().any(|p| !is_engine(p.op));
        let told: Vec<&Piece<'_>> = told
            .into_iter()
            .filter(|p| !client || !is_engine(p.op))
            .collect();
        let start = told
            .iter()
            .map(|p| p.evidence.start)
            .min()
            .unwrap_or_default();
        let start = if start == 0 { anchor.start } else { start };
        let ends = match group.op {
            Op::Call | Op::Engine => self.end_of_call(group, &told),
            Op::Agent if !self.pieces(group).any(|p| p.op == Op::Agent) => 0,
            _ if group.records_only => latest(&told),
            _ => anchor.end,
        };
        let begins = match group.op {
            Op::Turn => group.records_only,
            Op::ToolStart => !self.flag(group, Field::Refused),
            _ => false,
        };
        (start, (ends != 0 && !begins).then_some(ends.max(start)))
    }

    fn pieces(&self, group: &Group) -> impl Iterator<Item = &Piece<'_>> {
        let pieces = group.pieces.iter().map(|&i| &self.forest.pieces[i]);
        pieces.filter(|p| !p.superseded)
    }

    /// The end of the answer. A frame around its parts goes on longer; of a request alone no end
    /// is known, unless it was refused.
    fn end_of_call(&self, group: &Group, told: &[&Piece<'_>]) -> u64 {
        let parts = self.pieces(group).filter(|p| match p.op {
            Op::CallPart => p.is_span(),
            op => op == Op::Call && !p.is_span(),
        });
        let parts: Vec<&Piece<'_>> = parts.collect();
        let anchor = self.forest.pieces[group.anchor].evidence;
        let open = !group.records_only && anchor.end == 0;
        if parts.iter().any(|p| p.op == Op::CallPart) && !open {
            return latest(&parts);
        }
        let calls: Vec<&Piece<'_>> = told
            .iter()
            .copied()
            .filter(|p| p.op != Op::Attempt)
            .collect();
        if calls.is_empty() {
            let last = self.pieces(group).filter(|p| p.op == Op::Attempt);
            let last = last.max_by_key(|p| p.evidence.start);
            return last
                .filter(|p| p.evidence.failed)
                .map_or(0, |p| p.evidence.end);
        }
        if !group.records_only {
            let open = |p: &&Piece<'_>| p.evidence.end == 0 && p.evidence.start >= anchor.start;
            if anchor.end == 0 && calls.iter().any(open) {
                return 0;
            }
        }
        let end = latest(&calls);
        self.groups
            .tools_in(group)
            .map_or(end, |began| end.min(began))
    }

    /// Its state, its end being known.
    pub(super) fn state(&self, group: &Group, end: Option<u64>) -> State {
        if end.is_none() && !(group.op == Op::Turn && group.records_only) {
            let given_up = group
                .pieces
                .iter()
                .any(|i| self.groups.given_up.contains(i));
            return if given_up {
                State::Abandoned
            } else {
                self.open(Sign::Known)
            };
        }
        let failed = match group.op {
            Op::Call | Op::Engine => {
                let last = call::last_attempt(self.forest, self.groups, group);
                self.forest.pieces[last].evidence.failed || self.refused(group)
            }
            Op::Wait => false,
            _ => self.pieces(group).any(|p| p.evidence.failed),
        };
        if failed { State::Error } else { State::Ok }
    }

    /// The last that its records tell of requests and answers is a failure.
    fn refused(&self, group: &Group) -> bool {
        let records = || self.pieces(group).filter(|p| !p.is_span());
        let said = records().filter(|p| matches!(p.op, Op::Attempt | Op::Call));
        let last = said.max_by_key(|p| (p.evidence.end, p.op == Op::Call));
        last.is_some_and(|p| p.evidence.failed) && records().any(|p| p.op == Op::Attempt)
    }
}

fn latest(pieces: &[&Piece<'_>]) -> u64 {
    let ends = pieces.iter().map(|p| answers::end(p.evidence));
    ends.max().unwrap_or_default()
}

/// Whether a piece tells when its group began and ended.
fn counts(op: Op, group: Op) -> bool {
    let stage = is_engine(op) && op != Op::Engine;
    !(stage
        || matches!(op, Op::Mark | Op::CallPart)
        || (op == Op::ToolStart && group != Op::ToolStart)
        || (group != Op::Turn && op == Op::Turn))
}
