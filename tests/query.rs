//! The query language by its laws: what is written back is read as the same, no text harms it, and
//! what it finds in a tree is what a slow and simple reading of the grammar finds.
#![expect(clippy::unwrap_used, reason = "test")]

use proptest::prelude::*;
use spanfall::model::detail::Value as Sent;
use spanfall::model::figures::Figures;
use spanfall::model::ids::{NodeId, SessionId};
use spanfall::model::node::{Call, Node, NodeKind, SessionState, SessionSummary, State};
use spanfall::model::usage::{PicoUsd, Usage};
use spanfall::query::*;
use std::sync::Arc;

const NAMES: [&str; 5] = ["bash", "Read", "sonnet-4", "fix the bug", "or"];
const KEYS: [&str; 3] = ["acme.user", "n", "odd key"];

/// Contents by the node's number: one attribute, and a text that was said.
#[derive(Debug)]
struct Sends;

impl Sends {
    fn pair(node: &Node) -> (&'static str, Sent) {
        let n = node.id.0;
        let key = KEYS[usize::try_from(n % 3).unwrap()];
        let value = match n % 4 {
            0 => Sent::Int(i64::try_from(n % 5).unwrap()),
            1 => Sent::Text(NAMES[usize::try_from(n % 5).unwrap()].to_owned()),
            2 => Sent::List(vec![Sent::Bool(true), Sent::Text("x".to_owned())]),
            _ => Sent::Double(0.5),
        };
        (key, value)
    }
}

impl Contents for Sends {
    fn attribute(&self, node: &Node, key: &str, each: &mut dyn FnMut(&Sent)) {
        let (own, value) = Self::pair(node);
        if own == key {
            each(&value);
        }
    }
    fn attributes(&self, node: &Node, each: &mut dyn FnMut(&str, &Sent)) {
        let (key, value) = Self::pair(node);
        each(key, &value);
    }
    fn may_hold(&self, _: &Node, _: &Words) -> bool {
        true
    }
    fn holds(&self, node: &Node, words: &Words) -> bool {
        words.are_in(&format!("held {}", node.id.0 % 4))
    }
    fn says(&self, node: &Node, words: &Words) -> bool {
        words.are_in(&format!("said {}", node.id.0 % 3))
    }
    fn messages(&self, _: &Node) -> Vec<spanfall::model::detail::Message> {
        Vec::new()
    }
    fn weight(&self, _: &Node) -> usize {
        100
    }
}

fn nodes() -> impl Strategy<Value = Vec<Node>> {
    let node = (0u32..6, 0usize..4, 0usize..5, 0usize..3, 0u64..40);
    prop::collection::vec(node, 0..40).prop_map(|shape| {
        let mut path: Vec<u32> = Vec::new();
        let mut nodes: Vec<Node> = Vec::new();
        for (i, (depth, kind, name, state, size)) in shape.into_iter().enumerate() {
            path.truncate(depth as usize);
            let kind = [
                NodeKind::Turn,
                NodeKind::Agent,
                NodeKind::Call,
                NodeKind::Tool,
            ][kind];
            let state = [State::Ok, State::Error, State::Abandoned][state];
            let mut node = Node::missing(NodeId(i as u64 + 1), kind, NAMES[name], state);
            node.parent = path.last().copied();
            node.depth = u32::try_from(path.len()).unwrap();
            node.start = i as u64 * 1_000_000_000;
            node.end = Some(node.start + size * 250_000_000);
            let usage = Usage {
                input: Some(size * 1_000),
                ..Usage::default()
            };
            let cost = (size % 3 > 0).then_some(PicoUsd(size * 1_000_000_000));
            if kind == NodeKind::Call {
                node.call = Some(Box::new(Call {
                    usage,
                    cost,
                    ..Call::default()
                }));
            }
            path.push(u32::try_from(i).unwrap());
            nodes.push(node);
        }
        nodes
    })
}

