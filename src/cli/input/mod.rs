//! Texts from files and standard input.
//!
//! In: paths. Out: one [`Readout`] each, whose id is the name of the file without its extension, and what the user should
//! know of how it was read. Plain text is taken as it is; the text of Markdown, HTML, PDF and .docx is taken out, with each
//! heading, paragraph, item and row on a line of its own. Spans lie in that text.

mod kind;

mod guard;

mod blocks;

mod markdown;

mod html;

mod docx;

mod pdf;

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::Encoding;

use crate::readout::Readout;
use crate::server::limits;

use super::Error;
use super::config::unique;

pub use kind::Kind;

/// Most bytes of a text, as in the API.
const MAX_BYTES: usize = limits::READOUT_BYTES;

/// What was read, and what the user should know of it, one line each.
#[derive(Debug, Default)]
pub struct Texts {
    /// In the order of the files.
    pub readouts: Vec<Readout>,
    /// Without "note: ".
    pub notes: Vec<String>,
}

/// The readouts in these files, in their order; all of one kind where that is given.
///
/// # Errors
/// When a file cannot be read, has no text, is blank or too large, or standard input is named twice: the error names
/// the file and its place among the arguments.
pub fn read(paths: &[PathBuf], kind: Option<Kind>) -> Result<Texts, Error> {
    let is_stdin = |path: &Path| path.as_os_str() == "-";
    if paths.iter().filter(|path| is_stdin(path)).count() > 1 {
        return Err(Error::argument("FILE", "standard input '-' can be read once only"));
    }
    let mut ids = HashSet::new();
    let mut texts = Texts::default();
    for (i, path) in paths.iter().enumerate() {
        let (name, stem) = if is_stdin(path) {
            ("standard input".to_owned(), "stdin".to_owned())
        } else {
            let stem = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
            (format!("'{}'", path.display()), stem)
        };
        let read = if is_stdin(path) {
            read_file(io::stdin().lock(), path, kind)
        } else {
            File::open(path).map_err(|error| error.to_string()).and_then(|file| read_file(file, path, kind))
        };
        let place = format!("FILE {}, {name}", i + 1);
        let read = read.map_err(|problem| Error::argument(&place, problem))?;
        texts.notes.extend(read.notes().into_iter().map(|note| format!("{place}: {note}")));
        let Extracted { text, title, date } = read.extracted;
        texts.readouts.push(Readout { title, date, ..Readout::from_text(unique(stem, &mut ids), text) });
    }
    Ok(texts)
}

/// What a file says, as far as its kind has it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Extracted {
    text: String,
    /// Empty: none.
    title: String,
    /// ISO 8601 calendar date. Empty: none.
    date: String,
}

/// A file that was read, and how.
#[derive(Debug, PartialEq, Eq)]
struct ReadFile {
    extracted: Extracted,
    kind: Kind,
    /// The encoding, where it is neither UTF-8 nor told by the file.
    guessed: Option<&'static Encoding>,
}

impl ReadFile {
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.kind != Kind::Text {
            let date = &self.extracted.date;
            let dated = if date.is_empty() { String::new() } else { format!(", published {date}") };
            notes.push(format!("read as {}{dated}", self.kind.name()));
        }
        notes.extend(self.guessed.map(|encoding| format!("not UTF-8, read as {}", encoding.name())));
        notes
    }
}

/// What the file of this name says.
fn read_file(mut file: impl Read, path: &Path, kind: Option<Kind>) -> Result<ReadFile, String> {
    let mut content = Vec::new();
    let mut read_up_to = |limit: usize, content: &mut Vec<u8>| {
        let missing = (limit + 1).saturating_sub(content.len());
        // An endless file must not fill the memory.
        (&mut file).take(missing as u64).read_to_end(content).map_err(|error| error.to_string())
    };
    read_up_to(MAX_BYTES, &mut content)?;
    let kind = match kind {
        Some(kind) => kind,
        None => kind::of(&content, path)?,
    };
    let limit = kind.max_file_bytes();
    if limit > MAX_BYTES {
        read_up_to(limit, &mut content)?;
    }
    if content.len() > limit {
        return Err(format!("larger than {limit} bytes"));
    }
    if content.is_empty() {
        return Err("empty".to_owned());
    }
    extract(content, kind)
}

