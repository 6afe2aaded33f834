//! Features of units and of the edges between them, summed to scores as they are made.
//!
//! The same as `training/position_spans/features.py`, where they stand one a line; the names of the templates are the
//! same in both. A feature counts once, however often it stands in a unit. Linear in the text but for sorting the
//! words of each sentence.

use super::hash::Feature;
use super::lattice::N_LENGTHS;
use super::tokens::{Classes, Token, Word};
use super::units::{Boundary, Unit};
use crate::models::position_spans::PositionSpanModel;
use crate::pipeline::Cancel;
use std::ops::Range;

/// Scores of a text.
pub(super) struct Scores {
    /// Of every unit, inside a span.
    pub(super) units: Vec<f64>,
    /// Of the edge before every unit and, last, of the end of the text: joining, starting and ending a span there.
    pub(super) edges: Vec<[f64; 3]>,
    /// Of the bins of a span's length.
    pub(super) lengths: [f64; N_LENGTHS],
}

/// A text in units.
pub(super) struct Document<'a> {
    pub(super) tokens: &'a [Token],
    pub(super) words: &'a [Word],
    pub(super) units: &'a [Unit],
    pub(super) boundaries: &'a [Boundary],
    pub(super) is_first_person: bool,
}

/// Makes a feature of a template's name, hashed at compile time, and its parts.
macro_rules! feature {
    ($name:literal $(, $part:expr)*) => {
        const { Feature::new($name) }$(.with($part as u64))*
    };
}

/// What is counted of the words of one unit or sentence.
struct Group {
    words: Range<usize>,
    /// Range in [`Layout::distinct`].
    distinct: Range<usize>,
    /// Characters of the words with one after each.
    n_letters: usize,
    n_stance: usize,
    n_greeting: usize,
    n_content: usize,
    n_names: usize,
    n_numbers: usize,
    /// Different words that have a stem.
    n_long: usize,
    has_laughter: bool,
}

/// Where the units stand in sentences and paragraphs, and what these hold.
struct Layout {
    /// Indices of words, in each group ascending by hash and different.
    distinct: Vec<u32>,
    units: Vec<Group>,
    sentences: Vec<Group>,
    sentence_of: Vec<usize>,
    paragraph_of: Vec<usize>,
    paragraph_sizes: Vec<usize>,
    /// Long stems of the different content words of every sentence, ascending.
    long_stems: Vec<u64>,
}

/// Longer words than this have a stem.
const MIN_STEM: usize = 5;
/// Longer words than this have a suffix.
const MIN_SUFFIX: usize = 4;

/// The scores of every unit and edge; less good ones when `cancel` is set meanwhile.
pub(super) fn score(cancel: &Cancel, document: &Document<'_>, model: &PositionSpanModel) -> Scores {
    let layout = Layout::new(document);
    let sentences: Vec<i32> =
        (0..layout.sentences.len()).map(|at| sentence_score(document, &layout, at, model)).collect();
    let mut states = Vec::new();
    let units: Vec<i32> = (0..document.units.len())
        .map(|k| {
            if cancel.is_cancelled() {
                0
            } else {
                sentences[layout.sentence_of[k]] + unit_score(document, &layout, k, model, &mut states)
            }
        })
        .collect();
    let end = model.edge(feature!("end").key());
    let mut edges = vec![end];
    let mut n_letters_before = 0;
    for k in 1..document.units.len() {
        if document.boundaries[k - 1].ends_sentence() {
            n_letters_before = 0;
        }
        n_letters_before += layout.units[k - 1].n_letters;
        edges.push(if cancel.is_cancelled() { end } else { edge_score(document, &layout, k, n_letters_before, model) });
    }
    edges.push(end);
    // Whole numbers, so that the sums of what is made of them are exact.
    let real = |score: i32| f64::from(score) / model.scale();
    Scores {
        units: units.into_iter().map(real).collect(),
        edges: edges.into_iter().map(|edge: [i32; 3]| edge.map(real)).collect(),
        lengths: std::array::from_fn(|bin| real(model.length(bin))),
    }
}

