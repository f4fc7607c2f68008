//! Metric points to sums and distributions: temporality, resets, copies, buckets and quantiles.
//! Pure arithmetic: knows no attribute names, no sessions and no clock.

mod buckets;
mod distribution;
mod point;
mod series;
mod store;
mod summary;

pub use buckets::{Buckets, Exponential};
pub use distribution::Distribution;
pub use point::{
    Identity, Kind, Meaning, Measure, Owner, Point, Quantity, Shown, Temporality, Value,
};
pub use series::Series;
pub use store::{Dropped, Metrics};
pub use summary::{MetricSummary, Quantile};
