//! Colours, and how they are brought down to what the terminal has.

use ratatui::style::Color;
use std::str::FromStr;

/// How many colours the terminal has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// 24 bits.
    #[default]
    True,
    /// The 256 colours of xterm.
    Ansi256,
    /// The terminal's own sixteen.
    Ansi16,
    /// None: bold, dim, underline and reverse only (`NO_COLOR`).
    None,
}

/// The terminal's own sixteen, as theme files name them.
pub(super) const NAMES: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "gray",
    "darkgray",
    "lightred",
    "lightgreen",
    "lightyellow",
    "lightblue",
    "lightmagenta",
    "lightcyan",
    "white",
];

/// Reads `#rrggbb` or one of the sixteen names.
pub(super) fn parse(text: &str) -> Option<Color> {
    if let Some(hex) = text.strip_prefix('#') {
        let digits = hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit());
        let value = u32::from_str_radix(hex, 16).ok().filter(|_| digits)?;
        let [_, r, g, b] = value.to_be_bytes();
        return Some(Color::Rgb(r, g, b));
    }
    Color::from_str(text)
        .ok()
        .filter(|c| !matches!(c, Color::Indexed(_) | Color::Rgb(..)))
}

/// The nearest colour of a depth.
pub(super) fn down(color: Color, depth: Depth) -> Color {
    match (color, depth) {
        (Color::Rgb(r, g, b), Depth::Ansi256) => Color::Indexed(nearest_256([r, g, b])),
        (Color::Rgb(r, g, b), Depth::Ansi16) => nearest_16([r, g, b]),
        (_, Depth::None) => Color::Reset,
        _ => color,
    }
}

/// A colour as xterm draws it: red, green, blue.
pub fn rgb(color: Color) -> [u8; 3] {
    match color {
        Color::Rgb(r, g, b) => [r, g, b],
        Color::Indexed(index @ 16..) => cube_and_greys()
            .find(|(n, _)| *n == index)
            .map_or([0; 3], |(_, rgb)| rgb),
        Color::Indexed(index) => SIXTEEN
            .get(usize::from(index))
            .map_or([0; 3], |(_, rgb)| *rgb),
        _ => SIXTEEN
            .iter()
            .find(|(named, _)| *named == color)
            .map_or([0; 3], |(_, rgb)| *rgb),
    }
}

/// Nearer to black than to white, as the eye sees it.
pub fn is_dark([r, g, b]: [u8; 3]) -> bool {
    // Rec. 709 luma; the terminal's colours are gamma-encoded already.
    2126 * u32::from(r) + 7152 * u32::from(g) + 722 * u32::from(b) < 5000 * 255
}

fn distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    // Weighted for the eye: green differences show most, blue least.
    [(0, 3), (1, 4), (2, 2)]
        .into_iter()
        .map(|(i, weight)| {
            let d = u32::from(a[i].abs_diff(b[i]));
            weight * d * d
        })
        .sum()
}

/// xterm's colours 16 to 255: a 6×6×6 cube and 24 greys.
fn cube_and_greys() -> impl Iterator<Item = (u8, [u8; 3])> {
    const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let cube = (0..216u8).map(|n| {
        let level = |i: u8| LEVELS[usize::from(i)];
        (16 + n, [level(n / 36), level(n / 6 % 6), level(n % 6)])
    });
    let greys = (0..24u8).map(|n| (232 + n, [8 + 10 * n; 3]));
    cube.chain(greys)
}

/// Index of the nearest of them.
fn nearest_256(rgb: [u8; 3]) -> u8 {
    cube_and_greys()
        .min_by_key(|(_, c)| distance(rgb, *c))
        .map_or(15, |(n, _)| n)
}

/// The sixteen as xterm draws them.
const SIXTEEN: [(Color, [u8; 3]); 16] = [
    (Color::Black, [0, 0, 0]),
    (Color::Red, [205, 0, 0]),
    (Color::Green, [0, 205, 0]),
    (Color::Yellow, [205, 205, 0]),
    (Color::Blue, [0, 0, 238]),
    (Color::Magenta, [205, 0, 205]),
    (Color::Cyan, [0, 205, 205]),
    (Color::Gray, [229, 229, 229]),
    (Color::DarkGray, [127, 127, 127]),
    (Color::LightRed, [255, 0, 0]),
    (Color::LightGreen, [0, 255, 0]),
    (Color::LightYellow, [255, 255, 0]),
    (Color::LightBlue, [92, 92, 255]),
    (Color::LightMagenta, [255, 0, 255]),
    (Color::LightCyan, [0, 255, 255]),
    (Color::White, [255, 255, 255]),
];

/// The nearest of the sixteen.
fn nearest_16(rgb: [u8; 3]) -> Color {
    SIXTEEN
        .into_iter()
        .min_by_key(|(_, c)| distance(rgb, *c))
        .map_or(Color::Reset, |(color, _)| color)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_and_names_are_read_and_nothing_else() {
        assert_eq!(parse("#58a6ff"), Some(Color::Rgb(0x58, 0xa6, 0xff)));
        assert_eq!(parse("lightblue"), Some(Color::LightBlue));
        for bad in [
            "#58a6f", "#58a6fff", "#+8a6ff", "blurple", "", "#", "12", "#é1234",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn exact_members_of_a_smaller_palette_stay_themselves() {
        // xterm 196 is #ff0000, 244 is #808080.
        assert_eq!(
            down(Color::Rgb(255, 0, 0), Depth::Ansi256),
            Color::Indexed(196)
        );
        assert_eq!(
            down(Color::Rgb(128, 128, 128), Depth::Ansi256),
            Color::Indexed(244)
        );
        assert_eq!(down(Color::Rgb(205, 0, 0), Depth::Ansi16), Color::Red);
        assert_eq!(down(Color::Rgb(1, 2, 3), Depth::True), Color::Rgb(1, 2, 3));
        assert_eq!(down(Color::Red, Depth::None), Color::Reset);
    }
}