impl Layout {
    fn new(document: &Document<'_>) -> Self {
        let mut layout = Self {
            distinct: Vec::with_capacity(2 * document.words.len()),
            units: Vec::with_capacity(document.units.len()),
            sentences: Vec::new(),
            sentence_of: Vec::with_capacity(document.units.len()),
            paragraph_of: Vec::with_capacity(document.units.len()),
            paragraph_sizes: Vec::new(),
            long_stems: Vec::new(),
        };
        let mut sentence_start = 0;
        for (k, unit) in document.units.iter().enumerate() {
            let boundary = document.boundaries[k];
            if k > 0 && boundary.ends_sentence() {
                layout.push_sentence(document, sentence_start..unit.words.start);
                sentence_start = unit.words.start;
            }
            if boundary == Boundary::Paragraph {
                layout.paragraph_sizes.push(0);
            }
            layout.sentence_of.push(layout.sentences.len());
            layout.paragraph_of.push(layout.paragraph_sizes.len().saturating_sub(1));
            if let Some(size) = layout.paragraph_sizes.last_mut() {
                *size += 1;
            }
            let group = layout.group(document.words, unit.words.clone());
            layout.units.push(group);
        }
        layout.push_sentence(document, sentence_start..document.words.len());
        layout.long_stems.sort_unstable();
        layout
    }

    fn push_sentence(&mut self, document: &Document<'_>, words: Range<usize>) {
        let group = self.group(document.words, words);
        let content = self.distinct[group.distinct.clone()].iter().map(|&at| &document.words[at as usize]);
        self.long_stems.extend(content.filter(|word| word.is_content(4)).map(|word| word.long_stem));
        self.sentences.push(group);
    }

    #[expect(clippy::cast_possible_truncation, reason = "no text has 4 billion words")]
    fn group(&mut self, all: &[Word], words: Range<usize>) -> Group {
        let mut indices: Vec<u32> = (words.start as u32..words.end as u32).collect();
        let word_at = |at: &u32| &all[*at as usize];
        indices.sort_unstable_by_key(|at| word_at(at).hash);
        indices.dedup_by_key(|at| word_at(at).hash);
        let n_different = |class: Classes| indices.iter().filter(|at| word_at(at).classes.has(class)).count();
        let n_of = |class: &Word| all[words.clone()].iter().filter(|word| word.hash == class.hash).count();
        let start = self.distinct.len();
        let group = Group {
            distinct: start..start + indices.len(),
            n_letters: all[words.clone()].iter().map(|word| word.n_chars + 1).sum(),
            n_stance: n_different(Classes::STANCE),
            n_greeting: n_different(Classes::GREETING),
            n_content: all[words.clone()].iter().filter(|word| word.is_content(3)).count(),
            n_names: n_of(&Word::NAME),
            n_numbers: n_of(&Word::NUMBER),
            n_long: indices.iter().filter(|at| stem(word_at(at)).is_some()).count(),
            has_laughter: n_different(Classes::LAUGHTER) > 0,
            words,
        };
        self.distinct.extend(indices);
        group
    }

    fn distinct<'a>(&'a self, all: &'a [Word], group: &Group) -> impl Iterator<Item = &'a Word> {
        self.distinct[group.distinct.clone()].iter().map(|&at| &all[at as usize])
    }

    /// True when two sentences, or one twice, hold content words with this stem.
    fn is_repeated(&self, long_stem: u64) -> bool {
        let at = self.long_stems.partition_point(|&stem| stem < long_stem);
        self.long_stems.get(at + 1) == Some(&long_stem)
    }
}

