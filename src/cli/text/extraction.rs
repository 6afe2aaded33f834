//! Positions without a comparison: one block each.

use crate::pipeline::position::Position;
use crate::pipeline::report::Extraction;
use crate::span::{OffsetMap, OffsetUnit};

use super::comparison::warnings;
use super::names;
use super::page::{BOLD, DIM, PLAIN, Page, Paragraph};
use crate::cli::visible::visible;

/// The extraction as text, offsets in `unit`.
pub fn extraction(extraction: &Extraction, unit: OffsetUnit, width: usize) -> String {
    let mut page = Page::new(width);
    let maps: Vec<OffsetMap> = extraction.readouts.iter().map(|readout| OffsetMap::new(&readout.text, unit)).collect();
    for (idx, readout) in extraction.readouts.iter().enumerate() {
        if idx > 0 {
            page.gap();
        }
        let author = readout
            .author
            .map_or("author unknown".to_owned(), |author| format!("by {}", names::side(author, &extraction.sides)));
        let count = names::counted(readout.n_positions, "position");
        page.paragraph("", BOLD, &format!("{} {author}: {count}", visible(&readout.id)));
        for position in extraction.positions.iter().filter(|position| position.readout == idx) {
            block(&mut page, extraction, position, &maps[idx]);
        }
    }
    warnings(&mut page, &extraction.warnings, &extraction.readouts);
    page.finish()
}

/// Who holds it, how it is put with which words, and what it says.
fn block(page: &mut Page, extraction: &Extraction, position: &Position, map: &OffsetMap) {
    let readout = &extraction.readouts[position.readout];
    let holder = names::holder(position, &extraction.sides, &extraction.readouts);
    let attribution = &position.attribution;
    let cue = attribution.cue.map_or_else(
        || names::without_cue(attribution.kind).to_owned(),
        |cue| format!("“{}”", visible(cue.slice(&readout.text))),
    );
    let negated = if position.negated { ", negated" } else { "" };
    let range = map.range(position.span);
    page.gap();
    page.paragraph(&format!("{}.{} ", visible(&readout.id), position.ordinal + 1), BOLD, &holder);
    page.indented(&[
        Paragraph::new(
            PLAIN,
            format!(
                "{}{negated}, strength {:.2}, cue: {cue}",
                names::speech_act(position.speech_act),
                position.strength
            ),
        ),
        Paragraph::new(PLAIN, format!("“{}”", visible(position.span.slice(&readout.text)))),
        Paragraph::new(DIM, format!("at {} to {}", range.start, range.end)),
    ]);
}
