//! Which model call is the one before: calls of one agent follow one another in a lane, as far as what
//! they read tells that they are one conversation. The model may be another: its cache is, too.

use super::book::{Book, Told};
use super::changes::between;
use super::node::{Node, NodeKind, State, Tree};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Calls of a lane that are looked back at: agents that run beside one another share one.
const BACK: usize = 16;

/// What a lane is: the tool that started the agent, and the agent's name.
type Lane = (Option<u32>, Option<Arc<str>>);

/// The call before each node, by index, where the node is a call and there is one. By what the calls
/// read (`book`) the one before is the latest whose input the call goes on with; where nobody told
/// that, it is the latest whose input is about as long and no longer, else the latest to the same model.
/// A call that failed is before none.
pub fn before(tree: &Tree, book: Option<&Book>) -> Vec<Option<u32>> {
    let frames = frames(tree);
    let mut calls: Vec<(u64, u32)> = (0u32..)
        .zip(&tree.nodes)
        .filter(|(_, node)| node.kind == NodeKind::Call && node.call.is_some())
        .map(|(at, node)| (node.start, at))
        .collect();
    calls.sort_unstable();
    let mut before = vec![None; tree.nodes.len()];
    let mut lanes: FxHashMap<Lane, Vec<u32>> = FxHashMap::default();
    for (_, at) in calls {
        let Some(node) = tree.nodes.get(at as usize) else {
            continue;
        };
        let frame = frames.get(at as usize).copied().unwrap_or_default();
        let lane = lanes.entry(lane(node, frame)).or_default();
        let recent = lane.get(lane.len().saturating_sub(BACK)..);
        let found = latest(tree, book, node, frame, &frames, recent.unwrap_or_default());
        if let Some(slot) = before.get_mut(at as usize) {
            *slot = found;
        }
        if node.state != State::Error {
            lane.push(at);
        }
    }
    before
}

/// What is around a node and has a context of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// The nearest agent or tool above.
    pub nearest: Option<u32>,
    /// The nearest tool above.
    pub tool: Option<u32>,
    /// The top of the tree that it is in.
    pub top: u32,
}

/// The frame of every node.
pub fn frames(tree: &Tree) -> Vec<Frame> {
    let mut frames: Vec<Frame> = Vec::with_capacity(tree.nodes.len());
    for (at, node) in (0u32..).zip(&tree.nodes) {
        let mut frame = Frame {
            top: at,
            ..Frame::default()
        };
        if let Some(up) = node.parent.filter(|up| *up < at) {
            frame = frames.get(up as usize).copied().unwrap_or_default();
            match tree.nodes.get(up as usize).map(|n| n.kind) {
                Some(NodeKind::Tool) => (frame.nearest, frame.tool) = (Some(up), Some(up)),
                Some(NodeKind::Agent) => frame.nearest = Some(up),
                _ => {}
            }
        }
        frames.push(frame);
    }
    frames
}

fn lane(node: &Node, frame: Frame) -> Lane {
    let call = node.call.as_deref();
    (frame.tool, call.and_then(|c| c.agent.clone()))
}

/// The model that a call was made to.
pub fn model(node: &Node) -> Option<&Arc<str>> {
    let call = node.call.as_deref()?;
    call.request_model.as_ref().or(call.response_model.as_ref())
}

