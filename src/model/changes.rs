//! What changed between a model call and the one before it of the same agent: what was appended to its
//! input, what was dropped, and where inside the old prefix the first difference is. A provider's
//! prompt cache holds prefixes, so there is where it broke. A pure function; `lanes` says which call is
//! the one before.

use super::book::{Book, Said, Told, tool_id};
use super::correlate::{Lore, PriceQuestion};
use super::detail::Speaker;
use super::node::Call;
use super::usage::{PicoUsd, Usage};
use rustc_hash::FxHashMap;

/// Of what the cache held, one part in so many must be gone before it is said to have broken: where a
/// prefix ends moves a little, by a provider's blocks and breakpoints.
const LEAST: u64 = 10;

/// The difference between the inputs of two calls. Numbers are places in [`Told::input`] of the call
/// or, where that is said, of the call before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// So many parts at the beginning are those of the call before.
    pub kept: usize,
    /// The first part that differs inside what the call before had read: its place there (`.0`) and
    /// here (`.1`; the same number). `None` while the old input is the beginning of the new one, or
    /// the new one of the old.
    pub differs: Option<usize>,
    /// What is gone, by places in the input of the call before.
    pub dropped: Vec<usize>,
    /// What the call before had answered, read again.
    pub answered: Vec<usize>,
    /// What is new.
    pub appended: Vec<usize>,
}

impl Changes {
    /// Nothing was taken away and nothing inside was changed.
    pub fn only_appends(&self) -> bool {
        self.differs.is_none() && self.dropped.is_empty()
    }
}

/// How many tokens came to the input, and what brought them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Growth {
    /// Tokens beyond the old input and the answer to it.
    pub by: u64,
    /// What was appended: all tokens are its own if it is one message, else they are shared.
    pub of: Vec<usize>,
    /// One message brought them all.
    pub alone: bool,
}

/// What changed from a call to the next.
pub fn between(before: &Told, after: &Told) -> Changes {
    let (old, new) = (&before.input, &after.input);
    let same = |(a, b): &(&Said, &Said)| a.part == b.part;
    let kept = old.iter().zip(new).take_while(same).count();
    let mut changes = Changes {
        kept,
        differs: (kept < old.len() && kept < new.len()).then_some(kept),
        ..Changes::default()
    };
    // The same part may be said several times: each of the old ones answers for one of the new.
    let mut waiting: FxHashMap<_, Vec<usize>> = FxHashMap::default();
    for (at, said) in old.iter().enumerate().skip(kept).rev() {
        waiting.entry(said.part).or_default().push(at);
    }
    let mut answers: Vec<_> = before.output.iter().map(|said| said.part).collect();
    for (at, said) in new.iter().enumerate().skip(kept) {
        if waiting.get_mut(&said.part).and_then(Vec::pop).is_some() {
            continue;
        }
        match answers.iter().position(|answer| *answer == said.part) {
            Some(answer) => {
                answers.swap_remove(answer);
                changes.answered.push(at);
            }
            None => changes.appended.push(at),
        }
    }
    changes.dropped = waiting.into_values().flatten().collect();
    changes.dropped.sort_unstable();
    changes
}

/// The tokens that came to the input of a call, where its figures and those of the call before tell
/// it. What the model itself says in the input is taken for the answer before.
pub fn growth(
    book: &Book,
    changes: &Changes,
    after: &Told,
    usage: (&Usage, &Usage),
) -> Option<Growth> {
    let (was, is) = usage;
    if !changes.only_appends() {
        return None;
    }
    let more = is.input?.checked_sub(was.input?)?;
    let answer = was.output?;
    // Reasoning may or may not be read again.
    let least = answer.saturating_sub(was.reasoning.unwrap_or(0));
    let by = more
        .checked_sub(answer)
        .or_else(|| more.checked_sub(least))?;
    let brought = |at: &usize| {
        let said = after.input.get(*at);
        said.is_some_and(|said| *book.speaker(*said) != Speaker::Assistant)
    };
    let of: Vec<usize> = changes.appended.iter().copied().filter(brought).collect();
    let message = |at: &usize| after.input.get(*at).map(|said| said.message);
    let first = message(of.first()?);
    let result = |at: &usize| {
        let said = after.input.get(*at);
        let part = said.and_then(|said| book.part(said.part));
        part.and_then(tool_id)
    };
    // One message may answer several tool calls.
    let alone = of.iter().all(|at| message(at) == first)
        && of.iter().filter(|at| result(at).is_some()).count() < 2;
    Some(Growth { by, of, alone })
}

