//! Linking: positions → scores → links → relations, for every pair of readouts, or inside the only one.
//!
//! In: what the stages up to positions find, and the features of each position. Out: links, and for every position its
//! best pair. Each pair of readouts is scored by the engine asked for, or by the FAST one where the THOROUGH one cannot
//! read a text; what it leaves out is in a warning.

use super::features::Features;
use super::language::{self, Attributed};
use super::position::{self, Position};
use super::reading::{self, MAX_READ_TOKENS};
use super::relation::{End, LinkedPair};
use super::report::{Link, NearMiss, Warning, WarningCode};
use super::sides::SideIdx;
use super::{Cancel, Cancelled, Engine, Options, Read, Stage, alignment, attribution, relation, similarity};
use crate::models::contextual_embeddings::{self, Embedding, Reading, cosine};
use crate::models::cross_encoder::{self, Judgement};
use crate::models::judgement_cache::JudgementCache;
use crate::readout::Readout;
use foldhash::HashSet;
use std::collections::BTreeMap;

/// The links of all positions; the best pair of every position; what a limit left out.
type Linked = (Vec<Link>, BTreeMap<usize, NearMiss>, Option<Warning>);

/// The links of all positions, and the best pair of every position that is in no link. The warning says what
/// a limit of the THOROUGH engine left out.
pub(super) fn link(
    cancel: &Cancel,
    readouts: &[Readout],
    read: &Read,
    readings: Vec<Option<Reading>>,
    features: &[Features],
    options: &Options,
) -> Result<Linked, Cancelled> {
    cancel.enter(Stage::Links)?;
    let mut limits = Limits::default();
    let mut linking = Linking::new(readouts, read, features);
    if options.engine == Engine::Thorough {
        limits.n_not_embedded = linking.embed(cancel, readings)?;
    }
    let groups: Vec<(Vec<usize>, Vec<usize>)> = if readouts.len() == 1 {
        sides_of_one(&read.positions)
    } else {
        let pairs = (0..readouts.len()).flat_map(|left| (left + 1..readouts.len()).map(move |right| (left, right)));
        pairs.map(|(left, right)| (linking.of_readout(left), linking.of_readout(right))).collect()
    };
    let (mut links, mut near) = (Vec::new(), BTreeMap::<usize, NearMiss>::new());
    let n_groups = groups.iter().filter(|(left, right)| !left.is_empty() && !right.is_empty()).count();
    for (left, right) in groups {
        let is_read = linking.is_english(&left) && linking.is_english(&right);
        let engine = if is_read { options.engine } else { Engine::Fast };
        let cosines = match engine {
            Engine::Fast => None,
            Engine::Thorough => Some(linking.cosines(cancel, (&left, &right), None)?),
        };
        let mut pairs = linking.scored(cancel, &left, &right, cosines);
        cancel.check()?;
        if engine != options.engine {
            limits.n_not_read += pairs.len();
        }
        if engine == Engine::Thorough {
            let cap = similarity::MAX_JUDGED / n_groups.max(1);
            let before: Vec<(usize, usize, f64)> =
                pairs.iter().map(|pair| (pair.left, pair.right, pair.score)).collect();
            let judging = Judging { judge: None, judgements: options.judgements.as_deref() };
            let judged = linking.judged(cancel, pairs, (&left, &right), cap, judging)?;
            let read: HashSet<(usize, usize)> = judged.pairs.iter().map(|pair| (pair.left, pair.right)).collect();
            for (i, j, score) in before.into_iter().filter(|(i, j, _)| !read.contains(&(*i, *j))) {
                for idx in [left[i], right[j]] {
                    near.entry(idx).or_default().unread.push(score);
                }
            }
            pairs = judged.pairs;
            limits.n_left_out += judged.n_left_out;
            limits.n_shortened += judged.n_shortened;
        }
        let threshold = options.link_threshold.unwrap_or(engine.default_link_threshold());
        let opposition = linking.opposition(&left, &right);
        let linked = |pair: &similarity::ScoredPair| {
            cancel.check()?;
            let (a, b) = (linking.end(left[pair.left]), linking.end(right[pair.right]));
            let mut features = pair.features;
            similarity::read_characters(a.features, b.features, &mut features);
            Ok(LinkedPair { left: a, right: b, features, score: pair.score })
        };
        let linked =
            alignment::align(&pairs, threshold).into_iter().map(linked).collect::<Result<Vec<_>, Cancelled>>()?;
        let relations = relation::classify(cancel, &linked, opposition)?;
        for (LinkedPair { left, right, features, score }, (relation, reasons)) in linked.iter().zip(relations) {
            let parts = similarity::parts(features);
            links.push(Link { left: left.idx, right: right.idx, score: *score, parts, relation, reasons });
        }
        for pair in &pairs {
            cancel.check()?;
            for (own, other) in [(left[pair.left], right[pair.right]), (right[pair.right], left[pair.left])] {
                let miss = near.entry(own).or_default();
                miss.scores.push(pair.score);
                if miss.denial.is_none() && pair.score >= threshold * relation::DENIAL_SHARE {
                    miss.denial = relation::denial(linking.end(own), linking.end(other));
                }
            }
        }
    }
    links.sort_by_key(|link| (link.left, link.right));
    Ok((links, near, limits.warning()))
}