fn session() -> SessionSummary {
    SessionSummary {
        id: SessionId(7),
        key_name: "session.id".into(),
        key: "abc".into(),
        title: "a title".into(),
        emitter: "test".into(),
        state: SessionState::Ended,
        start: 0,
        end: 0,
        last_arrival: 0,
        joined_midway: false,
        cycles: 0,
        content_dropped: false,
        turns: Vec::new(),
        figures: Figures::default(),
        measured: None,
        evidence: 0,
        waiting: None,
    }
}

fn test() -> impl Strategy<Value = Expr> {
    let text = prop_oneof![
        prop::sample::select(&NAMES[..]).prop_map(str::to_owned),
        "[a-z0-9 \"\\\\()*:@.é-]{0,6}",
    ];
    let ops = prop::sample::select(&Op::ALL[..]).prop_map(|(_, op)| op);
    let field = prop::sample::select(FIELDS.iter().map(|i| i.field).collect::<Vec<_>>());
    let of_field = (
        field,
        ops.clone(),
        text.clone(),
        any::<u64>(),
        0usize..4,
        any::<bool>(),
    );
    let of_field = of_field.prop_map(|(field, op, text, n, word, any)| {
        let (op, value) = match field.info().kind {
            Kind::Text => {
                let op = if op.orders() { Op::Colon } else { op };
                (op, Value::Text(text.into()))
            }
            Kind::Word(words) => {
                let op = if op.orders() || op == Op::Contains {
                    Op::Is
                } else {
                    op
                };
                (op, Value::Text(words[word % words.len()].into()))
            }
            Kind::Number(unit) => {
                let op = if op == Op::Contains { Op::More } else { op };
                let unit = if unit == Unit::Cached {
                    Unit::Count
                } else {
                    unit
                };
                let n = if n % 2 == 0 { n % 40 * 500_000_000 } else { n };
                (op, Value::Number(Number { n, unit }))
            }
        };
        let any = any && matches!(op, Op::Colon | Op::Is);
        let value = if any { Value::Any } else { value };
        Expr::Test(Test {
            subject: Subject::Field(field),
            op,
            value,
        })
    });
    let key = prop_oneof![
        prop::sample::select(&KEYS[..]).prop_map(str::to_owned),
        "[a-z.\" =]{0,5}"
    ];
    let of_attribute = (key, ops, text.clone(), -3i32..9).prop_map(|(key, op, text, n)| {
        let text = if op.orders() || n % 2 == 0 {
            n.to_string()
        } else {
            text
        };
        let value = Value::Text(text.into());
        Expr::Test(Test {
            subject: Subject::Attr(key.into()),
            op,
            value,
        })
    });
    let text = text.prop_map(|t| Expr::Text(t.into()));
    prop_oneof![of_field, of_attribute, text]
}

fn expr() -> impl Strategy<Value = Expr> {
    test().prop_recursive(5, 30, 4, |inner| {
        let all = || prop::collection::vec(inner.clone(), 2..4);
        let boxed = || inner.clone().prop_map(Box::new);
        prop_oneof![
            all().prop_map(Expr::And),
            all().prop_map(Expr::Or),
            boxed().prop_map(Expr::Not),
            boxed().prop_map(Expr::Under),
            boxed().prop_map(Expr::Has),
        ]
    })
}

fn all(expr: &Expr, nodes: &[Node]) -> Vec<bool> {
    let session = session();
    let scene = Scene {
        session: &session,
        nodes,
        findings: &[],
        contents: &Sends,
        now: 0,
    };
    matches(
        &Query {
            expr: Some(expr.clone()),
        },
        &scene,
    )
}

