//! From text at places on pages to paragraphs.
//!
//! In: runs of characters with where they begin and end, in the order in which they are drawn, which is the order of reading
//! in what office programs, browsers and TeX write. Out: one text. Runs on one height become lines; lines become paragraphs
//! by their distance, their indent and their length: a line that had room for the next word was ended on purpose.

use std::collections::HashMap;

use super::super::blocks::{Blocks, is_written_without_spaces};

/// Least gap between two runs, in sizes of the font, that is a space. Kerning stays below, spaces are from .2 on.
pub const LEAST_SPACE: f32 = 0.15;
/// Farthest that a run may be above or below the line that it belongs to, in sizes: raised numbers are a third.
const SAME_LINE: f32 = 0.5;
/// Distance of lines, as a share of the least one on the page, from which a paragraph ends.
const PARAGRAPH_GAP: f32 = 1.35;
/// Least indent of a first line, in sizes.
const LEAST_INDENT: f32 = 0.8;
/// Farthest that headings and page numbers are from the edge of a page, in lines.
const EDGE_LINES: usize = 2;

/// A page, as what is drawn on it.
#[derive(Debug, Default)]
pub struct Page {
    pub runs: Vec<Run>,
}

/// Text that is drawn in one go.
#[derive(Debug)]
pub struct Run {
    pub text: String,
    pub start: [f32; 2],
    pub end: [f32; 2],
    /// Along the line, of any length.
    pub direction: [f32; 2],
    /// Of the font, on the page.
    pub size: f32,
    /// Drawn as no part of the text, such as a page number, as the file says.
    pub is_artifact: bool,
}

/// Runs that stand beside each other.
#[derive(Debug, Clone)]
struct Line {
    text: String,
    left: f32,
    right: f32,
    /// Height of the line on the page, which grows upwards.
    height: f32,
    size: f32,
}

/// The text on the pages.
pub fn text(pages: Vec<Page>) -> String {
    let n_chars = |is_artifact: bool| -> usize {
        let runs = pages.iter().flat_map(|page| &page.runs).filter(|run| run.is_artifact == is_artifact);
        runs.map(|run| run.text.len()).sum()
    };
    // Some programs say of all text that it is none.
    let skip_artifacts = n_chars(true) < n_chars(false);
    let mut pages: Vec<Vec<Line>> = pages
        .into_iter()
        .map(|mut page| {
            page.runs.retain(|run| !(skip_artifacts && run.is_artifact));
            lines(page.runs)
        })
        .collect();
    let all = pages.clone();
    drop_running_lines(&mut pages);
    if pages.iter().all(Vec::is_empty) {
        // Pages that are alike are a text, too.
        pages = all;
    }
    let joined = Hyphens::of(&pages);
    let mut blocks = Blocks::default();
    let mut paragraph: Vec<Line> = Vec::new();
    for lines in pages {
        let leading = leading(&lines);
        let mut is_first = true;
        for line in &lines {
            let goes_on = paragraph.last().is_some_and(|before| {
                let is_below = !is_first && before.height > line.height;
                let rights = lines.iter().filter(|other| (other.left - before.left).abs() < 4.0 * before.size);
                let right = rights.map(|line| line.right).fold(before.right, f32::max);
                goes_on(&paragraph, line, is_below.then_some(leading), right)
            });
            if !goes_on {
                write(&mut paragraph, &joined, &mut blocks);
            }
            paragraph.push(line.clone());
            is_first = false;
        }
        if blocks.is_too_large() {
            break;
        }
    }
    write(&mut paragraph, &joined, &mut blocks);
    blocks.finish()
}