/// What the content of this kind says.
fn extract(content: Vec<u8>, kind: Kind) -> Result<ReadFile, String> {
    let from_text = |text: String| Extracted { text, ..Extracted::default() };
    let (extracted, guessed) = match kind {
        Kind::Pdf => (from_text(guard::guarded(move || pdf::text(&content))?), None),
        Kind::Docx => (from_text(guard::guarded(move || docx::text(&content))?), None),
        Kind::Text | Kind::Markdown | Kind::Html => {
            let (text, guessed) = characters(content, kind)?;
            let extracted = match kind {
                Kind::Markdown => from_text(guard::guarded(move || markdown::text(&text))?),
                Kind::Html => guard::guarded(move || html::extract(&text))?,
                _ => from_text(within_limit(text)?),
            };
            (extracted, guessed)
        }
    };
    if extracted.text.trim().is_empty() {
        return Err("empty".to_owned());
    }
    Ok(ReadFile { extracted, kind, guessed })
}

/// The text, when it is not larger than one may be.
fn within_limit(text: String) -> Result<String, String> {
    if text.len() > MAX_BYTES { Err(format!("a text larger than {MAX_BYTES} bytes in UTF-8")) } else { Ok(text) }
}

/// The characters of the content, without the byte order mark that some editors put before it, and its encoding where that
/// is neither UTF-8 nor told by the file.
fn characters(content: Vec<u8>, kind: Kind) -> Result<(String, Option<&'static Encoding>), String> {
    let has_mark = Encoding::for_bom(&content).is_some();
    if !has_mark && content.contains(&0) {
        return Err("not a text: it has bytes of zero".to_owned());
    }
    let declared = if kind == Kind::Html { html::declared_encoding(&content) } else { None };
    let (mut text, guessed) = match String::from_utf8(content) {
        Ok(text) => (text, None),
        Err(error) => decode(error.as_bytes(), declared)?,
    };
    if text.starts_with('\u{FEFF}') {
        text.remove(0);
    }
    Ok((text, guessed))
}

