//! What a body is, from its own bytes: content types lie.

use super::payload::{Encoding, Signal};

/// Byte order mark that some writers put before JSON.
pub(super) const BOM: &[u8] = b"\xef\xbb\xbf";

/// Tells JSON from protobuf.
///
/// `{` and `[` never start an export request in protobuf (they would open groups, which OTLP has
/// none of), so they decide alone. White space before them does not: `0A 7B` is also a protobuf
/// group of 123 bytes. Then the absence of control characters decides, which JSON forbids and of
/// which every protobuf request holds one (0x12, the tag of its scope group).
pub fn sniff(body: &[u8]) -> Encoding {
    let text = body.strip_prefix(BOM).unwrap_or(body);
    let json = match text.trim_ascii_start() {
        [b'{' | b'[', ..] if matches!(text, [b'{' | b'[', ..]) => true,
        [b'{' | b'[', rest @ ..] => !rest
            .iter()
            .any(|b| b.is_ascii_control() && !b.is_ascii_whitespace()),
        _ => false,
    };
    if json {
        Encoding::Json
    } else {
        Encoding::Protobuf
    }
}

/// The keys that name the signal of a JSON export request.
const SIGNALS: [(&[u8], Signal); 6] = [
    (b"\"resourceSpans\"", Signal::Traces),
    (b"\"resource_spans\"", Signal::Traces),
    (b"\"resourceLogs\"", Signal::Logs),
    (b"\"resource_logs\"", Signal::Logs),
    (b"\"resourceMetrics\"", Signal::Metrics),
    (b"\"resource_metrics\"", Signal::Metrics),
];

/// What a JSON document carries, by the first of its signal keys; `None` if it has none. Works on
/// torn documents too. A key quoted inside a text cannot match: its closing quote is escaped.
pub fn sniff_json_signal(body: &[u8]) -> Option<Signal> {
    let quotes = body.iter().enumerate().filter(|(_, b)| **b == b'"');
    let mut rests = quotes.filter_map(|(at, _)| body.get(at..));
    rests.find_map(|rest| {
        SIGNALS
            .iter()
            .find(|(key, _)| rest.starts_with(key))
            .map(|(_, signal)| *signal)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_known_by_its_first_character() {
        for text in [
            "{}",
            "[]",
            " \n\t{\"resourceSpans\":[]}",
            "\u{feff}{}",
            "\n{\n  \"a\": \"\u{e9}\"\n}",
        ] {
            assert_eq!(sniff(text.as_bytes()), Encoding::Json, "{text:?}");
        }
        for body in [
            &b""[..],
            b"\n\x00",
            b"\n\x02\x12\x00",
            b"hello",
            b"\n[binary\x12",
        ] {
            assert_eq!(sniff(body), Encoding::Protobuf, "{body:?}");
        }
    }

    #[test]
    fn a_protobuf_group_of_123_bytes_is_no_json() {
        // tag 0A, length 7B: reads as a line feed and a brace; then a resource of 34 bytes: `"`
        let mut body = vec![0x0A, 0x7B, 0x0A, b'"'];
        body.extend([b'a'; 34]);
        body.extend([0x12, 85]);
        body.extend([b'b'; 85]);
        assert_eq!(body.len(), 125);
        assert_eq!(sniff(&body), Encoding::Protobuf);
    }

    #[test]
    fn the_first_signal_key_names_the_document() {
        let signal = |text: &str| sniff_json_signal(text.as_bytes());
        assert_eq!(signal(r#"{"resourceSpans":[]}"#), Some(Signal::Traces));
        assert_eq!(
            signal("\u{feff} { \"resource_logs\" : null}"),
            Some(Signal::Logs)
        );
        assert_eq!(
            signal(r#"{"x":"\"resourceLogs\"","resourceMetrics":[{"resource"#),
            Some(Signal::Metrics)
        );
        assert_eq!(signal(r#"{"spans":[]}"#), None);
        assert_eq!(signal(""), None);
    }
}