/// The sum over what the units of one sentence share.
fn sentence_score(document: &Document<'_>, layout: &Layout, at: usize, model: &PositionSpanModel) -> i32 {
    let genre = u64::from(document.is_first_person);
    let group = &layout.sentences[at];
    let words = &document.words[group.words.clone()];
    let mut sum = 0;
    let mut add = |feature: Feature| sum += model.unit(feature.key());
    add(feature!("s chars", log_bin(group.n_letters), genre));
    let mut stems: Vec<u64> = layout.distinct(document.words, group).filter_map(stem).collect();
    stems.sort_unstable();
    stems.dedup();
    stems.into_iter().for_each(|stem| add(feature!("s stem", stem)));
    openings(feature!("s first"), words, 3).for_each(&mut add);
    let first_two = |sentence: Option<&Group>| {
        let words = sentence.map_or(&[][..], |sentence| &document.words[sentence.words.clone()]);
        &words[..words.len().min(2)]
    };
    add(with_words(feature!("before"), first_two(at.checked_sub(1).map(|before| &layout.sentences[before]))));
    add(with_words(feature!("after"), first_two(layout.sentences.get(at + 1))));
    add(feature!("s from start", at.min(4), genre));
    add(feature!("s from end", (layout.sentences.len() - 1 - at).min(4), genre));
    add(feature!("s stance", group.n_stance.min(3)));
    add(feature!("s greeting", group.n_greeting.min(3)));
    add(feature!("s content", group.n_content.min(12)));
    add(feature!("s names", group.n_names.min(3)));
    sum
}

/// The sum over what unit `k` has of its own. `states` is room to work in.
fn unit_score(
    document: &Document<'_>,
    layout: &Layout,
    k: usize,
    model: &PositionSpanModel,
    states: &mut Vec<u64>,
) -> i32 {
    let genre = u64::from(document.is_first_person);
    let (unit, group) = (&document.units[k], &layout.units[k]);
    let words = &document.words[group.words.clone()];
    let mut sum = 0;
    let mut add = |feature: Feature| sum += model.unit(feature.key());
    add(feature!("bias", genre));
    add(feature!("left", document.boundaries[k], genre));
    add(feature!("right", document.boundaries[k + 1], genre));
    add(feature!("chars", log_bin(unit.n_chars()), genre));
    layout.distinct(document.words, group).for_each(|word| add(feature!("word", word.hash)));
    add_distinct(states, words.windows(2).map(|pair| feature!("pair", pair[0].hash, pair[1].hash)), &mut add);
    add_distinct(states, words.iter().filter_map(stem).map(|stem| feature!("stem", stem)), &mut add);
    if let Some(last) = words.last() {
        add(with_words(feature!("first"), &words[..1]));
        add(with_words(feature!("first two"), &words[..words.len().min(2)]));
        add(with_words(feature!("first three"), &words[..words.len().min(3)]));
        add(feature!("last", last.hash));
    }
    add(feature!("fifth", 5 * k / document.units.len(), genre));
    add(feature!("stance", group.n_stance.min(3)));
    add(feature!("content", group.n_content.min(8), genre));
    add(feature!("repeated", n_repeated(document, layout, group)));
    add(feature!("names", group.n_names.min(3)));
    add(feature!("numbers", group.n_numbers.min(2)));
    let paragraph = layout.paragraph_of[k];
    let opens_paragraph = k == 0 || layout.paragraph_of[k - 1] != paragraph;
    add(feature!("paragraph size", layout.paragraph_sizes[paragraph].min(6), genre));
    add(feature!("opens paragraph", opens_paragraph, genre));
    add(feature!("p from start", paragraph.min(3), genre));
    add(feature!("p from end", (layout.paragraph_sizes.len() - 1 - paragraph).min(3), genre));
    let tokens = &document.tokens[unit.tokens.clone()];
    let following = document.tokens.get(unit.tokens.end);
    let is_opening = |token: &Token| token.is_any(&['“', '"']);
    let is_opened = unit.tokens.start.checked_sub(1).is_some_and(|before| is_opening(&document.tokens[before]));
    add(feature!("quote", tokens.iter().any(is_opening), is_opened));
    add(feature!("laughter", group.has_laughter));
    add(feature!("bracket", tokens.iter().any(|token| token.is('('))));
    add(feature!("question", tokens.iter().chain(following).any(|token| token.is('?'))));
    add(feature!("dashes", tokens.iter().filter(|token| token.is_dash()).count().min(2)));
    sum
}

