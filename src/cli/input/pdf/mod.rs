//! The text layer of a PDF.
//!
//! In: a file of ISO 32000. Out: its paragraphs, with lines and broken words put together again, without page numbers and
//! running heads. The objects are read by lopdf; what shows text on a page (ISO 32000-1, section 9.4) is followed here, so
//! that nothing of a page can end more than the reading of that page. Pictures are not looked at.

mod fonts;
mod layout;

use std::collections::HashMap;
use std::rc::Rc;

use lopdf::content::{Content, Operation};
use lopdf::{Dictionary, Document, Error, LoadOptions, Object, ObjectId, Stream};

use fonts::Font;
use layout::{Page, Run};

/// Most bytes that one stream of the file may become.
const MAX_STREAM_BYTES: usize = 32_000_000;
/// Most bytes of what is drawn on one page.
const MAX_PAGE_BYTES: usize = 32_000_000;
/// Most operations on all pages: a drawing can call itself.
const MAX_OPERATIONS: usize = 5_000_000;
/// Most runs of text on all pages.
const MAX_RUNS: usize = 2_000_000;
/// Most pages that are looked at.
const MAX_PAGES: usize = 5_000;
/// Deepest drawing in a drawing.
const MAX_DEPTH: usize = 8;
/// Least share of the shown characters that must be known. With fewer, words have holes.
const LEAST_KNOWN: f64 = 0.8;

/// The text.
///
/// # Errors
/// When the file is damaged, has a password, or no text that can be read, or too much.
pub fn text(content: &[u8]) -> Result<String, String> {
    let start = content.windows(5).position(|window| window == b"%PDF-").unwrap_or(0);
    let options = LoadOptions { max_decompressed_size: Some(MAX_STREAM_BYTES), ..LoadOptions::default() };
    let document = Document::load_mem_with_options(&content[start..], options).map_err(problem)?;
    if document.is_encrypted() && !document.was_encrypted() {
        return Err(problem(Error::InvalidPassword));
    }
    let mut reader =
        Reader { document: &document, fonts: HashMap::new(), n_operations: 0, n_runs: 0, n_known: 0, n_shown: 0 };
    let mut pages = Vec::new();
    for page in document.page_iter().take(MAX_PAGES) {
        pages.push(reader.page(page)?);
    }
    if pages.is_empty() {
        return Err("a damaged PDF: no page in it".to_owned());
    }
    if reader.n_shown == 0 {
        return Err(
            "a PDF in which no text is found, as in scans: recognise it first, with ocrmypdf for example".to_owned()
        );
    }
    if (reader.n_known as f64) < LEAST_KNOWN * reader.n_shown as f64 {
        return Err("a PDF that does not say which characters it shows: recognise them first, with ocrmypdf \
                    --force-ocr for example"
            .to_owned());
    }
    let text = layout::text(pages);
    if text.is_empty() { Err("a PDF without text".to_owned()) } else { super::within_limit(text) }
}

/// What a person can do about it.
fn problem(error: Error) -> String {
    match error {
        Error::InvalidPassword | Error::Decryption(_) | Error::UnsupportedSecurityHandler(_) => {
            "a PDF with a password: save it without one, with qpdf --decrypt for example".to_owned()
        }
        Error::Decompress(_) => format!("a damaged PDF, or one whose parts are larger than {MAX_STREAM_BYTES} bytes"),
        error => format!("a damaged PDF: {error}"),
    }
}

/// A map of the plane: x' = ax + cy + e, y' = bx + dy + f.
#[derive(Debug, Clone, Copy)]
struct Matrix([f32; 6]);

impl Matrix {
    const IDENTITY: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    /// The map that is this one and then the other.
    fn then(self, other: Self) -> Self {
        let ([a, b, c, d, e, f], [p, q, r, s, t, u]) = (self.0, other.0);
        Self([a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u])
    }

    fn translation(x: f32, y: f32) -> Self {
        Self([1.0, 0.0, 0.0, 1.0, x, y])
    }

    fn of(operands: &[Object]) -> Option<Self> {
        let numbers: Vec<f32> = operands.iter().map_while(|operand| operand.as_float().ok()).collect();
        numbers.try_into().ok().map(Self)
    }
}

/// What is set for text, and where.
#[derive(Debug, Clone)]
struct State {
    matrix: Matrix,
    font: Option<Rc<Font>>,
    size: f32,
    char_space: f32,
    word_space: f32,
    stretch: f32,
    leading: f32,
    rise: f32,
}

/// An open piece of marked content (ISO 32000-1, section 14.6).
#[derive(Debug, Default)]
struct Mark {
    is_artifact: bool,
    /// The text that stands for all that is shown in it; empty once it is used.
    actual: Option<String>,
}

