//! A picture by hand that resembles the mock of the look: two turns, an agent, calls with
//! phases, tools, waiting, a sub-agent from log events, an error, a presumed row.

use spanfall::model::detail::{
    Detail, EventDetail, EvidenceDetail, Message, Part, Provenance, Speaker, Value,
};
use spanfall::model::figures::Figures;
use spanfall::model::finding::{Finding, Severity};
use spanfall::model::heard::HeardAll;
use spanfall::model::ids::{EvidenceId, NodeId, SessionId, SpanId, TraceId};
use spanfall::model::node::*;
use spanfall::model::timing::AllTimes;
use spanfall::model::usage::{CostBasis, PicoUsd, Usage};
use spanfall::query::NoContents;
use spanfall::ui::{DialectView, Listener, Picture, ReceiverView, StoreView};
use std::sync::Arc;

/// 2026-11-21 14:02:24 UTC, the start of the second turn.
pub const T0: u64 = 1_795_269_744_000_000_000;
pub const MS: u64 = 1_000_000;
/// 16.9 s into the second turn.
pub const NOW: u64 = T0 + 16_900 * MS;

pub struct Fixture {
    pub sessions: Vec<SessionSummary>,
    pub tree: Tree,
    pub detail: Detail,
    pub receiver: ReceiverView,
    pub store: StoreView,
    pub findings: Vec<Finding>,
    pub totals: Figures,
    pub heard: HeardAll,
    pub times: AllTimes,
}

impl Fixture {
    pub fn picture(&self) -> Picture<'_> {
        Picture {
            sessions: &self.sessions,
            session: Some(SessionId(1)),
            tree: Some(&self.tree),
            tree_version: 1,
            detail: Some(&self.detail),
            detail_version: 1,
            book: None,
            reading: false,
            receiver: &self.receiver,
            store: &self.store,
            findings: &self.findings,
            findings_version: 1,
            contents: &NoContents,
            compared: None,
            setups: &[],
            heard: &self.heard,
            times: &self.times,
            totals: self.totals,
            prices: "2026-11-09",
            burn: PicoUsd::from_usd(0.21),
            utc_offset: 0,
            now: NOW,
        }
    }
}

fn usd(amount: f64) -> Option<PicoUsd> {
    PicoUsd::from_usd(amount)
}

fn figures(input: u64, read: u64, output: u64, cost: f64, calls: u64) -> Figures {
    Figures {
        model_calls: calls,
        usage: Usage {
            input: Some(input),
            cache_read: Some(read),
            output: Some(output),
            ..Usage::default()
        },
        cost: usd(cost),
        cost_basis: CostBasis::Reported,
        ..Figures::default()
    }
}

struct Builder(Vec<Node>);

impl Builder {
    fn add(
        &mut self,
        depth: u32,
        kind: NodeKind,
        name: &str,
        from_ms: u64,
        ms: Option<u64>,
    ) -> &mut Node {
        let index = self.0.len();
        let parent = self.0.iter().rposition(|n| n.depth < depth);
        let mut up = parent;
        while let Some(i) = up {
            self.0[i].descendants += 1;
            up = self.0[i].parent.map(|p| p as usize);
        }
        self.0.push(Node {
            id: NodeId(index as u64 + 1),
            alias: NodeId(index as u64 + 1),
            parent: parent.map(|p| p as u32),
            depth,
            descendants: 0,
            kind,
            name: name.into(),
            detail: None,
            state: if ms.is_some() {
                State::Ok
            } else {
                State::Running(Sign::Known)
            },
            arrived: true,
            from_logs: false,
            internal: false,
            mcp: false,
            start: T0 + from_ms * MS - 60_000 * MS,
            end: ms.map(|ms| T0 + (from_ms + ms) * MS - 60_000 * MS),
            call: None,
            rolled: Figures::default(),
            claimed: None,
            hands: None,
            remarks: None,
            error: None,
            error_below: false,
            sources: vec![Source {
                evidence: EvidenceId(index as u32),
                is_span: true,
                role: Role::Client,
                trace: TraceId([1; 16]),
                span: SpanId([2; 8]),
                why: "the span itself",
            }],
        });
        self.0.last_mut().unwrap()
    }

