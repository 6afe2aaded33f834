//! Words of contrary meaning, from `contraries.tsv`: "raise" and "lower" are the poles of one scale.

use crate::span::Span;
use foldhash::HashMap;
use std::sync::LazyLock;

/// What a scale measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScaleKind {
    /// Its poles cannot both hold of one thing.
    Opposite,
    /// Due, or certain, against possible.
    Modality,
    /// All of it against some of it.
    Scope,
}

/// A word at a pole of a scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contrary {
    /// What the scale measures.
    pub kind: ScaleKind,
    /// Index of the scale in the table.
    pub scale: u8,
    /// Which of the two poles.
    pub is_plus: bool,
    /// The word in the readout's text.
    pub span: Span,
}

/// A row of the table without its word.
#[derive(Debug, Clone, Copy)]
struct Place {
    kind: ScaleKind,
    scale: u8,
    is_plus: bool,
}

/// The words, as text.
pub const CONTRARIES_TABLE: &str = include_str!("contraries.tsv");

static PLACES: LazyLock<HashMap<&str, Vec<Place>>> = LazyLock::new(|| parse(CONTRARIES_TABLE));

fn parse(table: &'static str) -> HashMap<&'static str, Vec<Place>> {
    let mut scales: Vec<&str> = Vec::new();
    let mut places: HashMap<&str, Vec<Place>> = HashMap::default();
    for row in table.lines().filter(|line| !line.starts_with('#')) {
        let [kind, scale, pole, word] = row.split('\t').collect::<Vec<_>>().try_into().expect("four columns");
        let kind = match kind {
            "opposite" => ScaleKind::Opposite,
            "modality" => ScaleKind::Modality,
            "scope" => ScaleKind::Scope,
            _ => panic!("no kind of scale: {kind}"),
        };
        let known = scales.iter().position(|known| *known == scale);
        let at = known.unwrap_or_else(|| {
            scales.push(scale);
            scales.len() - 1
        });
        let is_plus = match pole {
            "+" => true,
            "-" => false,
            _ => panic!("no pole: {pole}"),
        };
        let scale = u8::try_from(at).expect("fewer than 256 scales");
        places.entry(word).or_default().push(Place { kind, scale, is_plus });
    }
    places
}

/// Every scale on which a word, in lower case, stands; it stands at `span`.
pub(super) fn of_word(lower: &str, span: Span) -> impl Iterator<Item = Contrary> {
    let places = PLACES.get(lower).map_or(&[][..], Vec::as_slice);
    places.iter().map(move |&Place { kind, scale, is_plus }| Contrary { kind, scale, is_plus, span })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[track_caller]
    fn check(left: &str, right: &str, expected: Option<ScaleKind>) {
        let span = Span::new(0, 0);
        let found = of_word(left, span)
            .flat_map(|a| of_word(right, span).map(move |b| (a, b)))
            .find(|(a, b)| a.scale == b.scale && a.is_plus != b.is_plus);
        assert_eq!(found.map(|(a, _)| a.kind), expected);
    }

    #[test]
    fn words_of_one_scale_are_contrary() {
        check("raised", "lowers", Some(ScaleKind::Opposite));
        check("progress", "failed", Some(ScaleKind::Opposite));
        check("must", "may", Some(ScaleKind::Modality));
        check("all", "only", Some(ScaleKind::Scope));
        check("raised", "increases", None);
        check("raised", "failed", None);
        check("", "failed", None);
    }

    #[test]
    fn the_table_is_sorted_and_repeats_nothing() {
        let rows: Vec<&str> = CONTRARIES_TABLE.lines().filter(|line| !line.starts_with('#')).collect();
        let columns = |row: &&'static str| row.split('\t').collect::<Vec<_>>();
        assert!(rows.windows(2).all(|pair| columns(&pair[0]) < columns(&pair[1])));
    }

    #[test]
    fn no_word_is_at_both_poles() {
        for (word, places) in PLACES.iter() {
            let scales: BTreeSet<u8> = places.iter().map(|place| place.scale).collect();
            assert_eq!(scales.len(), places.len(), "{word}");
        }
    }
}
