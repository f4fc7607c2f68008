//! Places in a unit of whole sessions: the span tree as far as it has come, then the prompt that
//! is named, then the prompt before it in its conversation, so that no parent is missed; sub-agents below the tool runs that
//! started them, and what they did below them.

use super::conversations::Conversations;
use super::groups::Groups;
use super::pieces::Forest;
use super::place::{Group, Places};
use super::place_agents::{delegates, interval};
use crate::model::evidence::{Field, Op};
use std::collections::BTreeMap;

/// A prompt's record may be stamped so much later than what it set off, and a tool's record so
/// much earlier than what the tool started.
const SLACK_NS: u64 = 50_000_000;

/// What is asked for again and again.
struct Talks<'a> {
    forest: &'a Forest<'a>,
    groups: &'a Groups,
    spoken: &'a Conversations,
    /// Prompts of persons by conversation, in the order of time: start and seed.
    turns: BTreeMap<Option<u64>, Vec<(u64, usize)>>,
    /// Prompts are told in this unit, or it is told by records: a prompt that is not there is missed.
    prompted: bool,
}

/// Finds every seed's parent.
pub fn place(forest: &Forest<'_>, groups: &Groups, talks: &Conversations, places: &mut Places) {
    let reps: Vec<usize> = places.groups.keys().copied().collect();
    let mut turns: BTreeMap<Option<u64>, Vec<(u64, usize)>> = BTreeMap::new();
    for (&rep, g) in places.groups.iter().filter(|(_, g)| g.op == Op::Turn) {
        let machine = g
            .pieces
            .iter()
            .any(|&p| forest.pieces[p].evidence.facts.is(Field::Machine));
        if let Some(seed) = places.of_group(rep).filter(|_| !machine) {
            let of = talks.of_group(forest, &g.pieces, g.anchor);
            turns
                .entry(of)
                .or_default()
                .push((interval(forest, g).0, seed));
        }
    }
    for turns in turns.values_mut() {
        turns.sort_unstable();
    }
    let records = |g: &Group| g.records_only && matches!(g.op, Op::Call | Op::Tool);
    let prompted = !turns.is_empty() || places.groups.values().any(records);
    let at = Talks {
        forest,
        groups,
        spoken: talks,
        turns,
        prompted,
    };
    for &rep in &reps {
        at.place_group(places, rep);
    }
    at.place_agents(places);
    at.place_nested(places);
}

