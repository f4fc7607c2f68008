//! Goes through a tree in its order and tells what is new at each node.

mod calls;
mod others;

use super::memory::{Memory, Moment};
use super::{Entry, What};
use crate::model::book::{Book, PartId, Said, Told, tool_id};
use crate::model::detail::Part;
use crate::model::lanes::{self, Frame};
use crate::model::node::{Node, NodeKind, State, Tree};
use rustc_hash::{FxHashMap, FxHasher};
use std::collections::VecDeque;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Why nothing is told of a node whose dialect has no switch that we know of.
pub const NOT_TOLD: &str = "nothing was sent of what was said";

/// Where an entry stands.
#[derive(Clone, Copy)]
struct Place {
    at: u32,
    depth: u16,
}

/// A node that is gone through: what is told when all below it was.
struct Open<'a> {
    place: Place,
    end: u32,
    begun: Moment,
    /// Calls below told what was read, and what was written.
    heard: (bool, bool),
    /// Of a tool, what it gave back, and the id of the call that it runs for.
    results: Vec<Said>,
    asked: Option<&'a str>,
}

pub struct Teller<'a> {
    tree: &'a Tree,
    book: &'a Book,
    frames: Vec<Frame>,
    before: Vec<Option<u32>>,
    memory: Memory<'a>,
    entries: Vec<Entry>,
    open: Vec<Open<'a>>,
    /// What turns and agents say of their input, since when, and no call has told better yet.
    waiting: Vec<(Place, Moment, Said)>,
    /// When each call began.
    begun: FxHashMap<u32, Moment>,
    /// Why nothing is told, as far as that was said.
    missed: Vec<Arc<str>>,
    /// What is told besides, and not yet.
    others: VecDeque<(u32, u64, u32)>,
}

impl<'a> Teller<'a> {
    pub fn new(tree: &'a Tree, book: &'a Book) -> Self {
        Self {
            tree,
            book,
            frames: lanes::frames(tree),
            before: lanes::before(tree, Some(book)),
            memory: Memory::new(book),
            entries: Vec::new(),
            open: Vec::new(),
            waiting: Vec::new(),
            begun: FxHashMap::default(),
            missed: Vec::new(),
            others: others::others(tree, book),
        }
    }

    pub fn tell(mut self) -> Vec<Entry> {
        let tree = self.tree;
        let mut root = 0;
        for (at, node) in (0u32..).zip(&tree.nodes) {
            if node.depth == 0 {
                self.tell_others(root, u64::MAX);
                root += 1;
            }
            self.close_before(at);
            if node.depth > 0 {
                self.tell_others(root, node.start);
            }
            self.memory.tick();
            let place = Place {
                at,
                depth: self.depth(),
            };
            match node.kind {
                NodeKind::Turn | NodeKind::Agent | NodeKind::Workflow => {
                    self.container(place, node);
                }
                NodeKind::Call => self.call(place, node),
                NodeKind::Tool => self.tool(place, node),
                _ => self.other(place, node),
            }
        }
        self.tell_others(u32::MAX, u64::MAX);
        self.close_before(u32::MAX);
        self.entries
    }

