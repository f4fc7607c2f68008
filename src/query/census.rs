//! What values there are: tools, models, agents and other texts of the table, the keys of
//! attributes, and the values of one of them. Taken in slices, for completion and for facets.

use super::contents::scalars;
use super::eval::{Around, DECODED, Look, Scene};
use super::expr::Subject;
use super::field::{FIELDS, Field, Kind};
use crate::model::node::NodeKind;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Values of an attribute are told apart by so many characters.
pub const LONGEST: usize = 200;

/// An agent, where one is known, and a tool that it ran.
pub type Run = (Option<Arc<str>>, Arc<str>);

/// What was seen, and on how many rows.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Rows that have it.
    pub subjects: BTreeMap<Subject, usize>,
    /// Its values, and rows that have them: of fields with few values, and of the one attribute
    /// that was asked for.
    pub values: BTreeMap<Subject, BTreeMap<Arc<str>, usize>>,
    runs: BTreeMap<Run, usize>,
}

impl Seen {
    /// The values of a field or attribute, most frequent first.
    pub fn values_of(&self, subject: &Subject) -> Vec<(&str, usize)> {
        let values = self.values.get(subject).into_iter().flatten();
        let mut values: Vec<_> = values.map(|(v, n)| (&**v, *n)).collect();
        values.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        values
    }

    /// How often which agent ran which tool, most often first.
    pub fn runs(&self) -> Vec<(&Run, usize)> {
        let mut runs: Vec<_> = self.runs.iter().map(|(run, n)| (run, *n)).collect();
        runs.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        runs
    }

    fn note(&mut self, subject: &Subject, value: &str) {
        let values = self.values.entry(subject.clone()).or_default();
        if let Some(n) = values.get_mut(value) {
            *n += 1;
        } else {
            values.insert(value.into(), 1);
        }
    }
}

/// Fields whose values are listed.
fn listed(field: Field) -> bool {
    let few = matches!(
        field,
        Field::Tool
            | Field::Model
            | Field::Agent
            | Field::Provider
            | Field::Finish
            | Field::Finding
            | Field::Error
    );
    few || matches!(field.info().kind, Kind::Word(_))
}

/// A look at what there is, and how far it has come.
#[derive(Clone, Debug)]
pub struct Census {
    around: Around,
    /// The attribute whose values are taken.
    of: Option<Subject>,
    /// Nodes that count; none is all.
    only: Option<Arc<[u32]>>,
    at: usize,
    next: usize,
    seen: Seen,
}

impl Census {
    /// Before the first node. `of` is the attribute whose values are wanted too; `only` are the
    /// nodes that count, in order.
    pub fn new(scene: &Scene, of: Option<Subject>, only: Option<Arc<[u32]>>) -> Self {
        Self {
            around: Around::new(scene),
            of,
            only,
            at: 0,
            next: 0,
            seen: Seen::default(),
        }
    }

    /// Looks at more nodes, as far as the budget goes (see [`super::Pass::advance`]); true at the end.
    pub fn advance(&mut self, scene: &Scene, budget: usize) -> bool {
        let mut spent = 0;
        while let Some(node) = scene.nodes.get(self.at) {
            if spent >= budget {
                return false;
            }
            spent += 1;
            self.around.learn(node);
            let at = u32::try_from(self.at).unwrap_or(u32::MAX);
            let counts = match &self.only {
                Some(only) => only.get(self.next) == Some(&at),
                None => true,
            };
            if counts {
                self.next += 1;
                spent += 30 + scene.contents.weight(node) / DECODED;
                let look = Look {
                    scene: *scene,
                    around: &self.around,
                    stages: &[],
                    at: self.at,
                    node,
                    cost: 0,
                };
                note(&look, self.of.as_ref(), &mut self.seen);
            }
            self.at += 1;
        }
        true
    }

    /// What was seen so far.
    pub fn into_seen(self) -> Seen {
        self.seen
    }
}

fn note(look: &Look, of: Option<&Subject>, seen: &mut Seen) {
    for info in FIELDS.iter().filter(|i| listed(i.field)) {
        let subject = Subject::Field(info.field);
        let (mut any, mut values) = (false, Vec::new());
        look.texts(info.field, &mut |text| {
            any = true;
            if !values.iter().any(|v| v == text) {
                values.push(text.to_owned());
            }
        });
        if any {
            *seen.subjects.entry(subject.clone()).or_default() += 1;
        }
        for value in &values {
            seen.note(&subject, value);
        }
    }
    if look.node.kind == NodeKind::Tool {
        let mut agent = None;
        look.texts(Field::Agent, &mut |name| agent = Some(name.into()));
        let run = (agent, look.node.name.clone());
        *seen.runs.entry(run).or_default() += 1;
    }
    let (mut keys, mut values) = (Vec::new(), Vec::new());
    look.scene
        .contents
        .attributes(look.node, &mut |key, value| {
            let new = !keys
                .iter()
                .any(|k: &Subject| matches!(k, Subject::Attr(k) if **k == *key));
            if new {
                keys.push(Subject::Attr(key.into()));
            }
            if matches!(of, Some(Subject::Attr(of)) if **of == *key) {
                scalars(value, &mut |text| {
                    let end = text
                        .char_indices()
                        .nth(LONGEST)
                        .map_or(text.len(), |(i, _)| i);
                    let text = text[..end].to_owned();
                    if !values.contains(&text) {
                        values.push(text);
                    }
                });
            }
        });
    if let Some(of) = of {
        for value in &values {
            seen.note(of, value);
        }
    }
    for key in keys {
        *seen.subjects.entry(key).or_default() += 1;
    }
}