impl Talks<'_> {
    fn of(&self, g: &Group) -> Option<u64> {
        self.spoken.of_group(self.forest, &g.pieces, g.anchor)
    }

    fn place_group(&self, places: &mut Places, rep: usize) {
        let Some((me, g)) = places.of_group(rep).zip(places.groups.get(&rep)) else {
            return;
        };
        let (piece, op, talk) = (&self.forest.pieces[g.anchor], g.op, self.of(g));
        let start = interval(self.forest, g).0;
        let plumbing = op == Op::Internal;
        let agents = talk.is_some_and(|talk| self.spoken.agents.contains_key(&talk));
        let machine = op == Op::Turn && g.pieces.iter().any(|&p| self.is(p, Field::Machine));
        if op == Op::Turn && !machine {
            return;
        }
        let named = piece
            .number(Field::TurnKey)
            .and_then(|p| places.prompts.get(&p));
        let named = named
            .filter(|&&turn| turn != rep)
            .and_then(|&turn| places.of_group(turn));
        let up = self
            .in_spans(places, rep)
            .or(named)
            .or_else(|| self.turn_before(talk, start, if plumbing { 0 } else { SLACK_NS }));
        places.parent[me] = match up {
            Some(up) => Some(up),
            None if plumbing || machine || agents || !self.prompted => None,
            None => Some(places.prompt(talk.unwrap_or_default())),
        };
    }

    fn is(&self, piece: usize, field: Field) -> bool {
        self.forest.pieces[piece].evidence.facts.is(field)
    }

    /// The nearest thing above it in the span tree. What is no plumbing hangs below no plumbing,
    /// and nothing but plumbing below a model call.
    fn in_spans(&self, places: &Places, rep: usize) -> Option<usize> {
        let me = places.groups.get(&rep)?;
        let plumbing = matches!(me.op, Op::Internal | Op::Other);
        let mut up = self.forest.pieces[me.anchor].parent;
        while let Some(at) = up {
            let there = self.groups.of(at);
            let group = places.groups.get(&there).filter(|_| there != rep);
            let fits = |g: &&Group| {
                plumbing || !matches!(g.op, Op::Internal | Op::Mark | Op::Call | Op::Engine)
            };
            if let Some(seed) = group.filter(fits).and_then(|_| places.of_group(there)) {
                return Some(seed);
            }
            up = self.forest.pieces[at].parent;
        }
        None
    }

    /// The last prompt of a conversation before a time, or up to `slack` after it.
    fn turn_before(&self, talk: Option<u64>, time: u64, slack: u64) -> Option<usize> {
        let turns = self.turns.get(&talk)?;
        let after = turns.partition_point(|(start, _)| *start <= time.saturating_add(slack));
        Some(turns.get(after.checked_sub(1)?)?.1)
    }

    /// Sub-agents below the tool runs that started them, and what their conversations hold below
    /// them.
    fn place_agents(&self, places: &mut Places) {
        let mut agents: BTreeMap<u64, (Option<usize>, Vec<usize>)> = BTreeMap::new();
        for (&rep, g) in &places.groups {
            let own = || {
                g.pieces
                    .iter()
                    .find_map(|&p| self.forest.pieces[p].number(Field::AgentId))
            };
            if g.op == Op::Agent {
                if let Some(id) = own() {
                    agents.entry(id).or_default().0 = Some(rep);
                }
                continue;
            }
            if matches!(g.op, Op::Internal | Op::Mark | Op::Turn) {
                continue;
            }
            let talk = self.of(g).filter(|c| self.spoken.agents.contains_key(c));
            if let Some(id) = own().or(talk) {
                agents.entry(id).or_default().1.push(rep);
            }
        }
        for (id, (told, members)) in agents {
            self.place_agent(places, id, told, &members);
        }
    }

    fn place_agent(&self, places: &mut Places, id: u64, told: Option<usize>, members: &[usize]) {
        let first = told.or_else(|| members.first().copied());
        let Some(first) = first.and_then(|rep| places.groups.get(&rep)) else {
            return;
        };
        let own = interval(self.forest, first);
        let spans = told
            .and_then(|rep| places.groups.get(&rep))
            .is_some_and(|g| !g.records_only);
        let home = self
            .spoken
            .agents
            .get(&id)
            .copied()
            .flatten()
            .or_else(|| self.of(first));
        let seed = told.and_then(|rep| places.of_group(rep));
        let seed = seed.unwrap_or_else(|| places.agent(id));
        let host = |places: &Places, seed: usize| {
            let up = places.parent[seed]?;
            places.is_op(up, Op::Tool).then_some(up)
        };
        if !spans && host(places, seed).is_none() {
            let member = members.iter().filter_map(|rep| places.of_group(*rep));
            let above = member.into_iter().find_map(|m| host(places, m));
            let up = above.or_else(|| self.host(places, home, own.0, members));
            let up = up
                .or(places.parent[seed])
                .or_else(|| self.turn_before(home, own.0, SLACK_NS));
            places.parent[seed] = up.filter(|&up| up != seed);
        }
        let seeds: Vec<usize> = members
            .iter()
            .filter_map(|rep| places.of_group(*rep))
            .collect();
        for &member in &seeds {
            let within = places.parent[member].is_some_and(|up| seeds.contains(&up) || up == seed);
            if !within && member != seed && places.parent[seed] != Some(member) {
                places.parent[member] = Some(seed);
            }
        }
    }

    /// The delegating tool run of a conversation in whose time something began: the only one, or
    /// the last one before it.
    fn host(
        &self,
        places: &Places,
        home: Option<u64>,
        start: u64,
        members: &[usize],
    ) -> Option<usize> {
        let hosts = places.groups.iter().filter(|(rep, g)| {
            let (from, to) = interval(self.forest, g);
            g.op == Op::Tool
                && delegates(self.forest, g)
                && self.of(g) == home
                && !members.contains(rep)
                && from <= start.saturating_add(SLACK_NS)
                && (to >= start || to.abs_diff(start) <= SLACK_NS || to == from)
        });
        let last = hosts.max_by_key(|(rep, g)| (interval(self.forest, g).0, **rep));
        last.and_then(|(rep, _)| places.of_group(*rep))
    }

    /// Tool runs that the code of another one started hang below that.
    fn place_nested(&self, places: &mut Places) {
        let tools = |places: &Places, nested: bool| -> Vec<(u64, u64, Option<u64>, usize)> {
            let all = places.groups.iter().filter(|(_, g)| g.op == Op::Tool);
            let own = |g: &Group| g.pieces.iter().any(|&p| self.is(p, Field::Nested));
            let of = all.filter(|(_, g)| own(g) == nested);
            of.filter_map(|(&rep, g)| {
                let (start, end) = interval(self.forest, g);
                Some((start, end, self.of(g), places.of_group(rep)?))
            })
            .collect()
        };
        let nested = tools(places, true);
        if nested.is_empty() {
            return;
        }
        let hosts = tools(places, false);
        for (start, _, talk, seed) in nested {
            let around = hosts.iter().filter(|(from, to, of, _)| {
                *of == talk
                    && *from <= start.saturating_add(SLACK_NS)
                    && start <= to.saturating_add(SLACK_NS)
            });
            if let Some((.., host)) = around.max_by_key(|(from, .., seed)| (*from, *seed)) {
                places.parent[seed] = Some(*host);
            }
        }
    }
}
