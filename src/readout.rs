//! What comes in: readouts and the sides that the caller knows. Checked by the server or the command line, so that
//! every stage can rely on it: ids are set and unique, texts are not blank.

/// One document as published by one side.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Readout {
    /// Unique in the request.
    pub id: String,
    /// Id of a declared side, or free text from which a side is made. `None`: inferred from the text.
    pub author: Option<String>,
    /// Title as published; used to find the sides only. Empty: none.
    pub title: String,
    /// ISO 8601 calendar date. Empty: unknown.
    pub date: String,
    /// BCP 47 tag. `None`: detected.
    pub language: Option<String>,
    /// Returned unread. Empty: none.
    pub source_uri: String,
    /// The text in which every span of this readout lies.
    pub text: String,
    /// Ready-made positions whose texts, joined by one line feed, are `text`. Empty: running text.
    pub statements: Vec<Statement>,
}

/// A position that the caller has already cut out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Statement {
    /// The caller's own id. Empty: none.
    pub id: String,
    /// Its text.
    pub text: String,
    /// Ids of the sides that hold it. Empty: attributed from the text.
    pub holders: Vec<String>,
}

impl Readout {
    /// A readout of running text; everything else unset.
    #[must_use]
    pub fn from_text(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self { id: id.into(), text: text.into(), ..Self::default() }
    }

    /// A readout of ready-made statements; everything else unset.
    #[must_use]
    pub fn from_statements(id: impl Into<String>, statements: Vec<Statement>) -> Self {
        let texts: Vec<&str> = statements.iter().map(|statement| statement.text.as_str()).collect();
        Self { id: id.into(), text: texts.join("\n"), statements, ..Self::default() }
    }
}

/// A party to the contact, as the caller names it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Side {
    /// Unique in the request.
    pub id: String,
    /// Name to show; a country name brings its demonyms and capital with it.
    pub display_name: String,
    /// Further names: short names, demonyms, capitals, institutions.
    pub aliases: Vec<String>,
    /// Persons who speak for it, with or without title.
    pub principals: Vec<String>,
}
