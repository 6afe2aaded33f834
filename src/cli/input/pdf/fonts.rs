//! Which characters the codes of a font stand for, and how wide they are.
//!
//! In: the dictionary of a font (ISO 32000-1, section 9.5). Out: codes of a string, the text of each, its width. The text is
//! looked for in the font's own table (`ToUnicode`), then in its encoding; shapes are not looked at.

use std::borrow::Cow;
use std::collections::HashMap;

use encoding_rs::Encoding;
use lopdf::{Dictionary, Document, Object};

/// Most bytes of a table of characters.
const MAX_TABLE_BYTES: usize = 4_000_000;
/// Most characters of a font; there are 65,536 codes of two bytes.
const MAX_CHARS: usize = 70_000;

/// A font, as far as text is concerned.
#[derive(Debug)]
pub struct Font {
    codes: Codes,
    /// By code, from the font's own table.
    texts: HashMap<u32, String>,
    /// By code of one byte, from the encoding.
    encoded: Vec<Option<String>>,
    /// By code, in sizes of the font.
    widths: HashMap<u32, f32>,
    other_width: f32,
}

/// How a string is cut into codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Codes {
    OneByte,
    TwoBytes,
    Utf16,
    /// As text in an older encoding of East Asia, in which the first byte says whether there is a second.
    Legacy(&'static Encoding),
}

impl Font {
    /// The font of this dictionary. What is wrong in it is left out.
    pub fn new(font: &Dictionary, document: &Document) -> Self {
        let name = |key: &[u8]| font.get_deref(key, document).and_then(Object::as_name).unwrap_or_default();
        let table = font.get_deref(b"ToUnicode", document).and_then(Object::as_stream).ok();
        let table = table.and_then(|stream| stream.get_plain_content_with_limit(MAX_TABLE_BYTES).ok());
        let table = table.map(|table| CharTable::parse(&table)).unwrap_or_default();
        if name(b"Subtype") == b"Type0" {
            let codes = match codes_of(name(b"Encoding")) {
                Codes::TwoBytes if table.code_bytes == Some(1) && !name(b"Encoding").starts_with(b"Identity") => {
                    Codes::OneByte
                }
                codes => codes,
            };
            let (widths, other_width) = composite_widths(font, document);
            return Self { codes, texts: table.texts, encoded: Vec::new(), widths, other_width };
        }
        let (widths, other_width) = simple_widths(font, document);
        Self { codes: Codes::OneByte, texts: table.texts, encoded: encoding(font, document), widths, other_width }
    }

    /// The codes in a string, each with the number of its bytes.
    pub fn codes<'a>(&self, bytes: &'a [u8]) -> impl Iterator<Item = (u32, usize)> + use<'a> {
        let codes = self.codes;
        let mut rest = bytes;
        std::iter::from_fn(move || {
            let (&first, after) = rest.split_first()?;
            let is_double = match codes {
                Codes::OneByte => false,
                Codes::TwoBytes | Codes::Utf16 => true,
                Codes::Legacy(encoding) => {
                    // Half-width kana are single bytes in Shift_JIS alone.
                    first >= 0x81 && !(encoding == encoding_rs::SHIFT_JIS && (0xA0..=0xDF).contains(&first))
                }
            };
            let second = after.first().filter(|_| is_double);
            rest = &rest[1 + usize::from(second.is_some())..];
            Some(second.map_or((u32::from(first), 1), |&second| (u32::from(first) << 8 | u32::from(second), 2)))
        })
    }

    /// The text that the code shows; none when it is not known.
    pub fn text(&self, code: u32, n_bytes: usize) -> Option<Cow<'_, str>> {
        if let Some(own) = self.texts.get(&code).filter(|text| !text.is_empty()) {
            return Some(Cow::Borrowed(own));
        }
        let bytes = [(code >> 8) as u8, code as u8];
        let bytes = &bytes[2 - n_bytes.min(2)..];
        let decode = |encoding: &'static Encoding| {
            let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
            Some(Cow::Owned(text.into_owned()))
        };
        match self.codes {
            Codes::OneByte => self.encoded.get(code as usize)?.as_deref().map(Cow::Borrowed),
            Codes::TwoBytes => None,
            Codes::Utf16 => decode(encoding_rs::UTF_16BE),
            Codes::Legacy(encoding) => decode(encoding),
        }
    }

    /// The width of the code, in sizes of the font.
    pub fn width(&self, code: u32) -> f32 {
        self.widths.get(&code).copied().unwrap_or(self.other_width)
    }
}

