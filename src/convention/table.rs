//! The tables as written and as compiled.

use super::events::SpanEvent;
use super::link::Follow;
use super::rule::{Rule, RuleText, Target};
use crate::model::evidence::{Field, Op};
use crate::model::usage::Convention;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use rustc_hash::FxHashMap;
use serde::Deserialize;

/// The tables in order of precedence: for one field, the rule that stands first is heard.
const FILES: &[&str] = &[
    include_str!("tables/claude-code.toml"),
    include_str!("tables/codex.toml"),
    include_str!("tables/gemini-cli.toml"),
    include_str!("tables/qwen-code.toml"),
    include_str!("tables/opencode.toml"),
    include_str!("tables/openinference.toml"),
    include_str!("tables/langfuse.toml"),
    include_str!("tables/laminar.toml"),
    include_str!("tables/mlflow.toml"),
    include_str!("tables/langsmith.toml"),
    include_str!("tables/respan.toml"),
    include_str!("tables/logfire.toml"),
    include_str!("tables/pydantic-ai.toml"),
    include_str!("tables/ai-sdk.toml"),
    include_str!("tables/sentry.toml"),
    include_str!("tables/mastra.toml"),
    include_str!("tables/genkit.toml"),
    include_str!("tables/voltagent.toml"),
    include_str!("tables/openai-agents.toml"),
    include_str!("tables/copilot.toml"),
    include_str!("tables/spring-ai.toml"),
    include_str!("tables/toad-eye.toml"),
    include_str!("tables/google-adk.toml"),
    include_str!("tables/strands.toml"),
    include_str!("tables/agent-framework.toml"),
    include_str!("tables/autogen.toml"),
    include_str!("tables/semantic-kernel.toml"),
    include_str!("tables/crewai.toml"),
    include_str!("tables/haystack.toml"),
    include_str!("tables/litellm.toml"),
    include_str!("tables/openlit.toml"),
    include_str!("tables/engine.toml"),
    include_str!("tables/openllmetry-langchain.toml"),
    include_str!("tables/traceloop.toml"),
    include_str!("tables/handoffs.toml"),
    include_str!("tables/tools.toml"),
    include_str!("tables/verdicts.toml"),
    include_str!("tables/otel.toml"),
    include_str!("tables/misspelled.toml"),
    include_str!("tables/plumbing.toml"),
];

/// One dialect's file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    name: String,
    #[serde(default)]
    emitter: bool,
    #[serde(default)]
    gated: bool,
    #[serde(default, rename = "roots_are_turns")]
    roots_are_turns: bool,
    #[serde(default)]
    detect: Detect,
    #[serde(default)]
    log: LogNames,
    #[serde(default)]
    counts: Vec<Counts>,
    #[serde(default)]
    span: Vec<Named>,
    #[serde(default)]
    event: Vec<Named>,
    #[serde(default)]
    rule: Vec<RuleText>,
    #[serde(default)]
    span_event: Vec<SpanEvent>,
    #[serde(default)]
    verdict_event: Vec<VerdictEvent>,
    #[serde(default)]
    verdict_family: Vec<VerdictFamily>,
    #[serde(default)]
    link: Vec<Follow>,
}

/// A span event that judges its span, in attributes of its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct VerdictEvent {
    name: String,
}

/// What gives a dialect away. Hints for gated rules and for naming the dialect, never a gate
/// for the conventions' own keys.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Detect {
    /// Prefixes of scope names.
    #[serde(default)]
    scopes: Vec<String>,
    /// Names of the service, where a product sets its own.
    #[serde(default)]
    services: Vec<String>,
    /// Prefixes of span names.
    #[serde(default)]
    names: Vec<String>,
    /// Keys of which any is enough.
    #[serde(default)]
    keys: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LogNames {
    #[serde(default)]
    strip: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Counts {
    scope: String,
    /// Absent where its versions differ: the counts themselves tell.
    counts: Option<Convention>,
}

/// A span or event name and what it tells of; `*` at its end stands for any rest.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
    op: Op,
    #[serde(default)]
    failed: bool,
}

/// A flattened list of verdicts among a span's attributes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerdictFamily {
    /// What keys begin with, before the index.
    pub prefixes: Vec<String>,
    /// What they end with, in the order of [`crate::model::remarks::VERDICT`].
    pub parts: [String; 5],
}

