//! What a call costs by an entry, in integers.

use super::rate::{Entry, Key, Moment, Rate};
use super::resolve::Model;
use crate::model::usage::{PicoUsd, Usage};

/// The rates of one model at one moment in one context.
pub(super) struct Rates<'a> {
    standard: &'a Entry,
    variants: &'a [Entry],
    at: Moment,
    context: &'a [(&'a str, &'a str)],
}

impl<'a> Rates<'a> {
    /// The last entry whose conditions hold is the standard rate, the first if none does; `None`
    /// where the model has no price. Variants hold only where `own`: they belong to the provider
    /// that defines the model.
    pub(super) fn new(
        model: &'a Model,
        own: bool,
        at: Moment,
        context: &'a [(&'a str, &'a str)],
    ) -> Option<Self> {
        let holding = model.prices.iter().rev().find(|e| e.holds(at));
        Some(Self {
            standard: holding.or(model.prices.first())?,
            variants: if own { &model.variants } else { &[] },
            at,
            context,
        })
    }

    /// The rate for `key`: of the first matching variant that has it, else the standard one.
    fn get(&self, key: Key) -> Option<&'a Rate> {
        let variants = self.variants.iter().filter(|v| self.applies(v));
        let mut rates = variants.filter_map(|v| v.rate(key));
        rates.next().or_else(|| self.standard.rate(key))
    }

    fn first(&self, keys: &[Key]) -> Option<&'a Rate> {
        keys.iter().find_map(|key| self.get(*key))
    }

    fn applies(&self, variant: &Entry) -> bool {
        let mut wanted = variant.when.iter();
        variant.holds(self.at) && wanted.all(|(key, value)| self.says(key, value))
    }

    fn says(&self, key: &str, value: &str) -> bool {
        self.context.iter().any(|(k, v)| {
            // Anthropic answers `service_tier: batch`; the table says `processing=batch`.
            let batch = key == "processing" && value == "batch" && *k == "service_tier";
            (*k == key || batch) && v.eq_ignore_ascii_case(value)
        })
    }
}

/// The cost of `usage` (normal form), or why it is unknown.
///
/// A part that nobody told (cache, reasoning, audio) is none; an unknown whole makes the cost
/// unknown, unless it cannot cost anything: an embedding has no rate for output.
pub(super) fn cost(rates: &Rates<'_>, usage: &Usage) -> Result<PicoUsd, &'static str> {
    let (input_rate, output_rate) = (rates.get(Key::Input), rates.get(Key::Output));
    if input_rate.is_none() && output_rate.is_none() {
        return Err("no price from this date on");
    }
    let free = |rate: Option<&Rate>| rate.is_none_or(Rate::is_zero);
    let whole = |count: Option<u64>, rate| count.or(free(rate).then_some(0));
    let input = whole(usage.input, input_rate).ok_or("input tokens not told")?;
    let output = whole(usage.output, output_rate).ok_or("output tokens not told")?;

    let part = |count: Option<u64>| count.unwrap_or(0);
    let read = part(usage.cache_read);
    let write_1h = part(usage.cache_write_1h);
    let write = part(usage.cache_write).saturating_sub(write_1h);
    let (audio_in, audio_out) = (part(usage.audio_in), part(usage.audio_out));
    let uncached = [read, write, write_1h, audio_in]
        .into_iter()
        .fold(input, u64::saturating_sub);
    let spoken = output.saturating_sub(audio_out);
    let apart = match rates.get(Key::Reasoning) {
        Some(_) => part(usage.reasoning).min(spoken),
        None => 0,
    };
    let parts: [(u64, &[Key]); 8] = [
        (uncached, &[Key::Input]),
        (read, &[Key::CacheRead, Key::Input]),
        (write, &[Key::CacheWrite, Key::Input]),
        (write_1h, &[Key::CacheWrite1h, Key::CacheWrite, Key::Input]),
        (audio_in, &[Key::AudioIn, Key::Input]),
        (spoken - apart, &[Key::Output]),
        (apart, &[Key::Reasoning]),
        (audio_out, &[Key::AudioOut, Key::Output]),
    ];
    let mut sum: u128 = rates
        .get(Key::Request)
        .map_or(0, |rate| u128::from(rate.at(input)) * 1_000_000);
    for (count, keys) in parts.into_iter().filter(|(count, _)| *count > 0) {
        let rate = rates.first(keys).ok_or("no rate for some of its tokens")?;
        sum += u128::from(count) * u128::from(rate.at(input));
    }
    let sum = u64::try_from(sum).map_err(|_| "token counts beyond reason")?;
    Ok(PicoUsd(sum))
}
