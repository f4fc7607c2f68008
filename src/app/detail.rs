//! One node, opened: its evidence read again from its own bytes.

use super::lore::Known;
use crate::convention::content;
use crate::model::book::Offer;
use crate::model::detail::{Detail, EvidenceDetail, Message};
use crate::model::evidence::{Evidence, Signal};
use crate::model::ids::EvidenceId;
use crate::model::node::{Node, NodeKind, Source, Tree};
use crate::model::store::Store;
use crate::wire::payload::Origin;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use std::sync::Arc;

/// A piece of evidence, read again.
pub(super) enum Opened {
    Span(Box<Span>),
    Log(Box<LogRecord>),
}

/// The sources to open for a node: its own. A turn that stands for a trace has none, and is what its
/// first span tells.
pub fn sources(tree: &Tree, index: usize) -> &[Source] {
    let of = |i: usize| tree.nodes.get(i).map_or(&[][..], |n| &n.sources);
    let node = tree.nodes.get(index);
    let stands_in =
        node.is_some_and(|n| n.kind == NodeKind::Turn && n.sources.is_empty() && n.descendants > 0);
    of(if stands_in { index + 1 } else { index })
}

/// What a node read and wrote.
pub struct Told {
    /// Its messages, input first.
    pub messages: Vec<Message>,
    /// The tools that it was offered.
    pub offers: Vec<Offer>,
    /// Why there are no messages, where there are none.
    pub missing: Option<Arc<str>>,
    /// Bytes that were read.
    pub bytes: usize,
}

/// Reads what a node says of its messages, and nothing else.
pub fn told(store: &Store, known: &Known, node: &Node, sources: &[Source]) -> Told {
    let found = sources.iter().filter_map(|s| store.evidence(s.evidence));
    let (mut opened, mut bytes) = (Vec::new(), 0);
    for evidence in found {
        bytes += evidence.bytes.len();
        opened.extend(read(store, evidence));
    }
    let messages = messages(node, &opened);
    let (spans, logs) = by_signal(&opened);
    let offers = content::offers(&spans, &logs);
    let silent = messages.is_empty() && !sources.is_empty();
    let dropped = opened.len() < sources.len() && silent;
    let missing = match silent.then(|| why_none(store, known, sources)).flatten() {
        _ if dropped => Some(DROPPED.into()),
        why => why.map(Into::into),
    };
    Told {
        messages,
        offers,
        missing,
        bytes,
    }
}

/// What a model call said by its evidence, the tools that it was offered, and the bytes read.
pub(super) fn said(store: &Store, call: &[EvidenceId]) -> (Vec<Message>, Vec<Offer>, usize) {
    let found: Vec<_> = call.iter().filter_map(|id| store.evidence(*id)).collect();
    let bytes = found.iter().map(|e| e.bytes.len()).sum();
    let opened: Vec<_> = found.iter().filter_map(|e| read(store, e)).collect();
    let (spans, logs) = by_signal(&opened);
    let messages = content::messages_of_call(&spans, &logs);
    (messages, content::offers(&spans, &logs), bytes)
}

/// Why nothing is told of what was received long ago.
const DROPPED: &str = "what was said was dropped to hold the memory limit";

/// Opens a node by its [`sources`].
pub fn open(store: &Store, known: &Known, node: &Node, sources: &[Source]) -> Detail {
    let mut opened = Vec::with_capacity(sources.len());
    let mut evidence = Vec::with_capacity(sources.len());
    for source in sources {
        let Some(found) = store.evidence(source.evidence) else {
            continue;
        };
        let origin = origin(store, found);
        let read = read(store, found);
        let mut described = describe(known, source, &origin, read.as_ref());
        if node.sources.is_empty() {
            "the first span of this turn".clone_into(&mut described.why);
        }
        evidence.push(described);
        opened.extend(read);
    }
    let messages = messages(node, &opened);
    let no_messages = messages
        .is_empty()
        .then(|| why_none(store, known, sources))
        .flatten();
    Detail {
        node: node.id,
        messages,
        no_messages: no_messages.map(Into::into),
        evidence,
    }
}

pub(super) fn read(store: &Store, evidence: &Evidence) -> Option<Opened> {
    let bytes = store.bytes(evidence);
    if bytes.is_empty() {
        return None;
    }
    match evidence.signal {
        Signal::Span => Span::decode(&*bytes)
            .ok()
            .map(|s| Opened::Span(Box::new(s))),
        Signal::Log => LogRecord::decode(&*bytes)
            .ok()
            .map(|r| Opened::Log(Box::new(r))),
    }
}

fn origin(store: &Store, evidence: &Evidence) -> Origin {
    let kept = store.origin(evidence);
    Origin {
        resource: kept
            .and_then(|o| prost::Message::decode(&*o.resource).ok())
            .unwrap_or_default(),
        scope: kept
            .and_then(|o| prost::Message::decode(&*o.scope_bytes).ok())
            .unwrap_or_default(),
        schema_url: kept.map(|o| o.schema_url.to_string()).unwrap_or_default(),
    }
}

fn describe(
    known: &Known,
    source: &Source,
    origin: &Origin,
    opened: Option<&Opened>,
) -> EvidenceDetail {
    let reading = known.tables.origin(origin);
    let (mut detail, facts) = match opened {
        Some(Opened::Span(span)) => (
            content::evidence_detail(content::Evidence::Span(span), origin),
            known.tables.explain_span(&reading, span),
        ),
        Some(Opened::Log(record)) => (
            content::evidence_detail(content::Evidence::Log(record), origin),
            known.tables.explain_record(&reading, record),
        ),
        None => (dropped(source), Vec::new()),
    };
    source.why.clone_into(&mut detail.why);
    detail.facts = facts;
    detail
}

/// What is left of evidence whose bytes went to hold the memory limit.
fn dropped(source: &Source) -> EvidenceDetail {
    EvidenceDetail {
        title: if source.is_span { "span" } else { "log record" }.to_owned(),
        why: String::new(),
        scope: String::new(),
        envelope: vec![
            ("span".into(), source.span.to_string()),
            ("trace".into(), source.trace.to_string()),
        ],
        attributes: Vec::new(),
        resource: Vec::new(),
        events: Vec::new(),
        facts: Vec::new(),
        dropped: true,
    }
}

pub(super) fn messages(node: &Node, opened: &[Opened]) -> Vec<Message> {
    if matches!(
        node.kind,
        NodeKind::Retrieval | NodeKind::Embedding | NodeKind::Wait
    ) {
        return Vec::new();
    }
    let (spans, logs) = by_signal(opened);
    if node.kind == NodeKind::Call {
        content::messages_of_call(&spans, &logs)
    } else {
        content::messages(&spans, &logs)
    }
}

fn by_signal(opened: &[Opened]) -> (Vec<&Span>, Vec<&LogRecord>) {
    let (mut spans, mut logs) = (Vec::new(), Vec::new());
    for one in opened {
        match one {
            Opened::Span(span) => spans.push(&**span),
            Opened::Log(record) => logs.push(&**record),
        }
    }
    (spans, logs)
}

fn why_none<'a>(store: &Store, known: &'a Known, sources: &[Source]) -> Option<&'a str> {
    let first = sources.first().and_then(|s| store.evidence(s.evidence))?;
    content::missing(known.tables.dialect(first.dialect))
}
