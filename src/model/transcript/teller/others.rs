//! What is told by neither model calls nor tools: prompts that a running turn took in, and, where
//! nobody tells of model calls, what the spans between the agents say. They stand at their time.

use super::{Place, Teller};
use crate::model::book::Book;
use crate::model::detail::Part;
use crate::model::node::{NodeKind, Tree};
use std::collections::VecDeque;

/// A message may be passed on so much later than what it asks for has begun.
const SLACK_NS: u64 = 50_000_000;

/// Nodes that tell something besides, by root and time: number of the root, start, index.
pub(super) fn others(tree: &Tree, book: &Book) -> VecDeque<(u32, u64, u32)> {
    let mut root = 0;
    let mut found = Vec::new();
    for (at, node) in (0u32..).zip(&tree.nodes) {
        root += u32::from(node.depth == 0);
        let told = book.told(node.id).filter(|_| node.kind == NodeKind::Other);
        if told.is_some_and(|told| !told.is_empty()) {
            found.push((root, node.start, at));
        }
    }
    found.sort_unstable();
    found.into()
}

impl Teller<'_> {
    /// Tells what was said besides before a node begins; all that is left of earlier roots.
    pub(super) fn tell_others(&mut self, root: u32, start: u64) {
        let until = start.saturating_add(SLACK_NS);
        while let Some(&(of, began, at)) = self.others.front() {
            if (of, began) > (root, until) {
                break;
            }
            self.others.pop_front();
            let (tree, book) = (self.tree, self.book);
            let node = tree.nodes.get(at as usize);
            let Some(told) = node.and_then(|node| book.told(node.id)) else {
                continue;
            };
            let (place, since) = (
                Place {
                    at,
                    depth: self.depth(),
                },
                self.turn_began(),
            );
            for said in told.input.iter().chain(&told.output) {
                if self.memory.knows(said.part, since) {
                    continue;
                }
                self.say(place, *said, false, None);
                if matches!(book.part(said.part), Some(Part::ToolCall { .. })) {
                    self.memory.note_asked(said.part);
                }
            }
        }
    }
}
