//! Buckets of histograms, explicit and exponential, and quantiles as intervals: what the buckets
//! prove, never a guess within them.

use std::collections::BTreeMap;

/// Buckets kept of one histogram; more are folded together (exponential) or given up (explicit).
const MOST: usize = 512;
/// Scales that OTLP's exponential histograms may have; beyond them arithmetic has no meaning.
const SCALES: std::ops::RangeInclusive<i32> = -10..=20;

/// An exponential histogram's buckets: bucket `i` holds values in (base^i, base^(i+1)] with base
/// 2^(2^-scale) (OTLP metrics data model, `ExponentialHistogram`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exponential {
    /// Resolution.
    pub scale: i32,
    /// Values nearer to zero than `zero_threshold`.
    pub zeros: u64,
    /// How near to zero counts as zero.
    pub zero_threshold: f64,
    /// Counts of positive values by bucket.
    pub positive: BTreeMap<i32, u64>,
    /// Counts of negative values by bucket of their absolute value.
    pub negative: BTreeMap<i32, u64>,
}

impl Exponential {
    /// From OTLP's form: an offset and counts that follow it.
    pub fn new(
        scale: i32,
        zeros: (u64, f64),
        positive: (i32, &[u64]),
        negative: (i32, &[u64]),
    ) -> Self {
        let map = |(offset, counts): (i32, &[u64])| {
            let indices = counts.iter().zip(0i32..);
            let filled = indices.filter(|(n, _)| **n > 0);
            filled
                .map(|(n, i)| (offset.saturating_add(i), *n))
                .collect()
        };
        let mut made = Self {
            scale,
            zeros: zeros.0,
            zero_threshold: zeros.1,
            positive: map(positive),
            negative: map(negative),
        };
        made.shrink();
        made
    }

    /// Buckets twice as wide, as often as told: each pair becomes one.
    fn widen(&mut self, times: u32) {
        let times = times.min(31);
        for side in [&mut self.positive, &mut self.negative] {
            let mut wide = BTreeMap::new();
            for (index, n) in std::mem::take(side) {
                *wide.entry(index >> times).or_insert(0) += n;
            }
            *side = wide;
        }
        self.scale = self.scale.saturating_sub_unsigned(times);
    }

    fn shrink(&mut self) {
        while self.positive.len() + self.negative.len() > MOST {
            self.widen(1);
        }
    }

    fn add(&mut self, other: &Self) {
        let mut other = other.clone();
        let scale = self.scale.min(other.scale);
        for side in [&mut *self, &mut other] {
            side.widen(side.scale.abs_diff(scale));
        }
        self.zeros = self.zeros.saturating_add(other.zeros);
        self.zero_threshold = self.zero_threshold.max(other.zero_threshold);
        for (mine, theirs) in [
            (&mut self.positive, other.positive),
            (&mut self.negative, other.negative),
        ] {
            for (index, n) in theirs {
                let count = mine.entry(index).or_insert(0);
                *count = count.saturating_add(n);
            }
        }
        self.shrink();
    }

    fn spread(&self) -> Vec<Bucket> {
        if !SCALES.contains(&self.scale) {
            return Vec::new();
        }
        let edge = |index: i32| (f64::from(index) * (-f64::from(self.scale)).exp2()).exp2();
        let zero = self.zero_threshold.max(0.0);
        let mut all = vec![(-zero, zero, self.zeros)];
        for (&i, &n) in &self.positive {
            all.push((edge(i), edge(i.saturating_add(1)), n));
        }
        for (&i, &n) in &self.negative {
            all.push((-edge(i.saturating_add(1)), -edge(i), n));
        }
        all
    }
}

/// The buckets of a distribution.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Buckets {
    /// The sender keeps none, or histograms that do not fit together were added.
    #[default]
    None,
    /// One more count than bounds: bucket `i` holds values in (bounds\[i-1\], bounds\[i\]].
    Explicit {
        /// Ascending.
        bounds: Box<[f64]>,
        /// Values in each.
        counts: Box<[u64]>,
    },
    /// Exponential.
    Exponential(Exponential),
    /// A summary's (quantile, value) pairs.
    Told(Box<[(f64, f64)]>),
}

/// Lower edge, upper edge, values between.
pub type Bucket = (f64, f64, u64);

