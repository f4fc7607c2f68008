//! What a model call costs: the embedded price table, a user's file on top, and the rules by
//! which a call finds its entry. Pure: the time of the call is an argument. Knows the model's
//! counts and money, nothing of attributes or dialects.
//!
//! `prices.json` is data under the MIT licence; its notice is `LICENSES.txt` beside it.

mod cost;
mod file;
mod glob;
mod rate;
mod resolve;

use crate::model::usage::{PicoUsd, Usage};
pub use file::OverrideError;
use file::PriceFile;
use rate::Moment;
use resolve::{Book, Found, undated};
use std::sync::OnceLock;

/// The embedded table as text, and the notice that must ship with it.
const EMBEDDED: &str = include_str!("prices.json");

/// The licence notice of the embedded table.
pub const NOTICE: &str = include_str!("LICENSES.txt");

/// A price table, indexed. Share it by reference: look-ups take `&self` and never block.
pub struct Table {
    as_of: String,
    book: Book,
}

/// One model call to be priced, as reported.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quote<'a> {
    /// Provider as reported.
    pub provider: Option<&'a str>,
    /// `server.address`, with or without a port. It beats the provider's name.
    pub host: Option<&'a str>,
    /// The model that answered.
    pub response_model: Option<&'a str>,
    /// The model asked for; tried when the response model gives nothing.
    pub request_model: Option<&'a str>,
    /// Time of the call, nanoseconds since the epoch.
    pub at_ns: u64,
    /// Tokens in the normal form.
    pub usage: Usage,
    /// What else sets the rate: `service_tier` of the response, `processing`, `speed`,
    /// `search_context_size`.
    pub context: &'a [(&'a str, &'a str)],
}

/// The answer to a [`Quote`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Priced<'t> {
    /// The cost; `None` is unknown, which is never zero.
    pub cost: Option<PicoUsd>,
    /// The cost had nothing been cached; only where `cost` is known and the cache was used.
    pub uncached: Option<PicoUsd>,
    /// Id of the provider that bills, if known.
    pub provider: Option<&'t str>,
    /// Id of the model's entry, or `any local model`.
    pub entry: Option<&'t str>,
    /// Why the cost is unknown.
    pub why_unknown: Option<&'static str>,
    /// Tokens that fit into the model's context, where the table knows it.
    pub window: Option<u64>,
}

impl Priced<'_> {
    /// `anthropic claude-sonnet-4-5`, or why there is no cost: `unknown model`.
    pub fn label(&self) -> String {
        match (self.why_unknown, self.provider, self.entry) {
            (None, Some(provider), Some(entry)) => format!("{provider} {entry}"),
            (why, Some(provider), Some(entry)) => {
                format!("{provider} {entry}: {}", why.unwrap_or_default())
            }
            (why, ..) => why.unwrap_or_default().to_owned(),
        }
    }
}

impl Table {
    /// The table that is built in, read at the first call (some milliseconds: a program that must
    /// answer at once calls this on a thread of its own first).
    pub fn embedded() -> &'static Self {
        static TABLE: OnceLock<Table> = OnceLock::new();
        TABLE.get_or_init(|| Self::index(embedded_file()))
    }

    /// The built-in table with a user's file of the same shape on top: its models go in front of
    /// the table's, its providers and aliases are added and win.
    pub fn with_override(text: &str) -> Result<Self, OverrideError> {
        let over = PriceFile::parse(text)?;
        let mut file = embedded_file();
        file.put_on_top(over);
        Ok(Self::index(file))
    }

    fn index(mut file: PriceFile) -> Self {
        Self {
            as_of: std::mem::take(&mut file.as_of),
            book: Book::new(file),
        }
    }

    /// The day of the newest price change that the table knows, `2026-11-09`.
    pub fn as_of(&self) -> &str {
        &self.as_of
    }

    /// What a call costs, by the price at the time of the call.
    pub fn quote<'t>(&'t self, call: &Quote<'_>) -> Priced<'t> {
        match self.find(call) {
            Found::Entry { biller, model, own } => {
                let at = Moment::from_unix_ns(call.at_ns);
                let rates = cost::Rates::new(model, own, at, call.context);
                let rates = rates.ok_or("a known model without a price per token");
                let cost_of = |usage: &Usage| {
                    let rates = rates.as_ref().map_err(|why| *why);
                    rates.and_then(|rates| cost::cost(rates, usage))
                };
                let cost = cost_of(&call.usage);
                let fresh = call.usage.without_cache().filter(|_| cost.is_ok());
                Priced {
                    cost: cost.ok(),
                    uncached: fresh.and_then(|usage| cost_of(&usage).ok()),
                    provider: Some(&biller.id),
                    entry: Some(&model.id),
                    why_unknown: cost.err(),
                    window: model.context_window,
                }
            }
            Found::Free(biller) => Priced {
                cost: Some(PicoUsd(0)),
                uncached: None,
                provider: Some(&biller.id),
                entry: Some("any local model"),
                why_unknown: None,
                window: None,
            },
            Found::Hosted(biller) => Priced::unknown(Some(&biller.id), "hosted, not local"),
            Found::Nothing { biller, why } => Priced::unknown(biller.map(|p| &*p.id), why),
        }
    }

    /// Tokens that fit into a model's context, where the table knows it.
    pub fn context_window(&self, provider: Option<&str>, model: &str) -> Option<u64> {
        match self.book.find(provider.unwrap_or_default(), "", model) {
            Found::Entry { model, .. } => model.context_window,
            _ => None,
        }
    }

    /// Whether two names mean two models: the table sells both, as different ones, and they are not
    /// one name with other dates (`gpt-4o`, `gpt-4o-2024-08-06`). False where it does not know.
    pub fn differ(&self, provider: Option<&str>, host: Option<&str>, a: &str, b: &str) -> bool {
        let sold = |name| match self.book.find(
            provider.unwrap_or_default(),
            host.unwrap_or_default(),
            name,
        ) {
            Found::Entry { model, .. } => Some(&*model.id),
            _ => None,
        };
        let two = sold(a).zip(sold(b)).is_some_and(|(a, b)| a != b);
        two && undated(a) != undated(b)
    }

    /// By the response model; if that gives nothing, by the request model. A local runtime is
    /// free only if neither name says that the model is hosted elsewhere.
    fn find(&self, call: &Quote<'_>) -> Found<'_> {
        let provider = call.provider.unwrap_or_default();
        let host = call.host.unwrap_or_default();
        let names = [call.response_model, call.request_model];
        let mut nothing = None;
        for name in names.into_iter().flatten().filter(|n| !n.trim().is_empty()) {
            match self.book.find(provider, host, name) {
                found @ Found::Nothing { .. } => nothing = nothing.or(Some(found)),
                Found::Free(biller)
                    if names
                        .into_iter()
                        .flatten()
                        .any(|n| biller.hosts_elsewhere(n)) =>
                {
                    return Found::Hosted(biller);
                }
                found => return found,
            }
        }
        nothing.unwrap_or_else(|| self.book.find(provider, host, ""))
    }
}

impl<'t> Priced<'t> {
    fn unknown(provider: Option<&'t str>, why: &'static str) -> Self {
        Self {
            cost: None,
            uncached: None,
            provider,
            entry: None,
            why_unknown: Some(why),
            window: None,
        }
    }
}

#[expect(clippy::expect_used, reason = "our own data, read by every test")]
fn embedded_file() -> PriceFile {
    PriceFile::parse(EMBEDDED).expect("the embedded price table is well-formed")
}

#[cfg(test)]
mod tests;
