//! Cancel: a flag by which the caller says that the answer is not wanted any more.
//!
//! Comparing cannot be stopped from outside, so every loop that may run for more than some milliseconds looks at the
//! flag: between sentences, positions, and rows of pairs. A stage that sees it set returns what it has, whole or not;
//! the map drops that and says [`Cancelled`]. Looking costs one relaxed load. In the other direction the computation
//! tells which stage it enters, so that who has a clock can say where the time went.
//!
//! ```
//! use parallax::pipeline::{self, Cancel, Cancelled, Engine};
//!
//! let cancel = Cancel::default();
//! let other_thread = cancel.clone();
//! other_thread.cancel();
//! let scores = pipeline::score_pairs_unless(&cancel, &["a".into()], &["b".into()], Engine::Fast, None);
//! assert_eq!(scores, Err(Cancelled));
//! ```

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag shared by who waits and who computes. Not set by default; once set it stays so.
#[derive(Clone, Default)]
pub struct Cancel {
    flag: Arc<AtomicBool>,
    on_stage: Option<Arc<dyn Fn(Stage) + Send + Sync>>,
}

/// The stages that take time, as the map has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Lines, sentences, words.
    Segmentation,
    /// Parties and authors.
    Sides,
    /// Clauses and their sources.
    Attribution,
    /// Spans that state positions.
    Positions,
    /// What is compared of each.
    Features,
    /// Scores, links, relations.
    Links,
    /// Points and summaries.
    Report,
}

impl Stage {
    /// All of them, in order.
    pub const ALL: [Self; 7] = [
        Self::Segmentation,
        Self::Sides,
        Self::Attribution,
        Self::Positions,
        Self::Features,
        Self::Links,
        Self::Report,
    ];

    /// Its name in logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Segmentation => "segmentation",
            Self::Sides => "sides",
            Self::Attribution => "attribution",
            Self::Positions => "positions",
            Self::Features => "features",
            Self::Links => "links",
            Self::Report => "report",
        }
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Cancel({})", self.is_cancelled())
    }
}

/// The computation was given up: nobody waits for its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nobody waits for the answer any more")]
pub struct Cancelled;

impl Cancel {
    /// The same flag; the computation calls `on_stage` whenever it enters a stage.
    #[must_use]
    pub fn observed(&self, on_stage: impl Fn(Stage) + Send + Sync + 'static) -> Self {
        Self { flag: Arc::clone(&self.flag), on_stage: Some(Arc::new(on_stage)) }
    }

    /// Says that a stage begins.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn enter(&self, stage: Stage) -> Result<(), Cancelled> {
        if let Some(on_stage) = &self.on_stage {
            on_stage(stage);
        }
        self.check()
    }

    /// Asks the computation to stop.
    pub fn cancel(&self) {
        // Nothing else is published by it, and a computation that sees it a moment later stops a moment later.
        self.flag.store(true, Ordering::Relaxed);
    }

    /// True once somebody has asked.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.flag.load(Ordering::Relaxed)
    }

    /// `Ok` while nobody has asked.
    ///
    /// # Errors
    /// [`Cancelled`] once somebody has.
    pub fn check(&self) -> Result<(), Cancelled> {
        if self.is_cancelled() { Err(Cancelled) } else { Ok(()) }
    }
}
