//! The main text of a web page.
//!
//! In: HTML. Out: the text of the article in it, as the reader view of browsers finds it, its title, and the day on which it
//! was published where the page says so. Menus, notices, scripts and footers go; headings, paragraphs, items and rows stay,
//! each on a line of its own. A page in which no article is found is read whole, but for what is never text.

use dom_query::{Document, NodeRef};
use dom_smoothie::Readability;

use super::Extracted;
use super::blocks::Blocks;
use crate::server::limits;

/// Fewest bytes of an article that is taken as it is found. A shorter one may be a part only.
const LEAST_ARTICLE_BYTES: usize = 500;
/// Least share of the page's text that so short an article must have.
const LEAST_SHARE: f64 = 0.25;
/// Most elements of a page, and deepest one, in which the article is looked for: that takes time that grows faster than
/// they do. Real pages have thousands, tens deep.
const MAX_ELEMENTS: usize = 50_000;
const MAX_DEPTH: usize = 300;

/// Elements that are no text to read, wherever they stand.
const HIDDEN: [&str; 24] = [
    "script", "style", "noscript", "template", "iframe", "object", "svg", "math", "canvas", "audio", "video", "button",
    "select", "option", "textarea", "input", "head", "title", "rt", "rp", "map", "datalist", "dialog", "frameset",
];
/// Elements that are around the text of a page. A form is not: some sites have all of a page in one.
const AROUND: [&str; 4] = ["nav", "footer", "aside", "menu"];
/// Elements that end a line of text, and the one after them.
const BLOCKS: [&str; 33] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "caption",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "main",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "ul",
];

/// The text, title and day of the page.
///
/// # Errors
/// When there is no text in it, or too much.
pub fn extract(page: &str) -> Result<Extracted, String> {
    let document = Document::from(page);
    let whole = text_of(&document);
    if !is_within_bounds(&document) {
        return with_text(whole, String::new(), String::new());
    }
    let article = Readability::with_document(document, None, None).and_then(|mut readability| readability.parse());
    let Ok(article) = article else { return with_text(whole, String::new(), String::new()) };
    let text = text_of(&Document::fragment(article.content));
    let is_part = text.len() < LEAST_ARTICLE_BYTES && (text.len() as f64) < LEAST_SHARE * whole.len() as f64;
    let title = article.title.split_whitespace().collect::<Vec<_>>().join(" ");
    let title = title[..title.floor_char_boundary(limits::TITLE_BYTES)].to_owned();
    let date = article.published_time.as_deref().and_then(calendar_date).unwrap_or_default();
    with_text(if is_part { whole } else { text }, title, date)
}

fn with_text(text: String, title: String, date: String) -> Result<Extracted, String> {
    if text.is_empty() {
        return Err("no text in this page: where a script writes it, copy it out of a browser".to_owned());
    }
    Ok(Extracted { text: super::within_limit(text)?, title, date })
}

/// True for a page that the search for an article ends on in good time.
fn is_within_bounds(document: &Document) -> bool {
    let mut n_elements = 0;
    let mut steps = vec![(document.root(), 0)];
    while let Some((node, depth)) = steps.pop() {
        n_elements += usize::from(node.is_element());
        if n_elements > MAX_ELEMENTS || depth > MAX_DEPTH {
            return false;
        }
        steps.extend(node.children_it(false).map(|child| (child, depth + 1)));
    }
    true
}