impl Buckets {
    /// Explicit buckets; none where they are too many or not as OTLP has them.
    pub fn explicit(bounds: &[f64], counts: &[u64]) -> Self {
        let ascending = bounds
            .windows(2)
            .all(|w| matches!(w, [a, b] if a < b && a.is_finite() && b.is_finite()));
        if counts.len() != bounds.len() + 1 || counts.len() > MOST || !ascending {
            return Self::None;
        }
        Self::Explicit {
            bounds: bounds.into(),
            counts: counts.into(),
        }
    }

    /// Adds the buckets of another point of the same series.
    pub fn add(&mut self, other: &Self) {
        match (&mut *self, other) {
            (
                Self::Explicit { bounds, counts },
                Self::Explicit {
                    bounds: same,
                    counts: more,
                },
            ) if bounds == same => {
                for (mine, theirs) in counts.iter_mut().zip(more.iter()) {
                    *mine = mine.saturating_add(*theirs);
                }
            }
            (Self::Exponential(mine), Self::Exponential(theirs)) => mine.add(theirs),
            _ => *self = Self::None,
        }
    }

    /// As intervals. `least` and `most` close the outermost ones where they are open.
    pub fn spread(&self, least: f64, most: f64) -> Vec<Bucket> {
        let all = match self {
            Self::None | Self::Told(_) => Vec::new(),
            Self::Explicit { bounds, counts } => {
                let lower = std::iter::once(f64::NEG_INFINITY).chain(bounds.iter().copied());
                let upper = bounds.iter().copied().chain([f64::INFINITY]);
                let edges = lower.zip(upper).zip(counts.iter());
                edges.map(|((lo, hi), &n)| (lo, hi, n)).collect()
            }
            Self::Exponential(e) => e.spread(),
        };
        let close = |(lo, hi, n): Bucket| (lo.clamp(least, most), hi.clamp(least, most), n);
        all.into_iter().filter(|b| b.2 > 0).map(close).collect()
    }

    /// Memory on the heap, roughly, bytes.
    pub fn heap(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Explicit { counts, .. } => counts.len() * 16,
            Self::Exponential(e) => (e.positive.len() + e.negative.len()) * 24,
            Self::Told(pairs) => pairs.len() * 16,
        }
    }
}

/// The `q`-quantile's rank among n values, counted from 1, and n.
pub fn place(n: u64, q: f64) -> (u64, u64) {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts below 2^53; the product is between 0 and n"
    )]
    let rank = (q * n as f64).ceil() as u64;
    (rank.clamp(1, n.max(1)), n)
}

