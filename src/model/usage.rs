//! Tokens and money. Unknown is not zero: every count is an `Option`.

use serde::{Deserialize, Serialize};

/// Token counts of one model call or a sum of them, in the normal form: `input` holds cache
/// reads and writes, `output` holds reasoning (OpenTelemetry GenAI, attribute notes of
/// `gen_ai.usage.*`). `None` is "nobody told".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// All input tokens, cache reads and writes included.
    pub input: Option<u64>,
    /// Part of `input` read from the provider's cache.
    pub cache_read: Option<u64>,
    /// Part of `input` written to the provider's cache, whatever its lifetime.
    pub cache_write: Option<u64>,
    /// Part of `cache_write` written for one hour.
    #[serde(skip)]
    pub cache_write_1h: Option<u64>,
    /// All output tokens, reasoning included.
    pub output: Option<u64>,
    /// Part of `output` spent on reasoning.
    pub reasoning: Option<u64>,
    /// Part of `input` that is audio.
    #[serde(skip)]
    pub audio_in: Option<u64>,
    /// Part of `output` that is audio.
    #[serde(skip)]
    pub audio_out: Option<u64>,
}

impl Usage {
    /// Nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The same counts had nothing been cached; `None` where nothing was.
    #[must_use]
    pub fn without_cache(self) -> Option<Self> {
        (self.cached() > 0).then_some(Self {
            cache_read: None,
            cache_write: None,
            cache_write_1h: None,
            ..self
        })
    }

    /// Counts as reported, in the normal form. A part that nobody told adds nothing; a whole that
    /// nobody told stays unknown. `total` is the reported sum of all tokens, if any: with
    /// [`Convention::Split`] and no reasoning count it holds the reasoning (Gemini's thoughts).
    #[must_use]
    pub fn normalise(self, convention: Convention, total: Option<u64>) -> Self {
        let mut usage = self;
        if matches!(convention, Convention::Excl | Convention::Apart) {
            usage.input = self.input.map(|n| n.saturating_add(self.cached()));
        }
        if convention == Convention::Split {
            usage.reasoning = self.reasoning.or_else(|| {
                let told = self.input?.saturating_add(self.output?);
                total?.checked_sub(told).filter(|n| *n > 0)
            });
        }
        if matches!(convention, Convention::Split | Convention::Apart) {
            let apart = usage.reasoning.unwrap_or(0);
            usage.output = self.output.map(|n| n.saturating_add(apart));
        }
        usage
    }

    /// Tokens read from the cache and written to it, as far as told.
    fn cached(&self) -> u64 {
        let written = self.cache_write.or(self.cache_write_1h).unwrap_or(0);
        self.cache_read.unwrap_or(0).saturating_add(written)
    }

    fn fields(&mut self) -> [&mut Option<u64>; 8] {
        [
            &mut self.input,
            &mut self.cache_read,
            &mut self.cache_write,
            &mut self.cache_write_1h,
            &mut self.output,
            &mut self.reasoning,
            &mut self.audio_in,
            &mut self.audio_out,
        ]
    }

    /// Adds what is known of `other`; a field known on neither side stays unknown.
    pub fn add(&mut self, mut other: Self) {
        for (mine, theirs) in self.fields().into_iter().zip(other.fields()) {
            if let Some(n) = *theirs {
                *mine = Some(mine.unwrap_or(0).saturating_add(n));
            }
        }
    }

    /// One of so many equal parts, rounded up.
    #[must_use]
    pub fn part(mut self, parts: u64) -> Self {
        for field in self.fields() {
            *field = field.map(|n| n.div_ceil(parts.max(1)));
        }
        self
    }

    /// Fills fields unknown here from `other`: the outer layer's word where the inner is silent.
    pub fn fill_from(&mut self, mut other: Self) {
        for (mine, theirs) in self.fields().into_iter().zip(other.fields()) {
            if mine.is_none() {
                *mine = *theirs;
            }
        }
    }
}

/// What a reporter means by its counts: does `input` hold the cache, and `output` the reasoning?
/// The same attribute name means different things from different libraries, so this is known by
/// the instrumentation scope; [`Convention::detect`] is for reporters that nobody knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Convention {
    /// Input holds cache reads and writes, output holds reasoning: OpenTelemetry's own meaning.
    #[default]
    Incl,
    /// Input leaves both cache counts out: raw Anthropic and Bedrock Converse.
    Excl,
    /// Reasoning stands apart from output: raw Gemini, xAI chat completions, Perplexity.
    Split,
    /// Both stand apart, the cache from input and reasoning from output: Langfuse.
    Apart,
}

/// How provider names of Google begin, lower case: the only place where a total that is larger
/// than its told parts has a known meaning.
const GOOGLE: [&str; 5] = ["google", "gcp", "gemini", "vertex", "chatvertexai"];

impl Convention {
    /// What counts as reported must mean, from the counts alone, in this order: more cache than
    /// input, or a total that adds the cache once more, says `Excl`; a total that adds the
    /// reasoning once more says `Split`; with Google, so does a total with a rest and no reasoning
    /// count. Everything else is `Incl`: a total of input + output proves nothing.
    pub fn detect(raw: &Usage, total: Option<u64>, provider: Option<&str>) -> Self {
        let Some(input) = raw.input else {
            return Self::Incl;
        };
        let cached = raw.cached();
        if cached > input {
            return Self::Excl;
        }
        let (Some(output), Some(total)) = (raw.output, total) else {
            return Self::Incl;
        };
        let told = input.saturating_add(output);
        if cached > 0 && total == told.saturating_add(cached) {
            return Self::Excl;
        }
        let split = match raw.reasoning {
            Some(reasoning) => reasoning > 0 && total == told.saturating_add(reasoning),
            None => total > told && provider.is_some_and(is_google),
        };
        if split { Self::Split } else { Self::Incl }
    }
}

