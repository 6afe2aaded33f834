//! The command as a person or a script meets it: what it prints where, and how it ends.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const OURS: &str = "President Ilse Marrin of Velmora spoke with Prime Minister Tomas Khadrel of Karesh. \
    President Marrin reaffirmed Velmora’s commitment to the Lake Osk water accord. \
    The two leaders agreed that their water commissioners will meet in Port Ansel.";
const THEIRS: &str = "Prime Minister Tomas Khadrel held a telephone conversation with President Ilse Marrin. \
    The two leaders agreed that their water commissioners will meet in Port Ansel. \
    Prime Minister Khadrel demanded that the border levy be withdrawn at once.";

/// An empty folder of this test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A folder of this test with both sides' readouts in it.
fn readouts(name: &str) -> PathBuf {
    let folder = folder(name);
    fs::write(folder.join("ours.txt"), OURS).unwrap();
    fs::write(folder.join("theirs.txt"), THEIRS).unwrap();
    folder
}

fn parallax(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parallax"));
    command.current_dir(folder).args(args).stdin(Stdio::null());
    command.env_remove("PARALLAX_LOG").env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

fn run(folder: &Path, args: &[&str]) -> Output {
    parallax(folder, args).output().unwrap()
}

/// Standard output of a run that must succeed.
#[track_caller]
fn printed(folder: &Path, args: &[&str]) -> String {
    let output = run(folder, args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).unwrap()
}

/// A run that must fail with code 2, print nothing and say on one line of standard error all that is expected.
#[track_caller]
fn check_error(folder: &Path, args: &[&str], expected: &[&str]) {
    let output = run(folder, args);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    for part in expected {
        assert!(error.contains(part), "{part:?} is not in {error:?}");
    }
}

#[test]
fn two_readouts_are_compared() {
    let folder = readouts("two");
    let sides = ["--side", "Velmora;President Ilse Marrin", "--side", "Karesh;Prime Minister Tomas Khadrel"];
    let authors = ["--author", "Velmora", "--author", "Karesh"];
    let args = [&["compare", "ours.txt", "theirs.txt"][..], &sides, &authors].concat();
    let text = printed(&folder, &args);
    for expected in [
        "2 readouts, 2 sides",
        "\nREADOUTS\n  ours: by Velmora; ",
        "\nSIDES\n  Velmora: ",
        "\nOVERLAPS (",
        "\nDIVERGENCES (",
        "\nONLY IN ours by Velmora (",
        "\nONLY IN theirs by Karesh (",
        "commissioners",
        "levy",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in\n{text}");
    }
    assert!(!text.contains('\x1b'), "no colours without a terminal");
}

#[test]
fn a_report_is_written_beside_the_answer() {
    let folder = readouts("html");
    let args = ["compare", "ours.txt", "theirs.txt", "--offsets", "utf32", "--format", "json"];
    let plain = printed(&folder, &args);
    assert_eq!(printed(&folder, &[&args[..], &["--html", "report.html"]].concat()), plain, "the answer is the same");
    let report = fs::read_to_string(folder.join("report.html")).unwrap();
    let (_, data) = report.split_once("id=\"comparison-data\">").unwrap();
    let data: serde_json::Value = serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap();
    assert_eq!(data["texts"], serde_json::json!([OURS, THEIRS]));
    let utf16 = printed(&folder, &["compare", "ours.txt", "theirs.txt", "--offsets", "utf16", "--format", "json"]);
    assert_eq!(data["comparison"], serde_json::from_str::<serde_json::Value>(&utf16).unwrap());
    check_error(&folder, &["compare", "ours.txt", "--html", "no/folder/r.html"], &["--html", "no/folder/r.html"]);
}

#[test]
fn pairs_of_a_list_are_compared_in_their_order() {
    let folder = readouts("pairs");
    fs::create_dir(folder.join("lists")).unwrap();
    let line = "../ours.txt,../theirs.txt,Velmora,Karesh\n";
    let list = format!("left,right\n{}../ours.txt,../none.txt\n{line}", line.repeat(20));
    fs::write(folder.join("lists/pairs.csv"), list).unwrap();
    let args = ["compare", "--pairs", "lists/pairs.csv", "--format", "json", "--html", "reports"];
    let outputs = ["1", "3"].map(|jobs| run(&folder, &[&args[..], &["--jobs", jobs]].concat()));
    assert_eq!(outputs[0].stdout, outputs[1].stdout, "threads change nothing");
    let [output, _] = outputs;
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "error: 1 of 22 pairs were not compared\n");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let numbers: Vec<u64> = lines.iter().map(|line| line["line"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (2..=23).collect::<Vec<_>>());
    assert!(lines[20]["error"].as_str().unwrap().contains("none.txt"), "{}", lines[20]);
    let alone = ["compare", "ours.txt", "theirs.txt", "--author", "Velmora", "--author", "Karesh", "--format", "json"];
    let alone: serde_json::Value = serde_json::from_str(&printed(&folder, &alone)).unwrap();
    assert_eq!(lines[21]["comparison"], alone);
    assert_eq!(fs::read_dir(folder.join("reports")).unwrap().count(), 21);
    assert!(fs::read_to_string(folder.join("reports/0023-ours-theirs.html")).unwrap().ends_with("</html>"));

    fs::write(folder.join("good.csv"), "ours.txt,theirs.txt\n").unwrap();
    let text = printed(&folder, &["compare", "--pairs", "good.csv"]);
    assert!(text.starts_with("1: ours.txt / theirs.txt: ") && text.ends_with(" one-sided\n"), "{text}");
    fs::write(folder.join("bad.csv"), "ours.txt\n").unwrap();
    check_error(&folder, &["compare", "--pairs", "bad.csv"], &["--pairs", "bad.csv", "line 1", "two files"]);
    check_error(&folder, &["compare", "--pairs", "good.csv", "ours.txt"], &["--pairs", "cannot be used with"]);
    check_error(&folder, &["compare", "ours.txt", "--jobs", "2"], &["--jobs", "cannot be used with"]);
}

#[test]
fn completions_and_manual_pages_are_made() {
    let folder = folder("man");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(printed(&folder, &["completions", shell]).contains("max-points"), "{shell}");
    }
    assert_eq!(printed(&folder, &["man", "pages/man1"]), "");
    let page = fs::read_to_string(folder.join("pages/man1/parallax-compare.1")).unwrap();
    assert!(page.contains(".SH OPTIONS") && page.contains("pairs"), "{page}");
    fs::write(folder.join("file"), "").unwrap();
    check_error(&folder, &["man", "file"], &["DIR", "file"]);
}