/// The lines of a page. What is not written in the direction of most of it, such as a stamp across it, is left out.
fn lines(runs: Vec<Run>) -> Vec<Line> {
    let turn_of = |run: &Run| {
        let [a, b] = run.direction;
        let turns = b.atan2(a) / std::f32::consts::FRAC_PI_2;
        ((turns - turns.round()).abs() < 0.06).then_some((turns.round() as i32).rem_euclid(4))
    };
    let mut counts = [0_usize; 4];
    for run in &runs {
        if let Some(turn) = turn_of(run) {
            counts[turn as usize] += run.text.len();
        }
    }
    let main = (0..4).max_by_key(|&turn| (counts[turn], 4 - turn)).unwrap_or(0) as i32;
    let turned = |[x, y]: [f32; 2]| match main {
        0 => [x, y],
        1 => [y, -x],
        2 => [-x, -y],
        _ => [-y, x],
    };
    let mut lines: Vec<Line> = Vec::new();
    for run in runs.into_iter().filter(|run| turn_of(run) == Some(main)) {
        let ([left, height], [right, _]) = (turned(run.start), turned(run.end));
        if ![left, right, height, run.size].iter().all(|number| number.is_finite()) {
            continue;
        }
        add(&mut lines, Line { text: run.text, left: left.min(right), right: right.max(left), height, size: run.size });
    }
    lines.retain(|line| !line.text.trim().is_empty());
    lines
}

/// Adds a run, to the last line where it stands beside that.
fn add(lines: &mut Vec<Line>, run: Line) {
    let Some(line) = lines.last_mut() else {
        lines.push(run);
        return;
    };
    let size = line.size.max(run.size);
    let is_beside = (run.height - line.height).abs() < SAME_LINE * size;
    // Bold letters are sometimes the same ones drawn twice.
    if is_beside && run.text.trim() == line.text.trim() && (run.left - line.left).abs() < 0.1 * size {
        return;
    }
    let is_right_to_left =
        run.text.chars().any(is_right_to_left) || line.text.chars().rev().take(8).any(is_right_to_left);
    let gap = if is_right_to_left && run.right < line.left + 0.5 * size {
        line.left - run.right
    } else {
        run.left - line.right
    };
    if !is_beside || gap < -0.5 * size {
        lines.push(run);
        return;
    }
    let is_raised = run.height > line.height + 0.15 * size && run.size < 0.9 * line.size;
    if is_raised && run.text.trim().bytes().all(|byte| byte.is_ascii_digit() || b",*[]()".contains(&byte)) {
        // The number of a note.
        line.right = line.right.max(run.right);
        return;
    }
    let (last, first) = (line.text.chars().next_back(), run.text.chars().next());
    let without = |c: Option<char>| c.is_some_and(is_written_without_spaces);
    let least = if without(last) && without(first) { 1.5 } else { LEAST_SPACE };
    let blank = |c: Option<char>| c.is_none_or(char::is_whitespace);
    if gap > least * size && !blank(last) && !blank(first) {
        line.text.push(' ');
    }
    line.text.push_str(&run.text);
    (line.left, line.right) = (line.left.min(run.left), line.right.max(run.right));
    if run.size > line.size && !run.text.trim().is_empty() {
        (line.size, line.height) = (run.size, run.height);
    }
}

fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}')
}

/// The distance of lines in paragraphs: that of the nearest quarter.
fn leading(lines: &[Line]) -> f32 {
    let distance = |pair: &[Line]| pair[0].height - pair[1].height;
    let mut distances: Vec<f32> = lines
        .windows(2)
        .filter(|pair| distance(pair) > 0.5 * pair[1].size && distance(pair) < 4.0 * pair[1].size)
        .map(|pair| distance(pair) / pair[1].size)
        .collect();
    distances.sort_by(f32::total_cmp);
    distances.get(distances.len() / 4).copied().unwrap_or(1.2)
}