/// How strings of a composite font with this encoding are cut (ISO 32000-1, table 118).
fn codes_of(name: &[u8]) -> Codes {
    let name = String::from_utf8_lossy(name);
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    if name.starts_with("Uni") {
        Codes::Utf16
    } else if has(&["GBK2K", "GB18030"]) {
        Codes::Legacy(encoding_rs::GB18030)
    } else if name.starts_with("GB") {
        Codes::Legacy(encoding_rs::GBK)
    } else if has(&["B5", "ETen"]) {
        Codes::Legacy(encoding_rs::BIG5)
    } else if has(&["RKSJ"]) {
        Codes::Legacy(encoding_rs::SHIFT_JIS)
    } else if name.starts_with("EUC-") {
        Codes::Legacy(encoding_rs::EUC_JP)
    } else if name.starts_with("KSC") {
        Codes::Legacy(encoding_rs::EUC_KR)
    } else {
        Codes::TwoBytes
    }
}

/// The text of each code of a simple font, from its encoding.
fn encoding(font: &Dictionary, document: &Document) -> Vec<Option<String>> {
    let encoding = font.get_deref(b"Encoding", document).ok();
    let details = encoding.and_then(|encoding| encoding.as_dict().ok());
    let base = encoding
        .and_then(|encoding| encoding.as_name().ok())
        .or_else(|| details?.get_deref(b"BaseEncoding", document).and_then(Object::as_name).ok());
    let is_true_type =
        font.get_deref(b"Subtype", document).and_then(Object::as_name).is_ok_and(|kind| kind == b"TrueType");
    let base = base.unwrap_or(if is_true_type { b"WinAnsiEncoding" } else { b"StandardEncoding" });
    let mut texts = decoded(Object::Name(base.to_vec()), document, 0..=255);
    let differences =
        details.and_then(|details| details.get_deref(b"Differences", document).and_then(Object::as_array).ok());
    let mut code = 0_u8;
    for object in differences.into_iter().flatten() {
        match object {
            Object::Integer(number) => code = u8::try_from(*number).unwrap_or(0),
            Object::Name(name) => {
                texts[usize::from(code)] = glyph_text(name, document);
                code = code.wrapping_add(1);
            }
            _ => {}
        }
    }
    texts
}

/// The text of a shape by its name, as in the Adobe Glyph List: "eacute", "uni00E9", "f_i", "a.alt".
fn glyph_text(name: &[u8], document: &Document) -> Option<String> {
    let name = std::str::from_utf8(name).ok()?;
    let name = name.split_once('.').map_or(name, |(name, _)| name);
    let mut text = String::new();
    for part in name.split('_').take(8) {
        let hex =
            part.strip_prefix("uni").or_else(|| part.strip_prefix('u')).filter(|hex| (4..=6).contains(&hex.len()));
        if let Some(c) = hex.and_then(|hex| char::from_u32(u32::from_str_radix(hex, 16).ok()?)) {
            text.push(c);
            continue;
        }
        let differences = Object::Array(vec![Object::Integer(1), Object::Name(part.into())]);
        let mut encoding = Dictionary::new();
        encoding.set("Differences", differences);
        // Code 1 has no text in any encoding: it has one only where the name is known.
        text.push_str(decoded(Object::Dictionary(encoding), document, 1..=1).pop()??.as_str());
    }
    (!text.is_empty()).then_some(text)
}

/// The texts of these codes in an encoding that lopdf knows.
fn decoded(encoding: Object, document: &Document, codes: std::ops::RangeInclusive<u8>) -> Vec<Option<String>> {
    let mut font = Dictionary::new();
    font.set("Type", Object::Name(b"Font".to_vec()));
    font.set("Encoding", encoding);
    let Ok(encoding) = font.get_font_encoding(document) else { return codes.map(|_| None).collect() };
    let text = |code| encoding.bytes_to_string(&[code]).ok().filter(|text| !text.is_empty());
    codes.map(text).collect()
}

