//! What a page was worked out from, kept until that changes.

/// Of more nodes than this, a page is worked out again once a second, not with every batch.
pub(super) const MANY: usize = 5_000;
const SECOND: u64 = 1_000_000_000;

/// Something worked out, and of what.
#[derive(Debug)]
pub(super) struct Kept<Of, T> {
    of: Of,
    version: u64,
    /// When, ns since the epoch.
    made: u64,
    /// It took a while.
    many: bool,
    /// What came of it.
    pub value: T,
}

impl<Of: PartialEq, T> Kept<Of, T> {
    /// Works it out, unless it is known or, where that takes long, was worked out a moment ago of
    /// an older version. `work` tells of how many nodes it is.
    pub fn refresh(
        kept: &mut Option<Self>,
        (of, version): (Of, u64),
        now: u64,
        work: impl FnOnce() -> (T, usize),
    ) -> &T {
        let known = kept.take().filter(|known| {
            let age = now.abs_diff(known.made);
            // Where time stands still, nothing comes that could be waited for.
            let soon = known.many && age != 0 && age < SECOND;
            known.of == of && (known.version == version || soon)
        });
        let known = known.unwrap_or_else(|| {
            let (value, nodes) = work();
            Self {
                of,
                version,
                made: now,
                many: nodes > MANY,
                value,
            }
        });
        &kept.insert(known).value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is kept after each of these: version, time in ms.
    fn kept(nodes: usize, steps: &[(u64, u64)]) -> Vec<u64> {
        let mut kept: Option<Kept<u8, u64>> = None;
        let mut values = Vec::new();
        for &(version, ms) in steps {
            let now = ms * 1_000_000;
            values.push(*Kept::refresh(&mut kept, (0, version), now, || {
                (version, nodes)
            }));
        }
        values
    }

    #[test]
    fn few_follow_every_change_and_many_the_clock() {
        let steps = [(1, 0), (2, 300), (3, 600), (3, 1_000), (4, 1_100)];
        assert_eq!(kept(10, &steps), [1, 2, 3, 3, 4]);
        assert_eq!(kept(MANY + 1, &steps), [1, 1, 1, 3, 3]);
    }

    #[test]
    fn where_time_stands_still_every_change_is_seen() {
        assert_eq!(kept(MANY + 1, &[(1, 5), (2, 5)]), [1, 2]);
    }

    #[test]
    fn another_subject_is_worked_out_at_once() {
        let mut kept = None;
        for of in [0, 1] {
            let value = *Kept::refresh(&mut kept, (of, 1), of, || (of, MANY + 1));
            assert_eq!(value, of);
        }
    }
}
