//! The stages one by one, each with what the ones before it found: the map of `src/pipeline/mod.rs` for two readouts in
//! English, by the stages' own public functions. [`Chain::new`] holds what comes out of it to what `pipeline::compare`
//! gives, so that a bench cannot measure stages that the map has left behind.

use parallax::models::contextual_embeddings::{Embedding, Reading, Windows, cosine, count_tokens, embed_each};
use parallax::models::cross_encoder;
use parallax::pipeline::attribution::{self, Clause, SpeechAct};
use parallax::pipeline::features::{self, Features};
use parallax::pipeline::position::{self, Holder, Position};
use parallax::pipeline::relation::{self, End, LinkedPair};
use parallax::pipeline::report::{self, Comparison, Link, NearMiss};
use parallax::pipeline::segmentation::{self, Segmentation};
use parallax::pipeline::sides::{self, Cast};
use parallax::pipeline::similarity::{self, Role, ScoredPair};
use parallax::pipeline::{self, Cancel, Engine, Options, alignment};
use parallax::readout::{Readout, Side};
use std::collections::{BTreeMap, BTreeSet};

/// The best pair of every position that is in no link.
pub type Near = BTreeMap<usize, NearMiss>;

/// Two readouts and what the stages up to the features find in them by an engine.
pub struct Chain {
    engine: Engine,
    readouts: [Readout; 2],
    sides: [Side; 2],
    cancel: Cancel,
    segmentations: Vec<Segmentation>,
    cast: Cast,
    /// Of both texts by the THOROUGH engine, else none.
    readings: Vec<Reading>,
    clauses: Vec<Vec<Clause>>,
    positions: Vec<Position>,
    features: Vec<Features>,
    /// Positions of the first readout.
    n_left: usize,
    /// Texts as the transformers read them.
    cleaned: Vec<String>,
}

/// What the last stages find with one engine.
pub struct Linked {
    options: Options,
    threshold: f64,
    pub pairs: Vec<ScoredPair>,
    /// Scores of pairs that the THOROUGH engine did not read.
    unread: Vec<(usize, usize, f64)>,
    links: Vec<Link>,
    near: Near,
}

impl Chain {
    pub fn new((readouts, sides): ([Readout; 2], [Side; 2]), engine: Engine) -> Self {
        let cancel = Cancel::default();
        let segmentations = segment(&cancel, &readouts);
        let cast = sides::cast(&cancel, &readouts, &segmentations, &sides);
        let mut chain = Self {
            engine,
            readouts,
            sides,
            cancel,
            segmentations,
            cast,
            readings: Vec::new(),
            clauses: Vec::new(),
            positions: Vec::new(),
            features: Vec::new(),
            n_left: 0,
            cleaned: Vec::new(),
        };
        if engine == Engine::Thorough {
            chain.readings = chain.read();
        }
        chain.clauses = chain.attribute();
        chain.positions = chain.find_positions();
        chain.features = chain.describe();
        chain.n_left = chain.positions.iter().filter(|position| position.readout == 0).count();
        let text =
            |position: &Position| cross_encoder::clean(position.span.slice(&chain.readouts[position.readout].text));
        chain.cleaned = chain.positions.iter().map(text).collect();
        chain
    }

    pub fn segment(&self) -> Vec<Segmentation> {
        segment(&self.cancel, &self.readouts)
    }

    pub fn find_sides(&self) -> Cast {
        sides::cast(&self.cancel, &self.readouts, &self.segmentations, &self.sides)
    }

    pub fn attribute(&self) -> Vec<Vec<Clause>> {
        let of = |at: usize| {
            let (text, author) = (&self.readouts[at].text, self.cast.authors[at]);
            attribution::attribute(&self.cancel, text, &self.segmentations[at], &self.cast, author)
        };
        (0..2).map(of).collect()
    }

    pub fn find_positions(&self) -> Vec<Position> {
        let of = |at: usize| {
            let (text, segmentation) = (&self.readouts[at].text, &self.segmentations[at]);
            let is_first_person = attribution::is_first_person(text, segmentation);
            let spans =
                position::spans::spans(&self.cancel, text, segmentation, is_first_person, self.readings.get(at));
            position::from_spans(at, text, segmentation, &self.clauses[at], &spans).0
        };
        (0..2).flat_map(of).collect()
    }

