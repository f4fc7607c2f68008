//! Themes: what each role looks like on a terminal with so many colours, and the glyphs. Data in
//! `themes/*.toml`; knows nothing of spans or of the screen.

mod color;
mod glyph;
mod load;
mod phase;
mod role;

pub use color::Depth;
pub use glyph::Glyph;
pub use phase::Phase;
pub use role::Role;

use ratatui::style::Style;

/// The themes that come with the program: name and file.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("dark", include_str!("../../themes/dark.toml")),
    ("light", include_str!("../../themes/light.toml")),
];

/// Why a theme could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ThemeError {
    /// Not TOML, or not the tables a theme has; the text names line and column.
    #[error("theme file: {0}")]
    File(String),
    /// A role that does not exist.
    #[error("theme: there is no role `{0}`; the roles are listed in themes/dark.toml")]
    UnknownRole(String),
    /// A role that every theme must have is not there.
    #[error("theme: role `{0}` is missing; copy its line from themes/dark.toml")]
    MissingRole(&'static str),
    /// A role whose value cannot be read.
    #[error("theme: role `{0}`: {1}")]
    Role(&'static str, String),
    /// No theme has this name.
    #[error("there is no theme `{0}`; there are {1}")]
    UnknownTheme(String, String),
}

/// A theme for one terminal: colours already brought down to what it has.
#[derive(Clone, Debug)]
pub struct Theme {
    /// Its name.
    pub name: String,
    /// The colours in use.
    pub depth: Depth,
    /// ASCII glyphs in place of Unicode ones; also for terminals that draw characters of
    /// ambiguous width in two cells.
    pub ascii: bool,
    styles: [Style; Role::ALL.len()],
}

impl Theme {
    /// A built-in theme by name.
    pub fn built_in(name: &str, depth: Depth, ascii: bool) -> Result<Self, ThemeError> {
        let Some((_, text)) = BUILT_IN.iter().find(|(n, _)| *n == name) else {
            let names: Vec<_> = BUILT_IN.iter().map(|(n, _)| *n).collect();
            return Err(ThemeError::UnknownTheme(name.to_owned(), names.join(", ")));
        };
        load::load(text, depth, ascii)
    }

    /// A theme from the text of its file.
    pub fn parse(text: &str, depth: Depth, ascii: bool) -> Result<Self, ThemeError> {
        load::load(text, depth, ascii)
    }

    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// A glyph in the set in use.
    pub fn glyph(&self, glyph: Glyph) -> &'static str {
        let (unicode, ascii) = glyph.forms();
        if self.ascii { ascii } else { unicode }
    }

    /// The spinner at a time in ns: a step every 100 ms.
    pub fn spinner(&self, now: u64) -> &'static str {
        let frames: &[&'static str] = if self.ascii {
            &glyph::SPINNER_ASCII
        } else {
            &glyph::SPINNER
        };
        let step = usize::try_from(now / 100_000_000).unwrap_or(0) % frames.len();
        frames.get(step).copied().unwrap_or("")
    }

    /// Bars are drawn as solid cells of colour; else as textures on whole cells.
    pub fn solid_bars(&self) -> bool {
        self.depth != Depth::None && !self.ascii
    }

    /// The texture of a phase on a whole cell. In ASCII the textures `=` of tools and of calls
    /// without a split are told apart by their rows' glyphs.
    pub fn texture(&self, phase: Phase) -> &'static str {
        let (unicode, ascii) = phase.texture();
        if self.ascii { ascii } else { unicode }
    }

    /// A block of 1 to 8 eighths of a cell from the left; nothing for 0.
    pub fn eighths(&self, n: usize) -> &'static str {
        n.checked_sub(1)
            .and_then(|i| glyph::EIGHTHS.get(i.min(7)))
            .copied()
            .unwrap_or(" ")
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "test")]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    const DARK: &str = BUILT_IN[0].1;

    #[test]
    fn built_in_themes_load_at_every_depth() {
        for (name, _) in BUILT_IN {
            for depth in [Depth::True, Depth::Ansi256, Depth::Ansi16, Depth::None] {
                let theme = Theme::built_in(name, depth, false).unwrap();
                assert_eq!(&theme.name, name);
                let coloured = Role::ALL
                    .iter()
                    .any(|r| theme.style(*r).fg.is_some() || theme.style(*r).bg.is_some());
                assert_eq!(coloured, depth != Depth::None);
                assert_ne!(theme.style(Role::Selection), Style::new());
            }
        }
    }

    #[test]
    fn errors_name_the_role() {
        let check = |from: &str, to: &str, expected: &str| {
            assert!(DARK.contains(from), "{from}");
            let error = Theme::parse(&DARK.replace(from, to), Depth::Ansi16, false).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        };
        check("cost = {", "cots = {", "no role `cots`");
        check(
            "cost = { fg = \"mint\"",
            "cost = { fg = \"minty\"",
            "role `cost`: \"minty\" is no colour",
        );
        check(
            "cost = { fg",
            "cost = { foreground",
            "role `cost`: unknown field `foreground`",
        );
        check(
            "cost = { fg = \"mint\", fg16 = \"lightgreen\" }\n",
            "",
            "role `cost` is missing",
        );
        check("name =", "name", "line");
        assert!(
            Theme::built_in("sepia", Depth::True, false)
                .unwrap_err()
                .to_string()
                .contains("dark, light")
        );
    }

    #[test]
    fn glyphs_are_one_cell_and_ascii_is_ascii() {
        let theme = |ascii| Theme::built_in("dark", Depth::True, ascii).unwrap();
        for (phase, ascii) in Phase::ALL.iter().flat_map(|p| [(p, false), (p, true)]) {
            assert_eq!(theme(ascii).texture(*phase).width(), 1);
            assert_eq!(theme(ascii).texture(*phase).is_ascii(), ascii);
        }
        let (unicode, ascii) = Glyph::Call.forms();
        assert_eq!((unicode.width(), ascii), (1, "m"));
        assert_eq!(theme(true).spinner(250_000_000), "-");
        assert_eq!(theme(false).spinner(250_000_000), "⠹");
    }
}