    #[allow(clippy::too_many_arguments)]
    fn call(
        &mut self,
        depth: u32,
        model: &str,
        from_ms: u64,
        ms: u64,
        ttft_ms: Option<u64>,
        f: Figures,
    ) -> &mut Node {
        let node = self.add(depth, NodeKind::Call, model, from_ms, Some(ms));
        let start = node.start;
        node.rolled = f;
        node.call = Some(Box::new(Call {
            operation: Some("chat".into()),
            provider: Some("anthropic".into()),
            request_model: Some("claude-sonnet-4-5".into()),
            response_model: Some("claude-sonnet-4-5-20250929".into()),
            attempts: 1,
            answered_from: start,
            phases: Phases {
                ttft: ttft_ms.map(|ms| ms * MS),
                decode: ttft_ms.map(|t| (ms - t) * MS),
                evidence: if ttft_ms.is_some() {
                    PhaseEvidence::Client
                } else {
                    PhaseEvidence::None
                },
                source: ttft_ms.map(|_| Arc::from("ttft_ms")),
                ..Phases::default()
            },
            usage: f.usage,
            cost: f.cost,
            cost_basis: CostBasis::Reported,
            computed_cost: f.cost,
            price_entry: Some("anthropic claude-sonnet-4-5, prices 2026-11-09".into()),
            finish_reasons: vec!["tool_use".into()],
            window: Some(200_000),
            ..Call::default()
        }));
        node
    }
}

const TURN: u64 = 60_000;

fn tree() -> Tree {
    use NodeKind::*;
    let mut b = Builder(Vec::new());
    b.add(
        0,
        Turn,
        "what are the open questions in the issue tracker?",
        0,
        Some(2_200),
    )
    .rolled = Figures {
        wait_ns: 900 * MS,
        decode_ns: 1_300 * MS,
        model_ns: 2_200 * MS,
        ..figures(6_200, 4_000, 190, 0.008, 1)
    };
    b.call(
        1,
        "claude-sonnet-4-5",
        0,
        2_200,
        Some(900),
        figures(6_200, 4_000, 190, 0.008, 1),
    );
    let rolled = Figures {
        running_calls: 1,
        tool_calls: 4,
        failed_tools: 1,
        agents: 2,
        errors: 1,
        wait_ns: 2_870 * MS,
        decode_ns: 5_750 * MS,
        model_ns: 8_620 * MS,
        tool_ns: 5_240 * MS,
        human_ns: 2_030 * MS,
        idle_ns: 1_010 * MS,
        ..figures(15_100, 10_240, 901, 0.027, 3)
    };
    let turn = b.add(
        0,
        Turn,
        "fix the off-by-one in window.py and add a test",
        TURN,
        None,
    );
    (turn.rolled, turn.error_below) = (rolled, true);
    let agent = b.add(1, Agent, "main", TURN, None);
    (agent.rolled, agent.error_below) = (rolled, true);
    b.call(
        2,
        "claude-sonnet-4-5",
        TURN,
        3_100,
        Some(1_100),
        figures(5_100, 0, 212, 0.011, 1),
    );
    b.add(2, Tool, "Read", TURN + 3_100, Some(40)).detail = Some("crates/app/src/window.py".into());
    b.add(3, Other, "HTTP GET", TURN + 3_110, Some(20)).internal = true;
    let usage = Usage {
        cache_write: Some(640),
        reasoning: Some(122),
        ..figures(5_901, 5_120, 388, 0.0102, 1).usage
    };
    let call = b.call(
        2,
        "claude-sonnet-4-5",
        TURN + 3_200,
        3_900,
        Some(900),
        Figures {
            usage,
            ..figures(5_901, 5_120, 388, 0.0102, 1)
        },
    );
    call.sources[0].why = "the span itself";
    b.add(2, Tool, "Bash", TURN + 7_100, Some(5_200)).detail = Some("cargo test".into());
    b.add(3, Wait, "permission", TURN + 7_100, Some(2_030));
    let tool = b.add(2, Tool, "Agent", TURN + 7_500, Some(4_400));
    (tool.detail, tool.from_logs) = (Some("survey callers".into()), true);
    tool.rolled = figures(4_100, 900, 301, 0.006, 2);
    b.call(
        3,
        "claude-sonnet-4-5",
        TURN + 7_500,
        1_900,
        Some(600),
        figures(2_000, 400, 140, 0.003, 1),
    )
    .from_logs = true;
    b.add(3, Tool, "Grep", TURN + 9_400, Some(500)).from_logs = true;
    b.call(
        3,
        "claude-sonnet-4-5",
        TURN + 9_900,
        2_000,
        None,
        figures(2_100, 500, 161, 0.003, 1),
    )
    .from_logs = true;
    let failed = b.add(2, Tool, "Bash", TURN + 12_400, Some(1_100));
    (failed.detail, failed.state) = (Some("npm run lint".into()), State::Error);
    failed.error = Some("exit status 1: missing script: lint".into());
    let wait = b.add(2, Call, "agent? (3 children)", TURN + 13_500, Some(900));
    (wait.arrived, wait.kind) = (false, Agent);
    let presumed = b.add(2, Call, "model?", TURN + 14_500, None);
    presumed.state = State::Running(Sign::Presumed);
    Tree {
        start: T0 - TURN * MS,
        end: NOW,
        nodes: b.0,
    }
}

