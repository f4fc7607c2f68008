//! Properties of reading content: hostile values never panic, nothing is lost, depth is bounded
//! and marked.
#![expect(clippy::unwrap_used, reason = "test")]

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::Event;
use proptest::prelude::*;
use spanfall::convention::content::{
    DEPTH, Evidence, evidence_detail, messages, opened, unflatten, value,
};
use spanfall::model::detail::Value;
use spanfall::wire::payload::Origin;

fn sent(value: Any) -> AnyValue {
    AnyValue { value: Some(value) }
}

fn pair(key: String, value: AnyValue) -> KeyValue {
    KeyValue {
        key,
        value: Some(value),
        ..KeyValue::default()
    }
}

/// Texts of which many are JSON, or nearly.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,20}",
        r#"[\[\]{}",:0-9a-u\\ .eE+-]{0,40}"#,
        json().prop_map(|json| json.to_string()),
        json().prop_map(|json| serde_json::Value::String(json.to_string()).to_string()),
        (json(), 0..60_usize).prop_map(|(json, cut)| json.to_string().chars().take(cut).collect()),
    ]
}

/// JSON in the words that messages are made of.
fn json() -> impl Strategy<Value = serde_json::Value> {
    let keys = prop::sample::select(vec![
        "role",
        "content",
        "parts",
        "type",
        "text",
        "message",
        "messages",
        "tool_calls",
        "function",
        "name",
        "arguments",
        "id",
        "input",
        "output",
        "choices",
        "system",
        "result",
        "source",
        "data",
        "0",
        "kwargs",
    ]);
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        (-1e300..1e300).prop_map(serde_json::Value::from),
        prop::sample::select(vec![
            "user",
            "tool",
            "tool_call",
            "tool_result",
            "image",
            "text",
            "reasoning",
            ""
        ])
        .prop_map(serde_json::Value::from),
        "[a-zé\"\\\\\n]{0,6}".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(serde_json::Value::from),
            prop::collection::vec((keys.clone(), inner), 0..5).prop_map(|entries| entries
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect()),
        ]
    })
}

fn anything() -> impl Strategy<Value = AnyValue> {
    let leaf = prop_oneof![
        Just(AnyValue::default()),
        any::<i64>().prop_map(|integer| sent(Any::IntValue(integer))),
        any::<bool>().prop_map(|truth| sent(Any::BoolValue(truth))),
        (-1e9..1e9).prop_map(|double| sent(Any::DoubleValue(double))),
        prop::collection::vec(any::<u8>(), 0..4).prop_map(|bytes| sent(Any::BytesValue(bytes))),
        Just(sent(Any::StringValueStrindex(3))),
        texts().prop_map(|text| sent(Any::StringValue(text))),
    ];
    leaf.prop_recursive(6, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5)
                .prop_map(|values| sent(Any::ArrayValue(ArrayValue { values }))),
            prop::collection::vec(("[a-c0-2.]{0,4}", inner), 0..5).prop_map(|entries| {
                let values = entries
                    .into_iter()
                    .map(|(key, value)| pair(key, value))
                    .collect();
                sent(Any::KvlistValue(KeyValueList { values }))
            }),
        ]
    })
}

/// What a JSON value is as ours, written down a second time.
fn ours(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(truth) => Value::Bool(*truth),
        serde_json::Value::Number(number) => number
            .as_i64()
            .map_or_else(|| Value::Double(number.as_f64().unwrap()), Value::Int),
        serde_json::Value::String(text) => Value::Text(text.clone()),
        serde_json::Value::Array(items) => Value::List(items.iter().map(ours).collect()),
        serde_json::Value::Object(entries) => Value::Map(
            entries
                .iter()
                .map(|(key, value)| (key.clone(), ours(value)))
                .collect(),
        ),
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::List(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Map(entries) => {
            1 + entries
                .iter()
                .map(|(_, value)| depth(value))
                .max()
                .unwrap_or(0)
        }
        _ => 0,
    }
}

fn leaves(value: &Value) -> usize {
    match value {
        Value::List(items) => items.iter().map(leaves).sum(),
        Value::Map(entries) => entries.iter().map(|(_, value)| leaves(value)).sum(),
        _ => 1,
    }
}

/// The rows of the table: event names, keys.
fn rows() -> Vec<(Vec<String>, String)> {
    let table: toml::Table =
        toml::from_str(include_str!("../src/convention/content/messages.toml")).unwrap();
    let tellings = table["telling"].as_array().unwrap().iter();
    let rows = tellings.flat_map(|telling| telling["rows"].as_array().unwrap());
    rows.map(|row| {
        let events = row
            .get("events")
            .and_then(|events| events.as_array())
            .cloned()
            .unwrap_or_default();
        let events = events
            .iter()
            .map(|event| event.as_str().unwrap().to_owned())
            .collect();
        (events, row["key"].as_str().unwrap().to_owned())
    })
    .collect()
}

