//! The laws that every answer keeps, on real-style and on generated text.

use parallax::models::judgement_cache::JudgementCache;
use parallax::pipeline::position::Position;
use parallax::pipeline::report::{Comparison, PointKind, WarningCode};
use parallax::pipeline::{self, Cancel, Engine, Options};
use parallax::readout::{Readout, Side, Statement};
use parallax::span::{OffsetMap, OffsetUnit, Span};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::gold_cases;

/// Pieces that the generator strings together: frames of reported speech, odd Unicode, marks, line ends.
const PIECES: &[&str] = &[
    "President Aro of Kenya",
    "He",
    "They",
    "Both sides",
    "The Prime Minister",
    "I",
    "We",
    "中方",
    "双方",
    "习近平指出，",
    "reaffirmed",
    "agreed that",
    "did not agree to",
    "stressed",
    "thanked",
    "discussed",
    "expressed concern about",
    "was emphasized",
    "and",
    ", underscoring",
    "the ceasefire",
    "half a billion dollars",
    "10 percent",
    "$1.5 million",
    "in the event of war",
    "climate change",
    "Ukraine’s",
    "U.S.",
    "Mr.",
    "\"",
    "“",
    "”",
    "「",
    "」",
    "(Laughter.)",
    "PRESIDENT ARO:",
    "###",
    "- ",
    "1. ",
    ";",
    ",",
    ".",
    "?",
    "!",
    "。",
    "\n",
    "\n\n",
    "\r\n",
    "\u{2028}",
    "\t",
    "\u{0}",
    "\u{1b}[31m",
    "\u{202e}",
    "e\u{301}\u{327}",
    "🙂",
    "👩‍👩‍👧",
    "مرحبا بالعالم",
    "שלום",
    "ﬁ",
    "İ",
    "ß",
    "𠀀",
    "\u{feff}",
    "%",
    "…",
];

fn generated_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![4 => prop::sample::select(PIECES).prop_map(str::to_owned), 1 => "\\PC{0,6}"];
    prop::collection::vec(piece, 1..60).prop_map(|pieces| pieces.join(" "))
}

fn readout(id: &str, author: &str, text: &str) -> Readout {
    Readout { author: Some(author.to_owned()), ..Readout::from_text(id, text) }
}

fn compare(readouts: &[Readout], sides: &[Side], engine: Engine) -> Comparison {
    // No point is cut off, so that every position must be in one.
    pipeline::compare(readouts, sides, &Options { engine, max_points: usize::MAX, ..Options::default() })
}

/// Every span lies in its text, on character boundaries, and means the same text in all three units.
fn assert_spans_hold(comparison: &Comparison) {
    let texts: Vec<&str> = comparison.readouts.iter().map(|readout| readout.text.as_str()).collect();
    let spans_of = |position: &Position| {
        let attribution = &position.attribution;
        let mut spans = vec![position.span, attribution.content];
        spans.extend([attribution.source, attribution.cue].into_iter().flatten());
        spans.extend(position.figures.iter().map(|figure| figure.span));
        spans
    };
    for position in &comparison.positions {
        let text = texts[position.readout];
        assert!(!position.span.is_empty(), "a position is never empty");
        assert!(position.span.contains(position.attribution.content), "content lies in its position");
        spans_of(position).into_iter().for_each(|span| assert_span_holds(text, span));
    }
    for (text, readout) in texts.iter().zip(&comparison.readouts) {
        let contact = &readout.contact;
        let spans = contact.evidence.iter().chain(&contact.tone_terms).chain(&contact.dates);
        spans.for_each(|&span| assert_span_holds(text, span));
    }
    let evidence = comparison.points.iter().flat_map(|point| &point.reasons).flat_map(|reason| &reason.evidence);
    let names = comparison.name_differences.iter().flat_map(|difference| &difference.names);
    evidence.chain(names).for_each(|&(idx, span)| assert_span_holds(texts[comparison.positions[idx].readout], span));
}