fn session(
    id: u64,
    title: &str,
    emitter: &str,
    turns: usize,
    state: SessionState,
    seconds: u64,
    f: Figures,
) -> SessionSummary {
    SessionSummary {
        id: SessionId(id),
        key_name: "session.id".into(),
        key: format!("{id}").into(),
        title: title.into(),
        emitter: emitter.into(),
        state,
        start: NOW - seconds * 1000 * MS,
        end: NOW,
        last_arrival: NOW - id,
        joined_midway: false,
        cycles: 0,
        content_dropped: false,
        turns: (0..turns)
            .map(|i| TurnSummary {
                node: NodeId(i as u64 + 1),
                alias: NodeId(i as u64 + 1),
                title: title.into(),
                start: T0,
                end: Some(NOW),
                figures: Figures::default(),
            })
            .map(std::sync::Arc::new)
            .collect(),
        figures: f,
        measured: None,
        evidence: 40,
        waiting: None,
    }
}

pub fn detail() -> Detail {
    let text = |k: &str, v: &str| (k.to_owned(), Value::Text(v.to_owned()));
    Detail {
        node: NodeId(8),
        messages: vec![
            Message {
                speaker: Speaker::User,
                output: false,
                parts: vec![Part::Text(
                    "fix the off-by-one in window.py\nand add a test \u{1b}[31mred\u{202e}".into(),
                )],
            },
            Message {
                speaker: Speaker::Assistant,
                output: true,
                parts: vec![
                    Part::Reasoning("The loop runs one step too far.".into()),
                    Part::ToolCall {
                        id: None,
                        name: "Bash".into(),
                        arguments: Value::Map(vec![text("command", "cargo test")]),
                    },
                ],
            },
        ],
        no_messages: None,
        evidence: vec![EvidenceDetail {
            title: "span claude_code.llm_request".into(),
            why: "the span itself".into(),
            scope: "com.anthropic.claude_code 2.1.0".into(),
            envelope: vec![("span id".into(), "0202020202020202".into())],
            attributes: vec![
                text("gen_ai.request.model", "claude-sonnet-4-5"),
                ("ttft_ms".into(), Value::Int(900)),
                (
                    "tags".into(),
                    Value::List(vec![Value::Bool(true), Value::Map(vec![text("k", "v")])]),
                ),
            ],
            resource: vec![text("service.name", "claude-code")],
            events: vec![EventDetail {
                name: "first_token".into(),
                time: T0 + 4_100 * MS,
                attributes: vec![("n".into(), Value::Int(1))],
            }],
            facts: vec![Provenance {
                field: "input tokens".into(),
                value: "5901".into(),
                key: "input_tokens + cache_read_tokens".into(),
                dialect: "claude-code".into(),
                reader: "count".into(),
                lost: vec![("gen_ai.usage.input_tokens".into(), "141".into())],
            }],
            dropped: false,
        }],
    }
}

