//! The nodes themselves: what each seed says, in preorder, with sums rolled up.

use super::groups::Groups;
use super::order::{children, inherit_agents, preorder, settle_frames, settle_missing};
use super::pieces::Forest;
use super::place::{Group, Places, Seed};
use super::{Context, Unit, call, figures, presume};
use crate::model::evidence::{Field, Op, key_of};
use crate::model::ids::{NodeId, SpanId, TraceId};
use crate::model::node::{Node, NodeKind, State};
use std::collections::HashSet;
use std::sync::Arc;

/// So a prompt's title begins whose words were not to be sent.
pub const WITHHELD: &str = "<REDACTED";

/// Stands for a prompt of which only what it set off has come.
const NO_PROMPT: &str = "prompt not received yet";

/// A person takes longer to see a question and answer it.
const FASTEST_ANSWER_NS: u64 = 200_000_000;

/// What nodes are made from.
pub(super) struct Builder<'a> {
    pub(super) cx: &'a Context<'a>,
    pub(super) forest: &'a Forest<'a>,
    pub(super) groups: &'a Groups,
    pub(super) places: &'a Places,
    /// The seeds below each seed.
    children: Vec<Vec<usize>>,
}

/// Builds the unit.
pub fn unit(cx: &Context<'_>, forest: &Forest<'_>, groups: &Groups, places: &Places) -> Unit {
    let builder = Builder {
        cx,
        forest,
        groups,
        places,
        children: children(&places.parent),
    };
    let seeds = places.seeds.iter().enumerate();
    let mut drafts: Vec<Node> = seeds.map(|(i, seed)| builder.node(i, *seed)).collect();
    builder.go_on(&mut drafts);
    let mut nodes = preorder(drafts, &places.parent);
    settle_frames(&mut nodes, &builder.nameless());
    settle_missing(&mut nodes);
    inherit_agents(&mut nodes);
    let continuation = builder.continuation();
    figures::roll_up(&mut nodes, continuation);
    let mut unit = Unit {
        nodes,
        continuation,
        cycles: forest.cycles,
        threads: builder.threads(),
        ..Unit::default()
    };
    unit.presumed = presume::presume(&unit.nodes);
    builder.describe(&mut unit);
    unit
}

