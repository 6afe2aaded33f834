use super::{comparison, extraction};
use crate::pipeline::Engine;
use crate::pipeline::attribution::{Attribution, AttributionKind, SpeechAct};
use crate::pipeline::position::{Holder, Modality, Position, Stance};
use crate::pipeline::relation::{Reason, ReasonCode, Relation};
use crate::pipeline::report::{
    Comparison, ContactFacts, ContactKind, Extraction, NameDifference, Point, PointKind, PointScope, ReadoutSummary,
    SideSummary, Silence, Warning, WarningCode,
};
use crate::pipeline::sides::SideIdx;
use crate::span::{OffsetUnit, Span};
use textwrap::core::display_width;

const OURS: &str = "Minister Aro reaffirmed support for the Tarn Strait ceasefire. \
    The two ministers agreed to reopen the Vey bridge. Vey thanked Aro. A candid call.";
const THEIRS: &str =
    "Minister Vey rejected\x1b[31m the Tarn\u{202E} Strait ceasefire. 双方同意重新开放维伊大桥,并就渔业配额继续磋商。";

fn side(name: &str) -> SideSummary {
    SideSummary {
        id: name.to_lowercase(),
        display_name: name.to_owned(),
        declared: true,
        aliases: Vec::new(),
        n_positions: 3,
        n_linked: 2,
        space_share: 0.5,
    }
}

fn readout(id: &str, author: usize, text: &str) -> ReadoutSummary {
    ReadoutSummary {
        id: id.to_owned(),
        author: Some(SideIdx(author)),
        title: String::new(),
        date: String::new(),
        language: "en".to_owned(),
        source_uri: String::new(),
        text: text.to_owned(),
        n_characters: text.chars().count(),
        n_words: 20,
        n_positions: 3,
        n_linked: 2,
        topics: Vec::new(),
        contact: ContactFacts::default(),
    }
}

/// The position at the sentence that begins with `start`, up to its full stop.
fn position(readout: usize, text: &str, start: &str, holders: &[usize], act: SpeechAct, cue: Option<&str>) -> Position {
    let at = |needle: &str| text.find(needle).expect("it is in the text");
    let first = at(start);
    let end = first + text[first..].find(['.', '。']).expect("a sentence ends");
    let span = Span::new(first, end);
    Position {
        readout,
        ordinal: 0,
        span,
        holder: Holder::Sides(holders.iter().copied().map(SideIdx).collect()),
        attribution: Attribution {
            kind: if cue.is_some() { AttributionKind::Indirect } else { AttributionKind::CarriedOver },
            source: None,
            cue: cue.map(|cue| Span::new(at(cue), at(cue) + cue.len())),
            cue_lemma: String::new(),
            content: span,
        },
        speech_act: act,
        stance: Stance::Neutral,
        strength: 0.7,
        negated: false,
        modality: Modality::Fact,
        figures: Vec::new(),
        act_cue: None,
        confidence: 1.0,
        statement_id: String::new(),
    }
}

fn point(kind: PointKind, relation: Option<Relation>, members: &[usize], reason: ReasonCode, detail: &str) -> Point {
    let is_one_sided = kind == PointKind::OneSided;
    Point {
        kind,
        relation,
        scope: PointScope::AcrossReadouts,
        members: members.to_vec(),
        score: 0.824,
        score_parts: Vec::new(),
        confidence: 0.75,
        weight: 0.5,
        reasons: vec![Reason { code: reason, detail: detail.to_owned(), evidence: Vec::new() }],
        silent_sides: if is_one_sided { vec![SideIdx(1)] } else { Vec::new() },
        silence: is_one_sided.then_some(Silence::NotMentioned),
    }
}

fn sample() -> Comparison {
    let mut ours = readout("ours", 0, OURS);
    let tone = OURS.find("candid").expect("it is in the text");
    ours.contact = ContactFacts {
        kind: Some(ContactKind::Call),
        requested_by: Some(SideIdx(1)),
        duration_minutes: Some(75.0),
        tone_terms: vec![Span::new(tone, tone + 6)],
        ..ContactFacts::default()
    };
    Comparison {
        sides: vec![side("Norland"), side("Sudria")],
        readouts: vec![ours, readout("theirs", 1, THEIRS)],
        positions: vec![
            position(0, OURS, "Minister Aro", &[0], SpeechAct::Reaffirm, Some("reaffirmed")),
            position(0, OURS, "The two", &[0, 1], SpeechAct::Agree, Some("agreed to")),
            position(0, OURS, "Vey thanked", &[1], SpeechAct::Thank, Some("thanked")),
            position(1, THEIRS, "Minister Vey", &[1], SpeechAct::Reject, Some("rejected")),
            position(1, THEIRS, "双方", &[0, 1], SpeechAct::ExpressConcern, None),
        ],
        points: vec![
            point(
                PointKind::Divergence,
                Some(Relation::ConflictingPosition),
                &[0, 3],
                ReasonCode::OpposedStance,
                "reaffirmed / rejected",
            ),
            point(PointKind::Overlap, Some(Relation::Agreement), &[1, 4], ReasonCode::SharedTerms, ""),
            point(PointKind::OneSided, None, &[2], ReasonCode::NoCounterpart, ""),
        ],
        name_differences: vec![NameDifference { point: 0, names: vec![(0, Span::new(0, 12)), (3, Span::new(0, 12))] }],
        warnings: vec![Warning {
            code: WarningCode::PointsTruncated,
            readout: Some(1),
            message: "2 points left out".to_owned(),
        }],
        engine: Engine::Fast,
    }
}

fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

#[test]
fn two_columns_stand_side_by_side_on_a_wide_page() {
    let text = plain(&comparison(&sample(), &[], 100));
    for expected in [
        "2 readouts, 2 sides, 5 positions: 1 overlap, 1 divergence, 1 one-sided (fast engine)\n",
        "  ours: by Norland; 20 words; 3 positions, 2 linked (67%)\n",
        "    call; requested by Sudria; 75 minutes; tone: candid\n",
        "  Norland: 3 positions held, 2 linked (67%), 50% of the space\n",
        "\nOVERLAPS (1)\n\np2 agreement (score 0.82, confidence 0.75)\n",
        "    ours: both sides (agree)                       │ theirs: both sides (express concern)\n",
        "    “The two ministers agreed to reopen the Vey    │ “双方同意重新开放维伊大桥,并就渔业配额继续磋\n",
        "    bridge”                                        │ 商”\n    why: shared terms\n",
        "\nDIVERGENCES (1)\n\np1 conflicting positions (score 0.82, confidence 0.75)\n",
        "    why: opposed stance: reaffirmed / rejected\n",
        "\nONLY IN ours by Norland (1)\n\np3 ours: Sudria per Norland (thank)\n    “Vey thanked Aro”\n    no counterpart from Sudria\n",
        "\nONLY IN theirs by Sudria (0)\n",
        "\nDIFFERENT NAMES\n  p1 “Minister Aro” in ours, “Minister Vey” in theirs\n",
        "\nWARNINGS (1)\n  theirs: 2 points left out\n",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in\n{text}");
    }
}

#[test]
fn columns_are_stacked_on_a_narrow_page() {
    let text = plain(&comparison(&sample(), &[], 60));
    assert!(!text.contains('│'), "{text}");
    assert!(
        text.contains(
            "    ours: Norland (reaffirm)\n    “Minister Aro reaffirmed support for the Tarn Strait\n    ceasefire”\n    \
             theirs: Sudria (reject)\n"
        ),
        "{text}"
    );
}

#[test]
fn no_line_is_wider_than_the_page() {
    for width in [40, 60, 99, 100, 131, 160] {
        for line in plain(&comparison(&sample(), &[], width)).lines() {
            assert!(display_width(line) <= width, "{width}: {line}");
        }
    }
}

#[test]
fn hidden_controls_of_a_readout_are_shown() {
    let text = comparison(&sample(), &[], 160);
    assert!(!text.contains("\x1b[31m the") && !text.contains('\u{202E}'), "{text:?}");
    assert!(plain(&text).contains("rejected␛[31m the Tarn<U+202E> Strait"), "{text}");
}

#[test]
fn sections_that_were_not_asked_for_are_left_out() {
    let text = plain(&comparison(&sample(), &[PointKind::Divergence], 100));
    assert!(text.contains("\nDIVERGENCES (1)\n"));
    assert!(!text.contains("\nOVERLAPS") && !text.contains("\nONLY"), "{text}");
}

#[test]
fn inside_one_readout_the_sides_are_compared() {
    let mut within = sample();
    within.readouts.truncate(1);
    within.positions.truncate(3);
    within.points = vec![
        point(PointKind::Overlap, Some(Relation::Partial), &[0, 2], ReasonCode::Narrower, ""),
        point(PointKind::OneSided, None, &[1], ReasonCode::NoCounterpart, ""),
    ];
    within.points[0].scope = PointScope::WithinReadout;
    within.name_differences.clear();
    within.warnings.clear();
    let text = plain(&comparison(&within, &[], 100));
    for expected in [
        "p1 partial agreement (score",
        "    Norland (reaffirm)                             │ Sudria per Norland (thank)\n",
        "\nONLY FROM Norland and Sudria (1)\n\np2 both sides (agree)\n",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in\n{text}");
    }
    assert!(!text.contains("WARNINGS"));
}

#[test]
fn a_position_is_a_block() {
    let Comparison { sides, readouts, mut positions, warnings, .. } = sample();
    positions[3].negated = true;
    positions[1].holder = Holder::Other("the UN\x07".to_owned());
    positions[1].ordinal = 1;
    let found = extraction(&Extraction { sides, readouts, positions, warnings }, OffsetUnit::Utf32, 60);
    let text = plain(&found);
    for expected in [
        "ours by Norland: 3 positions\n\nours.1 Norland\n    reaffirm, strength 0.70, cue: “reaffirmed”\n",
        "    ceasefire”\n    at 0 to 61\n",
        "ours.2 the UN␇ per Norland\n",
        "\n\ntheirs by Sudria: 3 positions\n\ntheirs.1 Sudria\n    reject, negated, strength 0.70, cue: “rejected”\n",
        "    express concern, strength 0.70, cue: speaker carried\n    over\n",
        "\nWARNINGS (1)\n",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in\n{text}");
    }
}
