//! The pen: every cell is written here, so that nothing lands outside the area and no received
//! text reaches the terminal unsanitised.

use super::text::{self, Cut};
use crate::theme::{Glyph, Role, Theme};
use crate::ui::mouse::{Hits, Target};
use crate::ui::pane::{Line, Tone};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

/// Draws at places relative to its area's origin and inside it.
pub(super) struct Pen<'a> {
    buffer: &'a mut Buffer,
    clip: Rect,
    origin: (u16, u16),
    pub theme: &'a Theme,
    /// What can be pointed at, in the buffer's own places.
    pub hits: Hits,
}

impl<'a> Pen<'a> {
    pub fn new(buffer: &'a mut Buffer, area: Rect, theme: &'a Theme) -> Self {
        let clip = area.intersection(buffer.area);
        Self {
            buffer,
            clip,
            origin: (area.x, area.y),
            theme,
            hits: Hits::default(),
        }
    }

    fn absolute(&self, area: Rect) -> Rect {
        let x = area.x.saturating_add(self.origin.0);
        let y = area.y.saturating_add(self.origin.1);
        Rect { x, y, ..area }.intersection(self.clip)
    }

    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    pub fn glyph(&self, glyph: Glyph) -> &'static str {
        self.theme.glyph(glyph)
    }

    /// Text in at most `room` cells; gives the cells used. What does not fit is not drawn.
    pub fn put(&mut self, x: u16, y: u16, room: u16, text: &str, style: Style) -> u16 {
        let area = self.absolute(Rect::new(x, y, room, 1));
        let start = self.origin.0.saturating_add(x);
        if area.height == 0 || area.x != start {
            return 0;
        }
        let mut used = 0;
        for (grapheme, width) in text::graphemes(text) {
            let Ok(width) = u16::try_from(width) else {
                break;
            };
            if width == 0 {
                continue;
            }
            if used + width > area.width {
                break;
            }
            // An escaped control is several cells of ASCII; all else is one grapheme.
            if width as usize == grapheme.len() && grapheme.is_ascii() {
                for ch in grapheme.chars() {
                    self.cell(area.x + used, area.y, ch.encode_utf8(&mut [0; 4]), style);
                    used += 1;
                }
                continue;
            }
            self.cell(area.x + used, area.y, self.tame(&grapheme), style);
            for tail in 1..width {
                self.set(area.x + used + tail, area.y, " ", style);
            }
            used += width;
        }
        used
    }

    /// In ASCII mode a terminal may draw ambiguous characters wide: they are not drawn.
    fn tame<'g>(&self, grapheme: &'g str) -> &'g str {
        if self.theme.ascii && grapheme.width() != grapheme.width_cjk() {
            "?"
        } else {
            grapheme
        }
    }

    fn cell(&mut self, x: u16, y: u16, symbol: &str, style: Style) {
        self.part(x, y);
        self.set(x, y, symbol, style);
    }

    /// This cell belongs to a wide character that begins before it.
    fn is_tail(&self, x: u16, y: u16) -> bool {
        let before = x.checked_sub(1).filter(|before| *before >= self.clip.x);
        let before = before.and_then(|before| self.buffer.cell((before, y)));
        before.is_some_and(|cell| cell.symbol().len() > 1 && cell.symbol().width() > 1)
    }

    /// Something else comes to stand here: a wide character that would reach into it goes, for a
    /// terminal would draw the whole of it over what is here.
    fn part(&mut self, x: u16, y: u16) {
        if self.is_tail(x, y)
            && let Some(cell) = self.buffer.cell_mut((x - 1, y))
        {
            cell.set_symbol(" ");
        }
    }

    fn set(&mut self, x: u16, y: u16, symbol: &str, style: Style) {
        if let Some(cell) = self.buffer.cell_mut((x, y)) {
            cell.set_symbol(symbol).set_style(style);
        }
    }

    /// One glyph of one cell that is ours, not received.
    pub fn symbol(&mut self, x: u16, y: u16, symbol: &str, style: Style) {
        let at = self.absolute(Rect::new(x, y, 1, 1));
        if !at.is_empty() {
            self.cell(at.x, at.y, symbol, style);
        }
    }

    /// The same where nothing else stands: behind what is drawn.
    pub fn behind(&mut self, x: u16, y: u16, symbol: &str, style: Style) {
        let at = self.absolute(Rect::new(x, y, 1, 1));
        let cell = self.buffer.cell((at.x, at.y));
        let blank = cell.is_some_and(|cell| !at.is_empty() && cell.symbol() == " ");
        if blank && !self.is_tail(at.x, at.y) {
            self.cell(at.x, at.y, symbol, style);
        }
    }

    /// Text that ends where the room ends.
    pub fn right(&mut self, x: u16, y: u16, room: u16, text: &str, style: Style) {
        let width = u16::try_from(text::width(text)).unwrap_or(u16::MAX);
        let pad = room.saturating_sub(width);
        self.put(x + pad, y, room - pad, text, style);
    }

    /// Text cut to the room, with the theme's ellipsis.
    pub fn fit(&self, text: &str, cells: u16, from: Cut) -> String {
        text::cut(text, usize::from(cells), from, self.glyph(Glyph::Ellipsis))
    }

    /// How full something is: a bar between two bounds, `cells` wide without them.
    pub fn gauge(
        &mut self,
        (x, y): (u16, u16),
        cells: u16,
        (part, whole): (u64, u64),
        style: Style,
    ) {
        let faint = self.style(Role::Faint);
        let [left, bar, right] = self.gauge_text(cells, (part, whole));
        self.symbol(x, y, &left, faint);
        self.put(x + 1, y, cells, &bar, style);
        self.symbol(x + 1 + cells, y, &right, faint);
    }

    /// The same as text: the bounds, and the bar between them.
    pub fn gauge_text(&self, cells: u16, (part, whole): (u64, u64)) -> [String; 3] {
        let all = u128::from(cells) * 8;
        let full = (u128::from(part) * all)
            .checked_div(u128::from(whole))
            .unwrap_or(0);
        let full = usize::try_from(full.min(all)).unwrap_or(0);
        let level = |cell| self.theme.level(full.saturating_sub(cell * 8).min(8));
        let bar = (0..usize::from(cells)).map(level).collect();
        let (left, right) = (self.glyph(Glyph::GaugeLeft), self.glyph(Glyph::GaugeRight));
        [left.to_owned(), bar, right.to_owned()]
    }

    /// Something that can be pointed at stands here.
    pub fn target(&mut self, area: Rect, target: Target) {
        let area = self.absolute(area);
        self.hits.add(area, target);
    }

    /// Lays a style over an area.
    pub fn tint(&mut self, area: Rect, style: Style) {
        let area = self.absolute(area);
        self.buffer.set_style(area, style);
    }

    /// Gives the whole area the theme's ground, where the terminal's own would not do.
    pub fn ground(&mut self) {
        if let Some(ground) = self.theme.ground {
            self.buffer.set_style(self.clip, Style::new().bg(ground));
        }
    }

    /// Empties an area and gives it a style.
    pub fn clear(&mut self, area: Rect, style: Style) {
        let area = self.absolute(area);
        let ground = self.theme.ground.unwrap_or_default();
        for y in area.top()..area.bottom() {
            self.part(area.x, y);
            for x in area.left()..area.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.reset();
                    cell.set_bg(ground).set_style(style);
                }
            }
        }
    }

    /// A thin rule along the whole width of a line.
    pub fn rule(&mut self, area: Rect) {
        let (glyph, style) = (self.glyph(Glyph::Rule), self.style(Role::Rule));
        for x in area.left()..area.right() {
            self.symbol(x, area.y, glyph, style);
        }
    }

    /// Runs of styled text one after the other; gives the cells used.
    pub fn runs(&mut self, x: u16, y: u16, room: u16, runs: &[(String, Style)]) -> u16 {
        let mut used = 0;
        for (text, style) in runs {
            used += self.put(x + used, y, room - used, text, *style);
        }
        used
    }

    /// A line of toned text.
    pub fn line(&mut self, x: u16, y: u16, room: u16, line: &Line) {
        let mut used = 0;
        for (tone, text) in &line.spans {
            let style = self.style(role(*tone));
            let text = self.fit(&self.plain(text), room - used, Cut::End);
            used += self.put(x + used, y, room - used, &text, style);
        }
    }

    /// Our own signs inside made-up text, in the set in use.
    pub fn plain<'t>(&self, text: &'t str) -> std::borrow::Cow<'t, str> {
        if !self.theme.ascii || text.is_ascii() {
            return text.into();
        }
        let mut out = String::with_capacity(text.len());
        let mut chars = text.char_indices().peekable();
        while let Some((at, ch)) = chars.next() {
            // The sign of a cut is wider here: it takes a cell of the gap behind it, so that
            // columns stay where they are.
            let behind = text.get(at + ch.len_utf8()..).unwrap_or_default();
            if ch == '…' && (behind == " " || behind.starts_with("  ")) {
                chars.next();
            }
            match SIGNS.iter().find(|(sign, _)| *sign == ch) {
                Some((_, glyph)) => out.push_str(self.glyph(*glyph)),
                None => out.push(ascii_block(ch)),
            }
        }
        out.into()
    }

    /// The buffer and the part of it that an area covers, for widgets of other crates.
    pub fn lend(&mut self, area: Rect) -> (&mut Buffer, Rect) {
        let area = self.absolute(area);
        (self.buffer, area)
    }
}

