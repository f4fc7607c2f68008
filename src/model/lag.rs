//! How late evidence comes: from the end of a span, or the time of a record, to its arrival.

/// Buckets for each doubling of the time.
const STEPS: u32 = 4;
const BUCKETS: usize = 64 * STEPS as usize;

/// A histogram of arrival minus end, in buckets a quarter of a doubling wide.
#[derive(Clone, Debug)]
pub struct Lag {
    buckets: Box<[u32; BUCKETS]>,
    count: u64,
    max: u64,
    ahead: u64,
}

impl Default for Lag {
    fn default() -> Self {
        Self {
            buckets: Box::new([0; BUCKETS]),
            count: 0,
            max: 0,
            ahead: 0,
        }
    }
}

impl Lag {
    /// Notes a piece that ended and arrived then, ns since the epoch. Both alike is no measure:
    /// the end stands in for an arrival that nobody noted.
    pub fn note(&mut self, end: u64, arrival: u64) {
        if end == 0 || end == arrival {
            return;
        }
        let Some(lag) = arrival.checked_sub(end) else {
            self.ahead += 1;
            return;
        };
        if let Some(bucket) = self.buckets.get_mut(bucket(lag)) {
            *bucket = bucket.saturating_add(1);
        }
        self.count += 1;
        self.max = self.max.max(lag);
    }

    /// Pieces measured.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Pieces that ended after they had arrived: the sender's clock is ahead of ours.
    pub fn ahead(&self) -> u64 {
        self.ahead
    }

    /// The longest, ns.
    pub fn max(&self) -> u64 {
        self.max
    }

    /// The lag that `percent` of the pieces stay below, ns, at most a fifth too high.
    pub fn quantile(&self, percent: u64) -> Option<u64> {
        let rank = (self.count * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let at = self.buckets.iter().position(|n| {
            seen += u64::from(*n);
            seen >= rank
        })?;
        (self.count > 0).then(|| upper(at).min(self.max))
    }
}

/// The bucket of a time: its power of two, and the two bits below it.
fn bucket(ns: u64) -> usize {
    let at = if ns < u64::from(STEPS) {
        ns
    } else {
        let power = ns.ilog2();
        let step = (ns >> (power - STEPS.ilog2())) & u64::from(STEPS - 1);
        u64::from(power * STEPS) + step
    };
    usize::try_from(at).unwrap_or(BUCKETS - 1)
}

/// The end of a bucket.
fn upper(bucket: usize) -> u64 {
    let (power, step) = (
        bucket as u64 / u64::from(STEPS),
        bucket as u64 % u64::from(STEPS),
    );
    if power < u64::from(STEPS.ilog2()) {
        return bucket as u64;
    }
    let unit = 1u64 << (power - u64::from(STEPS.ilog2()));
    (u64::from(STEPS) + step + 1).saturating_mul(unit) - 1
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "test")]
    use super::*;

    #[test]
    fn quantiles_are_at_most_a_quarter_high() {
        let mut lag = Lag::default();
        for ms in 1..=100u64 {
            lag.note(1_000, 1_000 + ms * 1_000_000);
        }
        for (percent, exact) in [(50, 50_000_000u64), (90, 90_000_000), (99, 99_000_000)] {
            let told = lag.quantile(percent).unwrap();
            assert!(told >= exact && told <= exact * 5 / 4, "p{percent} {told}");
        }
        assert_eq!((lag.count(), lag.max()), (100, 100_000_000));
    }

    #[test]
    fn what_cannot_be_measured_is_not() {
        let mut lag = Lag::default();
        lag.note(0, 5);
        lag.note(7, 7);
        assert_eq!((lag.count(), lag.quantile(50)), (0, None));
        lag.note(9, 4);
        assert_eq!((lag.count(), lag.ahead()), (0, 1));
        lag.note(1, u64::MAX);
        assert_eq!(lag.quantile(50), Some(u64::MAX - 1));
    }

    #[test]
    fn buckets_rise_with_the_time_and_hold_it() {
        let mut before = 0;
        for shift in 0..63 {
            for ns in [1u64 << shift, (1 << shift) + (1 << shift >> 1)] {
                let at = bucket(ns);
                assert!(at >= before && upper(at) >= ns, "{ns}");
                before = at;
            }
        }
    }
}