fn assert_span_holds(text: &str, span: Span) {
    let quoted = text.get(span.start..span.end).expect("spans fall on character boundaries of their text");
    let utf16: Vec<u16> = text.encode_utf16().collect();
    let range = OffsetMap::new(text, OffsetUnit::Utf16).range(span);
    assert_eq!(String::from_utf16(&utf16[range]).expect("whole code units"), quoted);
    let range = OffsetMap::new(text, OffsetUnit::Utf32).range(span);
    assert_eq!(text.chars().skip(range.start).take(range.len()).collect::<String>(), quoted);
}

fn assert_every_position_is_in_a_point(comparison: &Comparison) {
    let members: BTreeSet<usize> = comparison.points.iter().flat_map(|point| point.members.iter().copied()).collect();
    assert_eq!(members, (0..comparison.positions.len()).collect());
    for point in &comparison.points {
        assert!(
            (0.0..=1.0).contains(&point.score)
                && (0.0..=1.0).contains(&point.confidence)
                && (0.0..=1.0).contains(&point.weight)
        );
        assert!(!point.reasons.is_empty() && point.reasons.iter().all(|reason| !reason.evidence.is_empty()));
        let sum: f64 = point.score_parts.iter().map(|part| part.contribution).sum();
        assert!(
            point.score_parts.is_empty() || (sum - point.score).abs() < 1e-9,
            "parts {sum} sum to the score {}",
            point.score
        );
        assert_eq!(point.kind == PointKind::OneSided, point.silence.is_some());
    }
}

/// A readout against itself: every position meets itself as agreement with score 1, nothing else is said.
fn assert_self_comparison_agrees(text: &str, engine: Engine) {
    let comparison = compare(&[readout("x", "Kenya", text), readout("y", "Kenya", text)], &[], engine);
    let n = comparison.positions.len() / 2;
    assert!(comparison.points.iter().all(|point| point.kind == PointKind::Overlap && point.score == 1.0));
    for idx in 0..n {
        let meets_itself =
            comparison.points.iter().any(|point| point.members.contains(&idx) && point.members.contains(&(idx + n)));
        assert!(meets_itself, "position {idx} meets itself");
    }
}

/// What two answers must share when one is the mirror of the other.
fn mirror_key(comparison: &Comparison, swap: bool) -> Vec<String> {
    let name = |idx: usize| {
        let position = &comparison.positions[idx];
        let readout = if swap { 1 - position.readout } else { position.readout };
        format!("{readout}.{}", position.ordinal)
    };
    let point_key = |point: &parallax::pipeline::report::Point| {
        let mut members: Vec<String> = point.members.iter().map(|&idx| name(idx)).collect();
        members.sort();
        let codes: BTreeSet<_> = point.reasons.iter().map(|reason| reason.code).collect();
        let bits = [point.score, point.confidence, point.weight].map(f64::to_bits);
        format!("{:?} {:?} {members:?} {codes:?} {bits:?} {:?}", point.kind, point.relation, point.silence)
    };
    comparison.points.iter().map(point_key).collect()
}

fn assert_swapping_mirrors(left: &str, right: &str, engine: Engine) {
    let (a, b) = (readout("a", "Kenya", left), readout("b", "Ukraine", right));
    let forward = compare(&[a.clone(), b.clone()], &[], engine);
    let backward = compare(&[b, a], &[], engine);
    assert_eq!(sides_key(&forward), sides_key(&backward));
    let (mut forward, mut backward) = (mirror_key(&forward, false), mirror_key(&backward, true));
    // Points of equal weight and equal quotes may change places; everything else keeps its order.
    forward.sort();
    backward.sort();
    assert_eq!(forward, backward);
}