/// What stands for a block that fills a cell in part: from the left it is there from half a cell on,
/// from below it has a sign for its height.
fn ascii_block(ch: char) -> char {
    match ch {
        '█' | '▌' | '▋' | '▊' | '▉' => '#',
        '▏' | '▎' | '▍' => ' ',
        '▁' => '_',
        '▂' | '▃' => '.',
        '▄' | '▅' => 'o',
        '▆' | '▇' => 'O',
        _ => ch,
    }
}

/// Signs in texts that are made without a theme.
const SIGNS: [(char, Glyph); 17] = [
    ('❯', Glyph::Turn),
    ('◆', Glyph::Agent),
    ('✦', Glyph::Call),
    ('▸', Glyph::Folded),
    ('▾', Glyph::Open),
    ('·', Glyph::Dot),
    ('–', Glyph::Unknown),
    ('≥', Glyph::AtLeast),
    ('≤', Glyph::AtMost),
    ('±', Glyph::Within),
    ('≈', Glyph::FromLogs),
    ('…', Glyph::Ellipsis),
    ('✗', Glyph::Error),
    ('▲', Glyph::Warning),
    ('ƒ', Glyph::Tool),
    ('×', Glyph::Times),
    ('→', Glyph::More),
];

/// The role of a tone.
pub(super) fn role(tone: Tone) -> Role {
    match tone {
        Tone::Text => Role::Text,
        Tone::Strong => Role::Strong,
        Tone::Secondary => Role::Secondary,
        Tone::Faint => Role::Faint,
        Tone::Cost => Role::Cost,
        Tone::Error => Role::Error,
        Tone::Warning => Role::Warning,
        Tone::Running => Role::Running,
        Tone::Wait => Role::WaitPrefill,
        Tone::Decode => Role::Decode,
        Tone::Tool => Role::Tool,
        Tone::Match => Role::Match,
    }
}
