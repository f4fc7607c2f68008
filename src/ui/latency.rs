//! How long model calls and tools took: by provider and model, by tool, and what was slowest. A pure
//! function of their times, so that a page of it is worked out once per change.

use super::listed::Listed;
use crate::model::ids::{NodeId, SessionId};
use crate::model::spread::Spread;
use crate::model::timing::{CallTime, EngineTime, Times, ToolTime};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::sync::Arc;

/// What is listed of the slowest.
const SLOWEST: usize = 5;
/// The same of first tokens and tools.
const FEWER: usize = 3;

/// Tokens over the time that they took, of several calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Speed {
    /// Tokens.
    pub tokens: u64,
    /// Time, ns.
    pub ns: u64,
    /// Calls.
    pub calls: u64,
    /// Some of the tokens may not have been worked on: the speed is at most this.
    pub at_most: bool,
}

impl Speed {
    fn add(&mut self, tokens: u64, ns: u64) {
        self.tokens = self.tokens.saturating_add(tokens);
        self.ns = self.ns.saturating_add(ns);
        self.calls += 1;
    }

    /// Tokens per second.
    #[expect(clippy::cast_precision_loss, reason = "display")]
    pub fn per_second(&self) -> Option<f64> {
        (self.ns > 0).then(|| self.tokens as f64 / (self.ns as f64 / 1e9))
    }
}

/// What an engine told of its calls.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Engine {
    /// Calls that it told of.
    pub calls: u64,
    /// Before its own time, ns.
    pub gateway: Spread,
    /// In its queue, ns.
    pub queue: Spread,
    /// Reading prompts, ns.
    pub prefill: Spread,
    /// Uncached input tokens over prefill time.
    pub speed: Speed,
}

/// The calls of one model by one provider; quantiles are of those that were answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Served {
    /// Provider, where told.
    pub provider: Option<Arc<str>>,
    /// Model, where told.
    pub model: Option<Arc<str>>,
    /// Its slowest call.
    pub slowest: Option<(SessionId, NodeId)>,
    /// Calls that were answered.
    pub calls: u64,
    /// Calls that failed: in no quantile.
    pub failed: u64,
    /// Calls answered after more than one attempt.
    pub retried: u64,
    /// From start to end, ns.
    pub whole: Spread,
    /// To the first token, ns, where it is told.
    pub first: Spread,
    /// Per output token after the first, ns.
    pub per_token: Spread,
    /// (Output − 1) tokens over decode time.
    pub decode: Speed,
    /// What its engine told.
    pub engine: Engine,
    /// Start and time to first token of each call, or the whole call's where none has one.
    pub told: Vec<(u64, u64)>,
}

impl Served {
    /// No call of it told a first token.
    pub fn is_unsplit(&self) -> bool {
        self.first.count() == 0
    }
}

/// The runs of one tool; quantiles are of all that finished.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Used {
    /// Its name.
    pub name: Arc<str>,
    /// Its slowest run.
    pub slowest: Option<(SessionId, NodeId)>,
    /// Runs.
    pub runs: u64,
    /// Runs that failed.
    pub failed: u64,
    /// How long they took without waiting for a person, ns.
    pub took: Spread,
}

/// Something slow.
#[derive(Clone, Debug, PartialEq)]
pub struct Slow {
    /// Where it is.
    pub at: (SessionId, NodeId),
    /// Model or tool.
    pub name: Arc<str>,
    /// Where that is, in words: [`Latency::place`].
    pub place: String,
    /// To the first token, ns.
    pub first: Option<u64>,
    /// From the first token to the end, ns.
    pub decode: Option<u64>,
    /// Output tokens.
    pub output: Option<u64>,
    /// From start to end, ns.
    pub took: u64,
    /// It failed.
    pub failed: bool,
}

/// How long all took.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Latency {
    /// By provider and model, those that took longest together first.
    pub models: Vec<Served>,
    /// By tool, the same.
    pub tools: Vec<Used>,
    /// The calls that took longest.
    pub calls: Vec<Slow>,
    /// The calls whose first token came latest.
    pub firsts: Vec<Slow>,
    /// The runs of tools that took longest.
    pub runs: Vec<Slow>,
    /// Model calls that run now, and count for nothing yet.
    pub running_calls: u64,
    /// Tools that run now.
    pub running_tools: u64,
    /// Model calls that never ended.
    pub abandoned: u64,
}

/// What is told of one thing, and in which session.
type Told<'a, T> = Vec<(SessionId, &'a T)>;

