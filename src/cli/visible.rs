//! Makes text of others harmless on a terminal.
//!
//! A readout is text from somewhere. Printed as it is, an escape character in it can recolour, rewrite or retitle the
//! terminal, and a bidirectional control can show words in an order in which they do not stand (CVE-2021-42574). Such
//! characters are shown, not sent: `␛` for escape, `<U+202E>` for right-to-left override.

use std::borrow::Cow;
use std::fmt::Write as _;

/// True for characters that steer a terminal or the order of the text and cannot be seen: controls, the characters
/// of Unicode's Bidi_Control property, interlinear annotation and tags.
fn is_hidden_control(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
            | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// The text on one line: white space, line ends included, as single spaces, and hidden controls made visible.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        for c in word.chars() {
            match u32::from(c) {
                // Unicode has a picture for each of these.
                code @ 0..=0x1F => line.extend(char::from_u32(0x2400 + code)),
                0x7F => line.push('␡'),
                code if is_hidden_control(c) => {
                    let _ = write!(line, "<U+{code:04X}>");
                }
                _ => line.push(c),
            }
        }
    }
    line
}

/// The same JSON with hidden controls in its strings escaped. JSON demands it below U+0020 only.
#[must_use]
pub fn escape_json(json: &str) -> Cow<'_, str> {
    let must_escape = |c: char| is_hidden_control(c) && !matches!(c, '\n' | '\r' | '\t');
    if !json.contains(must_escape) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if must_escape(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(c);
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(visible(text), expected);
    }

    #[test]
    fn controls_are_shown_and_not_sent() {
        check("a\x1b[31mred\x07", "a␛[31mred␇");
        check("a\u{9b}31m\x7f", "a<U+009B>31m␡");
        check("to\u{202E}tnemeerga\u{2066}x\u{200F}", "to<U+202E>tnemeerga<U+2066>x<U+200F>");
        check("tag\u{E0041}", "tag<U+E0041>");
    }

    #[test]
    fn a_text_becomes_one_line() {
        check("  two\r\n\tlines\u{2028}and\u{85}more ", "two lines and more");
        check("联合国 – e\u{301} 👩\u{200D}🚀", "联合国 – e\u{301} 👩\u{200D}🚀");
    }

    #[test]
    fn json_keeps_its_value() {
        let json = "{\n  \"text\": \"a\u{202E}b\u{9b}\u{7f}\u{E0041} é\"\n}";
        let escaped = escape_json(json);
        assert_eq!(escaped, "{\n  \"text\": \"a\\u202eb\\u009b\\u007f\\udb40\\udc41 é\"\n}");
        let value = |json: &str| serde_json::from_str::<serde_json::Value>(json).expect("it is JSON");
        assert_eq!(value(json), value(&escaped));
        assert!(matches!(escape_json("{\"a\": \"é\"}\n"), Cow::Borrowed(_)));
    }
}
