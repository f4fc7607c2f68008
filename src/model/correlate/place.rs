//! Whose child each thing is: the span tree where there is one, else agents, prompts and times;
//! placeholders for parents that have not come, turns where nobody told of prompts.

use super::Context;
use super::conversations::Conversations;
use super::groups::Groups;
use super::pieces::{Forest, SpanKey};
use crate::model::evidence::{Field, Op};
use crate::model::ids::TraceId;
use crate::model::intern::Sym;
use std::collections::{BTreeMap, HashMap, HashSet};

/// How far a delegating tool's record may differ from that of the agent that it started.
const SLACK_NS: u64 = 50_000_000;

/// What a node is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seed {
    /// A group of pieces, by its representative.
    Group(usize),
    /// A span that has not come but whose children have.
    Missing(SpanKey),
    /// An agent that only its calls tell of, by its id.
    Agent(u64),
    /// A trace in which nobody told of a prompt.
    TraceTurn(TraceId),
    /// A prompt of which only what it set off has come.
    PromptTurn(u64),
}

/// A group, looked at as a whole.
pub struct Group {
    /// The outermost span, else the first record.
    pub anchor: usize,
    /// What the group is.
    pub op: Op,
    /// Its pieces, marks and snapshots included, in the fixed order.
    pub pieces: Vec<usize>,
    /// No span among them.
    pub records_only: bool,
}

/// Seeds and their parents.
pub struct Places {
    /// Groups by representative.
    pub groups: BTreeMap<usize, Group>,
    /// What nodes are made from.
    pub seeds: Vec<Seed>,
    /// Index of each seed's parent.
    pub parent: Vec<Option<usize>>,
    /// The name that children give to a missing agent, by its seed.
    pub names: HashMap<usize, Sym>,
    /// Groups that ran while several agents did, of which nobody tells whose they are.
    pub(super) unowned: HashSet<usize>,
    index: HashMap<Key, usize>,
    pub(super) prompts: HashMap<u64, usize>,
    turn_keys: HashSet<SpanKey>,
    /// The trace that stands for the turn of each trace that goes on with another.
    pub turn_of: HashMap<TraceId, TraceId>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Group(usize),
    Missing(SpanKey),
    Agent(u64),
    Trace(TraceId),
    Prompt(u64),
}

impl Places {
    /// Finds every seed's parent.
    pub fn new(
        cx: &Context<'_>,
        forest: &Forest<'_>,
        groups: &Groups,
        talks: &Conversations,
    ) -> Self {
        let mut places = Self {
            groups: gather(forest, groups),
            seeds: Vec::new(),
            parent: Vec::new(),
            names: HashMap::new(),
            unowned: HashSet::new(),
            index: HashMap::new(),
            prompts: HashMap::new(),
            turn_keys: turn_keys(cx, forest),
            turn_of: super::turns::turns_of_traces(forest),
        };
        for (&rep, group) in places.groups.iter().filter(|(_, g)| g.op == Op::Turn) {
            for prompt in group
                .pieces
                .iter()
                .filter_map(|&p| forest.pieces[p].number(Field::TurnKey))
            {
                places.prompts.entry(prompt).or_insert(rep);
            }
        }
        let reps: Vec<usize> = places
            .groups
            .iter()
            .filter(|(_, g)| g.op != Op::Mark)
            .map(|(&rep, _)| rep)
            .collect();
        for &rep in &reps {
            places.seed(Key::Group(rep), Seed::Group(rep));
        }
        if talks.told() {
            super::place_talks::place(forest, groups, talks, &mut places);
        } else {
            for &rep in &reps {
                places.place_group(forest, groups, rep);
            }
            super::place_agents::place(forest, groups, &mut places);
        }
        super::place_guests::place(cx, forest, &mut places);
        places.name_missing_agents(forest);
        places.frame_turns(forest);
        places
    }

