//! Where clauses begin and end inside a sentence.

use super::cues::{CueHit, Form};
use super::function_words::{Function, is_word};
use super::subject::{Context, Subject};

/// The word after the comma before a cue.
pub(super) fn trailing_start(context: &Context<'_>, hit: &CueHit) -> usize {
    let after_comma =
        |&at: &usize| context.text[context.words[at - 1].span.end..context.words[at].span.start].contains(',');
    (1..=hit.first_word).rev().find(after_comma).unwrap_or(0)
}

/// True when the cue ends the sentence with its subject before it: "…, the President made clear."
pub(super) fn is_trailing(context: &Context<'_>, hit: &CueHit) -> bool {
    let start = trailing_start(context, hit);
    let is_last = context.words.len() <= hit.end_word + 1;
    is_last
        && start > MIN_CLAUSE_WORDS
        && start < hit.first_word
        && context.subject(start, hit.first_word).0 != Subject::None
}

/// Where the clause that ends before word `end` ends: punctuation and the joining word cut off.
pub(super) fn clause_end(context: &Context<'_>, end: usize) -> usize {
    let joins = |lower: &str| is_word(Function::ClauseJoiner, lower);
    let mut last = end - 1;
    while last > 0 && joins(&context.lowers[last]) {
        last -= 1;
    }
    context.words[last].span.end
}

/// Fewest words of a clause. Shorter pieces are parts of one ("welcomed and supported the plan").
const MIN_CLAUSE_WORDS: usize = 4;

/// Indices of the words that open a clause: the first, every cue that a conjunction or a comma coordinates with one
/// before it, and what follows a semicolon.
pub(super) fn clause_starts(context: &Context<'_>, hits: &[CueHit], is_first_person: bool) -> Vec<usize> {
    let mut starts = vec![0];
    let far = |starts: &[usize], at: usize| at >= starts.last().copied().unwrap_or(0) + MIN_CLAUSE_WORDS;
    for at in 1..context.words.len() {
        let gap = &context.text[context.words[at - 1].span.end..context.words[at].span.start];
        let opens = match hits.iter().find(|hit| hit.first_word == at) {
            _ if gap.contains([';', '；']) => Some(at),
            // Speech strings clauses together without coordinating statements ("because I think … and I know …").
            Some(_) if is_first_person => None,
            Some(hit) => coordinated_start(context, hit, starts.last().copied().unwrap_or(0)),
            None => None,
        };
        // What stands before the conjunction must be a clause with a cue of its own: "A and B agreed" is one.
        let is_clause = |open: usize| {
            let start = starts.last().copied().unwrap_or(0);
            gap.contains([';', '；']) || hits.iter().any(|hit| (start..open).contains(&hit.first_word))
        };
        if let Some(open) = opens
            .filter(|&open| is_clause(open) && far(&starts, open) && context.words.len() - open >= MIN_CLAUSE_WORDS)
        {
            starts.push(open);
        }
    }
    starts
}

/// The word at which a coordinated clause with the cue `hit` opens, its own subject included.
fn coordinated_start(context: &Context<'_>, hit: &CueHit, clause_start: usize) -> Option<usize> {
    let at = hit.first_word;
    let gap = |i: usize| &context.text[context.words[i - 1].span.end..context.words[i].span.start];
    if hit.form == Form::Ing {
        let with_subject =
            (clause_start + 1..at).rev().take(5).find(|&i| context.lowers[i] == "with" && gap(i).contains(','));
        return if gap(at).contains(',') { Some(at) } else { with_subject.map(|i| i + 1) };
    }
    // Back over the verb group and up to six words of a subject to a conjunction.
    for i in (clause_start + 1..=at).rev().take(8) {
        let lower = context.lowers[i - 1].as_ref();
        if is_word(Function::Coordinator, lower) {
            let named = i == at
                || context.subject(i, at).0 != Subject::None
                || context.lowers[i..at].iter().all(|w| is_auxiliary(w));
            return named.then_some(i);
        }
        if gap(i).contains(',') && i == at && hit.form == Form::Past && !hit.is_passive {
            return Some(at);
        }
        if gap(i).contains([',', ';', ':']) {
            return None;
        }
    }
    None
}

pub(super) fn is_auxiliary(word: &str) -> bool {
    matches!(
        word,
        "also"
            | "has"
            | "have"
            | "had"
            | "will"
            | "would"
            | "again"
            | "further"
            | "is"
            | "are"
            | "was"
            | "were"
            | "that"
            | "not"
            | "did"
            | "jointly"
            | "strongly"
            | "fully"
    )
}