/// Attributes under the table's own keys, plain and as families.
fn told() -> impl Strategy<Value = (String, Vec<KeyValue>)> {
    let tails = prop::sample::select(vec![
        "",
        ".0.message.content",
        ".2.message.role",
        ".0.message.tool_calls.1.tool_call.function.name",
        ".1.message.contents.0.message_content.text",
        ".0.prompt.text",
        ".x",
        ".",
    ]);
    let attributes = prop::collection::vec((prop::sample::select(rows()), tails, anything()), 1..8);
    attributes.prop_map(|attributes| {
        let event = attributes[0].0.0.first().cloned().unwrap_or_default();
        let pairs = attributes
            .into_iter()
            .map(|((_, key), tail, value)| match key.as_str() {
                "*" => pair("content".to_owned(), value),
                key => pair(format!("{key}{tail}"), value),
            });
        (event, pairs.collect())
    })
}

proptest! {
    #[test]
    fn values_are_bounded_and_opening_is_settled(tree in anything()) {
        let plain = value(&tree);
        let open = opened(&plain);
        prop_assert!(depth(&plain) <= DEPTH && depth(&open) <= DEPTH);
        prop_assert_eq!(&opened(&open), &open);
    }

    #[test]
    fn json_text_is_read_as_another_reader_does(json in json()) {
        let container = matches!(json, serde_json::Value::Array(_) | serde_json::Value::Object(_));
        prop_assume!(container);
        // Text inside the document may itself be JSON: open the expectation too.
        let expected = opened(&ours(&json));
        prop_assert_eq!(&opened(&Value::Text(json.to_string())), &expected);
        let twice = serde_json::Value::String(json.to_string()).to_string();
        prop_assert_eq!(&opened(&Value::Text(twice)), &expected);
    }

    #[test]
    fn unfolding_loses_no_value(keys in prop::collection::vec(r"(a|b|0|1|2|12|)(\.(a|b|0|1|2|12|)){0,5}", 0..12)) {
        let pairs: Vec<_> = keys.iter().zip(0..).map(|(key, at)| (key.clone(), Value::Int(at))).collect();
        prop_assert_eq!(leaves(&unflatten(&pairs)), pairs.len());
    }

    #[test]
    fn reading_messages_never_panics(
        (event, attributes) in told(),
        body in anything(),
    ) {
        let name = pair("event.name".to_owned(), sent(Any::StringValue(event.clone())));
        let own = Event { name: event.clone(), attributes: attributes.clone(), ..Event::default() };
        let span = Span { attributes: attributes.clone(), events: vec![own], ..Span::default() };
        let mut record = LogRecord { body: Some(body), attributes, ..LogRecord::default() };
        record.attributes.push(name);
        let together = messages(&[&span, &span], &[&record, &record]);
        prop_assert!(together.iter().all(|message| !message.parts.is_empty()));
        prop_assert_eq!(messages(&[&span], &[]), messages(&[&span, &span], &[]));
        for evidence in [Evidence::Span(&span), Evidence::Log(&record)] {
            prop_assert!(!evidence_detail(evidence, &Origin::default()).title.is_empty());
        }
    }
}

#[test]
fn lists_with_gaps_keep_their_indexes_in_numeric_order() {
    let keys = [
        "x.messages.10.role",
        "x.messages.9.role",
        "x.messages.2.role",
        "x.model",
        "x.list.1",
        "x.list.0",
    ];
    let pairs: Vec<_> = keys
        .iter()
        .zip(0..)
        .map(|(key, at)| ((*key).to_owned(), Value::Int(at)))
        .collect();
    let role = |at| Value::Map(vec![("role".to_owned(), Value::Int(at))]);
    let gaps = vec![
        ("2".to_owned(), role(2)),
        ("9".to_owned(), role(1)),
        ("10".to_owned(), role(0)),
    ];
    assert_eq!(
        unflatten(&pairs),
        Value::Map(vec![
            ("x.messages".to_owned(), Value::Map(gaps)),
            ("x.model".to_owned(), Value::Int(3)),
            (
                "x.list".to_owned(),
                Value::List(vec![Value::Int(5), Value::Int(4)])
            ),
        ])
    );
}

#[test]
fn depth_bombs_are_marked_and_not_recursed() {
    let mut tree = sent(Any::IntValue(1));
    for _ in 0..2_000 {
        tree = sent(Any::ArrayValue(ArrayValue { values: vec![tree] }));
    }
    assert_eq!(depth(&value(&tree)), DEPTH);
    let text = "{\"a\":".repeat(100_000) + "1" + &"}".repeat(100_000);
    let open = opened(&Value::List(vec![Value::Text(text.clone())]));
    assert_eq!(depth(&open), DEPTH);
    assert!(format!("{open:?}").contains("nested deeper than"));
    let key = "a.0.".to_owned() + &"1.".repeat(100_000);
    assert!(depth(&unflatten(&[(key, Value::Null)])) <= DEPTH);
    let attributes = vec![pair(
        "gen_ai.input.messages".to_owned(),
        sent(Any::StringValue(text)),
    )];
    let span = Span {
        attributes,
        ..Span::default()
    };
    assert_eq!(
        messages(&[&span], &[]).len(),
        1,
        "of no known shape: shown as the text it is"
    );
}