    fn seed(&mut self, key: Key, seed: Seed) -> usize {
        let next = self.seeds.len();
        let at = *self.index.entry(key).or_insert(next);
        if at == next {
            self.seeds.push(seed);
            self.parent.push(None);
        }
        at
    }

    /// The seed of the group that a representative stands for.
    pub fn of_group(&self, rep: usize) -> Option<usize> {
        self.index.get(&Key::Group(rep)).copied()
    }

    /// The seed is a group that tells of this.
    pub fn is_op(&self, seed: usize, op: Op) -> bool {
        match self.seeds.get(seed) {
            Some(Seed::Group(rep)) => self.groups.get(rep).is_some_and(|g| g.op == op),
            _ => false,
        }
    }

    /// The seed of a prompt of which only what it set off has come.
    pub fn prompt(&mut self, id: u64) -> usize {
        self.seed(Key::Prompt(id), Seed::PromptTurn(id))
    }

    /// The seed of the turn that stands for a trace.
    pub fn turn(&mut self, trace: TraceId) -> usize {
        self.seed(Key::Trace(trace), Seed::TraceTurn(trace))
    }

    /// The seed of an agent that only its calls tell of.
    pub fn agent(&mut self, id: u64) -> usize {
        self.seed(Key::Agent(id), Seed::Agent(id))
    }

    fn place_group(&mut self, forest: &Forest<'_>, groups: &Groups, rep: usize) {
        let Some(group) = self.groups.get(&rep) else {
            return;
        };
        let (anchor, op, records_only) = (group.anchor, group.op, group.records_only);
        let Some(me) = self.of_group(rep) else { return };
        let piece = &forest.pieces[anchor];
        let prompt = piece.number(Field::TurnKey);
        if records_only
            && op != Op::Turn
            && let Some(turn) = prompt
                .and_then(|p| self.prompts.get(&p))
                .and_then(|&rep| self.of_group(rep))
        {
            self.parent[me] = Some(turn);
            return;
        }
        let mut up = piece.parent;
        while let Some(at) = up {
            let there = groups.of(at);
            if there != rep
                && let Some(seed) = self.of_group(there)
            {
                self.parent[me] = Some(seed);
                return;
            }
            up = forest.pieces[at].parent;
        }
        // A prompt's parent is another program's affair, and plumbing alone makes no span expected.
        let plumbing = records_only && op == Op::Internal;
        let missing = piece
            .parent_key
            .filter(|_| piece.parent.is_none() && op != Op::Turn && !plumbing);
        if let Some(key) = missing.filter(|_| !records_only || prompt.is_none()) {
            self.parent[me] = Some(self.seed(Key::Missing(key), Seed::Missing(key)));
        } else if let Some(prompt) =
            prompt.filter(|_| records_only && op != Op::Turn && op != Op::Internal)
        {
            self.parent[me] = Some(self.prompt(prompt));
        }
    }

    /// "Children that name an agent below a parent that did not come show one run of it."
    fn name_missing_agents(&mut self, forest: &Forest<'_>) {
        let mut told: HashMap<usize, Option<Sym>> = HashMap::new();
        for (seed, parent) in self.parent.iter().enumerate() {
            let (Some(parent), Seed::Group(rep)) = (*parent, self.seeds[seed]) else {
                continue;
            };
            if !matches!(self.seeds[parent], Seed::Missing(_)) {
                continue;
            }
            let Some(group) = self
                .groups
                .get(&rep)
                .filter(|g| matches!(g.op, Op::Call | Op::Engine | Op::Tool))
            else {
                continue;
            };
            let Some(name) = forest.pieces[group.anchor]
                .evidence
                .facts
                .text(Field::AgentName)
            else {
                continue;
            };
            told.entry(parent)
                .and_modify(|n| *n = n.filter(|n| *n == name))
                .or_insert(Some(name));
        }
        self.names.extend(
            told.into_iter()
                .filter_map(|(seed, name)| Some((seed, name?))),
        );
    }

