//! Questions to the terminal that no variable answers: is its background dark, and does it draw
//! ambiguous characters in one cell? Asked once, at the start, and not waited for beyond a tenth
//! of a second.

use super::sequence::{self, Piece};
use crossterm::event::Event;
use std::io;

/// What the terminal answered.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// Its background: red, green, blue.
    pub ground: Option<[u8; 3]>,
    /// Cells in which it draws a character of ambiguous width.
    pub width: Option<u16>,
    /// What somebody typed meanwhile.
    pub typed: Vec<Event>,
    /// The background was asked for and may still be told, later.
    pub is_late: bool,
}

/// A character of ours whose width is ambiguous (UAX #11): terminals that draw it wide draw most
/// of our signs and lines so. One that does not know UTF-8 draws three characters.
#[cfg(any(unix, test))]
const AMBIGUOUS: char = '◆';

/// What came so far.
#[cfg(any(unix, test))]
#[derive(Default)]
struct Heard {
    answers: Answers,
    rest: Vec<u8>,
    /// The answer to the last question is there: terminals answer in order.
    done: bool,
}

#[cfg(any(unix, test))]
impl Heard {
    fn hear(&mut self, bytes: &[u8]) {
        self.rest.extend_from_slice(bytes);
        let mut rest = std::mem::take(&mut self.rest);
        let mut left = &rest[..];
        while let Some((piece, after)) = sequence::split(left) {
            self.take(piece);
            left = after;
        }
        let taken = rest.len() - left.len();
        rest.drain(..taken);
        self.rest = rest;
    }

    fn take(&mut self, piece: Piece<'_>) {
        let answers = &mut self.answers;
        match piece {
            Piece::Osc(text) => answers.ground = ground(text).or(answers.ground),
            Piece::Csi(place, b'R') if answers.width.is_none() && !self.done => {
                let text = std::str::from_utf8(place).unwrap_or_default();
                let column = text.split(';').nth(1).and_then(|c| c.parse().ok());
                answers.width = column.map(|c: u16| c.saturating_sub(1));
            }
            Piece::Csi([b'?', ..], b'c') => self.done = true,
            other => answers.typed.extend(sequence::key(other)),
        }
    }

    /// An answer has begun: the rest of it is on its way.
    fn is_torn(&self) -> bool {
        self.rest.len() > 1
    }

    fn finish(mut self, ground_asked: bool) -> Answers {
        if self.rest == [0x1b] {
            self.take(Piece::Char('\x1b'));
        }
        self.answers.is_late = ground_asked && !self.done && self.answers.ground.is_none();
        self.answers
    }
}

/// `11;rgb:RRRR/GGGG/BBBB`, with one to four digits each, or `rgba:` and a fourth.
#[cfg(any(unix, test))]
fn ground(answer: &[u8]) -> Option<[u8; 3]> {
    let text = std::str::from_utf8(answer).ok()?.strip_prefix("11;")?;
    let text = text.strip_prefix("rgb:").or(text.strip_prefix("rgba:"))?;
    let mut parts = text.split('/').map(|digits| {
        let most = 16u32.checked_pow(u32::try_from(digits.len()).ok()?)? - 1;
        let value = u32::from_str_radix(digits, 16).ok()?;
        u8::try_from(value * 255 / most.max(1)).ok()
    });
    Some([parts.next()??, parts.next()??, parts.next()??])
}

/// Asks a terminal that is in raw mode, on a screen that is cleared after; `ground` too, where it
/// would make a difference. What it does not answer in time is unknown.
#[cfg(unix)]
pub fn ask(output: &mut impl io::Write, ask_ground: bool) -> io::Result<Answers> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use std::time::{Duration, Instant};

    /// A terminal at hand answers within a few milliseconds, one far away may be asked in vain.
    const PATIENCE: Duration = Duration::from_millis(100);
    /// More for the rest of what has begun.
    const MORE: Duration = Duration::from_millis(50);

    let ready = |fd: PollFd<'_>, wait: Duration| {
        let wait = Timespec::try_from(wait).map_err(io::Error::other)?;
        match poll(&mut [fd], Some(&wait)) {
            Ok(n) => Ok(n > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(io::Error::from(error)),
        }
    };
    // One that takes nothing now is not asked: nobody may be kept waiting by it.
    let (stdin, stdout) = (io::stdin(), io::stdout());
    if !ready(PollFd::new(&stdout, PollFlags::OUT), Duration::ZERO)? {
        return Ok(Answers::default());
    }
    let ground = if ask_ground { "\x1b]11;?\x1b\\" } else { "" };
    // A character and "where is the cursor?"; the background; and "who are you?", which all answer.
    write!(output, "\r{AMBIGUOUS}\x1b[6n\r\x1b[K{ground}\x1b[c")?;
    output.flush()?;
    let mut heard = Heard::default();
    let until = Instant::now() + PATIENCE;
    let mut bytes = [0; 1024];
    while !heard.done {
        let late = if heard.is_torn() { until + MORE } else { until };
        let left = late.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        if ready(PollFd::new(&stdin, PollFlags::IN), left)? {
            match rustix::io::read(&stdin, &mut bytes) {
                Ok(0) => break, // it hung up
                Ok(n) => heard.hear(bytes.get(..n).unwrap_or_default()),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(heard.finish(ask_ground))
}

/// Not asked: the console's own calls are in the way of the answers.
#[cfg(not(unix))]
pub fn ask(_: &mut impl io::Write, _: bool) -> io::Result<Answers> {
    Ok(Answers::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    fn heard(parts: &[&[u8]]) -> Answers {
        let mut heard = Heard::default();
        for part in parts {
            heard.hear(part);
        }
        heard.finish(true)
    }

    fn key(c: char) -> Event {
        Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE))
    }

    #[test]
    fn answers_are_taken_out_of_what_is_typed() {
        let all = b"a\x1b[1;2Rb\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\c\x1b[?62;22cd";
        let expected = Answers {
            ground: Some([0x1e, 0x1e, 0x2e]),
            width: Some(1),
            typed: ['a', 'b', 'c', 'd'].map(key).into(),
            is_late: false,
        };
        assert_eq!(heard(&[all]), expected);
        for at in 1..all.len() {
            assert_eq!(heard(&[&all[..at], &all[at..]]), expected, "torn at {at}");
        }
    }

    #[test]
    fn grounds_have_one_to_four_digits() {
        for (text, rgb) in [
            ("11;rgb:ffff/8080/0000", Some([255, 128, 0])),
            ("11;rgb:ff/80/00", Some([255, 128, 0])),
            ("11;rgb:f/0/0", Some([255, 0, 0])),
            ("11;rgba:0000/0000/ffff/8000", Some([0, 0, 255])),
            ("10;rgb:ff/80/00", None),
            ("11;rgb:ff/80", None),
            ("11;rgb:x/y/z", None),
            ("11;rgb://", None),
            ("11;rgb:ffffffffff/0/0", None),
        ] {
            assert_eq!(ground(text.as_bytes()), rgb, "{text}");
        }
    }

    #[test]
    fn silence_is_unknown_and_may_be_late() {
        let nothing = heard(&[b"\x1b"]);
        assert_eq!((nothing.ground, nothing.width), (None, None));
        assert!(nothing.is_late);
        let esc = KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE);
        assert_eq!(nothing.typed, [Event::Key(esc)]);
        assert!(
            !heard(&[b"\x1b[?6c"]).is_late,
            "it does not know the question"
        );
    }
}