/// What the THOROUGH engine did not read in full.
#[derive(Default)]
struct Limits {
    /// Positions beyond the tokens of a request.
    n_not_embedded: usize,
    /// Beyond the cap of a request.
    n_left_out: usize,
    /// In a language that it does not read.
    n_not_read: usize,
    /// Longer than it reads.
    n_shortened: usize,
}

impl Limits {
    fn warning(&self) -> Option<Warning> {
        let Self { n_not_embedded, n_left_out, n_not_read, n_shortened } = *self;
        let told = [
            (
                n_not_embedded,
                format!(
                    "positions were not read in context: the thorough engine reads {MAX_READ_TOKENS} tokens a request"
                ),
            ),
            (
                n_left_out,
                format!("likely pairs were left out: the thorough engine scores {} a request", similarity::MAX_JUDGED),
            ),
            (n_not_read, "pairs were scored by the fast engine: the thorough one reads English alone".to_owned()),
            (
                n_shortened,
                format!(
                    "pairs were read without their end: the thorough engine reads {} tokens of a pair",
                    cross_encoder::MAX_TOKENS
                ),
            ),
        ];
        let told: Vec<String> =
            told.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
        (!told.is_empty()).then(|| Warning { code: WarningCode::NotJudged, readout: None, message: told.join("; ") })
    }
}

/// What the THOROUGH engine makes of pairs.
pub(super) struct Judged {
    pub(super) pairs: Vec<similarity::ScoredPair>,
    /// Likely pairs beyond the cap.
    n_left_out: usize,
    /// Pairs of which the end was not read.
    n_shortened: usize,
}

/// What the transformers make of two positions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Given {
    /// Cosine of the positions read in their texts.
    pub in_context: f64,
    /// Cosine of the positions read by themselves.
    pub by_themselves: f64,
    /// By the cross-encoder.
    pub judgement: Judgement,
}

/// Reads and judges two positions in place of the transformers.
pub type Judge<'a> = dyn Fn(&Position, &Position) -> Given + 'a;

/// Who judges pairs.
#[derive(Clone, Copy)]
pub(super) struct Judging<'a> {
    /// `None`: the transformers.
    pub(super) judge: Option<&'a Judge<'a>>,
    /// What the cross-encoder is not asked again.
    pub(super) judgements: Option<&'a JudgementCache>,
}

/// What the linking of positions works on. Positions go by their index in the answer.
pub(super) struct Linking<'a> {
    readouts: &'a [Readout],
    read: &'a Read,
    features: &'a [Features],
    roles: Vec<similarity::Role>,
    /// What was read of each position; none before [`Linking::embed`].
    readings: Vec<Option<ReadPosition>>,
}

/// A position as the THOROUGH engine reads it.
struct ReadPosition {
    in_context: Embedding,
    by_itself: Embedding,
}

impl<'a> Linking<'a> {
    pub(super) fn new(readouts: &'a [Readout], read: &'a Read, features: &'a [Features]) -> Self {
        let readings = read.positions.iter().map(|_| None).collect();
        Self { readouts, read, features, roles: roles(readouts, &read.positions), readings }
    }