struct Reader<'a> {
    document: &'a Document,
    /// By the address of their dictionaries, which stay where they are.
    fonts: HashMap<*const Dictionary, Rc<Font>>,
    n_operations: usize,
    n_runs: usize,
    /// Characters shown, and those of them whose text is known.
    n_shown: usize,
    n_known: usize,
}

impl<'a> Reader<'a> {
    fn page(&mut self, id: ObjectId) -> Result<Page, String> {
        let mut page = Page::default();
        let content = self.document.get_page_content_with_limit(id, MAX_PAGE_BYTES).map_err(problem)?;
        let resources = self.page_resources(id);
        let state = State {
            matrix: Matrix::IDENTITY,
            font: None,
            size: 0.0,
            char_space: 0.0,
            word_space: 0.0,
            stretch: 1.0,
            leading: 0.0,
            rise: 0.0,
        };
        self.draw(&content, resources, state, false, 0, &mut page)?;
        Ok(page)
    }

    /// The resources of the page, which may stand above it in the tree of pages.
    fn page_resources(&self, id: ObjectId) -> Option<&'a Dictionary> {
        let mut node = self.document.get_dictionary(id).ok()?;
        // Longer ways are circles.
        for _ in 0..64 {
            if let Some(resources) = self.dictionary(node, b"Resources") {
                return Some(resources);
            }
            node = self.dictionary(node, b"Parent")?;
        }
        None
    }

    fn dictionary(&self, parent: &'a Dictionary, key: &[u8]) -> Option<&'a Dictionary> {
        parent.get_deref(key, self.document).and_then(Object::as_dict).ok()
    }

    fn font(&mut self, resources: Option<&'a Dictionary>, name: &[u8]) -> Option<Rc<Font>> {
        let fonts = self.dictionary(resources?, b"Font")?;
        let font = self.dictionary(fonts, name)?;
        let found = self.fonts.entry(std::ptr::from_ref(font));
        Some(Rc::clone(found.or_insert_with(|| Rc::new(Font::new(font, self.document)))))
    }

    /// Follows a content stream and puts the text that it shows on the page.
    fn draw(
        &mut self,
        content: &[u8],
        resources: Option<&'a Dictionary>,
        mut state: State,
        is_artifact: bool,
        depth: usize,
        page: &mut Page,
    ) -> Result<(), String> {
        let mut saved: Vec<State> = Vec::new();
        let mut marks: Vec<Mark> = Vec::new();
        // Where the next character and the current line begin.
        let (mut at, mut line) = (Matrix::IDENTITY, Matrix::IDENTITY);
        // What comes before a fault is drawn.
        for operation in Content::decode_iter(content).map_while(Result::ok) {
            self.n_operations += 1;
            if self.n_operations > MAX_OPERATIONS || self.n_runs > MAX_RUNS {
                return Err("a PDF that draws more than is followed".to_owned());
            }
            let Operation { operator, operands } = operation;
            let number = |i: usize| operands.get(i).and_then(|operand: &Object| operand.as_float().ok()).unwrap_or(0.0);
            match operator.as_str() {
                "q" if saved.len() < 1_000 => saved.push(state.clone()),
                "Q" => state = saved.pop().unwrap_or(state),
                "cm" => {
                    if let Some(matrix) = Matrix::of(&operands) {
                        state.matrix = matrix.then(state.matrix);
                    }
                }
                "BT" => (at, line) = (Matrix::IDENTITY, Matrix::IDENTITY),
                "Tf" => {
                    let name = operands.first().and_then(|name| name.as_name().ok());
                    state.font = name.and_then(|name| self.font(resources, name));
                    state.size = number(1);
                }
                "Tc" => state.char_space = number(0),
                "Tw" => state.word_space = number(0),
                "Tz" => state.stretch = number(0) / 100.0,
                "TL" => state.leading = number(0),
                "Ts" => state.rise = number(0),
                "Td" | "TD" => {
                    if operator == "TD" {
                        state.leading = -number(1);
                    }
                    line = Matrix::translation(number(0), number(1)).then(line);
                    at = line;
                }
                "Tm" => {
                    line = Matrix::of(&operands).unwrap_or(line);
                    at = line;
                }
                "T*" | "'" | "\"" => {
                    line = Matrix::translation(0.0, -state.leading).then(line);
                    at = line;
                    if operator == "\"" {
                        (state.word_space, state.char_space) = (number(0), number(1));
                    }
                    if operator != "T*" {
                        self.show(
                            operands.last().map_or(&[], std::slice::from_ref),
                            &state,
                            &mut at,
                            &mut marks,
                            is_artifact,
                            page,
                        );
                    }
                }
                "Tj" => self.show(&operands, &state, &mut at, &mut marks, is_artifact, page),
                "TJ" => {
                    if let Some(Object::Array(parts)) = operands.first() {
                        self.show(parts, &state, &mut at, &mut marks, is_artifact, page);
                    }
                }
                "BMC" | "BDC" => {
                    let is_artifact = marks.last().is_some_and(|mark| mark.is_artifact)
                        || matches!(operands.first(), Some(Object::Name(name)) if name == b"Artifact");
                    let actual = operands.get(1).and_then(|properties| {
                        let text = properties.as_dict().ok()?.get(b"ActualText").ok()?;
                        lopdf::decode_text_string(text).ok()
                    });
                    // Content that is marked more deeply is no text of people.
                    if marks.len() < 1_000 {
                        marks.push(Mark { is_artifact, actual });
                    }
                }
                "EMC" => drop(marks.pop()),
                "Do" if depth < MAX_DEPTH => {
                    let name = operands.first().and_then(|name| name.as_name().ok());
                    let is_artifact = is_artifact || marks.last().is_some_and(|mark| mark.is_artifact);
                    if let Some(form) = name.and_then(|name| self.form(resources, name)) {
                        let matrix = form.dict.get_deref(b"Matrix", self.document).and_then(Object::as_array);
                        let matrix = matrix.ok().and_then(|numbers| Matrix::of(numbers)).unwrap_or(Matrix::IDENTITY);
                        let inner = State { matrix: matrix.then(state.matrix), ..state.clone() };
                        let own = self.dictionary(&form.dict, b"Resources").or(resources);
                        let drawn = match form.decompressed_content_with_limit(MAX_PAGE_BYTES) {
                            Ok(content) => content,
                            Err(error @ Error::Decompress(_)) => return Err(problem(error)),
                            // It is as it stands where no filter is named.
                            Err(_) => form.content.clone(),
                        };
                        self.draw(&drawn, own, inner, is_artifact, depth + 1, page)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn form(&self, resources: Option<&'a Dictionary>, name: &[u8]) -> Option<&'a Stream> {
        let objects = self.dictionary(resources?, b"XObject")?;
        let stream = objects.get_deref(name, self.document).and_then(Object::as_stream).ok()?;
        stream.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|kind| kind == b"Form").then_some(stream)
    }

    /// Shows strings, moved by the numbers between them, as one run.
    fn show(
        &mut self,
        parts: &[Object],
        state: &State,
        at: &mut Matrix,
        marks: &mut [Mark],
        is_artifact: bool,
        page: &mut Page,
    ) {
        let Some(font) = &state.font else { return };
        let mut text = String::new();
        let start = Matrix::translation(0.0, state.rise).then(*at).then(state.matrix);
        for part in parts {
            match part {
                Object::String(bytes, _) => {
                    for (code, n_bytes) in font.codes(bytes) {
                        let shown = font.text(code, n_bytes);
                        if !shown.as_ref().is_some_and(|shown| shown.trim().is_empty()) {
                            self.n_shown += 1;
                            self.n_known += usize::from(shown.is_some());
                        }
                        text.push_str(shown.as_deref().unwrap_or("\u{FFFD}"));
                        let space = if n_bytes == 1 && code == 32 { state.word_space } else { 0.0 };
                        let width = font.width(code) * state.size + state.char_space + space;
                        *at = Matrix::translation(width * state.stretch, 0.0).then(*at);
                    }
                }
                number => {
                    let Ok(moved) = number.as_float() else { continue };
                    let moved = -moved / 1_000.0;
                    *at = Matrix::translation(moved * state.size * state.stretch, 0.0).then(*at);
                    if moved > layout::LEAST_SPACE && !text.is_empty() && !text.ends_with(' ') {
                        text.push(' ');
                    }
                }
            }
        }
        if let Some(mark) = marks.iter_mut().find(|mark| mark.actual.is_some()) {
            text = mark.actual.as_mut().map(std::mem::take).unwrap_or_default();
        }
        if text.is_empty() {
            return;
        }
        self.n_runs += 1;
        let end = Matrix::translation(0.0, state.rise).then(*at).then(state.matrix);
        let [a, b, c, d, x, y] = start.0;
        page.runs.push(Run {
            text,
            start: [x, y],
            end: [end.0[4], end.0[5]],
            direction: [a, b],
            size: state.size.abs() * c.hypot(d),
            is_artifact: is_artifact || marks.last().is_some_and(|mark| mark.is_artifact),
        });
    }
}
