//! A distribution: count, sum, least and most, buckets.

use super::buckets::{Bucket, Buckets};

/// What a histogram or summary point says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Distribution {
    /// Number of values.
    pub count: u64,
    /// Their sum, where told.
    pub sum: Option<f64>,
    /// The smallest, where told.
    pub min: Option<f64>,
    /// The largest, where told.
    pub max: Option<f64>,
    /// How they are spread.
    pub buckets: Buckets,
}

impl Distribution {
    /// Adds other values; what one of them does not tell is not known of all.
    pub fn add(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = other.clone();
            return;
        }
        let both = |a: Option<f64>, b: Option<f64>, f: fn(f64, f64) -> f64| Some(f(a?, b?));
        self.count = self.count.saturating_add(other.count);
        self.sum = both(self.sum, other.sum, |a, b| a + b);
        self.min = both(self.min, other.min, f64::min);
        self.max = both(self.max, other.max, f64::max);
        self.buckets.add(&other.buckets);
    }

    /// Between which values its values lie, as intervals. One value is its own sum. A histogram
    /// with a sum has no negative values (OTLP, `HistogramDataPoint.sum`).
    pub fn spread(&self) -> Vec<Bucket> {
        if let (1, Some(sum)) = (self.count, self.sum) {
            return vec![(sum, sum, 1)];
        }
        let zero = self.sum.filter(|s| *s >= 0.0).map(|_| 0.0);
        let signed = matches!(&self.buckets, Buckets::Exponential(e) if !e.negative.is_empty());
        let least = self.min.or(zero.filter(|_| !signed));
        let (least, most) = (
            least.filter(|v| !v.is_nan()).unwrap_or(f64::NEG_INFINITY),
            self.max.filter(|v| !v.is_nan()).unwrap_or(f64::INFINITY),
        );
        if least > most {
            return self.buckets.spread(f64::NEG_INFINITY, f64::INFINITY);
        }
        self.buckets.spread(least, most)
    }
}
