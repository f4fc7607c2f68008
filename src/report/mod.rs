//! The report, schema `spanfall.report/1`: the same numbers as on the screen, for programs and
//! for people.

mod diff;
mod diff_text;
mod edges;
mod found;
mod metrics;
mod only;
mod phases;
mod schema;
mod text;
mod time;

pub use diff::{DiffReport, diff};
pub use diff_text::{diff_markdown, diff_text};
pub use only::Only;
pub use schema::Report;
pub use text::{markdown, summary, text, turn_line};

use crate::findings::{self, Rule};
use crate::model::correlate::Lore;
use crate::model::figures::Figures;
use crate::model::finding::Severity;
use crate::model::ids::{NodeId, SessionId};
use crate::model::node::{Node, NodeKind, SessionSummary, Tree};
use crate::model::store::Store;
use crate::model::time_budget::{TimeBudget, time_budget};
use found::{FindingRow, finding};
use only::Told;
use schema::{
    AgentRow, CallRow, ModelRow, NodeRow, Received, SessionRow, SourceRow, ToolRow, TurnRow,
    cost_basis, cost_text, ms, state_word,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The report of everything in the store. `rejected` and the like come from the store's own
/// counters.
pub fn build(store: &mut Store, lore: &dyn Lore) -> Report {
    report(store, lore, None)
}

/// The report of a part of it: the matching nodes with their own figures. What is not told by nodes
/// (metrics, what was handed on) is left out.
pub fn build_only(store: &mut Store, lore: &dyn Lore, only: &Only) -> Report {
    report(store, lore, Some(only))
}

fn report(store: &mut Store, lore: &dyn Lore, part: Option<&Only>) -> Report {
    let mut sessions: Vec<SessionSummary> = store.sessions().to_vec();
    sessions.sort_by_key(|s| (s.start, s.id));
    let (mut rows, mut found) = (Vec::with_capacity(sessions.len()), Vec::new());
    let mut all = part.map_or_else(|| store.totals(), |_| Figures::default());
    for summary in &sessions {
        let tree = store
            .tree(summary.id, lore)
            .map(|(tree, _)| tree)
            .unwrap_or_default();
        let here = findings::told(summary, &tree, store, lore);
        found.extend(
            here.into_iter()
                .filter(|f| part.is_none_or(|part| part.holds(f))),
        );
        let whole = told(summary, tree);
        let traces = traces(store, summary.id);
        let Some(part) = part else {
            rows.push(session(&whole, &traces));
            continue;
        };
        let nodes = part.nodes.get(&summary.id);
        if let Some(told) = nodes.and_then(|nodes| only::only(&whole, nodes)) {
            all.add(&told.summary.figures);
            all.wall_ns = all.wall_ns.saturating_add(told.summary.figures.wall_ns);
            all.idle_ns = all.idle_ns.saturating_add(told.summary.figures.idle_ns);
            rows.push(SessionRow {
                edges: Vec::new(),
                ..session(&told, &traces)
            });
        }
    }
    findings::sort(&mut found);
    let counters = store.counters;
    Report {
        schema: "spanfall.report/1",
        r#where: part.map(|part| part.text.clone()),
        received: Received {
            spans: counters.spans,
            logs: counters.logs,
            metric_points: counters.metric_points,
            rejected: counters.rejected,
            metric_points_dropped: store.metrics_dropped().points,
            metric_series_dropped: store.metrics_dropped().series,
            repaired: counters.repaired,
            duplicates: counters.duplicates,
            evicted: counters.evicted,
            content_dropped: counters.content_dropped,
        },
        totals: (&all).into(),
        sessions: rows,
        metrics: part.map_or_else(|| metrics::rows(store), |_| Vec::new()),
        findings: found.iter().map(finding).collect(),
        all,
    }
}

/// A session as a whole.
fn told(summary: &SessionSummary, tree: Arc<Tree>) -> Told {
    Told {
        turn_of: turn_numbers(summary, &tree),
        turns: (1u32..).take(summary.turns.len()).collect(),
        summary: summary.clone(),
        tree,
    }
}

impl Report {
    /// Without what these rules found.
    #[must_use]
    pub fn silenced(mut self, rules: &[&'static Rule]) -> Self {
        let silent = |row: &FindingRow| rules.iter().any(|r| r.name == row.rule);
        self.findings.retain(|row| !silent(row));
        self
    }

    /// Something of this gravity, or graver, was found.
    pub fn found(&self, least: Severity) -> bool {
        let grave = |row: &FindingRow| Severity::named(row.severity) >= Some(least);
        self.totals.errors > 0 || self.findings.iter().any(grave)
    }

    /// This rule found something.
    pub fn found_by(&self, rule: &Rule) -> bool {
        self.findings.iter().any(|row| row.rule == rule.name)
    }
}

fn traces(store: &Store, id: SessionId) -> Vec<String> {
    let mut traces: Vec<_> = store
        .members(id)
        .into_iter()
        .filter_map(|m| store.evidence(m))
        .map(|e| e.trace)
        .filter(|t| !t.is_zero())
        .collect();
    traces.sort_unstable();
    traces.dedup();
    traces.iter().map(ToString::to_string).collect()
}

fn session(told: &Told, traces: &[String]) -> SessionRow {
    let (summary, tree, turn_of) = (&told.summary, &*told.tree, &told.turn_of);
    let now = summary.last_arrival.max(summary.end);
    SessionRow {
        id: format!("{:016x}", summary.id.0),
        key: summary.key_name.to_string(),
        value: summary.key.to_string(),
        title: summary.title.to_string(),
        emitter: summary.emitter.to_string(),
        state: state_word(summary.state),
        start_unix_ns: summary.start.to_string(),
        end_unix_ns: summary.end.to_string(),
        traces: traces.to_vec(),
        complete: !summary.joined_midway,
        turns: told
            .turns
            .iter()
            .zip(&summary.turns)
            .map(|(index, t)| TurnRow {
                index: *index,
                title: t.title.to_string(),
                start_unix_ns: t.start.to_string(),
                figures: (&t.figures).into(),
                time: (&turn_time(told, t.node, *index, now)).into(),
            })
            .collect(),
        figures: (&summary.figures).into(),
        time: (&time_budget(&tree.nodes, now)).into(),
        measured: summary
            .measured
            .as_deref()
            .map(|m| metrics::measured(m, tree)),
        models: models(summary, tree),
        agents: agents(tree),
        tools: tools(tree),
        calls: tree
            .nodes
            .iter()
            .zip(turn_of)
            .filter_map(|(n, turn)| call(tree, n, *turn))
            .collect(),
        nodes: tree.nodes.iter().map(|n| node(tree, n)).collect(),
        edges: edges::rows(tree),
    }
}

/// Where a turn's time went: of all that is below it, or of what is told of that.
fn turn_time(told: &Told, turn: NodeId, number: u32, now: u64) -> TimeBudget {
    let nodes = &told.tree.nodes;
    if let Some(at) = told.tree.find(turn) {
        let below = nodes.get(at).map_or(0, |n| n.descendants as usize + 1);
        return time_budget(nodes.get(at..at + below).unwrap_or_default(), now);
    }
    let within = nodes
        .iter()
        .zip(&told.turn_of)
        .filter(|(_, t)| **t == Some(number));
    let within: Vec<Node> = within.map(|(n, _)| n.clone()).collect();
    time_budget(&within, now)
}

/// The number of the turn that each node is in.
fn turn_numbers(summary: &SessionSummary, tree: &Tree) -> Vec<Option<u32>> {
    let numbers: BTreeMap<_, u32> = summary.turns.iter().map(|t| t.node).zip(1..).collect();
    let mut turn = Vec::with_capacity(tree.nodes.len());
    for n in &tree.nodes {
        let own = numbers.get(&n.id).copied();
        let above = n
            .parent
            .and_then(|p| turn.get(p as usize).copied().flatten());
        turn.push(own.or(above));
    }
    turn
}

fn parent_id(tree: &Tree, n: &Node) -> Option<String> {
    n.parent
        .and_then(|p| tree.nodes.get(p as usize))
        .map(|p| p.id.to_string())
}

fn node(tree: &Tree, n: &Node) -> NodeRow {
    NodeRow {
        id: n.id.to_string(),
        parent: parent_id(tree, n),
        kind: match n.kind {
            NodeKind::Turn => "turn",
            NodeKind::Agent => "agent",
            NodeKind::Call => "call",
            NodeKind::Tool => "tool",
            NodeKind::Wait => "wait",
            NodeKind::Workflow | NodeKind::Retrieval | NodeKind::Embedding | NodeKind::Other => {
                "other"
            }
        },
        name: n.name.to_string(),
        state: schema::node_state(n.state),
        start_unix_ns: n.start.to_string(),
        duration_ms: n.end.map(|end| ms(end.saturating_sub(n.start))),
    }
}

fn call(tree: &Tree, n: &Node, turn: Option<u32>) -> Option<CallRow> {
    let call = n.call.as_ref()?;
    let text = |t: &Option<Arc<str>>| t.as_deref().map(str::to_owned);
    Some(CallRow {
        id: n.id.to_string(),
        parent: parent_id(tree, n),
        turn,
        agent: text(&call.agent),
        operation: call.operation.as_deref().unwrap_or("chat").to_owned(),
        state: schema::node_state(n.state),
        sources: n.sources.iter().map(SourceRow::from).collect(),
        provider: text(&call.provider),
        request_model: text(&call.request_model),
        response_model: text(&call.response_model),
        attempts: call.attempts,
        start_unix_ns: call.answered_from.max(n.start).to_string(),
        duration_ms: n.end.map(|end| ms(end.saturating_sub(n.start))),
        phases: phases::PhasesRow::of(call),
        usage: (&call.usage).into(),
        cost_usd: cost_text(call.cost),
        cost_basis: cost_basis(call.cost_basis),
        finish_reasons: call
            .finish_reasons
            .iter()
            .map(ToString::to_string)
            .collect(),
        error: n.error.as_deref().map(str::to_owned),
    })
}

fn models(summary: &SessionSummary, tree: &Tree) -> Vec<ModelRow> {
    type Key = (Option<Arc<str>>, Option<Arc<str>>);
    let mut rows: BTreeMap<Key, Figures> = BTreeMap::new();
    for (n, call) in tree
        .nodes
        .iter()
        .filter_map(|n| Some((n, n.call.as_ref()?)))
    {
        rows.entry((call.provider.clone(), call.model().cloned()))
            .or_default()
            .add(&n.rolled);
    }
    if let (true, Some(measured)) = (rows.is_empty(), &summary.measured) {
        let told = measured.models.iter();
        rows.extend(told.map(|m| ((m.provider.clone(), m.model.clone()), m.figures())));
    }
    let row = |((provider, model), figures): (_, Figures)| ModelRow {
        provider: Option::<Arc<str>>::as_deref(&provider).map(str::to_owned),
        model: Option::<Arc<str>>::as_deref(&model).map(str::to_owned),
        figures: (&figures).into(),
    };
    rows.into_iter().map(row).collect()
}

fn agents(tree: &Tree) -> Vec<AgentRow> {
    let mut rows: BTreeMap<Arc<str>, (u64, Figures, Option<crate::model::usage::Usage>)> =
        BTreeMap::new();
    for n in tree.nodes.iter().filter(|n| n.kind == NodeKind::Agent) {
        let (invocations, figures, claimed) = rows.entry(n.name.clone()).or_default();
        *invocations += 1;
        figures.add(&n.rolled);
        if let Some(claim) = n.claimed {
            claimed.get_or_insert_default().add(claim);
        }
    }
    let row = |(name, (invocations, figures, claimed)): (
        Arc<str>,
        (u64, Figures, Option<crate::model::usage::Usage>),
    )| AgentRow {
        name: name.to_string(),
        invocations,
        figures: (&figures).into(),
        claimed: claimed.as_ref().map(Into::into),
    };
    rows.into_iter().map(row).collect()
}

fn tools(tree: &Tree) -> Vec<ToolRow> {
    let mut rows: BTreeMap<Arc<str>, ToolRow> = BTreeMap::new();
    for n in tree.nodes.iter().filter(|n| n.kind == NodeKind::Tool) {
        let row = rows.entry(n.name.clone()).or_insert_with(|| ToolRow {
            name: n.name.to_string(),
            calls: 0,
            errors: 0,
            total_ms: 0.0,
            max_ms: 0.0,
        });
        let took = ms(n.end.map_or(0, |end| end.saturating_sub(n.start)));
        row.calls += 1;
        row.errors += u64::from(n.state == crate::model::node::State::Error);
        row.total_ms += took;
        row.max_ms = row.max_ms.max(took);
    }
    rows.into_values().collect()
}