fn is_google(provider: &str) -> bool {
    let name = provider.trim().to_ascii_lowercase();
    GOOGLE.iter().any(|prefix| name.starts_with(prefix))
}

/// Money in picodollars (1e-12 USD): integers, so that the order of addition cannot change a sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PicoUsd(pub u64);

impl PicoUsd {
    /// Saturating sum; 2^64 picodollars are 18 million USD.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
    /// USD, for display only.
    #[expect(clippy::cast_precision_loss, reason = "display only")]
    pub fn usd(self) -> f64 {
        self.0 as f64 / 1e12
    }
    /// From a reported float of USD; `None` unless finite and not negative.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked range"
    )]
    pub fn from_usd(usd: f64) -> Option<Self> {
        (usd.is_finite() && (0.0..1.8e7).contains(&usd)).then(|| Self((usd * 1e12).round() as u64))
    }
    /// A decimal string of USD rounded half up to `places` (at most 12) decimals.
    pub fn decimal(self, places: u32) -> String {
        let places = places.min(12);
        let unit = 10u128.pow(12 - places);
        let rounded = (u128::from(self.0) + unit / 2) / unit;
        let scale = 10u128.pow(places);
        if places == 0 {
            return format!("{rounded}");
        }
        format!(
            "{}.{:0width$}",
            rounded / scale,
            rounded % scale,
            width = places as usize
        )
    }
}

/// Where a cost comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CostBasis {
    /// The reporter stated it.
    Reported,
    /// Computed from the price table.
    Computed,
    /// A sum of both kinds.
    Mixed,
    /// Nobody stated it and the table does not know it.
    #[default]
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(input: u64, output: u64) -> Usage {
        Usage {
            input: Some(input),
            output: Some(output),
            ..Usage::default()
        }
    }

    /// Raw Anthropic counts of a Claude Code call: input is tiny beside the cache.
    fn raw_anthropic() -> Usage {
        Usage {
            cache_read: Some(182_000),
            cache_write: Some(2_400),
            ..usage(8, 1_200)
        }
    }

    #[test]
    fn exclusive_input_gains_the_cache_once() {
        let normal = raw_anthropic().normalise(Convention::Excl, None);
        assert_eq!(normal.input, Some(184_408));
        assert_eq!(normal.output, Some(1_200));
        assert_eq!(
            raw_anthropic().normalise(Convention::Incl, None),
            raw_anthropic()
        );
    }

    #[test]
    fn a_one_hour_write_is_no_second_write() {
        let raw = Usage {
            cache_write: Some(30),
            cache_write_1h: Some(20),
            ..usage(5, 1)
        };
        assert_eq!(raw.normalise(Convention::Excl, None).input, Some(35));
        let only_1h = Usage {
            cache_write: None,
            ..raw
        };
        assert_eq!(only_1h.normalise(Convention::Excl, None).input, Some(25));
    }

    #[test]
    fn split_output_gains_the_reasoning() {
        let raw = Usage {
            reasoning: Some(4_100),
            ..usage(30_000, 900)
        };
        assert_eq!(raw.normalise(Convention::Split, None).output, Some(5_000));
        assert_eq!(
            raw.normalise(Convention::Split, Some(1)).output,
            Some(5_000)
        );
    }

    #[test]
    fn the_rest_of_a_total_is_the_reasoning() {
        let normal = usage(100, 20).normalise(Convention::Split, Some(150));
        assert_eq!((normal.reasoning, normal.output), (Some(30), Some(50)));
        let no_rest = usage(100, 20).normalise(Convention::Split, Some(120));
        assert_eq!((no_rest.reasoning, no_rest.output), (None, Some(20)));
    }

    #[test]
    fn unknown_stays_unknown() {
        let raw = Usage {
            cache_read: Some(5),
            reasoning: Some(7),
            ..Usage::default()
        };
        assert_eq!(raw.normalise(Convention::Excl, None).input, None);
        assert_eq!(raw.normalise(Convention::Split, Some(9)).output, None);
    }

    #[test]
    fn more_cache_than_input_is_exclusive() {
        let found = Convention::detect(&raw_anthropic(), None, None);
        assert_eq!(found, Convention::Excl);
    }

    #[test]
    fn totals_tell_what_they_add() {
        let cached = Usage {
            cache_read: Some(40),
            ..usage(100, 20)
        };
        let detect = |raw: &Usage, total| Convention::detect(raw, Some(total), None);
        assert_eq!(detect(&cached, 160), Convention::Excl);
        assert_eq!(detect(&cached, 120), Convention::Incl, "proves nothing");
        let reasoned = Usage {
            reasoning: Some(30),
            ..usage(100, 20)
        };
        assert_eq!(detect(&reasoned, 150), Convention::Split);
        assert_eq!(detect(&reasoned, 120), Convention::Incl);
    }

    #[test]
    fn a_rest_means_reasoning_only_with_google() {
        let detect = |provider| Convention::detect(&usage(100, 20), Some(150), provider);
        assert_eq!(detect(Some("gcp.vertex_ai")), Convention::Split);
        assert_eq!(detect(Some("Gemini")), Convention::Split);
        assert_eq!(detect(Some("openai")), Convention::Incl);
        assert_eq!(detect(None), Convention::Incl);
    }

    #[test]
    fn nothing_told_is_inclusive() {
        let raw = Usage {
            cache_read: Some(9),
            ..Usage::default()
        };
        assert_eq!(Convention::detect(&raw, None, None), Convention::Incl);
    }
}
