//! Price entries: rates, long-context tiers, and the conditions under which they hold.

use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// What a rate is for. The table's other keys (`image_in`, `citation`, …) bill things that traces
/// do not count; they are checked and left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Input,
    Output,
    CacheRead,
    CacheWrite,
    CacheWrite1h,
    Reasoning,
    AudioIn,
    AudioOut,
    /// Per request, not per token.
    Request,
}

/// Every key that an entry may have, and what it is to us.
const KEYS: [(&str, Option<Key>); 14] = [
    ("input", Some(Key::Input)),
    ("output", Some(Key::Output)),
    ("cache_read", Some(Key::CacheRead)),
    ("cache_write", Some(Key::CacheWrite)),
    ("cache_write_1h", Some(Key::CacheWrite1h)),
    ("reasoning", Some(Key::Reasoning)),
    ("audio_in", Some(Key::AudioIn)),
    ("audio_out", Some(Key::AudioOut)),
    ("request", Some(Key::Request)),
    ("audio_cache_read", None),
    ("image_in", None),
    ("image_out", None),
    ("citation", None),
    ("web_search", None),
];

/// Picodollars per token (which is the table's USD per million, times a million), or microdollars
/// per request; `tiers` are (start, rate): a tier holds for a call whose whole input is larger
/// than its start, and then for every token of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rate {
    base: u64,
    tiers: Box<[(u64, u64)]>,
}

impl Rate {
    /// The rate of a call with this many input tokens, cache included.
    pub(super) fn at(&self, input: u64) -> u64 {
        let reached = self.tiers.iter().rev().find(|(start, _)| input > *start);
        reached.map_or(self.base, |(_, rate)| *rate)
    }

    /// Nothing is billed, however many tokens.
    pub(super) fn is_zero(&self) -> bool {
        self.base == 0 && self.tiers.iter().all(|(_, rate)| *rate == 0)
    }
}

/// The moment of a call in UTC, as conditions need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    /// Days since 1970-01-01.
    day: i64,
    /// Minute of the day.
    minute: u16,
}

impl Moment {
    /// From nanoseconds since the epoch.
    pub(super) fn from_unix_ns(ns: u64) -> Self {
        let minutes = ns / 60_000_000_000;
        Self {
            day: i64::try_from(minutes / 1440).unwrap_or(i64::MAX),
            minute: u16::try_from(minutes % 1440).unwrap_or(0),
        }
    }

    /// 1 = Monday .. 7 = Sunday. 1970-01-01 was a Thursday.
    fn weekday(self) -> u8 {
        u8::try_from((self.day + 3).rem_euclid(7) + 1).unwrap_or(1)
    }
}

/// One entry of `prices` or `variants`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    /// First day, days since the epoch.
    from: Option<i64>,
    /// [start, end) in minutes of the day; wraps when the end is before the start.
    utc: Option<(u16, u16)>,
    /// Bit n is weekday n; 0 means every day.
    days: u8,
    /// What the call's context must say, in full. Only variants have it.
    pub(super) when: Box<[(Box<str>, Box<str>)]>,
    rates: Box<[(Key, Rate)]>,
}

impl Entry {
    /// All its conditions of time hold.
    pub(super) fn holds(&self, at: Moment) -> bool {
        let from = self.from.is_none_or(|day| day <= at.day);
        let days = self.days == 0 || self.days & (1 << at.weekday()) != 0;
        let utc = self.utc.is_none_or(|(start, end)| {
            let (late, early) = (at.minute >= start, at.minute < end);
            if end < start {
                late || early
            } else {
                late && early
            }
        });
        from && days && utc
    }

