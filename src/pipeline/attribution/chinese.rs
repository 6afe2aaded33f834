//! Attribution in Chinese. A sentence names its speaker before the first cue ("习近平强调，…"), or goes on with the one
//! before; a comma cuts no positions apart, since the clauses of a Chinese sentence share their topic.

use super::cues::Cue;
use super::{Attribution, AttributionKind, Clause, SpeechAct};
use crate::pipeline::Cancel;
use crate::pipeline::position::Holder;
use crate::pipeline::segmentation::{Segmentation, is_running_text};
use crate::pipeline::sides::{Cast, SideIdx, Who};
use crate::span::Span;
use aho_corasick::{AhoCorasick, MatchKind};
use std::sync::LazyLock;

/// The cue table of this version, as text.
pub const CHINESE_CUE_TABLE: &str = include_str!("cues_zh.tsv");

/// Words for both sides together, in both scripts.
const BOTH: [&str; 14] = [
    "双方",
    "雙方",
    "两国元首",
    "兩國元首",
    "两国领导人",
    "兩國領導人",
    "两国外长",
    "兩國外長",
    "两位领导人",
    "兩位領導人",
    "双边",
    "雙邊",
    "三方",
    "各方",
];
/// Pronouns of the third person: whoever spoke last.
const SAME: [&str; 3] = ["他", "她", "其"];
/// Words between two names that make them one subject.
const JOINS: [&str; 6] = ["和", "与", "與", "同", "及", "、"];
/// Bytes of a sentence without a cue in which its subject can stand.
const MAX_SUBJECT_BYTES: usize = 45;
/// What follows a negation of the cue right after it: "不支持", "未同意", "没有承诺".
const NEGATIONS: [&str; 5] = ["不", "未", "没有", "沒有", "无法"];

struct Cues {
    automaton: AhoCorasick,
    rows: Vec<Cue>,
}

static CUES: LazyLock<Cues> = LazyLock::new(|| {
    let rows: Vec<Cue> = CHINESE_CUE_TABLE
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let columns: Vec<&str> = line.split('\t').collect();
            Cue::new(columns[0], columns[1], columns[2], columns[3]).expect("the table is well formed")
        })
        .collect();
    let automaton = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .build(rows.iter().map(|cue| cue.lemma.as_str()))
        .expect("a small table fits an automaton");
    Cues { automaton, rows }
});

/// One clause a sentence of running text, in reading order.
pub(super) fn attribute(
    cancel: &Cancel,
    text: &str,
    segmentation: &Segmentation,
    cast: &Cast,
    author: Option<SideIdx>,
) -> Vec<Clause> {
    let mut speaker: Option<Holder> = None;
    let running = segmentation.sentences.iter().enumerate().filter(|(_, sentence)| is_running_text(sentence));
    let wanted = running.take_while(|_| !cancel.is_cancelled());
    wanted.map(|(at, sentence)| clause(text, sentence.span, at, cast, author, &mut speaker)).collect()
}

fn clause(
    text: &str,
    span: Span,
    sentence: usize,
    cast: &Cast,
    author: Option<SideIdx>,
    speaker: &mut Option<Holder>,
) -> Clause {
    let hits: Vec<(Span, &'static Cue)> = CUES
        .automaton
        .find_iter(span.slice(text))
        .map(|found| {
            (Span::new(span.start + found.start(), span.start + found.end()), &CUES.rows[found.pattern().as_usize()])
        })
        .collect();
    let main = hits.first().copied();
    let subject_end =
        main.map_or(text.floor_char_boundary(span.end.min(span.start + MAX_SUBJECT_BYTES)), |(cue, _)| cue.start);
    let named = subject(text, Span::new(span.start, subject_end), cast, speaker.as_ref());
    let author = author.map_or(Holder::Other(String::new()), |author| Holder::Sides(vec![author]));
    let is_single = speaker.as_ref().is_some_and(|holder| !holder.is_joint());
    let (holder, kind, source) = match (named, main) {
        (Some((holder, source)), Some(_)) => (holder, AttributionKind::Indirect, Some(source)),
        (Some((holder, _)), None) if !is_single || holder.is_joint() => (holder, AttributionKind::Narrator, None),
        _ => match speaker.clone() {
            Some(holder) => (holder, AttributionKind::CarriedOver, None),
            None => (author, AttributionKind::Narrator, None),
        },
    };
    if main.is_some() && matches!(holder, Holder::Sides(_)) {
        *speaker = Some(holder.clone());
    }
    let has_quote = span.slice(text).contains(['“', '「', '『']);
    let kind = if has_quote && kind == AttributionKind::Indirect { AttributionKind::Mixed } else { kind };
    let content = main.map_or(span, |(cue, _)| Span::new(cue.end, span.end));
    let after_comma = content.slice(text).trim_start_matches(['，', '：', ',', ':', ' ']);
    let content = Span::new(content.end - after_comma.len(), content.end);
    let acting = acting_cue(&hits);
    Clause {
        span,
        attribution: Attribution {
            kind,
            source,
            cue: main.map(|(cue, _)| cue),
            cue_lemma: main.map_or(String::new(), |(_, cue)| cue.lemma.clone()),
            content: if content.slice(text).contains(char::is_alphanumeric) { content } else { span },
        },
        cue: acting.map(|(_, cue)| cue),
        inner_cue: None,
        holder,
        is_negated: acting
            .is_some_and(|(at, _)| NEGATIONS.iter().any(|word| text[span.start..at.start].ends_with(word))),
        is_passive: false,
        sentence,
        is_first_person: false,
    }
}

/// The cue that says what is done: the first that does more than state ("强调，中方坚决反对" opposes).
fn acting_cue(hits: &[(Span, &'static Cue)]) -> Option<(Span, &'static Cue)> {
    let acts = |cue: &Cue| !matches!(cue.act, SpeechAct::State | SpeechAct::Inform);
    hits.iter().copied().find(|(_, cue)| acts(cue)).or(hits.first().copied())
}

/// The holder that the words before the cue name, and where.
fn subject(text: &str, zone: Span, cast: &Cast, speaker: Option<&Holder>) -> Option<(Holder, Span)> {
    let slice = zone.slice(text);
    if let Some(at) = BOTH.iter().filter_map(|word| slice.find(word).map(|at| (at, word.len()))).min() {
        let all = cast.all();
        let span = Span::new(zone.start + at.0, zone.start + at.0 + at.1);
        return (!all.is_empty()).then_some((Holder::Sides(all), span));
    }
    let mentions = cast.mentions(text, zone);
    if let Some(first) = mentions.first() {
        let side = |who: &Who| match who {
            Who::Side(side) => Some(*side),
            Who::Entity(_) | Who::Person => None,
        };
        let joined = mentions.get(1).filter(|second| JOINS.contains(&&text[first.span.end..second.span.start]));
        let mut sides: Vec<SideIdx> =
            [Some(first), joined].into_iter().flatten().filter_map(|mention| side(&mention.who)).collect();
        sides.sort_unstable();
        sides.dedup();
        let holder =
            if sides.is_empty() { Holder::Other(first.span.slice(text).to_owned()) } else { Holder::Sides(sides) };
        return Some((holder, first.span));
    }
    let same = SAME.iter().find(|word| slice.starts_with(**word))?;
    speaker.map(|holder| (holder.clone(), Span::new(zone.start, zone.start + same.len())))
}
