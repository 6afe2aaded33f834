//! The text of a .docx.
//!
//! In: a ZIP archive with the parts of ECMA-376 in it. Out: the paragraphs, items and table rows of its main part as it
//! reads with all changes accepted; what is deleted, comments, notes, page heads and feet are no part of it. Numbers and
//! bullets that Word makes are not in the text.

use std::io::{Cursor, Read};

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;
use zip::ZipArchive;
use zip::result::ZipError;

use super::blocks::Blocks;

/// Most bytes of a part, unpacked. The marks around a text of the largest size that is read stay below.
const MAX_PART_BYTES: u64 = 64_000_000;
/// Names of the elements of the main part: those of Word, and those of the strict form of the standard.
const NAMESPACES: [&str; 2] = [
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
];
const MAIN_PART: &str = "word/document.xml";

/// The text.
///
/// # Errors
/// When the archive is another kind of document, is damaged, or has no text or too much.
pub fn text(content: &[u8]) -> Result<String, String> {
    let mut archive =
        ZipArchive::new(Cursor::new(content)).map_err(|_| "a damaged .docx or another archive".to_owned())?;
    let part = main_part(&mut archive)?;
    let xml = read_part(&mut archive, &part)?;
    let text = text_of(&xml).map_err(|problem| format!("a damaged .docx: {problem}"))?;
    if text.is_empty() { Err("a .docx without text".to_owned()) } else { super::within_limit(text) }
}

/// The name of the part with the text.
fn main_part(archive: &mut ZipArchive<Cursor<&[u8]>>) -> Result<String, String> {
    let has = |archive: &ZipArchive<_>, name: &str| archive.index_for_name_raw(name.as_bytes()).is_some();
    // Where the main part is, the relations of the package say; it is nearly always in the same place.
    if let Ok(relations) = read_part(archive, "_rels/.rels")
        && let Some(target) = main_target(&relations)
        && has(archive, &target)
        && !["xl/", "ppt/", "visio/"].iter().any(|folder| target.starts_with(folder))
    {
        return Ok(target);
    }
    if has(archive, MAIN_PART) {
        return Ok(MAIN_PART.to_owned());
    }
    let what = if has(archive, "xl/workbook.xml") {
        "an Excel workbook: copy its text into a file"
    } else if has(archive, "ppt/presentation.xml") {
        "a PowerPoint presentation: copy its text into a file"
    } else if has(archive, "content.xml") && has(archive, "mimetype") {
        "an OpenDocument file: save it as .docx"
    } else if has(archive, "META-INF/container.xml") {
        "an EPUB: copy its text into a file"
    } else {
        "an archive, and no .docx: unpack it first"
    };
    Err(what.to_owned())
}

fn read_part(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> Result<String, String> {
    let part = archive.by_name(name).map_err(|error| match error {
        ZipError::InvalidPassword | ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
            "a .docx with a password: save it without one".to_owned()
        }
        error => format!("a damaged .docx: {name}: {error}"),
    })?;
    let mut xml = Vec::new();
    part.take(MAX_PART_BYTES + 1).read_to_end(&mut xml).map_err(|error| format!("a damaged .docx: {name}: {error}"))?;
    if xml.len() as u64 > MAX_PART_BYTES {
        return Err(format!("a .docx whose {name} is larger than {MAX_PART_BYTES} bytes"));
    }
    String::from_utf8(xml).map_err(|_| format!("a damaged .docx: {name} is not in UTF-8"))
}

