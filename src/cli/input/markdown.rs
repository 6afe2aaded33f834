//! The text of Markdown, without its marks.
//!
//! In: CommonMark with the tables and notes that GitHub reads. Out: headings, paragraphs, items and rows, each on a line of
//! its own, so that a sentence that is broken over lines of the file is one again. Blocks of HTML are left out, and so is
//! the block of settings that static sites have at the top.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::blocks::Blocks;

/// The text.
///
/// # Errors
/// When it is larger than any that is read.
pub fn text(source: &str) -> Result<String, String> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS;
    let mut blocks = Blocks::default();
    // The number of the next item of each open list; none in a list with bullets.
    let mut lists: Vec<Option<u64>> = Vec::new();
    // Open elements that are no text.
    let mut n_hidden = 0_usize;
    for event in Parser::new_ext(source, options) {
        match event {
            Event::Start(Tag::MetadataBlock(_) | Tag::Image { .. } | Tag::HtmlBlock) => n_hidden += 1,
            Event::End(TagEnd::MetadataBlock(_) | TagEnd::Image | TagEnd::HtmlBlock) => {
                n_hidden = n_hidden.saturating_sub(1)
            }
            _ if n_hidden > 0 => {}
            Event::Text(text) | Event::Code(text) => blocks.push(&text),
            Event::SoftBreak => blocks.push("\n"),
            Event::HardBreak => blocks.end_line(),
            Event::Start(Tag::List(first)) => {
                blocks.end();
                lists.push(first);
            }
            Event::End(TagEnd::List(_)) => {
                blocks.end();
                lists.pop();
            }
            Event::Start(Tag::Item) => match lists.last_mut() {
                Some(Some(number)) => {
                    blocks.begin_item(&format!("{number}. "));
                    *number = number.saturating_add(1);
                }
                _ => blocks.begin_item("- "),
            },
            // The text of an item that is a paragraph stands behind its mark, as that of others does.
            Event::Start(Tag::Paragraph) => blocks.end_unless_empty_item(),
            Event::Start(Tag::TableHead | Tag::TableRow) => blocks.begin_row(),
            Event::End(TagEnd::TableHead | TagEnd::TableRow) => blocks.end_row(),
            Event::Start(Tag::TableCell) => blocks.begin_cell(),
            Event::Start(Tag::Heading { .. } | Tag::BlockQuote(_) | Tag::CodeBlock(_) | Tag::FootnoteDefinition(_))
            | Event::End(
                TagEnd::Paragraph
                | TagEnd::Heading(_)
                | TagEnd::BlockQuote(_)
                | TagEnd::CodeBlock
                | TagEnd::FootnoteDefinition
                | TagEnd::Item,
            )
            | Event::Rule => blocks.end(),
            _ => {}
        }
        if blocks.is_too_large() {
            break;
        }
    }
    super::within_limit(blocks.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, expected: &str) {
        assert_eq!(text(source).as_deref(), Ok(expected));
    }

    #[test]
    fn marks_go_and_blocks_stay() {
        check(
            "# Readout of a *call*\n\nAro spoke\nwith **Vey**.\nThey [agreed](http://a.example).",
            "Readout of a call\n\nAro spoke with Vey. They agreed.",
        );
        check("双方同意\n恢复列车。", "双方同意恢复列车。");
        check(
            "They agreed:\n\n- on *one*\n  thing\n- on two\n\n  and three\n",
            "They agreed:\n\n- on one thing\n- on two\n\nand three",
        );
        check("3. a\n4. b\n   - c\n", "3. a\n4. b\n- c");
        check("> Aro &amp; Vey\\\n> met.\n\n---\n`x` ![a picture](b.png)", "Aro & Vey\nmet.\n\nx");
        check("| Levy | Rate |\n|---|---|\n| Water | 12 % |\n", "Levy | Rate\nWater | 12 %");
        check(
            "---\ntitle: A call\n---\nAro met Vey.[^1]\n\n<script>no()</script>\n\n[^1]: In Port Vey.",
            "Aro met Vey.\n\nIn Port Vey.",
        );
        check("<!-- a note -->", "");
    }
}
