//! Verdicts on pairs of bare statements: opposite, equal, unrelated positions, each pair ours (`statement_pairs.tsv`; harder ones,
//! `hard_statement_pairs.tsv`).

use parallax::pipeline::relation::{ReasonCode, Relation};
use parallax::pipeline::report::{Point, PointKind};
use parallax::pipeline::{self, Engine, Options};
use parallax::readout::{Readout, Side, Statement};
use std::collections::BTreeSet;

const PAIRS: &str = include_str!("statement_pairs.tsv");
const HARD_PAIRS: &str = include_str!("hard_statement_pairs.tsv");

/// What two statements are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Equal,
    Opposite,
    Unrelated,
}

struct Pair {
    verdict: Verdict,
    what: &'static str,
    left: &'static str,
    right: &'static str,
}

fn pairs(table: &'static str) -> Vec<Pair> {
    let rows = table.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| {
        let [verdict, what, left, right] = row.split('\t').collect::<Vec<_>>().try_into().expect("four columns");
        let verdict = match verdict {
            "equal" => Verdict::Equal,
            "opposite" => Verdict::Opposite,
            "unrelated" => Verdict::Unrelated,
            _ => panic!("no verdict: {verdict}"),
        };
        Pair { verdict, what, left, right }
    })
    .collect()
}

/// The point that an engine makes of two statements, each held by a side.
fn point(engine: Engine, left: &str, right: &str) -> Point {
    let side = |id: &str| Side { id: id.to_owned(), display_name: id.to_owned(), ..Side::default() };
    let readout = |author: &str, text: &str| {
        let statement = Statement { id: "1".to_owned(), text: text.to_owned(), holders: vec![author.to_owned()] };
        let readout = Readout::from_statements(author, vec![statement]);
        Readout { author: Some(author.to_owned()), language: Some("en".to_owned()), ..readout }
    };
    let readouts = [readout("Norland", left), readout("Karvia", right)];
    let options = Options { engine, ..Options::default() };
    pipeline::compare(&readouts, &[side("Norland"), side("Karvia")], &options).points.swap_remove(0)
}

/// The verdict of an engine on two statements: linked by the engine's own threshold or not, and overlap or divergence.
fn verdict(engine: Engine, left: &str, right: &str) -> Verdict {
    match point(engine, left, right).kind {
        PointKind::Overlap => Verdict::Equal,
        PointKind::Divergence => Verdict::Opposite,
        PointKind::OneSided => Verdict::Unrelated,
    }
}

#[track_caller]
fn check(engine: Engine, table: &'static str, least: usize) {
    let pairs = pairs(table);
    let mut n_right = 0;
    for pair in &pairs {
        let found = verdict(engine, pair.left, pair.right);
        n_right += usize::from(found == pair.verdict);
        if found != pair.verdict {
            println!("{:?} for {:?} ({}): {} / {}", found, pair.verdict, pair.what, pair.left, pair.right);
        }
    }
    println!("{engine:?}: {n_right} of {} right", pairs.len());
    assert!(n_right >= least, "{engine:?}: {n_right} right, {least} wanted");
}

/// What this version reaches; raise it with the version. Wanted: 16 of the 24.
#[test]
fn the_fast_engine_tells_statements_apart() {
    check(Engine::Fast, PAIRS, 23);
    check(Engine::Fast, HARD_PAIRS, 61);
}

/// What this version reaches; raise it with the version. Wanted: 21 of the 24.
#[test]
fn the_thorough_engine_tells_statements_apart() {
    check(Engine::Thorough, PAIRS, 23);
    check(Engine::Thorough, HARD_PAIRS, 65);
}

/// The relation of two statements, by both engines and in either order, and the reason that says so with its words.
#[track_caller]
fn check_relation(left: &str, right: &str, relation: Relation, reason: Option<(ReasonCode, &str)>) {
    let turned = reason.map(|(code, detail)| {
        let (a, b) = detail.split_once(" / ").expect("two words");
        (code, format!("{b} / {a}"))
    });
    for engine in [Engine::Fast, Engine::Thorough] {
        for (left, right, reason) in
            [(left, right, reason.map(|(code, detail)| (code, detail.to_owned()))), (right, left, turned.clone())]
        {
            let point = point(engine, left, right);
            assert_eq!(point.relation, Some(relation), "{engine:?}: {left} / {right}: {:?}", point.reasons);
            if let Some(reason) = reason {
                let found: Vec<_> = point.reasons.iter().map(|r| (r.code, r.detail.clone())).collect();
                assert!(found.contains(&reason), "{engine:?}: {left} / {right}: {found:?}");
            }
        }
    }
}

