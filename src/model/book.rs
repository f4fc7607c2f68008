//! What was said in a session: every part of every message kept once, and for each node which of them
//! it read and wrote. A model call repeats the whole conversation before it, so that a session of two
//! hundred calls is told two hundred times over; here a repetition is a number.

use super::detail::{Message, Part, Speaker, Value};
use super::ids::NodeId;
use super::usage::PicoUsd;
use hashbrown::{DefaultHashBuilder, HashTable};
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

/// A part of a message in a [`Book`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartId(u32);

/// A tool that was offered to a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// Its name.
    pub name: String,
    /// What the model is told of it.
    pub about: String,
    /// Its parameters, a JSON Schema as a rule; null where nothing is told of them.
    pub parameters: Value,
}

/// A part as it was said once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// What was said.
    pub part: PartId,
    /// The number of its message, from 0, among the messages read or written there.
    pub message: u32,
    /// Who spoke, for [`Book::speaker`].
    speaker: u16,
}

/// What one node read and wrote.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// What a model call read, in order; of a tool, its call and its result.
    pub input: Vec<Said>,
    /// What it wrote.
    pub output: Vec<Said>,
    /// The tools that it was offered, for [`Book::offer`].
    pub offered: Vec<u32>,
    /// Why nothing is told, where nothing is: which switch turns it on.
    pub missing: Option<Arc<str>>,
}

impl Told {
    /// Neither read nor written.
    pub fn is_empty(&self) -> bool {
        self.input.is_empty() && self.output.is_empty()
    }
}

/// Everything that was said in a session.
#[derive(Debug, Default)]
pub struct Book {
    parts: Vec<Part>,
    index: HashTable<u32>,
    seed: DefaultHashBuilder,
    speakers: Vec<Speaker>,
    offers: Vec<Offer>,
    told: FxHashMap<NodeId, Told>,
    /// Money lost where the cache broke, by the call that paid it, as far as prices are known.
    pub lost: FxHashMap<NodeId, PicoUsd>,
    version: u64,
}

impl Book {
    /// Goes up with every change.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Notes what a node read and wrote, in place of what was noted of it before.
    pub fn tell(
        &mut self,
        node: NodeId,
        messages: Vec<Message>,
        offers: Vec<Offer>,
        missing: Option<Arc<str>>,
    ) {
        let mut told = Told {
            offered: offers.into_iter().map(|o| self.keep_offer(o)).collect(),
            missing,
            ..Told::default()
        };
        let (mut read, mut written) = (0, 0);
        for message in messages {
            let speaker = self.keep_speaker(message.speaker);
            let (list, number) = if message.output {
                (&mut told.output, &mut written)
            } else {
                (&mut told.input, &mut read)
            };
            let says = |part: &Part| !matches!(part, Part::Text(t) | Part::Reasoning(t) if t.trim().is_empty());
            for part in message.parts.into_iter().filter(says) {
                list.push(Said {
                    part: self.keep(part),
                    message: *number,
                    speaker,
                });
            }
            *number += 1;
        }
        match self.told.entry(node) {
            Entry::Occupied(known) if *known.get() == told => return,
            Entry::Occupied(mut known) => {
                known.insert(told);
            }
            Entry::Vacant(free) => {
                free.insert(told);
            }
        }
        self.version += 1;
    }

    /// What a node read and wrote, once it was noted.
    pub fn told(&self, node: NodeId) -> Option<&Told> {
        self.told.get(&node)
    }

    /// A part.
    pub fn part(&self, id: PartId) -> Option<&Part> {
        self.parts.get(id.0 as usize)
    }

    /// Who said something.
    pub fn speaker(&self, said: Said) -> &Speaker {
        const NOBODY: &Speaker = &Speaker::User;
        self.speakers
            .get(usize::from(said.speaker))
            .unwrap_or(NOBODY)
    }

    /// A tool that was offered.
    pub fn offer(&self, id: u32) -> Option<&Offer> {
        self.offers.get(id as usize)
    }

    /// Notes what breaking the cache cost a call.
    pub fn note_lost(&mut self, node: NodeId, money: PicoUsd) {
        if self.lost.insert(node, money) != Some(money) {
            self.version += 1;
        }
    }

    fn keep(&mut self, part: Part) -> PartId {
        let (parts, seed) = (&self.parts, &self.seed);
        let hash = |part: &Part| {
            let mut hasher = seed.build_hasher();
            hash_part(part, &mut hasher);
            hasher.finish()
        };
        let of = hash(&part);
        let known = self.index.find(of, |&at| {
            parts.get(at as usize).is_some_and(|p| same(p, &part))
        });
        if let Some(&at) = known {
            return PartId(at);
        }
        let at = u32::try_from(self.parts.len()).unwrap_or(u32::MAX);
        let rehash = |&at: &u32| parts.get(at as usize).map_or(0, hash);
        self.index.insert_unique(of, at, rehash);
        self.parts.push(part);
        PartId(at)
    }

