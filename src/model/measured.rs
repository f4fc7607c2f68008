//! What metrics say of a session: totals, never calls. They fill what neither spans nor records
//! told and are never added to it (corpus rule: one source per call: the span, else the log event,
//! else the metric); beside what is known they stand as a second word on it.

use super::correlate::{Lore, PriceQuestion};
use super::evidence::{Origin, key_of};
use super::figures::Figures;
use super::heard::{MeasuredCalls, calls_of};
use super::ids::SessionId;
use super::node::{SessionState, SessionSummary};
use super::sessions::Session;
use super::store::Store;
use super::usage::{CostBasis, PicoUsd, Usage};
use crate::metrics::{Identity, Meaning, MetricSummary, Owner, Point, Quantity, Series, Value};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Sessions remembered of a sender: with two of them nobody knows whose its metrics are.
const SESSIONS_OF_SENDER: usize = 8;

/// One model's totals, as metrics tell them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MeasuredModel {
    /// Provider, where told.
    pub provider: Option<Arc<str>>,
    /// Model, where told.
    pub model: Option<Arc<str>>,
    /// Tokens.
    pub usage: Usage,
    /// Reported by a metric, else computed from the tokens where the price does not depend on the
    /// size of a call.
    pub cost: Option<PicoUsd>,
    /// Where the cost comes from.
    pub basis: CostBasis,
}

/// A session's totals, as metrics tell them.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Whose metrics they are.
    pub owner: Owner,
    /// `service.name` of the sender.
    pub service: Arc<str>,
    /// Names of the metrics that were heard.
    pub names: Vec<Box<str>>,
    /// Models in a fixed order.
    pub models: Vec<MeasuredModel>,
    /// How many calls they count, and how long those took.
    pub calls: Option<MeasuredCalls>,
    /// Since when they count, ns since the epoch.
    pub start: u64,
    /// When they were taken last, ns since the epoch.
    pub end: u64,
}

impl MeasuredModel {
    fn says_something(&self) -> bool {
        !self.usage.is_empty() || self.cost.is_some()
    }

    /// Tokens and cost as figures without a call.
    pub fn figures(&self) -> Figures {
        let mut figures = Figures {
            usage: self.usage,
            ..Figures::default()
        };
        if let Some(cost) = self.cost {
            figures.add_cost(cost, self.basis);
        }
        figures
    }
}

impl Measured {
    /// Tokens and cost as figures without a call.
    pub fn figures(&self) -> Figures {
        let mut figures = Figures::default();
        for model in &self.models {
            figures.add(&model.figures());
        }
        figures
    }

    /// Gives figures what nobody else told.
    fn fill(&self, figures: &mut Figures) {
        let own = self.figures();
        figures.usage.fill_from(own.usage);
        if let (None, Some(cost)) = (figures.cost, own.cost) {
            figures.add_cost(cost, own.cost_basis);
        }
    }
}

/// Whose metrics are whose.
#[derive(Default)]
pub struct Senders {
    /// Sessions in which a sender's evidence was ever seen, the first of them.
    pub(super) sessions: FxHashMap<u64, Vec<SessionId>>,
    /// Where a sender's metrics are counted now.
    placed: FxHashMap<u64, SessionId>,
    /// Sessions that were evicted: their sums hold what metrics said.
    gone: FxHashSet<SessionId>,
}

impl Store {
    /// Takes metric points in. What they change is seen after the next [`Store::refresh`].
    pub fn measure(&mut self, points: &[Point]) {
        for point in points {
            self.metrics.take(point);
        }
    }

    /// What metrics say, one row a series that is about agents.
    pub fn metric_summaries(&self) -> Vec<MetricSummary> {
        self.metrics.summaries()
    }

    /// What of metrics was not kept.
    pub fn metrics_dropped(&self) -> crate::metrics::Dropped {
        self.metrics.dropped
    }

    /// Notes where a sender's evidence is; its metrics may belong there.
    pub(super) fn note_senders(&mut self, unit: u32, session: SessionId) {
        let members = self.units.get(unit).map_or(&[][..], |u| &u.members);
        let mut origins: Vec<u32> = members
            .iter()
            .filter_map(|&id| Some(self.evidence(id)?.origin))
            .collect();
        origins.sort_unstable();
        origins.dedup();
        let known = origins
            .iter()
            .filter_map(|&at| self.origins.get(at as usize));
        let senders: Vec<u64> = known.flat_map(|o| [o.process, o.service_key()]).collect();
        for sender in senders {
            let sessions = self.senders.sessions.entry(sender).or_default();
            let known = sessions.contains(&session);
            if !known && sessions.len() < SESSIONS_OF_SENDER {
                sessions.push(session);
            }
            // Of several sessions all but one may be gone by now.
            if !known || sessions.len() > 1 {
                self.metrics.touch(Owner::Sender(sender));
            }
        }
    }

