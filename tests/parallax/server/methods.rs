//! What each method answers to a good request.

use super::harness::{NORLAND, Running, SUDRIA, administered, client, readout, two_readouts};
use parallax::server::pb;
use std::collections::HashSet;

/// The part of a text that a span of the unit covers.
fn slice(text: &str, span: pb::Span, unit: pb::OffsetUnit) -> String {
    let (start, end) = (span.start as usize, span.end as usize);
    match unit {
        pb::OffsetUnit::Unspecified | pb::OffsetUnit::Utf8 => text[start..end].to_owned(),
        pb::OffsetUnit::Utf16 => {
            let units: Vec<u16> = text.encode_utf16().collect();
            String::from_utf16(&units[start..end]).unwrap()
        }
        pb::OffsetUnit::Utf32 => text.chars().skip(start).take(end - start).collect(),
    }
}

#[tokio::test]
async fn compare_answers_with_ids_spans_and_quotes_that_hold_together() {
    let (_running, mut client) = client().await;
    for unit in [pb::OffsetUnit::Unspecified, pb::OffsetUnit::Utf8, pb::OffsetUnit::Utf16, pb::OffsetUnit::Utf32] {
        let mut request = two_readouts();
        request.options = Some(pb::CompareOptions { offset_unit: unit.into(), ..pb::CompareOptions::default() });
        let comparison = client.compare(request).await.unwrap().into_inner().comparison.unwrap();

        assert_eq!(comparison.engine_version, env!("CARGO_PKG_VERSION"));
        assert_eq!(comparison.sides[0].id, "norland");
        assert_eq!(comparison.sides[1].id, "sudria");
        let ids: Vec<&str> = comparison.readouts.iter().map(|readout| readout.id.as_str()).collect();
        assert_eq!(ids, ["ours", "r2"]);

        let text_of = |readout_id: &str| if readout_id == "ours" { NORLAND } else { SUDRIA };
        let quoted = |readout_id: &str, span: Option<pb::Span>, quote: &str| {
            assert_eq!(slice(text_of(readout_id), span.unwrap(), unit), quote, "{unit:?}");
        };
        assert!(comparison.positions.len() >= 2, "{comparison:?}");
        for position in &comparison.positions {
            assert!(position.id.starts_with(&format!("{}.", position.readout_id)), "{}", position.id);
            quoted(&position.readout_id, position.span, &position.text);
            let attribution = position.attribution.as_ref().unwrap();
            for (span, text) in
                [(attribution.source, &attribution.source_text), (attribution.cue, &attribution.cue_text)]
            {
                match span {
                    Some(span) => quoted(&position.readout_id, Some(span), text),
                    None => assert_eq!(text, ""),
                }
            }
            for figure in &position.figures {
                quoted(&position.readout_id, figure.span, &figure.text);
            }
        }
        let position_ids: HashSet<&str> = comparison.positions.iter().map(|position| position.id.as_str()).collect();
        assert_eq!(position_ids.len(), comparison.positions.len(), "position ids are unique");
        for (place, point) in comparison.points.iter().enumerate() {
            assert_eq!(point.id, format!("p{}", place + 1));
            for member in &point.members {
                assert!(position_ids.contains(member.position_id.as_str()));
            }
            for evidence in point.reasons.iter().flat_map(|reason| &reason.evidence) {
                assert!(position_ids.contains(evidence.position_id.as_str()));
                quoted(&evidence.readout_id, evidence.span, &evidence.text);
            }
        }
    }
}

#[tokio::test]
async fn compare_keeps_the_callers_statements_and_their_ids() {
    let (_running, mut client) = client().await;
    let statement = |id: &str, text: &str, holders: &[&str]| pb::Statement {
        id: id.into(),
        text: text.into(),
        holders: holders.iter().map(ToString::to_string).collect(),
    };
    let mut request = two_readouts();
    request.readouts[0].content = Some(pb::readout::Content::Statements(pb::Statements {
        statements: vec![
            statement("n-1", "Norland supports the Tarn Strait ceasefire.", &["norland"]),
            statement("n-2", "Sudria should withdraw from Ilm.", &["norland"]),
        ],
    }));
    let comparison = client.compare(request).await.unwrap().into_inner().comparison.unwrap();
    let ours: Vec<(&str, &str)> = comparison
        .positions
        .iter()
        .filter(|position| position.readout_id == "ours")
        .map(|position| (position.statement_id.as_str(), position.text.as_str()))
        .collect();
    assert_eq!(
        ours,
        [("n-1", "Norland supports the Tarn Strait ceasefire."), ("n-2", "Sudria should withdraw from Ilm.")]
    );
}

