//! A query asked of all nodes of a session, a slice at a time. What `under:` and `has:` ask for is a
//! stage of its own before the stages that need it: each stage asks every node once, parents before
//! children, and hands what it found down or up. So the work is nodes times terms, however deep.

use super::contents::Words;
use super::eval::{Around, Flat, Look, Scene};
use super::expr::{Expr, Query, Subject};
use super::field::Field;
use crate::model::node::Node;

/// Who is told what a stage found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum To {
    /// Those below a match: `under:`.
    Below,
    /// Those above a match: `has:`.
    Above,
    /// Nobody: it is the query itself.
    Nobody,
}

/// A query ready to be asked.
#[derive(Clone, Debug)]
pub struct Plan {
    stages: Vec<(Flat, To)>,
    /// What runs matches otherwise as time goes on.
    pub moves: bool,
}

impl Plan {
    /// The plan of a query; `None` of one that matches everything.
    pub fn of(query: &Query) -> Option<Self> {
        let mut stages = Vec::new();
        let last = flat(query.expr.as_ref()?, &mut stages);
        stages.push((last, To::Nobody));
        let is_time = |s: &Subject| matches!(s, Subject::Field(Field::Duration));
        Some(Self {
            stages,
            moves: query.asks(&is_time),
        })
    }
}

fn flat(expr: &Expr, stages: &mut Vec<(Flat, To)>) -> Flat {
    let mut all = |all: &[Expr]| -> Vec<Flat> {
        let mut all: Vec<Flat> = all.iter().map(|e| flat(e, stages)).collect();
        all.sort_by_key(Flat::is_dear);
        all
    };
    match expr {
        Expr::And(each) => Flat::And(all(each)),
        Expr::Or(each) => Flat::Or(all(each)),
        Expr::Not(inner) => Flat::Not(Box::new(flat(inner, stages))),
        Expr::Under(inner) => stage(inner, To::Below, stages),
        Expr::Has(inner) => stage(inner, To::Above, stages),
        Expr::Saved(_, query) => match &query.expr {
            Some(expr) => flat(expr, stages),
            None => Flat::And(Vec::new()),
        },
        Expr::Test(test) => Flat::of(test),
        Expr::Text(text) => Flat::Text(Words::new(text)),
    }
}

fn stage(inner: &Expr, to: To, stages: &mut Vec<(Flat, To)>) -> Flat {
    let inner = flat(inner, stages);
    stages.push((inner, to));
    Flat::Stage(stages.len() - 1)
}

/// How far a plan has come. When the nodes change meanwhile it goes on by place, so that it always
/// comes to an end; whoever wants to be sure asks once more.
#[derive(Clone, Debug)]
pub struct Pass {
    around: Around,
    /// What the stages that are over say of each node.
    found: Vec<Vec<bool>>,
    /// Matches of the stage that is asked, of the nodes so far.
    own: Vec<bool>,
}

impl Pass {
    /// Before the first node.
    pub fn new(scene: &Scene) -> Self {
        Self {
            around: Around::new(scene),
            found: Vec::new(),
            own: Vec::new(),
        }
    }

    /// Asks until about `budget` is spent, a term asked of a node costing one, and contents by what is
    /// done with their bytes; true when it has come to its end.
    pub fn advance(&mut self, plan: &Plan, scene: &Scene, budget: usize) -> bool {
        let mut spent = 0;
        while let Some((flat, to)) = plan.stages.get(self.found.len()) {
            while let Some(node) = scene.nodes.get(self.own.len()) {
                if spent >= budget {
                    return false;
                }
                spent += self.ask(flat, scene, node);
            }
            let own = std::mem::take(&mut self.own);
            self.found.push(match to {
                To::Nobody => own,
                To::Below => below(scene.nodes, &own),
                To::Above => above(scene.nodes, &own),
            });
            spent += scene.nodes.len() / 8;
        }
        true
    }

    fn ask(&mut self, flat: &Flat, scene: &Scene, node: &Node) -> usize {
        let at = self.own.len();
        if self.around.len() == at {
            self.around.learn(node);
        }
        let mut look = Look {
            scene: *scene,
            around: &self.around,
            stages: &self.found,
            at,
            node,
            cost: 1,
        };
        let matches = look.asks(flat);
        let cost = look.cost;
        self.own.push(matches);
        cost
    }

    /// How much of it is done, in percent.
    pub fn percent(&self, plan: &Plan, nodes: usize) -> usize {
        let all = plan.stages.len() * nodes;
        let done = self.found.len() * nodes + self.own.len();
        (done * 100).checked_div(all).unwrap_or(100).min(100)
    }

    /// Which nodes match, once it has come to its end.
    pub fn into_matches(mut self) -> Vec<bool> {
        self.found.pop().unwrap_or_default()
    }
}

/// A parent stands before its children; anything else is none.
fn parent(nodes: &[Node], at: usize) -> Option<usize> {
    let parent = nodes.get(at)?.parent? as usize;
    (parent < at).then_some(parent)
}

/// The nodes that have a match above them.
fn below(nodes: &[Node], own: &[bool]) -> Vec<bool> {
    let mut below = vec![false; own.len()];
    for at in 0..own.len() {
        if let Some(parent) = parent(nodes, at) {
            below[at] = own[parent] || below[parent];
        }
    }
    below
}

/// The nodes that have a match below them.
fn above(nodes: &[Node], own: &[bool]) -> Vec<bool> {
    let mut above = vec![false; own.len()];
    for at in (0..own.len()).rev() {
        if let Some(parent) = parent(nodes, at).filter(|_| own[at] || above[at]) {
            above[parent] = true;
        }
    }
    above
}

/// Which nodes of a session match a query, all at once.
pub fn matches(query: &Query, scene: &Scene) -> Vec<bool> {
    let Some(plan) = Plan::of(query) else {
        return vec![true; scene.nodes.len()];
    };
    let mut pass = Pass::new(scene);
    while !pass.advance(&plan, scene, usize::MAX) {}
    pass.into_matches()
}