/// A dialect as compiled.
#[derive(Debug)]
pub struct Dialect {
    /// Its name in the tables.
    pub name: String,
    /// It is spoken by one product only, which it names.
    pub emitter: bool,
    /// Roots of its traces are prompts.
    pub roots_are_turns: bool,
    scopes: Vec<String>,
    services: Vec<String>,
    names: Vec<String>,
    strip: String,
    span: Vec<Named>,
    event: Vec<Named>,
    /// Which links of its roots stand in for a parent.
    pub(super) links: Vec<Follow>,
}

/// All tables, compiled: from a key to its rules.
#[derive(Debug)]
pub struct Compiled {
    /// Dialects in order of precedence.
    pub dialects: Vec<Dialect>,
    /// Rules in order of precedence.
    pub rules: Vec<Rule>,
    /// Rules of a key.
    pub by_key: FxHashMap<String, Vec<u16>>,
    /// Rules for lists that are flattened into many keys, by what these begin with.
    pub families: Vec<(String, Vec<u16>)>,
    /// Rules without a key.
    pub constants: Vec<u16>,
    /// Keys that only a span has that was sent at its start, whatever its times.
    pending: Vec<String>,
    /// Of each rule the bit of the dialect that must be sure, 0 where none must. Most rules are
    /// passed over by this alone, without a look at them.
    gates: Vec<u64>,
    /// Dialects that a key gives away, as bits.
    pub detect: FxHashMap<String, u64>,
    /// Span events, with the number that stands for a rule in their facts.
    pub span_events: Vec<(u16, SpanEvent)>,
    /// Names of span events that judge their span.
    pub verdict_events: Vec<String>,
    /// Flattened lists of verdicts.
    pub verdict_families: Vec<VerdictFamily>,
    counts: Vec<Counts>,
}

impl Compiled {
    /// Compiles the embedded tables. They are part of the program, so a mistake in them is ours.
    pub fn embedded() -> Result<Self, toml::de::Error> {
        let files = FILES
            .iter()
            .map(|text| toml::from_str(text))
            .collect::<Result<Vec<File>, _>>()?;
        let mut made = Self {
            dialects: Vec::new(),
            rules: Vec::new(),
            by_key: FxHashMap::default(),
            families: Vec::new(),
            constants: Vec::new(),
            pending: Vec::new(),
            gates: Vec::new(),
            detect: FxHashMap::default(),
            span_events: Vec::new(),
            verdict_events: Vec::new(),
            verdict_families: Vec::new(),
            counts: Vec::new(),
        };
        let mut span_events = Vec::new();
        for file in files {
            span_events.extend(made.add(file)?);
        }
        made.rules.sort_by_key(|r| r.rank);
        let rules = std::mem::take(&mut made.rules);
        for (i, rule) in (0u16..).zip(&rules) {
            match rule.key.as_str() {
                "" => made.constants.push(i),
                key => match key.strip_suffix('*').filter(|key| key.ends_with('.')) {
                    Some(prefix) => made.family(prefix).push(i),
                    None => made.by_key.entry(key.to_owned()).or_default().push(i),
                },
            }
        }
        made.rules = rules;
        let pending = |rule: &&Rule| rule.target == Target::Fact(Field::PendingParent);
        let keys = made.rules.iter().filter(pending).map(|r| r.key.clone());
        made.pending = keys.collect();
        let gate = |rule: &Rule| u64::from(rule.gated) << rule.dialect;
        made.gates = made.rules.iter().map(gate).collect();
        let first = u16::try_from(made.rules.len()).unwrap_or(u16::MAX);
        made.span_events = (first..).zip(span_events).collect();
        Ok(made)
    }

    fn family(&mut self, prefix: &str) -> &mut Vec<u16> {
        let at = self.families.iter().position(|(known, _)| known == prefix);
        let at = at.unwrap_or_else(|| {
            self.families.push((prefix.to_owned(), Vec::new()));
            self.families.len() - 1
        });
        &mut self.families[at].1
    }

    fn add(&mut self, file: File) -> Result<Vec<SpanEvent>, toml::de::Error> {
        let dialect = u8::try_from(self.dialects.len()).unwrap_or(u8::MAX);
        for key in file.detect.keys {
            *self.detect.entry(key).or_default() |= 1 << dialect;
        }
        for text in file.rule {
            self.rules.extend(text.compile(dialect, file.gated)?);
        }
        self.counts.extend(file.counts);
        self.verdict_families.extend(file.verdict_family);
        self.verdict_events
            .extend(file.verdict_event.into_iter().map(|e| e.name));
        self.dialects.push(Dialect {
            name: file.name,
            emitter: file.emitter,
            roots_are_turns: file.roots_are_turns,
            scopes: file.detect.scopes,
            services: file.detect.services,
            names: file.detect.names,
            strip: file.log.strip,
            span: file.span,
            event: file.event,
            links: file.link,
        });
        let of_dialect = |event| SpanEvent { dialect, ..event };
        Ok(file.span_event.into_iter().map(of_dialect).collect())
    }