/// The widths of a simple font, and that of all other codes.
fn simple_widths(font: &Dictionary, document: &Document) -> (HashMap<u32, f32>, f32) {
    let number =
        |dictionary: &Dictionary, key: &[u8]| dictionary.get_deref(key, document).and_then(Object::as_float).ok();
    let matrix = font.get_deref(b"FontMatrix", document).and_then(Object::as_array).ok();
    // The shapes of a font of type 3 have a measure of their own.
    let unit = matrix.and_then(|matrix| matrix.first()?.as_float().ok()).map_or(0.001, f32::abs);
    let name = font.get_deref(b"BaseFont", document).and_then(Object::as_name).unwrap_or_default();
    let Ok(widths) = font.get_deref(b"Widths", document).and_then(Object::as_array) else {
        return (standard_widths(name), STANDARD_WIDTH);
    };
    let first = number(font, b"FirstChar").map_or(0, |first| first.clamp(0.0, 255.0) as u32);
    let width = |(code, width): (u32, &Object)| {
        let width = document.dereference(width).ok()?.1.as_float().ok()?;
        Some((code, width * unit))
    };
    let descriptor = font.get_deref(b"FontDescriptor", document).and_then(Object::as_dict).ok();
    let missing = descriptor.and_then(|descriptor| number(descriptor, b"MissingWidth")).unwrap_or(0.0) * unit;
    ((first..256).zip(widths).filter_map(width).collect(), missing)
}

/// The widths of a composite font, and that of all other codes. They are given by shape, which is the code where it counts:
/// in the fonts that programs embed.
fn composite_widths(font: &Dictionary, document: &Document) -> (HashMap<u32, f32>, f32) {
    let mut widths = HashMap::new();
    let fonts = font.get_deref(b"DescendantFonts", document).and_then(Object::as_array).ok();
    let inner = fonts.and_then(|fonts| document.dereference(fonts.first()?).ok()?.1.as_dict().ok());
    let Some(inner) = inner else { return (widths, 1.0) };
    let other = inner.get_deref(b"DW", document).and_then(Object::as_float).map_or(1.0, |width| width / 1_000.0);
    let list = inner.get_deref(b"W", document).and_then(Object::as_array).map_or(&[][..], Vec::as_slice);
    let mut rest = list.iter().filter_map(|object| Some(document.dereference(object).ok()?.1));
    while let Some(first) = rest.next().and_then(|first| first.as_float().ok()) {
        let first = first.clamp(0.0, 65_535.0) as u32;
        match rest.next() {
            Some(Object::Array(each)) => {
                for (code, width) in (first..65_536).zip(each) {
                    let width = document.dereference(width).ok().and_then(|(_, width)| width.as_float().ok());
                    widths.extend(width.map(|width| (code, width / 1_000.0)));
                }
            }
            Some(last) => {
                let last = last.as_float().unwrap_or(0.0).clamp(0.0, 65_535.0) as u32;
                let width = rest.next().and_then(|width| width.as_float().ok()).unwrap_or(0.0);
                widths.extend((first..=last).map(|code| (code, width / 1_000.0)));
            }
            None => break,
        }
    }
    (widths, other)
}

/// Width of a character of which nothing is known, in sizes of the font.
const STANDARD_WIDTH: f32 = 0.5;

/// Widths of the characters 32 to 126 of Helvetica and Times, two of the fonts that every viewer has and that files need
/// not describe, from their published metrics, in thousandths. Those of their bold forms are near enough.
const HELVETICA: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
];
const TIMES: [u16; 95] = [
    250, 333, 408, 500, 500, 833, 778, 180, 333, 333, 500, 564, 250, 333, 250, 278, 500, 500, 500, 500, 500, 500, 500,
    500, 500, 500, 278, 278, 564, 564, 564, 444, 921, 722, 667, 667, 722, 611, 556, 722, 722, 333, 389, 722, 611, 889,
    722, 722, 556, 722, 667, 556, 611, 722, 722, 944, 722, 722, 611, 333, 278, 333, 469, 500, 333, 444, 500, 444, 500,
    444, 333, 500, 500, 278, 278, 500, 278, 778, 500, 500, 500, 500, 333, 389, 278, 500, 500, 722, 500, 500, 444, 480,
    200, 480, 541,
];

