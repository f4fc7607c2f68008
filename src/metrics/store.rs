//! All series, bounded: what no room is left for is counted.

use super::point::{Identity, Owner, Point};
use super::series::{Series, Taken};
use super::summary::{self, MetricSummary};
use indexmap::IndexMap;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Series kept; a thousand agents have some ten each.
const MOST_SERIES: usize = 10_000;

/// In how many steps series are given up until enough went.
const STEPS: usize = 16;

/// What was not kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Points of series that there was no room for, or that came too late to be told from copies.
    pub points: u64,
    /// Copies of points, and points that a later one had overtaken.
    pub copies: u64,
    /// Series that were given up to hold the memory limit.
    pub series: u64,
}

/// All series.
#[derive(Default)]
pub struct Metrics {
    series: IndexMap<Arc<Identity>, Series>,
    touched: BTreeSet<Owner>,
    weight: usize,
    /// What was not kept.
    pub dropped: Dropped,
}

impl Metrics {
    /// Takes a point in.
    pub fn take(&mut self, point: &Point) {
        if self.series.len() >= MOST_SERIES && !self.series.contains_key(&point.identity) {
            self.dropped.points += 1;
            return;
        }
        let identity = &point.identity;
        let series = self.series.entry(identity.clone()).or_insert_with(|| {
            self.weight += weight_of(identity);
            Series::new(identity.kind)
        });
        let before = series.heap();
        let taken = series.take(point);
        self.weight = self.weight.saturating_sub(before) + series.heap();
        match taken {
            Taken::Added if identity.meaning.is_some() || identity.shown.is_some() => {
                self.touched.insert(identity.owner.clone());
            }
            Taken::Added => {}
            Taken::Known => self.dropped.copies += 1,
            Taken::Late => self.dropped.points += 1,
        }
    }

    /// Whose totals changed since the last time it was asked.
    pub fn take_touched(&mut self) -> BTreeSet<Owner> {
        std::mem::take(&mut self.touched)
    }

    /// Has an owner asked for again.
    pub fn touch(&mut self, owner: Owner) {
        self.touched.insert(owner);
    }

    /// The time of the last point, ns since the epoch.
    pub fn last_time(&self) -> u64 {
        let times = self.series.values().map(|s| s.last_time);
        times.max().unwrap_or_default()
    }

    /// Something came that was not asked for yet.
    pub fn is_touched(&self) -> bool {
        !self.touched.is_empty()
    }

    /// The series of an owner that say something of model calls.
    pub fn of<'a>(&'a self, owner: &'a Owner) -> impl Iterator<Item = (&'a Identity, &'a Series)> {
        let all = self.series.iter().map(|(i, s)| (&**i, s));
        all.filter(move |(i, _)| i.meaning.is_some() && i.owner == *owner)
    }

    /// All series.
    pub fn all(&self) -> impl Iterator<Item = (&Identity, &Series)> {
        self.series.iter().map(|(i, s)| (&**i, s))
    }

    /// One row a name, unit, attributes and session, in that order.
    pub fn summaries(&self) -> Vec<MetricSummary> {
        summary::summaries(self.all())
    }

    /// Memory taken, roughly, bytes.
    pub fn weight(&self) -> usize {
        self.weight
    }

    /// Gives up the series of an owner.
    pub fn forget(&mut self, owner: &Owner) {
        self.retain(|i, _| i.owner != *owner);
    }

    /// Gives up the series that were silent longest, until `most` bytes are held.
    pub fn shrink(&mut self, most: usize) {
        if self.weight <= most {
            return;
        }
        let mut times: Vec<u64> = self.series.values().map(|s| s.last_time).collect();
        times.sort_unstable();
        let count = times.len();
        for part in 1..=STEPS {
            let Some(&limit) = times.get((count * part / STEPS).saturating_sub(1)) else {
                return;
            };
            if self.weight > most {
                self.retain(|_, s| s.last_time > limit);
            }
        }
    }

    fn retain(&mut self, keep: impl Fn(&Identity, &Series) -> bool) {
        let before = self.series.len();
        self.series.retain(|i, s| keep(i, s));
        self.dropped.series += (before - self.series.len()) as u64;
        let all = self.series.iter();
        self.weight = all.map(|(i, s)| weight_of(i) + s.heap()).sum();
    }
}

fn weight_of(identity: &Identity) -> usize {
    let attributes = identity.attributes.iter();
    let texts: usize = attributes.map(|(k, v)| k.len() + v.len() + 32).sum();
    let texts = texts + identity.shown.as_deref().map_or(0, size_of_val);
    size_of::<Identity>() + size_of::<Series>() + identity.name.len() + texts + 64
}