    /// Its rate for `key`, no fallbacks.
    pub(super) fn rate(&self, key: Key) -> Option<&Rate> {
        self.rates.iter().find(|(k, _)| *k == key).map(|(_, r)| r)
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a price entry")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entry, A::Error> {
        let mut entry = Entry::default();
        let mut rates = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "from" => entry.from = Some(day(&map.next_value::<String>()?)?),
                "utc" => {
                    let (start, end) = map.next_value::<(String, String)>()?;
                    entry.utc = Some((minute(&start)?, minute(&end)?));
                }
                "days" => entry.days = weekdays(&map.next_value::<Vec<u8>>()?)?,
                "when" => entry.when = map.next_value::<When>()?.0,
                _ => match KEYS.iter().find(|(known, _)| *known == name) {
                    Some((_, Some(key))) => rates.push((*key, map.next_value::<Rate>()?)),
                    Some((_, None)) => drop(map.next_value::<Rate>()?),
                    None => return Err(unknown_key(&name)),
                },
            }
        }
        entry.rates = rates.into();
        Ok(entry)
    }
}

fn unknown_key<E: Error>(name: &str) -> E {
    let known: Vec<_> = KEYS.iter().map(|(known, _)| *known).collect();
    E::custom(format_args!(
        "unknown key `{name}`, expected from, utc, days, when (in variants), or a rate: {}",
        known.join(", ")
    ))
}

/// Days since the epoch of `2026-11-09`.
fn day<E: Error>(text: &str) -> Result<i64, E> {
    let date: jiff::civil::Date = text
        .parse()
        .map_err(|_| E::custom(format_args!("`{text}` is no date, expected 2026-11-09")))?;
    let since = date - jiff::civil::date(1970, 1, 1);
    Ok(i64::from(since.get_days()))
}

/// Minute of the day of `14:30`; `24:00` is the end of the day.
fn minute<E: Error>(text: &str) -> Result<u16, E> {
    let parse = || {
        let (hour, minute) = text.split_once(':')?;
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        (minute < 60 && hour * 60 + minute <= 1440).then_some(hour * 60 + minute)
    };
    parse().ok_or_else(|| E::custom(format_args!("`{text}` is no time of day, expected 14:30")))
}

fn weekdays<E: Error>(days: &[u8]) -> Result<u8, E> {
    days.iter().try_fold(0, |bits, day| match day {
        1..=7 => Ok(bits | 1 << day),
        _ => Err(E::custom(format_args!(
            "{day} is no weekday, expected 1 (Monday) to 7"
        ))),
    })
}

/// The conditions of a variant: key and value, both text.
struct When(Box<[(Box<str>, Box<str>)]>);

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = std::collections::BTreeMap::<Box<str>, Box<str>>::deserialize(deserializer)?;
        Ok(Self(map.into_iter().collect()))
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RateVisitor)
    }
}

struct RateVisitor;