fn standard_widths(name: &[u8]) -> HashMap<u32, f32> {
    let name = String::from_utf8_lossy(name);
    let thousandths =
        |widths: &[u16; 95]| (32..).zip(widths).map(|(code, &width)| (code, f32::from(width) / 1_000.0)).collect();
    if name.contains("Courier") {
        (0..256).map(|code| (code, 0.6)).collect()
    } else if name.contains("Times") {
        thousandths(&TIMES)
    } else {
        thousandths(&HELVETICA)
    }
}

/// The table in which a font says which text its codes are (ISO 32000-1, section 9.10.3).
#[derive(Debug, Default)]
struct CharTable {
    texts: HashMap<u32, String>,
    /// Bytes of a code, where the table says it.
    code_bytes: Option<usize>,
    /// Codes that were added, again or not.
    n_added: usize,
}

/// A piece of a table.
#[derive(Debug, PartialEq, Eq)]
enum Token<'a> {
    /// A string in hexadecimal.
    Bytes(Vec<u8>),
    Open,
    Close,
    Word(&'a [u8]),
}

impl CharTable {
    /// Written for what programs write: a file can name ranges of four billion codes, so each range and the whole are bounded.
    fn parse(source: &[u8]) -> Self {
        let mut table = Self::default();
        let mut tokens = Tokens { rest: source };
        while let Some(token) = tokens.next().filter(|_| table.n_added < MAX_CHARS) {
            match token {
                Token::Word(b"begincodespacerange") => {
                    if let Some(Token::Bytes(low)) = tokens.next() {
                        table.code_bytes = Some(low.len());
                    }
                }
                Token::Word(b"beginbfchar") => {
                    while let (Some(Token::Bytes(code)), Some(Token::Bytes(text))) = (tokens.next(), tokens.next()) {
                        table.add(number(&code), utf16(&text));
                    }
                }
                Token::Word(b"beginbfrange") => table.ranges(&mut tokens),
                _ => {}
            }
        }
        table
    }

    fn ranges(&mut self, tokens: &mut Tokens) {
        while let (Some(Token::Bytes(low)), Some(Token::Bytes(high))) = (tokens.next(), tokens.next()) {
            let codes = number(&low)..=number(&high).min(number(&low).saturating_add(0xFFFF));
            match tokens.next() {
                Some(Token::Bytes(text)) => {
                    let mut units = text;
                    for code in codes {
                        self.add(code, utf16(&units));
                        // The last unit goes up with the code.
                        match units.as_mut_slice() {
                            [.., high, low] => {
                                let unit = u16::from_be_bytes([*high, *low]).wrapping_add(1);
                                [*high, *low] = unit.to_be_bytes();
                            }
                            [single] => *single = single.wrapping_add(1),
                            [] => {}
                        }
                        if self.n_added >= MAX_CHARS {
                            return;
                        }
                    }
                }
                Some(Token::Open) => {
                    let mut codes = codes;
                    while let Some(Token::Bytes(text)) = tokens.next() {
                        if let Some(code) = codes.next() {
                            self.add(code, utf16(&text));
                        }
                    }
                }
                _ => return,
            }
        }
    }

    fn add(&mut self, code: u32, text: String) {
        if self.n_added < MAX_CHARS {
            self.n_added += 1;
            self.texts.insert(code, text);
        }
    }
}

/// The number of up to four bytes.
fn number(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// The text, without what is no character: code 0 is how some programs say that there is none.
fn utf16(bytes: &[u8]) -> String {
    if let [single] = bytes {
        return char::from(*single).to_string();
    }
    let units = bytes.as_chunks::<2>().0.iter().map(|unit| u16::from_be_bytes(*unit));
    char::decode_utf16(units.take(16)).flatten().filter(|&c| c != '\0').collect()
}

struct Tokens<'a> {
    rest: &'a [u8],
}

