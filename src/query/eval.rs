//! One node, asked. Structure is not looked at here: what stands above and below was asked before
//! (`pass.rs`) and is looked up.

use super::contents::{Contents, Words, scalars};
use super::expr::{Op, Subject, Test, Value};
use super::field::Field;
use super::number::{Number, Unit};
use super::text::{contains, is_same};
use crate::model::figures::Figures;
use crate::model::finding::Finding;
use crate::model::ids::NodeId;
use crate::model::node::{Call, Node, NodeKind, SessionSummary, State};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// A session to be asked: everything is borrowed for one slice.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// Its summary.
    pub session: &'a SessionSummary,
    /// Its nodes, in preorder.
    pub nodes: &'a [Node],
    /// What was found, in any session.
    pub findings: &'a [Finding],
    /// What was sent with the nodes.
    pub contents: &'a dyn Contents,
    /// What runs lasts until now, ns since the epoch.
    pub now: u64,
}

/// Bytes of contents that cost as much as asking one term of one node, some 30 ns: looked through for
/// words, decoded, and parsed into messages.
const SEARCHED: usize = 64;
pub(super) const DECODED: usize = 8;
const PARSED: usize = 2;

/// What a node's ancestors are to it, known for all nodes so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Around {
    /// The nearest agent, the node itself included.
    agent: Vec<Option<Arc<str>>>,
    /// The number of the turn it is in, from 1.
    turn: Vec<u64>,
    turns: u64,
    /// Rules by the node that they are about.
    findings: FxHashMap<NodeId, Vec<&'static str>>,
}

impl Around {
    pub fn new(scene: &Scene) -> Self {
        let mut around = Self::default();
        for finding in scene
            .findings
            .iter()
            .filter(|f| f.session == scene.session.id)
        {
            // What is about the whole session stands at no row.
            if let Some(node) = finding.node {
                around.findings.entry(node).or_default().push(finding.rule);
            }
        }
        around
    }

    /// Learns of the next node; its parent is known.
    pub fn learn(&mut self, node: &Node) {
        let above = node.parent.map(|p| p as usize);
        let agent = match node.kind {
            NodeKind::Agent => Some(node.name.clone()),
            _ => above.and_then(|p| self.agent.get(p).cloned().flatten()),
        };
        let caller = node.call.as_ref().and_then(|c| c.agent.clone());
        self.agent.push(caller.or(agent));
        let begins = above.is_none() && node.kind == NodeKind::Turn;
        self.turns += u64::from(begins);
        let turn = match above {
            Some(p) => self.turn.get(p).copied().unwrap_or(0),
            None if begins => self.turns,
            None => 0,
        };
        self.turn.push(turn);
    }

    /// Nodes that it knows of.
    pub fn len(&self) -> usize {
        self.turn.len()
    }
}

/// An expression without structure, ready to be asked.
#[derive(Clone, Debug)]
pub(super) enum Flat {
    And(Vec<Flat>),
    Or(Vec<Flat>),
    Not(Box<Flat>),
    /// What an earlier stage found.
    Stage(usize),
    Text(Words),
    Words(Field, Op, Words),
    Known(Subject),
    Number(Field, Op, Number),
    Attr(Arc<str>, Op, Words, Option<f64>),
}

impl Flat {
    pub fn of(asked: &Test) -> Self {
        match (&asked.subject, &asked.value) {
            (subject, Value::Any) => Self::Known(subject.clone()),
            (Subject::Field(field), Value::Number(n)) => Self::Number(*field, asked.op, *n),
            (Subject::Field(field), Value::Text(text)) => {
                Self::Words(*field, asked.op, Words::new(text))
            }
            (Subject::Attr(key), Value::Text(text)) => {
                Self::Attr(key.clone(), asked.op, Words::new(text), text.parse().ok())
            }
            // The parser makes no numbers for attributes.
            (Subject::Attr(key), Value::Number(n)) => {
                Self::Attr(key.clone(), asked.op, Words::new(&n.to_string()), None)
            }
        }
    }

    /// Contents have to be read for it: asked last.
    pub fn is_dear(&self) -> bool {
        match self {
            Self::And(all) | Self::Or(all) => all.iter().any(Self::is_dear),
            Self::Not(inner) => inner.is_dear(),
            Self::Text(_) | Self::Attr(..) | Self::Known(Subject::Attr(_)) => true,
            Self::Words(field, ..) | Self::Known(Subject::Field(field)) => *field == Field::Text,
            Self::Stage(_) | Self::Number(..) => false,
        }
    }
}

