//! Cues: the reporting words of the table, found in a sentence.

use super::SpeechAct;
use super::function_words::is_word;
use crate::pipeline::segmentation::Word;
use std::collections::BTreeMap;
use std::sync::LazyLock;

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
    pub(super) fn new(lemma: &str, act: &str, strength: &str, polarity: &str) -> Self {
        Self {
            lemma: lemma.to_owned(),
            act: SpeechAct::ALL.iter().copied().find(|known| known.name() == act).expect("acts of the table exist"),
            strength: strength.parse().expect("strengths of the table are numbers"),
            polarity: match polarity {
                "+" => 1,
                "-" => -1,
                _ => 0,
            },
            rest: Vec::new(),
        }
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

static CUES: LazyLock<Vec<Cue>> = LazyLock::new(|| {
    table_rows()
        .map(|row| {
            let mut rest = Vec::new();
            let mut gap = false;
            for word in row[0].split(' ').skip(1) {
                if word == "*" {
                    gap = true;
                } else {
                    rest.push((word.to_owned(), gap));
                    gap = false;
                }
            }
            Cue { rest, ..Cue::new(&row[0].replace(" *", ""), row[2], row[3], row[4]) }
        })
        .collect()
});

/// Rows by every form of their first word; rows with more words first.
static BY_FORM: LazyLock<BTreeMap<String, Vec<(usize, Form)>>> = LazyLock::new(|| {
    let mut by_form: BTreeMap<String, Vec<(usize, Form)>> = BTreeMap::new();
    for (at, row) in table_rows().enumerate() {
        let base = row[0].split(' ').next().unwrap_or_default();
        for (word, form) in forms(base, row[1]) {
            by_form.entry(word).or_default().push((at, form));
        }
    }
    by_form.values_mut().for_each(|rows| rows.sort_by_key(|&(at, _)| std::cmp::Reverse(CUES[at].rest.len())));
    by_form
});

fn table_rows() -> impl Iterator<Item = Vec<&'static str>> {
    CUE_TABLE.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect())
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
pub fn cues(text: &str, words: &[Word], lowers: &[String]) -> Vec<CueHit> {
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
        matches!(hits[at].cue.lemma.as_str(), "want" | "wish" | "hope")
            && next.is_some_and(|next| next.first_word == hits[at].end_word + 1 && lowers[hits[at].end_word] == "to")
    };
    let kept: Vec<bool> = (0..hits.len()).map(|at| !is_wish(at)).collect();
    hits.into_iter().zip(kept).filter_map(|(hit, is_kept)| is_kept.then_some(hit)).collect()
}

