//! The transcript: a title in the rule, and the lines of the entries that are on the screen.

use super::paint::Pen;
use crate::theme::Role;
use crate::ui::layout::Layout;
use crate::ui::mouse::Target;
use crate::ui::reader_lines::Sheet;
use crate::ui::{Picture, UiState, title};
use ratatui::layout::Rect;

pub(super) fn draw(pen: &mut Pen, layout: &Layout, picture: &Picture, ui: &UiState) {
    let (area, reader) = (layout.page, &ui.reader);
    pen.target(area, Target::Page);
    let height = usize::from(area.height);
    if !layout.title.is_empty() {
        pen.rule(layout.title);
        let session = picture.sessions.iter().find(|s| Some(s.id) == ui.session());
        let name = session.map_or_else(String::new, |s| title::prompt(&s.title).into_owned());
        let last = (reader.scroll + height).min(reader.lines());
        let reading = if picture.reading { "reading  " } else { "" };
        let form = reader.form.name();
        let lines = match reader.lines() {
            0 => String::new(),
            all => format!("  {}–{last} of {all}", reader.scroll + 1),
        };
        let place = pen.plain(&format!(" {reading}{form}{lines} ")).into_owned();
        let taken = u16::try_from(super::text::width(&place)).unwrap_or(u16::MAX);
        let room = layout.title.width.saturating_sub(taken.saturating_add(22));
        let name = pen.fit(&name, room, super::text::Cut::End);
        let style = pen.style(Role::Title);
        let used = pen.put(
            2,
            layout.title.y,
            area.width,
            format!(" Transcript  {name}").trim_end(),
            style,
        );
        pen.put(2 + used, layout.title.y, 1, " ", style);
        let style = pen.style(Role::Secondary);
        let room = layout.title.width.saturating_sub(2);
        if picture.book.is_some() && room > used + taken {
            pen.right(0, layout.title.y, room, &place, style);
        }
    }
    let (Some(book), Some(tree)) = (picture.book, picture.tree) else {
        let style = pen.style(Role::Faint);
        pen.put(area.x, area.y, area.width, "no session yet", style);
        return;
    };
    if reader.transcript.entries.is_empty() {
        let word = if picture.reading {
            "reading"
        } else {
            "nothing was said yet"
        };
        let style = pen.style(Role::Faint);
        pen.put(area.x, area.y, area.width, word, style);
        return;
    }
    let sheet = Sheet {
        picture,
        book,
        tree,
    };
    let width = usize::from(area.width);
    let mut y = area.y;
    let mut at = reader.entry_at(reader.scroll);
    let mut skip = reader.scroll - reader.head(at).min(reader.scroll);
    while y < area.bottom() && at < reader.transcript.entries.len() {
        let lines = sheet.lines(reader, at, width);
        let gap = reader.gap(at);
        for (i, line) in lines.iter().enumerate().skip(skip) {
            if y >= area.bottom() {
                break;
            }
            let whole = Rect::new(0, y, layout.footer.width, 1);
            let entry_line = reader.head(at) + i;
            pen.target(whole, Target::Line(entry_line));
            pen.line(area.x, y, area.width, line);
            if at == reader.cursor && i >= gap {
                let style = pen.style(Role::Selection);
                pen.tint(whole, style);
            }
            y += 1;
        }
        skip = 0;
        at += 1;
    }
}
