//! Features: what of a position counts when two of them are compared.
//!
//! Words are stemmed (Snowball English, Porter 2), function words and the framing of reported speech ("President Aro
//! stressed that") left out, and weighted by inverse document frequency from the table `idf.tsv`. Ideographs count in
//! pairs, since single ones say little.
//!
//! In: "Aro reaffirmed Norland's support for the ceasefire." Out: the terms `support` and `ceasefir` with weights.

mod contraries;
mod terms;

pub use contraries::{CONTRARIES_TABLE, Contrary, ScaleKind};

use crate::models::static_embeddings::{Vector, embed};
use crate::pipeline::position::{Figure, Position, figures};
use crate::pipeline::segmentation::{Segmentation, Word, is_ideograph, words};
use crate::pipeline::sides::{Cast, Who};
use crate::span::Span;
use foldhash::{HashMap, HashSet};
use std::sync::{Arc, LazyLock};

/// Document frequencies of stems, as text.
pub const IDF_TABLE: &str = include_str!("idf.tsv");
/// Words without content of their own, as text.
pub const STOP_WORDS: &str = include_str!("stop_words.txt");

/// Characters of a position that the character metrics read. They are quadratic, and the
/// first clause of a position tells as much of it to them as the whole: F1 in cross-validation is the same.
const MAX_METRIC_CHARACTERS: usize = 120;

static IDF: LazyLock<Idf> = LazyLock::new(Idf::load);
static STOP: LazyLock<HashSet<&str>> =
    LazyLock::new(|| STOP_WORDS.lines().filter(|line| !line.starts_with('#')).collect());

/// True for a word, in lower case, without content of its own.
#[must_use]
pub fn is_stop_word(lower: &str) -> bool {
    STOP.contains(lower)
}

struct Idf {
    weights: HashMap<&'static str, f64>,
    unseen: f64,
}

impl Idf {
    fn load() -> Self {
        let mut n_documents = 1.0;
        let mut counts = Vec::new();
        for line in IDF_TABLE.lines() {
            if let Some(n) = line.strip_prefix("# documents: ") {
                n_documents = n.trim().parse().expect("the table states its number of documents");
            } else if let Some((stem, n)) = line.split_once('\t').filter(|_| !line.starts_with('#')) {
                counts.push((stem, n.parse::<f64>().expect("counts of the table are numbers")));
            }
        }
        // Scaled so that a word never seen weighs 1.
        let most = (n_documents + 1.0_f64).ln();
        let weights =
            counts.into_iter().map(|(stem, n)| (stem, ((n_documents + 1.0) / (n + 1.0)).ln() / most)).collect();
        Self { weights, unseen: 1.0 }
    }

    fn weight(&self, stem: &str) -> f64 {
        self.weights.get(stem).copied().unwrap_or(self.unseen)
    }
}

/// What is compared of one statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    /// Stems with their weights, 0 to 1, ascending by stem.
    pub terms: Vec<(Arc<str>, f64)>,
    /// Sum of the weights.
    pub weight: f64,
    /// Stems that name a person, place or thing, ascending.
    pub names: Vec<Arc<str>>,
    /// Where it lies among all texts by its static embedding.
    pub vector: Vector,
    /// Numbers.
    pub figures: Vec<Figure>,
    /// Its words of contrary meaning, in reading order, the framing among them.
    pub contraries: Vec<Contrary>,
    /// Text in lower case, white space folded, cut for the character metrics.
    pub characters: String,
    /// Letters and digits in lower case (the marks where there are none): equal for texts that differ in case, spacing and punctuation only.
    pub identity: String,
    /// Where each term first stands in the readout's text, in the order of `terms`.
    pub term_spans: Vec<Span>,
}

