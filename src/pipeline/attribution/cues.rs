//! Cues: the reporting words of the table, found in a sentence.

use super::SpeechAct;
use super::function_words::{Function, is_word};
use crate::pipeline::segmentation::Word;
use foldhash::HashMap;
use std::borrow::Cow;
use std::sync::OnceLock;

/// The cue table of this version, as text.
pub const CUE_TABLE: &str = include_str!("cues.tsv");

/// Words between the first word of a cue and its next one ("expressed *his strong personal* support").
const MAX_GAP_WORDS: usize = 4;

/// One row of the cue table.
#[derive(Debug, Clone, PartialEq)]
pub struct Cue {
    /// Words of the dictionary form, without gaps.
    pub lemma: String,
    /// What is done with it.
    pub act: SpeechAct,
    /// 0 to 1.
    pub strength: f64,
    /// +1 in favour, -1 against, 0 neither by itself.
    pub polarity: i8,
    /// Words after the first, each with whether a gap may stand before it.
    rest: Vec<(String, bool)>,
}

impl Cue {
    /// A cue of one word form. `polarity` is "+", "-" or "0".
    ///
    /// # Errors
    /// A sentence about the column that is wrong.
    pub(super) fn new(lemma: &str, act: &str, strength: &str, polarity: &str) -> Result<Self, String> {
        let act = SpeechAct::ALL
            .iter()
            .copied()
            .find(|known| known.name() == act)
            .ok_or(format!("{act:?} is no speech act"))?;
        let strength = strength.parse().ok().filter(|strength| (0.0..=1.0).contains(strength));
        let polarity = match polarity {
            "+" => 1,
            "-" => -1,
            "0" => 0,
            _ => return Err(format!("the stance is {polarity:?}, not '+', '-' or '0'")),
        };
        let strength = strength.ok_or("the strength is no number from 0 to 1")?;
        Ok(Self { lemma: lemma.to_owned(), act, strength, polarity, rest: Vec::new() })
    }
}

/// How the first word of a cue is inflected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// "support", and "be" in all its forms.
    Base,
    /// "supports"
    Third,
    /// "supported"
    Past,
    /// "supporting"
    Ing,
}

/// A cue found among the words of a sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct CueHit {
    /// The row.
    pub cue: &'static Cue,
    /// Index of its first word.
    pub first_word: usize,
    /// Index after its last word.
    pub end_word: usize,
    /// Inflection of the first word.
    pub form: Form,
    /// "was emphasized"; not "would be emphasized", which reports nothing.
    pub is_passive: bool,
    /// "it is hoped": passive without a subject, in the present.
    pub is_impersonal: bool,
    /// "did not agree"
    pub is_negated: bool,
}

/// A cue table in use.
struct CueTable {
    source: String,
    cues: Vec<Cue>,
    /// Rows by every form of their first word; rows with more words first.
    by_form: HashMap<String, Vec<(usize, Form)>>,
}

/// What keeps a cue table from being used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CueTableError {
    /// A row is malformed.
    #[error("line {line}: {problem}")]
    Row {
        /// From 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// A table is in use already: it is chosen once, before the first text is read.
    #[error("another cue table is in use already")]
    InUse,
}

static TABLE: OnceLock<CueTable> = OnceLock::new();

fn table() -> &'static CueTable {
    TABLE.get_or_init(|| CueTable::parse(CUE_TABLE).expect("the table of this version is well formed"))
}

/// Uses `source` in place of the table of this version, for the whole process: the columns are those of `cues.tsv`.
///
/// # Errors
/// When a row is malformed, or a text has been read already.
pub fn use_cue_table(source: &str) -> Result<(), CueTableError> {
    TABLE.set(CueTable::parse(source)?).map_err(|_| CueTableError::InUse)
}

/// The text of the cue table in use.
#[must_use]
pub fn cue_table() -> &'static str {
    &table().source
}

