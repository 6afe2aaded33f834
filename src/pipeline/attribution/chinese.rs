//! Attribution in Chinese. A sentence names its speaker before the first cue ("习近平强调，…"), or goes on with the one
//! before; a comma cuts no positions apart, since the clauses of a Chinese sentence share their topic.

use super::cues::Cue;
use super::function_words::{CHINESE, Chinese};
use super::{Attribution, AttributionKind, Clause, SpeechAct};
use crate::pipeline::Cancel;
use crate::pipeline::position::Holder;
use crate::pipeline::segmentation::{Segmentation, is_running_text};
use crate::pipeline::sides::{Cast, SideIdx, Who, chinese_title};
use crate::span::Span;
use aho_corasick::{AhoCorasick, MatchKind};
use std::sync::LazyLock;

/// The cue table of this version, as text.
pub const CHINESE_CUE_TABLE: &str = include_str!("cues_zh.tsv");

/// Bytes of a sentence without a cue in which its subject can stand.
const MAX_SUBJECT_BYTES: usize = 45;

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
    let is_first_person = is_first_person(text, segmentation);
    let running = segmentation.sentences.iter().enumerate().filter(|(_, sentence)| is_running_text(sentence));
    let wanted = running.take_while(|_| !cancel.is_cancelled());
    wanted.map(|(at, sentence)| clause(text, sentence.span, at, cast, author, is_first_person, &mut speaker)).collect()
}

fn clause(
    text: &str,
    span: Span,
    sentence: usize,
    cast: &Cast,
    author: Option<SideIdx>,
    is_first_person: bool,
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
    let named = subject(text, Span::new(span.start, subject_end), cast, author, speaker.as_ref());
    let author = author.map_or(Holder::Other(String::new()), |author| Holder::Sides(vec![author]));
    let is_single = speaker.as_ref().is_some_and(|holder| !holder.is_joint());
    let (holder, kind, source) = match (named, main) {
        // In a speech everything is the speaker's own, but what the sides did together.
        (Some((holder, _)), Some(_)) if is_first_person && holder.is_joint() => {
            (holder, AttributionKind::Narrator, None)
        }
        _ if is_first_person => (author, AttributionKind::Narrator, None),
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
        is_negated: acting.is_some_and(|(at, _)| {
            CHINESE.of(Chinese::Negation).iter().any(|word| text[span.start..at.start].ends_with(word))
        }),
        is_passive: false,
        sentence,
        is_first_person,
    }
}