/// True when the line belongs to the paragraph before it. `leading` is none at the top of a page or column; `right` is where
/// the lines of the paragraph could end.
fn goes_on(paragraph: &[Line], line: &Line, leading: Option<f32>, right: f32) -> bool {
    let Some(before) = paragraph.last() else { return false };
    let size = line.size.max(before.size);
    let is_ended = ends_sentence(&before.text);
    let has_bullet = starts_with_bullet(&line.text);
    if line.size.min(before.size) < 0.88 * size || (has_bullet && starts_with_mark(&paragraph[0].text)) {
        return false;
    }
    let starts_low = line.text.trim_start().chars().next().is_some_and(char::is_lowercase);
    let first_word = line.text.trim_start().split(' ').next().unwrap_or_default();
    let first_word = if first_word.contains(is_written_without_spaces) { 1 } else { first_word.chars().count() };
    let per_char = (line.right - line.left) / line.text.chars().count().max(1) as f32;
    let had_room = right - before.right > per_char * (first_word as f32 + 1.0) + 1.5 * line.size;
    let Some(leading) = leading else {
        // A sentence can go on over the page, a paragraph after it need not.
        return !is_ended && !has_bullet && (starts_low || !had_room);
    };
    if before.height - line.height > PARAGRAPH_GAP * leading * size.min(line.size) {
        return false;
    }
    if has_bullet || (starts_with_mark(&line.text) && (is_ended || had_room)) {
        return false;
    }
    let moved = (line.left - before.left) / size;
    let is_centred = (line.left + line.right - before.left - before.right).abs() < size && moved.abs() > 0.3;
    if is_centred {
        return !is_ended;
    }
    let hangs = starts_with_mark(&before.text) || starts_low;
    if (moved > LEAST_INDENT && !hangs) || (moved < -LEAST_INDENT && paragraph.len() > 1 && is_ended) {
        return false;
    }
    !had_room || (starts_low && !is_ended)
}

fn ends_sentence(text: &str) -> bool {
    let text = text.trim_end().trim_end_matches(['"', '”', '’', '\'', ')', '）', '」', '』', '»']);
    text.ends_with(['.', '!', '?', ':', ';', '…', '。', '！', '？', '：', '；'])
}

/// Bullets; the last two are those of the font Symbol.
const BULLETS: [char; 12] = ['•', '●', '▪', '◦', '‣', '○', '■', '□', '►', '❖', '\u{F0B7}', '\u{F0A7}'];

fn starts_with_bullet(text: &str) -> bool {
    text.trim_start().starts_with(BULLETS)
}

/// True for the beginning of an item: a bullet, a dash, or a short number or letter with its stop or parenthesis.
fn starts_with_mark(text: &str) -> bool {
    let text = text.trim_start();
    if starts_with_bullet(text) || ["- ", "– ", "— "].iter().any(|dash| text.starts_with(dash)) {
        return true;
    }
    let (mark, after) = text.split_once([')', '.', '、', '）']).unwrap_or((text, ""));
    let mark = mark.trim_start_matches(['(', '（']);
    let is_numbered = (1..=3).contains(&mark.chars().count()) && mark.chars().all(char::is_alphanumeric);
    is_numbered && (after.starts_with(' ') || text.contains(['、', '）']))
}

/// Takes out page numbers, and lines that stand at the same edge of half of the pages.
fn drop_running_lines(pages: &mut [Vec<Line>]) {
    // Heights and sizes of the lines at an edge that read alike.
    let mut alike: HashMap<(bool, String), Vec<(f32, f32)>> = HashMap::new();
    let edges: Vec<Vec<(usize, bool)>> = pages.iter().map(|lines| edges(lines)).collect();
    for (lines, edges) in pages.iter().zip(&edges) {
        for &(at, is_top) in edges {
            let line = &lines[at];
            alike.entry((is_top, shape(&line.text))).or_default().push((line.height, line.size));
        }
    }
    let n_needed = pages.len().div_ceil(2).max(2);
    for (place, (lines, edges)) in pages.iter_mut().zip(&edges).enumerate() {
        let is_running = |&&(at, is_top): &&(usize, bool)| {
            let line = &lines[at];
            let others = alike.get(&(is_top, shape(&line.text))).map_or(&[][..], Vec::as_slice);
            let is_same =
                |(height, size): &&(f32, f32)| (height - line.height).abs() < 1.0 && (size - line.size).abs() < 0.5;
            // The title on the first page can be the running head of the others; it looks otherwise.
            let n_alike = if place == 0 && is_top { others.iter().filter(is_same).count() } else { others.len() };
            is_page_number(&line.text) || n_alike >= n_needed
        };
        let mut dropped: Vec<usize> = edges.iter().filter(is_running).map(|&(at, _)| at).collect();
        dropped.sort_unstable();
        dropped.dedup();
        for at in dropped.into_iter().rev() {
            lines.remove(at);
        }
    }
}