    /// Embeds every position of the readouts in English, of `readings` where there are any; the number of positions that a
    /// limit left out.
    pub(super) fn embed(&mut self, cancel: &Cancel, readings: Vec<Option<Reading>>) -> Result<usize, Cancelled> {
        let share = MAX_READ_TOKENS / self.readouts.len().max(1);
        let mut n_left_out = 0;
        for (readout, reading) in readings.into_iter().enumerate() {
            let idxs = self.of_readout(readout);
            if idxs.is_empty() || !self.is_english(&idxs) {
                continue;
            }
            let go_on = || !cancel.is_cancelled();
            let text = &self.readouts[readout].text;
            let reading = match reading {
                Some(reading) => reading,
                None => reading::read(cancel, text, self.readouts.len())?,
            };
            let span = |&idx: &usize| self.position(idx).span.start..self.position(idx).span.end;
            let in_context: Vec<Embedding> = idxs.iter().map(|idx| reading.embedding(span(idx))).collect();
            // What is read to its end may have positions without a token, such as one of control characters.
            let is_left_out = |embedding: &&Embedding| !reading.is_whole() && **embedding == Embedding::ZERO;
            let n_not_in_context = in_context.iter().filter(is_left_out).count();
            let texts: Vec<String> = idxs.iter().map(|idx| cross_encoder::clean(&text[span(idx)])).collect();
            let mut n_tokens = 0;
            let is_in = |text: &&String| {
                n_tokens += contextual_embeddings::count_tokens(text);
                n_tokens <= share
            };
            let texts: Vec<&str> = texts.iter().take_while(is_in).map(String::as_str).collect();
            // Both leave out the last ones.
            n_left_out += n_not_in_context.max(idxs.len() - texts.len());
            let by_themselves = contextual_embeddings::embed_each(&texts, go_on).ok_or(Cancelled)?;
            let by_themselves = by_themselves.into_iter().chain(std::iter::repeat(Embedding::ZERO));
            for ((idx, in_context), by_itself) in idxs.into_iter().zip(in_context).zip(by_themselves) {
                self.readings[idx] = Some(ReadPosition { in_context, by_itself });
            }
        }
        Ok(n_left_out)
    }

    /// The cosines of all pairs; zero where one of a pair was not read. `judge` gives them where there is one.
    pub(super) fn cosines(
        &self,
        cancel: &Cancel,
        (left, right): (&[usize], &[usize]),
        judge: Option<&Judge<'_>>,
    ) -> Result<similarity::Cosines, Cancelled> {
        let mut cosines = similarity::Cosines::default();
        for &a in left {
            cancel.check()?;
            for &b in right {
                if let Some(judge) = judge {
                    let Given { in_context, by_themselves, .. } = judge(self.position(a), self.position(b));
                    cosines.in_context.push(in_context);
                    cosines.by_themselves.push(by_themselves);
                    continue;
                }
                let pair = self.readings[a].as_ref().zip(self.readings[b].as_ref());
                let of = |end: fn(&ReadPosition) -> &Embedding| pair.map_or(0.0, |(a, b)| cosine(end(a), end(b)));
                cosines.in_context.push(of(|reading| &reading.in_context));
                cosines.by_themselves.push(of(|reading| &reading.by_itself));
            }
        }
        Ok(cosines)
    }

    pub(super) fn of_readout(&self, readout: usize) -> Vec<usize> {
        (0..self.read.positions.len()).filter(|&idx| self.read.positions[idx].readout == readout).collect()
    }

    fn is_english(&self, idxs: &[usize]) -> bool {
        let language = |idx: usize| self.read.languages[self.read.positions[idx].readout].as_str();
        idxs.iter().all(|&idx| language::attributed(language(idx)) == Some(Attributed::English))
    }

    /// The candidate pairs as they are scored without a judge, with `cosines` or as the FAST engine scores them.
    pub(super) fn scored(
        &self,
        cancel: &Cancel,
        left: &[usize],
        right: &[usize],
        cosines: Option<similarity::Cosines>,
    ) -> Vec<similarity::ScoredPair> {
        let side = |idxs: &[usize]| -> Vec<(&Features, similarity::Role)> {
            idxs.iter().map(|&idx| (&self.features[idx], self.roles[idx])).collect()
        };
        similarity::score(cancel, &side(left), &side(right), cosines)
    }

    /// The likeliest of the pairs as the THOROUGH engine scores them, at most `cap`.
    pub(super) fn judged(
        &self,
        cancel: &Cancel,
        pairs: Vec<similarity::ScoredPair>,
        (left, right): (&[usize], &[usize]),
        cap: usize,
        judging: Judging<'_>,
    ) -> Result<Judged, Cancelled> {
        let (pairs, n_left_out) = similarity::shortlist(pairs, left.len(), right.len(), cap);
        let asked = pairs.iter().filter(|pair| similarity::is_asked(pair));
        let mut n_shortened = 0;
        let judgements = match judging.judge {
            Some(judge) => {
                let given = |pair: &similarity::ScoredPair| {
                    judge(self.position(left[pair.left]), self.position(right[pair.right]))
                };
                asked.map(|pair| given(pair).judgement).collect()
            }
            None => {
                let text = |&idx: &usize| cross_encoder::clean(self.position(idx).span.slice(self.end(idx).text));
                let (lefts, rights): (Vec<String>, Vec<String>) =
                    (left.iter().map(text).collect(), right.iter().map(text).collect());
                let count =
                    |texts: &[String]| texts.iter().map(|text| cross_encoder::count_tokens(text)).collect::<Vec<_>>();
                let (of_lefts, of_rights) = (count(&lefts), count(&rights));
                let is_long = |pair: &&similarity::ScoredPair| {
                    of_lefts[pair.left] + of_rights[pair.right] > cross_encoder::MAX_TOKENS
                };
                n_shortened = asked.clone().filter(is_long).count();
                let texts: Vec<(&str, &str)> = asked.map(|pair| (&*lefts[pair.left], &*rights[pair.right])).collect();
                judge_all(cancel, &texts, judging.judgements)?
            }
        };
        let pairs = similarity::judged(cancel, pairs, left.len(), right.len(), &judgements).ok_or(Cancelled)?;
        Ok(Judged { pairs, n_left_out, n_shortened })
    }

