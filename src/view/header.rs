//! The counters of all that was received, in one line.

use super::numbers::{cost, tokens};
use super::paint::Pen;
use super::text;
use crate::model::node::SessionState;
use crate::model::usage::PicoUsd;
use crate::theme::{Glyph, Role};
use crate::ui::Picture;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Cells of a recording's name; the end of a path tells the most.
const RECORDING: u16 = 32;

type Runs = Vec<(String, Style)>;

/// Cells of the gauge of a budget.
const GAUGE: u16 = 8;

/// Where an item stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    /// On the left, one cell after the item before it.
    Close,
    Right,
}

/// A part of the header; the highest `rank` goes first when the room is short.
struct Item {
    rank: u8,
    runs: Runs,
    side: Side,
}

impl Item {
    fn left(rank: u8, runs: Runs) -> Self {
        let side = Side::Left;
        Self { rank, runs, side }
    }

    fn close(rank: u8, runs: Runs) -> Self {
        let side = Side::Close;
        Self { rank, runs, side }
    }

    fn right(rank: u8, runs: Runs) -> Self {
        let side = Side::Right;
        Self { rank, runs, side }
    }

    /// Cells before it where so many stand between items.
    fn gap(&self, gap: usize) -> usize {
        if self.side == Side::Close { 1 } else { gap }
    }

    fn width(&self) -> usize {
        self.runs.iter().map(|(t, _)| text::width(t)).sum()
    }
}

/// Cells of all items with so many between them, and one at each edge.
fn total(items: &[Item], gap: usize) -> usize {
    items.iter().map(|i| i.width() + i.gap(gap)).sum::<usize>() + 2 - gap.min(2)
}

pub(super) fn draw(pen: &mut Pen, area: Rect, picture: &Picture, budget: Option<PicoUsd>) {
    if area.is_empty() {
        return;
    }
    let room = usize::from(area.width);
    let roomy = items(pen, picture, budget, area.width);
    let mut items = if total(&roomy, 3) > room {
        let close = items(pen, picture, budget, RECORDING);
        let spare = u16::try_from(room.saturating_sub(total(&close, 3))).unwrap_or(0);
        items(pen, picture, budget, RECORDING + spare)
    } else {
        roomy
    };
    while items.len() > 1 && total(&items, 2) > room {
        let worst = items
            .iter()
            .enumerate()
            .max_by_key(|(_, i)| i.rank)
            .map_or(0, |(i, _)| i);
        items.remove(worst);
    }
    let gap = if total(&items, 3) > room { 2 } else { 3 };
    let mut x = area.x + 1;
    for (at, item) in items.iter().filter(|i| i.side != Side::Right).enumerate() {
        if at > 0 {
            x += u16::try_from(item.gap(gap)).unwrap_or(0);
        }
        x += pen.runs(x, area.y, area.right().saturating_sub(x), &item.runs);
    }
    let mut end = area.right().saturating_sub(1);
    for item in items.iter().filter(|i| i.side == Side::Right).rev() {
        let width = u16::try_from(item.width()).unwrap_or(u16::MAX);
        end = end.saturating_sub(width);
        pen.runs(end, area.y, width, &item.runs);
        end = end.saturating_sub(2);
    }
}

fn items(pen: &Pen, picture: &Picture, budget: Option<PicoUsd>, cells: u16) -> Vec<Item> {
    let style = |role| pen.style(role);
    let mut items = vec![
        Item::left(0, vec![("spanfall".to_owned(), style(Role::Brand))]),
        Item::left(6, listening(pen, picture, cells)),
    ];
    let sessions = picture.sessions.len();
    if sessions > 0 {
        let plural = if sessions == 1 { "session" } else { "sessions" };
        items.push(Item::left(
            1,
            vec![(format!("{sessions} {plural}"), style(Role::Secondary))],
        ));
    }
    let running = picture
        .sessions
        .iter()
        .filter(|s| s.state == SessionState::Running)
        .count();
    if running > 0 {
        items.push(Item::left(
            3,
            vec![(format!("{running} running"), style(Role::Running))],
        ));
    }
    if sessions > 0 {
        items.extend(sums(pen, picture, budget));
    }
    let alarms = alarms(pen, picture);
    if !alarms.is_empty() {
        items.push(Item::right(1, alarms));
    }
    items.push(Item::right(
        7,
        vec![(
            text::clock(picture.now, picture.utc_offset),
            style(Role::Secondary),
        )],
    ));
    items
}

