//! Links that are followed: where a dialect says so, a root hangs under the span of another trace
//! that it links to, and both traces are one unit.

use super::interpret::{OWN_FIELD, Tables};
use super::read;
use super::reading::Reading;
use crate::model::evidence::{Field, link_facts};
use crate::model::ids::{SpanId, TraceId};
use opentelemetry_proto::tonic::trace::v1::{Span, span::Link};
use serde::Deserialize;

/// A table's row for links that stand in for a parent. A row without conditions is for every link
/// of the dialect's roots.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Follow {
    /// Only of spans whose name begins so.
    #[serde(default)]
    name_starts: String,
    /// Only links with this attribute.
    key: Option<String>,
    /// Only where that attribute's value is this.
    value: Option<String>,
    /// The traces belong together, but the root stands beside what it links to: a message that
    /// was passed on is no part of the work that sent it.
    #[serde(default)]
    beside: bool,
}

impl Follow {
    fn fits(&self, span: &str, link: &Link) -> bool {
        let Some(key) = &self.key else {
            return span.starts_with(&self.name_starts);
        };
        let told = link.attributes.iter().find(|kv| kv.key == *key);
        let value = told.and_then(|kv| kv.value.as_ref()).and_then(read::plain);
        let says = |wanted: &String| value.as_deref() == Some(wanted);
        told.is_some()
            && self.value.as_ref().is_none_or(says)
            && span.starts_with(&self.name_starts)
    }
}

impl Tables {
    /// Tells a root's reading which span it hangs under: the first link, in the order in which the
    /// span has them, that a row of its dialects is for.
    pub(super) fn follow_link(&self, bits: u64, span: &Span, reading: &mut Reading<'_>) {
        if span.links.is_empty() {
            return;
        }
        let spoken = |i: usize| bits & (1 << i) != 0;
        let dialects = self.compiled.dialects.iter().enumerate();
        let rows: Vec<&Follow> = dialects
            .filter(|(i, _)| spoken(*i))
            .flat_map(|(_, d)| &d.links)
            .collect();
        let followed = span.links.iter().find_map(|link| {
            let row = rows.iter().find(|row| row.fits(&span.name, link))?;
            let trace = TraceId::from_slice(&link.trace_id).filter(|t| !t.is_zero())?;
            let parent = SpanId::from_slice(&link.span_id).filter(|s| !s.is_zero())?;
            Some((trace, parent, row.beside))
        });
        let Some((trace, parent, beside)) = followed else {
            return;
        };
        for (field, value) in link_facts(trace, parent) {
            if !(beside && field == Field::LinkSpan) {
                reading.set(field, OWN_FIELD, value);
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "test")]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};

    fn row(text: &str) -> Follow {
        toml::from_str(text).unwrap()
    }

    fn link(kind: Option<&str>) -> Link {
        let value = |text: &str| AnyValue {
            value: Some(Value::StringValue(text.into())),
        };
        let attribute = |text| KeyValue {
            key: "link.kind".into(),
            value: Some(value(text)),
            ..KeyValue::default()
        };
        Link {
            attributes: kind.map(attribute).into_iter().collect(),
            ..Link::default()
        }
    }

    #[test]
    fn a_row_is_for_the_links_that_it_names() {
        let invoker = row("key = 'link.kind'\nvalue = 'invoker'");
        assert!(invoker.fits("agent", &link(Some("invoker"))));
        assert!(!invoker.fits("agent", &link(Some("follows"))));
        assert!(!invoker.fits("agent", &link(None)));
        let any_kind = row("key = 'link.kind'");
        assert!(any_kind.fits("agent", &link(Some("follows"))));
        assert!(!any_kind.fits("agent", &link(None)));
        let named = row("name_starts = 'autogen '");
        assert!(named.fits("autogen process", &link(None)));
        assert!(!named.fits("agent", &link(None)));
        assert!(row("").fits("anything", &link(None)));
    }
}