    /// A missing span that can only be a prompt.
    pub fn is_turn(&self, seed: &Seed) -> bool {
        matches!(seed, Seed::Missing(key) if self.turn_keys.contains(key))
    }
}

/// Missing parents that can only be prompts: in this dialect calls and tools of the main agent
/// hang right under the prompt, and so does nothing else that could be missing.
fn turn_keys(cx: &Context<'_>, forest: &Forest<'_>) -> HashSet<SpanKey> {
    let orphans = forest
        .pieces
        .iter()
        .filter(|p| p.is_span() && p.parent.is_none());
    let main = orphans
        .filter(|p| matches!(p.op, Op::Call | Op::Tool) && p.number(Field::AgentId).is_none());
    main.filter(|p| cx.lore.roots_are_turns(p.evidence.dialect))
        .filter_map(|p| p.parent_key)
        .collect()
}

fn gather(forest: &Forest<'_>, groups: &Groups) -> BTreeMap<usize, Group> {
    let mut gathered: BTreeMap<usize, Group> = BTreeMap::new();
    for i in 0..forest.pieces.len() {
        let group = gathered.entry(groups.of(i)).or_insert_with(|| Group {
            anchor: i,
            op: Op::Mark,
            pieces: Vec::new(),
            records_only: true,
        });
        group.pieces.push(i);
    }
    for group in gathered.values_mut() {
        let spans = group.pieces.iter().map(|&i| &forest.pieces[i]);
        let below = spans.filter(|p| p.is_span() && p.parent_key.is_some());
        let below: Vec<TraceId> = below.map(|p| p.evidence.trace).collect();
        // A root elsewhere tells nothing of where this stands.
        let stray = |i: usize| {
            let p = &forest.pieces[i];
            p.parent_key.is_none() && below.iter().any(|&trace| trace != p.evidence.trace)
        };
        let anchor_rank = |&i: &usize| {
            let p = &forest.pieces[i];
            (
                groups.op[i] == Op::Mark,
                p.superseded,
                !p.is_span(),
                is_engine(groups.op[i]),
                stray(i),
                forest.depth[i],
                i,
            )
        };
        group.anchor = group
            .pieces
            .iter()
            .copied()
            .min_by_key(anchor_rank)
            .unwrap_or(group.anchor);
        let best = group.pieces.iter().map(|&i| groups.op[i]);
        group.op = match best.min_by_key(|&op| rank(op)).unwrap_or_default() {
            Op::Attempt => Op::Call,
            Op::AgentStart => Op::Agent,
            op => op,
        };
        group.records_only = !group.pieces.iter().any(|&i| forest.pieces[i].is_span());
    }
    gathered
}

/// Which of several words for one thing names it best.
fn rank(op: Op) -> u8 {
    match op {
        Op::Turn => 0,
        Op::Tool => 1,
        Op::Call | Op::Stream => 2,
        Op::Engine => 3,
        Op::Attempt => 4,
        Op::Agent => 5,
        Op::AgentStart => 6,
        Op::Workflow => 7,
        Op::Embedding => 8,
        Op::Retrieval => 9,
        Op::Wait => 10,
        Op::Handoff => 11,
        Op::ToolPart => 12,
        Op::ToolStart => 13,
        Op::Other => 14,
        Op::CallPart => 15,
        Op::Internal => 16,
        Op::EngineQueue | Op::EnginePrefill | Op::EngineDecode => 17,
        Op::Mark => 18,
    }
}

/// What an engine tells of itself: by a clock and in a trace of its own.
pub fn is_engine(op: Op) -> bool {
    matches!(
        op,
        Op::Engine | Op::EngineQueue | Op::EnginePrefill | Op::EngineDecode
    )
}

/// Whether `inner` runs within `outer`, give or take [`SLACK_NS`].
pub fn within(inner: (u64, u64), outer: (u64, u64)) -> bool {
    inner.0.saturating_add(SLACK_NS) >= outer.0 && inner.1 <= outer.1.saturating_add(SLACK_NS)
}
