//! Sub-agents of which records tell the kind but not which one it was (older logs of Claude Code). What
//! each of them ran is told by the time where one alone ran then; else by the total that the record
//! of its end tells, and by what each call read from the cache. What that leaves open stays open.

use super::ROUNDING_NS;
use super::call::tokens;
use super::pieces::Forest;
use super::place::{Group, Places, Seed, within};
use super::place_agents::{delegates, hosts, interval, prompt, take_host};
use crate::model::evidence::{Field, Op};
use crate::model::usage::Usage;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A tool may begin so long before the record of its call's end: its answer is still being read.
const EARLY_NS: u64 = 50_000_000;

/// One agent's run.
struct Run {
    seed: usize,
    prompt: Option<u64>,
    /// The kind of agent.
    name: Option<u64>,
    times: (u64, u64),
    /// The tokens of its last call, as the record of its end tells them.
    total: Option<u64>,
}

/// A call or tool run in their time.
struct Open {
    rep: usize,
    op: Op,
    name: Option<u64>,
    times: (u64, u64),
    usage: Usage,
    prompt: Option<u64>,
}

impl Run {
    fn may_have(&self, open: &Open) -> bool {
        let kind = open.op == Op::Tool || open.name == self.name;
        open.prompt == self.prompt && kind && within(open.times, self.times)
    }
}

/// Puts calls and tools below the agents that ran them.
pub(super) fn place(forest: &Forest<'_>, places: &mut Places) {
    let runs = runs(forest, places);
    if runs.is_empty() {
        return;
    }
    host(forest, places, &runs);
    let mut open: Vec<Open> = Vec::new();
    let mut alone: BTreeMap<usize, usize> = BTreeMap::new();
    for (&rep, g) in &places.groups {
        if !g.records_only || !matches!(g.op, Op::Call | Op::Tool) || delegates(forest, g) {
            continue;
        }
        let item = read(forest, rep, g);
        if g.op == Op::Call && item.name.is_none() {
            continue;
        }
        let meets = |&r: &usize| {
            let (from, to) = runs[r].times;
            runs[r].prompt == item.prompt && item.times.0 < to && item.times.1 > from
        };
        let mut around = (0..runs.len()).filter(meets);
        match (around.next(), around.next()) {
            (Some(run), None) if within(item.times, runs[run].times) => {
                alone.insert(open.len(), run);
                open.push(item);
            }
            (Some(_), Some(_)) => open.push(item),
            _ => {}
        }
    }
    let told = tools_apart(&runs, &open, calls_apart(&runs, &open, alone));
    for (i, item) in open.iter().enumerate() {
        match told.get(&i).zip(places.of_group(item.rep)) {
            Some((&run, member)) => places.parent[member] = Some(runs[run].seed),
            None => _ = places.unowned.insert(item.rep),
        }
    }
}

fn runs(forest: &Forest<'_>, places: &Places) -> Vec<Run> {
    let of_record = |(&rep, g): (&usize, &Group)| {
        let piece = &forest.pieces[g.anchor];
        let unnamed = g.op == Op::Agent && g.records_only;
        let unnamed = unnamed && piece.number(Field::AgentId).is_none();
        Some(Run {
            seed: places.of_group(rep).filter(|_| unnamed)?,
            prompt: piece.number(Field::TurnKey),
            name: piece.number(Field::AgentName),
            times: interval(forest, g),
            total: piece.number(Field::TotalTokens),
        })
    };
    places.groups.iter().filter_map(of_record).collect()
}

fn read(forest: &Forest<'_>, rep: usize, g: &Group) -> Open {
    let piece = &forest.pieces[g.anchor];
    Open {
        rep,
        op: g.op,
        name: piece.number(Field::AgentName),
        times: interval(forest, g),
        usage: tokens(piece),
        prompt: piece.number(Field::TurnKey),
    }
}

/// The tool runs that started them.
fn host(forest: &Forest<'_>, places: &mut Places, runs: &[Run]) {
    let mut hosts = hosts(forest, places);
    for run in runs {
        let Some(Seed::Group(rep)) = places.seeds.get(run.seed).copied() else {
            continue;
        };
        let prompt = prompt(forest, places, rep);
        if let Some(host) = take_host(&mut hosts, prompt, run.times, &[]) {
            places.parent[run.seed] = places.of_group(host);
        }
    }
}