/// The grammar read word by word, for one node: what stands above and below is looked for anew
/// each time. Single tests are asked alone; what they mean is tested by hand below.
fn naive(expr: &Expr, nodes: &[Node], at: usize) -> bool {
    let above = |i: usize| {
        std::iter::successors(nodes[i].parent, |p| nodes[*p as usize].parent).map(|p| p as usize)
    };
    match expr {
        Expr::And(each) => each.iter().all(|e| naive(e, nodes, at)),
        Expr::Or(each) => each.iter().any(|e| naive(e, nodes, at)),
        Expr::Not(inner) => !naive(inner, nodes, at),
        Expr::Under(inner) => above(at).any(|p| naive(inner, nodes, p)),
        Expr::Has(inner) => {
            (0..nodes.len()).any(|i| above(i).any(|p| p == at) && naive(inner, nodes, i))
        }
        Expr::Saved(_, query) => query.expr.as_ref().is_none_or(|e| naive(e, nodes, at)),
        single => all(single, nodes)[at],
    }
}

proptest! {
    #[test]
    fn what_is_written_back_is_read_as_the_same(expr in expr()) {
        let query = Query { expr: Some(expr) };
        let text = query.to_string();
        let read = parse(&text, &Saved::default());
        prop_assert_eq!(read.as_ref(), Ok(&query), "{}", text);
    }

    #[test]
    fn no_text_harms_the_reader(text in "\\PC{0,40}") {
        if let Err(error) = parse(&text, &Saved::default()) {
            prop_assert!(text.is_char_boundary(error.at) && error.at <= text.len());
            prop_assert!(!error.why.is_empty() && !error.why.contains('\n'));
        }
    }

    #[test]
    fn nor_does_text_that_looks_like_a_query(
        words in prop::collection::vec(prop::sample::select(vec![
            "tool", ":", "=", "!=", ">", "<", "~", "(", ")", "\"", "and", "or", "not", " ", "attr.",
            "attr", "@", "*", "2s", "$", "%", "under:", "has:", "dur", "status", "\\", "é", ".", "x",
        ]), 0..14),
        cursor in 0usize..40,
    ) {
        let text = words.concat();
        if let Ok(query) = parse(&text, &Saved::default()) {
            let back = query.to_string();
            prop_assert_eq!(parse(&back, &Saved::default()), Ok(query), "{} as {}", text, back);
        }
        let done = complete(&text, cursor, &Seen::default(), &Saved::default());
        prop_assert!(text.get(done.from..done.to).is_some());
    }

    #[test]
    fn a_tree_is_searched_as_the_grammar_says(expr in expr(), nodes in nodes()) {
        let found = all(&expr, &nodes);
        for (at, found) in found.into_iter().enumerate() {
            prop_assert_eq!(found, naive(&expr, &nodes, at), "node {}", at);
        }
    }

    #[test]
    fn not_and_or_keep_their_laws(a in expr(), b in expr(), nodes in nodes()) {
        let not = |e: &Expr| Expr::Not(Box::new(e.clone()));
        let and = |a: &Expr, b: &Expr| Expr::And(vec![a.clone(), b.clone()]);
        let or = |a: &Expr, b: &Expr| Expr::Or(vec![a.clone(), b.clone()]);
        let all = |e: &Expr| all(e, &nodes);
        prop_assert_eq!(all(&not(&not(&a))), all(&a));
        prop_assert_eq!(all(&not(&and(&a, &b))), all(&or(&not(&a), &not(&b))));
        prop_assert_eq!(all(&and(&a, &b)), all(&and(&b, &a)));
        prop_assert_eq!(all(&or(&a, &b)), all(&or(&b, &a)));
        prop_assert_eq!(all(&or(&a, &and(&a, &b))), all(&a));
        prop_assert!(all(&and(&a, &not(&a))).iter().all(|m| !m));
    }

    #[test]
    fn slices_find_what_one_look_finds(expr in expr(), nodes in nodes(), budget in 1usize..60) {
        let session = session();
        let scene = Scene { session: &session, nodes: &nodes, findings: &[], contents: &Sends, now: 0 };
        let query = Query { expr: Some(expr) };
        let plan = Plan::of(&query).unwrap();
        let mut pass = Pass::new(&scene);
        let mut rounds = 0;
        while !pass.advance(&plan, &scene, budget) {
            rounds += 1;
            prop_assert!(rounds < 100_000, "it comes to an end");
        }
        prop_assert_eq!(pass.into_matches(), matches(&query, &scene));
    }

    /// A session that grows and shrinks while it is searched: no panic, and an end.
    #[test]
    fn a_tree_that_changes_is_searched_to_an_end(expr in expr(), a in nodes(), b in nodes()) {
        let session = session();
        let plan = Plan::of(&Query { expr: Some(expr) }).unwrap();
        let scene = |nodes| Scene { session: &session, nodes, findings: &[], contents: &NoContents, now: 0 };
        let mut pass = Pass::new(&scene(&a));
        let mut rounds = 0;
        while !pass.advance(&plan, &scene(if rounds % 2 == 0 { &b } else { &a }), 7) {
            rounds += 1;
            prop_assert!(rounds < 100_000, "it comes to an end");
        }
    }
}