#[tokio::test]
async fn the_same_request_gets_the_same_answer() {
    let (_running, mut client) = client().await;
    let first = client.compare(two_readouts()).await.unwrap().into_inner();
    let second = client.compare(two_readouts()).await.unwrap().into_inner();
    assert_eq!(first, second);
}

#[tokio::test]
async fn the_thorough_engine_answers_when_asked_and_says_what_it_added() {
    let (_running, mut client) = client().await;
    let mut request = two_readouts();
    request.options = Some(pb::CompareOptions { engine: pb::Engine::Thorough.into(), ..Default::default() });
    let comparison = client.compare(request.clone()).await.unwrap().into_inner().comparison.unwrap();
    assert_eq!(comparison.engine(), pb::Engine::Thorough);
    let parts = comparison.points.iter().flat_map(|point| &point.score_parts);
    assert!(parts.clone().any(|part| part.kind() == pb::ScorePartKind::JudgedLink), "{comparison:?}");
    let item = pb::CompareStreamRequest { id: "one".into(), request: Some(request) };
    let mut answers = client.compare_stream(tokio_stream::iter([item])).await.unwrap().into_inner();
    let answer = answers.message().await.unwrap().unwrap();
    assert_eq!(answer.result, Some(pb::compare_stream_response::Result::Comparison(comparison)));

    let statements = |n: usize| vec!["Norland supports the ceasefire.".to_owned(); n];
    let request =
        |left, right| pb::ScorePairsRequest { left, right, engine: pb::Engine::Thorough.into(), with_parts: true };
    let scores = client
        .score_pairs(request(statements(1), vec!["Sudria backs the truce.".into(), "Prices rose.".into()]))
        .await
        .unwrap()
        .into_inner();
    assert!(scores.rows[0].scores[0] > scores.rows[0].scores[1]);
    let kinds: HashSet<i32> = scores.rows[0].parts[0].parts.iter().map(|part| part.kind).collect();
    assert!(kinds.contains(&pb::ScorePartKind::JudgedSimilarity.into()));
    let status = client.score_pairs(request(statements(33), statements(16))).await.expect_err("528 pairs are too many");
    assert_eq!(status.code(), tonic::Code::InvalidArgument);
}

#[tokio::test]
async fn max_points_bounds_the_points() {
    let (_running, mut client) = client().await;
    let mut request = two_readouts();
    request.options = Some(pb::CompareOptions { max_points: Some(1), ..pb::CompareOptions::default() });
    let comparison = client.compare(request).await.unwrap().into_inner().comparison.unwrap();
    assert!(comparison.points.len() <= 1);
}

#[tokio::test]
async fn extract_positions_answers_without_links() {
    let (_running, mut client) = client().await;
    let request = pb::ExtractPositionsRequest { readouts: vec![readout(NORLAND)], ..Default::default() };
    let extraction = client.extract_positions(request).await.unwrap().into_inner();
    assert!(!extraction.positions.is_empty());
    assert_eq!(extraction.readouts[0].id, "r1");
    assert_eq!(extraction.readouts[0].position_count as usize, extraction.positions.len());
    assert!(extraction.sides.iter().all(|side| side.positions_linked == 0));
    assert!(extraction.readouts.iter().all(|readout| readout.topics.is_empty()));
}

#[tokio::test]
async fn extract_positions_finds_those_of_a_comparison_by_the_same_engine() {
    let (_running, mut client) = client().await;
    for engine in [pb::Engine::Fast, pb::Engine::Thorough] {
        let compared = two_readouts();
        let request = pb::ExtractPositionsRequest {
            readouts: compared.readouts.clone(),
            sides: compared.sides.clone(),
            engine: engine.into(),
            ..Default::default()
        };
        let options = Some(pb::CompareOptions { engine: engine.into(), ..Default::default() });
        let comparison =
            client.compare(pb::CompareRequest { options, ..compared }).await.unwrap().into_inner().comparison;
        let extraction = client.extract_positions(request).await.unwrap().into_inner();
        assert_eq!(extraction.positions, comparison.unwrap().positions, "{engine:?}");
    }
}

