//! How an answer came, chunk by chunk: where it stalled.

/// A gap between two chunks is a stall when it is so many times the usual one …
const TIMES_USUAL: u64 = 8;
/// … and at least so long, ns: below that nobody waits.
const SHORTEST_STALL_NS: u64 = 150_000_000;
/// Fewer chunks do not tell what is usual.
const FEWEST_CHUNKS: usize = 5;
/// Of packed times.
const UNIT_NS: u64 = 100_000;
/// So many stalls are kept, the longest; the others are counted.
const KEPT: usize = 8;

/// How an answer came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Curve {
    /// Chunks.
    pub chunks: u64,
    /// The usual time between two chunks (the median), ns.
    pub gap: u64,
    /// Gaps far above that.
    pub stalls: u64,
    /// The longest of them in order of time: from and to, ns since the epoch.
    pub kept: Vec<(u64, u64)>,
}

impl Curve {
    /// The curve of chunks that came at these times, ns since the epoch, in any order; none of
    /// fewer than two.
    pub fn of(times: &mut [u64]) -> Option<Self> {
        times.sort_unstable();
        let pairs = || times.iter().copied().zip(times.iter().copied().skip(1));
        let mut gaps: Vec<u64> = pairs().map(|(a, b)| b - a).collect();
        gaps.sort_unstable();
        let gap = *gaps.get(gaps.len() / 2)?;
        let least = gap.saturating_mul(TIMES_USUAL).max(SHORTEST_STALL_NS);
        let enough = times.len() >= FEWEST_CHUNKS;
        let mut kept: Vec<(u64, u64)> = pairs().filter(|(a, b)| enough && b - a >= least).collect();
        let stalls = kept.len() as u64;
        kept.sort_by_key(|(a, b)| std::cmp::Reverse(b - a));
        kept.truncate(KEPT);
        kept.sort_unstable();
        Some(Self {
            chunks: times.len() as u64,
            gap,
            stalls,
            kept,
        })
    }

    /// A stall as one number, to a tenth of a millisecond, from the start of its span.
    pub fn pack(start: u64, (from, to): (u64, u64)) -> u64 {
        let part = |ns: u64| (ns / UNIT_NS).min(u64::from(u32::MAX));
        part(from.saturating_sub(start)) << 32 | part(to.saturating_sub(from))
    }

    /// The stall that a number stands for.
    pub fn unpack(start: u64, packed: u64) -> (u64, u64) {
        let from = start.saturating_add((packed >> 32) * UNIT_NS);
        (
            from,
            from.saturating_add((packed & u64::from(u32::MAX)) * UNIT_NS),
        )
    }

    /// The longest stall, ns.
    pub fn longest(&self) -> Option<u64> {
        self.kept.iter().map(|(from, to)| to - from).max()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "test")]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn a_stall_is_a_gap_far_above_the_usual_one() {
        // A chunk each 20 ms, with nothing from 60 to 560 and a hiccup of 100 at the end.
        let mut times = [0, 20, 40, 60, 560, 580, 600, 700].map(|ms| ms * MS);
        times.reverse();
        let curve = Curve::of(&mut times).unwrap();
        assert_eq!((curve.chunks, curve.gap), (8, 20 * MS));
        assert_eq!(curve.stalls, 1);
        assert_eq!(curve.kept, [(60 * MS, 560 * MS)]);
        assert_eq!(curve.longest(), Some(500 * MS));
    }

    #[test]
    fn a_stall_is_packed_to_a_tenth_of_a_millisecond() {
        let (start, stall) = (7 * MS, (7 * MS + 1_250_000_000, 7 * MS + 1_900_000_000));
        assert_eq!(Curve::unpack(start, Curve::pack(start, stall)), stall);
        assert_eq!(
            Curve::unpack(start, Curve::pack(start, (0, 0))),
            (start, start)
        );
    }

    #[test]
    fn few_chunks_tell_no_stall_and_one_no_curve() {
        assert_eq!(Curve::of(&mut [5]), None);
        let curve = Curve::of(&mut [0, 20 * MS, 900 * MS]).unwrap();
        assert_eq!(curve.stalls, 0);
    }

    #[test]
    fn the_longest_stalls_are_kept_and_all_are_counted() {
        let mut at = 0;
        let mut times = vec![0];
        for i in 0..40 {
            at += if i % 4 == 3 { 400 + i } else { 10 } * MS;
            times.push(at);
        }
        let curve = Curve::of(&mut times).unwrap();
        assert_eq!((curve.stalls, curve.kept.len()), (10, 8));
        assert!(curve.kept.is_sorted());
        assert_eq!(curve.longest(), Some(439 * MS));
    }
}
