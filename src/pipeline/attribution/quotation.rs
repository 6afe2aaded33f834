//! Sentences that open with a quotation.

use super::cues::CueHit;
use super::holder::Voice;
use super::subject::{Context, Subject, resolve};
use super::{Attribution, AttributionKind, Clause};
use crate::pipeline::position::Holder;
use crate::span::Span;

/// A sentence that opens with a quotation: the source stands after it ("…," the President said).
pub(super) fn quotation(context: &Context<'_>, sentence: Span, hits: &[CueHit], voice: &mut Voice) -> Option<Clause> {
    let slice = sentence.slice(context.text);
    let open = slice.chars().next().filter(|c| "\"“「『".contains(*c))?;
    let close = match open {
        '“' => '”',
        '「' => '」',
        '『' => '』',
        _ => '"',
    };
    let quote_end = sentence.start + open.len_utf8() + slice[open.len_utf8()..].rfind(close)? + close.len_utf8();
    let content = Span::new(sentence.start, quote_end);
    let after = context.words.iter().position(|word| word.span.start >= quote_end).unwrap_or(context.words.len());
    let hit = hits.iter().find(|hit| hit.first_word >= after);
    let (subject, source) = match hit {
        // "the President said" or "said the President".
        Some(hit) if hit.first_word > after => context.subject(after, hit.first_word),
        Some(hit) => context.subject(hit.end_word, context.words.len()),
        None => (Subject::None, None),
    };
    let holder = resolve(&subject, context, voice.speaker.as_ref(), false)
        .or_else(|| voice.speaker.clone())
        .or_else(|| context.author.map(|author| Holder::Sides(vec![author])))
        .unwrap_or(Holder::Other(String::new()));
    if hit.is_some() {
        voice.speaker = Some(holder.clone());
    }
    let cue = hit.map(|hit| context.span_of(hit));
    Some(Clause {
        span: sentence,
        attribution: Attribution {
            kind: AttributionKind::Direct,
            source,
            cue,
            cue_lemma: hit.map_or(String::new(), |hit| hit.cue.lemma.clone()),
            content,
        },
        cue: hit.map(|hit| hit.cue),
        inner_cue: None,
        holder,
        is_negated: hit.is_some_and(|hit| hit.is_negated),
        is_passive: false,
        sentence: 0,
        is_first_person: voice.is_first_person,
    })
}