/// A turn; an agent in it that calls a model and a tool; a call beside them that failed.
fn example() -> Vec<Node> {
    let mut turn = Node::missing(NodeId(1), NodeKind::Turn, "fix the window", State::Ok);
    turn.rolled = Figures {
        model_calls: 2,
        cost: Some(PicoUsd(30_000_000_000)),
        usage: Usage {
            input: Some(50_000),
            cache_read: Some(40_000),
            ..Usage::default()
        },
        ..Figures::default()
    };
    turn.end = Some(9_000_000_000);
    let agent = Node::missing(NodeId(2), NodeKind::Agent, "Reviewer", State::Ok);
    let mut call = Node::missing(NodeId(3), NodeKind::Call, "chat", State::Ok);
    call.call = Some(Box::new(Call {
        request_model: Some("claude-sonnet-4-5".into()),
        response_model: Some("claude-sonnet-4-5-20250929".into()),
        usage: Usage {
            input: Some(20_000),
            cache_read: Some(10_000),
            output: Some(101),
            ..Usage::default()
        },
        cost: Some(PicoUsd(10_000_000_000)),
        finish_reasons: vec!["tool_use".into()],
        phases: spanfall::model::node::Phases {
            ttft: Some(1_000_000_000),
            decode: Some(2_000_000_000),
            ..Default::default()
        },
        ..Call::default()
    }));
    (call.start, call.end) = (1_000_000_000, Some(4_000_000_000));
    let mut tool = Node::missing(NodeId(4), NodeKind::Tool, "Bash", State::Error);
    (tool.detail, tool.error) = (Some("cargo test".into()), Some("exit 101".into()));
    (tool.start, tool.end) = (4_000_000_000, Some(6_500_000_000));
    let mut other = Node::missing(NodeId(5), NodeKind::Call, "chat", State::Error);
    other.call = Some(Box::new(Call {
        request_model: Some("gpt-5".into()),
        ..Call::default()
    }));
    let mut nodes = vec![turn, agent, call, tool, other];
    for (node, parent) in nodes
        .iter_mut()
        .zip([None, Some(0), Some(1), Some(1), Some(0)])
    {
        node.parent = parent;
    }
    nodes
}