/// Between which values the `q`-quantile lies: the value of rank ⌈q·n⌉ of n, from the smallest.
/// Buckets of different histograms may overlap: below the interval too few values can lie, above
/// it enough must. Edges may be infinite.
pub fn quantile(buckets: &[Bucket], q: f64) -> Option<(f64, f64)> {
    let n: u64 = buckets.iter().map(|b| b.2).sum();
    if n == 0 {
        return None;
    }
    let (rank, _) = place(n, q);
    let at = |edge: fn(&Bucket) -> f64| {
        let mut edges: Vec<(f64, u64)> = buckets.iter().map(|b| (edge(b), b.2)).collect();
        edges.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut below = 0;
        edges.into_iter().find_map(|(edge, n)| {
            below += n;
            (below >= rank).then_some(edge)
        })
    };
    Some((at(|b| b.0)?, at(|b| b.1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explicit(bounds: &[f64], counts: &[u64]) -> Vec<Bucket> {
        Buckets::explicit(bounds, counts).spread(f64::NEG_INFINITY, f64::INFINITY)
    }

    #[test]
    fn a_quantile_lies_in_the_bucket_of_its_rank() {
        // Ten values: 2 in (−∞,1], 3 in (1,2], 4 in (2,5], 1 above.
        let all = explicit(&[1.0, 2.0, 5.0], &[2, 3, 4, 1]);
        assert_eq!(quantile(&all, 0.5), Some((1.0, 2.0)), "rank 5 of 10");
        assert_eq!(quantile(&all, 0.51), Some((2.0, 5.0)), "rank 6 of 10");
        assert_eq!(quantile(&all, 0.9), Some((2.0, 5.0)), "rank 9 of 10");
        assert_eq!(quantile(&all, 0.99), Some((5.0, f64::INFINITY)), "rank 10");
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn what_is_known_of_least_and_most_closes_the_ends() {
        let buckets = Buckets::explicit(&[1.0, 2.0], &[1, 1, 1]);
        let closed = buckets.spread(0.25, 7.0);
        assert_eq!(closed, [(0.25, 1.0, 1), (1.0, 2.0, 1), (2.0, 7.0, 1)]);
    }

    #[test]
    fn overlapping_histograms_prove_less() {
        // Two values in (0,10], two in (4,6]: the second smallest is above 0 and at most 6;
        // the third is above 4, for at most two others can lie below.
        let all = [(0.0, 10.0, 2), (4.0, 6.0, 2)];
        assert_eq!(quantile(&all, 0.5), Some((0.0, 6.0)));
        assert_eq!(quantile(&all, 0.75), Some((4.0, 10.0)));
    }

    #[test]
    fn exponential_buckets_lie_at_powers_of_their_base() {
        // Scale 0: base 2. Offset 1: (2,4] holds 3, (4,8] holds 1. Two zeros.
        let e = Exponential::new(0, (2, 0.0), (1, &[3, 1]), (0, &[]));
        let all = Buckets::Exponential(e).spread(f64::NEG_INFINITY, f64::INFINITY);
        assert_eq!(all, [(0.0, 0.0, 2), (2.0, 4.0, 3), (4.0, 8.0, 1)]);
        assert_eq!(quantile(&all, 0.5), Some((2.0, 4.0)));
        // Scale 1: base √2, so bucket 2 is (2, 2√2]: a relative width of 41 %.
        let fine = Exponential::new(1, (0, 0.0), (2, &[1]), (0, &[]));
        let all = Buckets::Exponential(fine).spread(f64::NEG_INFINITY, f64::INFINITY);
        assert!((all[0].0 - 2.0).abs() < 1e-12 && (all[0].1 - 8f64.sqrt()).abs() < 1e-12);
        // Negative values stand mirrored: bucket 0 of scale 0 is [−2, −1).
        let below = Exponential::new(0, (0, 0.0), (0, &[]), (0, &[4]));
        let all = Buckets::Exponential(below).spread(f64::NEG_INFINITY, f64::INFINITY);
        assert_eq!(all[1..].first().or(all.first()), Some(&(-2.0, -1.0, 4)));
    }

    #[test]
    fn different_scales_meet_at_the_coarser() {
        // Scale 1, buckets 2 and 3 are (2,2√2] and (2√2,4]: together bucket 1 of scale 0, (2,4].
        let mut fine = Exponential::new(1, (0, 0.0), (2, &[5, 7]), (0, &[]));
        fine.add(&Exponential::new(0, (1, 0.5), (1, &[1]), (0, &[])));
        assert_eq!((fine.scale, fine.zeros), (0, 1));
        assert_eq!(fine.positive, BTreeMap::from([(1, 13)]));
        // Below one, indices are negative and pair downwards: −1 and −2 are one bucket, −1.
        let mut small = Exponential::new(1, (0, 0.0), (-2, &[1, 1]), (0, &[]));
        small.widen(1);
        assert_eq!(small.positive, BTreeMap::from([(-1, 2)]));
    }

    #[test]
    fn memory_is_bounded_whatever_is_sent() {
        let many = vec![1; 5000];
        let e = Exponential::new(20, (0, 0.0), (-2500, &many), (0, &many));
        assert!(e.positive.len() + e.negative.len() <= MOST);
        let kept: u64 = e.positive.values().chain(e.negative.values()).sum();
        assert_eq!(kept, 10_000, "folded, not lost");
        assert_eq!(Buckets::explicit(&[2.0, 1.0], &[1, 1, 1]), Buckets::None);
        assert_eq!(Buckets::explicit(&[1.0], &[1]), Buckets::None);
        assert_eq!(
            Buckets::explicit(&[f64::NAN, 1.0], &[1, 1, 1]),
            Buckets::None
        );
        let odd = Exponential::new(i32::MAX, (0, 0.0), (i32::MAX, &[1, 1]), (i32::MIN, &[1]));
        let mut far = odd.clone();
        far.add(&Exponential::new(
            i32::MIN,
            (0, f64::NAN),
            (0, &[1]),
            (0, &[]),
        ));
        assert!(Buckets::Exponential(far).spread(0.0, 1.0).is_empty());
    }
}