    /// Brings what metrics say of sessions up to date.
    pub(super) fn place_metrics(&mut self, lore: &dyn Lore) {
        let touched = self.metrics.take_touched();
        self.version += u64::from(!touched.is_empty());
        for owner in touched {
            let Some(measured) = measured(&self.metrics, &owner, lore).map(Arc::new) else {
                continue;
            };
            let (id, key_name, key): (_, Arc<str>, Arc<str>) = match &owner {
                Owner::Session(name, text) => {
                    let id = self.session_of_owner(&owner);
                    (id, (&**name).into(), (&**text).into())
                }
                Owner::Sender(sender) => {
                    let id = self.session_of_sender(*sender);
                    self.move_sender(*sender, id);
                    (id, "process".into(), measured.service.clone())
                }
            };
            if let Some(id) = id.filter(|id| !self.senders.gone.contains(id)) {
                self.session_entry(id, key_name, key).measured = Some(measured);
                self.mark_session(id);
            }
        }
    }

    /// The one session that a sender's evidence is in; its own where none is; none where nobody
    /// can tell.
    pub(super) fn session_of_sender(&self, sender: u64) -> Option<SessionId> {
        let sessions = self.senders.sessions.get(&sender).map_or(&[][..], |s| s);
        let mut there = sessions.iter().copied().filter(|&id| self.is_agentic(id));
        match (there.next(), there.next()) {
            (None, _) => Some(SessionId(key_of(("process", sender)))),
            (only, None) if sessions.len() < SESSIONS_OF_SENDER => only,
            _ => None,
        }
    }

    fn move_sender(&mut self, sender: u64, to: Option<SessionId>) {
        let before = match to {
            Some(to) => self.senders.placed.insert(sender, to),
            None => self.senders.placed.remove(&sender),
        };
        if let Some(before) = before.filter(|b| Some(*b) != to) {
            self.forget_measured(before);
        }
    }

    /// An evicted session's metrics go with it, and are in the sums that stay.
    pub(super) fn evict_metrics(&mut self, id: SessionId, measured: &Measured) {
        self.senders.gone.insert(id);
        self.metrics.forget(&measured.owner);
    }
}

impl Origin {
    /// Stands for all senders of its service, where nothing tells them apart.
    pub fn service_key(&self) -> u64 {
        key_of(("service", &*self.service))
    }
}

/// A session's line with what metrics add to it; one of which nothing else is known has no calls.
pub(super) fn with_metrics(
    id: SessionId,
    session: &Session,
    told: Option<SessionSummary>,
) -> Option<SessionSummary> {
    let Some(measured) = &session.measured else {
        return told;
    };
    let mut summary = told.unwrap_or_else(|| alone(id, session, measured));
    measured.fill(&mut summary.figures);
    summary.measured = Some(measured.clone());
    Some(summary)
}

fn alone(id: SessionId, session: &Session, measured: &Measured) -> SessionSummary {
    SessionSummary {
        id,
        key_name: session.key_name.clone(),
        key: session.key.clone(),
        title: format!("{} (metrics only)", measured.service).into(),
        emitter: measured.service.clone(),
        state: SessionState::Idle,
        start: measured.start,
        end: measured.end,
        last_arrival: measured.end,
        joined_midway: false,
        cycles: 0,
        content_dropped: false,
        turns: Vec::new(),
        figures: Figures {
            wall_ns: measured.end.saturating_sub(measured.start),
            ..Figures::default()
        },
        measured: None,
        waiting: None,
        evidence: 0,
    }
}

/// A quantity's sums by model and by the library that counts: two libraries that count one model's
/// tokens count the same calls.
type Sums<'a> = BTreeMap<(Option<&'a str>, Option<&'a str>), BTreeMap<&'a str, Quantities>>;
type Quantities = BTreeMap<Quantity, f64>;