#[test]
fn one_readout_is_compared_inside() {
    let folder = readouts("one");
    let text = printed(&folder, &["compare", "ours.txt", "--side", "Velmora;Marrin", "--side", "Karesh;Khadrel"]);
    assert!(text.starts_with("1 readout, 2 sides"), "{text}");
    assert!(!text.contains("ONLY IN "), "{text}");
}

#[test]
fn standard_input_and_more_than_two_files_are_compared() {
    let folder = readouts("stdin");
    fs::create_dir(folder.join("other")).unwrap();
    fs::write(folder.join("other/ours.txt"), OURS).unwrap();
    let args = ["compare", "ours.txt", "-", "other/ours.txt", "--format", "json"];
    let mut child = parallax(&folder, &args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(THEIRS.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let ids: Vec<&str> = json["readouts"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["ours", "stdin", "ours-2"]);
}

#[test]
fn kinds_and_width_are_respected() {
    let folder = readouts("kinds");
    let args = ["compare", "ours.txt", "theirs.txt", "--kinds", "overlap,one-sided", "--width", "60"];
    let text = printed(&folder, &args);
    assert!(text.contains("OVERLAPS") && text.contains("ONLY IN") && !text.contains("DIVERGENCES"), "{text}");
    for line in text.lines() {
        assert!(line.chars().count() <= 60, "{line}");
    }
}

#[test]
fn positions_are_shown_in_blocks_or_json() {
    let folder = readouts("positions");
    let text = printed(&folder, &["positions", "ours.txt", "--author", "Velmora", "--side", "Velmora=Velmoran"]);
    assert!(text.starts_with("ours by Velmora: "), "{text}");
    for expected in ["\nours.1 ", "strength ", "cue: ", "    at "] {
        assert!(text.contains(expected), "{expected:?} is not in\n{text}");
    }
    let json = printed(&folder, &["positions", "ours.txt", "--format", "json", "--offsets", "utf16"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(!json["positions"].as_array().unwrap().is_empty());
}

#[test]
fn hidden_controls_do_not_reach_the_terminal() {
    let folder = folder("controls");
    let hostile = OURS.replace("Lake Osk", "\x1b]0;owned\x07\x1b[31mLake\u{9b}2J \u{202E}Osk\u{2066}");
    fs::write(folder.join("a.txt"), &hostile).unwrap();
    fs::write(folder.join("b.txt"), THEIRS).unwrap();
    for args in [
        &["compare", "a.txt", "b.txt"][..],
        &["compare", "a.txt"],
        &["positions", "a.txt"],
        &["positions", "a.txt", "--format", "json"],
        &["compare", "a.txt", "b.txt", "--format", "json", "--side", "Vel\u{1b}[2Jmora=Velmora"],
    ] {
        // Even where colours are forced, no control of the text may be among them.
        let output = parallax(&folder, args).env("CLICOLOR_FORCE", "1").output().unwrap();
        assert!(output.status.success());
        let text = anstream::adapter::strip_str(&String::from_utf8(output.stdout).unwrap()).to_string();
        assert!(text.contains("owned"), "{args:?}: the text is kept\n{text}");
        let is_hidden =
            |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
        assert!(!text.contains(is_hidden), "{args:?}: {text:?}");
    }
}

#[test]
fn wrong_input_is_told_by_file_and_argument() {
    let folder = readouts("wrong");
    fs::write(folder.join("page.pdf"), b"%PDF-1.7 \xE9").unwrap();
    fs::write(folder.join("blank.txt"), " \n\n").unwrap();
    fs::write(folder.join("large.txt"), "a".repeat(1_000_001)).unwrap();
    let check = |args: &[&str], expected: &[&str]| check_error(&folder, args, expected);
    check(&["compare", "ours.txt", "none.txt"], &["FILE 2", "'none.txt'", "No such file"]);
    check(&["compare", "page.pdf"], &["FILE 1", "'page.pdf'", "a damaged PDF"]);
    check(&["positions", "ours.txt", "blank.txt"], &["FILE 2", "'blank.txt'", "empty"]);
    check(&["compare", "ours.txt", "large.txt"], &["FILE 2", "'large.txt'", "larger than 1000000 bytes"]);
    check(&["compare", "."], &["FILE 1", "'.'"]);
    check(&["compare", "-"], &["FILE 1", "standard input", "empty"]);
    check(&["compare", "-", "-"], &["FILE", "once only"]);
    check(&["compare"], &["FILE"]);
    let nine = ["compare"].into_iter().chain(std::iter::repeat_n("ours.txt", 9)).collect::<Vec<_>>();
    check(&nine, &["9 files", "at most 8"]);
    check(&["compare", "ours.txt", "--author", "A", "--author", "B"], &["--author", "2 times for 1 file"]);
    check(&["compare", "ours.txt", "--side", "=Alias"], &["--side", "\"=Alias\"", "the name is missing"]);
    check(&["compare", "ours.txt", "--threshold", "1.5"], &["--threshold", "0 to 1"]);
    check(&["compare", "ours.txt", "--max-points", "0"], &["--max-points"]);
    check(&["compare", "ours.txt", "--kinds", "agreement"], &["--kinds", "one-sided"]);
    check(&["compare", "ours.txt", "--engine", "psychic"], &["--engine", "fast"]);
    check(&["compare", "bad\x1b[2Jname.txt"], &["bad␛[2Jname.txt"]);
    check(&["evaluate", "none"], &["none", "No such file"]);
    check(&["evaluate", "."], &["no gold files"]);
}

#[test]
fn a_guessed_encoding_is_told() {
    let folder = folder("encoding");
    fs::write(folder.join("old.txt"), b"Le ministre a r\xE9affirm\xE9 l\x92accord sur l\x92eau.").unwrap();
    let output = run(&folder, &["positions", "old.txt", "--format", "json"]);
    assert!(output.status.success());
    let note = String::from_utf8(output.stderr).unwrap();
    assert_eq!(note, "note: FILE 1, 'old.txt': not UTF-8, read as windows-1252\n");
    assert!(String::from_utf8(output.stdout).unwrap().contains("réaffirmé l’accord"));
}

/// The folder of readouts as people have them; its make.py says how they were made.
fn inputs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parallax/inputs")
}

/// The texts of the positions in a file of that folder, its title and date as the report has them, and the note.
#[track_caller]
fn positions_in(args: &[&str]) -> (Vec<String>, String) {
    let output = run(&inputs(), &[&["positions", "--format", "json"], args].concat());
    let notes = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{notes}");
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let texts =
        json["positions"].as_array().unwrap().iter().map(|position| position["text"].as_str().unwrap().to_owned());
    (texts.collect(), notes)
}

#[test]
fn readouts_are_read_as_people_have_them() {
    let (expected, notes) = positions_in(&["call.txt"]);
    assert!(expected.len() >= 8, "{expected:?}");
    assert_eq!(notes, "");
    for (file, note) in [
        ("call.pdf", "read as PDF"),
        ("no-printing.pdf", "read as PDF"),
        ("call.docx", "read as .docx"),
        ("page.html", "read as HTML, published 2031-04-02"),
        ("browser.pdf", "read as PDF"),
    ] {
        let (mut found, notes) = positions_in(&[file]);
        assert_eq!(notes, format!("note: FILE 1, '{file}': {note}\n"));
        if file == "call.docx" {
            // The table at its end, which the others do not have.
            let rows = found.split_off(found.len() - 2);
            assert_eq!(rows, ["Levy on timber | 12 percent", "Levy on fish | none"]);
        }
        assert_eq!(found, expected, "{file}");
    }
    let (expected, _) = positions_in(&["call-chinese.txt"]);
    assert!(expected.len() >= 4, "{expected:?}");
    assert_eq!(positions_in(&["call-chinese.pdf"]).0, expected);
}

#[test]
fn files_of_all_kinds_are_compared() {
    let folder = folder("kinds-of-files");
    for file in ["call.pdf", "call.docx", "page.html"] {
        fs::copy(inputs().join(file), folder.join(file)).unwrap();
    }
    fs::write(
        folder.join("call.md"),
        format!("# A call\n\n{}\n", OURS.replace("water commissioners", "*water\ncommissioners*")),
    )
    .unwrap();
    let page = fs::File::open(folder.join("page.html")).unwrap();
    let output = parallax(&folder, &["compare", "call.pdf", "-", "--html", "r.html"]).stdin(page).output().unwrap();
    assert!(output.status.success());
    let notes = String::from_utf8(output.stderr).unwrap();
    let expected =
        "note: FILE 1, 'call.pdf': read as PDF\nnote: FILE 2, standard input: read as HTML, published 2031-04-02\n";
    assert_eq!(notes, expected);
    let report = fs::read_to_string(folder.join("r.html")).unwrap();
    assert!(!report.contains("cookies") && !report.contains("Press release"), "what is around a text is no part of it");

    fs::write(folder.join("pairs.csv"), "call.docx,call.md\ncall.md,page.html\n").unwrap();
    let output = run(&folder, &["compare", "--pairs", "pairs.csv", "--jobs", "2"]);
    assert!(output.status.success());
    let notes = String::from_utf8(output.stderr).unwrap();
    let notes: Vec<&str> = notes.lines().collect();
    assert_eq!(notes.len(), 4, "{notes:?}");
    assert!(notes[0].starts_with("note: 1: FILE 1, ") && notes[0].ends_with("call.docx': read as .docx"), "{notes:?}");
    assert!(notes[3].starts_with("note: 2: FILE 2, "), "{notes:?}");

    let args = ["positions", "call.md", "--format", "json"];
    let json = String::from_utf8(run(&folder, &args).stdout).unwrap();
    let sentence = "agreed that their water commissioners will meet in Port Ansel.";
    assert!(json.contains(sentence), "{json}");
    let plain = printed(&folder, &[&args[..], &["--input-format", "text"]].concat());
    assert!(!plain.contains(sentence), "{plain}");
}

#[test]
fn what_cannot_be_read_is_told_with_what_to_do() {
    let check = |file: &str, expected: &[&str]| {
        let place = format!("FILE 1, '{file}': ");
        check_error(&inputs(), &["compare", file, "call.txt"], &[&[place.as_str()], expected].concat());
    };
    check("password.pdf", &["a PDF with a password", "qpdf"]);
    check("scan.pdf", &["no text is found", "ocrmypdf"]);
    let folder = folder("unreadable");
    let check = |content: &[u8], expected: &str| {
        fs::write(folder.join("readout"), content).unwrap();
        check_error(&folder, &["positions", "readout"], &["FILE 1, 'readout': ", expected]);
    };
    check(&fs::read(inputs().join("call.pdf")).unwrap()[..900], "a damaged PDF");
    check(&fs::read(inputs().join("call.docx")).unwrap()[..9_000], "a damaged .docx");
    check(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "save it as .docx");
    check(b"\x89PNG\r\n\x1A\n", "a picture");
    check(b"<html><script>all()</script><nav>Menu</nav></html>", "no text in this page");
    let deep = format!("<html>{}Aro met Vey.", "<div>".repeat(10_000));
    fs::write(folder.join("deep.html"), deep).unwrap();
    let output = run(&folder, &["positions", "deep.html"]);
    assert!(matches!(output.status.code(), Some(0 | 2)), "{output:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = folder("pipe");
    // Many pipes' worth of text.
    let long: String = (0..4_000).map(|i| format!("President Marrin of Velmora reaffirmed promise {i}. ")).collect();
    fs::write(folder.join("long.txt"), long).unwrap();
    for format in ["text", "json"] {
        let mut child = parallax(&folder, &["positions", "long.txt", "--format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{format}");
        assert_eq!(output.status.code(), Some(0), "{format}");
    }
}

#[test]
fn help_version_and_models_are_shown() {
    let folder = folder("help");
    let help = printed(&folder, &["--help"]);
    for command in ["compare", "positions", "serve", "config", "evaluate", "models", "completions", "man"] {
        assert!(help.contains(&format!("\n  {command} ")), "{help}");
    }
    assert!(printed(&folder, &["compare", "--help"]).contains("NAME[=ALIAS,...][;PERSON,...]"));
    assert_eq!(printed(&folder, &["--version"]), format!("parallax {}\n", env!("CARGO_PKG_VERSION")));
    let models = printed(&folder, &["models"]);
    assert!(models.contains("engine fast (default): link threshold 0."), "{models}");
    let hash = models.lines().find_map(|line| line.trim().strip_prefix("sha256 ")).unwrap();
    assert!(hash.len() == 64 && hash.chars().all(|c| c.is_ascii_hexdigit()), "{models}");
    let json: serde_json::Value = serde_json::from_str(&printed(&folder, &["models", "--format", "json"])).unwrap();
    assert_eq!(json["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn an_evaluation_prints_its_rows_and_writes_predictions() {
    let folder = folder("evaluate");
    let gold = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parallax/gold");
    let gold = gold.to_str().unwrap();
    let text = printed(&folder, &["evaluate", gold, "--predictions", "p.jsonl", "--by-pair", "--genres"]);
    let rows = ["positions ", "links ", "links with kind ", "divergences ", "holder ", "one-sided "];
    for (line, row) in text.lines().zip(rows) {
        assert!(line.starts_with(row), "{text}");
    }
    for expected in ["first-person (2 texts):", "within one text (1 document):", "velmora-karesh-call  "] {
        assert!(text.contains(expected), "{expected:?} is not in\n{text}");
    }
    assert_eq!(fs::read_to_string(folder.join("p.jsonl")).unwrap().lines().count(), 3);
    let spans = printed(&folder, &["evaluate", gold, "--gold-spans"]);
    assert!(spans.starts_with("positions        precision 1.000 (17/17)  recall 1.000 (17/17)"), "{spans}");
    check_error(
        &folder,
        &["evaluate", gold, "--predictions", "no/folder/p.jsonl"],
        &["cannot write no/folder/p.jsonl"],
    );
}

/// A server that a test has started, ended with the test.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(unix)]
#[track_caller]
fn check_serves_and_stops(signal: &str, log: &str, address: impl Fn(&str) -> Option<String>) {
    let folder = folder(&format!("serve-{signal}"));
    let args = ["serve", "--address", "127.0.0.1:0", "--permits", "2", "--log", log];
    let mut serving = Serving(parallax(&folder, &args).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(serving.0.stderr.take().unwrap()).lines();
    let address = lines.by_ref().map(Result::unwrap).find_map(|line| address(&line)).expect("the address is logged");
    assert!(std::net::TcpStream::connect(&address).is_ok(), "{address}");
    let pid = serving.0.id().to_string();
    assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    let started = Instant::now();
    let status = loop {
        if let Some(status) = serving.0.try_wait().unwrap() {
            break status;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "it does not stop");
        std::thread::sleep(Duration::from_millis(10));
    };
    assert_eq!(status.code(), Some(0), "{rest:?}");
    assert!(rest.iter().any(|line| line.contains("stopped")), "{rest:?}");
    let mut stdout = String::new();
    serving.0.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    assert_eq!(stdout, "", "the log goes to standard error");
}

#[cfg(unix)]
#[test]
fn the_server_logs_its_address_and_stops_on_a_signal() {
    check_serves_and_stops("TERM", "json", |line| {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        entry["address"].as_str().map(str::to_owned)
    });
    check_serves_and_stops("INT", "text", |line| {
        let (_, after) = line.split_once("address=")?;
        after.split_whitespace().next().map(str::to_owned)
    });
}

#[test]
fn a_server_that_cannot_start_says_why() {
    let folder = folder("serve-wrong");
    check_error(&folder, &["serve", "--address", "nowhere"], &["--address"]);
    check_error(&folder, &["serve", "--permits", "0"], &["--permits"]);
    let output = parallax(&folder, &["serve"]).env("PARALLAX_LOG", "parallax=loud").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("PARALLAX_LOG"));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = run(&folder, &["serve", "--address", &address]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains(&address), "{error}");
}

#[test]
fn the_settings_are_shown_and_a_wrong_one_is_told_with_the_nearest() {
    let folder = folder("config");
    fs::write(folder.join("parallax.toml"), "[deadline]\nmax = \"20s\"\n").unwrap();
    let args = ["config", "--config", "parallax.toml", "--set", "deadline.default=4s", "--permits", "3"];
    let output = parallax(&folder, &args).env("PARALLAX_AUTH_API_KEYS", "a-key-that-is-secret").output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    for line in ["max = \"20s\"", "default = \"4s\"", "permits = 3", "api_keys = [\"***\"]"] {
        assert!(shown.lines().any(|shown| shown == line), "{line:?} is not in\n{shown}");
    }
    assert!(!shown.contains("secret"), "{shown}");
    assert!(printed(&folder, &["config", "--defaults"]).contains("# A duration is a number and a unit"));
    check_error(&folder, &["config", "--set", "deadline.maxx=1s"], &["deadline.maxx", "nearest is deadline.max"]);
    check_error(&folder, &["serve", "--set", "deadline"], &["--set", "SECTION.NAME=VALUE"]);
    let output = parallax(&folder, &["serve"]).env("PARALLAX_DEADLIN_MAX", "1s").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("nearest is PARALLAX_DEADLINE_MAX"));
}

#[test]
fn a_cue_table_can_be_replaced() {
    let folder = std::env::temp_dir().join(format!("parallax-cues-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let text = write("a.txt", "The President of Kenya urged a truce in the strait.");
    let table = write("own.tsv", "urge\t-\tdemand\t.9\t+\tboth\n");
    let broken = write("broken.tsv", "urge\t-\tdemand\n");

    let run = |args: &[&str]| std::process::Command::new(env!("CARGO_BIN_EXE_parallax")).args(args).output().unwrap();
    let own = run(&["positions", &text, "--author", "Kenya", "--cues", &table, "--format", "json"]);
    let own = String::from_utf8(own.stdout).unwrap();
    assert!(own.contains("SPEECH_ACT_DEMAND") && own.contains("\"strength\": 0.9"), "{own}");
    let refused = run(&["positions", &text, "--cues", &broken]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("line 1: 3 columns instead of 6"));
    std::fs::remove_dir_all(folder).unwrap();
}