#[test]
fn contrary_words_diverge_where_the_rest_is_the_same() {
    use Relation::{ConflictingPosition, DifferingFigure, DifferingStrength};
    let reason = |code, detail| Some((code, detail));
    check_relation(
        "Norland will expand the patrols in the Strait of Oss.",
        "The patrols in the Strait of Oss will be reduced.",
        ConflictingPosition,
        reason(ReasonCode::ContraryWords, "expand / reduced"),
    );
    check_relation(
        "The observers must stay out of the harbour of Tarn.",
        "The observers may stay out of the harbour of Tarn.",
        DifferingStrength,
        reason(ReasonCode::DifferentModality, "must / may"),
    );
    check_relation(
        "All mines along the border road were cleared.",
        "Some mines along the border road were cleared.",
        DifferingFigure,
        reason(ReasonCode::DifferentScope, "All / Some"),
    );
}

#[test]
fn contrary_words_and_one_negative_are_at_one() {
    for (left, right) in [
        ("Norland opposes closing the consulate in Tarn.", "The consulate in Tarn should remain open."),
        ("Exports of grain to Sahrane have not fallen.", "Exports of grain to Sahrane rose."),
    ] {
        check_relation(left, right, Relation::Agreement, None);
    }
}

#[test]
fn names_are_no_contrary_words() {
    for (left, right) in [
        (
            "Norland asked the United Harbours Fund for a loan for the port.",
            "Norland asked the Divided Harbours Fund for a loan for the port.",
        ),
        ("United Harbours observers watch the port of Tarn.", "Divided Harbours observers watch the port of Tarn."),
    ] {
        let found = point(Engine::Fast, left, right);
        assert!(found.reasons.iter().all(|reason| reason.code != ReasonCode::ContraryWords), "{:?}", found.reasons);
    }
}

/// The weights of words never seen are whole, so that their sums meet the threshold exactly.
#[test]
fn contrary_words_say_the_same_whichever_text_is_left() {
    for (left, right) in [
        ("Norland said the aaqu abbx zivv zarn deepened.", "Karvia said the aaqu ubbx vivv varn weakened."),
        ("Norland said the aaqu abbx zivv was upgraded.", "Karvia said the aaqu abbx vivv varn weakened."),
    ] {
        let relation = |left, right| point(Engine::Fast, left, right).relation;
        assert_eq!(relation(left, right), relation(right, left), "{left} / {right}");
    }
}

#[test]
fn two_negatives_in_one_text_are_none() {
    check_relation(
        "Norland does not oppose the Tarn pipeline treaty with Sahrane.",
        "Karvia opposes the Tarn pipeline treaty with Sahrane.",
        Relation::ConflictingPosition,
        None,
    );
}

/// Of the 64 times that an equal pair meets an unrelated one, in how many its score as bare statements is the higher one.
#[track_caller]
fn check_ranks(engine: Engine, least: usize) {
    let pairs = pairs(PAIRS);
    let scores = |verdict: Verdict| -> Vec<f64> {
        let rows = pairs.iter().filter(|pair| pair.verdict == verdict);
        rows.map(|pair| pipeline::score_pairs(&[pair.left.to_owned()], &[pair.right.to_owned()], engine)[0][0].0)
            .collect()
    };
    let (equal, unrelated) = (scores(Verdict::Equal), scores(Verdict::Unrelated));
    let n_right = equal.iter().flat_map(|a| unrelated.iter().map(move |b| a > b)).filter(|is_right| *is_right).count();
    println!("{engine:?}: {n_right} of 64, {equal:.2?} and {unrelated:.2?}");
    assert!(n_right >= least, "{engine:?}: {n_right} right, {least} wanted");
}

#[test]
fn equal_statements_score_above_unrelated_ones() {
    check_ranks(Engine::Fast, 63);
    check_ranks(Engine::Thorough, 64);
}

#[test]
fn every_means_is_among_the_pairs() {
    let pairs = pairs(PAIRS);
    assert_eq!(pairs.len(), 24);
    for verdict in [Verdict::Equal, Verdict::Opposite, Verdict::Unrelated] {
        let means: Vec<&str> = pairs.iter().filter(|pair| pair.verdict == verdict).map(|pair| pair.what).collect();
        assert_eq!(means.len(), 8);
        let wanted = BTreeSet::from(["antonym", "figure", "modality", "negation", "scope"]);
        assert!(means.into_iter().collect::<BTreeSet<_>>().is_superset(&wanted));
    }
}