/// Tokens that a call should have read from the cache and did not, by the figures of it and of the
/// call before: what was read from the cache or written to it then, as far as the call's input is as
/// long, less what was read from it now. `None` where that is little or nobody knows.
pub fn cache_lost(before: &Call, after: &Call) -> Option<u64> {
    let (was, is) = (&before.usage, &after.usage);
    let held = was.cache_read?.saturating_add(was.cache_write.unwrap_or(0));
    let expected = held.min(is.input?);
    let lost = expected.checked_sub(is.cache_read?)?;
    (lost > 0 && lost.saturating_mul(LEAST) >= held).then_some(lost)
}

/// The usage of a call had it read so many tokens more from the cache: in place of writing them, and
/// of reading them afresh.
#[must_use]
pub fn had_it_held(usage: Usage, lost: u64) -> Usage {
    Usage {
        cache_read: usage.cache_read.map(|read| read.saturating_add(lost)),
        cache_write: usage.cache_write.map(|n| n.saturating_sub(lost)),
        cache_write_1h: usage.cache_write_1h.map(|n| n.saturating_sub(lost)),
        ..usage
    }
}

/// What a call would have cost less had it read so many tokens more from the cache. `None` where the
/// price is not known, or what the call cost does not follow from it alone.
pub fn money_lost(lore: &dyn Lore, at_ns: u64, call: &Call, lost: u64) -> Option<PicoUsd> {
    let price = |usage: Usage| {
        let question = PriceQuestion {
            provider: call.provider.as_deref(),
            host: None,
            response_model: call.response_model.as_deref(),
            request_model: call.request_model.as_deref(),
            at_ns,
            usage,
            service_tier: None,
            speed: None,
        };
        lore.price(&question).cost
    };
    let paid = price(call.usage)?;
    // Prices may depend on more than is asked here: then nothing is said.
    let right = call.computed_cost.is_none_or(|computed| computed == paid);
    let held = price(had_it_held(call.usage, lost))?;
    right.then(|| paid.0.checked_sub(held.0).map(PicoUsd))?
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "test")]
mod tests {
    use super::*;
    use crate::model::detail::{Message, Part, Value};
    use crate::model::ids::NodeId;

    fn say(speaker: Speaker, output: bool, text: &str) -> Message {
        let part = match text.strip_prefix('#') {
            Some(id) => Part::ToolResult {
                id: Some(id.to_owned()),
                result: Value::Text("found".to_owned()),
            },
            None => Part::Text(text.to_owned()),
        };
        Message {
            speaker,
            output,
            parts: vec![part],
        }
    }

    /// Books of calls written as `s system|u user > answer`.
    fn book(calls: &[&str]) -> Book {
        let mut book = Book::default();
        for (at, call) in (1..).zip(calls) {
            let (read, written) = call.split_once(" > ").unwrap_or((call, ""));
            let side = |text: &str, output| {
                let said = text.split('|').filter(|t| !t.is_empty());
                let said = said.map(|t| match t.split_once(' ').unwrap() {
                    ("s", text) => say(Speaker::System, output, text),
                    ("a", text) => say(Speaker::Assistant, output, text),
                    ("t", text) => say(Speaker::Tool, output, text),
                    (_, text) => say(Speaker::User, output, text),
                });
                said.collect::<Vec<_>>()
            };
            let messages = [side(read, false), side(written, true)].concat();
            book.tell(NodeId(at), messages, Vec::new(), None);
        }
        book
    }

    fn changes(book: &Book) -> Changes {
        between(book.told(NodeId(1)).unwrap(), book.told(NodeId(2)).unwrap())
    }

    #[test]
    fn a_conversation_that_goes_on_only_appends() {
        let book = book(&["s be kind|u hi > a hello", "s be kind|u hi|a hello|u hi"]);
        let changes = changes(&book);
        assert_eq!((changes.kept, changes.differs), (2, None));
        assert_eq!(changes.answered, [2]);
        assert_eq!(changes.appended, [3], "the second hi is a new one");
        assert!(changes.only_appends());
    }

