//! Rules over sessions and nodes: what a person should look at. A [`Walk`] shows every node of a
//! session to every check, once; what it has come to ([`Judged`]) says at any later time what is
//! found then. No rule changes the picture.

mod answers;
mod broken;
mod context;
mod ends;
mod evidence;
mod metrics;
mod pace;
mod repeats;
mod rules;
mod session;
mod sums;
mod timing;
mod verdicts;
mod walk;
mod watch;
mod words;

pub use rules::{RULES, Rule, rule, table};
pub use walk::{Judged, Walk};
pub use watch::Watch;
pub use words::count;

use crate::model::correlate::Lore;
use crate::model::finding::Finding;
use crate::model::node::{SessionSummary, Tree};
use crate::model::store::Store;
use std::cmp::Reverse;

/// What is found in a session of which nothing more will come, in the order of [`sort`].
pub fn of_session(session: &SessionSummary, tree: &Tree) -> Vec<Finding> {
    let mut walk = Walk::new(session);
    walk.nodes(&tree.nodes);
    let now = session.last_arrival.max(session.end);
    let mut found = walk.end(session).at(session, now, true);
    sort(&mut found);
    found
}

/// The same, with what contents and prices tell of it.
pub fn told(session: &SessionSummary, tree: &Tree, store: &Store, lore: &dyn Lore) -> Vec<Finding> {
    let mut walk = Walk::new(session);
    walk.nodes(&tree.nodes);
    let mut known = broken::Explained::default();
    while walk.explain(store, lore, &mut known).is_some() {}
    let now = session.last_arrival.max(session.end);
    let mut found = walk.end(session).at(session, now, true);
    sort(&mut found);
    found
}

/// The gravest first, and of those the earliest.
pub fn sort(found: &mut [Finding]) {
    found.sort_by_key(|f| (Reverse(f.severity), f.at, f.session, f.node, f.rule));
}
