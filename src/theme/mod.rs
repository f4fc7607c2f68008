//! Themes: what each role looks like on a terminal with so many colours, and the glyphs. Data in
//! `themes/*.toml`; knows nothing of spans or of the screen.

mod color;
mod glyph;
mod load;
mod phase;
mod role;

pub use color::{Depth, is_dark, rgb};
pub use glyph::Glyph;
pub use phase::Phase;
pub use role::Role;

use ratatui::style::{Color, Style};

/// The themes that come with the program, the usual ones first: name and file.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("dark", include_str!("../../themes/dark.toml")),
    ("light", include_str!("../../themes/light.toml")),
    (
        "high-contrast",
        include_str!("../../themes/high-contrast.toml"),
    ),
    (
        "colour-blind",
        include_str!("../../themes/colour-blind.toml"),
    ),
    (
        "catppuccin-mocha",
        include_str!("../../themes/catppuccin-mocha.toml"),
    ),
    (
        "gruvbox-dark",
        include_str!("../../themes/gruvbox-dark.toml"),
    ),
];

/// Why there is no such theme.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ThemeError {
    /// A theme file that cannot be read; line and column count from 1.
    #[error("{file}:{line}:{column}: {what}")]
    Mistake {
        /// Path of the file.
        file: String,
        /// Its line.
        line: usize,
        /// The character in that line.
        column: usize,
        /// What is wrong, and what to write.
        what: String,
    },
    /// No theme has this name; the text says which was meant, and which there are.
    #[error("there is no theme `{0}`{1}")]
    Unknown(String, String),
}

impl ThemeError {
    /// No theme has this name, but these do.
    pub fn unknown(name: &str, known: &[String]) -> Self {
        let meant = load::did_you_mean(name, known.iter().map(String::as_str));
        Self::Unknown(
            name.to_owned(),
            format!("{meant}; there are {}", known.join(", ")),
        )
    }
}

/// What colours and glyphs a terminal can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Canvas {
    /// Its colours.
    pub depth: Depth,
    /// Only ASCII is sure to be one cell wide.
    pub ascii: bool,
    /// Its own background is dark, or light; `None`: nobody told.
    pub is_dark: Option<bool>,
}

/// A theme file, read and checked, for any terminal.
#[derive(Clone, Debug)]
pub struct Definition {
    name: String,
    file: load::File,
}

impl Definition {
    /// A built-in theme by name.
    pub fn built_in(name: &str) -> Result<Self, ThemeError> {
        let Some((_, text)) = BUILT_IN.iter().find(|(n, _)| *n == name) else {
            let names: Vec<_> = BUILT_IN.iter().map(|(n, _)| (*n).to_owned()).collect();
            return Err(ThemeError::unknown(name, &names));
        };
        Self::read(name, &format!("themes/{name}.toml"), text)
    }