    #[test]
    fn the_first_difference_inside_the_prefix_is_told() {
        let book = book(&[
            "s it is 10:01|u hi|a yo|u go > a ok",
            "s it is 10:02|u hi|a yo|u go|a ok|u more",
        ]);
        let changes = changes(&book);
        assert_eq!((changes.kept, changes.differs), (0, Some(0)));
        assert_eq!(changes.dropped, [0]);
        assert_eq!((changes.appended, changes.answered), (vec![0, 5], vec![4]));
    }

    #[test]
    fn compaction_drops() {
        let book = book(&[
            "s sys|u one|a 1|u two|a 2|u three > a 3",
            "s sys|u summary of it all|u three|a 3|u four",
        ]);
        let changes = changes(&book);
        assert_eq!((changes.kept, changes.differs), (1, Some(1)));
        assert_eq!(changes.dropped, [1, 2, 3, 4]);
        assert_eq!((changes.appended, changes.answered), (vec![1, 4], vec![3]));
    }

    #[test]
    fn a_shorter_beginning_breaks_nothing() {
        let changes = changes(&book(&["s sys|u one|a 1|u two > a 2", "s sys|u one"]));
        assert_eq!((changes.differs, changes.kept), (None, 2));
        assert_eq!(changes.dropped, [2, 3]);
        assert!(!changes.only_appends());
    }

    fn usage(input: u64, output: u64) -> Usage {
        Usage {
            input: Some(input),
            output: Some(output),
            ..Usage::default()
        }
    }

    fn grew(calls: &[&str], was: Usage, is: Usage) -> Option<Growth> {
        let book = book(calls);
        let after = book.told(NodeId(2)).unwrap();
        growth(&book, &changes(&book), after, (&was, &is))
    }

    #[test]
    fn tokens_belong_to_the_one_message_that_came() {
        let calls = ["s sys|u go > a let me", "s sys|u go|a let me|t #1"];
        let told = grew(&calls, usage(100, 20), usage(14_120, 5)).unwrap();
        assert_eq!((told.by, told.of, told.alone), (14_000, vec![3], true));
        let calls = ["s sys|u go > a let me", "s sys|u go|a let me|t #1|t #2"];
        let told = grew(&calls, usage(100, 20), usage(14_120, 5)).unwrap();
        assert_eq!((told.of, told.alone), (vec![3, 4], false));
    }

    #[test]
    fn reasoning_need_not_be_read_again() {
        let calls = ["u go > a let me", "u go|a let me|t #1"];
        let was = Usage {
            reasoning: Some(90),
            ..usage(100, 100)
        };
        let told = grew(&calls, was, usage(160, 5)).unwrap();
        assert_eq!(told.by, 50);
        assert_eq!(grew(&calls, usage(100, 100), usage(160, 5)), None);
    }

    fn call(input: u64, read: Option<u64>, write: Option<u64>) -> Call {
        Call {
            usage: Usage {
                cache_read: read,
                cache_write: write,
                ..usage(input, 1)
            },
            ..Call::default()
        }
    }

    #[test]
    fn a_cache_that_fell_is_lost() {
        let before = call(30_000, Some(20_000), Some(9_000));
        let lost = |after| cache_lost(&before, &after);
        assert_eq!(lost(call(31_000, Some(29_000), None)), None);
        assert_eq!(lost(call(31_000, Some(28_000), None)), None, "a little");
        assert_eq!(lost(call(31_000, Some(0), Some(31_000))), Some(29_000));
        assert_eq!(lost(call(31_000, Some(4_000), None)), Some(25_000));
        assert_eq!(
            lost(call(8_000, Some(4_000), None)),
            Some(4_000),
            "compacted"
        );
        assert_eq!(lost(call(31_000, None, None)), None, "nobody told");
        let cold = call(30_000, Some(0), None);
        assert_eq!(cache_lost(&cold, &call(31_000, Some(0), None)), None);
    }

    #[test]
    fn a_cache_that_held_would_be_read_and_not_written() {
        let usage = call(31_000, Some(4_000), Some(27_000)).usage;
        let held = had_it_held(usage, 25_000);
        assert_eq!(
            (held.cache_read, held.cache_write),
            (Some(29_000), Some(2_000))
        );
        assert_eq!(held.input, Some(31_000));
    }
}
