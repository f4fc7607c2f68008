//! Drawn screens as SVG: runs of equal style become rectangles and texts. Every text is given its
//! length, so that no font can break the columns; blocks and rules are drawn and not written, so
//! that no font can leave gaps between them.

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use spanfall::theme::rgb;
use std::fmt::Write;

/// A cell, in units of the picture.
const CELL: (u16, u16) = (8, 17);
/// The margin around the screen.
const MARGIN: u16 = 12;

/// What the terminal's own colours are taken to be: red, green, blue.
#[derive(Clone, Copy)]
pub struct Paper {
    pub ground: [u8; 3],
    pub ink: [u8; 3],
}

/// A film's frame: the screen, and how long it stands.
pub struct Frame {
    pub buffer: Buffer,
    pub seconds: f64,
}

/// One screen.
pub fn picture(title: &str, paper: Paper, buffer: &Buffer) -> String {
    let mut body = String::new();
    for y in 0..buffer.area.height {
        body += &row(paper, buffer, y);
    }
    sheet(title, paper, buffer, "", &body)
}

/// Several, one after the other, over and over. A line that stays is there once. Where nothing may
/// move, the last one stands.
pub fn film(title: &str, paper: Paper, frames: &[Frame]) -> String {
    let Some(last) = frames.last() else {
        return String::new();
    };
    let whole: f64 = frames.iter().map(|f| f.seconds).sum();
    let starts: Vec<f64> = frames
        .iter()
        .scan(0.0, |at, f| {
            let start = *at;
            *at += f.seconds;
            Some(100.0 * start / whole)
        })
        .chain([100.0])
        .collect();
    let (mut style, mut body) = (String::new(), String::new());
    let mut spans = Vec::new();
    for y in 0..last.buffer.area.height {
        let rows: Vec<String> = frames.iter().map(|f| row(paper, &f.buffer, y)).collect();
        let mut from = 0;
        for same in rows.chunk_by(|a, b| a == b) {
            let span = (from, from + same.len());
            from = span.1;
            let text = &same[0];
            if span == (0, frames.len()) || text.is_empty() {
                body += text;
                continue;
            }
            let name = spans.iter().position(|s| *s == span).unwrap_or_else(|| {
                spans.push(span);
                spans.len() - 1
            });
            let hidden = if span.1 == frames.len() { "" } else { " h" };
            let _ = writeln!(body, "<g class=\"f{name}{hidden}\">{text}</g>");
        }
    }
    style += ".h{visibility:hidden}\n@media (prefers-reduced-motion:no-preference){\n";
    for (name, (from, to)) in spans.iter().enumerate() {
        let (start, end) = (starts[*from], starts[*to]);
        let before = if *from > 0 {
            "0%{visibility:hidden}"
        } else {
            ""
        };
        let after = if *to < frames.len() {
            format!("{end:.2}%{{visibility:hidden}}")
        } else {
            String::new()
        };
        let _ = writeln!(
            style,
            "@keyframes f{name}{{{before}{start:.2}%{{visibility:visible}}{after}}}\n.f{name}{{animation:f{name} {whole:.1}s step-end infinite}}"
        );
    }
    style += "}\n";
    sheet(title, paper, &last.buffer, &style, &body)
}

fn sheet(title: &str, paper: Paper, buffer: &Buffer, style: &str, body: &str) -> String {
    let width = buffer.area.width * CELL.0 + 2 * MARGIN;
    let height = buffer.area.height * CELL.1 + 2 * MARGIN;
    let (ground, title) = (hex(paper.ground), escape(title));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\">\n\
         <title>{title}</title>\n\
         <style>text{{font:13px ui-monospace,\"DejaVu Sans Mono\",Menlo,Consolas,monospace;white-space:pre}}\
         .b{{font-weight:bold}}.i{{font-style:italic}}.d{{opacity:.6}}.u{{text-decoration:underline}}\n{style}</style>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{ground}\"/>\n\
         <g transform=\"translate({MARGIN} {MARGIN})\">\n{body}</g>\n</svg>\n"
    )
}

/// How a cell is drawn: colours as they end up, and what else there is.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Look {
    fg: [u8; 3],
    bg: [u8; 3],
    modifier: Modifier,
}

fn look(paper: Paper, cell: &Cell) -> Look {
    let color = |color, own| match color {
        Color::Reset => own,
        color => rgb(color),
    };
    let (fg, bg) = (color(cell.fg, paper.ink), color(cell.bg, paper.ground));
    let turned = cell.modifier.contains(Modifier::REVERSED);
    let (fg, bg) = if turned { (bg, fg) } else { (fg, bg) };
    Look {
        fg,
        bg,
        modifier: cell.modifier - Modifier::REVERSED,
    }
}