/// The text of content that is not UTF-8: by its byte order mark, in the encoding that it says it has, or in the one that
/// browsers would guess.
fn decode(content: &[u8], declared: Option<&'static Encoding>) -> Result<(String, Option<&'static Encoding>), String> {
    let marked = Encoding::for_bom(content).map(|(encoding, _)| encoding);
    // Pages often say what they are not; a mark is hardly ever wrong.
    let declared = declared.filter(|encoding| !encoding.decode(content).2);
    let encoding = marked.or(declared).unwrap_or_else(|| {
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
        detector.feed(content, true);
        detector.guess(None, Utf8Detection::Deny)
    });
    let (text, _, has_errors) = encoding.decode(content);
    if has_errors {
        return Err(format!("not UTF-8, and not {} either, as it seemed", encoding.name()));
    }
    let is_told = marked.is_some() || declared.is_some();
    Ok((text.into_owned(), (!is_told).then_some(encoding)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(content: &[u8], name: &str) -> Result<ReadFile, String> {
        read_file(content, Path::new(name), None)
    }

    #[track_caller]
    fn check(content: &[u8], expected: Result<&str, &str>) {
        let found = read(content, "a.txt").map(|read| read.extracted.text);
        assert_eq!(found.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn a_text_is_not_blank_and_not_too_large() {
        check("\u{FEFF}Aro met Vey.\r\n".as_bytes(), Ok("Aro met Vey.\r\n"));
        check(b"", Err("empty"));
        check(" \n\u{3000}".as_bytes(), Err("empty"));
        check(&vec![b'a'; MAX_BYTES + 1], Err("larger than 1000000 bytes"));
        let utf16 = [&[0xFF, 0xFE][..], &[0x4E, 0x4E].repeat(400_000)].concat();
        check(&utf16, Err("a text larger than 1000000 bytes in UTF-8"));
        check(b"Aro\0met", Err("not a text: it has bytes of zero"));
        assert!(read(&vec![b'a'; MAX_BYTES], "-").is_ok());
    }

    #[test]
    fn the_kind_is_told_and_can_be_given() {
        let page = b"<html><title>T</title><p>Aro met Vey.</p>";
        let html = read(page, "a.txt").expect("it is a page");
        assert_eq!((html.kind, html.extracted.text.as_str()), (Kind::Html, "Aro met Vey."));
        assert_eq!(html.notes(), ["read as HTML"]);
        let text = read_file(&page[..], Path::new("a.html"), Some(Kind::Text)).expect("it is a text, too");
        assert_eq!((text.extracted.text.as_bytes(), text.notes().len()), (&page[..], 0));
        let markdown =
            read_file(&b"# Aro *met* Vey"[..], Path::new("-"), Some(Kind::Markdown)).expect("it is Markdown");
        assert_eq!(
            (markdown.extracted.text.as_str(), markdown.notes()),
            ("Aro met Vey", vec!["read as Markdown".to_owned()])
        );
        let wrong = read_file(&b"Aro met Vey."[..], Path::new("-"), Some(Kind::Pdf)).expect_err("it is no PDF");
        assert!(wrong.starts_with("a damaged PDF: "), "{wrong}");
    }

    #[test]
    fn other_encodings_are_found() {
        let check = |encoding: &'static Encoding, expected: &str| {
            let (content, used, has_errors) = encoding.encode(expected);
            assert!(used == encoding && !has_errors, "the test is good");
            let read = read(&content, "a.txt").expect("it is a text");
            assert_eq!((read.extracted.text.as_str(), read.guessed), (expected, Some(encoding)));
        };
        let chinese = "双方同意于6月恢复两国间的货运列车。外交部长沈岚表示，青螺湾的渔民有权照常捕鱼。";
        check(encoding_rs::GBK, chinese);
        check(encoding_rs::BIG5, "雙方同意於6月恢復兩國間的貨運列車。外交部長表示，漁民有權照常捕魚。");
        check(encoding_rs::WINDOWS_1251, "Министры обсудили перемирие в проливе и договорились о новой встрече.");
        check(
            encoding_rs::WINDOWS_1252,
            "Le ministre a réaffirmé l’engagement de la Vélmorie envers l’accord sur l’eau.",
        );
        let marked = |bytes: fn(u16) -> [u8; 2]| {
            ["\u{FEFF}", chinese].concat().encode_utf16().flat_map(bytes).collect::<Vec<u8>>()
        };
        for content in [marked(u16::to_le_bytes), marked(u16::to_be_bytes)] {
            let read = read(&content, "a.txt").expect("it is a text");
            assert_eq!((read.extracted.text.as_str(), read.guessed), (chinese, None));
        }
    }

    #[test]
    fn a_page_says_its_encoding_and_is_not_believed_blindly() {
        let page = |declared: &str, encoding: &'static Encoding| {
            let text = "Министр подтвердил соглашение о воде.".repeat(3);
            let page = format!("<html><head><meta charset={declared}></head><p>{text}</p></html>");
            let read = read(&encoding.encode(&page).0, "a.html").expect("it is a page");
            assert_eq!(read.extracted.text, text, "{declared}");
            read.guessed
        };
        assert_eq!(page("\"KOI8-R\"", encoding_rs::KOI8_R), None);
        assert_eq!(page("windows-1251", encoding_rs::UTF_8), None);
        assert_eq!(page("utf-8", encoding_rs::WINDOWS_1251), Some(encoding_rs::WINDOWS_1251));
    }

    #[test]
    fn an_endless_file_is_not_read_to_its_end() {
        for start in ["", "<html>", "%PDF-1.7 "] {
            let endless = start.as_bytes().chain(io::repeat(b'a'));
            let error = read_file(endless, Path::new("-"), None).expect_err("it is too large");
            assert!(error.starts_with("larger than "), "{error}");
        }
    }

    /// Bytes that look like the insides of a file of the kind now and then.
    fn insides() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..40),
            "[<>/\\[\\]() 0-9a-zA-Z\n&;#|*_-]{0,40}".prop_map(String::into_bytes),
            proptest::sample::select(vec![
                &b"1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"[..],
                b"2 0 obj\n<</Type/Pages/Kids[3 0 R 2 0 R]/Count 1>>\nendobj\n",
                b"3 0 obj\n<</Type/Page/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>\nendobj\n",
                b"4 0 obj\n<</Length 30>>stream\nBT /F 9 Tf 1 0 0 1 9 9 Tm(Aro)Tj\nendstream\nendobj\n",
                b"trailer<</Root 1 0 R>>startxref\n9\n%%EOF",
                b"<table><tr><td><ul><li>",
                b"</p></div><sup><a>1",
                b"| a | b |\n|---|---|\n",
                b"PK\x01\x02",
                b"PK\x05\x06\0\0\0\0\x01\0\x01\0",
            ])
            .prop_map(<[u8]>::to_vec),
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_file_panics_or_gives_a_blank_text(inside in insides()) {
            let starts = [("a.txt", ""), ("a.md", "# "), ("a.html", "<html>"), ("a.pdf", "%PDF-1.7\n"), ("a.docx", "PK\x03\x04")];
            for (name, start) in starts {
                match read(&[start.as_bytes(), &inside].concat(), name) {
                    Ok(read) => prop_assert!(!read.extracted.text.trim().is_empty() && read.extracted.text.len() <= MAX_BYTES),
                    Err(problem) => prop_assert!(!problem.is_empty()),
                }
            }
        }
    }
}
