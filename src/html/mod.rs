//! The answer as a document for people, and the page on which they ask for one.
//!
//! In: the JSON of the message `Comparison`, its spans in UTF-16 as JavaScript counts, and the texts. Out: one HTML file
//! that fetches nothing. The comparison is in it as data, and a script draws it, so that a report shows what the API says
//! and nothing else. Text of a readout becomes a text node there and is never parsed as HTML; the
//! Content-Security-Policy lets run this script only, by its hash, and no sink that would parse a string
//! (`require-trusted-types-for`). The page is the same script with a form before it, which calls the JSON over HTTP of the
//! server that it comes from.
//!
//! ```
//! use parallax::html;
//!
//! let report = html::report("<Norland>", r#"{"points": []}"#, &["</script><b>"]);
//! assert!(report.contains("<title>&#60;Norland&#62;</title>"));
//! assert!(report.contains(r"\u003c/script\u003e\u003cb\u003e"));
//! ```

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use std::sync::LazyLock;

const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");
const PAGE_STYLE: &str = include_str!("page.css");
const PAGE_SCRIPT: &str = include_str!("page.js");

/// What the page offers to try: readouts of an invented call.
const EXAMPLE_TEXTS: [&str; 2] = [
    include_str!("../../examples/skerry-bank-call/valmere.txt"),
    include_str!("../../examples/skerry-bank-call/tarsk.txt"),
];
const EXAMPLE_AUTHORS: [&str; 2] = ["Valmere", "Tarsk"];
const EXAMPLE_SIDES: &str = "Valmere = Valmeran; Prime Minister Elin Marsh\nTarsk = Tarskan; President Davit Orlan";

#[derive(Template)]
#[template(path = "report.html")]
struct Report<'a> {
    title: &'a str,
    policy: String,
    style: &'static str,
    data: String,
    script: &'static str,
}

#[derive(Template)]
#[template(path = "page.html")]
struct PageTemplate {
    report_policy: String,
    report_style: &'static str,
    page_style: &'static str,
    example: String,
    report_script: &'static str,
    page_script: &'static str,
}

/// The page, and what a browser must be told with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The document.
    pub html: String,
    /// Its Content-Security-Policy, a header: it may call the server that it is from, and stands in no frame.
    pub policy: String,
}

/// The page on which a person compares texts. It holds nothing of any request.
pub static PAGE: LazyLock<Page> = LazyLock::new(|| {
    let example =
        serde_json::json!({ "texts": EXAMPLE_TEXTS, "authors": EXAMPLE_AUTHORS, "sides": EXAMPLE_SIDES }).to_string();
    let page = PageTemplate {
        report_policy: policy(&[STYLE], &[SCRIPT]),
        report_style: STYLE,
        page_style: PAGE_STYLE,
        example: inside_script(&example),
        report_script: SCRIPT,
        page_script: PAGE_SCRIPT,
    };
    let policy = policy(&[STYLE, PAGE_STYLE], &[SCRIPT, PAGE_SCRIPT]);
    Page {
        html: page.render().expect("writing to memory cannot fail"),
        policy: format!("{policy}; connect-src 'self'; img-src data:; frame-ancestors 'none'"),
    }
});

/// The report on a comparison: `comparison` is the JSON of the message with spans in UTF-16, `texts` are those of its
/// readouts, in their order.
///
/// # Panics
/// Never: strings have a JSON form, and the template writes to memory.
#[must_use]
pub fn report(title: &str, comparison: &str, texts: &[&str]) -> String {
    let texts = serde_json::to_string(texts).expect("strings have a JSON form");
    let data = inside_script(&format!(r#"{{"comparison": {comparison}, "texts": {texts}}}"#));
    let report = Report { title, policy: policy(&[STYLE], &[SCRIPT]), style: STYLE, data, script: SCRIPT };
    report.render().expect("writing to memory cannot fail")
}

/// The JSON in a form that no HTML parser takes for an end of the script or for a comment.
fn inside_script(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

/// The Content-Security-Policy of a document with these styles and scripts: nothing else runs, nothing is fetched.
fn policy(styles: &[&str], scripts: &[&str]) -> String {
    let hashes = |sources: &[&str]| {
        let hash = |source: &&str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(source)));
        sources.iter().map(hash).collect::<Vec<_>>().join(" ")
    };
    format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'",
        hashes(styles),
        hashes(scripts),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_ends_no_script() {
        let json = r#"{"a": "</script><!-- &amp; ]]>"}"#;
        let written = inside_script(json);
        assert!(!written.contains(['<', '>', '&']), "{written}");
        let value = |json: &str| serde_json::from_str::<serde_json::Value>(json).expect("it is JSON");
        assert_eq!(value(&written), value(json));
    }

    #[test]
    fn what_is_inlined_ends_where_it_should() {
        for source in [SCRIPT, STYLE, PAGE_STYLE, PAGE_SCRIPT] {
            let lower = source.to_lowercase();
            assert!(!lower.contains("</script") && !lower.contains("</style") && !lower.contains("<!--"));
            assert!(!source.contains('\r'), "a parser would change it, and its hash would not fit");
        }
    }

    #[test]
    fn the_policy_names_what_is_inlined_by_its_hash() {
        // From `printf %s a | openssl dgst -sha256 -binary | base64`.
        let expected = "script-src 'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs='";
        assert!(policy(&[], &["a"]).contains(expected), "{}", policy(&[], &["a"]));
    }

    #[test]
    fn a_report_fetches_nothing() {
        let report = report("t", "{}", &[]);
        for sign in ["http:", "https:", "src=", "href=", "url(", "@import"] {
            let found = report.match_indices(sign).map(|(at, _)| &report[at..(at + 40).min(report.len())]);
            // The name space of SVG is a name, not an address.
            let fetched: Vec<&str> = found.filter(|found| !found.starts_with("http://www.w3.org/2000/svg")).collect();
            assert_eq!(fetched, Vec::<&str>::new(), "{sign}");
        }
    }
}