impl CueTable {
    fn parse(source: &str) -> Result<Self, CueTableError> {
        let mut cues = Vec::new();
        let mut by_form: HashMap<String, Vec<(usize, Form)>> = HashMap::default();
        let rows = source.lines().enumerate().filter(|(_, row)| !row.starts_with('#') && !row.trim().is_empty());
        for (at, row) in rows {
            let columns: Vec<&str> = row.split('\t').collect();
            let (base, cue) = Self::row(&columns).map_err(|problem| CueTableError::Row { line: at + 1, problem })?;
            for (word, form) in forms(base, columns[1]) {
                by_form.entry(word).or_default().push((cues.len(), form));
            }
            cues.push(cue);
        }
        by_form.values_mut().for_each(|rows| rows.sort_by_key(|&(at, _)| std::cmp::Reverse(cues[at].rest.len())));
        Ok(Self { source: source.to_owned(), cues, by_form })
    }

    /// The first word of a row and its cue.
    fn row<'a>(columns: &[&'a str]) -> Result<(&'a str, Cue), String> {
        let &[lemma, _, act, strength, polarity, takes] = columns else {
            return Err(format!("{} columns instead of 6", columns.len()));
        };
        if !matches!(takes, "clause" | "noun" | "both") {
            return Err(format!("{takes:?} is not 'clause', 'noun' or 'both'"));
        }
        let mut words = lemma.split(' ');
        let base =
            words.next().filter(|word| word.len() > 1 && word.is_ascii()).ok_or("the lemma has no first word")?;
        let mut rest = Vec::new();
        let mut gap = false;
        for word in words {
            if word == "*" {
                gap = true;
            } else {
                rest.push((word.to_owned(), gap));
                gap = false;
            }
        }
        Ok((base, Cue { rest, ..Cue::new(&lemma.replace(" *", ""), act, strength, polarity)? }))
    }
}

/// The forms of an English verb: those listed, and the regular ones that the list leaves open.
fn forms(base: &str, listed: &str) -> Vec<(String, Form)> {
    let consonant_y = base.ends_with('y')
        && !base.ends_with(['a', 'e', 'o', 'u'])
        && !base[..base.len() - 1].ends_with(['a', 'e', 'o', 'u']);
    let stem = &base[..base.len() - 1];
    let third = if consonant_y {
        format!("{stem}ies")
    } else if base.ends_with(['s', 'x', 'z']) || base.ends_with("ch") || base.ends_with("sh") {
        format!("{base}es")
    } else {
        format!("{base}s")
    };
    let mut forms = vec![(third.clone(), Form::Third)];
    if !listed.split('|').any(|form| form == base) {
        forms.push((base.to_owned(), Form::Base));
    }
    if listed == "-" {
        let (past, ing) = if base.ends_with('e') {
            (format!("{base}d"), if base.ends_with("ee") { format!("{base}ing") } else { format!("{stem}ing") })
        } else if consonant_y {
            (format!("{stem}ied"), format!("{base}ing"))
        } else {
            (format!("{base}ed"), format!("{base}ing"))
        };
        forms.extend([(past, Form::Past), (ing, Form::Ing)]);
    } else {
        forms.extend(listed.split('|').map(|form| {
            let kind = if base == "be" {
                Form::Base
            } else if form.ends_with("ing") {
                Form::Ing
            } else if form == base {
                Form::Past
            } else if form == third || form == "has" || form.starts_with('\'') {
                Form::Third
            } else {
                Form::Past
            };
            (form.to_owned(), kind)
        }));
    }
    forms.sort_by(|left, right| left.0.cmp(&right.0));
    forms.dedup_by(|left, right| left.0 == right.0);
    forms
}

/// The cues among `words`, in reading order, not overlapping. `lowers` are the words in lower case.
#[must_use]
pub fn cues(text: &str, words: &[Word], lowers: &[Cow<'_, str>]) -> Vec<CueHit> {
    let mut hits: Vec<CueHit> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        match cue_at(text, words, lowers, at) {
            Some(hit) => {
                at = hit.end_word;
                hits.push(hit);
            }
            None => at += 1,
        }
    }
    // "I want to thank you" thanks: a wish that another cue fulfils is no cue of its own.
    let is_wish = |at: usize| {
        let next = hits.get(at + 1);
        is_word(Function::Wish, hits[at].cue.lemma.as_str())
            && next.is_some_and(|next| next.first_word == hits[at].end_word + 1 && lowers[hits[at].end_word] == "to")
    };
    let kept: Vec<bool> = (0..hits.len()).map(|at| !is_wish(at)).collect();
    hits.into_iter().zip(kept).filter_map(|(hit, is_kept)| is_kept.then_some(hit)).collect()
}