    fn keep_speaker(&mut self, speaker: Speaker) -> u16 {
        let known = self.speakers.iter().position(|s| *s == speaker);
        let at = known.unwrap_or_else(|| {
            // Roles are few; what a sender invents without end is one role in the end.
            if self.speakers.len() < usize::from(u16::MAX) {
                self.speakers.push(speaker);
            }
            self.speakers.len() - 1
        });
        u16::try_from(at).unwrap_or(u16::MAX)
    }

    fn keep_offer(&mut self, offer: Offer) -> u32 {
        let known = self.offers.iter().position(|o| *o == offer);
        let at = known.unwrap_or_else(|| {
            self.offers.push(offer);
            self.offers.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX)
    }
}

/// The id that ties a call of a tool and its result together.
pub fn tool_id(part: &Part) -> Option<&str> {
    match part {
        Part::ToolCall { id, .. } | Part::ToolResult { id, .. } => id.as_deref(),
        _ => None,
    }
}

/// Whether two parts say the same: white space around a text is a matter of who tells it.
fn same(one: &Part, other: &Part) -> bool {
    match (one, other) {
        (Part::Text(a), Part::Text(b)) | (Part::Reasoning(a), Part::Reasoning(b)) => {
            a.trim() == b.trim()
        }
        (one, other) => one == other,
    }
}

fn hash_part(part: &Part, hasher: &mut impl Hasher) {
    std::mem::discriminant(part).hash(hasher);
    match part {
        Part::Text(text) | Part::Reasoning(text) => text.trim().hash(hasher),
        Part::Stand(text) => text.hash(hasher),
        Part::ToolCall {
            id,
            name,
            arguments,
        } => {
            (id, name).hash(hasher);
            hash_value(arguments, hasher);
        }
        Part::ToolResult { id, result } => {
            id.hash(hasher);
            hash_value(result, hasher);
        }
    }
}

fn hash_value(value: &Value, hasher: &mut impl Hasher) {
    let mut waiting = vec![value];
    while let Some(value) = waiting.pop() {
        std::mem::discriminant(value).hash(hasher);
        match value {
            Value::Null => {}
            Value::Bool(b) => b.hash(hasher),
            Value::Int(i) => i.hash(hasher),
            // Zero has two signs and is one number.
            Value::Double(d) => (d + 0.0).to_bits().hash(hasher),
            Value::Text(text) => text.hash(hasher),
            Value::Bytes(bytes) => bytes.hash(hasher),
            Value::List(list) => {
                list.len().hash(hasher);
                waiting.extend(list);
            }
            Value::Map(map) => {
                map.len().hash(hasher);
                for (key, value) in map {
                    key.hash(hasher);
                    waiting.push(value);
                }
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "test")]
mod tests {
    use super::*;

    fn message(speaker: Speaker, output: bool, text: &str) -> Message {
        let parts = vec![Part::Text(text.to_owned())];
        Message {
            speaker,
            output,
            parts,
        }
    }

    #[test]
    fn what_is_said_again_is_kept_once() {
        let mut book = Book::default();
        let ask = || message(Speaker::User, false, "what time is it?");
        let answer = |output| message(Speaker::Assistant, output, "noon\n");
        book.tell(NodeId(1), vec![ask(), answer(true)], Vec::new(), None);
        let again = message(Speaker::Assistant, false, "noon");
        book.tell(
            NodeId(2),
            vec![ask(), again, ask(), answer(true)],
            Vec::new(),
            None,
        );
        let parts = |list: &[Said]| list.iter().map(|s| s.part).collect::<Vec<_>>();
        let (first, second) = (book.told(NodeId(1)).unwrap(), book.told(NodeId(2)).unwrap());
        let (asked, answered) = (first.input[0].part, first.output[0].part);
        assert_eq!(parts(&second.input), [asked, answered, asked]);
        assert_eq!(parts(&second.output), [answered]);
        assert_eq!(second.input[2].message, 2);
        assert_eq!(*book.speaker(second.input[1]), Speaker::Assistant);
        assert_eq!(book.parts.len(), 2);
    }

    #[test]
    fn the_same_words_are_not_the_same_call() {
        let mut book = Book::default();
        let call = |id: &str| Part::ToolCall {
            id: Some(id.to_owned()),
            name: "read".to_owned(),
            arguments: Value::Map(vec![("path".to_owned(), Value::Text("a".to_owned()))]),
        };
        let [a, b, c] = ["1", "2", "1"].map(|id| book.keep(call(id)));
        assert!(a != b && a == c);
        let thought = book.keep(Part::Reasoning("x".to_owned()));
        assert_ne!(thought, book.keep(Part::Text("x".to_owned())));
    }

    #[test]
    fn noting_the_same_again_changes_nothing() {
        let mut book = Book::default();
        let said = || vec![message(Speaker::User, false, "hi")];
        book.tell(NodeId(1), said(), Vec::new(), None);
        let version = book.version();
        book.tell(NodeId(1), said(), Vec::new(), None);
        assert_eq!(book.version(), version);
        book.tell(NodeId(1), Vec::new(), Vec::new(), Some("off".into()));
        assert!(book.version() > version && book.told(NodeId(1)).unwrap().is_empty());
    }
}
