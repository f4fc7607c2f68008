//! Which model is it: from what a call reports to the entry that prices it.

use super::file::{ModelEntry, PriceFile, ProviderEntry};
use super::glob::{Glob, any};
use super::rate::Entry;
use rustc_hash::FxHashMap;

/// The table, indexed for look-ups.
pub(super) struct Book {
    strip_prefix: Vec<Glob>,
    strip_suffix: Vec<Glob>,
    hints: Vec<(Glob, Box<str>)>,
    providers: Vec<Provider>,
    /// Aliases without wildcards; the first provider that has one keeps it.
    aliases: FxHashMap<Box<str>, usize>,
    ids: FxHashMap<Box<str>, usize>,
}

/// One biller.
pub(super) struct Provider {
    pub(super) id: Box<str>,
    aliases: Vec<Glob>,
    hosts: Vec<Glob>,
    fallback: Vec<Box<str>>,
    generic: bool,
    free: bool,
    unpriced: Vec<Glob>,
    proxy: bool,
    models: Vec<Model>,
    /// Match strings without wildcards, to the first model that has one.
    exact: FxHashMap<Box<str>, usize>,
    /// Match strings with wildcards and their models, in file order.
    globs: Vec<(Glob, usize)>,
}

/// One priced model.
pub(super) struct Model {
    pub(super) id: Box<str>,
    pub(super) context_window: Option<u64>,
    pub(super) prices: Box<[Entry]>,
    pub(super) variants: Box<[Entry]>,
    except: Box<[Glob]>,
}

/// What a look-up found.
#[derive(Clone, Copy)]
pub(super) enum Found<'t> {
    /// This entry. `own` is false where a fallback provider defines it: variants then do not hold.
    Entry {
        biller: &'t Provider,
        model: &'t Model,
        own: bool,
    },
    /// A local runtime: everything is free.
    Free(&'t Provider),
    /// A local runtime's name for a model that is hosted elsewhere.
    Hosted(&'t Provider),
    /// Nothing, and why.
    Nothing {
        biller: Option<&'t Provider>,
        why: &'static str,
    },
}

/// How many providers may pass a model on to another; two by the rules, so this only guards
/// against a table that names providers in a circle.
const HOPS: usize = 4;

impl Book {
    pub(super) fn new(file: PriceFile) -> Self {
        let providers: Vec<_> = file.providers.into_iter().map(Provider::new).collect();
        let mut aliases = FxHashMap::default();
        let mut ids = FxHashMap::default();
        for (index, provider) in providers.iter().enumerate() {
            ids.entry(provider.id.clone()).or_insert(index);
            for alias in provider.aliases.iter().filter(|a| a.is_exact()) {
                aliases.entry(alias.as_str().into()).or_insert(index);
            }
        }
        Self {
            strip_prefix: file.strip_prefix,
            strip_suffix: file.strip_suffix,
            hints: file.hints,
            providers,
            aliases,
            ids,
        }
    }

    fn by_id(&self, id: &str) -> Option<&Provider> {
        self.providers.get(*self.ids.get(id)?)
    }

    /// Who bills: `host` (lower case, no port) beats `name` (lower case), because "openai" is
    /// what every OpenAI-compatible client reports; an exact alias beats a glob.
    fn biller(&self, name: &str, host: &str) -> Option<&Provider> {
        let at_host = || self.providers.iter().find(|p| any(&p.hosts, host));
        if !host.is_empty()
            && let Some(provider) = at_host()
        {
            return Some(provider);
        }
        if name.is_empty() {
            return None;
        }
        match self.aliases.get(name) {
            Some(index) => self.providers.get(*index),
            None => self.providers.iter().find(|p| any(&p.aliases, name)),
        }
    }

    /// The entry for one model string as reported.
    pub(super) fn find(&self, provider: &str, host: &str, model: &str) -> Found<'_> {
        let name = provider.trim().to_lowercase();
        let host = host.trim().to_lowercase();
        let host = host.split(':').next().unwrap_or_default();
        let model = model.trim().to_lowercase();
        let mut model = model.as_str();
        if model.is_empty() {
            let biller = self.biller(&name, host);
            return Found::Nothing {
                biller,
                why: "no model name",
            };
        }
        let named = !(name.is_empty() && host.is_empty());
        let mut biller = self.biller(&name, host);
        if biller.is_none() && named {
            return Found::Nothing {
                biller,
                why: "unknown provider",
            };
        }
        if biller.is_none_or(|p| p.proxy) {
            biller = self.unwrap_proxy(&mut model);
        }
        for _ in 0..HOPS {
            let Some(provider) = biller else {
                return Found::Nothing {
                    biller,
                    why: "no provider told",
                };
            };
            if provider.free && !model.is_empty() {
                return provider.local(model);
            }
            if let Some(found) = self.sold_by(provider, model) {
                return found;
            }
            match self.gateway_to(provider, model) {
                Some(next) => biller = Some(next),
                None => break,
            }
        }
        Found::Nothing {
            biller,
            why: "unknown model",
        }
    }

    /// The biller of a call that names none, or a proxy: the model's prefix, else a hint. A local
    /// runtime's prefix is cut off.
    fn unwrap_proxy(&self, model: &mut &str) -> Option<&Provider> {
        if let Some((prefix, rest)) = model.split_once('/')
            && let Some(provider) = self.biller(prefix, "")
            && !provider.proxy
        {
            if provider.free {
                *model = rest;
            }
            return Some(provider);
        }
        let hint = self.hints.iter().find(|(glob, _)| glob.matches(model));
        self.by_id(&hint?.1)
    }

    /// The provider that a generic one ("openai") only passes on to: `anthropic/claude-…`.
    fn gateway_to(&self, provider: &Provider, model: &str) -> Option<&Provider> {
        if !provider.generic {
            return None;
        }
        let next = self.biller(model.split_once('/')?.0, "")?;
        (next.id != provider.id && !next.proxy).then_some(next)
    }

    /// Among the models of `biller`, then of those whose models it also sells.
    fn sold_by<'t>(&'t self, biller: &'t Provider, model: &str) -> Option<Found<'t>> {
        let fallback = biller.fallback.iter().filter_map(|id| self.by_id(id));
        let sellers: Vec<_> = std::iter::once(biller).chain(fallback).collect();
        self.forms(biller, model).iter().find_map(|form| {
            sellers.iter().find_map(|seller| {
                let model = seller.model(form)?;
                let own = std::ptr::eq(*seller, biller);
                Some(Found::Entry { biller, model, own })
            })
        })
    }

    /// The model string, then with each known wrapper removed, outermost first, then all of them
    /// with `-20251211` written `-2025-12-11`.
    fn forms(&self, biller: &Provider, model: &str) -> Vec<String> {
        let mut forms: Vec<&str> = vec![model];
        let mut next = 0;
        while let Some(&form) = forms.get(next) {
            next += 1;
            let prefixes = self.strip_prefix.iter().filter_map(|g| g.strip(form));
            let suffixes = self.strip_suffix.iter();
            let suffixes = suffixes.filter_map(|g| form.strip_suffix(g.as_str()));
            let own = form
                .split_once('/')
                .filter(|(a, _)| biller.is_own_prefix(a));
            let bare: Vec<_> = prefixes
                .chain(suffixes)
                .chain(own.map(|(_, b)| b))
                .collect();
            for form in bare {
                if !form.is_empty() && !forms.contains(&form) {
                    forms.push(form);
                }
            }
        }
        let mut all: Vec<String> = forms.iter().map(|f| (*f).to_owned()).collect();
        for form in forms {
            let dashed = dash_dates(form);
            if !all.contains(&dashed) {
                all.push(dashed);
            }
        }
        all
    }
}

