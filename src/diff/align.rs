//! Steps aligned, agent by agent: agents that work at the same time do so in no fixed order, but
//! each of them keeps its own. Within an agent it is the longest common sequence, in which the same
//! arguments and models count for more.

use super::step::Step;
use std::collections::BTreeMap;

/// Steps of one agent that are compared with so many of the other run's at once; longer ones are
/// aligned part by part. 1,500² cells of two bytes are 4.5 MB.
const PART: usize = 1_500;

/// A step of the first run and its counterpart in the second, by their places.
type Counterparts = (Option<usize>, Option<usize>);

/// Counterparts by their places, in the order of the first run; true if aligned in parts.
pub(super) fn align(a: &[Step], b: &[Step]) -> (Vec<Counterparts>, bool) {
    type Lanes = BTreeMap<Option<String>, (Vec<usize>, Vec<usize>)>;
    let mut lanes = Lanes::new();
    let name = |s: &Step| s.agent.as_deref().map(str::to_owned);
    for (at, step) in a.iter().enumerate() {
        lanes.entry(name(step)).or_default().0.push(at);
    }
    for (at, step) in b.iter().enumerate() {
        lanes.entry(name(step)).or_default().1.push(at);
    }
    let mut in_parts = false;
    let mut to_b: Vec<Option<usize>> = vec![None; a.len()];
    let mut to_a: Vec<Option<usize>> = vec![None; b.len()];
    for (left, right) in lanes.values() {
        let score = |i: usize, j: usize| {
            let pair = left
                .get(i)
                .and_then(|i| a.get(*i))
                .zip(right.get(j).and_then(|j| b.get(*j)));
            pair.map_or(0, |(l, r)| likeness(l, r))
        };
        let (pairs, parts) = lane(left.len(), right.len(), &score);
        in_parts |= parts;
        for (i, j) in pairs {
            if let (Some(i), Some(j)) = (left.get(i), right.get(j)) {
                to_b[*i] = Some(*j);
                to_a[*j] = Some(*i);
            }
        }
    }
    (merge(&to_b, &to_a), in_parts)
}

/// How much a step is like another; 0 is another step.
fn likeness(a: &Step, b: &Step) -> u16 {
    if a.kind != b.kind || a.name != b.name {
        return 0;
    }
    4 + 2 * u16::from(a.arguments == b.arguments) + u16::from(a.model == b.model)
}

/// The pairs of one agent, in order.
fn lane(
    left: usize,
    right: usize,
    score: &dyn Fn(usize, usize) -> u16,
) -> (Vec<(usize, usize)>, bool) {
    let (mut from, mut pairs, mut in_parts) = ((0, 0), Vec::new(), false);
    while from.0 < left && from.1 < right {
        let (rows, columns) = ((left - from.0).min(PART), (right - from.1).min(PART));
        let last = from.0 + rows == left && from.1 + columns == right;
        let half = (rows.div_ceil(2), columns.div_ceil(2));
        let found = part(rows, columns, &|x, y| score(from.0 + x, from.1 + y));
        // The end of a part may belong to what comes: only its first half is sure.
        let sure = |(x, y): &(usize, usize)| last || (*x < half.0 && *y < half.1);
        let found: Vec<_> = found.into_iter().take_while(sure).collect();
        pairs.extend(found.iter().map(|(x, y)| (from.0 + x, from.1 + y)));
        if last {
            break;
        }
        in_parts = true;
        let on = found.last().map_or(half, |(x, y)| (x + 1, y + 1));
        from = (from.0 + on.0, from.1 + on.1);
    }
    (pairs, in_parts)
}