    pub fn describe(&self) -> Vec<Features> {
        let of = |position: &Position| {
            let at = position.readout;
            features::describe(&self.readouts[at].text, &self.segmentations[at], position, &self.cast)
        };
        self.positions.iter().map(of).collect()
    }

    /// What scoring knows of each position besides its features; cheap.
    pub fn roles(&self) -> Vec<Role> {
        use SpeechAct::{Commit, Inform, Offer, Reaffirm, Support, Thank};
        let mut holders: Vec<&Holder> = self.positions.iter().map(|position| &position.holder).collect();
        holders.sort_unstable();
        holders.dedup();
        let of = |position: &Position| Role {
            place: position.span.start as f64 / self.readouts[position.readout].text.len() as f64,
            thanks: position.speech_act == Thank,
            gives: matches!(position.speech_act, Commit | Inform | Offer | Reaffirm | Support),
            confidence: position.confidence,
            is_joint: position.holder.is_joint(),
            holder: holders.binary_search(&&position.holder).expect("it is among them") as u64,
        };
        self.positions.iter().map(of).collect()
    }

    pub fn score(&self, cosines: Option<similarity::Cosines>) -> Vec<ScoredPair> {
        let all: Vec<(&Features, Role)> = self.features.iter().zip(self.roles()).collect();
        similarity::score(&self.cancel, &all[..self.n_left], &all[self.n_left..], cosines)
    }

    /// Both texts as the THOROUGH engine reads them.
    pub fn read(&self) -> Vec<Reading> {
        let of = |readout: &Readout| {
            let mut windows = Windows::new(&readout.text);
            windows.truncate(pipeline::MAX_READ_TOKENS / self.readouts.len());
            windows.read(|| true).expect("nobody stops it")
        };
        self.readouts.iter().map(of).collect()
    }

    /// The cosines of all pairs, each position read in its text and by itself.
    pub fn cosines(&self, readings: &[Reading]) -> similarity::Cosines {
        let in_text = |readout: usize| {
            let spans = self.positions.iter().filter(|position| position.readout == readout);
            let embedding = |position: &Position| readings[readout].embedding(position.span.start..position.span.end);
            spans.map(embedding).collect::<Vec<_>>()
        };
        let cleaned: Vec<&str> = self.cleaned.iter().map(String::as_str).collect();
        let (left, right) = cleaned.split_at(self.n_left);
        let alone = |texts: &[&str]| {
            let mut n_tokens = 0;
            let is_in = |text: &&&str| {
                n_tokens += count_tokens(text);
                n_tokens <= pipeline::MAX_READ_TOKENS / self.readouts.len()
            };
            let read: Vec<&str> = texts.iter().take_while(is_in).copied().collect();
            let mut embeddings = embed_each(&read, || true).expect("nobody stops it");
            embeddings.resize(texts.len(), Embedding::ZERO);
            embeddings
        };
        let cosines = |left: Vec<Embedding>, right: Vec<Embedding>| {
            left.iter().flat_map(|a| right.iter().map(move |b| cosine(a, b))).collect()
        };
        similarity::Cosines {
            in_context: cosines(in_text(0), in_text(1)),
            by_themselves: cosines(alone(left), alone(right)),
        }
    }

    /// The likeliest of `pairs`, read by the cross-encoder.
    pub fn judge(&self, pairs: Vec<ScoredPair>) -> Vec<ScoredPair> {
        let (n_left, n_right) = (self.n_left, self.positions.len() - self.n_left);
        let (pairs, _) = similarity::shortlist(pairs, n_left, n_right, similarity::MAX_JUDGED);
        let asked = pairs.iter().filter(|pair| similarity::is_asked(pair));
        let texts: Vec<(&str, &str)> =
            asked.map(|pair| (&*self.cleaned[pair.left], &*self.cleaned[n_left + pair.right])).collect();
        let judgements = cross_encoder::judge_unordered(&texts);
        similarity::judged(&self.cancel, pairs, n_left, n_right, &judgements).expect("nobody cancels")
    }