/// The calendar date that the time begins with ("2026-03-04T10:00:00Z").
fn calendar_date(time: &str) -> Option<String> {
    let date = time.trim().get(..10)?;
    let number = |range: std::ops::Range<usize>| -> Option<u32> {
        let digits = &date[range];
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let is_date = date.is_ascii()
        && &date[4..5] == "-"
        && &date[7..8] == "-"
        && number(0..4)? > 0
        && (1..=12).contains(&number(5..7)?)
        && (1..=31).contains(&number(8..10)?);
    is_date.then(|| date.to_owned())
}

/// The text of a document, without what is around it.
fn text_of(document: &Document) -> String {
    let mut blocks = Blocks::default();
    // The number of the next item of each open list; none in a list with bullets.
    let mut lists: Vec<Option<u64>> = Vec::new();
    // A page can be nested more deeply than a call stack is.
    let mut steps = vec![Step::Open(document.root())];
    while let Some(step) = steps.pop() {
        if blocks.is_too_large() {
            break;
        }
        let node = match step {
            Step::Open(node) => node,
            Step::Close(name) => {
                close(&name, &mut blocks, &mut lists);
                continue;
            }
        };
        if node.is_text() {
            // Where lines are kept as they are, a blank one ends a paragraph.
            let is_kept = node.parent().is_some_and(|parent| parent.has_name("pre"));
            for line in node.text().split_inclusive('\n') {
                if is_kept && line.trim().is_empty() {
                    blocks.end();
                }
                blocks.push(line);
            }
            continue;
        }
        if let Some(name) = node.node_name().filter(|_| node.is_element()) {
            if HIDDEN.contains(&&*name)
                || AROUND.contains(&&*name)
                || node.has_attr("hidden")
                || is_note_mark(&node, &name)
            {
                continue;
            }
            open(&name, &node, &mut blocks, &mut lists);
            steps.push(Step::Close(name.to_string()));
        }
        steps.extend(node.children_it(true).map(Step::Open));
    }
    blocks.finish()
}

enum Step<'a> {
    Open(NodeRef<'a>),
    Close(String),
}

fn open(name: &str, node: &NodeRef, blocks: &mut Blocks, lists: &mut Vec<Option<u64>>) {
    match name {
        "br" => blocks.end_line(),
        "ul" | "ol" => {
            blocks.end();
            let first = || node.attr("start").and_then(|start| start.trim().parse().ok()).unwrap_or(1);
            lists.push((name == "ol").then(first));
        }
        "li" => match lists.last_mut() {
            Some(Some(number)) => {
                blocks.begin_item(&format!("{number}. "));
                *number = number.saturating_add(1);
            }
            _ => blocks.begin_item("- "),
        },
        "tr" => blocks.begin_row(),
        "td" | "th" => blocks.begin_cell(),
        "q" => blocks.push("“"),
        // Paragraphs in an item stand behind its mark.
        _ if BLOCKS.contains(&name) => blocks.end_unless_empty_item(),
        _ => {}
    }
}

fn close(name: &str, blocks: &mut Blocks, lists: &mut Vec<Option<u64>>) {
    match name {
        "ul" | "ol" => {
            blocks.end();
            lists.pop();
        }
        "li" => blocks.end(),
        "tr" => blocks.end_row(),
        "q" => blocks.push("”"),
        _ if BLOCKS.contains(&name) => blocks.end_unless_empty_item(),
        _ => {}
    }
}

/// True for the number of a note, which would be read as a part of the word before it.
fn is_note_mark(node: &NodeRef, name: &str) -> bool {
    let is_link = || {
        node.parent().is_some_and(|parent| parent.has_name("a"))
            || node.children_it(false).any(|child| child.has_name("a"))
    };
    name == "sup" && is_link() && {
        let text = node.text();
        let number = text.trim().trim_matches(['[', ']', '(', ')', '*']);
        number.len() <= 3 && number.bytes().all(|byte| byte.is_ascii_digit())
    }
}

/// The encoding that a page says it has, by its name: in the first kilobyte, as browsers look for it.
pub fn declared_encoding(page: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let head = page[..page.len().min(1_024)].to_ascii_lowercase();
    let mut rest = &head[..];
    while let Some(at) = rest.windows(7).position(|window| window == b"charset") {
        rest = &rest[at + 7..];
        let Some(value) = rest.trim_ascii_start().strip_prefix(b"=") else { continue };
        let value = value.trim_ascii_start();
        let value = value.strip_prefix(b"\"").or(value.strip_prefix(b"'")).unwrap_or(value);
        let end = value.iter().position(|byte| b"\"'> ;/".contains(byte)).unwrap_or(value.len());
        let found = encoding_rs::Encoding::for_label(&value[..end]);
        if found.is_some() {
            return found;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page around the body.
    fn page(body: &str) -> String {
        format!("<!DOCTYPE html><html><head><title>A call</title></head><body>{body}</body></html>")
    }

    #[track_caller]
    fn check(body: &str, expected: Result<&str, &str>) {
        let found = extract(&page(body)).map(|page| page.text);
        assert_eq!(found.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn blocks_are_lines_and_marks_go() {
        check("<p>Aro\n spoke&nbsp;with <b>Vey</b>.</p><p>They\nmet.", Ok("Aro spoke with Vey.\n\nThey met."));
        check(
            "<div>Agreed:<ol start=3><li>one<li><p>two</p><p>more</p></ol></div>",
            Ok("Agreed:\n\n3. one\n4. two\n\nmore"),
        );
        check("<p>双方\n同意。</p>", Ok("双方同意。"));
        check("Port Vey<br>Norland<hr>End", Ok("Port Vey\nNorland\n\nEnd"));
        check("<table><tr><th>Levy<th>Rate<tr><td>Water<td>12 %</table>", Ok("Levy | Rate\nWater | 12 %"));
        check("<pre>Aro met\nVey.\n\nThey spoke.</pre>", Ok("Aro met Vey.\n\nThey spoke."));
        check(
            "<p>He said <q>no</q>.<sup><a>[2]</a></sup> On the 5<sup>th</sup> <span hidden>x</span>day.",
            Ok("He said “no”. On the 5th day."),
        );
    }

    #[test]
    fn what_is_around_a_text_is_no_part_of_it() {
        let text = "The Minister of Norland reaffirmed the accord, and asked for a new talk in the autumn.".repeat(3);
        let body = format!(
            "<div class=cookie-banner><p>We use cookies.</p></div><nav><a href=/>News</a></nav><article><p>{text}</p><p>{text}</p>\
             <script>no()</script></article><aside>Related</aside><footer>Imprint</footer>"
        );
        check(&body, Ok(&format!("{text}\n\n{text}")));
        check("<nav>Menu</nav><p>Aro met Vey.</p><footer>Imprint</footer>", Ok("Aro met Vey."));
        let empty = "no text in this page: where a script writes it, copy it out of a browser";
        check("<nav>Menu</nav><script>no()</script>", Err(empty));
    }

    #[test]
    fn title_and_day_are_those_of_the_page() {
        let text = "<p>The Minister of Norland reaffirmed the accord, and asked for a talk.</p>".repeat(9);
        let dated = |time: &str| {
            let head = format!(
                "<html><title>A call with Vey</title><meta property=article:published_time content=\"{time}\">"
            );
            extract(&format!("{head}<article>{text}</article>")).expect("it is a page")
        };
        let page = dated("2031-04-02T09:30:00+02:00");
        assert_eq!((page.title.as_str(), page.date.as_str()), ("A call with Vey", "2031-04-02"));
        for wrong in ["2031-13-02", "2031-04-00T", "April 2031", "2031年04月", ""] {
            assert_eq!(dated(wrong).date, "", "{wrong}");
        }
    }

    #[test]
    fn a_page_that_is_nested_deeply_is_read() {
        for tags in ["<div>", "<ul><li>", "<table><tr><td>", "<b><p>", "<a><span>"] {
            let deep = extract(&format!("<html>{}Aro met Vey.", tags.repeat(10_000))).expect("it is read");
            assert!(deep.text.ends_with("Aro met Vey."), "{tags}: {:.100}", deep.text);
        }
    }

    #[test]
    fn the_encoding_is_found_where_browsers_look_for_it() {
        let check = |page: &str, expected: Option<&'static encoding_rs::Encoding>| {
            assert_eq!(declared_encoding(page.as_bytes()), expected)
        };
        check("<meta charset=gbk>", Some(encoding_rs::GBK));
        check("<META CHARSET = 'Big5' />", Some(encoding_rs::BIG5));
        check(
            "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=windows-1251\">",
            Some(encoding_rs::WINDOWS_1251),
        );
        check("<script charset=none></script><meta charset=gbk>", Some(encoding_rs::GBK));
        check("<meta charset>", None);
        check(&format!("{}<meta charset=gbk>", " ".repeat(2_000)), None);
    }
}