/// The cue that says what is done: the first that does more than state ("强调，中方坚决反对" opposes).
fn acting_cue(hits: &[(Span, &'static Cue)]) -> Option<(Span, &'static Cue)> {
    let acts = |cue: &Cue| !matches!(cue.act, SpeechAct::State | SpeechAct::Inform);
    hits.iter().copied().find(|(_, cue)| acts(cue)).or(hits.first().copied())
}

/// A slice without the conjunctions, adverbs and marks before its subject.
fn without_openers(slice: &str) -> &str {
    let mut rest = slice;
    while let Some(shorter) = CHINESE.of(Chinese::Opener).iter().find_map(|word| rest.strip_prefix(word)) {
        rest = shorter;
    }
    rest
}

/// One sentence in this many starts with "我" in a text whose author speaks. On our own Chinese texts speeches start at one
/// in five; readouts have it inside quotation marks only, or once in a closing greeting.
const FIRST_PERSON_SENTENCES: usize = 6;

/// True for a speech: several of its sentences start with "我".
fn is_first_person(text: &str, segmentation: &Segmentation) -> bool {
    let running: Vec<&str> =
        segmentation.sentences.iter().filter(|s| is_running_text(s)).map(|s| s.span.slice(text)).collect();
    let is_own = |sentence: &&&str| {
        let bare = without_openers(sentence);
        CHINESE.of(Chinese::Author).iter().any(|word| bare.starts_with(word))
            && !sentence.starts_with(['“', '「', '『'])
    };
    let n_own = running.iter().filter(is_own).count();
    n_own >= 2 && n_own * FIRST_PERSON_SENTENCES >= running.len()
}

/// The holder that the words before the cue name, and where.
fn subject(
    text: &str,
    zone: Span,
    cast: &Cast,
    author: Option<SideIdx>,
    speaker: Option<&Holder>,
) -> Option<(Holder, Span)> {
    let slice = zone.slice(text);
    let bare = without_openers(slice);
    let own = author.filter(|_| CHINESE.of(Chinese::Author).iter().any(|word| bare.starts_with(word)));
    if let Some(author) = own {
        // "我们一致同意" is said of both.
        let is_joint = CHINESE.of(Chinese::BothActs).iter().any(|word| bare.contains(word)) && bare.starts_with("我们");
        let holder = Holder::Sides(if is_joint { cast.all() } else { vec![author] });
        return Some((holder, Span::new(zone.end - bare.len(), zone.end).trimmed(text)));
    }
    let mentions = cast.mentions(text, zone);
    // The longest of the words that start first; a side named before them is the subject ("中方重视两国关系").
    let both = CHINESE
        .of(Chinese::Both)
        .iter()
        .filter_map(|word| slice.find(word).map(|at| (at, std::cmp::Reverse(word.len()))));
    let both = both.min().map(|(at, std::cmp::Reverse(len))| Span::new(zone.start + at, zone.start + at + len));
    if let Some(at) = both.filter(|at| mentions.first().is_none_or(|first| at.start < first.span.start)) {
        let is_due = CHINESE.of(Chinese::Due).iter().any(|word| text[at.end..].starts_with(word));
        let all = cast.all();
        return (!all.is_empty() && !is_due).then_some((Holder::Sides(all), at));
    }
    if let Some(first) = mentions.first() {
        let side = |who: &Who| match who {
            Who::Side(side) => Some(*side),
            Who::Entity(_) | Who::Person => None,
        };
        let joined =
            mentions.get(1).filter(|second| CHINESE.has(Chinese::Joins, &text[first.span.end..second.span.start]));
        let mut sides: Vec<SideIdx> =
            [Some(first), joined].into_iter().flatten().filter_map(|mention| side(&mention.who)).collect();
        sides.sort_unstable();
        sides.dedup();
        let holder =
            if sides.is_empty() { Holder::Other(first.span.slice(text).to_owned()) } else { Holder::Sides(sides) };
        return Some((holder, first.span));
    }
    // "部长指出": the only one with the office, else the author's own.
    if let Some((title, at)) = chinese_title(text, Span::new(zone.end - bare.len(), zone.end)) {
        let bearers = cast.with_chinese_title(title);
        let side = match bearers.as_slice() {
            [only] => Some(*only),
            _ => author,
        };
        return side.map(|side| (Holder::Sides(vec![side]), at));
    }
    let same = CHINESE.of(Chinese::Same).iter().find(|word| slice.starts_with(**word))?;
    speaker.map(|holder| (holder.clone(), Span::new(zone.start, zone.start + same.len())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::segmentation::segment;
    use crate::pipeline::sides;
    use crate::readout::{Readout, Side};

    /// The holders of the clauses of a text by A: "A", "B", "AB" for both, "-" for others.
    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let side = |id: &str, name: &str, principal: &str| Side {
            id: id.to_owned(),
            display_name: name.to_owned(),
            principals: vec![principal.to_owned()],
            ..Side::default()
        };
        let declared = [side("A", "诺兰德", "外交部长 韦明远"), side("B", "萨林", "总统 哈米德·沃赫拉")];
        let readouts = [Readout { author: Some("A".to_owned()), ..Readout::from_text("a", text.to_owned()) }];
        let segmentations = [segment(&Cancel::default(), text)];
        let cast = sides::cast(&Cancel::default(), &readouts, &segmentations, &declared);
        let clauses = attribute(&Cancel::default(), text, &segmentations[0], &cast, cast.authors[0]);
        let found: Vec<String> = clauses
            .iter()
            .map(|clause| match clause.holder.sides() {
                [] => "-".to_owned(),
                sides => sides.iter().map(|side| cast.sides[side.0].id.as_str()).collect(),
            })
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_side_without_a_table_is_known_by_its_short_form() {
        check("诺方敦促萨方停止蓄水。萨方反对诺方的说法。诺兰方愿派专家前往。", &["A", "B", "A"]);
    }

    #[test]
    fn persons_are_known_by_surname_and_office_and_by_the_last_part_of_a_name() {
        check("韦明远强调协定有效。沃赫拉表示理解。韦外长指出水位下降。总统承诺提前通报。", &["A", "B", "A", "B"]);
    }

    #[test]
    fn the_speaker_goes_on_until_another_is_named() {
        check("沃赫拉表示，水库安全。他希望继续对话。下游不会受影响。", &["B", "B", "B"]);
        check("沃赫拉积极评价两国关系。双方应尊重协定。", &["B", "B"]);
        check("双方商定设立热线。两国将举行会议。", &["AB", "AB"]);
    }

    #[test]
    fn in_a_speech_everything_is_the_speakers_own() {
        check("我昨天见了沃赫拉总统。我们要求释放船员。萨方必须道歉。我不会让步。", &["A", "A", "A", "A"]);
    }
}