    fn position(&self, idx: usize) -> &'a Position {
        &self.read.positions[idx]
    }

    pub(super) fn end(&self, idx: usize) -> End<'a> {
        let position = self.position(idx);
        End { idx, position, features: &self.features[idx], text: &self.readouts[position.readout].text }
    }

    pub(super) fn opposition(&self, left: &[usize], right: &[usize]) -> f64 {
        relation::opposition(left.iter().chain(right).map(|&idx| self.position(idx)))
    }
}

/// Bytes of pairs of texts between two looks at the flag: some 200 tokens, which the cross-encoder reads in 15 ms.
const BYTES_A_LOOK: usize = 900;

/// The cross-encoder's judgement of every pair of texts, of those that `remembered` has without asking it. A pair is
/// judged alike alone and among others.
pub(super) fn judge_all(
    cancel: &Cancel,
    texts: &[(&str, &str)],
    remembered: Option<&JudgementCache>,
) -> Result<Vec<Judgement>, Cancelled> {
    let texts: Vec<(&str, &str)> = texts.iter().map(|&(a, b)| cross_encoder::canonical(a, b)).collect();
    let find = |&(a, b): &(&str, &str)| cancel.check().map(|()| remembered.and_then(|cache| cache.get(a, b)));
    let mut judgements = texts.iter().map(find).collect::<Result<Vec<Option<Judgement>>, Cancelled>>()?;
    let unknown: Vec<usize> = (0..texts.len()).filter(|&at| judgements[at].is_none()).collect();
    let n_bytes = |at: &usize| texts[*at].0.len() + texts[*at].1.len();
    let mut rest = &unknown[..];
    while !rest.is_empty() {
        cancel.check()?;
        let mut read = 0;
        let is_in = |at: &&usize| {
            read += n_bytes(at);
            read <= BYTES_A_LOOK
        };
        let n = rest.iter().take_while(is_in).count().max(1);
        let part;
        (part, rest) = rest.split_at(n);
        let asked: Vec<(&str, &str)> = part.iter().map(|&at| texts[at]).collect();
        for (&at, judgement) in part.iter().zip(cross_encoder::judge(&asked)) {
            if let Some(cache) = remembered {
                cache.put(texts[at].0, texts[at].1, judgement);
            }
            judgements[at] = Some(judgement);
        }
    }
    Ok(judgements.into_iter().map(|judgement| judgement.expect("the unknown ones were asked for")).collect())
}

/// For every two sides inside one readout, the positions that each of them holds alone.
fn sides_of_one(positions: &[Position]) -> Vec<(Vec<usize>, Vec<usize>)> {
    let alone = |side: SideIdx| {
        (0..positions.len()).filter(move |&idx| positions[idx].holder.sides() == [side]).collect::<Vec<_>>()
    };
    let mut sides: Vec<SideIdx> =
        positions.iter().flat_map(|position| position.holder.sides().iter().copied()).collect();
    sides.sort_unstable();
    sides.dedup();
    let pairs = (0..sides.len()).flat_map(|left| (left + 1..sides.len()).map(move |right| (left, right)));
    pairs.map(|(left, right)| (alone(sides[left]), alone(sides[right]))).collect()
}

fn roles(readouts: &[Readout], positions: &[Position]) -> Vec<similarity::Role> {
    use attribution::SpeechAct::{Commit, Inform, Offer, Reaffirm, Support, Thank};
    let mut holders: Vec<&position::Holder> = positions.iter().map(|position| &position.holder).collect();
    holders.sort_unstable();
    holders.dedup();
    positions
        .iter()
        .map(|position| similarity::Role {
            place: position.span.start as f64 / readouts[position.readout].text.len().max(1) as f64,
            thanks: position.speech_act == Thank,
            gives: matches!(position.speech_act, Commit | Inform | Offer | Reaffirm | Support),
            confidence: position.confidence,
            is_joint: position.holder.is_joint(),
            holder: holders.binary_search(&&position.holder).unwrap_or_default() as u64,
        })
        .collect()
}