/// The highest and lowest lines of a page, with true for those at the top.
fn edges(lines: &[Line]) -> Vec<(usize, bool)> {
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_by(|&a, &b| lines[b].height.total_cmp(&lines[a].height));
    let n_edge = EDGE_LINES.min(lines.len());
    let top = order.iter().take(n_edge).map(|&at| (at, true));
    let bottom = order.iter().rev().take(n_edge).map(|&at| (at, false));
    top.chain(bottom).collect()
}

/// The text with all numbers alike.
fn shape(text: &str) -> String {
    let mut shape = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        match c.is_numeric() {
            true if shape.ends_with('#') => {}
            true => shape.push('#'),
            false => shape.push(c),
        }
    }
    shape
}

/// True for "3", "- 3 -", "3/5", "Page 3 of 5", "第3页".
fn is_page_number(text: &str) -> bool {
    let lower = text.to_lowercase();
    let is_mark = |c: char| c.is_whitespace() || "-–—/|·[]()第共页頁,，".contains(c);
    let mut words = lower.split(|c: char| is_mark(c) || c.is_ascii_digit()).filter(|word| !word.is_empty());
    let n_digits = lower.bytes().filter(u8::is_ascii_digit).count();
    (1..=6).contains(&n_digits)
        && words.all(|word| {
            ["page", "of", "p.", "p", "seite", "von", "página", "de", "sur", "страница", "из"].contains(&word)
        })
        && lower.split(|c: char| !c.is_ascii_digit()).all(|number| number.len() <= 3)
}

/// Words of the file, which tell whether a hyphen at the end of a line belongs to the word.
struct Hyphens {
    whole: std::collections::HashSet<String>,
}

/// First parts of words that are mostly written with a hyphen.
const HYPHENATED: [&str; 24] = [
    "all", "anti", "co", "cross", "ex", "first", "four", "half", "high", "long", "low", "mid", "multi", "non", "one",
    "post", "pre", "pro", "second", "self", "short", "three", "two", "well",
];

impl Hyphens {
    fn of(pages: &[Vec<Line>]) -> Self {
        let words = |line: &Line| -> Vec<String> {
            let within = line.text.trim_end();
            let words = within.split(|c: char| !c.is_alphanumeric() && c != '-').filter(|word| !word.ends_with('-'));
            words.filter(|word| word.len() > 3).map(str::to_lowercase).collect()
        };
        Self { whole: pages.iter().flatten().flat_map(words).collect() }
    }

    /// Puts the line behind the text.
    fn join(&self, text: &mut String, line: &str) {
        let line = line.trim();
        let broken = text.strip_suffix(['-', '\u{2010}', '\u{AD}']).filter(|rest| rest.ends_with(char::is_alphabetic));
        let Some(rest) = broken.filter(|_| line.starts_with(char::is_alphabetic)) else {
            // Between characters of Chinese, and between them and figures, there is no space.
            let is_joined = text.ends_with(is_written_without_spaces) || line.starts_with(is_written_without_spaces);
            if !text.is_empty() && !is_joined {
                text.push('\n');
            }
            text.push_str(line);
            return;
        };
        let part = |text: &str| {
            text.rsplit(|c: char| !c.is_alphanumeric() && c != '-').next().unwrap_or_default().to_lowercase()
        };
        let (first, second) = (part(rest), line.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default());
        let is_whole = |word: String| self.whole.contains(&word.to_lowercase());
        let keeps = !text.ends_with('\u{AD}')
            && (!line.starts_with(char::is_lowercase)
                || is_whole(format!("{first}-{second}"))
                || (!is_whole(format!("{first}{second}"))
                    && (first.contains('-') || HYPHENATED.contains(&first.as_str()))));
        if !keeps {
            text.truncate(rest.len());
        }
        text.push_str(line);
    }
}