    fn end(&self, idx: usize) -> End<'_> {
        let position = &self.positions[idx];
        End { idx, position, features: &self.features[idx], text: &self.readouts[position.readout].text }
    }

    /// How the ends of each link relate, and what is nearest to a position in none.
    pub fn relate(&self, linked: &Linked, aligned: &[&ScoredPair]) -> (Vec<Link>, Near) {
        let opposition = relation::opposition(self.positions.iter());
        let of = |pair: &&ScoredPair| {
            let (a, b) = (self.end(pair.left), self.end(self.n_left + pair.right));
            let mut features = pair.features;
            similarity::read_characters(a.features, b.features, &mut features);
            LinkedPair { left: a, right: b, features, score: pair.score }
        };
        let linked_pairs: Vec<LinkedPair<'_>> = aligned.iter().map(of).collect();
        let relations = relation::classify(&self.cancel, &linked_pairs, opposition).expect("nobody cancels");
        let of = |(pair, (relation, reasons)): (&LinkedPair<'_>, _)| {
            let parts = similarity::parts(&pair.features);
            Link { left: pair.left.idx, right: pair.right.idx, score: pair.score, parts, relation, reasons }
        };
        let mut links: Vec<Link> = linked_pairs.iter().zip(relations).map(of).collect();
        links.sort_by_key(|link| (link.left, link.right));
        let mut near = Near::new();
        for &(left, right, score) in &linked.unread {
            for idx in [left, self.n_left + right] {
                near.entry(idx).or_default().unread.push(score);
            }
        }
        for pair in &linked.pairs {
            let (left, right) = (pair.left, self.n_left + pair.right);
            for (own, other) in [(left, right), (right, left)] {
                let miss = near.entry(own).or_default();
                miss.scores.push(pair.score);
                if miss.denial.is_none() && pair.score >= linked.threshold * relation::DENIAL_SHARE {
                    miss.denial = relation::denial(self.end(own), self.end(other));
                }
            }
        }
        (links, near)
    }

    pub fn report(&self, linked: &Linked) -> Comparison {
        let (readouts, cast, positions, links) = (&self.readouts, &self.cast, &self.positions, &linked.links);
        let (points, _) = report::points(readouts, cast, positions, links, &linked.near, &linked.options);
        let ends: BTreeSet<usize> = links.iter().flat_map(|link| [link.left, link.right]).collect();
        let languages = ["en", "en"].map(str::to_owned);
        Comparison {
            sides: report::side_summaries(readouts, cast, positions, &ends),
            readouts: report::readout_summaries(
                readouts,
                &self.segmentations,
                &languages,
                cast,
                positions,
                &ends,
                &points,
            ),
            name_differences: report::name_differences(readouts, positions, &points),
            positions: positions.clone(),
            points,
            warnings: Vec::new(),
            engine: linked.options.engine,
        }
    }

    /// # Panics
    /// When the stages one by one do not make what the map makes.
    pub fn link(&self) -> Linked {
        let engine = self.engine;
        let options = Options { engine, ..Options::default() };
        let cosines = (engine == Engine::Thorough).then(|| self.cosines(&self.readings));
        let mut pairs = self.score(cosines);
        let mut unread = Vec::new();
        if engine == Engine::Thorough {
            let judged = self.judge(pairs.clone());
            let read: BTreeSet<(usize, usize)> = judged.iter().map(|pair| (pair.left, pair.right)).collect();
            let scored = pairs.iter().map(|pair| (pair.left, pair.right, pair.score));
            unread = scored.filter(|(left, right, _)| !read.contains(&(*left, *right))).collect();
            pairs = judged;
        }
        let threshold = engine.default_link_threshold();
        let mut linked = Linked { options, threshold, pairs, unread, links: Vec::new(), near: Near::new() };
        (linked.links, linked.near) = self.relate(&linked, &linked.align());
        let whole = pipeline::compare(&self.readouts, &self.sides, &linked.options);
        let stages = Comparison { warnings: whole.warnings.clone(), ..self.report(&linked) };
        assert!(whole == stages, "the stages here are not those of the map any more: see pipeline::compare");
        linked
    }
}

impl Linked {
    pub fn align(&self) -> Vec<&ScoredPair> {
        alignment::align(&self.pairs, self.threshold)
    }
}

fn segment(cancel: &Cancel, readouts: &[Readout]) -> Vec<Segmentation> {
    readouts.iter().map(|readout| segmentation::segment(cancel, &readout.text)).collect()
}