fn cue_at(text: &str, words: &[Word], lowers: &[Cow<'_, str>], at: usize) -> Option<CueHit> {
    let (word, contracted) = match lowers[at].split_once('\'') {
        // "we're", "I'm": the second half is the verb.
        Some((_, tail)) if is_word(Function::ContractionVerb, tail) => (Cow::Owned(format!("'{tail}")), true),
        _ => (lowers[at].clone(), false),
    };
    let table = table();
    for &(row, form) in table.by_form.get(&*word)? {
        let cue = &table.cues[row];
        let Some(end_word) = match_rest(&cue.rest, lowers, at + 1) else { continue };
        let (before, is_negated, aux) = look_back(lowers, at);
        let group = &lowers[before.map_or(0, |i| i + 1)..at];
        let is_modal = group.iter().any(|word| is_word(Function::Modal, word));
        let is_passive = form == Form::Past && aux == Some(Aux::Be) && !is_modal;
        let is_impersonal =
            is_passive && before.is_some_and(|i| lowers[i] == "it") && group.iter().any(|word| word == "is");
        if contracted || is_verb(text, words, lowers, at, form, before, aux) {
            let negated_after =
                cue.lemma.starts_with("be ") && lowers.get(at + 1).is_some_and(|word| is_word(Function::Negator, word));
            return Some(CueHit {
                cue,
                first_word: at,
                end_word,
                form,
                is_passive,
                is_impersonal,
                is_negated: is_negated || negated_after,
            });
        }
    }
    None
}

fn match_rest(rest: &[(String, bool)], lowers: &[Cow<'_, str>], mut at: usize) -> Option<usize> {
    for (word, may_gap) in rest {
        // "is not committed", "are also ready": one adverb may stand inside any cue of several words.
        let reach = if *may_gap { MAX_GAP_WORDS } else { usize::from(lowers.get(at).is_some_and(|w| is_inner(w))) * 2 };
        at = (at..=at + reach).find(|&i| lowers.get(i).is_some_and(|lower| lower == word))? + 1;
    }
    Some(at)
}

fn is_inner(word: &str) -> bool {
    is_word(Function::Adverb, word) || is_word(Function::AdverbInner, word)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aux {
    Be,
    Have,
    Modal,
}

/// The index of the last word before the verb group at `at`, whether the group is negated, and its auxiliary.
fn look_back(lowers: &[Cow<'_, str>], at: usize) -> (Option<usize>, bool, Option<Aux>) {
    let (mut before, mut negated, mut aux) = (at, false, None);
    while before > 0 && at - before < 5 {
        let word = lowers[before - 1].as_ref();
        if is_word(Function::Negator, word) || word.ends_with("n't") {
            negated = true;
            if word.ends_with("n't") && aux.is_none() {
                aux = Some(Aux::Modal);
            }
        } else if is_word(Function::Be, word) {
            aux = aux.or(Some(Aux::Be));
        } else if is_word(Function::Have, word) {
            aux = aux.or(Some(Aux::Have));
        } else if is_word(Function::Modal, word) {
            aux = aux.or(Some(Aux::Modal));
        } else if !is_word(Function::Adverb, word) {
            break;
        }
        before -= 1;
    }
    // "Neither side supports": the negation stands in the subject.
    let subject = &lowers[before.saturating_sub(3)..before];
    negated |= subject.iter().any(|word| is_word(Function::NegatedSubject, word));
    (before.checked_sub(1), negated, aux)
}

fn is_verb(
    text: &str,
    words: &[Word],
    lowers: &[Cow<'_, str>],
    at: usize,
    form: Form,
    before: Option<usize>,
    aux: Option<Aux>,
) -> bool {
    let previous = before.map_or("", |i| lowers[i].as_ref());
    let is_capital = before.is_some_and(|i| words[i].span.slice(text).starts_with(char::is_uppercase));
    let gap = if at == 0 { "" } else { &text[words[at - 1].span.end..words[at].span.start] };
    // "the United States" names; a verb inside a sentence stands in lower case.
    if at > 0 && words[at].span.slice(text).starts_with(char::is_uppercase) && !gap.contains(['"', '“', '.', ':']) {
        return false;
    }
    let contracted_subject =
        previous.split_once('\'').is_some_and(|(_, tail)| is_word(Function::ContractionSubject, tail));
    match form {
        Form::Past => {
            aux.is_some() || !(is_word(Function::Determiner, previous) || is_word(Function::BeforeAdjective, previous))
        }
        Form::Ing => {
            aux == Some(Aux::Be)
                || gap.contains(',')
                || at == 0
                || contracted_subject
                || is_word(Function::BeforeParticiple, previous)
        }
        Form::Base if lowers[at] == "be" => aux == Some(Aux::Modal) || previous == "to",
        Form::Base => {
            is_word(Function::Be, lowers[at].as_ref())
                || aux == Some(Aux::Modal)
                || is_word(Function::SubjectPronoun, previous)
                || contracted_subject
                || (previous == "to" && wishes(lowers, before))
                || (is_word(Function::Party, previous) && previous.ends_with('s'))
                || (previous == "me" && before.is_some_and(|i| i > 0 && lowers[i - 1] == "let"))
        }
        Form::Third => {
            (is_capital && at > 0) || is_word(Function::SubjectPronoun, previous) || is_word(Function::Party, previous)
        }
    }
}

/// "I want to", "I would like to", "we wish to": the verb after is performed, not wished.
fn wishes(lowers: &[Cow<'_, str>], to: Option<usize>) -> bool {
    to.and_then(|to| to.checked_sub(1)).is_some_and(|i| is_word(Function::WishTo, &lowers[i]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::segmentation::words;
    use crate::span::Span;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let words = words(text, Span::new(0, text.len()));
        let lowers: Vec<Cow<'_, str>> = words.iter().map(|word| word.lower(text)).collect();
        let found: Vec<String> = cues(text, &words, &lowers)
            .iter()
            .map(|hit| {
                let marks = [(hit.is_passive, " passive"), (hit.is_negated, " negated")];
                marks.iter().filter(|(is, _)| *is).fold(hit.cue.lemma.clone(), |lemma, (_, mark)| lemma + mark)
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn verbs_are_found_in_their_forms() {
        check("Aro reaffirmed his support and emphasised the plan", &["reaffirm", "emphasise"]);
        check("Vey expressed his strong personal support for it", &["express support"]);
        check("The importance of talks was also emphasized.", &["emphasize passive"]);
        check("They did not agree to a truce", &["agree negated"]);
        check("We're committed to peace and we welcome it", &["be committed", "welcome"]);
        check("Norland is not ready to talk", &["be ready negated"]);
        check("The sides met, underscoring the principle", &["underscore"]);
        check("I want to thank you", &["thank"]);
        check("Neither side supports the plan", &["support negated"]);
    }

    #[test]
    fn nouns_and_adjectives_are_no_cues() {
        check("the agreed steps and the requested support", &[]);
        check("its demands on trade", &[]);
        check("to discuss support for reform", &[]);
        check("both the United States and China should talk", &[]);
    }

    #[test]
    fn the_table_is_whole() {
        let table = CueTable::parse(CUE_TABLE).expect("well formed");
        let mut lemmas: Vec<&str> = CUE_TABLE
            .lines()
            .filter(|row| !row.starts_with('#'))
            .map(|row| row.split('\t').next().unwrap_or_default())
            .collect();
        assert_eq!(lemmas.len(), table.cues.len());
        lemmas.sort_unstable();
        lemmas.dedup();
        assert_eq!(lemmas.len(), table.cues.len(), "no lemma stands twice");
    }

    #[test]
    fn a_malformed_table_is_refused_with_its_line() {
        let check = |source: &str, expected: &str| {
            let error = CueTable::parse(source).err().map(|error| error.to_string());
            assert_eq!(error.as_deref(), Some(expected));
        };
        check("# a comment\nurge\t-\turge\t.7\t+", "line 2: 5 columns instead of 6");
        check("urge\t-\tbeg\t.7\t+\tboth", "line 1: \"beg\" is no speech act");
        check("urge\t-\turge\t7\t+\tboth", "line 1: the strength is no number from 0 to 1");
        check("urge\t-\turge\t.7\tup\tboth", "line 1: the stance is \"up\", not '+', '-' or '0'");
        check("urge\t-\turge\t.7\t+\tverb", "line 1: \"verb\" is not 'clause', 'noun' or 'both'");
    }
}