fn config(n_cases: u32) -> ProptestConfig {
    let default = ProptestConfig::default();
    let is_set = |variable: &str| std::env::var_os(variable).is_some();
    ProptestConfig {
        cases: if is_set("PROPTEST_CASES") { default.cases } else { n_cases },
        rng_seed: if is_set("PROPTEST_RNG_SEED") { default.rng_seed } else { RngSeed::Fixed(2026) },
        failure_persistence: None,
        ..default
    }
}

/// Counts and shares of the sides, by side.
fn sides_key(comparison: &Comparison) -> BTreeSet<String> {
    let key = |side: &parallax::pipeline::report::SideSummary| {
        format!("{} {} {} {}", side.display_name, side.n_positions, side.n_linked, side.space_share.to_bits())
    };
    comparison.sides.iter().map(key).collect()
}

proptest! {
    // The seed is fixed so that a run tells of the change under test; PROPTEST_CASES and PROPTEST_RNG_SEED look further.
    #![proptest_config(config(128))]

    #[test]
    fn answers_on_generated_text_keep_the_laws(left in generated_text(), right in generated_text()) {
        assert_laws(&left, &right, Engine::Fast);
    }

    #[test]
    fn one_readout_of_any_text_keeps_the_laws(text in generated_text()) {
        let comparison = pipeline::compare(&[Readout::from_text("a", text)], &[], &Options::default());
        assert_spans_hold(&comparison);
        assert_every_position_is_in_a_point(&comparison);
    }

    #[test]
    fn scores_of_pairs_are_symmetric(left in generated_text(), right in generated_text()) {
        assert_scores_are_symmetric(&left, &right, Engine::Fast);
    }
}

proptest! {
    // Fewer, as each reads some ten pairs of positions word by word.
    #![proptest_config(config(12))]

    #[test]
    fn thorough_answers_on_generated_text_keep_the_laws(left in generated_text(), right in generated_text()) {
        assert_laws(&left, &right, Engine::Thorough);
        assert_scores_are_symmetric(&left, &right, Engine::Thorough);
    }
}

fn assert_laws(left: &str, right: &str, engine: Engine) {
    let comparison = compare(&[readout("a", "Kenya", left), readout("b", "Ukraine", right)], &[], engine);
    assert_spans_hold(&comparison);
    assert_every_position_is_in_a_point(&comparison);
    assert_swapping_mirrors(left, right, engine);
    assert_self_comparison_agrees(left, engine);
}

fn assert_scores_are_symmetric(left: &str, right: &str, engine: Engine) {
    let score = |left: &str, right: &str| {
        let (score, parts) = pipeline::score_pairs(&[left.to_owned()], &[right.to_owned()], engine)[0][0].clone();
        let sum: f64 = parts.iter().map(|part| part.contribution).sum();
        assert!((sum - score).abs() < 1e-9, "parts {sum} sum to the score {score}");
        score
    };
    let forward = score(left, right);
    assert_eq!(forward.to_bits(), score(right, left).to_bits());
    assert!((0.0..=1.0).contains(&forward));
    if left.chars().any(char::is_alphanumeric) {
        assert_eq!(score(left, left), 1.0);
    }
}

#[test]
fn answers_on_the_gold_cases_keep_the_laws() {
    for (case, &engine) in
        gold_cases::all().iter().flat_map(|case| Engine::ALL.iter().map(move |engine| (case, engine)))
    {
        let comparison = compare(&case.readouts, &case.sides, engine);
        assert_spans_hold(&comparison);
        assert_every_position_is_in_a_point(&comparison);
        case.readouts.iter().for_each(|readout| assert_self_comparison_agrees(&readout.text, engine));
        if let [left, right] = case.readouts.as_slice() {
            assert_swapping_mirrors(&left.text, &right.text, engine);
        }
    }
}

#[test]
fn the_same_request_gives_the_same_answer_on_any_number_of_threads() {
    for (&engine, n_cases) in Engine::ALL.iter().zip([usize::MAX, 3]) {
        let cases: Vec<_> = gold_cases::all().into_iter().take(n_cases).collect();
        let answers =
            || -> Vec<Comparison> { cases.iter().map(|case| compare(&case.readouts, &case.sides, engine)).collect() };
        let expected = answers();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| assert_eq!(answers(), expected));
            }
        });
    }
}

