//! Turns that go on in other traces though the store has no id to join these by: a client that makes
//! every call a trace, whose records alone name the tools, or whose spans name them wrongly or not at
//! all. Who goes on with whom is told by the set of turns of a session, whatever order they came in.

use super::ids::NodeId;
use rustc_hash::{FxHashMap, FxHashSet};

/// A call may be stamped so much before the end of the one that it goes on with: clocks are coarse.
const ROUNDING_NS: u64 = 5_000_000;
/// For so long a turn may wait for a tool where only its question tells that it goes on.
const PATIENCE_NS: u64 = 600_000_000_000;

/// What a turn of bare calls tells of how it goes on, and of what it goes on with.
#[derive(Clone, Debug, PartialEq)]
pub struct Thread {
    /// The turn.
    pub turn: NodeId,
    /// Start of its first call, ns since the epoch.
    pub start: u64,
    /// End of its last call; `None` while one runs.
    pub end: Option<u64>,
    /// Stands for what was asked.
    pub question: Option<u64>,
    /// Stands for the model that was asked.
    pub model: Option<u64>,
    /// What its first call was sent last is what a tool answered.
    pub goes_on: bool,
    /// Its last call asked for tools, or does not say why it ended.
    pub asks: bool,
    /// Tool calls that its calls asked for.
    pub asked: Vec<u64>,
    /// Tool calls whose results its first call was sent, and those that it repeats before them.
    pub answered: Vec<u64>,
    /// Those whose results its later calls were sent.
    pub carried: Vec<u64>,
}

impl Thread {
    /// It goes on with another, or another could go on with it.
    pub fn matters(&self) -> bool {
        self.goes_on || self.asks || !self.answered.is_empty()
    }

    /// Memory that it takes, bytes.
    pub fn weight(&self) -> usize {
        let ids = self.asked.len() + self.answered.len() + self.carried.len();
        size_of::<Self>() + ids * size_of::<u64>()
    }
}

/// A turn as far as it has been followed.
struct Line<'a> {
    first: &'a Thread,
    last: &'a Thread,
}

/// The turn that each turn goes on with, which goes on with none itself. A tool call's result goes to
/// the call that is sent it first: later ones repeat what was said. Where one of two names no tools a
/// turn goes on with the one that was asked the same of the same model and waits for a tool; of several
/// nobody knows which, and it stands alone.
pub fn go_on<'a>(threads: impl Iterator<Item = &'a Thread>) -> FxHashMap<NodeId, NodeId> {
    let mut threads: Vec<&Thread> = threads.collect();
    threads.sort_by_key(|t| (t.start, t.turn));
    let mut hosts = FxHashMap::default();
    let mut lines: Vec<Line<'_>> = Vec::new();
    let mut asked_by: FxHashMap<u64, usize> = FxHashMap::default();
    let mut open: FxHashMap<u64, Vec<usize>> = FxHashMap::default();
    let mut known: FxHashSet<u64> = FxHashSet::default();
    for thread in threads {
        let new = |id: &&u64| !known.contains(*id);
        let goes_on = thread.goes_on || thread.answered.iter().any(|id| new(&id));
        let mut heard = thread
            .answered
            .iter()
            .filter(|id| thread.goes_on || new(id));
        let by_id = heard.find_map(|id| asked_by.get(id)).copied();
        let same = thread.question.and_then(|asked| open.get_mut(&asked));
        let line = by_id.or_else(|| alone(same.filter(|_| goes_on)?, &lines, thread));
        let at = line.unwrap_or(lines.len());
        if let Some(line) = lines.get_mut(at) {
            hosts.insert(thread.turn, line.first.turn);
            line.last = thread;
        } else {
            let (first, last) = (thread, thread);
            lines.push(Line { first, last });
            let question = thread.question.into_iter();
            question.for_each(|asked| open.entry(asked).or_default().push(at));
        }
        asked_by.extend(thread.asked.iter().map(|&id| (id, at)));
        known.extend(thread.answered.iter().chain(&thread.carried));
    }
    hosts
}