    /// A theme from the text of a file, whose path is told with its mistakes. It may inherit from
    /// a built-in one.
    pub fn read(name: &str, file: &str, text: &str) -> Result<Self, ThemeError> {
        let base = |name: &str| match Self::built_in(name) {
            Ok(definition) => Ok(definition.file),
            Err(error) => Err(error.to_string()),
        };
        Ok(Self {
            name: name.to_owned(),
            file: load::load(file, text, &base)?,
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The background that its colours are made for: red, green, blue.
    pub fn ground(&self) -> [u8; 3] {
        self.file.ground
    }

    /// Its colours brought down to what a terminal has.
    pub fn on(&self, canvas: Canvas) -> Theme {
        let [r, g, b] = self.file.ground;
        let is_dark = color::is_dark(self.file.ground);
        let wanted = self.file.fill && matches!(canvas.depth, Depth::True | Depth::Ansi256);
        // A terminal that does not tell is taken for a dark one: a light theme brings its ground.
        let needed = canvas.is_dark.unwrap_or(true) != is_dark;
        let fill = canvas.depth != Depth::None && (wanted || needed);
        Theme {
            name: self.name.clone(),
            depth: canvas.depth,
            ascii: canvas.ascii,
            canvas,
            ground: fill.then(|| color::down(Color::Rgb(r, g, b), canvas.depth)),
            styles: std::array::from_fn(|at| match (Role::ALL.get(at), self.file.looks.get(at)) {
                (Some(role), Some(look)) => style(*role, look, canvas.depth),
                _ => Style::new(),
            }),
        }
    }
}

fn style(role: Role, look: &load::Look, depth: Depth) -> Style {
    let pick = |full: Option<Color>, small: Option<Color>| {
        let small = small.filter(|_| depth == Depth::Ansi16);
        small.or(full).map(|c| color::down(c, depth))
    };
    let style = match depth {
        Depth::None => without_colour(role),
        _ => Style {
            fg: pick(look.fg, look.fg16),
            bg: pick(look.bg, look.bg16),
            ..Style::new()
        },
    };
    style.add_modifier(look.modifiers)
}

/// What a role keeps when there is no colour at all: the brightness levels and the selection.
fn without_colour(role: Role) -> Style {
    match role {
        Role::Faint | Role::Rule | Role::Container | Role::TitleUnfocused => Style::new().dim(),
        Role::Selection => Style::new().reversed(),
        Role::SelectionUnfocused => Style::new().underlined(),
        Role::Running => Style::new().bold(),
        _ => Style::new(),
    }
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
    /// Background of the whole screen; `None` is the terminal's own.
    pub ground: Option<Color>,
    canvas: Canvas,
    styles: [Style; Role::ALL.len()],
}

impl Theme {
    /// A built-in theme by name.
    pub fn built_in(name: &str, depth: Depth, ascii: bool) -> Result<Self, ThemeError> {
        Ok(Definition::built_in(name)?.on(Canvas {
            depth,
            ascii,
            is_dark: None,
        }))
    }

    /// What it was made for.
    pub fn canvas(&self) -> Canvas {
        self.canvas
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

    /// A cell of a gauge that is filled by 0 to 8 eighths from the left.
    pub fn level(&self, n: usize) -> &'static str {
        match (self.ascii, n) {
            (false, _) => self.eighths(n),
            (true, ..4) => " ",
            (true, _) => "#",
        }
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

    fn mistake(text: &str) -> String {
        let error = Definition::read("mine", "mine.toml", text).unwrap_err();
        error.to_string()
    }

    #[test]
    fn mistakes_are_told_with_place_role_and_what_was_meant() {
        let line = 1 + DARK.lines().position(|l| l.starts_with("cost = ")).unwrap();
        let check = |from: &str, to: &str, at: (usize, usize), expected: &[&str]| {
            assert!(DARK.contains(from), "{from}");
            let error = mistake(&DARK.replacen(from, to, 1));
            let place = format!("mine.toml:{}:{}: ", at.0, at.1);
            assert!(error.starts_with(&place), "{place} of {error}");
            for part in expected {
                assert!(error.contains(part), "{part} in {error}");
            }
        };
        let unknown = ["no role `cots`", "did you mean `cost`?"];
        check("\ncost = {", "\ncots = {", (line, 1), &unknown);
        let color = [
            "role `cost`",
            "\"mints\" is no colour",
            "did you mean `mint`?",
        ];
        check(
            "cost = { fg = \"mint\"",
            "cost = { fg = \"mints\"",
            (line, 15),
            &color,
        );
        let field = ["role `cost`: unknown field `blod`", "did you mean `bold`?"];
        check("cost = {", "cost = { blod = true,", (line, 10), &field);
        let sixteen = [
            "role `cost`",
            "none of the terminal's sixteen",
            "did you mean `lightgreen`?",
        ];
        check(
            "fg = \"mint\", fg16 = \"lightgreen\"",
            "fg16 = \"lihtgreen\"",
            (line, 17),
            &sixteen,
        );
        let sort = ["role `cost`: `bold` is true or false"];
        check("cost = {", "cost = { bold = 1,", (line, 17), &sort);
        let roles = 1 + DARK.lines().position(|l| l == "[roles]").unwrap();
        let whole = DARK.lines().nth(line - 1).unwrap();
        let missing = ["role `cost` is missing", "inherits"];
        check(whole, "", (roles, 2), &missing);
        let ground = 1 + DARK.lines().position(|l| l.starts_with("ground")).unwrap();
        check(
            "ground = ",
            "grund = ",
            (ground, 1),
            &["did you mean `ground`?"],
        );
        check(
            "ground = \"#14171c\"",
            "ground = \"#14\"",
            (ground, 10),
            &["`ground`: "],
        );
        check("ground = ", "ground ", (ground, 8), &[]);
        assert!(mistake("inherits = \"drak\"").contains("did you mean `dark`?"));
    }

    #[test]
    fn a_theme_of_ones_own_says_only_what_differs() {
        let text = "inherits = \"light\"\n[roles]\ncost = \"#123456\"\n";
        let mine = Definition::read("mine", "mine.toml", text).unwrap();
        let light = Definition::built_in("light").unwrap();
        assert_eq!((mine.name(), mine.ground()), ("mine", light.ground()));
        let (mine, light) = (mine.on(Canvas::default()), light.on(Canvas::default()));
        assert_eq!(
            mine.style(Role::Cost).fg,
            Some(Color::Rgb(0x12, 0x34, 0x56))
        );
        for role in Role::ALL.iter().filter(|r| **r != Role::Cost) {
            assert_eq!(mine.style(*role), light.style(*role), "{role:?}");
        }
    }

    #[test]
    fn the_ground_is_drawn_where_the_terminals_own_would_not_do() {
        let ground = |name: &str, depth, is_dark| {
            let canvas = Canvas {
                depth,
                is_dark,
                ..Canvas::default()
            };
            Definition::built_in(name).unwrap().on(canvas).ground
        };
        for dark in [None, Some(true)] {
            assert_eq!(ground("dark", Depth::True, dark), None);
        }
        let light = Some(Color::Rgb(255, 255, 255));
        assert_eq!(ground("light", Depth::True, None), light);
        assert_eq!(ground("light", Depth::True, Some(true)), light);
        assert_eq!(
            ground("dark", Depth::Ansi16, Some(false)),
            Some(Color::Black)
        );
        assert_eq!(ground("dark", Depth::None, Some(false)), None);
        let black = Some(Color::Rgb(0, 0, 0));
        assert_eq!(ground("high-contrast", Depth::True, Some(true)), black);
    }

    #[test]
    fn an_unknown_name_is_answered_with_those_there_are() {
        let error = Definition::built_in("darc").unwrap_err().to_string();
        assert!(error.contains("did you mean `dark`?"), "{error}");
        assert!(error.contains("there are dark, light, "), "{error}");
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
