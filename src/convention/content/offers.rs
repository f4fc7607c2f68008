//! Tools that a model may ask for, in the shapes that providers and libraries define them in.

use super::json;
use super::look::{field, items, text};
use super::source::{self, Source};
use super::table::{Reader, Row, TABLE};
use super::value::{opened, unflatten};
use crate::model::book::Offer;
use crate::model::detail::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;

/// Keys under which definitions stand in something bigger: a request, its parameters.
const LISTS: [&str; 6] = [
    "tools",
    "functions",
    "function_tools",
    "functionDeclarations",
    "function_declarations",
    "config",
];
/// Such wrappings may hold one another so deep.
const DEPTH: usize = 4;

/// The tools that the evidence of a model call or an agent lists as on offer, in its order, each name
/// once. Empty where nobody tells, or none were.
pub fn offers(spans: &[&Span], logs: &[&LogRecord]) -> Vec<Offer> {
    let groups = source::groups(spans, logs);
    let found = |row: &Row| {
        let sources = groups.iter().flatten().filter(|source| source.suits(row));
        let read = sources.map(|source| read(row, source));
        read.into_iter().find(|offers| !offers.is_empty())
    };
    let mut offers = TABLE.offers.iter().find_map(found).unwrap_or_default();
    let mut names = std::collections::HashSet::new();
    offers.retain(|offer| names.insert(offer.name.clone()));
    offers
}

fn read(row: &Row, source: &Source<'_>) -> Vec<Offer> {
    let value = match row.reader {
        Reader::Family => {
            let family = unflatten(&source.family(&row.key));
            field(&family, &[&row.key]).map(opened)
        }
        Reader::Body => source.value(&row.key).and_then(|value| match value {
            // Most of a body may be cut off, but definitions may stand before the cut.
            Value::Text(body) => json::salvage(&body),
            other => Some(other),
        }),
        _ => source.value(&row.key).map(|value| opened(&value)),
    };
    match value {
        Some(Value::Text(names)) if row.reader == Reader::Text => {
            let names = names.split(',').map(str::trim).filter(|n| !n.is_empty());
            names.map(named).collect()
        }
        Some(value) => list(&value, DEPTH),
        None => Vec::new(),
    }
}

/// The definitions in a list, or in what stands around lists of them.
fn list(value: &Value, depth: usize) -> Vec<Offer> {
    if depth == 0 {
        return Vec::new();
    }
    if let Some(items) = items(value) {
        return items.into_iter().flat_map(|i| item(i, depth)).collect();
    }
    let inner = |key: &&str| field(value, &[key]);
    let lists = LISTS.iter().filter_map(inner);
    lists.flat_map(|inner| list(inner, depth - 1)).collect()
}

/// One entry of a list: a definition, its name alone, or a bundle of definitions.
fn item(value: &Value, depth: usize) -> Vec<Offer> {
    if let Value::Text(name) = value {
        let plain = !name.is_empty() && !name.contains(char::is_whitespace);
        return plain.then(|| named(name)).into_iter().collect();
    }
    let inner = field(
        value,
        &["function", "tool", "json_schema", "toolSpec", "data"],
    );
    if let Some(inner) = inner.filter(|inner| matches!(inner, Value::Map(_))) {
        return item(inner, depth);
    }
    let Some(name) = text(value, &["name", "toolName", "tool_name", "title"]) else {
        let bundle = list(value, depth - 1);
        // A tool of the provider's own may have a kind and no name.
        let kind = text(value, &["type"]).filter(|_| bundle.is_empty());
        return bundle.into_iter().chain(kind.map(named)).collect();
    };
    let schema = [
        "parameters",
        "input_schema",
        "inputSchema",
        "parametersJsonSchema",
        "parameters_json_schema",
        "parameters_json_schema_dict",
        "json_schema",
    ];
    vec![Offer {
        name: name.to_owned(),
        about: text(value, &["description"]).unwrap_or_default().to_owned(),
        parameters: field(value, &schema).cloned().unwrap_or(Value::Null),
    }]
}

fn named(name: &str) -> Offer {
    Offer {
        name: name.to_owned(),
        about: String::new(),
        parameters: Value::Null,
    }
}