impl Builder<'_> {
    fn node(&self, seed_index: usize, seed: Seed) -> Node {
        match seed {
            Seed::Group(rep) => match self.places.groups.get(&rep) {
                Some(group) => self.of_group(group, seed_index),
                None => Node::missing(NodeId(0), NodeKind::Other, "", self.running()),
            },
            Seed::Missing(key) => self.of_missing(seed_index, key),
            Seed::Agent(id) => {
                let mut node = Node::missing(
                    NodeId(key_of(("agent", id))),
                    NodeKind::Agent,
                    "agent?",
                    self.running(),
                );
                node.arrived = true; // no span will come: its calls are all that tells of it
                if let Some(name) = self.name_from_children(seed_index) {
                    node.name = name;
                }
                node
            }
            Seed::TraceTurn(trace) => self.turn_of_trace(seed_index, trace),
            Seed::PromptTurn(prompt) => Node::missing(
                NodeId(key_of(("prompt", prompt))),
                NodeKind::Turn,
                NO_PROMPT,
                self.running(),
            ),
        }
    }

    pub(super) fn text(&self, group: &Group, field: Field) -> Option<Arc<str>> {
        let found = group
            .pieces
            .iter()
            .find_map(|&i| self.forest.pieces[i].evidence.facts.text(field));
        found.map(|sym| self.cx.texts.text(sym))
    }

    pub(super) fn number(&self, group: &Group, field: Field) -> Option<u64> {
        group
            .pieces
            .iter()
            .find_map(|&i| self.forest.pieces[i].number(field))
    }

    fn of_missing(&self, seed_index: usize, key: (TraceId, SpanId)) -> Node {
        let id = NodeId(key_of(("span", key)));
        let named = self.places.names.get(&seed_index);
        let (kind, name) = match named {
            _ if self.places.is_turn(&Seed::Missing(key)) => (NodeKind::Turn, NO_PROMPT),
            Some(&name) => (NodeKind::Agent, self.cx.texts.str(name)),
            None => (NodeKind::Other, ""),
        };
        Node::missing(id, kind, name, self.running())
    }

    /// A turn goes on while prompts that a machine made below it do.
    fn go_on(&self, drafts: &mut [Node]) {
        for (i, seed) in self.places.seeds.iter().enumerate() {
            let Seed::Group(rep) = seed else { continue };
            let made = self.places.groups.get(rep);
            let made = made.filter(|g| g.op == Op::Turn && self.flag(g, Field::Machine));
            let Some(up) = made.and(self.places.parent[i]).filter(|&up| up != i) else {
                continue;
            };
            let (end, state) = (drafts[i].end, drafts[i].state);
            let turn = &mut drafts[up];
            if turn.kind != NodeKind::Turn {
                continue;
            }
            match end {
                Some(end) => turn.end = turn.end.map(|before| before.max(end)),
                None if matches!(state, State::Ok | State::Error) => {}
                None => (turn.end, turn.state) = (None, state),
            }
        }
    }

    pub(super) fn children(&self, seed_index: usize) -> impl Iterator<Item = &Group> {
        let seeds = self.children.get(seed_index).into_iter().flatten();
        seeds.filter_map(|&i| match self.places.seeds.get(i) {
            Some(Seed::Group(rep)) => self.places.groups.get(rep),
            _ => None,
        })
    }

    fn name_from_children(&self, seed_index: usize) -> Option<Arc<str>> {
        let own = self
            .children(seed_index)
            .find_map(|g| self.text(g, Field::AgentName));
        own.or_else(|| self.name_from_host(seed_index))
    }

    /// The name that the tool run was given which started an agent.
    fn name_from_host(&self, seed_index: usize) -> Option<Arc<str>> {
        let up = self.places.parent.get(seed_index).copied().flatten()?;
        match self.places.seeds.get(up)? {
            Seed::Group(host) => self.text(self.places.groups.get(host)?, Field::Subagent),
            _ => None,
        }
    }

    fn of_group(&self, group: &Group, seed_index: usize) -> Node {
        let anchor = &self.forest.pieces[group.anchor];
        let (kind, internal) = self.kind(group);
        let (mut name, detail) = self.name(group);
        let detail = self.detail(group, detail);
        if group.op == Op::Agent && self.text(group, Field::AgentName).is_none() {
            // A span without a name may frame the agents that its children name.
            let below = || self.name_from_children(seed_index);
            let known = self.name_from_host(seed_index);
            let known = if group.records_only { below() } else { known };
            name = known.unwrap_or(name);
        }
        let call = matches!(kind, NodeKind::Call)
            .then(|| Box::new(call::read(self.cx, self.forest, self.groups, group)));
        let (start, end) = self.times(group);
        let record_id = NodeId(self.record_identity(group));
        let id = anchor
            .key
            .map_or(record_id, |key| NodeId(key_of(("span", key))));
        Node {
            id,
            alias: record_id,
            parent: None,
            depth: 0,
            descendants: 0,
            kind,
            name,
            detail,
            state: self.state(group, end),
            arrived: true,
            from_logs: group.records_only,
            internal,
            mcp: group
                .pieces
                .iter()
                .any(|&i| self.forest.pieces[i].evidence.facts.is(Field::Mcp)),
            start,
            end,
            call,
            rolled: figures::Figures::default(),
            claimed: self.claim(group, kind),
            hands: self.hands(group),
            remarks: self.remarks(group),
            error: self.error(group),
            error_below: false,
            sources: self.sources(group),
        }
    }

    fn kind(&self, group: &Group) -> (NodeKind, bool) {
        match group.op {
            Op::Turn if self.command(group) => (NodeKind::Other, true),
            Op::Turn if self.flag(group, Field::Machine) => (NodeKind::Other, false),
            Op::Turn => (NodeKind::Turn, false),
            Op::Workflow => (NodeKind::Workflow, false),
            Op::Agent | Op::AgentStart => (NodeKind::Agent, false),
            Op::Call | Op::Engine | Op::Stream | Op::Attempt => (NodeKind::Call, false),
            Op::Embedding => (NodeKind::Embedding, false),
            Op::Retrieval => (NodeKind::Retrieval, false),
            Op::Tool | Op::ToolStart if self.flag(group, Field::Refused) => {
                (NodeKind::Other, false)
            }
            Op::Tool | Op::ToolStart => (NodeKind::Tool, false),
            Op::Wait if self.at_once(group) => (NodeKind::Other, true),
            Op::Wait => (NodeKind::Wait, false),
            Op::Internal | Op::EngineQueue | Op::EnginePrefill | Op::EngineDecode => {
                (NodeKind::Other, true)
            }
            Op::ToolPart | Op::CallPart | Op::Handoff | Op::Other | Op::Mark => {
                (NodeKind::Other, false)
            }
        }
    }

    /// So fast no person answers: settings did.
    pub(super) fn at_once(&self, group: &Group) -> bool {
        let e = self.forest.pieces[group.anchor].evidence;
        e.end != 0 && e.end.saturating_sub(e.start) < FASTEST_ANSWER_NS
    }

    pub(super) fn flag(&self, group: &Group, field: Field) -> bool {
        group
            .pieces
            .iter()
            .any(|&i| self.forest.pieces[i].evidence.facts.is(field))
    }

    pub(super) fn command(&self, group: &Group) -> bool {
        self.flag(group, Field::Command)
    }

    fn claim(&self, group: &Group, kind: NodeKind) -> Option<crate::model::usage::Usage> {
        if matches!(kind, NodeKind::Call | NodeKind::Retrieval) {
            return None;
        }
        let mut claimed = crate::model::usage::Usage::default();
        for &i in &group.pieces {
            claimed.fill_from(call::tokens(&self.forest.pieces[i]));
        }
        (!claimed.is_empty()).then_some(claimed)
    }

    /// Agents that nobody gave a name.
    fn nameless(&self) -> HashSet<NodeId> {
        let agents = self.places.groups.values().filter(|g| g.op == Op::Agent);
        agents
            .filter(|g| self.text(g, Field::AgentName).is_none())
            .filter_map(|g| self.forest.pieces[g.anchor].key)
            .map(|key| NodeId(key_of(("span", key))))
            .collect()
    }

    fn prompts(&self) -> impl Iterator<Item = &Group> {
        self.places.groups.values().filter(|g| g.op == Op::Turn)
    }

    /// There are prompts, and a machine made every one.
    fn continuation(&self) -> bool {
        let mut prompts = self.prompts().peekable();
        prompts.peek().is_some() && prompts.all(|g| self.flag(g, Field::Machine))
    }

    fn describe(&self, unit: &mut Unit) {
        unit.left = self.prompts().any(|g| {
            self.command(g)
                && self
                    .text(g, Field::Title)
                    .is_some_and(|t| matches!(t.trim(), "/exit" | "/quit"))
        });
        let plain = |n: &Node| matches!(n.kind, NodeKind::Other | NodeKind::Wait);
        unit.agentic = !unit.nodes.iter().all(plain);
        let roots = self
            .places
            .groups
            .values()
            .filter(|g| self.forest.pieces[g.anchor].parent.is_none() && g.op != Op::Mark);
        unit.bare_calls = roots.fold(None, |all: Option<bool>, g| {
            let bare = matches!(g.op, Op::Call | Op::Engine | Op::Embedding)
                && self.forest.pieces[g.anchor].parent_key.is_none();
            Some(all.unwrap_or(true) && bare)
        }) == Some(true);
        let starts = unit.nodes.iter().map(|n| n.start).filter(|&s| s != 0);
        unit.start = starts.min().unwrap_or_default();
        let ends = unit.nodes.iter().map(|n| n.end.unwrap_or(n.start));
        unit.end = ends.max().unwrap_or_default();
    }
}