fn measured(metrics: &crate::metrics::Metrics, owner: &Owner, lore: &dyn Lore) -> Option<Measured> {
    let all: Vec<(&Identity, &Meaning, &Series)> = metrics
        .of(owner)
        .filter_map(|(i, s)| Some((i, i.meaning.as_ref()?, s)))
        .collect();
    let is_cost = |m: &Meaning| m.quantity == Quantity::Cost;
    let family = |cost: bool| {
        let of = all.iter().filter(|(_, m, _)| is_cost(m) == cost);
        of.map(|(_, m, _)| m.family).min()
    };
    let heard: Vec<&(&Identity, &Meaning, &Series)> = all
        .iter()
        .filter(|(_, m, _)| Some(m.family) == family(is_cost(m)))
        .collect();
    let first = heard.first()?;
    let mut sums: Sums<'_> = BTreeMap::new();
    for (identity, meaning, series) in &heard {
        let Some(n) = series.total().and_then(|v| number(&v)) else {
            continue;
        };
        let model = (meaning.provider.as_deref(), meaning.model.as_deref());
        let counted = sums.entry(model).or_default();
        let sum = counted.entry(&*identity.scope).or_default();
        *sum.entry(meaning.quantity).or_insert(0.0) += n;
    }
    let start = heard.iter().map(|(_, _, s)| s.first_start).min();
    let end = heard.iter().map(|(_, _, s)| s.last_time).max();
    let start = start.unwrap_or_default();
    let mut names: Vec<Box<str>> = heard.iter().map(|(i, ..)| i.name.clone()).collect();
    names.sort_unstable();
    names.dedup();
    let models = sums.iter().map(|((provider, model), by_scope)| {
        let most = |a: &&Quantities, b: &&Quantities| {
            let tokens = |q: &Quantities| q.values().sum::<f64>();
            tokens(a).total_cmp(&tokens(b))
        };
        let counted = by_scope.values().max_by(most).cloned().unwrap_or_default();
        priced(*provider, *model, &counted, start, lore)
    });
    let models: Vec<MeasuredModel> = models.filter(MeasuredModel::says_something).collect();
    (!models.is_empty()).then(|| Measured {
        owner: owner.clone(),
        service: (&*first.0.service).into(),
        names,
        models,
        calls: calls_of(metrics, owner),
        start,
        end: end.unwrap_or_default(),
    })
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(n) => Some(*n),
        Value::Distribution(d) => d.sum,
    }
}

fn priced(
    provider: Option<&str>,
    model: Option<&str>,
    counted: &Quantities,
    at_ns: u64,
    lore: &dyn Lore,
) -> MeasuredModel {
    let told = usage(counted);
    // No call has neither input nor output: who says so did not know (CrewAI's OpenLLMetry).
    let nothing = [told.input, told.output]
        .into_iter()
        .flatten()
        .all(|n| n == 0);
    let usage = if nothing { Usage::default() } else { told };
    let reported = counted.get(&Quantity::Cost);
    let reported = reported.and_then(|usd| PicoUsd::from_usd(*usd));
    let price = |usage: Usage| {
        let question = PriceQuestion {
            provider,
            host: None,
            response_model: model,
            request_model: None,
            at_ns,
            usage,
            service_tier: None,
            speed: None,
        };
        lore.price(&question).cost
    };
    let computed = || {
        usage.input.and(usage.output)?;
        let whole = price(usage)?;
        // A price that depends on how large a call is cannot be known from a sum.
        let part = price(usage.part(PARTS))?.0.saturating_mul(PARTS);
        (whole.0.abs_diff(part) <= whole.0 / 50).then_some(whole)
    };
    let (cost, basis) = match reported {
        Some(cost) => (Some(cost), CostBasis::Reported),
        None => match computed() {
            Some(cost) => (Some(cost), CostBasis::Computed),
            None => (None, CostBasis::Unknown),
        },
    };
    MeasuredModel {
        provider: provider.map(Into::into),
        model: model.map(Into::into),
        usage,
        cost,
        basis,
    }
}

/// In how many parts a sum is priced to see whether the price is one a token.
const PARTS: u64 = 64;

/// Counts of metrics in the normal form: input with the cache, output with reasoning.
fn usage(counted: &Quantities) -> Usage {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates, and counts are not negative"
    )]
    let of = |q| counted.get(&q).map(|n: &f64| n.round() as u64);
    let cache_read = of(Quantity::CacheRead);
    let cache_write = of(Quantity::CacheWrite);
    let cached = cache_read
        .unwrap_or(0)
        .saturating_add(cache_write.unwrap_or(0));
    let reasoning = of(Quantity::Reasoning);
    let fresh = of(Quantity::FreshInput).map(|n| n.saturating_add(cached));
    let plain = of(Quantity::PlainOutput).map(|n| n.saturating_add(reasoning.unwrap_or(0)));
    Usage {
        input: of(Quantity::Input).or(fresh),
        cache_read,
        cache_write,
        output: of(Quantity::Output).or(plain),
        reasoning,
        ..Usage::default()
    }
}
