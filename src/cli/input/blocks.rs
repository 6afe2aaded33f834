//! Paragraphs, list items and table rows, written down as plain text.
//!
//! In: pieces of text and where blocks begin and end. Out: one text, in which a block is a line: paragraphs with a blank
//! line between, items and rows without. A line is where the pipeline ends a sentence, so a block must not be broken over
//! lines, nor two blocks stand on one.

/// Longest cell, in characters, that shares a line with the others of its row. Longer ones are sentences.
const MAX_CELL_CHARS: usize = 80;

/// A text in the making.
#[derive(Debug, Default)]
pub struct Blocks {
    text: String,
    /// The last block of the text was an item or a row.
    text_ends_tight: bool,
    /// The block that is being written.
    block: String,
    /// White space that comes before the next character of the block.
    space: Option<Space>,
    /// What the next block begins with, when it gets a character: the mark of an item.
    mark: String,
    /// The block that is being written is an item or a row.
    is_tight: bool,
    /// Rows that are open, the innermost last, as their cells' blocks.
    rows: Vec<Vec<Vec<String>>>,
    /// Bytes written down so far, in rows too.
    n_bytes: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Space {
    Within,
    /// The end of a line of the source, which is no space between characters that are written without.
    LineEnd,
}

impl Blocks {
    /// Adds text to the block: white space as single spaces, and nothing of what cannot be seen.
    pub fn push(&mut self, text: &str) {
        for c in text.chars() {
            self.push_char(c);
        }
    }

    fn push_char(&mut self, c: char) {
        if c.is_whitespace() {
            let is_line_end = matches!(c, '\n' | '\r') || self.space == Some(Space::LineEnd);
            self.space = Some(if is_line_end { Space::LineEnd } else { Space::Within });
            return;
        }
        // Soft hyphens say where a word may be broken, zero-width spaces where a line may.
        if c.is_control() || matches!(c, '\u{AD}' | '\u{200B}' | '\u{FEFF}') {
            return;
        }
        if self.block.is_empty() {
            self.block.push_str(&self.mark);
            self.mark.clear();
        } else if let Some(space) = self.space {
            let is_joined = space == Space::LineEnd
                && is_written_without_spaces(c)
                && self.block.ends_with(is_written_without_spaces);
            if !is_joined {
                self.block.push(' ');
            }
        }
        self.space = None;
        self.block.push(c);
    }

    /// Ends the block, if there is one; the next is a paragraph.
    pub fn end(&mut self) {
        self.space = None;
        self.mark.clear();
        let is_tight = std::mem::take(&mut self.is_tight);
        if !self.block.is_empty() {
            let block = std::mem::take(&mut self.block);
            self.write(block, is_tight);
        }
    }

    /// Ends the block as [`Self::end`] does, but leaves an item that has no text yet its mark.
    pub fn end_unless_empty_item(&mut self) {
        if self.mark.is_empty() || !self.block.is_empty() {
            self.end();
        }
    }

    /// Ends the line: what follows stands right under it.
    pub fn end_line(&mut self) {
        if !self.block.is_empty() {
            self.is_tight = true;
            self.end();
            self.is_tight = true;
        }
    }

    /// Begins an item of a list, which has this mark.
    pub fn begin_item(&mut self, mark: &str) {
        self.end();
        self.mark = mark.to_owned();
        self.is_tight = true;
    }

    /// Begins a row of a table, which may be in a cell of another.
    pub fn begin_row(&mut self) {
        self.end();
        self.mark.clear();
        self.rows.push(Vec::new());
    }

    /// Begins a cell of the row.
    pub fn begin_cell(&mut self) {
        self.end();
        if let Some(row) = self.rows.last_mut() {
            row.push(Vec::new());
        }
    }

    /// Ends the row: short cells become one line, longer ones a paragraph each.
    pub fn end_row(&mut self) {
        self.end();
        let Some(row) = self.rows.pop() else { return };
        let is_short =
            |cell: &Vec<String>| cell.len() <= 1 && cell.iter().all(|text| text.chars().count() <= MAX_CELL_CHARS);
        let is_line = row.iter().all(is_short);
        let blocks: Vec<String> = row.into_iter().flatten().collect();
        if !is_line {
            for block in blocks {
                self.write(block, false);
            }
        } else if !blocks.is_empty() {
            self.write(blocks.join(" | "), true);
        }
    }

