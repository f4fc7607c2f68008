//! JSON text to a [`Value`], iteratively: nothing here recurses on what a sender nests, numbers
//! keep every digit, and a document that was cut off can still be read up to the cut.

use super::builder::Builder;
use crate::convention::document::json_of_python;
use crate::model::detail::Value;

/// The JSON document that a text is, when the whole of it is one.
///
/// Beyond RFC 8259 it takes what Python's `json` writes (`NaN`, `Infinity`) and raw control
/// characters in strings.
pub fn parse(text: &str) -> Option<Value> {
    let mut reader = Reader::new(text);
    reader.document()?;
    reader.builder.finish()
}

/// As much of a JSON document as is there, for bodies that the sender cut at a size limit.
pub fn salvage(text: &str) -> Option<Value> {
    let mut reader = Reader::new(text);
    if reader.document().is_none()
        && let Some(cut) = reader.unfinished.take()
    {
        reader.builder.leaf(Value::Text(cut));
    }
    reader.builder.finish()
}

/// The list or map that a text holds as JSON or as Python prints it, encoded once or several times over. A text that is
/// merely a number, a word or a quoted sentence is text.
pub fn container(text: &str) -> Option<Value> {
    let mut text = std::borrow::Cow::Borrowed(text);
    loop {
        match text.trim_start().bytes().next()? {
            b'{' | b'[' => return parse(&text).or_else(|| parse(&json_of_python(&text)?)),
            b'"' => match parse(&text)? {
                Value::Text(inner) => text = inner.into(), // always shorter: this ends
                _ => return None,
            },
            _ => return None,
        }
    }
}

/// What may come next.
#[derive(Clone, Copy)]
enum Expect {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    CommaOrEnd,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// The closing bracket of every list and map that is open.
    closers: Vec<u8>,
    builder: Builder,
    /// A value's string that had no end.
    unfinished: Option<String>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            closers: Vec::new(),
            builder: Builder::default(),
            unfinished: None,
        }
    }

    /// Reads one document and nothing after it; `None` where the text is wrong or ends early.
    fn document(&mut self) -> Option<()> {
        let mut expect = Expect::Value;
        loop {
            let byte = self.peek()?;
            expect = match (expect, byte) {
                (Expect::Value | Expect::ValueOrEnd, b'{') => {
                    self.builder.map();
                    self.open(b'}');
                    Expect::KeyOrEnd
                }
                (Expect::Value | Expect::ValueOrEnd, b'[') => {
                    self.builder.list();
                    self.open(b']');
                    Expect::ValueOrEnd
                }
                (Expect::ValueOrEnd | Expect::KeyOrEnd | Expect::CommaOrEnd, b']' | b'}')
                    if self.closers.last() == Some(&byte) =>
                {
                    self.at += 1;
                    self.closers.pop();
                    self.builder.close();
                    Expect::CommaOrEnd
                }
                (Expect::Value | Expect::ValueOrEnd, _) => {
                    let value = self.scalar(byte)?;
                    self.builder.leaf(value);
                    Expect::CommaOrEnd
                }
                (Expect::Key | Expect::KeyOrEnd, b'"') => {
                    let key = self.string().ok()?;
                    self.take(b':')?;
                    self.builder.key(key);
                    Expect::Value
                }
                (Expect::CommaOrEnd, b',') => {
                    self.at += 1;
                    match self.closers.last()? {
                        b'}' => Expect::Key,
                        _ => Expect::Value,
                    }
                }
                _ => return None,
            };
            if self.closers.is_empty() {
                return self.peek().is_none().then_some(());
            }
        }
    }

    fn open(&mut self, closer: u8) {
        self.at += 1;
        self.closers.push(closer);
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let blank = rest.iter().take_while(|byte| b" \t\r\n".contains(byte));
        self.at += blank.count();
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// A string, number or word.
    fn scalar(&mut self, first: u8) -> Option<Value> {
        if first == b'"' {
            return match self.string() {
                Ok(text) => Some(Value::Text(text)),
                Err(cut) => {
                    self.unfinished = Some(cut);
                    None
                }
            };
        }
        let rest = self.text.get(self.at..)?;
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')))
            .unwrap_or(rest.len());
        let word = rest.get(..end)?;
        self.at += end;
        match word {
            "null" => Some(Value::Null),
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            "NaN" => Some(Value::Double(f64::NAN)),
            "Infinity" => Some(Value::Double(f64::INFINITY)),
            "-Infinity" => Some(Value::Double(f64::NEG_INFINITY)),
            _ => number(word),
        }
    }

    /// A string in quotes; `Err` holds what there is of one that has no end.
    fn string(&mut self) -> Result<String, String> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let Some(plain) = rest.find(['"', '\\']) else {
                out.push_str(rest);
                self.at = self.text.len();
                return Err(out);
            };
            out.push_str(rest.get(..plain).unwrap_or_default());
            self.at += plain + 1;
            if rest.as_bytes().get(plain) == Some(&b'"') {
                return Ok(out);
            }
            match self.escape() {
                Some(c) => out.push(c),
                None => return Err(out),
            }
        }
    }

    /// The character that an escape stands for; half a surrogate pair becomes U+FFFD.
    fn escape(&mut self) -> Option<char> {
        let letter = *self.text.as_bytes().get(self.at)?;
        self.at += 1;
        Some(match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let high = self.hex()?;
                let pair = (0xD800..0xDC00).contains(&high)
                    && self.text.as_bytes().get(self.at..self.at + 2) == Some(b"\\u");
                if !pair {
                    return Some(char::from_u32(high).unwrap_or('\u{fffd}'));
                }
                let back = self.at;
                self.at += 2;
                let low = self.hex()?;
                if (0xDC00..0xE000).contains(&low) {
                    let point = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
                    char::from_u32(point).unwrap_or('\u{fffd}')
                } else {
                    self.at = back;
                    '\u{fffd}'
                }
            }
            _ => return None,
        })
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        let all_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        self.at += 4;
        all_hex.then(|| u32::from_str_radix(digits, 16).ok())?
    }
}

