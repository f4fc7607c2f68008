//! What a terminal sends, taken apart: characters and escape sequences; and the keys they stand
//! for. Only for what comes before crossterm reads: answers to our questions, and what is typed
//! meanwhile.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;

/// One thing that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// `ESC [`: what follows, without its last byte, and that.
    Csi(&'a [u8], u8),
    /// `ESC ]` to `ESC \` or BEL: what is between.
    Osc(&'a [u8]),
    /// `ESC O` and a byte.
    Ss3(u8),
    /// Alt and a character.
    Alt(char),
    /// A character, or a control.
    Char(char),
    /// A byte that is no text.
    Noise,
}

/// The first piece and the bytes after it. `None`: it is not whole yet, or nothing is there.
pub fn split(bytes: &[u8]) -> Option<(Piece<'_>, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    if first != ESC {
        return character(bytes);
    }
    let (&second, rest) = rest.split_first()?;
    match second {
        b'[' => {
            let end = rest.iter().position(|b| (0x40..=0x7e).contains(b))?;
            let (parameters, rest) = rest.split_at_checked(end)?;
            let (&last, rest) = rest.split_first()?;
            Some((Piece::Csi(parameters, last), rest))
        }
        b']' => {
            let end = rest.iter().position(|b| matches!(*b, ESC | BEL))?;
            let (text, rest) = rest.split_at_checked(end)?;
            let mark = if rest.first() == Some(&BEL) { 1 } else { 2 };
            Some((Piece::Osc(text), rest.get(mark..)?))
        }
        b'O' => {
            let (&key, rest) = rest.split_first()?;
            Some((Piece::Ss3(key), rest))
        }
        ESC => Some((Piece::Char('\x1b'), bytes.get(1..)?)),
        _ => match character(bytes.get(1..)?)? {
            (Piece::Char(c), rest) => Some((Piece::Alt(c), rest)),
            other => Some(other),
        },
    }
}

fn character(bytes: &[u8]) -> Option<(Piece<'_>, &[u8])> {
    let length = match bytes.first()? {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    };
    let head = bytes.get(..length)?;
    match std::str::from_utf8(head)
        .ok()
        .and_then(|s| s.chars().next())
    {
        Some(c) => Some((Piece::Char(c), bytes.get(length..)?)),
        None => Some((Piece::Noise, bytes.get(1..)?)),
    }
}

/// The key that a piece stands for, as crossterm would tell it; `None` for all else.
pub fn key(piece: Piece<'_>) -> Option<Event> {
    let (code, held) = match piece {
        Piece::Char(c) => plain(c),
        Piece::Alt(c) => {
            let (code, held) = plain(c);
            (code, held | KeyModifiers::ALT)
        }
        Piece::Ss3(last) => (by_letter(last)?, KeyModifiers::NONE),
        Piece::Csi(parameters, last) => {
            let text = std::str::from_utf8(parameters).ok()?;
            let mut numbers = text.split(';').map(|n| n.parse::<u8>().unwrap_or(1));
            let first = numbers.next().unwrap_or(1);
            let mask = numbers.next().unwrap_or(1).saturating_sub(1);
            let held = KeyModifiers::from_bits_truncate(
                (mask & 1) | (mask & 2) << 1 | (mask & 4) >> 1, // Shift, Alt, Ctrl to crossterm's order
            );
            match last {
                b'~' => (by_number(first)?, held),
                b'Z' => (KeyCode::BackTab, KeyModifiers::SHIFT),
                _ => (by_letter(last)?, held),
            }
        }
        Piece::Osc(_) | Piece::Noise => return None,
    };
    Some(Event::Key(KeyEvent::new(code, held)))
}

fn plain(c: char) -> (KeyCode, KeyModifiers) {
    let code = match c {
        '\r' => KeyCode::Enter,
        '\t' => KeyCode::Tab,
        '\x1b' => KeyCode::Esc,
        '\x7f' => KeyCode::Backspace,
        '\0' => return (KeyCode::Char(' '), KeyModifiers::CONTROL),
        '\x01'..='\x1a' => {
            let letter = (c as u8 - 1 + b'a') as char;
            return (KeyCode::Char(letter), KeyModifiers::CONTROL);
        }
        '\x1c'..='\x1f' => {
            let digit = (c as u8 - 0x1c + b'4') as char;
            return (KeyCode::Char(digit), KeyModifiers::CONTROL);
        }
        _ if c.is_uppercase() => return (KeyCode::Char(c), KeyModifiers::SHIFT),
        _ => KeyCode::Char(c),
    };
    (code, KeyModifiers::NONE)
}

fn by_letter(letter: u8) -> Option<KeyCode> {
    Some(match letter {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'H' => KeyCode::Home,
        b'F' => KeyCode::End,
        b'P'..=b'S' => KeyCode::F(letter - b'P' + 1),
        _ => return None,
    })
}

fn by_number(number: u8) -> Option<KeyCode> {
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => KeyCode::F(number - 10),
        17..=21 => KeyCode::F(number - 11),
        23 | 24 => KeyCode::F(number - 12),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(mut bytes: &[u8]) -> Vec<(KeyCode, KeyModifiers)> {
        let mut keys = Vec::new();
        while let Some((piece, rest)) = split(bytes) {
            if let Some(Event::Key(event)) = key(piece) {
                keys.push((event.code, event.modifiers));
            }
            bytes = rest;
        }
        keys
    }

    #[test]
    fn keys_are_what_crossterm_would_make_of_them() {
        const NONE: KeyModifiers = KeyModifiers::NONE;
        use KeyCode::{BackTab, Backspace, Char, Down, Enter, F, Left, PageDown, Up};
        assert_eq!(
            keys(
                "jG\r\x7f\x03é\x1b[A\x1bOB\x1b[6~\x1b[Z\x1b[15~\x1b[1;5D\x1b[1;3A\x1bx".as_bytes()
            ),
            [
                (Char('j'), NONE),
                (Char('G'), KeyModifiers::SHIFT),
                (Enter, NONE),
                (Backspace, NONE),
                (Char('c'), KeyModifiers::CONTROL),
                (Char('é'), NONE),
                (Up, NONE),
                (Down, NONE),
                (PageDown, NONE),
                (BackTab, KeyModifiers::SHIFT),
                (F(5), NONE),
                (Left, KeyModifiers::CONTROL),
                (Up, KeyModifiers::ALT),
                (Char('x'), KeyModifiers::ALT),
            ]
        );
        assert_eq!(keys(b"\xffq"), [(Char('q'), NONE)]);
    }

    #[test]
    fn what_is_not_whole_is_waited_for() {
        for torn in [
            &b""[..],
            b"\x1b",
            b"\x1b[",
            b"\x1b[1;5",
            b"\x1b]11;rgb:",
            b"\x1b]11\x1b",
            b"\xc3",
        ] {
            assert_eq!(split(torn), None, "{torn:?}");
        }
        let whole = split(b"\x1b]11;rgb:0/0/0\x1b\\q");
        assert_eq!(whole, Some((Piece::Osc(b"11;rgb:0/0/0"), &b"q"[..])));
        assert_eq!(
            split(b"\x1b]11;x\x07"),
            Some((Piece::Osc(b"11;x"), &b""[..]))
        );
    }
}
