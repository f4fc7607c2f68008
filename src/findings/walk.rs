//! The walk over a session's nodes: each check sees each node once, in preorder, with the place
//! where it stands. Nothing recurses, nothing is kept of a node but what a check asks for.

use super::broken::{Broken, Explained};
use super::rules::{CACHE_LOST, Rule};
use super::{answers, context, ends, evidence, pace, repeats, sums, timing, verdicts};
use crate::model::correlate::Lore;
use crate::model::evidence::key_of;
use crate::model::finding::{Finding, Severity};
use crate::model::ids::{NodeId, SessionId};
use crate::model::node::{Node, NodeKind, SessionSummary};
use crate::model::store::Store;

/// Where a node stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// The run of an agent that it is part of, else its root.
    pub run: NodeId,
    /// What goes on from turn to turn: the outermost agent by name, a sub-agent by its run.
    pub lane: u64,
    /// The number of its root among all.
    pub root: u32,
    /// Agents above it and itself.
    agents: u32,
}

/// A node that is looked at.
pub(super) struct At<'a> {
    pub node: &'a Node,
    pub place: Place,
    /// The nodes below it.
    pub below: &'a [Node],
}

/// What has been found so far.
pub(super) struct Found {
    session: SessionId,
    pub list: Vec<Finding>,
    /// Lost caches of which it is not said yet what they broke at.
    pub broken: Vec<Broken>,
}

impl Found {
    /// Adds a finding about a node.
    pub fn add(&mut self, rule: &'static Rule, node: &Node, message: String, evidence: String) {
        self.mild(rule, rule.severity, node, message, evidence);
    }

    /// The same, less grave than the rule can be.
    pub fn mild(
        &mut self,
        rule: &'static Rule,
        severity: Severity,
        node: &Node,
        message: String,
        evidence: String,
    ) {
        self.list.push(Finding {
            rule: rule.name,
            severity,
            session: self.session,
            node: Some(node.id),
            at: node.start,
            message,
            evidence,
        });
    }
}

/// One check: what it needs to remember, and what it says.
pub(super) trait Check {
    /// Looks at a node.
    fn look(&mut self, at: &At<'_>, found: &mut Found);
    /// All nodes have been seen.
    fn close(&mut self, _found: &mut Found) {}
}

/// A walk over one session.
pub struct Walk {
    checks: Vec<Box<dyn Check>>,
    pace: pace::Paces,
    orphans: ends::Orphans,
    found: Found,
    places: Vec<Place>,
    roots: u32,
}

/// What a walk has come to: what is certain, and what time will tell.
pub struct Judged {
    found: Vec<Finding>,
    open: pace::Open,
    orphans: ends::Orphans,
}

impl Walk {
    /// The beginning of a walk over a session.
    pub fn new(session: &SessionSummary) -> Self {
        Self {
            checks: vec![
                Box::<repeats::Loops>::default(),
                Box::<repeats::Errors>::default(),
                Box::<answers::Answers>::default(),
                Box::<answers::Shift>::default(),
                Box::<context::Context>::default(),
                Box::<ends::Unanswered>::default(),
                Box::<sums::Claims>::default(),
                Box::<verdicts::Verdicts>::default(),
                Box::<evidence::Evidence>::default(),
                Box::<timing::Timing>::default(),
            ],
            pace: pace::Paces::default(),
            orphans: ends::Orphans::default(),
            found: Found {
                session: session.id,
                list: Vec::new(),
                broken: Vec::new(),
            },
            places: Vec::new(),
            roots: 0,
        }
    }

    /// Looks at nodes: a tree, or a part of it with its own roots; parts in order of start.
    pub fn nodes(&mut self, nodes: &[Node]) {
        self.places.clear();
        for (i, node) in nodes.iter().enumerate() {
            let above = node.parent.and_then(|p| self.places.get(p as usize));
            let place = place(node, above.copied(), self.roots);
            self.roots += u32::from(node.parent.is_none());
            self.places.push(place);
            let below = i + 1
                ..i.saturating_add(1)
                    .saturating_add(node.descendants as usize);
            let at = At {
                node,
                place,
                below: nodes.get(below).unwrap_or_default(),
            };
            for check in &mut self.checks {
                check.look(&at, &mut self.found);
            }
            self.pace.look(&at);
            self.orphans.look(&at);
        }
    }

    /// Says of one finding more what is not told by nodes; what that cost, in bytes read. `None` when
    /// all is said.
    pub(super) fn explain(
        &mut self,
        store: &Store,
        lore: &dyn Lore,
        known: &mut Explained,
    ) -> Option<usize> {
        let broken = self.found.broken.pop()?;
        let (why, bytes) = broken.why(store, lore, known);
        let about = |f: &&mut Finding| f.rule == CACHE_LOST.name && f.node == Some(broken.node);
        let finding = self.found.list.iter_mut().find(about);
        if let Some(finding) = finding.filter(|_| !why.is_empty()) {
            finding.evidence = format!("{}; {why}", finding.evidence);
        }
        Some(bytes)
    }

    /// The end of the walk.
    pub fn end(mut self, session: &SessionSummary) -> Judged {
        for check in &mut self.checks {
            check.close(&mut self.found);
        }
        let mut found = self.found.list;
        super::session::look(session, &mut found);
        super::metrics::look(session, &mut found);
        Judged {
            found,
            open: self.pace.open(),
            orphans: self.orphans,
        }
    }
}

impl Judged {
    /// What is found at a time, ns since the epoch. `over` says that nothing more will come.
    pub fn at(&self, session: &SessionSummary, now: u64, over: bool) -> Vec<Finding> {
        let mut found = self.found.clone();
        // A recording stands still where the last of it came.
        let now = if over { session.last_arrival } else { now };
        self.open.at(session, now, &mut found);
        self.orphans.at(session, now, over, &mut found);
        found
    }
}

fn place(node: &Node, above: Option<Place>, roots: u32) -> Place {
    let agent = node.kind == NodeKind::Agent;
    match above {
        Some(above) if !agent => above,
        Some(above) => Place {
            run: node.id,
            lane: if above.agents == 0 {
                key_of(&*node.name)
            } else {
                node.id.0
            },
            agents: above.agents + 1,
            ..above
        },
        None => Place {
            run: match node.kind {
                // Calls and tools that are traces of their own go on with each other.
                NodeKind::Call | NodeKind::Tool | NodeKind::Other => NodeId(0),
                _ => node.id,
            },
            lane: if agent { key_of(&*node.name) } else { 0 },
            root: roots,
            agents: u32::from(agent),
        },
    }
}