#[test]
fn queries_find_what_they_say() {
    let (nodes, session) = (example(), session());
    let finding = spanfall::model::finding::Finding {
        rule: "same-call-again",
        severity: spanfall::model::finding::Severity::Warning,
        session: SessionId(7),
        node: Some(NodeId(4)),
        at: 0,
        message: String::new(),
        evidence: String::new(),
    };
    let scene = Scene {
        session: &session,
        nodes: &nodes,
        findings: &[finding],
        contents: &Sends,
        now: 0,
    };
    for (text, found) in [
        ("", &[1, 2, 3, 4, 5][..]),
        ("WINDOW", &[1]),
        ("cargo TEST", &[4]),
        ("\"cargo test\"", &[4]),
        ("\"test cargo\"", &[]),
        ("sonnet", &[3]),
        ("exit", &[4]),
        ("\"said 1\"", &[1, 4]),
        ("tool:bash", &[4]),
        ("tool=bas", &[]),
        ("tool=BASH", &[4]),
        ("tool!=bash", &[1, 2, 3, 5]),
        ("model:sonnet", &[3]),
        ("model:*", &[3, 5]),
        ("model=claude-sonnet-4-5", &[3]),
        ("agent:reviewer", &[2, 3, 4]),
        ("status:error", &[4, 5]),
        ("kind:call", &[3, 5]),
        ("session:title", &[1, 2, 3, 4, 5]),
        ("session=abc kind:turn", &[1]),
        ("session:other", &[]),
        ("turn:1", &[1, 2, 3, 4, 5]),
        ("turn>1", &[]),
        ("finding:again", &[4]),
        ("finding:*", &[4]),
        ("error:101", &[4]),
        ("finish:tool_use", &[3]),
        ("dur>2s", &[1, 3, 4]),
        ("dur>=2.5s dur<3s", &[4]),
        ("ttft>=1s", &[3]),
        ("ttft!=1s", &[1, 2, 4, 5]),
        ("cost>0.01", &[1]),
        ("cost>=$0.01", &[1, 3]),
        ("not cost:*", &[2, 4, 5]),
        ("in>20k", &[1]),
        ("in=20000", &[3]),
        ("out>100", &[3]),
        ("cached>=10k", &[1, 3]),
        ("cached>=50%", &[1, 3]),
        ("cached>50%", &[1]),
        ("speed=50", &[3]),
        ("context:20101", &[3]),
        ("start>3s", &[4]),
        ("under:agent=reviewer", &[3, 4]),
        ("under:(kind:agent)", &[3, 4]),
        ("has:status:error", &[1, 2]),
        ("has:(tool:bash status:error) kind:agent", &[2]),
        ("kind:call not under:kind:agent", &[5]),
        ("under:has:tool:bash", &[2, 3, 4, 5]),
        ("kind:call or tool:bash status:ok", &[3, 5]),
        ("(kind:call or tool:bash) status:ok", &[3]),
        ("attr.n", &[1, 4]),
        ("attr.n=4", &[4]),
        ("attr.n>3.5", &[4]),
        ("attr.n~read", &[1]),
        ("attr.n!=4", &[1, 2, 3, 5]),
        ("attr.\"odd key\"=true", &[2]),
        ("text:\"held 3\"", &[3]),
    ] {
        let query = parse(text, &Saved::default()).unwrap();
        let found: Vec<u64> = found.to_vec();
        let matched = matches(&query, &scene).into_iter().zip(&nodes);
        let matched: Vec<u64> = matched.filter(|(m, _)| *m).map(|(_, n)| n.id.0).collect();
        assert_eq!(matched, found, "{text}");
    }
}

#[test]
fn a_census_counts_what_there_is() {
    let (nodes, session) = (example(), session());
    let scene = Scene {
        session: &session,
        nodes: &nodes,
        findings: &[],
        contents: &Sends,
        now: 0,
    };
    let of = Some(Subject::Attr("n".into()));
    let count = |only: Option<Arc<[u32]>>| {
        let mut census = Census::new(&scene, of.clone(), only);
        while !census.advance(&scene, 1) {}
        census.into_seen()
    };
    let seen = count(None);
    let values = |seen: &Seen, s: &Subject| {
        let all = seen.values_of(s).into_iter();
        all.map(|(v, n)| format!("{v} {n}")).collect::<Vec<_>>()
    };
    assert_eq!(values(&seen, &Subject::Field(Field::Agent)), ["Reviewer 3"]);
    assert_eq!(
        values(&seen, &Subject::Field(Field::Status)),
        ["ok 3", "error 2"]
    );
    // Node 1 sends a text by this key, node 4 a number.
    assert_eq!(values(&seen, of.as_ref().unwrap()), ["4 1", "Read 1"]);
    assert_eq!(
        seen.subjects.get(&Subject::Attr("acme.user".into())),
        Some(&1)
    );
    let seen = count(Some([2, 3].into()));
    assert_eq!(values(&seen, &Subject::Field(Field::Agent)), ["Reviewer 2"]);
    assert_eq!(values(&seen, of.as_ref().unwrap()), ["4 1"]);
}