#[tokio::test]
async fn score_pairs_answers_a_row_a_left_statement_with_parts_when_asked() {
    let (_running, mut client) = client().await;
    let request = pb::ScorePairsRequest {
        left: vec!["Norland supports the ceasefire.".into(), "The bridge at Ilm is open.".into()],
        right: vec!["Norland supports the ceasefire.".into(), "Prices rose.".into(), "A ferry sank.".into()],
        ..pb::ScorePairsRequest::default()
    };
    let bare = client.score_pairs(request.clone()).await.unwrap().into_inner();
    let full = client.score_pairs(pb::ScorePairsRequest { with_parts: true, ..request }).await.unwrap().into_inner();
    assert_eq!(bare.rows.len(), 2);
    for (bare, full) in bare.rows.iter().zip(&full.rows) {
        assert_eq!(bare.scores, full.scores);
        assert_eq!((bare.scores.len(), bare.parts.len(), full.parts.len()), (3, 0, 3));
        for (score, parts) in full.scores.iter().zip(&full.parts) {
            assert!((0.0..=1.0).contains(score));
            let sum: f64 = parts.parts.iter().map(|part| part.contribution).sum();
            assert!((sum - score).abs() < 1e-9, "parts sum to {sum}, the score is {score}");
        }
    }
    assert!(bare.rows[0].scores[0] > bare.rows[0].scores[1]);
}

#[tokio::test]
async fn describe_engine_states_version_engines_and_limits() {
    let (_running, mut client) = client().await;
    let description = client.describe_engine(pb::DescribeEngineRequest {}).await.unwrap().into_inner();
    assert_eq!(description.version, env!("CARGO_PKG_VERSION"));
    assert!(description.engines.contains(&pb::Engine::Fast.into()));
    assert_eq!(description.engines.len(), description.link_thresholds.len());
    assert!(description.languages.iter().any(|language| language == "en"));
    for model in &description.models {
        assert_eq!(model.sha256.len(), 64, "{}", model.name);
        assert!(model.sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{}", model.name);
    }
    let limits = description.limits.unwrap();
    assert_eq!((limits.message_bytes, limits.readouts, limits.sides), (1_048_576, 8, 16));
    assert_eq!((limits.readout_bytes, limits.statements, limits.statement_bytes), (1_000_000, 2_000, 4_000));
    assert_eq!((limits.score_pairs, limits.thorough_pairs), (40_000, 512));
    assert_eq!(description.engines, [i32::from(pb::Engine::Fast), pb::Engine::Thorough.into()]);
    assert!(limits.positions > 0);
}

#[tokio::test]
async fn what_was_judged_is_remembered_and_counted() {
    let running = Running::start(administered()).await;
    let mut client = running.client().await;
    let mut request = two_readouts();
    request.options = Some(pb::CompareOptions { engine: pb::Engine::Thorough.into(), ..Default::default() });
    let first = client.compare(request.clone()).await.unwrap().into_inner();
    let missed = running.metric("parallax_judgements_missed_total").await;
    assert!(missed > 0.0 && running.metric("parallax_judgements_found_total").await < 1.0);
    assert!((running.metric("parallax_judgements_held").await - missed).abs() < 0.5);
    let second = client.compare(request).await.unwrap().into_inner();
    assert_eq!(first, second);
    assert!((running.metric("parallax_judgements_missed_total").await - missed).abs() < 0.5, "none was made again");
    assert!((running.metric("parallax_judgements_found_total").await - missed).abs() < 0.5);
    // A server may be told to remember nothing.
    let mut config = administered();
    config.cache.judgement_bytes = 0;
    let forgetful = Running::start(config).await;
    let mut client = forgetful.client().await;
    let mut request = two_readouts();
    request.options = Some(pb::CompareOptions { engine: pb::Engine::Thorough.into(), ..Default::default() });
    assert_eq!(client.compare(request).await.unwrap().into_inner(), first);
    assert!(!forgetful.admin("/metrics").await.1.contains("judgements"));
}
