//! Which pieces are one thing: the layers of one model call, of one tool run, of one prompt.

use super::conversations::Conversations;
use super::pieces::Forest;
use super::{Context, answers, twins};
use crate::model::evidence::{Field, Op};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

/// A partition of the pieces.
pub struct Groups {
    union: Vec<usize>,
    /// Why a piece joined its group.
    pub why: Vec<&'static str>,
    /// What each piece counts as, after containers were told from calls.
    pub op: Vec<Op>,
    /// Nearest ancestor piece that is a turn, agent, workflow, call or tool.
    pub context: Vec<Option<usize>>,
    /// Requests that were never answered, and the person went on without.
    pub given_up: HashSet<usize>,
    /// When the tools of a call's piece began that ran in it, ns since the epoch.
    pub(super) tools_began: HashMap<usize, u64>,
}

impl Groups {
    /// Finds what belongs together.
    pub fn new(cx: &Context<'_>, forest: &Forest<'_>, talks: &Conversations) -> Self {
        let n = forest.pieces.len();
        let mut groups = Self {
            union: (0..n).collect(),
            why: forest
                .pieces
                .iter()
                .map(|p| {
                    if p.is_span() {
                        "the span itself"
                    } else {
                        "the record itself"
                    }
                })
                .collect(),
            op: forest.pieces.iter().map(|p| p.op).collect(),
            context: vec![None; n],
            given_up: HashSet::new(),
            tools_began: HashMap::new(),
        };
        for (i, op) in groups.op.iter_mut().enumerate() {
            // A sub-agent's run is no prompt of a person.
            if *op == Op::Turn && talks.is_agents(i) {
                *op = Op::Internal;
            }
        }
        groups.join_snapshots(forest);
        groups.find_context(forest);
        groups.join_ids(forest);
        twins::join_streams(&mut groups, forest);
        twins::join_twins(cx, &mut groups, forest);
        twins::join_counted_twins(cx, &mut groups, forest);
        groups.join_nested_calls(forest);
        groups.find_context(forest);
        groups.flatten();
        groups.join_streams(forest, talks);
        groups.join_prompts(forest);
        for pass in [
            Self::join_nested_tools,
            Self::join_nested_agents,
            Self::join_attempts,
            Self::join_records_by_time,
            Self::join_tool_records_by_time,
            Self::join_marks,
        ] {
            groups.flatten();
            pass(&mut groups, forest);
        }
        groups.flatten();
        twins::join_run_twins(cx, &mut groups, forest);
        groups.flatten();
        groups.tools_began = answers::tools_began(cx, forest, &groups);
        groups
    }

    /// Lets every piece know its representative at once: a chain of joins is as long as what was
    /// received is deep. A representative stands before all others of its group.
    fn flatten(&mut self) {
        for i in 0..self.union.len() {
            self.union[i] = self.union[self.union[i]];
        }
    }

    /// The group's representative: its first piece in the fixed order.
    pub fn of(&self, mut piece: usize) -> usize {
        while self.union[piece] != piece {
            piece = self.union[piece];
        }
        piece
    }

    /// Puts a piece into another's group.
    pub(super) fn join(&mut self, piece: usize, to: usize, why: &'static str) {
        let (a, b) = (self.of(piece), self.of(to));
        if a != b {
            self.why[piece] = why;
            let first = a.min(b);
            self.union[a.max(b)] = first;
            self.union[piece] = first;
            self.union[to] = first;
        }
    }

    pub(super) fn is_call(&self, piece: usize) -> bool {
        matches!(self.op[piece], Op::Call | Op::Engine)
    }

    fn find_context(&mut self, forest: &Forest<'_>) {
        for &i in &forest.order {
            self.context[i] = forest.pieces[i].parent.and_then(|up| match self.op[up] {
                Op::Turn
                | Op::Agent
                | Op::AgentStart
                | Op::Workflow
                | Op::Call
                | Op::Engine
                | Op::Tool
                | Op::ToolPart => Some(up),
                _ => self.context[up],
            });
        }
    }

    /// Pending spans and early records of a span that has come.
    fn join_snapshots(&mut self, forest: &Forest<'_>) {
        for (i, p) in forest.pieces.iter().enumerate() {
            if let Some(&real) = p.key.and_then(|k| forest.by_key.get(&k))
                && real != i
            {
                if self.op[real] == Op::Other {
                    self.op[real] = p.op;
                }
                self.join(i, real, "told of this span before it ended");
            }
        }
    }

    /// Same response id: one call. Same tool-call id: one run. Same prompt: one turn.
    fn join_ids(&mut self, forest: &Forest<'_>) {
        let mut seen: HashMap<(Op, u64), usize> = HashMap::new();
        for (i, p) in forest.pieces.iter().enumerate() {
            let (op, field, why) = match self.op[i] {
                Op::Call | Op::Engine => (Op::Call, Field::ResponseId, "same response id"),
                Op::Tool | Op::ToolStart | Op::ToolPart => {
                    (Op::Tool, Field::ToolCallId, "same tool-call id")
                }
                Op::Turn => (Op::Turn, Field::TurnKey, "same prompt"),
                Op::Agent | Op::AgentStart => (Op::Agent, Field::AgentId, "same agent"),
                _ => continue,
            };
            let Some(id) = p.number(field) else { continue };
            match seen.entry((op, id)) {
                Entry::Vacant(free) => _ = free.insert(i),
                Entry::Occupied(first) => self.join(i, *first.get(), why),
            }
        }
    }

