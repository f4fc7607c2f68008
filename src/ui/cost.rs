//! The page of tokens and cost: what a session spent on whom and what, what the cache saved, what
//! nobody knows the price of, and where the input grew.

use super::Picture;
use super::cost_tables::{INPUT, cached, money, tokens};
use super::fields::{LABEL, field};
use super::ledger::Ledger;
use super::maker::Maker;
use super::page::PageLine;
use super::pane::{Line, Tone};
use super::{text, title};
use crate::model::figures::Figures;
use crate::model::ids::SessionId;
use crate::model::usage::{CostBasis, PicoUsd};

/// A price table is old after so many days.
const OLD_DAYS: i32 = 60;

/// The lines of the page; `ledger` is that of the session's tree.
pub(super) fn lines(
    picture: &Picture,
    session: SessionId,
    ledger: &Ledger,
    width: usize,
) -> Vec<PageLine> {
    let mut page = Maker::new(Some(session), width);
    page.overview(picture, ledger);
    page.parts("by agent", &ledger.agents, ledger);
    page.parts("by model", &ledger.models, ledger);
    page.turns(ledger);
    page.growth(ledger);
    page.tools(ledger);
    page.sessions(picture, ledger);
    page.expensive("calls", &ledger.calls, ledger);
    page.expensive("turns", &ledger.dear_turns, ledger);
    page.finishes(ledger);
    page.answered(ledger);
    page.into_lines()
}

impl Maker {
    /// What is told of the session as a whole.
    fn overview(&mut self, picture: &Picture, ledger: &Ledger) {
        let summary = picture.sessions.iter().find(|s| Some(s.id) == self.session);
        let name = summary.map_or_else(String::new, |s| title::prompt(&s.title).into_owned());
        let name = text::cut(&name, self.width, text::Cut::End, "…");
        self.say(Line::of(Tone::Strong, name), None);
        self.sums_of("session", &ledger.total);
        self.compared(ledger);
        self.cache(ledger);
        if let Some(burn) = picture.burn {
            let rate = format!("{}/min", text::money(burn));
            self.group(
                vec![field("burn", Tone::Cost, rate)],
                "spent within the last minute, by all sessions".to_owned(),
                false,
            );
        }
        self.prices(picture);
        for of in &ledger.unpriced {
            let calls = text::count(of.calls);
            let line = Line::of(Tone::Faint, format!("{:<LABEL$}", "unpriced"))
                .and(Tone::Warning, format!("{calls} × "))
                .and(Tone::Text, text::sanitize(&of.model).into_owned())
                .and(Tone::Faint, format!("  {}", text::sanitize(&of.why)));
            self.say(line, Some(of.call));
        }
        if picture.sessions.len() > 1 {
            self.sums_of("all sessions", &picture.totals);
        }
    }

    fn sums_of(&mut self, label: &'static str, f: &Figures) {
        let whole = f.usage_complete();
        let mut fields = vec![
            field(label, Tone::Cost, money(f)),
            field("in", Tone::Text, tokens(f.usage.input, whole)),
            field("cached", Tone::Text, cached(f)),
            field("out", Tone::Text, tokens(f.usage.output, whole)),
        ];
        if f.usage.reasoning.is_some() {
            let reasoning = tokens(f.usage.reasoning, true);
            fields.push(field("reasoning", Tone::Text, reasoning));
        }
        let calls = match f.model_calls {
            1 => "1 call".to_owned(),
            n => format!("{} calls", text::count(n)),
        };
        let untold = match f.untold_calls {
            0 => String::new(),
            n => format!(", {} of them told no tokens", text::count(n)),
        };
        self.group(fields, calls + &untold, f.untold_calls > 0);
    }

    /// Reported beside computed cost.
    fn compared(&mut self, ledger: &Ledger) {
        let of = ledger.reported;
        if of.calls == 0 {
            let note = match ledger.total.cost_basis {
                CostBasis::Computed => "computed by the price table; nobody reported a cost",
                CostBasis::Reported => "as reported; the price table does not know the models",
                CostBasis::Mixed | CostBasis::Unknown => return,
            };
            return self.group(
                vec![field("cost", Tone::Cost, money(&ledger.total))],
                note.to_owned(),
                false,
            );
        }
        let apart = of.one.0.abs_diff(of.other.0);
        let permille = u128::from(apart) * 1000 / u128::from(of.other.0.max(1));
        let note = match permille {
            0 if apart == 0 => "the same".to_owned(),
            0 => "the same within 0.1%".to_owned(),
            n => {
                let way = if of.one > of.other { "more" } else { "less" };
                let by = text::money_exact(PicoUsd(apart));
                format!("{by} {way} than computed ({}.{}%)", n / 10, n % 10)
            }
        };
        let fields = vec![
            field("reported", Tone::Cost, text::money_exact(of.one)),
            field("computed", Tone::Secondary, text::money_exact(of.other)),
            field("calls", Tone::Secondary, text::count(of.calls)),
        ];
        self.group(fields, note, permille >= 10);
    }

