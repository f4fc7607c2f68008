//! One metric point on its way to the store, and what tells its series from all others.

use super::distribution::Distribution;
use std::sync::Arc;

/// Whether a point tells what came since the last export or since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Temporality {
    /// What came between the point's start and its time.
    Delta,
    /// All that came since the point's start.
    Cumulative,
}

/// What a series is (OTLP metrics data model, "Point kinds").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A value at a time.
    Gauge,
    /// A sum that only grows.
    Counter(Temporality),
    /// A sum that may fall.
    Level(Temporality),
    /// A histogram of either kind.
    Histogram(Temporality),
    /// Quantiles that the sender worked out.
    Summary,
}

/// What a series counts of model calls, where the tables say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Quantity {
    /// Input tokens, those of the cache included.
    Input,
    /// Input tokens without those read from and written to the cache.
    FreshInput,
    /// Input tokens read from the cache.
    CacheRead,
    /// Input tokens written to the cache.
    CacheWrite,
    /// Output tokens, reasoning included.
    Output,
    /// Output tokens without reasoning.
    PlainOutput,
    /// Output tokens spent on reasoning.
    Reasoning,
    /// US dollars.
    Cost,
}

/// What a series says of model calls.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Meaning {
    /// What it counts.
    pub quantity: Quantity,
    /// The family of metrics that it belongs to: of two that tell of the same calls, the smaller
    /// number is heard, and they are never added.
    pub family: u16,
    /// The model, where told.
    pub model: Option<Box<str>>,
    /// The provider, where told.
    pub provider: Option<Box<str>>,
}

/// What a series measures of model calls, where that can be held against what was seen of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Measure {
    /// A whole call, by its client.
    Call,
    /// Its time to the first token or chunk, by its client.
    FirstToken,
    /// Something else.
    Other,
}

/// How a series is shown, where the tables have a place for it. In the order of being shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Shown {
    /// Its metric's place among all.
    pub place: u16,
    /// Provider of the calls, where told.
    pub provider: Option<Box<str>>,
    /// Model of the calls, where told.
    pub model: Option<Box<str>>,
    /// What else it is about: a tool, an agent, a kind of token.
    pub about: Box<str>,
    /// It is of what failed.
    pub failed: bool,
    /// What it measures.
    pub measure: Measure,
    /// Nanoseconds in its unit; 0 where it does not count time.
    pub unit_ns: u64,
}

/// Whose totals a series is part of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    /// A session, by the attribute that names it and that attribute's value.
    Session(Box<str>, Box<str>),
    /// The sender, by a key that stands for it.
    Sender(u64),
}

/// What tells a series from all others: two points with equal identities are of one series.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity {
    /// Metric name as sent.
    pub name: Box<str>,
    /// Unit as sent.
    pub unit: Box<str>,
    /// Attributes, sorted by key.
    pub attributes: Box<[(Box<str>, Box<str>)]>,
    /// What it is.
    pub kind: Kind,
    /// Stands for the process: the stable part of the resource.
    pub process: u64,
    /// Instrumentation scope's name.
    pub scope: Box<str>,
    /// `service.name`.
    pub service: Box<str>,
    /// Whose it is.
    pub owner: Owner,
    /// What it says of model calls.
    pub meaning: Option<Meaning>,
    /// How it is shown.
    pub shown: Option<Box<Shown>>,
}

/// What a point holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number.
    Number(f64),
    /// A distribution.
    Distribution(Distribution),
}

impl Value {
    /// Adds what another point of the same series says.
    pub fn add(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::Number(a), Self::Number(b)) => *a += b,
            (Self::Distribution(a), Self::Distribution(b)) => a.add(b),
            _ => {}
        }
    }

    /// Less than `before` although it only grows: what counts it began anew.
    pub fn fell_from(&self, before: &Self) -> bool {
        match (self, before) {
            (Self::Number(now), Self::Number(before)) => now < before,
            (Self::Distribution(now), Self::Distribution(before)) => now.count < before.count,
            _ => false,
        }
    }

    /// Memory on the heap, roughly, bytes.
    pub fn heap(&self) -> usize {
        match self {
            Self::Number(_) => 0,
            Self::Distribution(d) => d.buckets.heap(),
        }
    }
}

/// One metric point.
#[derive(Clone, Debug)]
pub struct Point {
    /// Its series.
    pub identity: Arc<Identity>,
    /// Since when it counts, ns since the epoch; 0 where the sender does not say.
    pub start: u64,
    /// When it was taken, ns since the epoch.
    pub time: u64,
    /// What it holds.
    pub value: Value,
}