/// How many different content stems of the unit stand elsewhere too, three at most.
fn n_repeated(document: &Document<'_>, layout: &Layout, group: &Group) -> usize {
    let mut found = [0; 3];
    let mut n_found = 0;
    for word in layout.distinct(document.words, group).filter(|word| word.is_content(3)) {
        if !found[..n_found].contains(&word.long_stem) && layout.is_repeated(word.long_stem) {
            found[n_found] = word.long_stem;
            n_found += 1;
            if n_found == found.len() {
                break;
            }
        }
    }
    n_found
}

/// The sums over the edge between units `k - 1` and `k`. `n_letters_before`: of its sentence before the edge.
fn edge_score(
    document: &Document<'_>,
    layout: &Layout,
    k: usize,
    n_letters_before: usize,
    model: &PositionSpanModel,
) -> [i32; 3] {
    let genre = u64::from(document.is_first_person);
    let kind = document.boundaries[k];
    let (left_unit, right_unit) = (&layout.units[k - 1], &layout.units[k]);
    let (left_sentence, right_sentence) =
        (&layout.sentences[layout.sentence_of[k - 1]], &layout.sentences[layout.sentence_of[k]]);
    let words_of = |group: &Group| &document.words[group.words.clone()];
    let (left, right) = (words_of(left_unit), words_of(right_unit));
    let mut sums = [0; 3];
    let mut add = |feature: Feature| {
        let weights = model.edge(feature.key());
        for (sum, weight) in sums.iter_mut().zip(weights) {
            *sum += weight;
        }
    };
    add(feature!("kind", kind));
    add(feature!("kind", kind, genre));
    add(feature!("left chars", kind, log_bin(document.units[k - 1].n_chars())));
    add(feature!("right chars", kind, log_bin(document.units[k].n_chars())));
    if kind.ends_sentence() {
        let (left, right) = (log_bin(left_sentence.n_letters), log_bin(right_sentence.n_letters));
        add(feature!("s left", left));
        add(feature!("s right", right));
        add(feature!("s left", left, genre));
        add(feature!("s right", right, genre));
        add(feature!("s both", left / 3, right / 3, genre));
    }
    // Between sentences the whole sentences stand for the two units.
    let (left_group, right_group) =
        if kind.ends_sentence() { (left_sentence, right_sentence) } else { (left_unit, right_unit) };
    let (lefts, rights) = (words_of(left_group), words_of(right_group));
    openings(feature!("right", kind), rights, 3).for_each(&mut add);
    openings(feature!("right any"), rights, 2).for_each(&mut add);
    let seconds = rights.get(1..).unwrap_or_default();
    add(with_words(feature!("right second", kind), &seconds[..seconds.len().min(1)]));
    add(with_words(feature!("right second two", kind), &seconds[..seconds.len().min(2)]));
    openings(feature!("left", kind), lefts, 2).for_each(&mut add);
    add(with_words(feature!("left last", kind), &lefts[lefts.len().saturating_sub(1)..]));
    let firsts = lefts.first().zip(rights.first());
    if let Some((left, right)) = firsts {
        add(feature!("firsts", kind, left.hash, right.hash));
    }
    add(feature!("same first", firsts.is_some_and(|(left, right)| left.hash == right.hash)));
    let bag = bag(kind);
    layout.distinct(document.words, right_group).for_each(|word| add(feature!("bag right", bag, word.hash)));
    layout.distinct(document.words, left_group).for_each(|word| add(feature!("bag left", bag, word.hash)));
    let n_shared = if kind.ends_sentence() {
        n_shared(document, layout, left_sentence, right_sentence)
    } else {
        left_sentence.n_long
    };
    add(feature!("shared", kind, n_shared.min(3)));
    add(feature!("left stance", kind, left_group.n_stance.min(2)));
    add(feature!("right stance", kind, right_group.n_stance.min(2)));
    add(feature!("both stance", kind, left_group.n_stance > 0, right_group.n_stance > 0));
    add(feature!("s from start", layout.sentence_of[k].min(3), genre));
    let right_stems = [right.first().and_then(stem), right.get(1).and_then(stem)];
    let is_one = right_stems[0] == right_stems[1];
    right_stems[usize::from(is_one)..].iter().flatten().for_each(|&stem| add(feature!("right stem", kind, stem)));
    let suffix = |word: Option<&Word>| word.filter(|w| w.n_chars > MIN_SUFFIX && !w.is_class).map(|w| w.suffix);
    suffix(right.first()).into_iter().for_each(|suffix| add(feature!("right suffix", kind, suffix)));
    suffix(right.get(1)).into_iter().for_each(|suffix| add(feature!("right second suffix", kind, suffix)));
    suffix(left.last()).into_iter().for_each(|suffix| add(feature!("left last suffix", kind, suffix)));
    let has = |n: usize, class: Classes| right.iter().take(n).any(|word| word.classes.has(class));
    let is_name = right.first().is_some_and(|word| word.hash == Word::NAME.hash || word.hash == Word::TITLE.hash);
    let is_subject = is_name || has(1, Classes::SUBJECT);
    add(feature!("verbs", kind, has(4, Classes::REPORTING), has(5, Classes::MODAL), is_subject));
    let n_letters_after = if kind.ends_sentence() {
        right_sentence.n_letters
    } else {
        right_sentence.n_letters.saturating_sub(n_letters_before)
    };
    let (before, after) = (log_bin(n_letters_before), log_bin(n_letters_after));
    add(feature!("chars before", kind, before));
    add(feature!("chars after", kind, after));
    add(feature!("chars around", kind, before / 3, after / 3));
    sums
}