/// A line of the screen.
fn row(paper: Paper, buffer: &Buffer, y: u16) -> String {
    let mut out = String::new();
    let cells: Vec<(u16, &Cell, Look)> = (0..buffer.area.width)
        .map(|x| (x, &buffer[(x, y)], look(paper, &buffer[(x, y)])))
        .collect();
    let top = f64::from(y * CELL.1);
    for run in cells.chunk_by(|a, b| a.2.bg == b.2.bg) {
        if run[0].2.bg != paper.ground {
            rect(
                &mut out,
                run[0].0,
                top,
                run.len(),
                f64::from(CELL.1),
                run[0].2.bg,
            );
        }
    }
    for run in cells.chunk_by(|a, b| a.2 == b.2 && kind(a.1) == kind(b.1)) {
        let (x, cell, look) = run[0];
        match kind(cell) {
            Kind::Blank => {}
            Kind::Text => {
                let words: String = run.iter().map(|c| c.1.symbol()).collect();
                text(&mut out, (x, y, run.len()), &words, look);
            }
            Kind::Block(eighths) => {
                let full = f64::from(CELL.0);
                for (at, (x, ..)) in run.iter().enumerate() {
                    if eighths < 8 {
                        let width = full * f64::from(eighths) / 8.0;
                        shape(
                            &mut out,
                            f64::from(x * CELL.0),
                            top,
                            width,
                            f64::from(CELL.1),
                            look.fg,
                        );
                    } else if at == 0 {
                        rect(&mut out, *x, top, run.len(), f64::from(CELL.1), look.fg);
                    }
                }
            }
            Kind::Rule => rect(&mut out, x, top + 8.0, run.len(), 1.0, look.fg),
            Kind::Joint { across, up, down } => {
                for (x, ..) in run {
                    let left = f64::from(x * CELL.0);
                    if across {
                        shape(&mut out, left, top + 8.0, 8.0, 1.0, look.fg);
                    }
                    let from = if up { 0.0 } else { 8.0 };
                    let to = if down { f64::from(CELL.1) } else { 9.0 };
                    shape(&mut out, left + 3.5, top + from, 1.0, to - from, look.fg);
                }
            }
        }
    }
    out
}

/// What a character is drawn as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Blank,
    Text,
    /// So many eighths of the cell from the left.
    Block(u8),
    Rule,
    Joint {
        across: bool,
        up: bool,
        down: bool,
    },
}

fn kind(cell: &Cell) -> Kind {
    let joint = |across, up, down| Kind::Joint { across, up, down };
    let mut chars = cell.symbol().chars();
    match (chars.next(), chars.next()) {
        (Some(' ') | None, None) if !cell.modifier.contains(Modifier::UNDERLINED) => Kind::Blank,
        (Some(c @ '█'..='▏'), None) => {
            Kind::Block(u8::try_from(0x2590 - c as u32).unwrap_or(8))
        }
        (Some('─'), None) => Kind::Rule,
        (Some('│'), None) => joint(false, true, true),
        (Some('┬'), None) => joint(true, false, true),
        (Some('┴'), None) => joint(true, true, false),
        _ => Kind::Text,
    }
}

fn text(out: &mut String, (x, y, cells): (u16, u16, usize), text: &str, look: Look) {
    let (left, width) = (x * CELL.0, cells * usize::from(CELL.0));
    let mut class = String::new();
    for (modifier, name) in [
        (Modifier::BOLD, "b"),
        (Modifier::ITALIC, "i"),
        (Modifier::DIM, "d"),
        (Modifier::UNDERLINED, "u"),
    ] {
        if look.modifier.contains(modifier) {
            class += if class.is_empty() { "" } else { " " };
            class += name;
        }
    }
    if !class.is_empty() {
        class = format!(" class=\"{class}\"");
    }
    let (fill, base, text) = (hex(look.fg), y * CELL.1 + 13, escape(text));
    let _ = writeln!(
        out,
        "<text x=\"{left}\" y=\"{base}\" textLength=\"{width}\" fill=\"{fill}\"{class}>{text}</text>"
    );
}

fn rect(out: &mut String, x: u16, top: f64, cells: usize, height: f64, fill: [u8; 3]) {
    let width = f64::from(CELL.0) * f64::from(u16::try_from(cells).unwrap_or(0));
    shape(out, f64::from(x * CELL.0), top, width, height, fill);
}

fn shape(out: &mut String, left: f64, top: f64, width: f64, height: f64, fill: [u8; 3]) {
    let fill = hex(fill);
    let _ = writeln!(
        out,
        "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\"/>"
    );
}

fn hex([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
