//! The price table against its cases, and what no case holds: overrides, unknown counts, contexts.
#![expect(clippy::unwrap_used, reason = "test")]

use super::*;
use crate::model::usage::Convention;

const CASES: &str = include_str!("../../tests/data/price-cases.csv");

/// The fields of one CSV line; quotes only ever wrap a whole field.
fn fields(line: &str) -> Vec<String> {
    let (mut all, mut field, mut quoted) = (Vec::new(), String::new(), false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => all.push(std::mem::take(&mut field)),
            _ => field.push(c),
        }
    }
    all.push(field);
    all
}

fn ns(text: &str) -> u64 {
    let stamp: jiff::Timestamp = text.parse().unwrap();
    u64::try_from(stamp.as_nanosecond()).unwrap()
}

fn usage(input: u64, output: u64) -> Usage {
    Usage {
        input: Some(input),
        output: Some(output),
        ..Usage::default()
    }
}

fn quote<'a>(provider: &'a str, model: &'a str, usage: Usage) -> Quote<'a> {
    Quote {
        provider: Some(provider),
        response_model: Some(model),
        at_ns: 1_795_000_000_000_000_000, // 2026-11-18
        usage,
        ..Quote::default()
    }
}

fn usd(priced: &Priced<'_>) -> String {
    priced.cost.map_or("unknown".into(), |c| c.decimal(8))
}

#[test]
fn every_case_costs_what_two_calculators_say() {
    let mut rows = 0;
    let mut wrong = Vec::new();
    for line in CASES.lines().skip(1) {
        let row = fields(line);
        let [
            id,
            _,
            provider,
            host,
            model,
            at,
            context,
            convention,
            counts @ ..,
        ] = row.as_slice()
        else {
            panic!("short row: {line}");
        };
        let n = |i: usize| counts[i].parse::<u64>().unwrap();
        let raw = Usage {
            input: Some(n(0)),
            cache_read: Some(n(1)),
            cache_write: Some(n(2) + n(3)),
            cache_write_1h: Some(n(3)),
            output: Some(n(4)),
            reasoning: Some(n(5)),
            audio_in: Some(n(6)),
            audio_out: Some(n(7)),
        };
        let convention = match convention.as_str() {
            "incl" => Convention::Incl,
            "excl" => Convention::Excl,
            "split" => Convention::Split,
            other => panic!("convention {other}"),
        };
        let context: Vec<_> = context
            .split(';')
            .filter_map(|c| c.split_once('='))
            .collect();
        let priced = Table::embedded().quote(&Quote {
            provider: Some(provider),
            host: Some(host),
            response_model: Some(model),
            request_model: None,
            at_ns: ns(at),
            usage: raw.normalise(convention, None),
            context: &context,
        });
        rows += 1;
        if usd(&priced) != counts[8] || priced.cost.is_none() != priced.why_unknown.is_some() {
            wrong.push(format!(
                "{id} {provider} {model}: {priced:?}, expected {}",
                counts[8]
            ));
        }
    }
    assert_eq!(rows, 185);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_request_model_helps_where_the_response_model_does_not() {
    let deployment = Quote {
        request_model: Some("gpt-4o"),
        ..quote("azure", "my-deployment", usage(1_000_000, 0))
    };
    let priced = Table::embedded().quote(&deployment);
    assert_eq!(
        (usd(&priced).as_str(), priced.entry),
        ("2.50000000", Some("gpt-4o"))
    );
    let swapped = Quote {
        response_model: Some("gpt-4o"),
        request_model: Some("my-deployment"),
        ..deployment
    };
    assert_eq!(Table::embedded().quote(&swapped), priced);
    let none = Quote {
        request_model: Some("other-deployment"),
        ..deployment
    };
    assert_eq!(
        Table::embedded().quote(&none).why_unknown,
        Some("unknown model")
    );
}

#[test]
fn unknown_counts_make_the_cost_unknown() {
    let told = usage(1_000, 1_000);
    let ask = |usage| Table::embedded().quote(&quote("openai", "gpt-4o", usage));
    assert!(ask(told).cost.is_some());
    let no_output = Usage {
        output: None,
        ..told
    };
    assert_eq!(ask(no_output).why_unknown, Some("output tokens not told"));
    let no_input = Usage {
        input: None,
        ..told
    };
    assert_eq!(ask(no_input).why_unknown, Some("input tokens not told"));
    assert_eq!(
        ask(no_input).label(),
        "openai gpt-4o: input tokens not told"
    );
}

#[test]
fn an_embedding_needs_no_output_count() {
    let only_input = Usage {
        input: Some(1_000_000),
        ..Usage::default()
    };
    let priced = Table::embedded().quote(&quote("openai", "text-embedding-3-small", only_input));
    assert_eq!(usd(&priced), "0.02000000");
}

#[test]
fn a_local_runtime_is_free_unless_either_name_is_hosted() {
    let ask = |response, request| {
        let call = Quote {
            request_model: Some(request),
            ..quote("ollama", response, Usage::default())
        };
        Table::embedded().quote(&call).cost
    };
    assert_eq!(ask("llama3", "llama3"), Some(PicoUsd(0)));
    assert_eq!(ask("gpt-oss:120b", "gpt-oss:120b-cloud"), None);
    assert_eq!(ask("gpt-oss:120b-cloud", "gpt-oss:120b"), None);
}

#[test]
fn anthropic_says_batch_as_a_service_tier() {
    let call = quote("anthropic", "claude-haiku-4-5", usage(1_000_000, 0));
    let price = |context| usd(&Table::embedded().quote(&Quote { context, ..call }));
    assert_eq!(price(&[]), "1.00000000");
    assert_eq!(price(&[("service_tier", "batch")]), "0.50000000");
    assert_eq!(price(&[("processing", "batch")]), "0.50000000");
    assert_eq!(price(&[("service_tier", "standard")]), "1.00000000");
}

#[test]
fn counts_beyond_reason_are_unknown_not_a_panic() {
    let mad = usage(u64::MAX, u64::MAX);
    let priced = Table::embedded().quote(&quote("openai", "gpt-4o", mad));
    assert_eq!(priced.why_unknown, Some("token counts beyond reason"));
}

#[test]
fn the_table_knows_context_windows() {
    let table = Table::embedded();
    assert_eq!(
        table.context_window(Some("anthropic"), "claude-haiku-4-5"),
        Some(200_000)
    );
    assert_eq!(
        table.context_window(None, "claude-haiku-4-5-20251001"),
        Some(200_000)
    );
    assert_eq!(
        table.context_window(Some("nobody"), "claude-haiku-4-5"),
        None
    );
    let priced = table.quote(&quote("anthropic", "claude-haiku-4-5", usage(1, 1)));
    assert_eq!(priced.window, Some(200_000));
    assert_eq!(table.as_of(), "2026-11-09");
}

#[test]
fn a_user_file_goes_on_top() {
    let table = Table::with_override(
        r#"{ "providers": [
            { "id": "anthropic", "aliases": ["my-claude"], "models": [
              { "id": "house-claude", "match": ["claude-haiku-4-5*"], "prices": [{ "input": 7 }] } ] },
            { "id": "house", "aliases": ["ollama"], "hosts": ["llm.house.example"], "models": [
              { "id": "Llama-House", "prices": [{ "input": 1, "output": 2 }],
                "variants": [{ "when": { "service_tier": "priority" }, "input": 3 }] } ] } ] }"#,
    )
    .unwrap();
    let million = usage(1_000_000, 0);
    let over = table.quote(&quote("my-claude", "claude-haiku-4-5-20251001", million));
    assert_eq!(
        (usd(&over).as_str(), over.entry),
        ("7.00000000", Some("house-claude"))
    );
    let rest = table.quote(&quote("anthropic", "claude-opus-4-1", million));
    assert_eq!(usd(&rest), "15.00000000");
    let taken = table.quote(&quote("ollama", "llama-house", million));
    assert_eq!(
        (usd(&taken).as_str(), taken.provider),
        ("1.00000000", Some("house"))
    );
    let by_host = Quote {
        host: Some("LLM.house.example:8443"),
        context: &[("service_tier", "priority")],
        ..quote("openai", "llama-house", million)
    };
    assert_eq!(usd(&table.quote(&by_host)), "3.00000000");
    assert_eq!(
        usd(&table.quote(&quote("house", "gpt-4o", million))),
        "unknown"
    );
    assert_eq!(table.as_of(), "2026-11-09", "the rest is no newer");
}

