//! Source, cue and content, in the terms of PARC 3.0 (Pareti 2016), and what is done by saying it.

use crate::span::Span;

/// Ties a stretch of text to its source.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribution {
    /// How it is tied.
    pub kind: AttributionKind,
    /// Who is said to say it; `None` when carried over or narrated.
    pub source: Option<Span>,
    /// The reporting words; `None` when there are none.
    pub cue: Option<Span>,
    /// Lemma of the cue in the cue table; empty when there is none.
    pub cue_lemma: String,
    /// What is said.
    pub content: Span,
}

/// How a text ties a position to its holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttributionKind {
    /// Reported with a cue.
    Indirect,
    /// Quoted.
    Direct,
    /// Reported with quoted words inside.
    Mixed,
    /// The speaker of an earlier sentence goes on.
    CarriedOver,
    /// The author speaks.
    Narrator,
}

macro_rules! speech_acts {
    ($($(#[$doc:meta])* $act:ident = $name:literal, $class:ident;)+) => {
        /// What a side does by saying something. The categories follow the reporting verbs of readouts, UN operative
        /// and preambular verbs (Gruenberg 2009) and PLOVER.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum SpeechAct { $($(#[$doc])* $act,)+ }

        impl SpeechAct {
            /// All of them, in the order of the API.
            pub const ALL: &[Self] = &[$(Self::$act,)+];

            /// Its name in the cue table, in lower case.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$act => $name,)+ }
            }

            /// Its class after Searle (1976).
            #[must_use]
            pub const fn class(self) -> SpeechActClass {
                match self { $(Self::$act => SpeechActClass::$class,)+ }
            }
        }
    };
}

speech_acts! {
    /// Holds that something is so.
    State = "state", Assertive;
    /// Says again what it held before.
    Reaffirm = "reaffirm", Assertive;
    /// Greets a development with approval.
    Welcome = "welcome", Expressive;
    /// Backs a party, a cause or a proposal.
    Support = "support", Commissive;
    /// Agrees with another side.
    Agree = "agree", Commissive;
    /// Binds itself.
    Commit = "commit", Commissive;
    /// Offers or proposes.
    Offer = "offer", Commissive;
    /// Grants or admits.
    Concede = "concede", Assertive;
    /// Discusses without a stated view.
    Consult = "consult", Assertive;
    /// Asks for something.
    Request = "request", Directive;
    /// Urges or calls on somebody.
    Urge = "urge", Directive;
    /// Demands, or says what must be.
    Demand = "demand", Directive;
    /// Expresses concern or regret.
    ExpressConcern = "express_concern", Expressive;
    /// Criticises or accuses.
    Criticise = "criticise", Expressive;
    /// Condemns.
    Condemn = "condemn", Expressive;
    /// Opposes.
    Oppose = "oppose", Assertive;
    /// Rejects, refuses or denies.
    Reject = "reject", Assertive;
    /// Warns.
    Warn = "warn", Directive;
    /// Threatens consequences.
    Threaten = "threaten", Commissive;
    /// Thanks.
    Thank = "thank", Expressive;
    /// Informs of facts.
    Inform = "inform", Assertive;
}

/// Class of a speech act after Searle (1976).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpeechActClass {
    /// Says how things are.
    Assertive,
    /// Tries to get somebody to do something.
    Directive,
    /// Binds the speaker.
    Commissive,
    /// Shows a feeling.
    Expressive,
    /// Makes something so by saying it.
    Declarative,
}
