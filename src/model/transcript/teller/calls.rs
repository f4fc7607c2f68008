//! What is new in a model call.

use super::{NOT_TOLD, Place, Teller};
use crate::model::book::{Book, PartId, Said, Told, tool_id};
use crate::model::changes::{self, Changes};
use crate::model::detail::Part;
use crate::model::lanes;
use crate::model::node::{Node, NodeKind};
use crate::model::transcript::{Entry, What};

impl<'a> Teller<'a> {
    pub(super) fn call(&mut self, place: Place, node: &'a Node) {
        let told = self.told(node);
        let reads = told.is_some_and(|told| !told.input.is_empty());
        let writes = told.is_some_and(|told| !told.output.is_empty());
        if reads {
            // The call tells it better than what is around it.
            self.waiting.clear();
        } else {
            self.tell_waiting();
        }
        if let Some(open) = self.open.last_mut() {
            open.heard = (open.heard.0 || reads, open.heard.1 || writes);
        }
        self.push(place, What::Call);
        self.begun.insert(place.at, self.memory.now());
        if let Some(told) = told {
            self.read(place, told);
            if !self.answers_at_its_end(place.at, node, told) {
                self.write(place, node, told);
            }
            if told.is_empty() && !node.state.is_running() {
                self.miss(place, told);
            }
        }
        self.fail(place, node);
        if node.descendants > 0 {
            self.begin(place, node);
        }
    }

    /// What a call wrote. Tools may run before the call has ended that asks for them.
    pub(super) fn write(&mut self, place: Place, node: &Node, told: &'a Told) {
        let since = self.turn_began();
        let tokens = tokens_written(self.book, node, told);
        for (said, tokens) in told.output.iter().zip(tokens) {
            let id = self.tool_id(said.part);
            if id.is_none_or(|id| !self.memory.was_called(id, since)) {
                self.say(place, *said, true, tokens);
                self.memory.note_asked(said.part);
            }
        }
    }

    /// One call that stands for several: tools ran inside of it before it answered.
    pub(super) fn answers_at_its_end(&self, at: u32, node: &Node, told: &Told) -> bool {
        let below = self.tree.nodes.iter().skip(at as usize + 1);
        let mut below = below.take(node.descendants as usize);
        let call = |said: &Said| {
            let part = self.book.part(said.part);
            matches!(part, Some(Part::ToolCall { .. }))
        };
        below.any(|below| below.kind == NodeKind::Tool) && !told.output.iter().any(call)
    }

    /// Says once why nothing is told.
    fn miss(&mut self, place: Place, told: &Told) {
        let why = told.missing.clone().unwrap_or_else(|| NOT_TOLD.into());
        if !self.missed.contains(&why) {
            self.missed.push(why.clone());
            self.push(place, What::Missing(why));
        }
    }

    /// What is new in what a call read.
    fn read(&mut self, place: Place, told: &'a Told) {
        let before = self.before.get(place.at as usize).copied().flatten();
        let former = before.and_then(|b| Some((b, self.tree.nodes.get(b as usize)?)));
        let former = former.and_then(|(b, node)| Some((b, node, self.told(node)?)));
        let mut since = self.turn_began();
        let mut grown = None;
        let changes = if let Some((b, node, old)) = former {
            let changes = changes::between(old, told);
            since = self.begun.get(&b).copied().unwrap_or(since);
            grown = self.grown(place.at, node, &changes, told);
            changes
        } else {
            Changes {
                appended: (0..told.input.len()).collect(),
                ..Changes::default()
            }
        };
        if !changes.dropped.is_empty() {
            self.push(place, What::Dropped(changes.dropped.len()));
        }
        let mut new = [changes.appended, changes.answered].concat();
        new.sort_unstable();
        let mut again = 0;
        for at in new {
            let Some(said) = told.input.get(at).copied() else {
                continue;
            };
            let tokens = grown.filter(|(of, _)| *of == at).map(|(_, by)| by);
            if !self.memory.knows(said.part, since) {
                self.say(place, said, false, tokens);
                continue;
            }
            let words = matches!(self.book.part(said.part), Some(Part::Text(_)));
            again += usize::from(before.is_none() && words);
            if tokens.is_some() {
                self.note_tokens(said.part, tokens);
            }
        }
        if again > 0 {
            self.push(place, What::Again(again));
        }
    }

    /// The one place in the input that brought tokens, and how many.
    fn grown(&self, at: u32, before: &Node, new: &Changes, told: &Told) -> Option<(usize, u64)> {
        let after = self.tree.nodes.get(at as usize)?;
        // Models count in tokens of their own.
        let after = Some(after).filter(|after| lanes::model(after) == lanes::model(before))?;
        let after = after.call.as_deref()?;
        let usage = (&before.call.as_deref()?.usage, &after.usage);
        let growth = changes::growth(self.book, new, told, usage)?;
        match growth.of.as_slice() {
            [one] if growth.alone => Some((*one, growth.by)),
            _ => None,
        }
    }

    /// A result was told by its tool: what it brought is known now that a model has read it.
    fn note_tokens(&mut self, part: PartId, tokens: Option<u64>) {
        let (id, book) = (self.tool_id(part), self.book);
        let same = |other: PartId| {
            other == part || id.is_some() && book.part(other).and_then(tool_id) == id
        };
        let slot = |entry: &'_ mut Entry| match &mut entry.what {
            What::Result {
                part, tokens: slot, ..
            } if same(*part) => {
                *slot = tokens;
                Some(())
            }
            What::Said {
                said, tokens: slot, ..
            } if said.part == part => {
                *slot = tokens;
                Some(())
            }
            _ => None,
        };
        self.entries.iter_mut().rev().find_map(slot);
    }
}

/// The tokens of each part that a call wrote, where the figures tell them apart.
fn tokens_written(book: &Book, node: &Node, told: &Told) -> Vec<Option<u64>> {
    // Who does not tell all that was read may not tell all that was written.
    let call = node.call.as_ref().filter(|_| !told.input.is_empty());
    let usage = call.map(|call| call.usage).unwrap_or_default();
    let thought = |said: &&Said| matches!(book.part(said.part), Some(Part::Reasoning(_)));
    let thoughts = told.output.iter().filter(thought).count();
    let rest = told.output.len() - thoughts;
    let reasoning = usage.reasoning;
    let spoken = usage.output;
    let spoken = spoken.and_then(|n| n.checked_sub(reasoning.unwrap_or(0)));
    let of = |said: &Said| {
        if thought(&said) {
            reasoning.filter(|_| thoughts == 1)
        } else {
            spoken.filter(|_| rest == 1)
        }
    };
    told.output.iter().map(of).collect()
}
