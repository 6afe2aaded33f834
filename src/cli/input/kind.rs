//! What kind of file a content is.
//!
//! In: bytes and the name of the file. Out: the kind, or what the content is that cannot be read. The bytes decide first:
//! a page saved as `.txt` is a page still. The name decides what bytes cannot tell.

use std::path::Path;

/// Kinds of files that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Markdown,
    Html,
    Pdf,
    Docx,
}

impl Kind {
    /// Its name in a sentence.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "plain text",
            Self::Markdown => "Markdown",
            Self::Html => "HTML",
            Self::Pdf => "PDF",
            Self::Docx => ".docx",
        }
    }

    /// Most bytes of such a file. Fonts and pictures take more than the text, the marks of a page many times as much.
    #[must_use]
    pub fn max_file_bytes(self) -> usize {
        match self {
            Self::Text | Self::Markdown => super::MAX_BYTES,
            Self::Html => 8_000_000,
            Self::Pdf | Self::Docx => 64_000_000,
        }
    }
}

/// The kind of a file that begins so and has this name.
///
/// # Errors
/// When it begins as something that is not read: what it is, and what to do.
pub fn of(content: &[u8], path: &Path) -> Result<Kind, &'static str> {
    let start = content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(content).trim_ascii_start();
    match start {
        [b'%', b'P', b'D', b'F', b'-', ..] => return Ok(Kind::Pdf),
        // Other archives are told apart when they are opened.
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => return Ok(Kind::Docx),
        [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, ..] => {
            return Err("an old Office document (.doc), or one with a password: save it as .docx without a password");
        }
        [b'{', b'\\', b'r', b't', b'f', ..] => return Err("an RTF document: save it as .docx"),
        [0x89, b'P', b'N', b'G', ..] | [0xFF, 0xD8, 0xFF, ..] | [b'G', b'I', b'F', b'8', ..] => {
            return Err("a picture, not a text: recognise its text first, with tesseract for example");
        }
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => {
            return Err("a picture, not a text: recognise its text first, with tesseract for example");
        }
        [0x1F, 0x8B, ..] | [b'B', b'Z', b'h', b'1'..=b'9', ..] | [0xFD, b'7', b'z', b'X', b'Z', ..] => {
            return Err("compressed: unpack it first");
        }
        [0x28, 0xB5, 0x2F, 0xFD, ..] | [b'7', b'z', 0xBC, 0xAF, ..] | [b'R', b'a', b'r', b'!', 0x1A, ..] => {
            return Err("compressed: unpack it first");
        }
        _ => {}
    }
    let head = &start[..start.len().min(4_096)];
    // The letters of UTF-16 with its zeros taken out are enough to know the beginning of a page.
    let head: Vec<u8> =
        head.iter().filter(|byte| !matches!(byte, 0 | 0xFE | 0xFF)).map(u8::to_ascii_lowercase).collect();
    if is_web_archive(&head) {
        return Err("a web archive (MHTML): save the page as HTML only");
    }
    if is_html(&head) {
        return Ok(Kind::Html);
    }
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    Ok(match extension.as_deref() {
        Some("md" | "markdown" | "mdown" | "mkd") => Kind::Markdown,
        Some("html" | "htm" | "xhtml") => Kind::Html,
        _ => Kind::Text,
    })
}

/// True for what browsers save as "one file": a mail with the page and its pictures in it.
fn is_web_archive(head: &[u8]) -> bool {
    let has = |word: &[u8]| head.windows(word.len()).any(|window| window == word);
    (head.starts_with(b"from: <saved by ") || head.starts_with(b"mime-version:")) && has(b"multipart/related")
}

/// True for a beginning in lower case that is one of a page: a doctype or one of its first elements, after comments.
fn is_html(head: &[u8]) -> bool {
    let mut rest = head.trim_ascii_start();
    loop {
        let (open, close): (&[u8], &[u8]) = if rest.starts_with(b"<!--") {
            (b"<!--", b"-->")
        } else if rest.starts_with(b"<?xml") {
            (b"<?xml", b"?>")
        } else {
            break;
        };
        let Some(end) = rest[open.len()..].windows(close.len()).position(|window| window == close) else { break };
        rest = rest[open.len() + end + close.len()..].trim_ascii_start();
    }
    [&b"<!doctype html"[..], b"<html", b"<head", b"<body"].iter().any(|tag| {
        rest.strip_prefix(*tag).is_some_and(|after| after.first().is_none_or(|next| !next.is_ascii_alphanumeric()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(content: &[u8], name: &str, expected: Result<Kind, &str>) {
        let found =
            of(content, Path::new(name)).map_err(|problem| problem.split([':', ',']).next().unwrap_or_default());
        assert_eq!(found, expected);
    }

    #[test]
    fn the_content_tells_the_kind_and_then_the_name() {
        check(b"%PDF-1.7\n%\xE2\xE3", "a.txt", Ok(Kind::Pdf));
        check(b"\xEF\xBB\xBF\r\n%PDF-1.4", "-", Ok(Kind::Pdf));
        check(b"PK\x03\x04\x14\0", "a.docx", Ok(Kind::Docx));
        check(b"<!DOCTYPE html>\n<html>", "a.txt", Ok(Kind::Html));
        check(b"<!-- saved from url=(0014)about:internet -->\n<HTML lang=en>", "-", Ok(Kind::Html));
        check(
            b"<?xml version=\"1.0\"?>\n<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\">",
            "a",
            Ok(Kind::Html),
        );
        let utf16: Vec<u8> = "\u{FEFF}<html><p>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        check(&utf16, "a", Ok(Kind::Html));
        check(b"<p>Aro met Vey.</p>", "a.HTM", Ok(Kind::Html));
        check(b"<p>Aro met Vey.</p>", "a.txt", Ok(Kind::Text));
        check(b"<headline> of the day", "a.txt", Ok(Kind::Text));
        check(b"# Aro met Vey", "a.md", Ok(Kind::Markdown));
        check(b"# Aro met Vey", "-", Ok(Kind::Text));
        check(b"", "a.pdf", Ok(Kind::Text));
        check(b"<!--", "a", Ok(Kind::Text));
    }

    #[test]
    fn what_is_not_read_is_named() {
        check(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "a.doc", Err("an old Office document (.doc)"));
        check(br"{\rtf1\ansi", "a.rtf", Err("an RTF document"));
        check(b"\x89PNG\r\n", "a.png", Err("a picture"));
        check(b"II*\0", "a.tif", Err("a picture"));
        check(b"\x1F\x8B\x08", "a.txt.gz", Err("compressed"));
        check(b"7z\xBC\xAF\x27\x1C", "a.7z", Err("compressed"));
        check(
            b"From: <Saved by Blink>\nMIME-Version: 1.0\nContent-Type: multipart/related;",
            "a",
            Err("a web archive (MHTML)"),
        );
    }
}
