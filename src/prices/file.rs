//! The shape of a price file, and how the user's file goes on top of the embedded one.

use super::glob::Glob;
use super::rate::Entry;
use serde::de::{Error, IgnoredAny};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// A price file, schema 1. What only documents the table is accepted and left out.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PriceFile {
    #[serde(deserialize_with = "schema_1")]
    schema: (),
    pub(super) as_of: String,
    currency: IgnoredAny,
    unit: IgnoredAny,
    sources: IgnoredAny,
    patched: IgnoredAny,
    /// Beginnings of a model string that wrap its name.
    pub(super) strip_prefix: Vec<Glob>,
    /// Endings of a model string that wrap its name.
    pub(super) strip_suffix: Vec<Glob>,
    /// Model name to provider id, for calls that name no provider.
    pub(super) hints: Vec<(Glob, Box<str>)>,
    pub(super) providers: Vec<ProviderEntry>,
}

/// One biller.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProviderEntry {
    pub(super) id: Box<str>,
    #[serde(default, rename = "name")]
    _name: IgnoredAny,
    #[serde(default, rename = "source")]
    _source: IgnoredAny,
    /// Over the reported provider string.
    #[serde(default)]
    pub(super) aliases: Vec<Glob>,
    /// Over `server.address`.
    #[serde(default)]
    pub(super) hosts: Vec<Glob>,
    /// Providers whose models it also sells.
    #[serde(default)]
    pub(super) fallback: Vec<Box<str>>,
    /// Clients of compatible servers report it too.
    #[serde(default)]
    pub(super) generic: bool,
    /// A local runtime: all is free but `unpriced`.
    #[serde(default)]
    pub(super) free: bool,
    /// Names that a local runtime sells as hosted models.
    #[serde(default)]
    pub(super) unpriced: Vec<Glob>,
    /// The biller is the model's prefix.
    #[serde(default)]
    pub(super) proxy: bool,
    #[serde(default)]
    pub(super) models: Vec<ModelEntry>,
}

/// One model of a provider. Without `match` it is known by its id alone.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ModelEntry {
    pub(super) id: Box<str>,
    #[serde(default, rename = "match")]
    pub(super) matches: Vec<Glob>,
    #[serde(default)]
    pub(super) except: Box<[Glob]>,
    #[serde(default)]
    pub(super) context_window: Option<u64>,
    #[serde(default, rename = "max_output_tokens")]
    _max_output_tokens: IgnoredAny,
    #[serde(default, rename = "deprecated")]
    _deprecated: IgnoredAny,
    #[serde(deserialize_with = "standard_prices")]
    pub(super) prices: Box<[Entry]>,
    #[serde(default)]
    pub(super) variants: Box<[Entry]>,
}

fn schema_1<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    match u32::deserialize(deserializer)? {
        1 => Ok(()),
        other => Err(D::Error::custom(format_args!("schema {other}, expected 1"))),
    }
}

fn standard_prices<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<[Entry]>, D::Error> {
    let entries = Box::<[Entry]>::deserialize(deserializer)?;
    if entries.iter().any(|e| !e.when.is_empty()) {
        return Err(D::Error::custom("`when` belongs into `variants`"));
    }
    Ok(entries)
}

/// A user's price file that cannot be used, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct OverrideError {
    /// Line of the file, from 1.
    pub line: usize,
    /// Column of the line, from 1.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

impl PriceFile {
    /// Reads a file; an error says where and what.
    pub(super) fn parse(text: &str) -> Result<Self, OverrideError> {
        serde_json::from_str(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let place = fmt::format(format_args!(" at line {line} column {column}"));
            let whole = error.to_string();
            OverrideError {
                line,
                column,
                message: whole.strip_suffix(&place).unwrap_or(&whole).to_owned(),
            }
        })
    }

    /// Puts the user's file on top: its models go in front of a provider's, its hints in front of
    /// the hints; new providers go in front of all, and an alias that it names is taken from
    /// whoever had it. `as_of` stays: the user's file makes the rest of the table no newer.
    pub(super) fn put_on_top(&mut self, over: Self) {
        let PriceFile {
            strip_prefix,
            strip_suffix,
            hints,
            providers,
            ..
        } = over;
        self.strip_prefix.extend(strip_prefix);
        self.strip_suffix.extend(strip_suffix);
        self.hints.splice(0..0, hints);
        let mut new = Vec::new();
        for mut provider in providers {
            for old in &mut self.providers {
                old.aliases.retain(|a| !provider.aliases.contains(a));
                old.hosts.retain(|h| !provider.hosts.contains(h));
            }
            let mut known = self.providers.iter_mut().chain(&mut new);
            if let Some(old) = known.find(|p| p.id == provider.id) {
                old.take_over(provider);
            } else {
                provider.aliases.push(Glob::new(&provider.id));
                new.push(provider);
            }
        }
        self.providers.splice(0..0, new);
    }
}

impl ProviderEntry {
    fn take_over(&mut self, over: Self) {
        self.aliases.splice(0..0, over.aliases);
        self.hosts.splice(0..0, over.hosts);
        self.models.splice(0..0, over.models);
        self.fallback.extend(over.fallback);
        self.unpriced.extend(over.unpriced);
        self.generic |= over.generic;
        self.free |= over.free;
        self.proxy |= over.proxy;
    }
}
