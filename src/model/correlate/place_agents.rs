//! Sub-agents that no span of their own tells of: their calls name them (`agent_id`), a record
//! tells when they completed, and a tool call started them.

use super::groups::Groups;
use super::pieces::Forest;
use super::place::{Group, Places, within};
use super::place_unnamed;
use crate::model::evidence::{Field, Op};
use std::collections::{BTreeMap, HashSet};

/// A background agent may start so long after its tool call was recorded.
const START_SLACK_NS: u64 = 1_000_000_000;

#[derive(Default)]
struct Agent {
    /// The record or span of the agent itself.
    rep: Option<usize>,
    /// Groups that name it as theirs.
    members: Vec<usize>,
    /// The tool call that started it.
    host: Option<usize>,
    start: u64,
    end: u64,
}

/// Puts agents under the tools that started them, and their calls under the agents.
pub fn place(forest: &Forest<'_>, groups: &Groups, places: &mut Places) {
    let mut agents = collect(forest, places);
    agents.retain(|_, a| {
        !a.rep
            .and_then(|r| places.groups.get(&r))
            .is_some_and(|g| !g.records_only && a.members.is_empty())
    });
    let mut hosts = hosts(forest, places);
    for agent in agents.values_mut() {
        agent.host = host_in_spans(forest, groups, places, agent);
    }
    let taken: HashSet<usize> = agents.values().filter_map(|a| a.host).collect();
    hosts.retain(|h| !taken.contains(&h.rep));
    let mut order: Vec<u64> = agents
        .iter()
        .filter(|(_, a)| a.host.is_none())
        .map(|(&id, _)| id)
        .collect();
    order.sort_by_key(|id| agents.get(id).map(|a| (a.start, *id)));
    for id in order {
        if let Some(agent) = agents.get_mut(&id)
            && let Some(first) = agent.rep.or_else(|| agent.members.first().copied())
        {
            let prompt = prompt(forest, places, first);
            agent.host = take_host(&mut hosts, prompt, (agent.start, agent.end), &agent.members);
        }
    }
    for (&id, agent) in &agents {
        settle(places, id, agent);
    }
    place_unnamed::place(forest, places);
}

/// A tool call that starts an agent, which no agent was found for yet.
pub(super) struct Host {
    rep: usize,
    prompt: Option<u64>,
    times: (u64, u64),
}

pub(super) fn hosts(forest: &Forest<'_>, places: &Places) -> Vec<Host> {
    let delegating = places
        .groups
        .iter()
        .filter(|(_, g)| g.op == Op::Tool && delegates(forest, g));
    delegating
        .map(|(&rep, g)| Host {
            rep,
            prompt: forest.pieces[g.anchor].number(Field::TurnKey),
            times: interval(forest, g),
        })
        .collect()
}

pub(super) fn prompt(forest: &Forest<'_>, places: &Places, rep: usize) -> Option<u64> {
    let group = places.groups.get(&rep)?;
    forest.pieces[group.anchor].number(Field::TurnKey)
}

/// From the start to the end of what a group is: the decision for a tool is no part of its run.
pub(super) fn interval(forest: &Forest<'_>, group: &Group) -> (u64, u64) {
    let told = group
        .pieces
        .iter()
        .map(|&i| &forest.pieces[i])
        .filter(|p| tells(p.op, group.op) && !p.superseded);
    let times = told
        .map(|p| (p.evidence.start, p.evidence.end))
        .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    let anchor = forest.pieces[group.anchor].evidence;
    let (start, end) = times.unwrap_or((anchor.start, anchor.end));
    (start, end.max(start))
}

/// A request is a call's beginning, and a start an agent's.
fn tells(piece: Op, group: Op) -> bool {
    let begins = matches!(
        (piece, group),
        (Op::Attempt, Op::Call) | (Op::AgentStart, Op::Agent)
    );
    piece == group || begins
}

