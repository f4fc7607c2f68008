//! How values are spread: exact quantiles, a histogram over equal ratios, a strip over time.

/// Values in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    sorted: Vec<u64>,
}

impl FromIterator<u64> for Spread {
    fn from_iter<I: IntoIterator<Item = u64>>(values: I) -> Self {
        let mut sorted: Vec<u64> = values.into_iter().collect();
        sorted.sort_unstable();
        Self { sorted }
    }
}

/// The rank of a quantile among `n` values, from 1: ⌈q·n⌉ (the nearest-rank rule, as for metrics).
pub fn rank(n: usize, permille: u16) -> usize {
    (n * usize::from(permille)).div_ceil(1000).max(1)
}

impl Spread {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.sorted.len()
    }

    /// The value of rank ⌈q·n⌉, from the smallest: always one that was there.
    pub fn quantile(&self, permille: u16) -> Option<u64> {
        let rank = rank(self.sorted.len(), permille);
        self.sorted.get(rank - 1).copied()
    }

    /// The median; of two values the smaller.
    pub fn median(&self) -> Option<u64> {
        self.quantile(500)
    }

    /// A quantile that says more than the largest value does: of too few values there is none (p90
    /// needs ten, p99 a hundred).
    pub fn tail(&self, permille: u16) -> Option<u64> {
        let n = self.sorted.len();
        (rank(n, permille) < n)
            .then(|| self.quantile(permille))
            .flatten()
    }

    /// The smallest.
    pub fn least(&self) -> Option<u64> {
        self.sorted.first().copied()
    }

    /// The largest.
    pub fn most(&self) -> Option<u64> {
        self.sorted.last().copied()
    }

    /// Sum.
    pub fn sum(&self) -> u64 {
        self.sorted.iter().fold(0, |sum, n| sum.saturating_add(*n))
    }

    /// How many values lie in each of `columns` steps of equal ratio from the smallest to the
    /// largest; one step where all are alike.
    pub fn histogram(&self, columns: usize) -> Vec<u64> {
        let (Some(least), Some(most)) = (self.least(), self.most()) else {
            return Vec::new();
        };
        if least == most || columns < 2 {
            return vec![self.sorted.len() as u64];
        }
        let mut counts = vec![0; columns];
        let log = |n: u64| number(n.max(1)).ln();
        let (from, width) = (log(least), log(most) - log(least));
        for &n in &self.sorted {
            let part = if width > 0.0 {
                (log(n) - from) / width
            } else {
                0.0
            };
            let at = floor(part * number(columns as u64)).min(columns - 1);
            if let Some(count) = counts.get_mut(at) {
                *count += 1;
            }
        }
        counts
    }
}

#[expect(clippy::cast_precision_loss, reason = "display")]
fn number(n: u64) -> f64 {
    n as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates; display"
)]
fn floor(n: f64) -> usize {
    n as usize
}

/// A quantile of what began in each stretch of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strip {
    /// How long a stretch is: 1, 2 or 5 of a power of ten, ns.
    pub step: u64,
    /// The quantile of each stretch in which something began.
    pub columns: Vec<Option<u64>>,
}

impl Strip {
    /// The strip of (time, value) pairs in at most so many columns.
    pub fn of(told: &[(u64, u64)], permille: u16, columns: usize) -> Self {
        let times = || told.iter().map(|(at, _)| *at);
        let (Some(from), Some(to)) = (times().min(), times().max()) else {
            return Self::default();
        };
        let columns = columns.max(1) as u64;
        let step = step((to - from) / columns + 1);
        // Columns begin at whole steps, so that they do not move while more comes.
        let first = from / step;
        let mut parts: Vec<Vec<u64>> = Vec::new();
        for &(at, value) in told {
            let column = usize::try_from(at / step - first).unwrap_or(usize::MAX);
            if column >= parts.len() {
                parts.resize(column + 1, Vec::new());
            }
            if let Some(part) = parts.get_mut(column) {
                part.push(value);
            }
        }
        let parts = parts.into_iter();
        Self {
            step,
            columns: parts
                .map(|part| part.into_iter().collect::<Spread>().quantile(permille))
                .collect(),
        }
    }
}

/// The next of 1, 2, 5, 10, 20, 50 … seconds, minutes, hours or ms that is not less.
fn step(least: u64) -> u64 {
    const MS: u64 = 1_000_000;
    const S: u64 = 1000 * MS;
    const STEPS: [u64; 22] = [
        MS,
        10 * MS,
        100 * MS,
        200 * MS,
        500 * MS,
        S,
        2 * S,
        5 * S,
        10 * S,
        20 * S,
        30 * S,
        60 * S,
        120 * S,
        300 * S,
        600 * S,
        1200 * S,
        1800 * S,
        3600 * S,
        7200 * S,
        14_400 * S,
        43_200 * S,
        86_400 * S,
    ];
    let found = STEPS.into_iter().find(|s| *s >= least);
    found.unwrap_or_else(|| least.div_ceil(86_400 * S).saturating_mul(86_400 * S))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(n: std::ops::RangeInclusive<u64>) -> Spread {
        n.rev().collect()
    }

    #[test]
    fn a_quantile_is_the_value_of_its_rank() {
        let ten = spread(1..=10);
        // Ranks ⌈5⌉, ⌈9⌉, ⌈9.9⌉ of ten.
        let told = [500, 900, 990].map(|q| ten.quantile(q));
        assert_eq!(told, [Some(5), Some(9), Some(10)]);
        // Ranks ⌈5.5⌉ and ⌈9.9⌉ of eleven.
        let told = [500, 900].map(|q| spread(1..=11).quantile(q));
        assert_eq!(told, [Some(6), Some(10)]);
        assert_eq!(spread(1..=100).quantile(990), Some(99));
        assert_eq!(spread(7..=7).median(), Some(7));
        assert_eq!(Spread::default().median(), None);
    }

    #[test]
    fn of_few_values_there_is_no_tail() {
        assert_eq!(spread(1..=9).tail(900), None, "it would be the largest");
        assert_eq!(spread(1..=10).tail(900), Some(9));
        assert_eq!(spread(1..=99).tail(990), None);
        assert_eq!(spread(1..=100).tail(990), Some(99));
    }

    #[test]
    fn a_histogram_has_steps_of_equal_ratio() {
        // From 1 to 16 in four: [1,2), [2,4), [4,8), [8,16].
        let counts = [1, 1, 3, 4, 7, 16]
            .into_iter()
            .collect::<Spread>()
            .histogram(4);
        assert_eq!(counts, [2, 1, 2, 1]);
        assert_eq!([5, 5].into_iter().collect::<Spread>().histogram(4), [2]);
        let zeros: Spread = [0, 0, 1].into_iter().collect();
        assert_eq!(zeros.histogram(3).iter().sum::<u64>(), 3);
    }

    #[test]
    fn a_strip_has_round_steps_that_stay() {
        const S: u64 = 1_000_000_000;
        let told = [(100 * S, 1), (101 * S, 9), (109 * S, 5), (131 * S, 7)];
        let strip = Strip::of(&told, 900, 8);
        // 31 s in eight columns: 5 s each, from 100 s on.
        assert_eq!(strip.step, 5 * S);
        let columns = [Some(9), Some(5), None, None, None, None, Some(7)];
        assert_eq!(strip.columns, columns);
        assert!(Strip::of(&[], 900, 8).columns.is_empty());
        let far = Strip::of(&[(0, 1), (u64::MAX, 1)], 900, 10);
        assert!(far.columns.len() <= 11, "{}", far.columns.len());
    }
}