/// The one turn of those that were asked the same which waits for a tool.
fn alone(same: &mut Vec<usize>, lines: &[Line<'_>], thread: &Thread) -> Option<usize> {
    let end = |at: usize| lines[at].last.end;
    same.retain(|&at| end(at).is_none_or(|end| thread.start <= end.saturating_add(PATIENCE_NS)));
    let mut waits = same.iter().copied().filter(|&at| {
        let Line { first, last } = &lines[at];
        let ended = last
            .end
            .is_some_and(|end| end <= thread.start.saturating_add(ROUNDING_NS));
        let models = first.model.zip(thread.model);
        let named = !(last.asked.is_empty() || thread.answered.is_empty());
        last.asks && ended && !named && models.is_none_or(|(one, other)| one == other)
    });
    waits.next().filter(|_| waits.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A turn of one call that was asked a question, from and to in seconds.
    fn turn(id: u64, from: u64, to: u64) -> Thread {
        Thread {
            turn: NodeId(id),
            start: from * 1_000_000_000,
            end: Some(to * 1_000_000_000),
            question: Some(7),
            model: Some(1),
            goes_on: id % 10 > 1,
            asks: true,
            asked: Vec::new(),
            answered: Vec::new(),
            carried: Vec::new(),
        }
    }

    fn hosts(threads: &[Thread]) -> Vec<(u64, u64)> {
        let mut told: Vec<_> = go_on(threads.iter())
            .into_iter()
            .map(|(g, h)| (g.0, h.0))
            .collect();
        told.sort_unstable();
        let back: Vec<_> = go_on(threads.iter().rev())
            .into_iter()
            .map(|(g, h)| (g.0, h.0))
            .collect();
        assert!(back.iter().all(|pair| told.contains(pair)) && back.len() == told.len());
        told
    }

    #[test]
    fn a_loop_is_one_turn_by_its_question_alone() {
        let done = Thread {
            asks: false,
            ..turn(13, 40, 50)
        };
        let again = [turn(21, 60, 70), turn(22, 80, 90)];
        let threads = [
            turn(11, 0, 10),
            turn(12, 20, 30),
            done,
            again[0].clone(),
            again[1].clone(),
        ];
        assert_eq!(hosts(&threads), [(12, 11), (13, 11), (22, 21)]);
    }

    #[test]
    fn of_two_that_wait_nobody_knows_which_goes_on() {
        let both = [turn(11, 0, 10), turn(21, 1, 9), turn(12, 20, 30)];
        assert_eq!(hosts(&both), []);
        let model = Thread {
            model: Some(2),
            ..turn(21, 1, 9)
        };
        assert_eq!(
            hosts(&[both[0].clone(), model, both[2].clone()]),
            [(12, 11)]
        );
        let question = Thread {
            question: Some(8),
            ..turn(21, 1, 9)
        };
        assert_eq!(
            hosts(&[both[0].clone(), question, both[2].clone()]),
            [(12, 11)]
        );
        let named = |mut thread: Thread, asked: &[u64], answered: &[u64]| {
            thread.asked = asked.to_vec();
            thread.answered = answered.to_vec();
            thread
        };
        let [one, two, more] = both;
        let other = named(more.clone(), &[], &[9]);
        assert_eq!(
            hosts(&[named(one.clone(), &[4], &[]), other]),
            [],
            "ids know better"
        );
        let more = named(more, &[], &[5]);
        assert_eq!(
            hosts(&[named(one, &[4], &[]), named(two, &[5, 6], &[]), more]),
            [(12, 21)]
        );
    }

    #[test]
    fn what_did_not_ask_runs_still_or_is_long_ago_is_gone_on_with_by_nobody() {
        let next = || turn(12, 20, 30);
        let final_ = Thread {
            asks: false,
            ..turn(11, 0, 10)
        };
        assert_eq!(hosts(&[final_, next()]), []);
        assert_eq!(
            hosts(&[
                Thread {
                    end: None,
                    ..turn(11, 0, 10)
                },
                next()
            ]),
            []
        );
        assert_eq!(hosts(&[turn(11, 0, 25), next()]), []);
        assert_eq!(hosts(&[turn(11, 0, 10), turn(12, 700, 710)]), []);
        let nameless = Thread {
            question: None,
            ..turn(11, 0, 10)
        };
        assert_eq!(
            hosts(&[
                nameless,
                Thread {
                    question: None,
                    ..next()
                }
            ]),
            []
        );
        let fresh = Thread {
            goes_on: false,
            ..next()
        };
        assert_eq!(hosts(&[turn(11, 0, 10), fresh]), []);
    }

    #[test]
    fn results_that_are_sent_again_with_a_new_question_join_nothing() {
        let mut ask = turn(11, 0, 10);
        ask.asked = vec![4];
        let mut answer = Thread {
            asks: false,
            goes_on: false,
            ..turn(12, 20, 30)
        };
        answer.answered = vec![4];
        let mut next = Thread {
            question: Some(8),
            goes_on: false,
            ..turn(21, 40, 50)
        };
        next.answered = vec![4];
        assert_eq!(hosts(&[ask, answer, next]), [(12, 11)]);
    }
}