impl<'a> Tokens<'a> {
    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            self.rest = self.rest.trim_ascii_start();
            let (first, after) = self.rest.split_first()?;
            let end_of = |rest: &[u8], is_end: fn(&u8) -> bool| rest.iter().position(is_end).unwrap_or(rest.len());
            let token = match first {
                b'%' => {
                    self.rest = &after[end_of(after, |byte| matches!(byte, b'\n' | b'\r'))..];
                    continue;
                }
                b'<' if after.first() != Some(&b'<') => {
                    let end = end_of(after, |&byte| byte == b'>');
                    self.rest = after.get(end + 1..).unwrap_or_default();
                    return Some(Token::Bytes(hex(&after[..end])));
                }
                b'[' => Token::Open,
                b']' => Token::Close,
                b'<' | b'>' | b'(' | b')' | b'{' | b'}' | b'/' => {
                    self.rest = after;
                    continue;
                }
                _ => {
                    let end = end_of(self.rest, |byte| byte.is_ascii_whitespace() || b"%<>[](){}/".contains(byte));
                    let (word, after) = self.rest.split_at(end);
                    self.rest = after;
                    return Some(Token::Word(word));
                }
            };
            self.rest = after;
            return Some(token);
        }
    }
}

fn hex(digits: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = digits.iter().filter_map(|&digit| Some(char::from(digit).to_digit(16)? as u8)).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_characters_is_read_and_bounded() {
        let table = CharTable::parse(
            b"/CIDInit /ProcSet findresource begin % a comment\n<< /Registry (Adobe) >> def\n1 begincodespacerange <0000> <FFFF> \
              endcodespacerange 2 beginbfchar <0003> <0020> <00020005> <D83DDE80> endbfchar 3 beginbfrange <0010> <0012> <0041> \
              <0020> <0021> [<00660069> <0078>] <00000000> <FFFFFFFF> <0030> endbfrange",
        );
        assert_eq!(table.code_bytes, Some(2));
        let text = |code| table.texts.get(&code).map(String::as_str);
        assert_eq!(text(0x2_0005), Some("\u{1F680}"));
        assert_eq!(text(0x100), Some("\u{130}"), "the last range was read up to its bound");
        assert!(table.texts.len() <= MAX_CHARS);
        let short = CharTable::parse(b"beginbfrange <10> <12> <41> <20> <21> [<00660069>] endbfrange beginbfchar <01>");
        let mut texts: Vec<_> = short.texts.into_iter().collect();
        texts.sort();
        let expected = [(0x10, "A"), (0x11, "B"), (0x12, "C"), (0x20, "fi")];
        assert_eq!(texts, expected.map(|(code, text)| (code, text.to_owned())));
    }

    #[test]
    fn names_of_shapes_are_texts() {
        let document = Document::new();
        let text = |name: &str| glyph_text(name.as_bytes(), &document);
        assert_eq!(text("eacute").as_deref(), Some("é"));
        assert_eq!(text("uni4E2D").as_deref(), Some("中"));
        assert_eq!(text("u1F680").as_deref(), Some("\u{1F680}"));
        assert_eq!(text("f_i.alt").as_deref(), Some("fi"));
        assert_eq!(text("g123"), None);
        assert_eq!(text(""), None);
    }

    #[test]
    fn strings_are_cut_as_their_encoding_says() {
        let font = |codes| Font {
            codes,
            texts: HashMap::new(),
            encoded: Vec::new(),
            widths: HashMap::new(),
            other_width: 1.0,
        };
        let check = |codes: Codes, bytes: &[u8], expected: &str| {
            let font = font(codes);
            let text: String = font.codes(bytes).filter_map(|(code, n_bytes)| font.text(code, n_bytes)).collect();
            assert_eq!(text, expected);
        };
        check(codes_of(b"GBK-EUC-H"), b"\xCB\xAB\xB7\xBD 1", "双方 1");
        check(codes_of(b"ETen-B5-H"), b"\xC2\xF9\xA4\xE8", "雙方");
        check(codes_of(b"UniGB-UCS2-H"), b"\x53\xCC\x65\xB9", "双方");
        check(codes_of(b"90ms-RKSJ-H"), b"\x93\xFA\xB1a", "日ｱa");
        check(codes_of(b"Identity-H"), b"\0\x41\0", "");
        assert_eq!(font(Codes::TwoBytes).codes(b"\0\x41\0").collect::<Vec<_>>(), [(0x41, 2), (0, 1)]);
    }
}