impl<'de> Visitor<'de> for RateVisitor {
    type Value = Rate;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a rate (a number) or tiers ([base, [start, rate], ...])")
    }

    fn visit_u64<E: Error>(self, usd: u64) -> Result<Rate, E> {
        #[expect(clippy::cast_precision_loss, reason = "checked range")]
        self.visit_f64(usd as f64)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Rate, E> {
        Err(E::custom("a rate cannot be negative"))
    }

    fn visit_f64<E: Error>(self, usd: f64) -> Result<Rate, E> {
        Ok(Rate {
            base: millionths(usd)?,
            tiers: Box::default(),
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Rate, A::Error> {
        let Some(base) = seq.next_element::<f64>()? else {
            return Err(A::Error::invalid_length(0, &self));
        };
        let mut tiers: Vec<(u64, u64)> = Vec::new();
        while let Some((start, rate)) = seq.next_element::<(u64, f64)>()? {
            if tiers.last().is_some_and(|(last, _)| *last >= start) {
                return Err(A::Error::custom("tiers must have rising starts"));
            }
            tiers.push((start, millionths(rate)?));
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Rate {
            base: millionths(base)?,
            tiers: tiers.into(),
        })
    }
}

/// USD as whole millionths. Six decimals of up to 10,000 USD are far inside the 15 digits that a
/// float keeps, so the rounding restores the decimal that was written.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked range"
)]
fn millionths<E: Error>(usd: f64) -> Result<u64, E> {
    let scaled = usd * 1e6;
    if !(0.0..=1e10).contains(&scaled) {
        return Err(E::custom("a rate must be between 0 and 10000"));
    }
    if (scaled - scaled.round()).abs() > 1e-4 {
        return Err(E::custom("a rate has at most 6 decimals"));
    }
    Ok(scaled.round() as u64)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "test")]
    use super::*;

    fn entry(json: &str) -> Entry {
        serde_json::from_str(json).unwrap()
    }

    /// 2026-11-18 was a Wednesday.
    fn at(text: &str) -> Moment {
        let stamp: jiff::Timestamp = text.parse().unwrap();
        Moment::from_unix_ns(u64::try_from(stamp.as_nanosecond()).unwrap())
    }

    #[test]
    fn decimals_are_exact() {
        let e = entry(r#"{"input":0.1,"output":2.5,"cache_read":0.003625,"cache_write":75}"#);
        let rate = |key| e.rate(key).unwrap().at(0);
        assert_eq!(rate(Key::Input), 100_000);
        assert_eq!(rate(Key::Output), 2_500_000);
        assert_eq!(rate(Key::CacheRead), 3_625);
        assert_eq!(rate(Key::CacheWrite), 75_000_000);
        assert_eq!(e.rate(Key::Reasoning), None);
    }

    #[test]
    fn a_tier_begins_above_its_start() {
        let e = entry(r#"{"input":[1,[100,2],[200,3.5]]}"#);
        let rate = e.rate(Key::Input).unwrap();
        let rates: Vec<_> = [0, 100, 101, 200, 201]
            .iter()
            .map(|n| rate.at(*n))
            .collect();
        assert_eq!(
            rates,
            [1_000_000, 1_000_000, 2_000_000, 2_000_000, 3_500_000]
        );
    }

    #[test]
    fn from_is_inclusive() {
        let e = entry(r#"{"from":"2026-11-18","input":1}"#);
        assert!(!e.holds(at("2026-11-17T23:59:59Z")));
        assert!(e.holds(at("2026-11-18T00:00:00Z")));
    }

    #[test]
    fn hours_are_half_open_and_may_wrap() {
        let day = entry(r#"{"utc":["01:00","04:00"]}"#);
        let holds = |e: &Entry, time| e.holds(at(&format!("2026-11-18T{time}Z")));
        assert!(!holds(&day, "00:59:59"));
        assert!(holds(&day, "01:00:00"));
        assert!(holds(&day, "03:59:59"));
        assert!(!holds(&day, "04:00:00"));
        let night = entry(r#"{"utc":["16:30","00:30"]}"#);
        assert!(holds(&night, "23:00:00"));
        assert!(holds(&night, "00:29:59"));
        assert!(!holds(&night, "00:30:00"));
        assert!(!holds(&night, "16:29:59"));
    }

    #[test]
    fn weekdays_count_from_monday() {
        let e = entry(r#"{"days":[1,2,3,4,5]}"#);
        assert!(e.holds(at("2026-11-18T12:00:00Z")), "Wednesday");
        assert!(e.holds(at("2026-11-20T23:59:00Z")), "Friday");
        assert!(!e.holds(at("2026-11-21T00:00:00Z")), "Saturday");
        assert!(!e.holds(at("2026-11-22T12:00:00Z")), "Sunday");
        assert!(e.holds(at("2026-11-23T00:00:00Z")), "Monday");
    }

    #[test]
    fn nonsense_is_refused() {
        for (json, word) in [
            (r#"{"inptu":1}"#, "unknown key `inptu`"),
            (r#"{"input":-1}"#, "negative"),
            (r#"{"input":-0.5}"#, "between 0"),
            (r#"{"input":0.0000001}"#, "6 decimals"),
            (r#"{"input":"1"}"#, "a rate"),
            (r#"{"input":[1,[5,2],[5,3]]}"#, "rising"),
            (r#"{"from":"soon"}"#, "no date"),
            (r#"{"utc":["1","2"]}"#, "no time of day"),
            (r#"{"days":[0]}"#, "no weekday"),
        ] {
            let error = serde_json::from_str::<Entry>(json).unwrap_err().to_string();
            assert!(error.contains(word), "{json}: {error}");
        }
    }
}
