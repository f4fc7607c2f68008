//! Labelled values that flow to a width: a grid where it fits, closer where it does not.

use super::pane::{Line, Tone};
use super::text;

/// A labelled value.
pub(super) struct Field {
    pub label: &'static str,
    pub value: String,
    pub tone: Tone,
}

/// One of them.
pub(super) fn field(label: &'static str, tone: Tone, value: impl Into<String>) -> Field {
    Field {
        label,
        value: value.into(),
        tone,
    }
}

/// Fields of one subject and, behind them, a remark.
#[derive(Default)]
pub(super) struct Group {
    pub fields: Vec<Field>,
    pub note: String,
    pub warning: bool,
}

/// Cells of a field's label and value in the grid.
pub(super) const LABEL: usize = 13;
const VALUE: usize = 9;
/// Cells of the labels of the grid's other columns, and of a whole column.
const LATER: usize = 9;
const PITCH: usize = 17;

/// Cells of a field's label and value: in a grid, or no more than they need.
fn cells(f: &Field, first: bool, tight: bool) -> (usize, usize) {
    let label = match text::width(f.label) {
        _ if first => LABEL,
        0 => 0,
        n if tight => n + 1,
        n => (n + 1).max(LATER),
    };
    let value = text::width(&f.value);
    let value = match label {
        _ if tight => value + 2,
        _ if first || label == 0 => (value + 1).max(VALUE),
        label => (value + 2).max(PITCH.saturating_sub(label)),
    };
    (label, value)
}

/// Lays a group out: fields in a grid, closer where that does not fit; what does not fit then either
/// goes on under them.
pub(super) fn flow(group: Group, width: usize) -> Vec<Line> {
    let mut out = Vec::new();
    let (mut line, mut used) = (Line::default(), 0);
    let grid = group.fields.iter().enumerate().map(|(i, f)| {
        let (label, value) = cells(f, i == 0, false);
        label + value
    });
    let tight = grid.sum::<usize>() > width + 2;
    for (i, f) in group.fields.into_iter().enumerate() {
        let (label_cells, value_cells) = cells(&f, i == 0, tight);
        if used > 0 && used + label_cells + value_cells > width + 2 {
            out.push(trimmed(std::mem::take(&mut line)));
            line.spans.push((Tone::Faint, " ".repeat(LABEL)));
            used = LABEL;
        }
        line.spans
            .push((Tone::Faint, format!("{:<label_cells$}", f.label)));
        let pad = value_cells.saturating_sub(text::width(&f.value));
        line.spans.push((f.tone, f.value));
        line.spans.push((Tone::Faint, " ".repeat(pad)));
        used += label_cells + value_cells;
    }
    if !group.note.is_empty() {
        let tone = if group.warning {
            Tone::Warning
        } else {
            Tone::Faint
        };
        let gap = usize::from(used > LABEL);
        if used + gap + text::width(&group.note) > width && used > LABEL {
            out.push(trimmed(std::mem::take(&mut line)));
            line.spans.push((Tone::Faint, " ".repeat(LABEL)));
            used = LABEL;
        }
        let gap = usize::from(used > LABEL);
        line.spans.push((tone, " ".repeat(gap)));
        let room = width.saturating_sub(used + gap);
        line.spans
            .push((tone, text::cut(&group.note, room, text::Cut::End, "…")));
    }
    out.push(trimmed(line));
    out
}

/// Without the gap behind its last field: it needs no room.
fn trimmed(mut line: Line) -> Line {
    while line
        .spans
        .last()
        .is_some_and(|(_, s)| s.trim_end().is_empty())
    {
        line.spans.pop();
    }
    line
}
