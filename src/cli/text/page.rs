//! Lines and columns of a given width, measured as a terminal shows them (a CJK character takes two columns).

use anstyle::{AnsiColor, Style};
use textwrap::core::display_width;
use textwrap::{Options, WrapAlgorithm};

/// Least width at which two columns stand side by side: below, each would hold few words.
const TWO_COLUMN_WIDTH: usize = 100;
/// Columns before the content of a point.
const INDENT: usize = 4;
/// Between two columns.
const GUTTER: &str = " │ ";
/// Columns of [`GUTTER`].
const GUTTER_WIDTH: usize = 3;

/// Plain.
pub const PLAIN: Style = Style::new();
/// Titles, names of who holds a position.
pub const BOLD: Style = Style::new().bold();
/// What is read last.
pub const DIM: Style = Style::new().dimmed();
/// Overlaps.
pub const GREEN: Style = Style::new().bold().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Green)));
/// Divergences.
pub const RED: Style = Style::new().bold().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Red)));
/// What one side alone has.
pub const CYAN: Style = Style::new().bold().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Cyan)));
/// Warnings.
pub const YELLOW: Style = Style::new().bold().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Yellow)));

/// A paragraph in one style. Its text is already visible.
#[derive(Debug, Clone)]
pub struct Paragraph {
    /// Style of all its lines.
    pub style: Style,
    /// On one line.
    pub text: String,
}

impl Paragraph {
    /// A paragraph.
    pub fn new(style: Style, text: impl Into<String>) -> Self {
        Self { style, text: text.into() }
    }
}

/// Text that grows line by line.
#[derive(Debug)]
pub struct Page {
    width: usize,
    text: String,
}

impl Page {
    /// An empty page.
    pub fn new(width: usize) -> Self {
        Self { width, text: String::new() }
    }

    /// The text.
    pub fn finish(self) -> String {
        self.text
    }

    /// Adds an empty line.
    pub fn gap(&mut self) {
        self.text.push('\n');
    }

    /// Adds a paragraph whose first line begins with `first` and whose others are indented as far.
    pub fn paragraph(&mut self, first: &str, style: Style, text: &str) {
        let indent = display_width(first);
        for (i, line) in wrap(text, self.width.saturating_sub(indent)).iter().enumerate() {
            if i == 0 {
                self.text.push_str(first);
            } else {
                self.spaces(indent);
            }
            self.styled(style, line);
            self.text.push('\n');
        }
    }

    /// Adds paragraphs, indented.
    pub fn indented(&mut self, paragraphs: &[Paragraph]) {
        for paragraph in paragraphs {
            self.paragraph(&" ".repeat(INDENT), paragraph.style, &paragraph.text);
        }
    }

    /// Adds two columns side by side, or one below the other where the page is narrow or one is
    /// empty.
    pub fn columns(&mut self, left: &[Paragraph], right: &[Paragraph]) {
        if self.width < TWO_COLUMN_WIDTH || right.is_empty() {
            self.indented(left);
            self.indented(right);
            return;
        }
        let width = (self.width - INDENT - GUTTER_WIDTH) / 2;
        let lines = |paragraphs: &[Paragraph]| -> Vec<(Style, String)> {
            let of = |p: &Paragraph| wrap(&p.text, width).into_iter().map(|line| (p.style, line)).collect::<Vec<_>>();
            paragraphs.iter().flat_map(of).collect()
        };
        let (left, right) = (lines(left), lines(right));
        for i in 0..left.len().max(right.len()) {
            self.spaces(INDENT);
            let used = left.get(i).map_or(0, |(style, line)| {
                self.styled(*style, line);
                display_width(line)
            });
            self.spaces(width.saturating_sub(used));
            match right.get(i) {
                Some((style, line)) => {
                    self.styled(DIM, GUTTER);
                    self.styled(*style, line);
                }
                None => self.styled(DIM, GUTTER.trim_end()),
            }
            self.text.push('\n');
        }
    }

    fn spaces(&mut self, n: usize) {
        self.text.extend(std::iter::repeat_n(' ', n));
    }

    fn styled(&mut self, style: Style, line: &str) {
        use std::fmt::Write as _;
        let _ = write!(self.text, "{style}{line}{style:#}");
    }
}

/// The lines of the text; at least one. First-fit, since the optimal fit is quadratic on one word of a megabyte.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let options = Options::new(width.max(1)).wrap_algorithm(WrapAlgorithm::FirstFit);
    let lines: Vec<String> = textwrap::wrap(text, options).into_iter().map(std::borrow::Cow::into_owned).collect();
    if lines.is_empty() { vec![String::new()] } else { lines }
}