    /// True when the text is larger than any that is read, so that its making can stop.
    pub fn is_too_large(&self) -> bool {
        self.n_bytes + self.block.len() > super::MAX_BYTES
    }

    /// The text.
    pub fn finish(mut self) -> String {
        self.end();
        while !self.rows.is_empty() {
            self.end_row();
        }
        self.text
    }

    fn write(&mut self, block: String, is_tight: bool) {
        self.n_bytes += block.len();
        if let Some(row) = self.rows.last_mut() {
            match row.last_mut() {
                Some(cell) => cell.push(block),
                // Text between the row and its first cell.
                None => row.push(vec![block]),
            }
            return;
        }
        if !self.text.is_empty() {
            self.text.push_str(if is_tight && self.text_ends_tight { "\n" } else { "\n\n" });
        }
        self.text.push_str(&block);
        self.text_ends_tight = is_tight;
    }
}

/// True for characters of Chinese and Japanese, and their punctuation.
pub fn is_written_without_spaces(c: char) -> bool {
    matches!(c, '\u{2E80}'..='\u{303F}' | '\u{3041}'..='\u{30FF}' | '\u{3100}'..='\u{312F}' | '\u{31A0}'..='\u{31FF}'
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FE30}'..='\u{FE4F}'
        | '\u{FF01}'..='\u{FF60}' | '\u{20000}'..='\u{323AF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(write: impl Fn(&mut Blocks), expected: &str) {
        let mut blocks = Blocks::default();
        write(&mut blocks);
        assert_eq!(blocks.finish(), expected);
    }

    #[test]
    fn white_space_is_single_and_none_where_it_is_not_written() {
        check(|blocks| blocks.push(" Aro \n met\u{A0}\tVey\u{AD}s.\u{7} "), "Aro met Veys.");
        check(|blocks| blocks.push("双方\n  同意，\r\n恢复 Aro\n列车 。"), "双方同意，恢复 Aro 列车 。");
        check(|blocks| ["Aro", "", " ", "met"].iter().for_each(|piece| blocks.push(piece)), "Aro met");
        check(|blocks| blocks.push("한국\n정부"), "한국 정부");
    }

    #[test]
    fn paragraphs_are_apart_and_items_and_lines_are_not() {
        let write = |blocks: &mut Blocks| {
            blocks.push("Agreed:");
            blocks.end();
            for (mark, text) in [("- ", "one"), ("- ", ""), ("2. ", "two")] {
                blocks.begin_item(mark);
                blocks.push(text);
            }
            blocks.end();
            blocks.end();
            blocks.push("Port Vey");
            blocks.end_line();
            blocks.push("Norland");
            blocks.end();
            blocks.push("End");
        };
        check(write, "Agreed:\n\n- one\n2. two\nPort Vey\nNorland\n\nEnd");
    }

    #[test]
    fn short_cells_are_a_line_and_long_ones_are_paragraphs() {
        let long = "a ".repeat(50);
        let row = |blocks: &mut Blocks, cells: &[&str]| {
            blocks.begin_row();
            for cell in cells {
                blocks.begin_cell();
                blocks.push(cell);
                blocks.end();
            }
            blocks.end_row();
        };
        check(
            |blocks| {
                row(blocks, &["Levy", "12 percent"]);
                row(blocks, &["", ""]);
                row(blocks, &["Water", "", "yes"]);
                row(blocks, &["Text", &long]);
            },
            &format!("Levy | 12 percent\nWater | yes\n\nText\n\n{}", long.trim()),
        );
        let nested = |blocks: &mut Blocks| {
            blocks.begin_row();
            blocks.push("before");
            blocks.begin_cell();
            row(blocks, &["a", "b"]);
            blocks.begin_cell();
            blocks.push("c");
        };
        check(nested, "before | a | b | c");
        check(Blocks::end_row, "");
    }
}