/// Failures, and what else there is to know.
fn alarms(pen: &Pen, picture: &Picture) -> Runs {
    let style = |role| pen.style(role);
    let mut alarms = Vec::new();
    if picture.totals.errors > 0 {
        let glyph = pen.glyph(Glyph::Error);
        alarms.push((
            format!("{glyph} {}", text::count(picture.totals.errors)),
            style(Role::Error),
        ));
    }
    let troubles = picture.troubles();
    if troubles > 0 {
        let gap = if alarms.is_empty() { "" } else { " " };
        let glyph = pen.glyph(Glyph::Warning);
        alarms.push((
            format!("{gap}{glyph} {}", text::count(troubles)),
            style(Role::Warning),
        ));
    }
    alarms
}

/// Tokens, cost and its rate, padded so that nothing after them moves as they grow.
fn sums(pen: &Pen, picture: &Picture, budget: Option<PicoUsd>) -> Vec<Item> {
    let f = &picture.totals;
    // What came before we listened is missing from every sum.
    let whole = !picture.sessions.iter().any(|s| s.joined_midway);
    let faint = pen.style(Role::Faint);
    let strong = pen.style(Role::Strong);
    let mut input = vec![
        ("in ".to_owned(), faint),
        (
            format!(
                "{:>5}",
                tokens(pen, f.usage.input, f.usage_complete() && whole)
            ),
            strong,
        ),
    ];
    let cached = f
        .usage
        .cache_read
        .zip(f.usage.input)
        .and_then(|(r, i)| text::percent(r, i));
    if let Some(cached) = cached {
        input.push((format!(" {cached}% cached"), pen.style(Role::Secondary)));
    }
    let output = tokens(pen, f.usage.output, f.usage_complete() && whole);
    let mut items = vec![
        Item::left(4, input),
        Item::left(
            5,
            vec![("out ".to_owned(), faint), (format!("{output:>5}"), strong)],
        ),
    ];
    let money = match f.cost {
        Some(_) => pen.style(Role::Cost).bold(),
        None => faint,
    };
    let spent = match f.cost {
        // Nothing else tells what a dash stands for.
        None => format!("${}", pen.glyph(Glyph::Unknown)),
        some => cost(pen, some, f.unpriced_calls == 0 && whole),
    };
    items.push(Item::left(2, vec![(spent, money)]));
    if let Some(budget) = budget {
        items.extend(of_budget(pen, f.cost.unwrap_or_default(), budget));
    }
    if let Some(burn) = picture.burn {
        let burn = format!("{}/min", text::money(burn));
        items.push(Item::left(5, vec![(burn, pen.style(Role::Secondary))]));
    }
    items
}

/// What may be spent, and how much of it is.
fn of_budget(pen: &Pen, spent: PicoUsd, budget: PicoUsd) -> [Item; 2] {
    let faint = pen.style(Role::Faint);
    let used = text::percent(spent.0, budget.0).unwrap_or(100);
    let role = match used {
        ..80 => Role::Cost,
        80..100 => Role::Warning,
        _ => Role::Error,
    };
    let told = vec![
        ("of ".to_owned(), faint),
        (text::money(budget), pen.style(Role::Secondary)),
    ];
    let [start, bar, end] = pen.gauge_text(GAUGE, (spent.0, budget.0));
    let gauge = vec![(start, faint), (bar, pen.style(role)), (end, faint)];
    [Item::close(3, told), Item::close(4, gauge)]
}

/// `● :4317 :4318`, or the recording that is browsed.
fn listening(pen: &Pen, picture: &Picture, cells: u16) -> Runs {
    let receiver = picture.receiver;
    if let Some(name) = &receiver.recording {
        return vec![(
            pen.fit(name, cells, text::Cut::Start),
            pen.style(Role::Secondary),
        )];
    }
    let mut ports: Vec<&str> = receiver
        .listeners
        .iter()
        .filter_map(|l| l.address.rsplit(':').next())
        .collect();
    ports.dedup();
    if ports.is_empty() {
        return vec![("not listening".to_owned(), pen.style(Role::Warning))];
    }
    let ports: Vec<String> = ports.iter().map(|p| format!(":{p}")).collect();
    vec![(
        format!("{} {}", pen.glyph(Glyph::Listening), ports.join(" ")),
        pen.style(Role::Running),
    )]
}