    /// What the cache saved, or cost: writing to it is dearer than not to.
    fn cache(&mut self, ledger: &Ledger) {
        let of = ledger.cache;
        let Some(percent) = text::percent(of.one.0.abs_diff(of.other.0), of.other.0) else {
            return;
        };
        let saved = of.one <= of.other;
        let (label, tone) = if saved {
            ("cache saved", Tone::Cost)
        } else {
            ("cache cost", Tone::Warning)
        };
        let apart = text::money(PicoUsd(of.one.0.abs_diff(of.other.0)));
        let whole = text::money(of.other);
        let fields = vec![
            field(label, tone, apart),
            field("", Tone::Text, format!("{percent}%")),
        ];
        let calls = match of.calls {
            1 => "one call would".to_owned(),
            n => format!("{} calls would", text::count(n)),
        };
        self.group(fields, format!("{calls} cost {whole} without it"), false);
    }

    fn prices(&mut self, picture: &Picture) {
        let days = age_days(picture.prices, picture.now);
        let old = days.filter(|d| *d > OLD_DAYS);
        let note = old.map_or_else(String::new, |d| {
            format!("▲ {d} days old: prices may have changed since")
        });
        let tone = if old.is_some() {
            Tone::Warning
        } else {
            Tone::Text
        };
        let day = text::sanitize(picture.prices).into_owned();
        self.group(vec![field("prices of", tone, day)], note, old.is_some());
    }

    fn growth(&mut self, ledger: &Ledger) {
        let Some(growth) = &ledger.growth else { return };
        let tools = match growth.tools.as_slice() {
            [one] => one.clone(),
            all => format!("{} tools: {}", all.len(), all.join(", ")),
        };
        let turn = growth
            .turn
            .map_or_else(String::new, |t| format!(" (turn {t})"));
        let head = format!("+{} after ", text::count(growth.by));
        let used = INPUT + 2 + text::width(&head) + text::width(&turn);
        let tools = text::cut(&tools, self.width.saturating_sub(used), text::Cut::End, "…");
        let line = Line::of(Tone::Faint, format!("{:<INPUT$}", "input grew"))
            .and(Tone::Text, head)
            .and(Tone::Tool, format!("ƒ {tools}"))
            .and(Tone::Secondary, turn);
        self.say(line, Some(growth.call));
    }

    fn finishes(&mut self, ledger: &Ledger) {
        if ledger.finishes.is_empty() {
            return;
        }
        self.gap();
        self.say(Line::of(Tone::Strong, "finish reasons"), None);
        for of in ledger.finishes.chunk_by(|a, b| a.model == b.model) {
            let model = of.first().map_or("", |f| text::model_short(&f.model));
            let model = text::cut(model, 24, text::Cut::End, "…");
            let gap = " ".repeat(26usize.saturating_sub(text::width(&model)));
            let reasons: Vec<String> = of
                .iter()
                .map(|f| format!("{} {}", text::sanitize(&f.reason), text::count(f.calls)))
                .collect();
            let room = self.width.saturating_sub(26);
            let reasons = text::cut(&reasons.join(" · "), room, text::Cut::End, "…");
            let line = Line::of(Tone::Text, model + &gap).and(Tone::Secondary, reasons);
            self.say(line, None);
        }
    }

    fn answered(&mut self, ledger: &Ledger) {
        if ledger.answered.is_empty() {
            return;
        }
        self.gap();
        self.say(
            Line::of(Tone::Strong, "answered by another model than asked for"),
            None,
        );
        for of in &ledger.answered {
            let dated = text::model_short(&of.asked) == text::model_short(&of.by);
            let tone = if dated {
                Tone::Secondary
            } else {
                Tone::Warning
            };
            let calls = format!("{:>5} × ", text::count(of.calls));
            let room = self.width.saturating_sub(12) / 2;
            let cut = |model: &str| text::cut(model, room, text::Cut::End, "…");
            let line = Line::of(Tone::Faint, calls)
                .and(Tone::Text, cut(&of.asked))
                .and(Tone::Faint, " → ")
                .and(tone, cut(&of.by));
            self.say(line, Some(of.call));
        }
    }
}

/// Days from a date such as `2026-11-09` to an instant, ns since the epoch.
fn age_days(date: &str, now: u64) -> Option<i32> {
    let date: jiff::civil::Date = date.parse().ok()?;
    let since = date - jiff::civil::date(1970, 1, 1);
    let today = i32::try_from(now / 86_400_000_000_000).ok()?;
    Some(today - since.get_days())
}