impl Provider {
    fn new(entry: ProviderEntry) -> Self {
        let mut provider = Self {
            id: entry.id,
            aliases: entry.aliases,
            hosts: entry.hosts,
            fallback: entry.fallback,
            generic: entry.generic,
            free: entry.free,
            unpriced: entry.unpriced,
            proxy: entry.proxy,
            models: Vec::with_capacity(entry.models.len()),
            exact: FxHashMap::default(),
            globs: Vec::new(),
        };
        entry.models.into_iter().for_each(|m| provider.push(m));
        provider
    }

    fn push(&mut self, entry: ModelEntry) {
        let index = self.models.len();
        let own_id = entry.matches.is_empty().then(|| Glob::new(&entry.id));
        for glob in entry.matches.into_iter().chain(own_id) {
            // An exact name with exceptions may not be the last word, so it is tried in order.
            if glob.is_exact() && entry.except.is_empty() {
                self.exact.entry(glob.as_str().into()).or_insert(index);
            } else {
                self.globs.push((glob, index));
            }
        }
        self.models.push(Model {
            id: entry.id,
            context_window: entry.context_window,
            prices: entry.prices,
            variants: entry.variants,
            except: entry.except,
        });
    }

    /// The first model in file order that matches.
    fn model(&self, form: &str) -> Option<&Model> {
        let exact = self.exact.get(form).copied();
        let before = exact.unwrap_or(usize::MAX);
        let globs = self.globs.iter().take_while(|(_, index)| *index < before);
        let mut hits = globs.filter(|(glob, _)| glob.matches(form));
        let hit = hits.find_map(|(_, index)| {
            let model = self.models.get(*index)?;
            (!any(&model.except, form)).then_some(model)
        });
        hit.or_else(|| self.models.get(exact?))
    }