    /// Whether a rule may be asked where the dialects of `bits` are sure.
    pub fn is_open(&self, rule: u16, bits: u64) -> bool {
        let gate = self.gates.get(rule as usize);
        gate.is_some_and(|&gate| gate == 0 || gate & bits != 0)
    }

    /// Whether attributes are those of a span that was sent at its start.
    pub fn is_pending(&self, attributes: &[KeyValue]) -> bool {
        let is = |kv: &KeyValue| self.pending.contains(&kv.key);
        attributes.iter().any(is)
    }

    /// Whether some of these attributes are verdicts in a flattened list.
    pub fn has_verdicts(&self, attributes: &[KeyValue]) -> bool {
        let mut prefixes = self.verdict_families.iter().flat_map(|f| &f.prefixes);
        prefixes.any(|prefix| attributes.iter().any(|kv| kv.key.starts_with(prefix)))
    }

    /// Dialects that a scope's or a service's name gives away, as bits.
    pub fn of_origin(&self, scope: &str, service: &str) -> u64 {
        let of_scope = |d: &Dialect| d.scopes.iter().any(|s| scope.starts_with(s.as_str()));
        self.bits(|d| of_scope(d) || d.services.iter().any(|s| s == service))
    }

    /// Dialects that a span's name gives away, as bits.
    pub fn of_name(&self, name: &str) -> u64 {
        self.bits(|d| d.names.iter().any(|n| name.starts_with(n.as_str())))
    }

    /// Dialects that an attribute's key gives away, as bits.
    pub fn of_keys(&self, attributes: &[KeyValue]) -> u64 {
        let told = attributes.iter().filter_map(|kv| self.detect.get(&kv.key));
        told.fold(0, |bits, b| bits | b)
    }

    fn bits(&self, is: impl Fn(&Dialect) -> bool) -> u64 {
        self.dialects
            .iter()
            .enumerate()
            .filter(|(_, d)| is(d))
            .fold(0, |bits, (i, _)| bits | 1 << i)
    }

    /// What a span's name says that it tells of, in the dialects of `bits`.
    pub fn span_op(&self, bits: u64, name: &str) -> Option<(u8, Op)> {
        self.named(bits, |d| &d.span, name).map(|(d, n)| (d, n.op))
    }

    /// What a record's event name says that it tells of, and whether that failed. Events are
    /// named by the conventions themselves, so every table is asked.
    pub fn event_op(&self, bits: u64, name: &str) -> Option<(u8, Op, bool)> {
        let own = self.named(bits, |d| &d.event, name);
        let any = || {
            let exact = |d: &Dialect| d.event.iter().position(|n| n.name == name && !d.emitter);
            self.dialects
                .iter()
                .enumerate()
                .find_map(|(i, d)| Some((u8::try_from(i).ok()?, &d.event[exact(d)?])))
        };
        own.or_else(any).map(|(d, n)| (d, n.op, n.failed))
    }

    fn named<'a>(
        &'a self,
        bits: u64,
        of: impl Fn(&'a Dialect) -> &'a Vec<Named>,
        name: &str,
    ) -> Option<(u8, &'a Named)> {
        self.dialects
            .iter()
            .enumerate()
            .filter(|(i, _)| bits & (1 << i) != 0)
            .find_map(|(i, d)| {
                let bare = name.strip_prefix(d.strip.as_str()).unwrap_or(name);
                let fits = |n: &&Named| {
                    n.name
                        .strip_suffix('*')
                        .map_or(n.name == name || n.name == bare, |p| name.starts_with(p))
                };
                Some((u8::try_from(i).ok()?, of(d).iter().find(fits)?))
            })
    }

    /// What the counts of a scope include, where the scope is known.
    pub fn counts_of(&self, scope: &str) -> Option<Convention> {
        self.counts
            .iter()
            .find(|c| scope.starts_with(&c.scope))
            .and_then(|c| c.counts)
    }
}