/// The best common sequence of two short lists. What can be paired early is.
fn part(n: usize, m: usize, score: &dyn Fn(usize, usize) -> u16) -> Vec<(usize, usize)> {
    let width = m + 1;
    let mut best = vec![0u16; (n + 1) * width];
    for i in (0..n).rev() {
        for j in (0..m).rev() {
            let like = score(i, j);
            let paired = if like > 0 {
                best[(i + 1) * width + j + 1].saturating_add(like)
            } else {
                0
            };
            let apart = best[(i + 1) * width + j].max(best[i * width + j + 1]);
            best[i * width + j] = paired.max(apart);
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < n && j < m {
        let here = best[i * width + j];
        let like = score(i, j);
        if like > 0 && here == best[(i + 1) * width + j + 1].saturating_add(like) {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if here == best[(i + 1) * width + j] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

/// One list: the steps of the first run in their order, and what only the second has after what it
/// follows there.
fn merge(to_b: &[Option<usize>], to_a: &[Option<usize>]) -> Vec<Counterparts> {
    // Each with where it stands: after which step of the first run, itself or behind it, in order.
    let mut out: Vec<((usize, bool, usize), Counterparts)> = Vec::new();
    for (i, b) in to_b.iter().enumerate() {
        out.push(((i + 1, false, 0), (Some(i), *b)));
    }
    let mut after = 0;
    for (j, a) in to_a.iter().enumerate() {
        match a {
            Some(a) => after = a + 1,
            None => out.push(((after, true, j), (None, Some(j)))),
        }
    }
    out.sort_by_key(|(place, _)| *place);
    out.into_iter().map(|(_, pair)| pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn like<'a>(a: &'a str, b: &'a str) -> impl Fn(usize, usize) -> u16 + 'a {
        |i, j| {
            if a.as_bytes()[i] == b.as_bytes()[j] {
                4
            } else {
                0
            }
        }
    }

    fn shown(a: &str, b: &str) -> String {
        let (pairs, _) = lane(a.len(), b.len(), &like(a, b));
        pairs.iter().map(|(i, _)| &a[*i..=*i]).collect()
    }

    #[test]
    fn what_is_common_is_paired_in_order() {
        assert_eq!(shown("abcd", "abcd"), "abcd");
        assert_eq!(shown("abcd", "acd"), "acd");
        assert_eq!(shown("abcd", "axcyd"), "acd");
        assert_eq!(shown("ab", "cd"), "");
        assert_eq!(shown("", "ab"), "");
    }

    #[test]
    fn long_runs_are_aligned_in_parts() {
        let a: String = (0..5_000)
            .map(|i| char::from(b'a' + u8::try_from(i * i % 23).unwrap_or(0)))
            .collect();
        let mut b = a.clone();
        b.replace_range(2_000..2_010, "!!!");
        let (pairs, in_parts) = lane(a.len(), b.len(), &like(&a, &b));
        assert!(in_parts);
        assert_eq!(pairs.len(), 4_990);
    }

    proptest! {
        /// As long as the longest common sequence by the textbook, and a common sequence.
        #[test]
        fn the_common_sequence_is_the_longest(a in "[abc]{0,14}", b in "[abc]{0,14}") {
            let (pairs, _) = lane(a.len(), b.len(), &like(&a, &b));
            for pair in pairs.windows(2) {
                prop_assert!(pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1);
            }
            prop_assert!(pairs.iter().all(|(i, j)| a.as_bytes()[*i] == b.as_bytes()[*j]));
            let mut longest = vec![vec![0usize; b.len() + 1]; a.len() + 1];
            for (i, x) in a.bytes().enumerate() {
                for (j, y) in b.bytes().enumerate() {
                    longest[i + 1][j + 1] = if x == y {
                        longest[i][j] + 1
                    } else {
                        longest[i][j + 1].max(longest[i + 1][j])
                    };
                }
            }
            prop_assert_eq!(pairs.len(), longest[a.len()][b.len()]);
        }

        #[test]
        fn every_step_stands_in_the_list_once(pairs in prop::collection::btree_map(0usize..12, 0usize..12, 0..8)) {
            let (mut to_b, mut to_a) = (vec![None; 12], vec![None; 12]);
            for (i, j) in pairs {
                if to_a[j].is_none() {
                    (to_b[i], to_a[j]) = (Some(j), Some(i));
                }
            }
            let merged = merge(&to_b, &to_a);
            let mut a: Vec<_> = merged.iter().filter_map(|(a, _)| *a).collect();
            prop_assert!(a.is_sorted());
            let mut b: Vec<_> = merged.iter().filter_map(|(_, b)| *b).collect();
            a.dedup();
            b.sort_unstable();
            prop_assert_eq!((a.len(), b), (12, (0..12).collect::<Vec<_>>()));
        }
    }
}