#[test]
fn what_is_remembered_changes_no_answer() {
    let memory = Arc::new(JudgementCache::new(1 << 20));
    // Few of the second have room, so that some are found and some are not.
    let narrow = Arc::new(JudgementCache::new(1 << 10));
    for case in gold_cases::all().into_iter().take(2) {
        let expected = compare(&case.readouts, &case.sides, Engine::Thorough);
        for (round, cache) in [(0, &memory), (1, &memory), (0, &narrow), (1, &narrow)] {
            let judgements = Some(Arc::clone(cache));
            let options = Options { engine: Engine::Thorough, judgements, ..Options::default() };
            let missed = cache.n_missed();
            assert_eq!(pipeline::compare(&case.readouts, &case.sides, &options), expected);
            if round == 1 && Arc::ptr_eq(cache, &memory) {
                assert_eq!(cache.n_missed(), missed, "all were remembered");
            }
        }
    }
    assert!(memory.n_found() > 0 && memory.n_missed() > 0);
    let statements: Vec<String> = ["We will raise aid.", "We will cut aid.", "和平"].map(String::from).to_vec();
    let expected = pipeline::score_pairs(&statements, &statements, Engine::Thorough);
    for _ in 0..2 {
        let cancel = Cancel::default();
        let scores =
            pipeline::score_pairs_unless(&cancel, &statements, &statements, Engine::Thorough, Some(&memory)).unwrap();
        assert_eq!(scores, expected);
    }
}

#[test]
fn what_the_thorough_engine_leaves_out_is_in_the_warnings() {
    let many = |id: &str, author: &str, what: &str| {
        let statement = |n: usize| Statement {
            id: n.to_string(),
            text: format!("We will build {what} number {n} in the valley."),
            holders: Vec::new(),
        };
        let readout = Readout::from_statements(id, (0..600).map(statement).collect());
        Readout { author: Some(author.to_owned()), language: Some("en".to_owned()), ..readout }
    };
    let readouts = [many("a", "Kenya", "bridge"), many("b", "Ukraine", "road")];
    let comparison = compare(&readouts, &[], Engine::Thorough);
    assert!(comparison.warnings.iter().any(|warning| warning.code == WarningCode::NotJudged), "too many pairs");
    assert_every_position_is_in_a_point(&comparison);
    let long = |id: &str, author: &str| {
        let text = format!("We will keep the valley open to {}.", "barges, ferries and trawlers, ".repeat(20));
        let readout = Readout::from_statements(id, vec![Statement { id: "1".into(), text, holders: Vec::new() }]);
        Readout { author: Some(author.to_owned()), language: Some("en".to_owned()), ..readout }
    };
    let mut other = long("b", "Ukraine");
    other.text = other.text.replace("We will", "They may");
    let comparison = compare(&[long("a", "Kenya"), other], &[], Engine::Thorough);
    let said =
        comparison.warnings.iter().find(|warning| warning.code == WarningCode::NotJudged).expect("it is too long");
    assert!(said.message.contains("read without their end"), "{}", said.message);
    let statement = |n: usize| Statement {
        id: n.to_string(),
        text: format!("We will keep valley {n} open to {}.", "barges, ferries and trawlers, ".repeat(10)),
        holders: Vec::new(),
    };
    let book = Readout::from_statements("a", (0..300).map(statement).collect());
    let book = Readout { author: Some("Kenya".to_owned()), language: Some("en".to_owned()), ..book };
    let comparison = compare(&[book, readout("b", "Ukraine", "We oppose sanctions.")], &[], Engine::Thorough);
    let told = comparison.warnings.iter().find(|warning| warning.code == WarningCode::NotJudged).expect("it is a book");
    let n_unread: usize = told.message.split(' ').next().and_then(|n| n.parse().ok()).expect("it says how many");
    assert!(told.message.contains("positions were not read in context"), "{}", told.message);
    assert!((1..300).contains(&n_unread), "{n_unread} of 300");
    assert_every_position_is_in_a_point(&comparison);
    // Of a text that is not read to its end the positions are those of the other engine.
    let mut book = vec![readout("a", "Kenya", &"We will keep the valley open to barges and ferries. ".repeat(400))];
    book.extend((1..8).map(|n| readout(&n.to_string(), "Ukraine", "We oppose sanctions.")));
    let [fast, thorough] = [Engine::Fast, Engine::Thorough].map(|engine| pipeline::extract(&book, &[], engine));
    let of_book = |extraction: &pipeline::report::Extraction| {
        let positions = extraction.positions.iter().filter(|position| position.readout == 0);
        positions.map(|position| (position.span, position.confidence)).collect::<Vec<_>>()
    };
    assert_eq!(of_book(&fast), of_book(&thorough));
    let told = thorough.warnings.iter().find(|warning| warning.code == WarningCode::NotJudged).expect("it is a book");
    assert!(told.message.contains("found by the fast engine"), "{}", told.message);
    let chinese = readout("b", "中国", "中方强调，双方应当加强合作。中方反对任何形式的单边制裁。");
    let comparison =
        compare(&[readout("a", "Kenya", "We oppose unilateral sanctions."), chinese], &[], Engine::Thorough);
    assert!(comparison.warnings.iter().any(|warning| warning.code == WarningCode::NotJudged), "another language");
}