fn collect(forest: &Forest<'_>, places: &Places) -> BTreeMap<u64, Agent> {
    let mut agents: BTreeMap<u64, Agent> = BTreeMap::new();
    for (&rep, group) in &places.groups {
        let Some(id) = group
            .pieces
            .iter()
            .find_map(|&p| forest.pieces[p].number(Field::AgentId))
        else {
            continue;
        };
        let (start, end) = interval(forest, group);
        let agent = agents.entry(id).or_insert_with(|| Agent {
            start,
            end,
            ..Agent::default()
        });
        match group.op {
            Op::Agent => {
                agent.rep = Some(rep);
                (agent.start, agent.end) = (start, end);
            }
            Op::Turn | Op::Mark | Op::Internal => continue,
            _ => agent.members.push(rep),
        }
        if agent.rep.is_none() {
            agent.start = agent.start.min(start);
            agent.end = agent.end.max(end);
        }
    }
    agents.retain(|_, a| a.rep.is_some() || !a.members.is_empty());
    agents
}

/// The tool under which the agent's own spans hang.
fn host_in_spans(
    forest: &Forest<'_>,
    groups: &Groups,
    places: &Places,
    agent: &Agent,
) -> Option<usize> {
    agent.members.iter().find_map(|rep| {
        let group = places.groups.get(rep).filter(|g| !g.records_only)?;
        let up = groups.context[group.anchor]?;
        let host = groups.of(up);
        places
            .groups
            .get(&host)
            .filter(|g| g.op == Op::Tool && delegates(forest, g))
            .map(|_| host)
    })
}

pub(super) fn delegates(forest: &Forest<'_>, group: &Group) -> bool {
    group
        .pieces
        .iter()
        .any(|&p| forest.pieces[p].evidence.facts.is(Field::Delegates))
}

/// From records alone: the delegating call with the agent's own times, else the only one left
/// that began before it, and none that the agent itself ran. Ambiguity is left as it is.
pub(super) fn take_host(
    hosts: &mut Vec<Host>,
    prompt: Option<u64>,
    own: (u64, u64),
    members: &[usize],
) -> Option<usize> {
    let latest = own.0.saturating_add(START_SLACK_NS);
    // In the order of the groups, as they were collected.
    let is_member = |h: &Host| members.binary_search(&h.rep).is_ok();
    let fits = |h: &Host| h.prompt == prompt && h.times.0 <= latest && !is_member(h);
    let apart =
        |h: &Host| u128::from(own.0.abs_diff(h.times.0)) + u128::from(own.1.abs_diff(h.times.1));
    let free = || hosts.iter().enumerate().filter(|(_, h)| fits(h));
    let nearest = free()
        .filter(|(_, h)| within(own, h.times))
        .min_by_key(|(_, h)| apart(h));
    let lone = || free().next().filter(|_| free().nth(1).is_none());
    let (at, _) = nearest.or_else(lone)?;
    Some(hosts.remove(at).rep)
}

fn settle(places: &mut Places, id: u64, agent: &Agent) {
    let own_span = agent
        .rep
        .and_then(|r| places.groups.get(&r))
        .is_some_and(|g| !g.records_only);
    let told = agent.rep.and_then(|rep| places.of_group(rep));
    let members: Vec<(usize, bool)> = agent
        .members
        .iter()
        .filter_map(|rep| Some((places.of_group(*rep)?, places.groups.get(rep)?.records_only)))
        .collect();
    let before = told.and_then(|seed| places.parent[seed]);
    let beside = || {
        members
            .iter()
            .find_map(|(member, _)| places.parent[*member])
    };
    let up = if own_span {
        before
    } else {
        let host = agent.host.and_then(|rep| places.of_group(rep));
        host.or(before).or_else(beside)
    };
    let mut own = members;
    own.retain(|(member, record)| {
        Some(*member) != told && (*record || (!own_span && places.parent[*member] == up))
    });
    if told.is_none() && own.is_empty() {
        return; // its spans hang elsewhere
    }
    let seed = told.unwrap_or_else(|| places.agent(id));
    places.parent[seed] = up;
    for (member, _) in own {
        places.parent[member] = Some(seed);
    }
}