fn cue_at(text: &str, words: &[Word], lowers: &[String], at: usize) -> Option<CueHit> {
    let (word, contracted) = match lowers[at].split_once('\'') {
        // "we're", "I'm": the second half is the verb.
        Some((_, tail)) if matches!(tail, "m" | "re" | "ve") => (format!("'{tail}"), true),
        _ => (lowers[at].clone(), false),
    };
    for &(row, form) in BY_FORM.get(&word)? {
        let cue = &CUES[row];
        let Some(end_word) = match_rest(&cue.rest, lowers, at + 1) else { continue };
        let (before, is_negated, aux) = look_back(lowers, at);
        let group = &lowers[before.map_or(0, |i| i + 1)..at];
        let is_modal = group.iter().any(|word| is_word("modal", word.as_str()));
        let is_passive = form == Form::Past && aux == Some(Aux::Be) && !is_modal;
        let is_impersonal =
            is_passive && before.is_some_and(|i| lowers[i] == "it") && group.iter().any(|word| word == "is");
        if contracted || is_verb(text, words, lowers, at, form, before, aux) {
            let negated_after =
                cue.lemma.starts_with("be ") && lowers.get(at + 1).is_some_and(|w| w == "not" || w == "never");
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

fn match_rest(rest: &[(String, bool)], lowers: &[String], mut at: usize) -> Option<usize> {
    for (word, may_gap) in rest {
        // "is not committed", "are also ready": one adverb may stand inside any cue of several words.
        let reach = if *may_gap { MAX_GAP_WORDS } else { usize::from(lowers.get(at).is_some_and(|w| is_inner(w))) * 2 };
        at = (at..=at + reach).find(|&i| lowers.get(i) == Some(word))? + 1;
    }
    Some(at)
}

fn is_inner(word: &str) -> bool {
    is_word("adverb", word) || matches!(word, "not" | "never" | "very" | "much" | "it" | "extremely" | "so")
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aux {
    Be,
    Have,
    Modal,
}

/// The index of the last word before the verb group at `at`, whether the group is negated, and its auxiliary.
fn look_back(lowers: &[String], at: usize) -> (Option<usize>, bool, Option<Aux>) {
    let (mut before, mut negated, mut aux) = (at, false, None);
    while before > 0 && at - before < 5 {
        let word = lowers[before - 1].as_str();
        if word == "not" || word == "never" || word.ends_with("n't") {
            negated = true;
            if word.ends_with("n't") && aux.is_none() {
                aux = Some(Aux::Modal);
            }
        } else if is_word("be", word) {
            aux = aux.or(Some(Aux::Be));
        } else if is_word("have", word) {
            aux = aux.or(Some(Aux::Have));
        } else if is_word("modal", word) {
            aux = aux.or(Some(Aux::Modal));
        } else if !is_word("adverb", word) {
            break;
        }
        before -= 1;
    }
    (before.checked_sub(1), negated, aux)
}

fn is_verb(
    text: &str,
    words: &[Word],
    lowers: &[String],
    at: usize,
    form: Form,
    before: Option<usize>,
    aux: Option<Aux>,
) -> bool {
    let previous = before.map_or("", |i| lowers[i].as_str());
    let is_capital = before.is_some_and(|i| words[i].span.slice(text).starts_with(char::is_uppercase));
    let gap = if at == 0 { "" } else { &text[words[at - 1].span.end..words[at].span.start] };
    // "the United States" names; a verb inside a sentence stands in lower case.
    if at > 0 && words[at].span.slice(text).starts_with(char::is_uppercase) && !gap.contains(['"', '“', '.', ':']) {
        return false;
    }
    let contracted_subject =
        previous.split_once('\'').is_some_and(|(_, tail)| matches!(tail, "ll" | "ve" | "re" | "m" | "d"));
    match form {
        Form::Past => aux.is_some() || !(is_word("determiner", previous) || is_word("before_adjective", previous)),
        Form::Ing => {
            aux == Some(Aux::Be)
                || gap.contains(',')
                || at == 0
                || contracted_subject
                || matches!(
                    previous,
                    "while"
                        | "continued"
                        | "continue"
                        | "began"
                        | "started"
                        | "sides"
                        | "leaders"
                        | "presidents"
                        | "parties"
                        | "both"
                )
        }
        Form::Base if lowers[at] == "be" => aux == Some(Aux::Modal) || previous == "to",
        Form::Base => {
            is_word("be", lowers[at].as_str())
                || aux == Some(Aux::Modal)
                || is_word("subject_pronoun", previous)
                || contracted_subject
                || (previous == "to" && wishes(lowers, before))
                || (is_word("party", previous) && previous.ends_with('s'))
                || (previous == "me" && before.is_some_and(|i| i > 0 && lowers[i - 1] == "let"))
        }
        Form::Third => (is_capital && at > 0) || is_word("subject_pronoun", previous) || is_word("party", previous),
    }
}

/// "I want to", "I would like to", "we wish to": the verb after is performed, not wished.
fn wishes(lowers: &[String], to: Option<usize>) -> bool {
    to.and_then(|to| to.checked_sub(1)).is_some_and(|i| matches!(lowers[i].as_str(), "want" | "like" | "wish" | "have"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::segmentation::words;
    use crate::span::Span;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let words = words(text, Span::new(0, text.len()));
        let lowers: Vec<String> = words.iter().map(|word| word.lower(text)).collect();
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
    }

    #[test]
    fn nouns_and_adjectives_are_no_cues() {
        check("the agreed steps and the requested support", &[]);
        check("its demands on trade", &[]);
        check("to discuss support for reform", &[]);
        check("both the United States and China should talk", &[]);
    }

    #[test]
    fn the_table_is_sorted_and_whole() {
        let lemmas: Vec<&str> = table_rows().map(|row| row[0]).collect();
        assert!(table_rows().all(|row| row.len() == 6), "every row has six columns");
        assert!(CUES.iter().all(|cue| (0.0..=1.0).contains(&cue.strength)));
        let mut unique = lemmas.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), lemmas.len(), "no lemma stands twice");
    }
}