/// Whose each call is, by its number: the last of an agent has the total of its end, and what a call
/// read from the cache is what the one before it had sent. Nothing where two would do.
fn calls_apart(
    runs: &[Run],
    open: &[Open],
    alone: BTreeMap<usize, usize>,
) -> BTreeMap<usize, usize> {
    let calls = Calls::new(open);
    let mut claims: BTreeMap<usize, HashSet<usize>> = BTreeMap::new();
    for (r, run) in runs.iter().enumerate() {
        let its = |i: &usize| run.may_have(&open[*i]);
        let last = run.total.map(|total| Calls::of(&calls.whole, total));
        let mut found = only(last.into_iter().flatten().filter(its));
        // No chain is longer than there are calls.
        for _ in 0..open.len() {
            let Some(i) = found else { break };
            claims.entry(i).or_default().insert(r);
            let (own, read) = (open[i].times.0, open[i].usage.cache_read.unwrap_or(0));
            let before = |j: &usize| read > 0 && *j != i && open[*j].times.1 <= own;
            found = only(Calls::of(&calls.sent, read).filter(its).filter(before));
        }
    }
    let mut told = alone;
    for (call, by) in claims {
        if let Some(run) = only(by.into_iter()) {
            told.entry(call).or_insert(run);
        }
    }
    told
}

/// Calls by their numbers, so that a chain of thousands is no trouble.
struct Calls {
    /// By all their tokens.
    whole: HashMap<u64, Vec<usize>>,
    /// By what was in their prompt, with or without its uncached end.
    sent: HashMap<u64, Vec<usize>>,
}

impl Calls {
    fn new(open: &[Open]) -> Self {
        let (mut whole, mut sent) = (HashMap::new(), HashMap::new());
        for (i, call) in open.iter().enumerate().filter(|(_, o)| o.op == Op::Call) {
            let sum = |a: Option<u64>, b: Option<u64>| Some(a?.saturating_add(b?));
            let usage = &call.usage;
            let cached = sum(usage.cache_read, usage.cache_write);
            let all = sum(usage.input, usage.output);
            let prompts = [usage.input, cached.filter(|c| usage.input != Some(*c))];
            if let Some(n) = all {
                whole.entry(n).or_insert_with(Vec::new).push(i);
            }
            for n in prompts.into_iter().flatten() {
                sent.entry(n).or_insert_with(Vec::new).push(i);
            }
        }
        Self { whole, sent }
    }

    fn of(calls: &HashMap<u64, Vec<usize>>, tokens: u64) -> impl Iterator<Item = usize> {
        calls.get(&tokens).into_iter().flatten().copied()
    }
}

/// A tool runs between two calls of its agent: where all others had a model at work then, it is that
/// one's.
fn tools_apart(
    runs: &[Run],
    open: &[Open],
    mut told: BTreeMap<usize, usize>,
) -> BTreeMap<usize, usize> {
    let mut calls: Vec<Vec<(u64, u64)>> = vec![Vec::new(); runs.len()];
    for (&i, &run) in told.iter().filter(|(i, _)| open[**i].op == Op::Call) {
        calls[run].push(open[i].times);
    }
    let tools = open.iter().enumerate().filter(|(_, o)| o.op == Op::Tool);
    for (i, tool) in tools {
        if told.contains_key(&i) {
            continue;
        }
        let (from, to) = tool.times;
        let between = |&(start, end): &(u64, u64)| {
            let before = to <= start.saturating_add(ROUNDING_NS);
            before || from.saturating_add(EARLY_NS) >= end
        };
        let free = (0..runs.len()).filter(|&r| runs[r].may_have(tool));
        if let Some(run) = only(free.filter(|&r| calls[r].iter().all(between))) {
            told.insert(i, run);
        }
    }
    told
}

/// The one thing there is.
fn only<T>(mut of: impl Iterator<Item = T>) -> Option<T> {
    let one = of.next()?;
    of.next().is_none().then_some(one)
}