/// The latest of these calls that a call goes on with.
fn latest(
    tree: &Tree,
    book: Option<&Book>,
    node: &Node,
    frame: Frame,
    frames: &[Frame],
    recent: &[u32],
) -> Option<u32> {
    let read = |node: &Node| {
        let told = book?.told(node.id)?;
        Some(told).filter(|told| !told.input.is_empty())
    };
    let Some(own) = read(node) else {
        let here = |at: &u32| {
            let other = frames.get(*at as usize);
            other.is_some_and(|other| other.nearest == frame.nearest)
        };
        let input = |node: &Node| node.call.as_deref().and_then(|call| call.usage.input);
        let of = |at: &u32| tree.nodes.get(*at as usize);
        let goes_on = |at: &u32| {
            let both = of(at).and_then(input).zip(input(node));
            both.is_some_and(|(was, is)| was <= is && was >= is / 2)
        };
        let same_model = |at: &u32| of(at).is_some_and(|other| model(other) == model(node));
        let latest =
            |wanted: &dyn Fn(&u32) -> bool| recent.iter().rev().copied().find(|at| wanted(at));
        return latest(&|at| here(at) && goes_on(at))
            .or_else(|| latest(&|at| goes_on(at)))
            .or_else(|| latest(&|at| here(at) && same_model(at)))
            .or_else(|| latest(&same_model));
    };
    let there = |at: &u32| {
        let other = read(tree.nodes.get(*at as usize)?)?;
        Some((goes_on(other, own)?, *at))
    };
    let found = recent.iter().rev().filter_map(there);
    // The latest of those that are surely before, else the latest that may be.
    let mut may_be = None;
    for (kin, at) in found {
        if kin == Kin::Sure {
            return Some(at);
        }
        may_be = may_be.or(Some(at));
    }
    may_be
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kin {
    /// Most of what was read is read again.
    Sure,
    /// It begins the same: the rest may have been made shorter, or be another conversation.
    May,
}

/// Whether a call goes on with what another read. Who reads nothing but the beginning of it begins
/// anew.
fn goes_on(before: &Told, after: &Told) -> Option<Kin> {
    let changes = between(before, after);
    let again = before.input.len() - changes.dropped.len();
    if changes.kept == after.input.len() {
        None
    } else if again * 2 > before.input.len() {
        Some(Kin::Sure)
    } else {
        (changes.kept > 0).then_some(Kin::May)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "test")]
mod tests {
    use super::*;
    use crate::model::detail::{Message, Part, Speaker};
    use crate::model::ids::NodeId;
    use crate::model::node::Call;

    fn tree(nodes: &[(NodeKind, Option<u32>, &str)]) -> Tree {
        let node = |(at, (kind, parent, agent)): (u64, &(NodeKind, Option<u32>, &str))| {
            let call = Call {
                agent: Some((*agent).into()),
                request_model: Some("m".into()),
                ..Call::default()
            };
            Node {
                parent: *parent,
                start: at,
                call: (*kind == NodeKind::Call).then(|| Box::new(call)),
                ..Node::missing(NodeId(at), *kind, agent, State::Ok)
            }
        };
        Tree {
            nodes: (0..).zip(nodes).map(node).collect(),
            ..Tree::default()
        }
    }

    const CALL: NodeKind = NodeKind::Call;

    #[test]
    fn without_words_the_latest_of_the_agent_is_before() {
        let tree = tree(&[
            (NodeKind::Turn, None, ""),
            (CALL, Some(0), "main"),
            (NodeKind::Tool, Some(0), "Agent"),
            (CALL, Some(2), "main"),
            (CALL, Some(2), "main"),
            (CALL, Some(0), "main"),
            (NodeKind::Turn, None, ""),
            (CALL, Some(6), "main"),
            (CALL, Some(6), "other"),
        ]);
        let before = before(&tree, None);
        assert_eq!(before[1], None);
        assert_eq!(
            (before[3], before[4]),
            (None, Some(3)),
            "a context of its own"
        );
        assert_eq!((before[5], before[7]), (Some(1), Some(5)));
        assert_eq!(before[8], None);
    }

    #[test]
    fn without_words_the_length_tells_what_goes_on() {
        let mut tree = tree(&[(CALL, None, "main"); 5]);
        let told = [
            (20_000, "large"),
            (300, "small"),
            (20_400, "large"),
            (20_900, "other"),
            (4_000, "large"),
        ];
        for (node, (input, model)) in tree.nodes.iter_mut().zip(told) {
            let call = node.call.as_mut().unwrap();
            call.usage.input = Some(input);
            call.request_model = Some(model.into());
        }
        let before = before(&tree, None);
        assert_eq!(
            before[1], None,
            "a call apart: much shorter, and to another model"
        );
        assert_eq!((before[2], before[3]), (Some(0), Some(2)));
        assert_eq!(before[4], Some(2), "made shorter, the same model goes on");
    }

    #[test]
    fn words_tell_conversations_apart() {
        let tree = tree(&[
            (CALL, None, "main"),
            (CALL, None, "main"),
            (CALL, None, "main"),
            (CALL, None, "main"),
            (CALL, None, "main"),
        ]);
        let mut book = Book::default();
        let inputs = [
            "sys|fix",
            "title|fix",
            "sys|fix|ok|more",
            "now 2|fix|ok|more",
            "elsewhere",
        ];
        for (at, text) in (0..).zip(inputs) {
            let message = |text: &str| Message {
                speaker: Speaker::User,
                output: false,
                parts: vec![Part::Text(text.to_owned())],
            };
            let messages = text.split('|').map(message).collect();
            book.tell(NodeId(at), messages, Vec::new(), None);
        }
        let before = before(&tree, Some(&book));
        assert_eq!(before[1], None, "one of two messages is not most");
        assert_eq!(before[2], Some(0));
        assert_eq!(before[3], Some(2), "only the first message differs");
        assert_eq!(before[4], None);
        let failed = |tree: &mut Tree| tree.nodes.get_mut(0).unwrap().state = State::Error;
        let mut tree = tree;
        failed(&mut tree);
        assert_eq!(super::before(&tree, Some(&book))[2], None);
    }
}