#[test]
fn a_user_file_error_says_where() {
    let error = |text: &str| Table::with_override(text).err().unwrap();
    let typo = error("{\n  \"providers\": [\n    { \"id\": \"x\", \"modles\": [] }\n  ]\n}");
    assert_eq!(typo.line, 3);
    assert!(typo.message.starts_with("unknown field `modles`"), "{typo}");
    assert!(typo.to_string().starts_with("line 3, column "), "{typo}");

    let rate = error(
        "{\"providers\":[{\"id\":\"x\",\"models\":[{\"id\":\"m\",\"prices\":[\n{\"input\":1.00000001}]}]}]}",
    );
    assert_eq!((rate.line, rate.column), (2, 19));
    assert_eq!(rate.message, "a rate has at most 6 decimals");

    let cut = error("{\"providers\":");
    assert!(cut.message.starts_with("EOF"), "{cut}");
    let when =
        error(r#"{"providers":[{"id":"x","models":[{"id":"m","prices":[{"when":{"a":"b"}}]}]}]}"#);
    assert!(when.message.contains("variants"), "{when}");
    assert!(error(r#"{"schema":2}"#).message.contains("expected 1"));
}

/// 3 USD a million of input: 10 fresh, 90 read and 100 written would have been 200 of input.
#[test]
fn without_a_cache_all_input_is_fresh() {
    let quote = |cache_read, cache_write| {
        Table::embedded().quote(&Quote {
            provider: Some("anthropic"),
            response_model: Some("claude-sonnet-4-5"),
            at_ns: 1_795_000_000_000_000_000,
            usage: Usage {
                input: Some(200),
                cache_read,
                cache_write,
                output: Some(0),
                ..Usage::default()
            },
            ..Quote::default()
        })
    };
    let used = quote(Some(90), Some(100));
    assert_eq!(used.uncached, Some(PicoUsd(600_000_000)));
    // 10 × 3 + 90 × 0.3 + 100 × 3.75 millionths.
    assert_eq!(used.cost, Some(PicoUsd(432_000_000)));
    assert_eq!(quote(Some(0), None).uncached, None, "nothing was cached");
}
