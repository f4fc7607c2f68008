//! What the terminal can show: by its variables, and by what it answered.

use super::ask::Answers;
use super::terminal::Questions;
use crate::theme::{Canvas, Depth, is_dark};

/// Reads a variable; one that is not set is empty.
pub type Variables<'a> = &'a dyn Fn(&str) -> String;

/// The variables of this process.
pub fn environment(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// How many colours it has. Nobody can be asked for that; what programs agree on is COLORTERM,
/// then TERM, and names of terminals that say too little in both.
pub fn depth(variable: Variables<'_>) -> Depth {
    /// Terminals whose TERM says that they have all colours.
    const TRUE_TERM: [&str; 7] = [
        "-direct",
        "kitty",
        "alacritty",
        "ghostty",
        "wezterm",
        "foot",
        "contour",
    ];
    /// The same by `TERM_PROGRAM`.
    const TRUE_PROGRAM: [&str; 8] = [
        "iTerm.app",
        "WezTerm",
        "ghostty",
        "vscode",
        "Hyper",
        "mintty",
        "rio",
        "WarpTerminal",
    ];
    let term = variable("TERM");
    // https://no-color.org: set and not empty.
    if !variable("NO_COLOR").is_empty() || is_dumb(variable) || term.starts_with("vt") {
        return Depth::None;
    }
    // GNU screen passes the variables of the terminal around it on, and loses colours.
    if !variable("STY").is_empty() {
        return Depth::Ansi256;
    }
    let color = variable("COLORTERM");
    let (program, windows) = (variable("TERM_PROGRAM"), variable("WT_SESSION"));
    if matches!(color.as_str(), "truecolor" | "24bit")
        || TRUE_TERM.iter().any(|part| term.contains(part))
        || TRUE_PROGRAM.contains(&program.as_str())
        || !windows.is_empty()
    {
        Depth::True
    } else if term.contains("256") {
        // In tmux too: it brings all colours down to what the terminal around it has.
        Depth::Ansi256
    } else {
        Depth::Ansi16
    }
}

/// It knows no sequences.
pub fn is_dumb(variable: Variables<'_>) -> bool {
    let term = variable("TERM");
    term == "dumb" || (term.is_empty() && cfg!(unix))
}

/// Its background may be asked for: the Linux console would print the question.
pub fn tells_ground(variable: Variables<'_>, depth: Depth) -> bool {
    depth != Depth::None && variable("TERM") != "linux"
}

/// All that is known, for themes. `ascii` was asked for by the user.
pub fn canvas(variable: Variables<'_>, answers: &Answers, ascii: bool) -> Canvas {
    Canvas {
        depth: depth(variable),
        ascii: ascii || is_dumb(variable) || answers.width.is_some_and(|cells| cells != 1),
        is_dark: answers
            .ground
            .map(is_dark)
            .or_else(|| told_dark(&variable("COLORFGBG"))),
    }
}

/// rxvt, Konsole and others tell the numbers of their colours: `15;0`, or `15;default;0`.
fn told_dark(foreground_background: &str) -> Option<bool> {
    let (_, background) = foreground_background.rsplit_once(';')?;
    match background.parse().ok()? {
        0..=6 | 8 => Some(true),
        7 | 9..=15 => Some(false),
        _ => None,
    }
}

/// What a terminal of this kind may be asked.
pub fn questions(variable: Variables<'_>) -> Questions {
    if is_dumb(variable) {
        Questions::None
    } else if tells_ground(variable, depth(variable)) {
        Questions::WidthAndGround
    } else {
        Questions::Width
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &'static [(&str, &str)]) -> impl Fn(&str) -> String {
        |name| {
            let found = pairs.iter().find(|(n, _)| *n == name);
            found.map_or(String::new(), |(_, value)| (*value).to_owned())
        }
    }

    #[test]
    fn colours_by_variables() {
        for (pairs, expected) in [
            (
                &[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")][..],
                Depth::True,
            ),
            (
                &[("TERM", "tmux-256color"), ("COLORTERM", "24bit")],
                Depth::True,
            ),
            (&[("TERM", "xterm-kitty")], Depth::True),
            (&[("TERM", "xterm-direct")], Depth::True),
            (
                &[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")],
                Depth::True,
            ),
            (
                &[
                    ("TERM", "xterm-256color"),
                    ("TERM_PROGRAM", "Apple_Terminal"),
                ],
                Depth::Ansi256,
            ),
            (
                &[("TERM", "screen-256color"), ("TERM_PROGRAM", "tmux")],
                Depth::Ansi256,
            ),
            (
                &[
                    ("TERM", "screen"),
                    ("STY", "1.x"),
                    ("COLORTERM", "truecolor"),
                ],
                Depth::Ansi256,
            ),
            (&[("TERM", "xterm")], Depth::Ansi16),
            (&[("TERM", "linux")], Depth::Ansi16),
            (&[("TERM", "vt220")], Depth::None),
            (&[("TERM", "dumb"), ("COLORTERM", "truecolor")], Depth::None),
            (
                &[("TERM", "xterm-256color"), ("NO_COLOR", "1")],
                Depth::None,
            ),
        ] {
            assert_eq!(depth(&with(pairs)), expected, "{pairs:?}");
        }
    }

    #[test]
    fn the_answer_goes_before_the_variable() {
        let silent = Answers::default();
        let rxvt = with(&[("TERM", "rxvt"), ("COLORFGBG", "15;default;0")]);
        assert_eq!(canvas(&rxvt, &silent, false).is_dark, Some(true));
        let white = Answers {
            ground: Some([255; 3]),
            ..Answers::default()
        };
        assert_eq!(canvas(&rxvt, &white, false).is_dark, Some(false));
        assert_eq!(told_dark("0;15"), Some(false));
        for unknown in ["", "15", "15;default"] {
            assert_eq!(told_dark(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn wide_signs_dumb_terminals_and_wishes_make_it_ascii() {
        let term = with(&[("TERM", "xterm")]);
        let drawn = |cells| Answers {
            width: cells,
            ..Answers::default()
        };
        for (cells, ascii) in [
            (None, false),
            (Some(1), false),
            (Some(2), true),
            (Some(3), true),
        ] {
            assert_eq!(
                canvas(&term, &drawn(cells), false).ascii,
                ascii,
                "{cells:?}"
            );
        }
        assert!(canvas(&term, &drawn(Some(1)), true).ascii);
        assert!(canvas(&with(&[("TERM", "dumb")]), &drawn(None), false).ascii);
    }
}