    fn told(&self, node: &Node) -> Option<&'a Told> {
        self.book.told(node.id)
    }

    fn tool_id(&self, part: PartId) -> Option<&'a str> {
        self.book.part(part).and_then(tool_id)
    }

    /// One deeper in a tool, and in an agent that is in another.
    fn depth(&self) -> u16 {
        let Some(open) = self.open.last() else {
            return 0;
        };
        let kind = self.tree.nodes.get(open.place.at as usize).map(|n| n.kind);
        let nested = match kind {
            Some(NodeKind::Tool) => true,
            Some(NodeKind::Agent) => self.frame(open.place.at).nearest.is_some(),
            _ => false,
        };
        open.place.depth.saturating_add(u16::from(nested))
    }

    fn push(&mut self, place: Place, what: What) {
        let Some(node) = self.tree.nodes.get(place.at as usize) else {
            return;
        };
        let mut hasher = FxHasher::default();
        // What is written more than once at one node keeps its order.
        let here = self.entries.iter().rev().take_while(|e| e.at == place.at);
        (node.alias, std::mem::discriminant(&what)).hash(&mut hasher);
        match &what {
            What::Said { said, .. } => (said.part, here.count()).hash(&mut hasher),
            What::Result { part, .. } => (part, here.count()).hash(&mut hasher),
            _ => {}
        }
        self.entries.push(Entry {
            id: hasher.finish(),
            node: node.id,
            at: place.at,
            depth: place.depth,
            what,
        });
    }

    fn frame(&self, at: u32) -> Frame {
        self.frames.get(at as usize).copied().unwrap_or_default()
    }

    fn turn_began(&self) -> Moment {
        let now = self.memory.now();
        self.open.first().map_or(now, |open| open.begun)
    }

    fn begin(&mut self, place: Place, node: &Node) {
        self.open.push(Open {
            place,
            end: place.at.saturating_add(node.descendants).saturating_add(1),
            begun: self.memory.now(),
            heard: (false, false),
            results: Vec::new(),
            asked: None,
        });
    }

    fn container(&mut self, place: Place, node: &'a Node) {
        self.begin(place, node);
        match node.kind {
            NodeKind::Turn if self.is_its_call(place.at, node) => {}
            NodeKind::Turn => self.push(place, What::Turn),
            _ if self.names_an_agent(place.at, node) => self.push(place, What::Agent),
            _ => {}
        }
        let input = self.told(node).map_or(&[][..], |told| &told.input);
        let since = self.turn_began();
        self.waiting
            .extend(input.iter().map(|said| (place, since, *said)));
        if node.descendants == 0 {
            self.tell_waiting();
        }
        self.fail(place, node);
    }

    /// An agent alone in its turn needs no line of its own.
    fn names_an_agent(&self, at: u32, node: &Node) -> bool {
        let Some(up) = node.parent.and_then(|up| self.tree.nodes.get(up as usize)) else {
            return true;
        };
        let lonely = up.kind == NodeKind::Turn && up.descendants == node.descendants + 1;
        !(lonely && node.kind == NodeKind::Agent && self.frame(at).tool.is_none())
    }

    /// A library that makes every call a trace: the turn is only what stands for that.
    fn is_its_call(&self, at: u32, node: &Node) -> bool {
        let child = self.tree.nodes.get(at as usize + 1);
        let child = child.filter(|child| child.parent == Some(at) && node.sources.is_empty());
        child.is_some_and(|child| child.kind == NodeKind::Call && child.name == node.name)
    }

    fn other(&mut self, place: Place, node: &'a Node) {
        if matches!(node.kind, NodeKind::Retrieval | NodeKind::Embedding) && !node.internal {
            self.push(place, What::Tool);
            self.fail(place, node);
        }
        if node.descendants > 0 {
            self.begin(place, node);
        }
    }

    /// Failures are told where they happened, not again by all that is around.
    fn fail(&mut self, place: Place, node: &Node) {
        if node.state == State::Error && !node.error_below {
            let why = node.error.clone().unwrap_or_else(|| "failed".into());
            self.push(place, What::Failed(why));
        }
    }

    /// What is around a node and was not told by anybody below is told now.
    fn tell_waiting(&mut self) {
        for (place, since, said) in std::mem::take(&mut self.waiting) {
            self.say_new(place, said, since, false);
        }
    }

    fn say_new(&mut self, place: Place, said: Said, since: Moment, output: bool) {
        if !self.memory.knows(said.part, since) {
            self.say(place, said, output, None);
        }
    }

    fn say(&mut self, place: Place, said: Said, output: bool, tokens: Option<u64>) {
        let what = match self.book.part(said.part) {
            Some(Part::ToolResult { id, .. }) => What::Result {
                part: said.part,
                tool: id.as_deref().and_then(|id| self.memory.tool(id)),
                tokens,
            },
            _ => What::Said {
                said,
                output,
                tokens,
            },
        };
        self.memory.note(said.part);
        self.push(place, what);
    }

    fn tool(&mut self, place: Place, node: &'a Node) {
        self.tell_waiting();
        let told = self.told(node);
        let told = told.map(|told| [told.input.as_slice(), &told.output].concat());
        let is_call = |said: &Said| {
            let part = self.book.part(said.part);
            matches!(part, Some(Part::ToolCall { .. }))
        };
        let (calls, results): (Vec<_>, Vec<_>) =
            told.unwrap_or_default().into_iter().partition(is_call);
        let call = calls.first().copied();
        let asked = self
            .memory
            .take_asked(call.map(|call| call.part), &node.name);
        let since = self.turn_began();
        match call.map(|call| (call, self.tool_id(call.part))) {
            Some((_, Some(id))) if asked.is_some() => self.memory.note_run(id, &node.name),
            // The same call again without an id is another run.
            Some((call, Some(_))) if self.memory.knows(call.part, since) => {}
            Some((call, _)) if asked.is_none() => self.say(place, call, false, None),
            None if asked.is_none() => self.push(place, What::Tool),
            _ => {}
        }
        self.fail(place, node);
        self.begin(place, node);
        let asked = asked.and_then(|asked| self.tool_id(asked));
        if let Some(open) = self.open.last_mut() {
            (open.results, open.asked) = (results, asked);
        }
    }

    /// What a tool gave back, once all that ran in it has been told.
    fn tell_result(&mut self, open: Open<'a>) {
        for said in open.results {
            if self.memory.knows(said.part, open.begun) {
                continue;
            }
            self.say(open.place, said, false, None);
            // The next call reads the result under the id that this run may not know.
            let Some(id) = open.asked else { continue };
            self.memory.note_answered(id);
            let entry = self.entries.last_mut().map(|entry| &mut entry.what);
            if let Some(What::Result {
                tool: tool @ None, ..
            }) = entry
            {
                *tool = self.memory.tool(id);
            }
        }
    }

    /// Ends what ends before a node.
    fn close_before(&mut self, at: u32) {
        while let Some(open) = self.open.pop_if(|open| open.end <= at) {
            let Some(node) = self.tree.nodes.get(open.place.at as usize) else {
                continue;
            };
            if let Some(up) = self.open.last_mut() {
                up.heard = (up.heard.0 || open.heard.0, up.heard.1 || open.heard.1);
            }
            let told = self.told(node);
            match (node.kind, told) {
                (NodeKind::Tool, _) => self.tell_result(open),
                (NodeKind::Call, Some(told))
                    if self.answers_at_its_end(open.place.at, node, told) =>
                {
                    self.write(open.place, node, told);
                }
                (NodeKind::Turn | NodeKind::Agent | NodeKind::Workflow, told) => {
                    let own = |w: &(Place, Moment, Said)| w.0.at == open.place.at;
                    let first = self.waiting.iter().position(own);
                    let waiting = first.map(|first| self.waiting.split_off(first));
                    for (place, since, said) in waiting.unwrap_or_default() {
                        self.say_new(place, said, since, false);
                    }
                    let output = told.map_or(&[][..], |told| &told.output);
                    for said in output.iter().filter(|_| !open.heard.1) {
                        self.say_new(open.place, *said, open.begun, true);
                    }
                }
                _ => {}
            }
        }
    }
}
