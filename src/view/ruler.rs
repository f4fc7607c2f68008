//! The ruler: lines through the rows where two of them begin, the time between on the axis, and
//! what else lies between them in words.

use super::paint::Pen;
use super::scale::Scale;
use super::text::{self, Cut};
use crate::model::node::Tree;
use crate::theme::{Glyph, Role};
use crate::ui::ruler::Ruler;
use crate::ui::title;
use ratatui::layout::Rect;

/// Draws it over `rows` and the line of the axis above them; `first` is the bars' first column.
pub(super) fn draw(
    pen: &mut Pen,
    (axis, rows): (Rect, Rect),
    first: u16,
    scale: &Scale,
    tree: &Tree,
    ruler: Ruler,
) {
    let Some((a, b)) = ruler.nodes(tree) else {
        return;
    };
    let style = pen.style(Role::Title);
    let cell = |time: u64| {
        let cell = u16::try_from(scale.eighth(time) / 8).unwrap_or(scale.cells);
        let seen = scale.side(time, time).is_none();
        seen.then_some(cell.min(scale.cells.saturating_sub(1)))
    };
    let (from, to) = (cell(a.start), cell(b.start));
    let bar = pen.glyph(Glyph::Bar);
    let through = pen.style(Role::Secondary);
    for at in [from, to].into_iter().flatten() {
        for y in rows.top()..rows.bottom() {
            pen.behind(first + at, y, bar, through);
        }
    }
    let (Some(from), Some(to)) = (from, to) else {
        return;
    };
    if axis.is_empty() || to <= from {
        return;
    }
    let rule = pen.glyph(Glyph::Rule);
    for at in from..=to {
        let glyph = if at == from || at == to { bar } else { rule };
        pen.symbol(first + at, axis.y, glyph, style);
    }
    let told = format!(" {} ", text::duration(b.start.abs_diff(a.start)));
    let width = u16::try_from(text::width(&told)).unwrap_or(u16::MAX);
    let room = to - from - 1;
    if width <= room {
        let strong = pen.style(Role::Strong);
        pen.put(
            first + from + 1 + (room - width) / 2,
            axis.y,
            width,
            &told,
            strong,
        );
    }
}

/// The line that tells where the time went tells of the ruler while there is one.
pub(super) fn line(pen: &mut Pen, area: Rect, tree: &Tree, ruler: Ruler) {
    let Some((a, b)) = ruler.nodes(tree) else {
        return;
    };
    let [faint, plain, strong] = [Role::Faint, Role::Text, Role::Strong].map(|r| pen.style(r));
    let (mut x, right) = (area.x + 1, area.right().saturating_sub(1));
    let room = |x: u16| right.saturating_sub(x);
    x += pen.put(x, area.y, room(x), "ruler  ", faint);
    let name = (area.width / 5).max(8);
    for (node, after) in [(a, " → "), (b, "   ")] {
        let told = pen.fit(&title::node(node), name, Cut::End);
        x += pen.put(x, area.y, room(x), &told, plain);
        let after = pen.plain(after).into_owned();
        x += pen.put(x, area.y, room(x), &after, faint);
    }
    for (label, time) in ruler.told(tree) {
        let cells = text::width(label) + text::width(&time) + 3;
        if cells > usize::from(room(x)) {
            break;
        }
        x += pen.put(x, area.y, room(x), label, faint) + 1;
        x += pen.put(x, area.y, room(x), &time, strong) + 2;
    }
}