/// Writes the paragraph down and empties it.
fn write(paragraph: &mut Vec<Line>, hyphens: &Hyphens, blocks: &mut Blocks) {
    let mut text = String::new();
    for line in paragraph.drain(..) {
        hyphens.join(&mut text, &line.text);
    }
    let text = match text.trim_start().strip_prefix(BULLETS) {
        Some(item) => {
            blocks.begin_item("- ");
            item
        }
        None => &text,
    };
    let mut buffer = [0; 4];
    let (mut before, mut after) = (None, text.chars().filter(|c| !c.is_whitespace()).peekable());
    for c in text.chars() {
        // Chinese is set in full width by gaps between its characters.
        if c.is_whitespace() {
            let is_gap = |c: Option<char>| c.is_some_and(is_written_without_spaces);
            if is_gap(before) && is_gap(after.peek().copied()) {
                continue;
            }
        } else {
            before = after.next();
        }
        let letters = match c {
            '\u{FB00}' => "ff",
            '\u{FB01}' => "fi",
            '\u{FB02}' => "fl",
            '\u{FB03}' => "ffi",
            '\u{FB04}' => "ffl",
            '\u{FB05}' | '\u{FB06}' => "st",
            _ => c.encode_utf8(&mut buffer),
        };
        blocks.push(letters);
    }
    blocks.end();
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run of letters half as wide as high, in size 10.
    fn run(left: f32, height: f32, text: &str) -> Run {
        let right = left + 5.0 * text.chars().count() as f32;
        Run {
            text: text.to_owned(),
            start: [left, height],
            end: [right, height],
            direction: [1.0, 0.0],
            size: 10.0,
            is_artifact: false,
        }
    }

    fn page(runs: Vec<Run>) -> Page {
        Page { runs }
    }

    /// A page of lines, 12 apart, from the top of a page; an empty one leaves its place free.
    fn lines_at(left: f32, texts: &[&str]) -> Vec<Run> {
        let runs = texts.iter().zip(1..).filter(|(text, _)| !text.is_empty());
        runs.map(|(text, n)| run(left, 800.0 - 12.0 * n as f32, text)).collect()
    }

    #[track_caller]
    fn check(pages: Vec<Vec<Run>>, expected: &str) {
        assert_eq!(text(pages.into_iter().map(page).collect()), expected);
    }

    #[test]
    fn runs_beside_each_other_are_a_line() {
        check(
            vec![vec![run(0.0, 9.0, "Aro"), run(15.3, 9.0, "sson"), run(38.0, 9.0, "met"), run(53.0, 9.0, " Vey.")]],
            "Arosson met Vey.",
        );
        let bold = vec![run(0.0, 9.0, "Aro"), run(0.3, 9.0, "Aro"), run(20.0, 9.0, "met")];
        check(vec![bold], "Aro met");
        let note = Run { size: 6.0, ..run(20.0, 13.0, "12") };
        check(vec![vec![run(0.0, 9.0, "Vey."), note, run(35.0, 9.0, "He")]], "Vey. He");
        let stamp = Run { direction: [1.0, 1.0], ..run(0.0, 9.0, "COPY") };
        check(vec![vec![stamp, run(0.0, 9.0, "Aro met")]], "Aro met");
        let upwards =
            |x: f32, text: &str| Run { start: [x, 0.0], end: [x, 50.0], direction: [0.0, 1.0], ..run(0.0, 0.0, text) };
        check(vec![vec![upwards(20.0, "Aro met"), upwards(32.0, "Vey here.")]], "Aro met Vey here.");
        let artifact = Run { is_artifact: true, ..run(0.0, 9.0, "Head") };
        check(vec![vec![artifact, run(0.0, 5.0, "Aro met")]], "Aro met");
    }

    #[test]
    fn lines_become_paragraphs() {
        check(
            vec![lines_at(
                0.0,
                &[
                    "The ministers of both countries met",
                    "in the port of Vey.",
                    "They spoke of the levy on timber and",
                    "agreed.",
                ],
            )],
            "The ministers of both countries met in the port of Vey.\n\nThey spoke of the levy on timber and agreed.",
        );
        check(
            vec![lines_at(
                0.0,
                &[
                    "The ministers of both countries met.",
                    "They agreed on water and on timber.",
                    "",
                    "Aro spoke of the levy on timber too.",
                ],
            )],
            "The ministers of both countries met. They agreed on water and on timber.\n\nAro spoke of the levy on timber too.",
        );
        let items = [
            "They agreed to do all of these things:",
            "• to meet in the port of Vey at the end",
            "of June;",
            "• to return the ship.",
            "1. This is a point of the whole list",
        ];
        check(
            vec![lines_at(0.0, &items)],
            "They agreed to do all of these things:\n\n- to meet in the port of Vey at the end of June;\n- to return the ship.\n\n\
             1. This is a point of the whole list",
        );
        check(
            vec![lines_at(0.0, &["双方同意恢复两国间的", "货运列车 和 渡轮。"])],
            "双方同意恢复两国间的货运列车和渡轮。",
        );
    }

    #[test]
    fn broken_words_are_put_together() {
        let check = |lines: &[&str], expected: &str| {
            let mut joined = String::new();
            let hyphens = Hyphens::of(&[super::lines(lines_at(0.0, lines))]);
            for line in lines {
                hyphens.join(&mut joined, line);
            }
            assert_eq!(joined, expected);
        };
        check(&["the inter-", "national court"], "the international court");
        check(&["a long-", "term plan"], "a long-term plan");
        check(&["the ceasefire, the cease-", "fire line"], "the ceasefire, the ceasefire line");
        check(&["a coal-fired plant, a coal-", "fired one"], "a coal-fired plant, a coal-fired one");
        check(&["Ruiz-", "Ortega"], "Ruiz-Ortega");
        check(&["in 2031-", "2032"], "in 2031-\n2032");
        check(&["soft\u{AD}", "ware"], "software");
    }

    #[test]
    fn page_numbers_and_running_lines_go_and_sentences_go_over_pages() {
        let first = ["Head", "A call", "", "The ministers of both countries met in", "", "Ministry of Aro | 2031", "1"];
        let second = ["Head", "", "", "the port of Vey. They agreed on a levy.", "", "Ministry of Aro | 2031", "2"];
        check(
            vec![lines_at(0.0, &first), lines_at(0.0, &second)],
            "A call\n\nThe ministers of both countries met in the port of Vey. They agreed on a levy.",
        );
        check(vec![lines_at(0.0, &["Same"]), lines_at(0.0, &["Same"])], "Same Same");
        for number in ["3", "- 3 -", "3/5", "Page 3 of 5", "第3页", "Seite 12 von 14"] {
            assert!(is_page_number(number), "{number}");
        }
        for text in ["2031", "in 30 days", "12 percent", "", "page", "3."] {
            assert!(!is_page_number(text), "{text}");
        }
    }

    #[test]
    fn what_no_page_has_is_no_text() {
        check(vec![], "");
        check(vec![vec![]], "");
        let nowhere = Run { start: [f32::NAN, f32::INFINITY], ..run(0.0, 0.0, "Aro") };
        check(vec![vec![nowhere, run(0.0, 9.0, " ")]], "");
    }
}
