//! What correlating needs to know: the dialect tables' names and the price table.

use super::detail;
use super::price::read_override;
use crate::convention::Tables;
use crate::model::book::Offer;
use crate::model::correlate::{Lore, PriceAnswer, PriceQuestion};
use crate::model::detail::Message;
use crate::model::ids::EvidenceId;
use crate::model::store::Store;
use crate::prices::{Quote, Table};
use std::path::Path;
use std::sync::Arc;

/// Tables and prices.
pub struct Known {
    /// The dialect tables.
    pub tables: Tables,
    /// The user's prices on top of the embedded ones; none is the embedded table alone.
    pub prices: Option<Table>,
}

impl Known {
    /// The embedded tables and prices.
    pub fn embedded() -> anyhow::Result<Self> {
        Ok(Self {
            tables: Tables::embedded()?,
            prices: None,
        })
    }

    /// The same, with a user's price file on top.
    pub fn with_prices(path: Option<&Path>) -> anyhow::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            prices: path.map(read_override).transpose()?,
            ..Self::embedded()?
        }))
    }

    /// The price table in force.
    pub fn prices(&self) -> &Table {
        self.prices.as_ref().unwrap_or_else(|| Table::embedded())
    }
}

impl Lore for Known {
    fn price(&self, question: &PriceQuestion<'_>) -> PriceAnswer {
        let tier = question.service_tier.map(|t| ("service_tier", t));
        let speed = question.speed.map(|s| ("speed", s));
        let context: Vec<(&str, &str)> = tier.into_iter().chain(speed).collect();
        let priced = self.prices().quote(&Quote {
            provider: question.provider,
            host: question.host,
            response_model: question.response_model,
            request_model: question.request_model,
            at_ns: question.at_ns,
            usage: question.usage,
            context: &context,
        });
        PriceAnswer {
            cost: priced.cost,
            uncached: priced.uncached,
            entry: priced.label().into(),
            window: priced.window,
        }
    }
    fn differ(&self, question: &PriceQuestion<'_>) -> bool {
        let (asked, answered) = (question.request_model, question.response_model);
        asked.zip(answered).is_some_and(|(asked, answered)| {
            self.prices()
                .differ(question.provider, question.host, asked, answered)
        })
    }
    fn emitter(&self, dialect: u8) -> Option<&str> {
        self.tables.emitter(dialect)
    }
    fn roots_are_turns(&self, dialect: u8) -> bool {
        self.tables.roots_are_turns(dialect)
    }
    fn rule_key(&self, rule: u16) -> &str {
        self.tables.rule_key(rule)
    }
    fn said(&self, store: &Store, call: &[EvidenceId]) -> (Vec<Message>, Vec<Offer>, usize) {
        detail::said(store, call)
    }
}
