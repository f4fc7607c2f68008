//! What is shown of metrics: series of one name, unit, attributes and session as one row.

use super::buckets::{self, Bucket, Buckets};
use super::point::{Identity, Kind, Value};
use super::series::Series;
use std::collections::BTreeMap;

/// A quantile: the best single value, and between which values it lies for sure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantile {
    /// Smallest that it can be.
    pub from: f64,
    /// Largest that it can be.
    pub to: f64,
}

impl Quantile {
    /// The middle of the interval: no value is farther from it than [`Quantile::error`].
    pub fn middle(self) -> f64 {
        f64::midpoint(self.from, self.to)
    }
    /// How far the truth can be from the middle.
    pub fn error(self) -> f64 {
        (self.to - self.from) / 2.0
    }
}

/// One row of metrics.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricSummary {
    /// Name as sent.
    pub name: Box<str>,
    /// Unit as sent.
    pub unit: Box<str>,
    /// Attributes, sorted by key.
    pub attributes: Box<[(Box<str>, Box<str>)]>,
    /// `service.name` of the sender.
    pub service: Box<str>,
    /// What it is.
    pub kind: Kind,
    /// Values in a histogram or summary; a sum or gauge does not tell how many it is made of.
    pub count: Option<u64>,
    /// Sum of the values; nothing of a gauge.
    pub sum: Option<f64>,
    /// A gauge's last value.
    pub last: Option<f64>,
    /// The smallest value, where told.
    pub min: Option<f64>,
    /// The largest value, where told.
    pub max: Option<f64>,
    /// The quantiles 0.5, 0.9 and 0.99, where the buckets prove both ends.
    pub quantiles: [Option<Quantile>; 3],
}

/// The quantiles that are shown.
pub const QUANTILES: [f64; 3] = [0.5, 0.9, 0.99];

/// One row a name, unit, attributes, service and kind.
pub fn summaries<'a>(all: impl Iterator<Item = (&'a Identity, &'a Series)>) -> Vec<MetricSummary> {
    type Key<'a> = (&'a str, &'a [(Box<str>, Box<str>)], &'a str, &'a str, Kind);
    let mut rows: BTreeMap<Key<'a>, Vec<(u64, Value)>> = BTreeMap::new();
    for (i, series) in all {
        let key = (&*i.name, &*i.attributes, &*i.unit, &*i.service, i.kind);
        let values = rows.entry(key).or_default();
        values.extend(series.total().map(|v| (series.last_time, v)));
    }
    let row = |((name, attributes, unit, service, kind), values): (Key<'_>, Vec<(u64, Value)>)| {
        let mut row = MetricSummary {
            attributes: attributes.into(),
            ..MetricSummary::empty(name, unit, service, kind)
        };
        row.fill(values);
        row
    };
    rows.into_iter().map(row).collect()
}

impl MetricSummary {
    fn empty(name: &str, unit: &str, service: &str, kind: Kind) -> Self {
        Self {
            name: name.into(),
            unit: unit.into(),
            attributes: Box::default(),
            service: service.into(),
            kind,
            count: None,
            sum: None,
            last: None,
            min: None,
            max: None,
            quantiles: [None; 3],
        }
    }

    /// One row of series of one metric, whatever their attributes; those that are not of the kind
    /// of the first are left out. `None` of no series.
    pub fn of(all: &[(&Identity, &Series)]) -> Option<Self> {
        let (i, _) = all.first()?;
        let mut row = Self::empty(&i.name, &i.unit, &i.service, i.kind);
        let same = all.iter().filter(|(other, _)| other.kind == i.kind);
        let values = same.filter_map(|(_, s)| Some((s.last_time, s.total()?)));
        row.fill(values.collect());
        Some(row)
    }

    fn fill(&mut self, mut values: Vec<(u64, Value)>) {
        // Sums of floats depend on order: a fixed one, whatever came first.
        let size = |v: &Value| match v {
            Value::Number(n) => *n,
            Value::Distribution(d) => d.sum.unwrap_or(0.0),
        };
        values.sort_by(|(t, a), (u, b)| t.cmp(u).then(size(a).total_cmp(&size(b))));
        let mut spread: Vec<Bucket> = Vec::new();
        let mut all: Option<super::Distribution> = None;
        let several = values.len() > 1;
        for (_, value) in values {
            match value {
                Value::Number(n) if self.kind == Kind::Gauge => self.last = Some(n),
                Value::Number(n) => self.sum = Some(self.sum.unwrap_or(0.0) + n),
                Value::Distribution(d) => {
                    if let (Buckets::Told(pairs), false) = (&d.buckets, several) {
                        self.quantiles = QUANTILES.map(|q| told(pairs, q));
                    }
                    spread.extend(d.spread());
                    match &mut all {
                        Some(all) => all.add(&d),
                        None => all = Some(d),
                    }
                }
            }
        }
        let Some(all) = all else { return };
        (self.count, self.sum) = (Some(all.count), all.sum);
        (self.min, self.max) = (all.min, all.max);
        // Values that no bucket holds make every rank uncertain.
        if all.count > 0 && spread.iter().map(|b| b.2).sum::<u64>() == all.count {
            let (least, most) = (all.min, all.max);
            self.quantiles = QUANTILES.map(|q| {
                let (from, to) = match buckets::place(all.count, q) {
                    (1, _) if least.is_some() => (least?, least?),
                    (rank, n) if rank == n && most.is_some() => (most?, most?),
                    _ => buckets::quantile(&spread, q)?,
                };
                (from.is_finite() && to.is_finite()).then_some(Quantile { from, to })
            });
        }
    }

    /// How far the truth can be from the middle of the worst known of its quantiles, in the
    /// metric's own unit.
    pub fn error(&self) -> Option<f64> {
        let known = self.quantiles.iter().flatten();
        known.map(|q| q.error()).reduce(f64::max)
    }
}

/// A quantile as the sender worked it out.
fn told(pairs: &[(f64, f64)], q: f64) -> Option<Quantile> {
    let same = pairs.iter().find(|(of, _)| (of - q).abs() < 1e-9)?;
    let (from, to) = (same.1, same.1);
    from.is_finite().then_some(Quantile { from, to })
}