/// A JSON number with all its digits: an integer, a double where that says exactly the same, else
/// the digits as text.
fn number(text: &str) -> Option<Value> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let digit = |at: usize| unsigned.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let padded = unsigned.starts_with('0') && digit(1);
    let point_alone = unsigned.find('.').is_some_and(|at| !digit(at + 1));
    if !digit(0) || padded || point_alone {
        return None;
    }
    if let Ok(integer) = text.parse::<i64>()
        && text != "-0"
    {
        return Some(Value::Int(integer));
    }
    let double: f64 = text.parse().ok()?;
    let exact = double.is_finite() && decimal(unsigned) == decimal(&format!("{:e}", double.abs()));
    Some(if exact {
        Value::Double(double)
    } else {
        Value::Text(text.to_owned())
    })
}

/// The significant digits of an unsigned decimal number and its exponent: `0.digits × 10^exponent`.
fn decimal(text: &str) -> Option<(String, i64)> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0');
    let zeros = digits.len() - significant.len();
    let significant = significant.trim_end_matches('0');
    if significant.is_empty() {
        return Some((String::new(), 0));
    }
    let shift = i64::try_from(whole.len()).ok()? - i64::try_from(zeros).ok()?;
    Some((significant.to_owned(), exponent.checked_add(shift)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convention::content::builder::DEPTH;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn numbers_keep_every_digit() {
        let cases = [
            ("0", Value::Int(0)),
            ("-9223372036854775808", Value::Int(i64::MIN)),
            ("9223372036854775808", text("9223372036854775808")),
            ("9007199254740993.0", text("9007199254740993.0")),
            ("1.0", Value::Double(1.0)),
            ("0.00123400", Value::Double(0.001_234)),
            ("1.5e300", Value::Double(1.5e300)),
            ("1e400", text("1e400")),
            (
                "0.1000000000000000055511151231257827",
                text("0.1000000000000000055511151231257827"),
            ),
        ];
        for (input, expected) in cases {
            assert_eq!(parse(input), Some(expected), "{input}");
        }
        assert!(matches!(parse("-0"), Some(Value::Double(zero)) if zero.is_sign_negative()));
    }

    #[test]
    fn what_is_no_json_is_none() {
        for wrong in [
            "",
            "{",
            "[1,]",
            "{\"a\":1,}",
            "[1 2]",
            "{\"a\" 1}",
            "[}",
            "nul",
            "[1]x",
            "+1",
            ".5",
            "01",
            "1.",
            "1e",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn escapes_are_read() {
        assert_eq!(
            parse(r#""a\n\"\\\u00e9\ud83d\ude00""#),
            Some(text("a\n\"\\é😀"))
        );
        assert_eq!(parse(r#""\ud83dx""#), Some(text("\u{fffd}x")));
        assert_eq!(parse(r#""\ud83d\u0041""#), Some(text("\u{fffd}A")));
    }

    #[test]
    fn containers_open_once_or_twice_encoded() {
        let list = Value::List(vec![Value::Int(1)]);
        assert_eq!(container(" [1]"), Some(list.clone()));
        assert_eq!(container(r#""[1]""#), Some(list.clone()));
        assert_eq!(container(r#""\"[1]\"""#), Some(list));
        for plain in ["1", "true", r#""hello""#, "[REDACTED]", "", "[1] and more"] {
            assert_eq!(container(plain), None, "{plain}");
        }
    }

    #[test]
    fn a_cut_document_is_read_up_to_the_cut() {
        let cut = r#"{"model":"m","messages":[{"role":"user","content":"Fix it"},{"role":"assi"#;
        let entry = |key: &str, value: Value| (key.to_owned(), value);
        let first = vec![
            entry("role", text("user")),
            entry("content", text("Fix it")),
        ];
        let second = vec![entry("role", text("assi"))];
        assert_eq!(
            salvage(cut),
            Some(Value::Map(vec![
                entry("model", text("m")),
                entry(
                    "messages",
                    Value::List(vec![Value::Map(first), Value::Map(second)])
                ),
            ]))
        );
    }

    #[test]
    fn a_depth_bomb_is_marked() {
        let bomb = "[".repeat(200_000) + &"]".repeat(200_000);
        let mut value = parse(&bomb);
        let mut depth = 0;
        while let Some(Value::List(mut items)) = value {
            depth += 1;
            value = items.pop();
        }
        assert_eq!(depth, DEPTH);
        assert_eq!(value, Some(crate::convention::content::builder::too_deep()));
    }
}
