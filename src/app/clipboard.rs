//! The clipboard, by way of the terminal (OSC 52), which works over ssh too.

use crate::ui::ask::bytes;
use crate::ui::copy::Copied;
use crate::ui::pane::Tone;
use crossterm::Command;
use crossterm::clipboard::CopyToClipboard;

/// Most that every common terminal takes, bytes before they are written as base64: xterm and
/// others cut a sequence at 100,000 characters.
const MOST: usize = 74_994;

/// The program runs inside tmux.
pub fn in_tmux() -> bool {
    std::env::var_os("TMUX").is_some_and(|v| !v.is_empty())
}

/// The same for the terminal around tmux, which hears it where tmux lets sequences through.
pub fn through_tmux(sequence: &str) -> String {
    format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b"))
}

/// What is written to the terminal to copy a text, and what is said about it. Whether the terminal
/// obeys nobody tells; what is known to stand in the way is said.
pub fn copy(item: &Copied, tmux: bool) -> (Vec<u8>, Tone, String) {
    let mut sequence = String::new();
    // Writing to a string does not fail.
    let _ = CopyToClipboard::to_clipboard_from(&item.text).write_ansi(&mut sequence);
    let mut words = sequence.clone();
    if tmux {
        words.push_str(&through_tmux(&sequence));
    }
    let size = item.text.len();
    let mut told = format!("copied {}, {}", bytes(size), item.what);
    let mut tone = Tone::Running;
    if size > MOST {
        told.push_str(": more than many terminals take (75 kB); `s` saves it to a file");
        tone = Tone::Warning;
    } else if tmux {
        told.push_str("; tmux passes it on with `set -g set-clipboard on`");
    }
    (words.into_bytes(), tone, told)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(text: &str) -> Copied {
        Copied {
            key: 'n',
            what: "name",
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_text_goes_to_the_clipboard_as_base64() {
        let (words, tone, told) = copy(&item("héllo\x1b"), false);
        assert_eq!(words, b"\x1b]52;c;aMOpbGxvGw==\x1b\\");
        assert_eq!((tone, told.as_str()), (Tone::Running, "copied 7 B, name"));
    }

    #[test]
    fn tmux_and_long_texts_are_told_of() {
        let (words, _, told) = copy(&item("a"), true);
        let through = b"\x1bPtmux;\x1b\x1b]52;c;YQ==\x1b\x1b\\\x1b\\";
        assert!(words.ends_with(through) && told.contains("tmux"));
        let (_, tone, told) = copy(&item(&"a".repeat(80_000)), false);
        assert_eq!(tone, Tone::Warning);
        assert!(
            told.contains("80.0 kB") && told.contains("more than"),
            "{told}"
        );
    }
}
