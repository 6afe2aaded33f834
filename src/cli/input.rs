//! Texts from files and standard input.
//!
//! In: paths. Out: one [`Readout`] each, whose id is the name of the file without its extension.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::Encoding;

use crate::readout::Readout;
use crate::server::limits;

use super::Error;
use super::config::unique;
use super::visible::visible;

/// Most bytes of a text, as in the API.
const MAX_BYTES: usize = limits::READOUT_BYTES;

/// The readouts in these files, in their order.
///
/// # Errors
/// When a file cannot be read, is no text, is blank or too large, or standard input is named twice: the error names
/// the file and its place among the arguments.
pub fn read(paths: &[PathBuf]) -> Result<Vec<Readout>, Error> {
    let is_stdin = |path: &Path| path.as_os_str() == "-";
    if paths.iter().filter(|path| is_stdin(path)).count() > 1 {
        return Err(Error::argument("FILE", "standard input '-' can be read once only"));
    }
    let mut ids = HashSet::new();
    let mut readouts = Vec::with_capacity(paths.len());
    for (i, path) in paths.iter().enumerate() {
        let (name, stem) = if is_stdin(path) {
            ("standard input".to_owned(), "stdin".to_owned())
        } else {
            let stem = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
            (format!("'{}'", path.display()), stem)
        };
        let content =
            if is_stdin(path) { read_limited(io::stdin().lock()) } else { File::open(path).and_then(read_limited) };
        let text = content.map_err(|error| error.to_string()).and_then(text);
        let place = format!("FILE {}, {name}", i + 1);
        let (text, guessed) = text.map_err(|problem| Error::argument(&place, problem))?;
        if let Some(encoding) = guessed {
            // When even standard error is closed there is nobody left to tell.
            let note = format!("note: {place}: not UTF-8, read as {}", encoding.name());
            let _ = writeln!(anstream::stderr(), "{}", visible(&note));
        }
        readouts.push(Readout::from_text(unique(stem, &mut ids), text));
    }
    Ok(readouts)
}

/// The content, or its beginning when it is over the limit: an endless file must not fill the memory.
fn read_limited(file: impl Read) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut content)?;
    Ok(content)
}

/// The text in the content of a file, without the byte order mark that some editors put before it, and its encoding
/// where that is neither UTF-8 nor told by the file.
fn text(content: Vec<u8>) -> Result<(String, Option<&'static Encoding>), String> {
    if content.len() > MAX_BYTES {
        return Err(format!("larger than {MAX_BYTES} bytes"));
    }
    if let Some(problem) = no_text(&content) {
        return Err(problem.to_owned());
    }
    let (mut text, guessed) = match String::from_utf8(content) {
        Ok(text) => (text, None),
        Err(error) => decode(error.as_bytes())?,
    };
    if text.starts_with('\u{FEFF}') {
        text.remove(0);
    }
    if text.len() > MAX_BYTES {
        return Err(format!("larger than {MAX_BYTES} bytes in UTF-8"));
    }
    if text.trim().is_empty() { Err("empty".to_owned()) } else { Ok((text, guessed)) }
}

/// Why the content is no text, where it begins as other things do.
fn no_text(content: &[u8]) -> Option<&'static str> {
    let has_mark = Encoding::for_bom(content).is_some();
    match content {
        [b'%', b'P', b'D', b'F', b'-', ..] => Some("a PDF, not a text: convert it first, with pdftotext for example"),
        [b'P', b'K', 3, 4, ..] => {
            Some("a .docx or another archive, not a text: convert it first, with pandoc for example")
        }
        _ if !has_mark && content.contains(&0) => Some("not a text: it has bytes of zero"),
        _ => None,
    }
}

/// The text of content that is not UTF-8: by its byte order mark, or in the encoding that browsers would guess.
fn decode(content: &[u8]) -> Result<(String, Option<&'static Encoding>), String> {
    let marked = Encoding::for_bom(content).map(|(encoding, _)| encoding);
    let encoding = marked.unwrap_or_else(|| {
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
        detector.feed(content, true);
        detector.guess(None, Utf8Detection::Deny)
    });
    let (text, _, has_errors) = encoding.decode(content);
    if has_errors {
        return Err(format!("not UTF-8, and not {} either, as it seemed", encoding.name()));
    }
    Ok((text.into_owned(), marked.is_none().then_some(encoding)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(content: &[u8], expected: Result<&str, &str>) {
        let found = text(content.to_vec()).map(|(text, _)| text);
        assert_eq!(found.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn a_text_is_not_blank_and_not_too_large() {
        check("\u{FEFF}Aro met Vey.\r\n".as_bytes(), Ok("Aro met Vey.\r\n"));
        check(" \n\u{3000}".as_bytes(), Err("empty"));
        check(&vec![b'a'; MAX_BYTES + 1], Err("larger than 1000000 bytes"));
        check(&[&[0xFF, 0xFE][..], &[0x4E, 0x4E].repeat(400_000)].concat(), Err("larger than 1000000 bytes in UTF-8"));
        assert!(text(vec![b'a'; MAX_BYTES]).is_ok());
    }

    #[test]
    fn what_is_no_text_is_told_by_what_it_is() {
        check(b"%PDF-1.7\n%\xE2\xE3", Err("a PDF, not a text: convert it first, with pdftotext for example"));
        check(
            b"PK\x03\x04\x14\0",
            Err("a .docx or another archive, not a text: convert it first, with pandoc for example"),
        );
        check(b"Aro\0met", Err("not a text: it has bytes of zero"));
    }

    #[test]
    fn other_encodings_are_found() {
        let check = |encoding: &'static Encoding, expected: &str| {
            let (content, used, has_errors) = encoding.encode(expected);
            assert!(used == encoding && !has_errors, "the test is good");
            assert_eq!(text(content.into_owned()), Ok((expected.to_owned(), Some(encoding))));
        };
        let chinese = "双方同意于6月恢复两国间的货运列车。外交部长沈岚表示，青螺湾的渔民有权照常捕鱼。";
        check(encoding_rs::GBK, chinese);
        check(encoding_rs::BIG5, "雙方同意於6月恢復兩國間的貨運列車。外交部長表示，漁民有權照常捕魚。");
        check(encoding_rs::WINDOWS_1251, "Министры обсудили перемирие в проливе и договорились о новой встрече.");
        check(
            encoding_rs::WINDOWS_1252,
            "Le ministre a réaffirmé l’engagement de la Vélmorie envers l’accord sur l’eau.",
        );
        let marked =
            |bytes: fn(u16) -> [u8; 2]| ["\u{FEFF}", chinese].concat().encode_utf16().flat_map(bytes).collect();
        for content in [marked(u16::to_le_bytes), marked(u16::to_be_bytes)] {
            assert_eq!(text(content), Ok((chinese.to_owned(), None)));
        }
    }

    #[test]
    fn an_endless_file_is_not_read_to_its_end() {
        let content = read_limited(io::repeat(b'a')).expect("it can be read");
        assert_eq!(content.len(), MAX_BYTES + 1);
    }
}