/// One node that is asked, and what that has cost so far.
pub(super) struct Look<'a> {
    pub scene: Scene<'a>,
    pub around: &'a Around,
    /// What the stages before found, by stage and node.
    pub stages: &'a [Vec<bool>],
    pub at: usize,
    pub node: &'a Node,
    pub cost: usize,
}

impl Look<'_> {
    pub fn asks(&mut self, flat: &Flat) -> bool {
        self.cost += 1;
        match flat {
            Flat::And(all) => all.iter().all(|f| self.asks(f)),
            Flat::Or(all) => all.iter().any(|f| self.asks(f)),
            Flat::Not(inner) => !self.asks(inner),
            Flat::Stage(n) => self
                .stages
                .get(*n)
                .is_some_and(|s| s.get(self.at) == Some(&true)),
            Flat::Text(words) => {
                self.row_says(words)
                    || self.may_hold(words) && {
                        self.read(PARSED);
                        self.scene.contents.says(self.node, words)
                    }
            }
            Flat::Known(subject) => self.knows(subject),
            Flat::Words(field, op, words) => self.has_words(*field, *op, words),
            Flat::Number(field, op, number) => {
                let told = self.number(*field, number.unit);
                told.map_or(*op == Op::IsNot, |n| op.holds(n.cmp(&number.n)))
            }
            Flat::Attr(key, op, words, number) => self.has_attribute(key, *op, words, *number),
        }
    }

    /// Contents are read for this node; so many of their bytes cost as much as asking one term.
    fn read(&mut self, bytes: usize) {
        self.cost += 8 + self.scene.contents.weight(self.node) / bytes;
    }

    fn may_hold(&mut self, words: &Words) -> bool {
        self.read(SEARCHED);
        self.scene.contents.may_hold(self.node, words)
    }

    /// What stands in the row holds the words.
    fn row_says(&mut self, words: &Words) -> bool {
        let (node, call) = (self.node, self.node.call.as_deref());
        let fields = [
            Some(&node.name),
            node.detail.as_ref(),
            node.error.as_ref(),
            call.and_then(|c| c.response_model.as_ref()),
            call.and_then(|c| c.request_model.as_ref()),
        ];
        self.cost += 2;
        let mut fields = fields.into_iter().flatten();
        fields.any(|text| contains(text, words.plain()))
    }

    fn has_words(&mut self, field: Field, op: Op, words: &Words) -> bool {
        if field == Field::Text {
            let holds = self.may_hold(words) && {
                self.read(PARSED);
                self.scene.contents.holds(self.node, words)
            };
            return holds != (op == Op::IsNot);
        }
        let exact = matches!(op, Op::Is | Op::IsNot);
        let mut found = false;
        self.texts(field, &mut |text| {
            found |= if exact {
                is_same(text, words.plain())
            } else {
                contains(text, words.plain())
            };
        });
        found != (op == Op::IsNot)
    }

    fn has_attribute(&mut self, key: &str, op: Op, words: &Words, number: Option<f64>) -> bool {
        self.read(DECODED);
        let mut found = false;
        let mut compare = |text: &str| {
            let told = number.and_then(|n| Some((text.parse::<f64>().ok()?, n)));
            found |= match (op, told) {
                (Op::Colon | Op::Contains, _) => words.are_in(text),
                (Op::Is | Op::IsNot, Some((told, n))) => {
                    told.partial_cmp(&n).is_some_and(std::cmp::Ordering::is_eq)
                }
                (Op::Is | Op::IsNot, None) => is_same(text, words.plain()),
                (_, told) => told
                    .and_then(|(told, n)| told.partial_cmp(&n))
                    .is_some_and(|order| op.holds(order)),
            };
        };
        let each = &mut |value: &_| scalars(value, &mut compare);
        self.scene.contents.attribute(self.node, key, each);
        found != (op == Op::IsNot)
    }

    fn knows(&mut self, subject: &Subject) -> bool {
        let mut known = false;
        match subject {
            Subject::Attr(key) => {
                self.read(DECODED);
                self.scene
                    .contents
                    .attribute(self.node, key, &mut |_| known = true);
            }
            Subject::Field(Field::Text) => {
                self.read(DECODED);
                self.scene
                    .contents
                    .attributes(self.node, &mut |_, _| known = true);
            }
            Subject::Field(field) => {
                known = self.number(*field, Unit::Count).is_some();
                self.texts(*field, &mut |text| known |= !text.is_empty());
            }
        }
        known
    }

    /// The texts of a field.
    pub fn texts(&self, field: Field, each: &mut dyn FnMut(&str)) {
        let node = self.node;
        let call = node.call.as_deref();
        match field {
            Field::Name => each(&node.name),
            Field::Tool if node.kind == NodeKind::Tool => each(&node.name),
            Field::Model => {
                let models = call
                    .into_iter()
                    .flat_map(|c| [&c.response_model, &c.request_model]);
                models.flatten().for_each(|model| each(model));
            }
            Field::Provider => {
                if let Some(provider) = call.and_then(|c| c.provider.as_ref()) {
                    each(provider);
                }
            }
            Field::Agent => {
                if let Some(agent) = self.around.agent.get(self.at).and_then(Option::as_ref) {
                    each(agent);
                }
            }
            Field::Status => each(match node.state {
                State::Running(_) => "running",
                State::Ok => "ok",
                State::Error => "error",
                State::Abandoned => "abandoned",
            }),
            Field::Kind => {
                each(kind(node.kind));
                if node.mcp {
                    each("mcp");
                }
            }
            Field::Session => {
                let session = self.scene.session;
                for told in [&session.title, &session.key, &session.emitter] {
                    each(told);
                }
                each(&format!("{:016x}", session.id.0));
            }
            Field::Finding => {
                let rules = self.around.findings.get(&node.id).into_iter().flatten();
                rules.for_each(|rule| each(rule));
            }
            Field::Error => node.error.iter().for_each(|error| each(error)),
            Field::Finish => {
                let reasons = call.into_iter().flat_map(|c| &c.finish_reasons);
                reasons.for_each(|reason| each(reason));
            }
            Field::Trace => node.sources.iter().for_each(|s| each(&s.trace.to_string())),
            Field::Span => node.sources.iter().for_each(|s| each(&s.span.to_string())),
            _ => {}
        }
    }

    /// The number of a field: what the row shows. A call's own, the sum for what has calls below.
    fn number(&self, field: Field, unit: Unit) -> Option<u64> {
        let (node, call) = (self.node, self.node.call.as_deref());
        let phases = call.map(|c| &c.phases);
        let sums: Option<&Figures> =
            Some(&node.rolled).filter(|f| call.is_none() && f.model_calls > 0);
        let usage = call.map(|c| &c.usage).or(sums.map(|f| &f.usage));
        match field {
            Field::Duration if node.end.is_some() || node.state.is_running() => {
                Some(node.duration(self.scene.now))
            }
            Field::Start => Some(node.start.saturating_sub(self.scene.session.start)),
            Field::Turn => self.around.turn.get(self.at).copied().filter(|t| *t > 0),
            Field::Ttft => phases?.ttft,
            Field::Queue => phases?.queue,
            Field::Prefill => phases?.prefill,
            Field::Decode => phases?.decode,
            Field::Speed => call?.decode_tokens_per_s().map(thousandths),
            Field::Cost => Some(match call {
                Some(call) => call.cost?.0,
                None => sums?.cost?.0,
            }),
            Field::Input => usage?.input,
            Field::Output => usage?.output,
            Field::Reasoning => usage?.reasoning,
            Field::Cached if unit == Unit::Share => {
                let (read, input) = (usage?.cache_read?, usage?.input.filter(|n| *n > 0)?);
                u64::try_from(u128::from(read) * 100_000 / u128::from(input)).ok()
            }
            Field::Cached => usage?.cache_read,
            Field::Context => call.and_then(Call::context),
            Field::Attempts => call.map(|c| u64::from(c.attempts)),
            _ => None,
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a speed, compared to three places"
)]
fn thousandths(rate: f64) -> u64 {
    (rate * 1e3).round() as u64
}

pub(super) fn kind(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Turn => "turn",
        NodeKind::Workflow => "workflow",
        NodeKind::Agent => "agent",
        NodeKind::Call => "call",
        NodeKind::Tool => "tool",
        NodeKind::Retrieval => "retrieval",
        NodeKind::Embedding => "embedding",
        NodeKind::Wait => "wait",
        NodeKind::Other => "other",
    }
}