impl Latency {
    /// Works out the times of some sessions, or of a part of one.
    pub fn of<'a>(all: impl IntoIterator<Item = (SessionId, &'a Times)>) -> Self {
        let mut latency = Self::default();
        let (mut calls, mut runs) = (Told::<CallTime>::new(), Told::<ToolTime>::new());
        for (session, times) in all {
            latency.running_calls += times.running_calls;
            latency.running_tools += times.running_tools;
            latency.abandoned += times.abandoned;
            calls.extend(times.calls.iter().map(|c| (session, c)));
            runs.extend(times.tools.iter().map(|t| (session, t)));
        }
        // Who failed did not say which model it was: those that answered did.
        let mut known: FxHashMap<_, &Arc<str>> = FxHashMap::default();
        for (_, call) in &calls {
            if let Some(answered) = &call.answered {
                known
                    .entry((&call.provider, &call.asked))
                    .or_insert(answered);
            }
        }
        let mut models: Listed<_, Told<'a, CallTime>> = Listed::default();
        for told in &calls {
            let call = told.1;
            let known = known.get(&(&call.provider, &call.asked)).copied();
            let key = (
                &call.provider,
                call.answered.as_ref().or(known).or(call.model()),
            );
            if let Some(of) = models.of(key, Vec::new) {
                of.push(*told);
            }
        }
        let mut tools: Listed<_, Told<'a, ToolTime>> = Listed::default();
        for told in &runs {
            if let Some(of) = tools.of(&told.1.name, Vec::new) {
                of.push(*told);
            }
        }
        let models = models.into_vec();
        latency.models = models.iter().filter_map(|of| served(of)).collect();
        latency.models.sort_by_key(|m| Reverse(m.whole.sum()));
        let tools = tools.into_vec();
        latency.tools = tools.iter().filter_map(|of| used(of)).collect();
        latency.tools.sort_by_key(|t| Reverse(t.took.sum()));
        latency.rank(calls, runs);
        latency
    }

    /// Says of what was slowest where it is.
    pub fn place(&mut self, place: impl Fn(SessionId, NodeId) -> String) {
        let lists = [&mut self.calls, &mut self.firsts, &mut self.runs];
        for slow in lists.into_iter().flatten() {
            slow.place = place(slow.at.0, slow.at.1);
        }
    }

    fn rank(&mut self, mut calls: Told<'_, CallTime>, mut runs: Told<'_, ToolTime>) {
        calls.sort_by_key(|(_, c)| (Reverse(c.took), c.start));
        self.calls = calls.iter().take(SLOWEST).map(slow_call).collect();
        calls.retain(|(_, c)| c.first.is_some() && !c.failed);
        calls.sort_by_key(|(_, c)| (Reverse(c.first), c.start));
        self.firsts = calls.iter().take(FEWER).map(slow_call).collect();
        runs.sort_by_key(|(_, t)| Reverse(t.took));
        let slow_run = |(session, run): &(SessionId, &ToolTime)| Slow {
            at: (*session, run.node),
            name: run.name.clone(),
            place: String::new(),
            first: None,
            decode: None,
            output: None,
            took: run.took,
            failed: run.failed,
        };
        self.runs = runs.iter().take(FEWER).map(slow_run).collect();
    }
}

fn slow_call((session, call): &(SessionId, &CallTime)) -> Slow {
    let unknown = || "unknown model".into();
    Slow {
        at: (*session, call.node),
        name: call.model().cloned().unwrap_or_else(unknown),
        place: String::new(),
        first: call.first,
        decode: call.decode,
        output: call.output,
        took: call.took,
        failed: call.failed,
    }
}

/// All calls of a model and provider.
fn served(all: &[(SessionId, &CallTime)]) -> Option<Served> {
    let (_, first) = all.iter().max_by_key(|(_, c)| c.answered.is_some())?;
    let answered = || all.iter().map(|(_, c)| *c).filter(|c| !c.failed);
    // What was answered goes before what failed, however long that took.
    let slowest = all.iter().max_by_key(|(_, c)| (!c.failed, c.took));
    let mut of = Served {
        provider: first.provider.clone(),
        model: first.model().cloned(),
        slowest: slowest.map(|(session, c)| (*session, c.node)),
        calls: answered().count() as u64,
        retried: answered().filter(|c| c.retried).count() as u64,
        whole: answered().map(|c| c.took).collect(),
        first: answered().filter_map(|c| c.first).collect(),
        per_token: answered().filter_map(CallTime::per_token).collect(),
        ..Served::default()
    };
    of.failed = all.len() as u64 - of.calls;
    let unsplit = of.is_unsplit();
    of.told = answered()
        .filter_map(|c| Some((c.start, if unsplit { c.took } else { c.first? })))
        .collect();
    for call in answered() {
        if let (Some(_), Some(decode), Some(output)) = (call.per_token(), call.decode, call.output)
        {
            of.decode.add(output - 1, decode);
        }
        of.engine.take(call);
    }
    of.engine
        .fill(|| answered().filter_map(|c| c.engine.as_deref()));
    Some(of)
}

impl Engine {
    fn take(&mut self, call: &CallTime) {
        let Some(told) = call.engine.as_deref() else {
            return;
        };
        self.calls += 1;
        if let (Some(fresh), Some(prefill)) = (told.fresh, told.prefill) {
            self.speed.add(fresh, prefill);
            self.speed.at_most |= told.at_most;
        }
    }

    fn fill<'a, I: Iterator<Item = &'a EngineTime>>(&mut self, all: impl Fn() -> I) {
        self.gateway = all().filter_map(|e| e.gateway).collect();
        self.queue = all().filter_map(|e| e.queue).collect();
        self.prefill = all().filter_map(|e| e.prefill).collect();
    }
}

/// All runs of a tool.
fn used(all: &[(SessionId, &ToolTime)]) -> Option<Used> {
    let (_, first) = all.first()?;
    let slowest = all.iter().max_by_key(|(_, t)| t.took);
    Some(Used {
        name: first.name.clone(),
        slowest: slowest.map(|(session, t)| (*session, t.node)),
        runs: all.len() as u64,
        failed: all.iter().filter(|(_, t)| t.failed).count() as u64,
        took: all.iter().map(|(_, t)| t.took).collect(),
    })
}
