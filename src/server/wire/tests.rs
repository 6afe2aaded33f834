#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

use super::*;
use crate::pipeline::report::PointKind;
use crate::pipeline::{Engine, Options};
use crate::server::{limits, pb};
use crate::span::OffsetUnit;
use pb::readout::Content;

fn readout(text: &str) -> pb::Readout {
    pb::Readout { content: Some(Content::Text(text.to_owned())), ..pb::Readout::default() }
}

fn statement(text: &str, holders: &[&str]) -> pb::Statement {
    pb::Statement { id: String::new(), text: text.to_owned(), holders: strings(holders) }
}

fn cut(statements: Vec<pb::Statement>) -> pb::Readout {
    pb::Readout { content: Some(Content::Statements(pb::Statements { statements })), ..pb::Readout::default() }
}

fn side(id: &str) -> pb::Side {
    pb::Side { id: id.to_owned(), ..pb::Side::default() }
}

fn strings(list: &[&str]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

fn good() -> pb::CompareRequest {
    pb::CompareRequest {
        readouts: vec![readout("Norland supports the truce."), readout("Sudria opposes the truce.")],
        sides: vec![side("norland"), side("sudria")],
        options: None,
    }
}

/// The paths that a good request is refused with after `change`.
#[track_caller]
fn check(change: impl FnOnce(&mut pb::CompareRequest), expected: &[&str]) {
    let mut request = good();
    change(&mut request);
    let refused = CompareInput::try_from(request).err().unwrap_or_default();
    let paths: Vec<&str> = refused.kept().iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(paths, expected, "{refused}");
}

#[test]
fn readouts_are_1_to_8() {
    check(|request| request.readouts.clear(), &["readouts"]);
    check(|request| request.readouts = vec![readout("a"); 8], &[]);
    check(|request| request.readouts = vec![readout("a"); 9], &["readouts"]);
}

#[test]
fn a_readout_has_one_content_that_is_not_blank() {
    check(|request| request.readouts[1].content = None, &["readouts[1].content"]);
    check(|request| request.readouts[1] = readout(""), &["readouts[1].text"]);
    check(|request| request.readouts[1] = readout(" \n\u{3000}\t"), &["readouts[1].text"]);
    check(|request| request.readouts[1] = readout(&"a".repeat(1_000_000)), &[]);
    check(|request| request.readouts[1] = readout(&"a".repeat(1_000_001)), &["readouts[1].text"]);
    check(|request| request.readouts[1] = readout("\u{0}"), &[]);
}

#[test]
fn ids_of_readouts_are_unique_also_with_those_made_by_place() {
    let id =
        |place: usize, id: &'static str| move |request: &mut pb::CompareRequest| request.readouts[place].id = id.into();
    check(id(0, "a"), &[]);
    check(id(0, " "), &["readouts[0].id"]);
    check(id(0, "r2"), &["readouts[1].id"]);
    check(id(0, "r1"), &[]);
    check(|request| request.readouts[0].id = "é".repeat(64), &[]);
    check(|request| request.readouts[0].id = "é".repeat(65), &["readouts[0].id"]);
    check(|request| request.readouts.iter_mut().for_each(|readout| readout.id = "a".into()), &["readouts[1].id"]);
}

#[test]
fn names_and_tags_of_a_readout_are_bounded() {
    check(|request| request.readouts[0].author_side = "the Norland foreign ministry".into(), &[]);
    check(|request| request.readouts[0].author_side = "\t".into(), &["readouts[0].author_side"]);
    check(|request| request.readouts[0].author_side = "a".repeat(257), &["readouts[0].author_side"]);
    check(|request| request.readouts[0].title = "a".repeat(1_000), &[]);
    check(|request| request.readouts[0].title = "a".repeat(1_001), &["readouts[0].title"]);
    check(|request| request.readouts[0].source_uri = "a".repeat(2_048), &[]);
    check(|request| request.readouts[0].source_uri = "a".repeat(2_049), &["readouts[0].source_uri"]);
}

#[test]
fn languages_have_the_shape_of_a_tag() {
    let language = |tag: &str, expected: &[&str]| check(|request| request.readouts[0].language = tag.into(), expected);
    let refused = ["readouts[0].language"];
    language("en", &[]);
    language("zh-Hans", &[]);
    language("de-CH-1996", &[]);
    language("x-whatever", &[]);
    language("en_US", &refused);
    language("-en", &refused);
    language("en-", &refused);
    language("1en", &refused);
    language("en US", &refused);
    language("englishlanguage", &refused);
    language("français", &refused);
    language(&"a-".repeat(20), &refused);
}

#[test]
fn dates_are_days_of_the_calendar() {
    let date = |date: &str, expected: &[&str]| check(|request| request.readouts[0].date = date.into(), expected);
    let refused = ["readouts[0].date"];
    date("2024-02-29", &[]);
    date("2000-02-29", &[]);
    date("2025-12-31", &[]);
    date("2025-02-29", &refused);
    date("1900-02-29", &refused);
    date("2025-04-31", &refused);
    date("2025-13-01", &refused);
    date("2025-00-01", &refused);
    date("2025-01-00", &refused);
    date("2025-1-1", &refused);
    date("20250101", &refused);
    date("2025-01-01T00:00:00Z", &refused);
    date("2025/01/01", &refused);
    date("２０２５-０１-０１", &refused);
    date("+025-01-01", &refused);
}

#[test]
fn statements_are_bounded_and_held_by_declared_sides() {
    let path = "readouts[0].statements.statements";
    let statements = |list: Vec<pb::Statement>, expected: &[&str]| {
        let expected: Vec<String> = expected.iter().map(|suffix| format!("{path}{suffix}")).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        check(|request| request.readouts[0] = cut(list), &expected);
    };
    statements(vec![], &[""]);
    statements(vec![statement("a", &[]); 2_000], &[]);
    statements(vec![statement("a", &[]); 2_001], &[""]);
    statements(vec![statement("a", &[]), statement(" ", &[])], &["[1].text"]);
    statements(vec![statement(&"a".repeat(4_000), &[])], &[]);
    statements(vec![statement(&"a".repeat(4_001), &[])], &["[0].text"]);
    statements(vec![pb::Statement { id: "a".repeat(129), ..statement("a", &[]) }], &["[0].id"]);
    statements(vec![statement("a", &["norland", "sudria"])], &[]);
    statements(vec![statement("a", &["norland", "ostland", ""])], &["[0].holders[1]", "[0].holders[2]"]);
    statements(vec![statement("a", &["norland"; 17])], &["[0].holders"]);
}

#[test]
fn sides_are_at_most_16_with_unique_ids_and_bounded_names() {
    let many = |n: usize| (0..n).map(|place| side(&format!("s{place}"))).collect::<Vec<_>>();
    check(|request| request.sides.clear(), &[]);
    check(|request| request.sides = many(16), &[]);
    check(|request| request.sides = many(17), &["sides"]);
    check(|request| request.sides[0].id.clear(), &["sides[0].id"]);
    check(|request| request.sides[0].id = " ".into(), &["sides[0].id"]);
    check(|request| request.sides[0].id = "a".repeat(129), &["sides[0].id"]);
    check(|request| request.sides[1].id = "norland".into(), &["sides[1].id"]);
    check(|request| request.sides[0].display_name = " ".into(), &["sides[0].display_name"]);
    check(|request| request.sides[0].display_name = "a".repeat(257), &["sides[0].display_name"]);
    check(|request| request.sides[0].aliases = strings(&["a"; 64]), &[]);
    check(|request| request.sides[0].aliases = strings(&["a"; 65]), &["sides[0].aliases"]);
    check(|request| request.sides[0].aliases = strings(&["a", "b", "c", ""]), &["sides[0].aliases[3]"]);
    check(|request| request.sides[0].aliases = vec!["a".repeat(201)], &["sides[0].aliases[0]"]);
    check(|request| request.sides[1].principals = strings(&["Aro"; 65]), &["sides[1].principals"]);
    check(|request| request.sides[1].principals = strings(&[" "]), &["sides[1].principals[0]"]);
}

#[test]
fn options_are_in_range() {
    let options =
        |options: pb::CompareOptions, expected: &[&str]| check(|request| request.options = Some(options), expected);
    let base = pb::CompareOptions::default;
    for threshold in [0.0, 0.5, 1.0] {
        options(pb::CompareOptions { link_threshold: Some(threshold), ..base() }, &[]);
    }
    for threshold in [-0.1, 1.1, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        options(pb::CompareOptions { link_threshold: Some(threshold), ..base() }, &["options.link_threshold"]);
    }
    options(pb::CompareOptions { max_points: Some(1), ..base() }, &[]);
    options(pb::CompareOptions { max_points: Some(10_000), ..base() }, &[]);
    options(pb::CompareOptions { max_points: Some(0), ..base() }, &["options.max_points"]);
    options(pb::CompareOptions { max_points: Some(10_001), ..base() }, &["options.max_points"]);
    options(pb::CompareOptions { engine: 1, ..base() }, &[]);
    options(pb::CompareOptions { engine: 99, ..base() }, &["options.engine"]);
    options(pb::CompareOptions { engine: -1, ..base() }, &["options.engine"]);
    options(pb::CompareOptions { offset_unit: 3, ..base() }, &[]);
    options(pb::CompareOptions { offset_unit: 4, ..base() }, &["options.offset_unit"]);
    options(pb::CompareOptions { point_kinds: vec![1, 2, 3, 3], ..base() }, &[]);
    options(
        pb::CompareOptions { point_kinds: vec![1, 0, 7], ..base() },
        &["options.point_kinds[1]", "options.point_kinds[2]"],
    );
}

#[test]
fn an_engine_is_refused_unless_it_is_in_this_version() {
    for engine in [pb::Engine::Fast, pb::Engine::Thorough] {
        let is_here = Engine::ALL.iter().any(|&here| pb::Engine::from(here) == engine);
        let expected: &[&str] = if is_here { &[] } else { &["options.engine"] };
        let options = pb::CompareOptions { engine: engine.into(), ..pb::CompareOptions::default() };
        check(|request| request.options = Some(options), expected);
    }
}

#[test]
fn all_violations_are_told_at_once() {
    check(
        |request| {
            request.readouts[0] = pb::Readout { date: "soon".into(), ..readout("") };
            request.readouts[1].language = "?".into();
            request.sides[1] = pb::Side { aliases: strings(&[""]), ..side("norland") };
            request.options =
                Some(pb::CompareOptions { link_threshold: Some(2.0), engine: 9, ..pb::CompareOptions::default() });
        },
        &[
            "readouts[0].date",
            "readouts[0].text",
            "readouts[1].language",
            "sides[1].aliases[0]",
            "sides[1].id",
            "options.link_threshold",
            "options.engine",
        ],
    );
}

#[test]
fn violations_beyond_4_kib_are_counted() {
    let mut request = good();
    request.readouts[0] = cut(vec![statement("", &["nobody"]); 2_000]);
    let refused = CompareInput::try_from(request).unwrap_err();
    let bytes: usize = refused.kept().iter().map(|violation| violation.field.len() + violation.description.len()).sum();
    assert!(bytes <= 4_096, "{bytes}");
    assert_eq!(refused.kept().len() + refused.n_left_out(), 4_000);
    assert!(refused.summary().starts_with("4000 fields break their rules: readouts[0].statements.statements[0].text,"));
    assert!(refused.summary().len() < 400);
}

#[test]
fn what_is_unset_gets_its_default_and_what_is_set_is_kept() {
    let input = CompareInput::try_from(good()).unwrap();
    let ids: Vec<&str> = input.readouts.iter().map(|readout| readout.id.as_str()).collect();
    assert_eq!(ids, ["r1", "r2"]);
    assert_eq!((input.readouts[0].author.as_deref(), input.readouts[0].language.as_deref()), (None, None));
    assert_eq!(input.sides[0].display_name, "norland");
    assert_eq!((input.options, input.offset_unit), (Options::default(), OffsetUnit::Utf8));

    let mut request = good();
    request.readouts[0] = cut(vec![statement("one", &["sudria"]), statement("two", &[])]);
    request.options = Some(pb::CompareOptions {
        link_threshold: Some(0.0),
        point_kinds: vec![3, 1, 3],
        max_points: Some(7),
        offset_unit: 2,
        ..pb::CompareOptions::default()
    });
    let input = CompareInput::try_from(request).unwrap();
    assert_eq!(input.readouts[0].text, "one\ntwo");
    assert_eq!(input.readouts[0].statements[0].holders, ["sudria"]);
    assert_eq!(input.options.link_threshold, Some(0.0));
    assert_eq!(input.options.point_kinds, [PointKind::OneSided, PointKind::Overlap]);
    assert_eq!((input.options.max_points, input.offset_unit), (7, OffsetUnit::Utf16));
}

#[test]
fn an_item_of_a_stream_has_an_id_and_a_request() {
    let paths = |item: pb::CompareStreamRequest| -> Vec<String> {
        let refused = StreamInput::from(item).input.err().unwrap_or_default();
        refused.kept().iter().map(|violation| violation.field.clone()).collect()
    };
    let item = |id: &str, request| pb::CompareStreamRequest { id: id.to_owned(), request };
    assert_eq!(paths(item("a", Some(good()))), [""; 0]);
    assert_eq!(paths(item("", None)), ["id", "request"]);
    assert_eq!(paths(item(&"a".repeat(129), Some(good()))), ["id"]);
    assert_eq!(paths(item("", Some(pb::CompareRequest::default()))), ["id", "readouts"]);
}

#[test]
fn statements_to_score_are_bounded_one_by_one_and_in_product() {
    #[track_caller]
    fn check(n_left: usize, n_right: usize, change: impl FnOnce(&mut pb::ScorePairsRequest), expected: &[&str]) {
        let mut request = pb::ScorePairsRequest {
            left: vec!["a".into(); n_left],
            right: vec!["a".into(); n_right],
            ..pb::ScorePairsRequest::default()
        };
        change(&mut request);
        let refused = ScoreInput::try_from(request).err().unwrap_or_default();
        let paths: Vec<&str> = refused.kept().iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(paths, expected, "{refused}");
    }
    check(500, 80, |_| (), &[]);
    check(500, 81, |_| (), &["left"]);
    check(501, 1, |_| (), &["left"]);
    check(0, 0, |_| (), &["left", "right"]);
    check(1, 2, |request| request.right[1] = " ".into(), &["right[1]"]);
    check(1, 1, |request| request.left[0] = "a".repeat(limits::STATEMENT_BYTES + 1), &["left[0]"]);
    check(1, 1, |request| request.engine = 5, &["engine"]);
}

#[test]
fn an_extraction_is_checked_by_the_same_rules() {
    let request =
        pb::ExtractPositionsRequest { readouts: vec![readout("")], sides: vec![side("")], offset_unit: 9, engine: 7 };
    let refused = ExtractInput::try_from(request).unwrap_err();
    let paths: Vec<&str> = refused.kept().iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(paths, ["readouts[0].text", "sides[0].id", "offset_unit", "engine"]);
}
