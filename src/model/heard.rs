//! What metrics themselves say of times and tokens: series taken together, for all sessions or one.
//! It stands beside what was seen of calls and never fills it in.

use super::evidence::key_of;
use super::ids::SessionId;
use super::store::Store;
pub use crate::metrics::Measure;
use crate::metrics::{Distribution, Identity, MetricSummary, Metrics, Owner, Series, Shown, Value};
use std::collections::{BTreeMap, BTreeSet};

/// One line: a metric, of one thing that it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// The metric's name as sent.
    pub name: Box<str>,
    /// Its unit as sent, where it does not count time.
    pub unit: Box<str>,
    /// It counts time: values are ns.
    pub is_time: bool,
    /// What it measures.
    pub measure: Measure,
    /// Provider of the calls, where told.
    pub provider: Option<Box<str>>,
    /// Model of the calls, where told.
    pub model: Option<Box<str>>,
    /// What else it is about: a tool, an agent, a kind of token.
    pub about: Box<str>,
    /// It is of what failed.
    pub failed: bool,
    /// Values in a histogram; a sum does not tell how many it is made of.
    pub count: Option<u64>,
    /// Sum of the values.
    pub sum: Option<f64>,
    /// The largest, where told.
    pub most: Option<f64>,
    /// Between which values p50, p90 and p99 lie.
    pub quantiles: [Option<(f64, f64)>; 3],
}

/// What metrics say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeardAll {
    /// In the order of the tables.
    pub rows: Vec<Heard>,
    /// Names of metrics about agents that no table has a place for.
    pub others: usize,
    /// Series of processes that serve several sessions: they are nobody's alone.
    pub shared: usize,
}

impl Store {
    /// What metrics say of a session, or of all.
    pub fn heard(&self, session: Option<SessionId>) -> HeardAll {
        type Key<'a> = (&'a Shown, &'a str);
        let mut rows: BTreeMap<Key<'_>, Vec<(&Identity, &Series)>> = BTreeMap::new();
        let mut others: BTreeSet<&str> = BTreeSet::new();
        let mut shared = 0;
        for (identity, series) in self.metrics.all() {
            let of = self.session_of_owner(&identity.owner);
            match (session, of) {
                (Some(asked), None) => {
                    shared += usize::from(self.serves(&identity.owner, asked));
                    continue;
                }
                (Some(asked), Some(of)) if asked != of => continue,
                _ => {}
            }
            match &identity.shown {
                Some(shown) => rows
                    .entry((shown, &*identity.name))
                    .or_default()
                    .push((identity, series)),
                None => _ = others.insert(&*identity.name),
            }
        }
        let rows = rows.into_iter();
        HeardAll {
            rows: rows
                .filter_map(|((shown, _), all)| Some(heard(shown, &MetricSummary::of(&all)?)))
                .collect(),
            others: others.len(),
            shared,
        }
    }
}

impl Store {
    /// Evidence of the owner's process is in the session.
    fn serves(&self, owner: &Owner, session: SessionId) -> bool {
        let Owner::Sender(sender) = owner else {
            return false;
        };
        let known = self.senders.sessions.get(sender);
        known.is_some_and(|s| s.contains(&session))
    }

    /// The session whose metrics an owner's are; none where nobody can tell.
    pub(super) fn session_of_owner(&self, owner: &Owner) -> Option<SessionId> {
        match owner {
            Owner::Session(_, text) => Some(SessionId(key_of(("key", &**text)))),
            Owner::Sender(sender) => self.session_of_sender(*sender),
        }
    }
}

fn heard(shown: &Shown, m: &MetricSummary) -> Heard {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a power of ten or sixty of them"
    )]
    let scale = if shown.unit_ns == 0 {
        1.0
    } else {
        shown.unit_ns as f64
    };
    Heard {
        name: m.name.clone(),
        unit: m.unit.clone(),
        is_time: shown.unit_ns > 0,
        measure: shown.measure,
        provider: shown.provider.clone(),
        model: shown.model.clone(),
        about: shown.about.clone(),
        failed: shown.failed,
        count: m.count,
        sum: m.sum.or(m.last).map(|n| n * scale),
        most: m.max.map(|n| n * scale),
        quantiles: m
            .quantiles
            .map(|q| q.map(|q| (q.from * scale, q.to * scale))),
    }
}

/// How many calls metrics count, and how long they took.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredCalls {
    /// The metric's name as sent.
    pub name: Box<str>,
    /// Calls.
    pub count: u64,
    /// Between which values their sum lies, ns; where the sender tells the sum these are equal.
    pub sum_ns: Option<(u64, u64)>,
}

/// The calls that an owner's metrics count: of two metrics that tell of the same the first of the
/// tables is heard, of two libraries that count a model's calls the one that counts more.
pub(super) fn calls_of(metrics: &Metrics, owner: &Owner) -> Option<MeasuredCalls> {
    type Served<'a> = (Option<&'a str>, Option<&'a str>);
    let mut by: BTreeMap<(u16, Served<'_>), BTreeMap<&str, MeasuredCalls>> = BTreeMap::new();
    for (i, series) in metrics.all().filter(|(i, _)| i.owner == *owner) {
        let shown = i.shown.as_deref().filter(|s| s.measure == Measure::Call);
        let (Some(shown), Some(Value::Distribution(d))) = (shown, series.total()) else {
            continue;
        };
        let scale = scale(shown);
        let sum = d.sum.map_or_else(|| between(&d), |sum| Some((sum, sum)));
        let sum_ns = sum.map(|(from, to)| (ns(from * scale), ns(to * scale)));
        let served = (shown.provider.as_deref(), shown.model.as_deref());
        let calls = by.entry((shown.place, served)).or_default();
        let calls = calls
            .entry(&*i.scope)
            .or_insert_with(|| MeasuredCalls::none(&i.name));
        calls.add(d.count, sum_ns);
    }
    let first = by.keys().next().map(|(place, _)| *place)?;
    let same = by.into_iter().filter(|((place, _), _)| *place == first);
    let heard = same.filter_map(|(_, scopes)| scopes.into_values().max_by_key(|c| c.count));
    heard.reduce(|mut all, one| {
        all.add(one.count, one.sum_ns);
        all
    })
}

impl MeasuredCalls {
    fn none(name: &str) -> Self {
        Self {
            name: name.into(),
            count: 0,
            sum_ns: Some((0, 0)),
        }
    }

    fn add(&mut self, count: u64, sum_ns: Option<(u64, u64)>) {
        let plus = u64::saturating_add;
        let both = self.sum_ns.zip(sum_ns);
        self.count = plus(self.count, count);
        self.sum_ns = both.map(|((a, b), (from, to))| (plus(a, from), plus(b, to)));
    }
}

/// Between which values the sum of a histogram lies whose sender does not tell it.
#[expect(clippy::cast_precision_loss, reason = "counts below 2^53 are exact")]
fn between(d: &Distribution) -> Option<(f64, f64)> {
    let spread = d.spread();
    let counted = spread.iter().try_fold(0_u64, |sum, b| sum.checked_add(b.2));
    let whole = counted == Some(d.count);
    let sums = spread.iter().fold((0.0, 0.0), |(a, b), (from, to, n)| {
        (a + from * *n as f64, b + to * *n as f64)
    });
    (whole && sums.0.is_finite() && sums.1.is_finite()).then_some(sums)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, and durations are not negative"
)]
fn ns(n: f64) -> u64 {
    n as u64
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a power of ten or sixty of them"
)]
fn scale(shown: &Shown) -> f64 {
    if shown.unit_ns == 0 {
        return 1.0;
    }
    shown.unit_ns as f64
}
