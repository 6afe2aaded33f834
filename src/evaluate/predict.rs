//! Predictions of the pipeline for gold documents.
//!
//! In: a [`Document`]. Out: its [`Prediction`], in code points of the gold texts. The two sides of the document are
//! declared by name and principal, and the texts are given with their authors, as a caller who knows the contact
//! would do.

use crate::pipeline;
use crate::pipeline::position::{Holder, Position};
use crate::pipeline::report::{Comparison, PointKind, PointScope};
use crate::readout::{Readout, Side, Statement};
use crate::span::{OffsetMap, OffsetUnit};

use super::gold::{CharRange, Document, HeldBy, Link, LinkKind};
use super::score::{PredictedPosition, Prediction};

/// Ids of the declared sides: the letters of the gold files.
const SIDE_IDS: [&str; 2] = ["A", "B"];

/// How predictions are made.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Options {
    /// Options of the comparison. Limits on points should be high: a point cut off counts as missed.
    pub comparison: pipeline::Options,
    /// Compare exactly the gold positions with their gold holders: links are scored apart from everything before
    /// them. Default: false, the texts are compared.
    pub gold_spans: bool,
}

/// The prediction for a document.
#[must_use]
pub fn predict(document: &Document, options: &Options) -> Prediction {
    let readouts = readouts(document, options.gold_spans);
    let comparison = pipeline::compare(&readouts, &declared_sides(document), &options.comparison);
    from_comparison(document, &comparison, options.gold_spans)
}

/// The two sides of the document, by name and principal.
pub(super) fn declared_sides(document: &Document) -> Vec<Side> {
    (SIDE_IDS.iter().zip(&document.parties))
        .map(|(id, party)| Side {
            id: (*id).to_owned(),
            display_name: party.name.clone(),
            principals: party.principal.iter().cloned().collect(),
            ..Side::default()
        })
        .collect()
}

/// The texts of the document with their authors; with `gold_spans` the gold positions as statements.
pub(super) fn readouts(document: &Document, gold_spans: bool) -> Vec<Readout> {
    (["a", "b"].into_iter().zip(SIDE_IDS).zip(&document.accounts))
        .map(|((id, author), account)| {
            let readout = if gold_spans {
                let statements = account.positions.iter().map(|position| Statement {
                    id: position.id.clone(),
                    text: position.text.clone(),
                    // A third party cannot be declared as holder: it is left to be attributed from the text.
                    holders: match position.held_by {
                        HeldBy::A => vec!["A".to_owned()],
                        HeldBy::B => vec!["B".to_owned()],
                        HeldBy::Joint => vec!["A".to_owned(), "B".to_owned()],
                        HeldBy::Other => Vec::new(),
                    },
                });
                Readout::from_statements(id, statements.collect())
            } else {
                Readout::from_text(id, account.text.clone())
            };
            Readout { author: Some(author.to_owned()), date: document.date.clone(), ..readout }
        })
        .collect()
}

/// The prediction that a comparison of the document's texts amounts to. With `gold_spans` the comparison was made of
/// statements, and each is put back where its gold position stands.
#[must_use]
pub fn from_comparison(document: &Document, comparison: &Comparison, gold_spans: bool) -> Prediction {
    let maps: Vec<OffsetMap> =
        comparison.readouts.iter().map(|readout| OffsetMap::new(&readout.text, OffsetUnit::Utf32)).collect();
    let range_of = |position: &Position| -> Option<CharRange> {
        if gold_spans {
            let gold = &document.accounts[position.readout].positions;
            return gold.iter().find(|gold| gold.id == position.statement_id).map(|gold| gold.range);
        }
        let range = maps[position.readout].range(position.span);
        Some(CharRange(range.start, range.end))
    };
    let ranges: Vec<Option<CharRange>> = comparison.positions.iter().map(range_of).collect();

    let mut prediction = Prediction { pair_id: document.id.clone(), ..Prediction::default() };
    for (position, range) in comparison.positions.iter().zip(&ranges) {
        if let &Some(CharRange(start, end)) = range {
            let holder = held_by(&position.holder, comparison);
            prediction.positions.of_mut(position.readout).push(PredictedPosition { start, end, holder });
        }
    }
    for point in &comparison.points {
        let members: Vec<(&Position, CharRange)> =
            (point.members.iter()).filter_map(|&idx| Some((&comparison.positions[idx], ranges[idx]?))).collect();
        let kind = match point.kind {
            PointKind::Overlap => LinkKind::Overlap,
            PointKind::Divergence => LinkKind::Divergence,
            PointKind::OneSided => {
                for (position, range) in members {
                    prediction.one_sided.of_mut(position.readout).push(range);
                }
                continue;
            }
        };
        for (i, &(left, left_range)) in members.iter().enumerate() {
            for &(right, right_range) in &members[i + 1..] {
                let is_link = if document.is_single() {
                    point.scope == PointScope::WithinReadout && left.holder != right.holder
                } else {
                    point.scope == PointScope::AcrossReadouts && left.readout != right.readout
                };
                if is_link {
                    let (a, b) = if left.readout <= right.readout {
                        (left_range, right_range)
                    } else {
                        (right_range, left_range)
                    };
                    prediction.links.push(Link { a, b, kind });
                }
            }
        }
    }
    prediction
}

/// The holder in the letters of the gold files.
fn held_by(holder: &Holder, comparison: &Comparison) -> HeldBy {
    let holds = |id: &str| holder.sides().iter().any(|side| comparison.sides[side.0].id == id);
    match (holds("A"), holds("B"), holder.sides().len()) {
        (true, true, _) => HeldBy::Joint,
        (true, false, 1) => HeldBy::A,
        (false, true, 1) => HeldBy::B,
        _ => HeldBy::Other,
    }
}
