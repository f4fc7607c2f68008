//! What is like a row: the same tool run by the same agent, or the same model asked by it. On any
//! other row, all pairs of an agent and a tool, to pick one from.

use super::Picture;
use super::facets::Facets;
use super::state::{Mode, UiState};
use crate::model::node::{NodeKind, Tree};
use crate::query::{Expr, Field, Op, Query, Subject, Test, Value};
use std::sync::Arc;

impl UiState {
    /// Asks for all that is like the selected row, or lists what can be asked for.
    pub(super) fn show_alike(&mut self, picture: &Picture) {
        let tree = picture.tree.filter(|_| picture.session == self.session);
        let node = self
            .selected()
            .and_then(|node| Some((tree?, tree?.find(node)?)));
        match node.and_then(|(tree, at)| like(tree, at)) {
            Some(query) => self.ask(query),
            None => self.mode = Mode::Facets(Box::new(Facets::runs())),
        }
    }
}

/// What a tool's run or a model's call is found by, and those like it.
fn like(tree: &Tree, at: usize) -> Option<String> {
    let node = tree.nodes.get(at)?;
    let agent = agent(tree, at);
    match node.kind {
        NodeKind::Tool => Some(runs(agent.as_deref(), &node.name)),
        NodeKind::Call => {
            let model = crate::model::lanes::model(node)?;
            let call = test(Field::Kind, Op::Colon, Value::Text("call".into()));
            let model = test(Field::Model, Op::Is, Value::Text(model.clone()));
            Some(all(vec![call, by(agent.as_deref()), model]))
        }
        _ => None,
    }
}

/// The query for the runs of a tool by an agent; without one, for those that no agent is known of.
pub(super) fn runs(agent: Option<&str>, tool: &str) -> String {
    let tool = test(Field::Tool, Op::Is, Value::Text(tool.into()));
    all(vec![by(agent), tool])
}

fn by(agent: Option<&str>) -> Expr {
    match agent {
        Some(agent) => test(Field::Agent, Op::Is, Value::Text(agent.into())),
        None => Expr::Not(Box::new(test(Field::Agent, Op::Colon, Value::Any))),
    }
}

fn test(field: Field, op: Op, value: Value) -> Expr {
    let subject = Subject::Field(field);
    Expr::Test(Test { subject, op, value })
}

fn all(tests: Vec<Expr>) -> String {
    let expr = Some(Expr::And(tests));
    Query { expr }.to_string()
}

/// Who did it, as `agent:` of the query language says it.
fn agent(tree: &Tree, at: usize) -> Option<Arc<str>> {
    let mut at = Some(at);
    while let Some(node) = at.and_then(|at| tree.nodes.get(at)) {
        let caller = node.call.as_ref().and_then(|call| call.agent.clone());
        let own = (node.kind == NodeKind::Agent).then(|| node.name.clone());
        if let Some(agent) = caller.or(own) {
            return Some(agent);
        }
        // A parent stands before what is in it, so this comes to an end.
        at = node
            .parent
            .map(|up| up as usize)
            .filter(|up| at.is_some_and(|at| *up < at));
    }
    None
}