/// The features of `position` in its readout's text.
#[must_use]
pub fn describe(text: &str, segmentation: &Segmentation, position: &Position, cast: &Cast) -> Features {
    // Names in the source ("President Aro stressed") say who speaks, not what about.
    let frame = position.attribution.source;
    let cue = position.attribution.cue;
    let is_frame = |span: Span| [frame, cue].into_iter().flatten().any(|part| part.contains(span));
    let persons: Vec<Span> = cast
        .mentions(text, position.span)
        .into_iter()
        .filter(|mention| matches!(mention.who, Who::Side(_)))
        .map(|mention| mention.span)
        .collect();
    let words = segmentation.words_in(position.span);
    build(text, words, position.span, position.figures.clone(), |span| {
        is_frame(span) || persons.iter().any(|person| person.contains(span))
    })
}

/// The features of a bare statement.
#[must_use]
pub fn describe_statement(text: &str) -> Features {
    let span = Span::new(0, text.len());
    let words = words(text, span);
    build(text, &words, span, figures(text, &words, span), |_| false)
}

fn build(text: &str, words: &[Word], span: Span, figures: Vec<Figure>, is_left_out: impl Fn(Span) -> bool) -> Features {
    let mut terms: Vec<(Arc<str>, f64, Span)> = Vec::with_capacity(words.len());
    let mut names: Vec<Arc<str>> = Vec::new();
    let mut contraries = Vec::new();
    let mut ideograph: Option<Span> = None;
    for (at, word) in words.iter().enumerate() {
        let slice = word.span.slice(text);
        let is_single = slice.chars().next().is_some_and(is_ideograph);
        if is_single {
            if let Some(before) = ideograph.filter(|before| before.end == word.span.start) {
                let pair = Span::new(before.start, word.span.end);
                terms.push((pair.slice(text).into(), 1.0, pair));
            }
            ideograph = Some(word.span);
            continue;
        }
        ideograph = None;
        let lower = word.lower(text);
        let term = terms::term(&lower);
        let is_name = at > 0 && slice.starts_with(char::is_uppercase);
        // "United States" unites nobody, also where it begins.
        let begins_name =
            at == 0 && words.get(1).is_some_and(|next| next.span.slice(text).starts_with(char::is_uppercase));
        let is_of_name = is_name || begins_name;
        if !is_of_name {
            contraries.extend(contraries::of_word(&lower, word.span));
        }
        if term.is_stop || is_left_out(word.span) {
            continue;
        }
        if is_name {
            names.push(Arc::clone(&term.stem));
        }
        terms.push((term.stem, term.weight, word.span));
    }
    // A stable sort: of equal terms the first stands first.
    terms.sort_by(|a, b| a.0.cmp(&b.0));
    terms.dedup_by(|later, first| later.0 == first.0);
    names.sort_unstable();
    names.dedup();
    let slice = span.slice(text);
    Features {
        weight: terms.iter().map(|(_, weight, _)| weight).sum(),
        term_spans: terms.iter().map(|&(_, _, span)| span).collect(),
        terms: terms.into_iter().map(|(term, weight, _)| (term, weight)).collect(),
        names,
        vector: embed(slice),
        figures,
        contraries,
        characters: characters(slice),
        identity: identity(slice),
    }
}

/// The first characters in lower case, white space made single spaces.
fn characters(text: &str) -> String {
    let mut characters = String::with_capacity(MAX_METRIC_CHARACTERS);
    if text.is_ascii() {
        for word in text.split_whitespace() {
            let n_free = MAX_METRIC_CHARACTERS - characters.len();
            characters.push_str(&word[..word.len().min(n_free)]);
            if characters.len() == MAX_METRIC_CHARACTERS {
                break;
            }
            characters.push(' ');
        }
        characters.make_ascii_lowercase();
        characters.truncate(characters.trim_end().len());
        return characters;
    }
    let folded = text.split_whitespace().flat_map(|word| word.chars().chain([' ']));
    characters.extend(folded.take(MAX_METRIC_CHARACTERS));
    characters.trim_end().to_lowercase()
}

/// Letters and digits in lower case; a text without any is its marks.
fn identity(text: &str) -> String {
    if text.is_ascii() {
        let letters: Vec<u8> =
            text.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase()).collect();
        if !letters.is_empty() {
            return String::from_utf8(letters).expect("letters and digits of ASCII");
        }
    }
    let letters: String = text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    if letters.is_empty() { text.split_whitespace().collect() } else { letters }
}
