//! What metrics say: one row a series, and beside a session its totals by metrics.

use super::schema::{UsageRow, cost_basis, cost_text};
use crate::metrics::{Kind, MetricSummary, Quantile};
use crate::model::figures::Figures;
use crate::model::measured::Measured;
use crate::model::node::Tree;
use crate::model::store::Store;
use crate::model::usage::Usage;
use serde::Serialize;
use std::collections::BTreeMap;

/// One metric: series of equal name, unit, attributes, service and kind, taken together.
#[derive(Debug, Serialize)]
pub struct MetricRow {
    pub name: String,
    pub unit: String,
    pub attributes: BTreeMap<String, String>,
    pub service: String,
    /// `gauge`, `sum`, `histogram` or `summary`.
    pub kind: &'static str,
    /// Values of a histogram or summary; a sum does not tell how many it is made of.
    pub count: Option<u64>,
    pub sum: Option<f64>,
    /// A gauge's last value.
    pub last: Option<f64>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    /// Quantiles: the middle of what the buckets prove.
    pub p50: Option<f64>,
    pub p90: Option<f64>,
    pub p99: Option<f64>,
    /// In the metric's unit: no true quantile is farther from the value given.
    pub quantile_error: Option<f64>,
    /// Between which values each lies.
    pub p50_range: Option<[f64; 2]>,
    pub p90_range: Option<[f64; 2]>,
    pub p99_range: Option<[f64; 2]>,
}

/// What metrics say of a session.
#[derive(Debug, Serialize)]
pub struct MeasuredRow {
    /// `metric`.
    pub signal: &'static str,
    /// The metrics that were heard.
    pub names: Vec<String>,
    pub usage: UsageRow,
    pub cost_usd: Option<String>,
    pub cost_basis: &'static str,
    /// What the session's figures have from here, because nobody else told it.
    pub fills: Vec<&'static str>,
}

/// All rows, by name and attributes.
pub fn rows(store: &Store) -> Vec<MetricRow> {
    store.metric_summaries().iter().map(row).collect()
}

fn row(m: &MetricSummary) -> MetricRow {
    let [p50, p90, p99] = m.quantiles;
    let range = |q: Option<Quantile>| q.map(|q| [q.from, q.to]);
    MetricRow {
        name: m.name.to_string(),
        unit: m.unit.to_string(),
        attributes: m
            .attributes
            .iter()
            .map(|(k, v)| (k.to_string(), v.to_string()))
            .collect(),
        service: m.service.to_string(),
        kind: match m.kind {
            Kind::Gauge => "gauge",
            Kind::Counter(_) | Kind::Level(_) => "sum",
            Kind::Histogram(_) => "histogram",
            Kind::Summary => "summary",
        },
        count: m.count,
        sum: m.sum,
        last: m.last,
        min: m.min,
        max: m.max,
        p50: p50.map(Quantile::middle),
        p90: p90.map(Quantile::middle),
        p99: p99.map(Quantile::middle),
        quantile_error: m.error(),
        p50_range: range(p50),
        p90_range: range(p90),
        p99_range: range(p99),
    }
}

/// What metrics say of a session, and what of that nobody else told.
pub fn measured(m: &Measured, tree: &Tree) -> MeasuredRow {
    let own = m.figures();
    let mut told = Figures::default();
    for node in tree.nodes.iter().filter(|n| n.parent.is_none()) {
        told.add(&node.rolled);
    }
    let filled = |name, own: Option<u64>, told: Option<u64>| {
        (own.is_some() && told.is_none()).then_some(name)
    };
    let by = |of: fn(&Usage) -> Option<u64>| (of(&own.usage), of(&told.usage));
    let fills = [
        ("input", by(|u| u.input)),
        ("cache_read", by(|u| u.cache_read)),
        ("cache_write", by(|u| u.cache_write)),
        ("output", by(|u| u.output)),
        ("reasoning", by(|u| u.reasoning)),
        ("cost_usd", (own.cost.map(|c| c.0), told.cost.map(|c| c.0))),
    ];
    let fills = fills.into_iter();
    MeasuredRow {
        signal: "metric",
        names: m.names.iter().map(ToString::to_string).collect(),
        usage: UsageRow::from(&own.usage),
        cost_usd: cost_text(own.cost),
        cost_basis: cost_basis(own.cost_basis),
        fills: fills
            .filter_map(|(name, (own, told))| filled(name, own, told))
            .collect(),
    }
}