/// How many different long words the two sentences share.
fn n_shared(document: &Document<'_>, layout: &Layout, left: &Group, right: &Group) -> usize {
    let hashes = |group| layout.distinct(document.words, group).filter(|w| stem(w).is_some()).map(|word| word.hash);
    let mut rights = hashes(right).peekable();
    hashes(left)
        .filter(|&hash| {
            while rights.next_if(|&right| right < hash).is_some() {}
            rights.peek() == Some(&hash)
        })
        .count()
}

/// Boundaries whose bags of words share their weights: all at a comma, and the bare words.
fn bag(kind: Boundary) -> Boundary {
    match kind {
        Boundary::CommaAnd | Boundary::CommaWord | Boundary::CommaVerb | Boundary::Comma => Boundary::CommaAnd,
        Boundary::Word | Boundary::And => Boundary::Word,
        other => other,
    }
}

fn stem(word: &Word) -> Option<u64> {
    (word.n_chars > MIN_STEM && !word.is_class).then_some(word.stem)
}

fn with_words(feature: Feature, words: &[Word]) -> Feature {
    words.iter().fold(feature, |feature, word| feature.with(word.hash))
}

/// The feature with the first word, the first two, and so on up to `n`; without any when there are no words.
fn openings(feature: Feature, words: &[Word], n: usize) -> impl Iterator<Item = Feature> {
    let n = words.len().min(n);
    (n.min(1)..=n).map(move |n| with_words(feature, &words[..n]))
}

/// Adds every feature once.
fn add_distinct(states: &mut Vec<u64>, features: impl Iterator<Item = Feature>, add: &mut impl FnMut(Feature)) {
    states.clear();
    states.extend(features.map(Feature::state));
    states.sort_unstable();
    states.dedup();
    states.iter().for_each(|&state| add(Feature::from_state(state)));
}

/// Three bins for every factor of e.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the logarithm of a length is small")]
fn log_bin(n: usize) -> u64 {
    (3.0 * (n.max(1) as f64).ln() + 0.5) as u64
}