    /// A local runtime's answer for a model name.
    fn local(&self, model: &str) -> Found<'_> {
        if self.hosts_elsewhere(model) {
            Found::Hosted(self)
        } else {
            Found::Free(self)
        }
    }

    /// A local runtime sells this name as a hosted model.
    pub(super) fn hosts_elsewhere(&self, model: &str) -> bool {
        any(&self.unpriced, &model.trim().to_lowercase())
    }

    /// `prefix/` before a model is this provider's own name, or a Bedrock region.
    fn is_own_prefix(&self, prefix: &str) -> bool {
        any(&self.aliases, prefix) || (&*self.id == "aws" && is_region(prefix))
    }
}

/// `us-east-1`, `us-gov-west-1`: two letters, words, one digit.
fn is_region(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    let [area, words @ .., digit] = parts.as_slice() else {
        return false;
    };
    let letters = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_lowercase());
    area.len() == 2
        && letters(area)
        && !words.is_empty()
        && words.iter().all(|w| letters(w))
        && digit.len() == 1
        && digit.bytes().all(|b| b.is_ascii_digit())
}

/// Writes every `-20251211` that ends at `-`, `:` or the end as `-2025-12-11`.
fn dash_dates(text: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    for (index, part) in text.split('-').enumerate() {
        let (date, rest) = part.split_at_checked(8).unwrap_or(("", part));
        let ends = rest.is_empty() || rest.starts_with(':');
        match is_date(date).filter(|_| index > 0 && ends) {
            Some((year, month, day)) => parts.push(format!("{year}-{month}-{day}{rest}")),
            None => parts.push(part.to_owned()),
        }
    }
    parts.join("-")
}

/// A model's name without what tells its snapshots apart: dates, `-0613`, `-001`, `latest`, and
/// without who sells it.
pub(super) fn undated(name: &str) -> String {
    let name = name.trim().to_lowercase();
    let name = name.rsplit('/').next().unwrap_or_default();
    let name = name.split(['@', ':']).next().unwrap_or_default();
    let parts: Vec<&str> = name.split('-').collect();
    let digits = |p: &str| p.bytes().all(|b| b.is_ascii_digit());
    let dated = |i: usize, p: &str| {
        // `2024`, `08` and `06` of a date; `20240806`, `0613` and `001` stand alone.
        let of_date = digits(p)
            && p.len() == 2
            && i > 1
            && parts
                .get(i - 1)
                .is_some_and(|b| digits(b) && (b.len() == 4 || b.len() == 2));
        i > 0 && (of_date || p == "latest" || digits(p) && p.len() > 2)
    };
    let kept = parts.iter().enumerate().filter(|(i, p)| !dated(*i, p));
    kept.map(|(_, p)| *p).collect::<Vec<_>>().join("-")
}

/// The parts of `20251211`, if it can be a date of this century.
fn is_date(text: &str) -> Option<(&str, &str, &str)> {
    if !text.bytes().all(|b| b.is_ascii_digit()) || !text.starts_with("20") {
        return None;
    }
    let (year, month_day) = text.split_at_checked(4)?;
    let (month, day) = month_day.split_at_checked(2)?;
    let valid = ("01"..="12").contains(&month) && ("01"..="31").contains(&day);
    valid.then_some((year, month, day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_get_dashes_only_where_they_end() {
        assert_eq!(dash_dates("gpt-5.2-20251211"), "gpt-5.2-2025-12-11");
        assert_eq!(dash_dates("m-20251211-v1"), "m-2025-12-11-v1");
        assert_eq!(dash_dates("m-20251211:0"), "m-2025-12-11:0");
        for same in [
            "m-20251211x",
            "m-20251311",
            "m-19991211",
            "20251211",
            "m-2025121",
            "m-éé",
        ] {
            assert_eq!(dash_dates(same), same);
        }
    }

    #[test]
    fn snapshots_of_a_model_have_one_name() {
        for (a, b) in [
            ("gpt-4o", "gpt-4o-2024-08-06"),
            ("claude-sonnet-4-5", "anthropic/claude-sonnet-4-5-20250929"),
            ("gpt-4-0613", "gpt-4"),
            ("gemini-1.5-pro-002", "gemini-1.5-pro-latest"),
        ] {
            assert_eq!(undated(a), undated(b));
        }
        for (a, b) in [
            ("gpt-4o", "gpt-4o-mini"),
            ("claude-sonnet-4-5", "claude-sonnet-4"),
            ("claude-opus-4-1", "claude-sonnet-4-1"),
        ] {
            assert_ne!(undated(a), undated(b));
        }
    }

    #[test]
    fn regions_are_recognised() {
        assert!(is_region("us-east-1"));
        assert!(is_region("us-gov-west-1"));
        for other in [
            "us-1",
            "usa-east-1",
            "us-east-10",
            "us-east-",
            "anthropic",
            "",
        ] {
            assert!(!is_region(other), "{other}");
        }
    }
}