/// The target of the package's relation to its main part, without the slash of its root.
fn main_target(relations: &str) -> Option<String> {
    let mut reader = quick_xml::Reader::from_str(relations);
    loop {
        match reader.read_event().ok()? {
            Event::Start(element) | Event::Empty(element) => {
                let value = |name: &str| {
                    let attribute = element.try_get_attribute(name).ok()??;
                    Some(attribute.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned())
                };
                if value("Type").is_some_and(|kind| kind.ends_with("/officeDocument")) {
                    return value("Target").map(|target| target.trim_start_matches('/').to_owned());
                }
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// What the reader of a main part is in.
#[derive(Debug, Default)]
struct Place {
    /// Open elements whose content does not count: deleted text, and forms for older programs.
    n_hidden: usize,
    /// In an element whose characters are text.
    is_text: bool,
}

fn text_of(xml: &str) -> Result<String, String> {
    let mut reader = NsReader::from_str(xml);
    let mut blocks = Blocks::default();
    let mut place = Place::default();
    loop {
        let (namespace, event) = reader.read_resolved_event().map_err(|error| error.to_string())?;
        let is_word = matches!(namespace, ResolveResult::Bound(Namespace(name)) if NAMESPACES.contains(&name));
        match event {
            Event::Start(element) => {
                let name = element.local_name();
                if place.n_hidden > 0 || is_hidden(is_word, name.as_ref()) {
                    place.n_hidden += 1;
                } else if is_word {
                    open(&element, &mut blocks, &mut place);
                }
            }
            Event::Empty(element) if place.n_hidden == 0 && is_word => {
                open(&element, &mut blocks, &mut place);
                close(element.local_name().as_ref(), &mut blocks, &mut place);
            }
            Event::End(element) => {
                if place.n_hidden > 0 {
                    place.n_hidden -= 1;
                } else if is_word {
                    close(element.local_name().as_ref(), &mut blocks, &mut place);
                }
            }
            Event::Text(text) if place.is_text => blocks.push(&text),
            Event::CData(text) if place.is_text => blocks.push(&text),
            Event::GeneralRef(reference) if place.is_text => {
                match reference.resolve_char_ref().map_err(|error| error.to_string())? {
                    Some(c) => blocks.push(c.encode_utf8(&mut [0; 4])),
                    None => blocks.push(quick_xml::escape::resolve_predefined_entity(&reference).unwrap_or_default()),
                }
            }
            Event::Eof => break,
            _ => {}
        }
        if blocks.is_too_large() {
            break;
        }
    }
    Ok(blocks.finish())
}

/// True for elements whose content is no text of the document as it reads.
fn is_hidden(is_word: bool, name: &str) -> bool {
    if is_word { matches!(name, "del" | "moveFrom" | "rPrChange" | "pPrChange") } else { name == "Fallback" }
}

fn open(element: &BytesStart, blocks: &mut Blocks, place: &mut Place) {
    match element.local_name().as_ref() {
        "t" => place.is_text = true,
        // A paragraph can stand in another, in a text box.
        "p" => blocks.end(),
        "numPr" => blocks.begin_item("- "),
        // A style can bring the bullet. The one that is called so without more brings an indent only.
        "pStyle" => {
            let style = element.try_get_attribute("w:val").ok().flatten();
            let style = style.map(|style| style.value.to_lowercase()).unwrap_or_default();
            if style.starts_with("list") && style != "listparagraph" {
                blocks.begin_item("- ");
            }
        }
        "tr" => blocks.begin_row(),
        "tc" => blocks.begin_cell(),
        "br" | "cr" => blocks.end_line(),
        "tab" | "ptab" => blocks.push(" "),
        "noBreakHyphen" => blocks.push("\u{2011}"),
        _ => {}
    }
}

fn close(name: &str, blocks: &mut Blocks, place: &mut Place) {
    match name {
        "t" => place.is_text = false,
        "p" => blocks.end(),
        "tr" => blocks.end_row(),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use zip::write::{SimpleFileOptions, ZipWriter};

    /// A package with this in the body of its main part.
    fn docx(body: &str) -> Vec<u8> {
        let xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><w:document xmlns:w=\"{}\" xmlns:m=\"urn:m\" xmlns:mc=\"urn:mc\">\
             <w:body>{body}</w:body></w:document>",
            NAMESPACES[0]
        );
        archive(&[(MAIN_PART, xml.as_bytes())])
    }

    fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in parts {
            writer.start_file(*name, SimpleFileOptions::default()).expect("it can begin");
            writer.write_all(content).expect("it can be written");
        }
        writer.finish().expect("it can end").into_inner()
    }

    #[track_caller]
    fn check(body: &str, expected: Result<&str, &str>) {
        assert_eq!(text(&docx(body)).as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn paragraphs_items_and_rows_are_lines() {
        check(
            "<w:p><w:r><w:t>Readout</w:t></w:r></w:p><w:p/>\
             <w:p><w:r><w:t xml:space=\"preserve\">Aro </w:t></w:r><w:r><w:t>&amp; Vey met&#46;</w:t><w:br/><w:t>Later</w:t></w:r></w:p>",
            Ok("Readout\n\nAro & Vey met.\nLater"),
        );
        let item = "<w:p><w:pPr><w:numPr><w:ilvl w:val=\"0\"/></w:numPr></w:pPr><w:r><w:t>one</w:t></w:r></w:p>";
        check(&item.repeat(2), Ok("- one\n- one"));
        check(
            "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Levy</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>12</w:t><w:tab/><w:t>%</w:t></w:r></w:p></w:tc></w:tr></w:tbl>",
            Ok("Levy | 12 %"),
        );
    }

    #[test]
    fn only_the_text_as_it_reads_counts() {
        check(
            "<w:p><w:del><w:r><w:delText>not</w:delText><w:t>no</w:t></w:r></w:del><w:ins><w:r><w:t>yes</w:t></w:r></w:ins>\
             <w:r><w:instrText>PAGE</w:instrText></w:r><m:t>math</m:t><mc:Fallback><w:t>twice</w:t></mc:Fallback></w:p>",
            Ok("yes"),
        );
        check("<w:p><w:r><w:t> </w:t></w:r></w:p>", Err("a .docx without text"));
    }

    #[test]
    fn what_is_no_docx_is_named() {
        let check = |content: &[u8], expected: &str| {
            let error = text(content).expect_err("it cannot be read");
            assert!(error.contains(expected), "{error}");
        };
        check(b"PK\x03\x04", "damaged");
        check(&docx("<w:p><w:t>")[..200], "damaged");
        check(&docx("<w:p></w:r>"), "a damaged .docx: ill-formed");
        check(&archive(&[(MAIN_PART, b"\xFF\xFE")]), "not in UTF-8");
        check(&archive(&[("xl/workbook.xml", b"")]), "Excel");
        check(&archive(&[("ppt/presentation.xml", b"")]), "PowerPoint");
        check(&archive(&[("mimetype", b""), ("content.xml", b"")]), "OpenDocument");
        check(&archive(&[("META-INF/container.xml", b"")]), "EPUB");
        check(&archive(&[("a.txt", b"Aro")]), "an archive, and no .docx");
        let bomb = archive(&[(MAIN_PART, &vec![b' '; MAX_PART_BYTES as usize + 1])]);
        assert!(bomb.len() < 100_000, "it is packed");
        check(&bomb, "larger than 64000000 bytes");
        check(
            &docx(&format!("<w:p><w:t>{}</w:t></w:p>", "a".repeat(super::super::MAX_BYTES + 1))),
            "larger than 1000000 bytes",
        );
    }

    #[test]
    fn the_main_part_is_where_the_package_says() {
        let relations = "<Relationships><Relationship Type=\"http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument\" \
                         Target=\"/word/document2.xml\"/></Relationships>";
        let xml = format!("<document xmlns=\"{}\"><p><t>Aro met Vey.</t></p></document>", NAMESPACES[1]);
        let content = archive(&[("_rels/.rels", relations.as_bytes()), ("word/document2.xml", xml.as_bytes())]);
        assert_eq!(text(&content).as_deref(), Ok("Aro met Vey."));
    }
}