pub fn listening() -> ReceiverView {
    let listener = |protocol: &str, port: u16| Listener {
        protocol: protocol.into(),
        address: format!("127.0.0.1:{port}"),
    };
    ReceiverView {
        listeners: vec![listener("OTLP/gRPC", 4317), listener("OTLP/HTTP", 4318)],
        ..ReceiverView::default()
    }
}

pub fn fixture() -> Fixture {
    let triage = Figures {
        unpriced_calls: 2,
        errors: 0,
        ..figures(140_000, 100_000, 8_000, 0.31, 40)
    };
    let mine = Figures {
        errors: 1,
        ..figures(21_300, 14_000, 1_091, 0.035, 4)
    };
    Fixture {
        heard: HeardAll::default(),
        times: AllTimes::default(),
        sessions: vec![
            session(
                1,
                "fix the off-by-one in window.py",
                "claude-code",
                2,
                SessionState::Running,
                161,
                mine,
            ),
            session(
                2,
                "planner team",
                "openai-agents",
                1,
                SessionState::Idle,
                14,
                figures(20_000, 0, 700, 0.021, 4),
            ),
            session(
                3,
                "nightly triage",
                "codex",
                12,
                SessionState::Stale,
                1_085,
                triage,
            ),
        ],
        tree: tree(),
        detail: detail(),
        receiver: ReceiverView {
            connections: 14,
            open: 2,
            last_peer: Some("127.0.0.1:51234".into()),
            requests: 40,
            by_protocol: vec![
                ("grpc".into(), [12, 4, 0]),
                ("http/protobuf".into(), [20, 3, 1]),
                ("http/json".into(), [0, 0, 0]),
            ],
            queue: Some((3, 16)),
            spans: 218,
            logs: 1_204,
            metrics: 96,
            repaired: 2,
            services: vec!["claude-code".into(), "checkout".into()],
            ..listening()
        },
        store: store(),
        findings: findings(),
        totals: Figures {
            errors: 1,
            unpriced_calls: 2,
            ..figures(182_000, 129_000, 9_800, 0.37, 48)
        },
    }
}

fn store() -> StoreView {
    let dialect = |name: &str, known, spans, logs| DialectView {
        name: name.into(),
        known,
        spans,
        logs,
    };
    StoreView {
        memory: 461 << 20,
        limit: Some(512 << 20),
        duplicates: 7,
        lag_p50: Some(510 * MS),
        lag_p99: Some(5_100 * MS),
        lag_max: Some(61_000 * MS),
        dialects: vec![
            dialect("claude-code", true, 200, 1_204),
            dialect("none of an agent", false, 18, 0),
        ],
        ..StoreView::default()
    }
}

fn findings() -> Vec<Finding> {
    let finding = |rule, severity, session, message: &str| Finding {
        rule,
        severity,
        session: SessionId(session),
        node: None,
        at: 0,
        message: message.into(),
        evidence: String::new(),
    };
    let mut all = vec![
        finding(
            "joined-midway",
            Severity::Info,
            3,
            "joined while it was going on; totals are at least",
        ),
        finding(
            "parent-cycle",
            Severity::Warning,
            2,
            "1 chain of parents reached itself; it was cut at its first span",
        ),
        finding(
            "parent-cycle",
            Severity::Warning,
            3,
            "2 chains of parents reached themselves; each was cut at its first span",
        ),
        Finding {
            node: Some(NodeId(5)),
            at: T0,
            evidence: "read 0 of 5,120, 50ms after the call before".into(),
            ..finding(
                "cache-lost",
                Severity::Warning,
                1,
                "the prompt cache was lost: 5,120 tokens that were in it are sent anew",
            )
        },
    ];
    spanfall::findings::sort(&mut all);
    all
}