#[test]
fn a_one_sided_point_is_the_less_sure_the_more_pairs_come_near() {
    let one = "We will protect the fisheries of the northern strait.";
    let near = "We discussed the fisheries and the harbours. We discussed the strait and its lighthouses. We inspected the northern border.";
    let far = "We discussed school exchanges. We thanked the host for dinner. We inspected a museum.";
    let confidence = |other: &str| {
        let comparison = compare(&[readout("a", "Kenya", one), readout("b", "Ukraine", other)], &[], Engine::Fast);
        let point = comparison
            .points
            .iter()
            .find(|point| point.kind == PointKind::OneSided && comparison.positions[point.members[0]].readout == 0);
        point.expect("it has no counterpart").confidence
    };
    assert!(confidence(near) < confidence(far), "{} {}", confidence(near), confidence(far));
    assert!(confidence(far) > 0.8, "{}", confidence(far));
}

#[test]
fn hostile_input_is_bounded_and_keeps_the_laws() {
    let many = "The sides agreed on free trade.\n".repeat(5_000);
    let inputs = [
        String::new(),
        " \n\t".to_owned(),
        "a".repeat(1 << 20),
        "e\u{301}".repeat(20_000),
        "\u{202e}مرحبا ".repeat(5_000),
        "\u{1b}[2J\u{0}\u{7}".repeat(1_000),
        "\"".repeat(10_000),
        "( ".repeat(10_000),
        "and ".repeat(20_000),
        "中".repeat(20_000),
        many,
    ];
    for input in &inputs {
        let comparison = compare(
            &[readout("a", "Kenya", input), readout("b", "Ukraine", "They discussed trade with us.")],
            &[],
            Engine::Fast,
        );
        assert_every_position_is_in_a_point(&comparison);
        for position in &comparison.positions {
            assert!(comparison.readouts[position.readout].text.get(position.span.start..position.span.end).is_some());
        }
    }
    let comparison =
        compare(&[readout("a", "Kenya", &inputs[10]), readout("b", "Ukraine", &inputs[10])], &[], Engine::Fast);
    assert!(comparison.positions.len() <= 2 * pipeline::MAX_POSITIONS);
    assert!(!comparison.warnings.is_empty(), "what was cut is in the warnings");
}