    /// A record of a prompt in a prompt's span, and one of an agent's start or end in the agent's.
    fn join_prompts(&mut self, forest: &Forest<'_>) {
        for (i, p) in forest
            .pieces
            .iter()
            .enumerate()
            .filter(|(_, p)| !p.is_span())
        {
            let inside = match self.op[i] {
                Op::Turn => self.context[i].filter(|&up| self.op[up] == Op::Turn),
                Op::Agent | Op::AgentStart => p.parent.filter(|&up| self.op[up] == Op::Agent),
                _ => None,
            };
            if let Some(up) = inside {
                self.join(i, up, "written inside this span");
            }
        }
    }

    /// A call inside a call with no tool or agent between is the same call; several are what
    /// an outer span contains, unless they are attempts of which at most the last succeeded.
    fn join_nested_calls(&mut self, forest: &Forest<'_>) {
        let mut inner: Vec<Vec<usize>> = vec![Vec::new(); forest.pieces.len()];
        for &i in &forest.order {
            if self.is_call(i)
                && let Some(up) = self.context[i].filter(|&up| self.is_call(up))
            {
                inner[up].push(i);
            }
        }
        for &outer in forest.order.iter().rev() {
            let calls: Vec<usize> = inner[outer]
                .iter()
                .copied()
                .filter(|&i| self.op[i] == Op::Call)
                .collect();
            let mut distinct: Vec<usize> = calls.iter().map(|&i| self.of(i)).collect();
            distinct.sort_unstable();
            distinct.dedup();
            let answered = calls
                .iter()
                .filter(|&&i| !forest.pieces[i].evidence.failed)
                .count();
            if distinct.len() > 1 && answered > 1 {
                self.op[outer] = Op::Other;
                continue;
            }
            for &i in &inner[outer] {
                let why = match self.op[i] {
                    Op::Engine => "the engine's span under the client's",
                    _ if distinct.len() > 1 => "an attempt of this call",
                    _ => "nested, with no tool or agent between",
                };
                self.join(i, outer, why);
            }
        }
    }

    /// A tool inside a tool of the same name is another layer of the same run, and so is what
    /// lies between; a part of a run is its tool's.
    fn join_nested_tools(&mut self, forest: &Forest<'_>) {
        for &i in &forest.order {
            let Some(up) = self.context[i] else { continue };
            let part = self.op[i] == Op::ToolPart && matches!(self.op[up], Op::Tool | Op::ToolPart);
            let same = self.op[i] == Op::Tool
                && matches!(self.op[up], Op::Tool | Op::ToolPart)
                && self.tool_name(forest, i).is_some()
                && self.tool_name(forest, i) == self.tool_name(forest, up)
                && !different_calls(forest, i, up);
            if !(part || same) {
                continue;
            }
            let why = if part {
                "a part of this run"
            } else {
                "another layer of this run"
            };
            self.join(i, up, why);
            let mut at = forest.pieces[i].parent;
            while let Some(between) = at.filter(|&b| b != up) {
                self.join(between, up, "between two layers of this run");
                at = forest.pieces[between].parent;
            }
        }
    }

    fn tool_name(&self, forest: &Forest<'_>, piece: usize) -> Option<u64> {
        let own = |i: usize| forest.pieces[i].number(Field::ToolName);
        own(piece).or_else(|| own(self.of(piece)))
    }

    /// An agent directly inside an agent of the same name is the same run.
    fn join_nested_agents(&mut self, forest: &Forest<'_>) {
        for &i in &forest.order {
            if self.op[i] != Op::Agent {
                continue;
            }
            let name = forest.pieces[i].number(Field::AgentName);
            if let Some(up) = self.context[i].filter(|&up| self.op[up] == Op::Agent)
                && name.is_some()
                && name == forest.pieces[up].number(Field::AgentName)
            {
                self.join(i, up, "the same agent, nested");
            }
        }
    }

    /// Calls side by side under one parent, for one model, are attempts of one call as long as
    /// the earlier ones failed and nothing else happened between.
    fn join_attempts(&mut self, forest: &Forest<'_>) {
        let mut last: HashMap<usize, usize> = HashMap::new();
        for (i, p) in forest.pieces.iter().enumerate() {
            let Some(parent) = p.parent.filter(|_| p.is_span()) else {
                continue;
            };
            if !self.is_call(i) {
                last.remove(&parent);
                continue;
            }
            if self.of(i) == self.of(parent) {
                continue;
            }
            if let Some(&before) = last.get(&parent) {
                let q = &forest.pieces[before];
                let model = |p: &super::pieces::Piece<'_>| p.number(Field::RequestModel);
                if q.evidence.failed
                    && q.evidence.end != 0
                    && q.evidence.end <= p.evidence.start
                    && model(q) == model(p)
                {
                    self.join(i, before, "a further attempt of this call");
                }
            }
            last.insert(parent, i);
        }
    }

    /// What is said about a call or span belongs to it.
    fn join_marks(&mut self, forest: &Forest<'_>) {
        let mut calls: HashMap<u64, usize> = HashMap::new();
        for (i, p) in forest.pieces.iter().enumerate() {
            if self.op[i] == Op::Call
                && let Some(id) = p.number(Field::ResponseId)
            {
                calls.entry(id).or_insert(i);
            }
        }
        for (i, p) in forest.pieces.iter().enumerate() {
            if self.op[i] != Op::Mark {
                continue;
            }
            let by_id = p
                .number(Field::ResponseId)
                .and_then(|id| calls.get(&id).copied());
            if let Some(call) = by_id {
                self.join(i, call, "same response id");
            } else if let Some(parent) = p.parent {
                self.join(i, parent, "written inside this span");
            }
        }
    }
}

fn different_calls(forest: &Forest<'_>, a: usize, b: usize) -> bool {
    let id = |i: usize| forest.pieces[i].number(Field::ToolCallId);
    matches!((id(a), id(b)), (Some(x), Some(y)) if x != y)
}
