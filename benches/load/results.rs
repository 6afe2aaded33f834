//! Where figures were measured, and how they are kept: JSON in a file, Markdown on standard output.

use super::Options;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub(super) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The machine, as it is now: take it before the measurement, or it is the load of that which it names.
pub(super) fn machine() -> Value {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let after = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?.split_once(':')?.1.trim().to_owned();
        Some(line)
    };
    json!({
        "processor": after(&read("/proc/cpuinfo"), "model name"),
        "processors": processors(),
        "memory": after(&read("/proc/meminfo"), "MemTotal"),
        "system": format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        "load_before": read("/proc/loadavg").split(' ').next().and_then(|load| load.parse::<f64>().ok()),
    })
}

/// What every report begins with.
pub(super) fn report(scenario: &str, options: &Options, machine: Value) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    json!({
        "scenario": scenario,
        "machine": machine,
        "command": format!("cargo bench --bench load -- {}", options.line),
        "version": env!("CARGO_PKG_VERSION"),
        "build": build(),
        "unix_seconds": now.as_secs(),
        "rounds": options.rounds(),
    })
}

/// How server and callers were compiled, as far as a program can tell.
fn build() -> &'static str {
    match (cfg!(debug_assertions), option_env!("CARGO_PROFILE_BENCH_LTO")) {
        (true, _) => "for tests",
        (false, None) => "release",
        (false, Some(_)) => "trial build, other settings than a release",
    }
}

/// Writes it to the file that `--json` names.
pub(super) fn write(options: &Options, report: &Value) {
    let Some(path) = options.get("--json") else { return };
    // Cargo runs a benchmark in the folder of the package, where the path was meant.
    if let Some(folder) = std::path::Path::new(&path).parent() {
        std::fs::create_dir_all(folder).unwrap();
    }
    std::fs::write(path, serde_json::to_string_pretty(report).unwrap() + "\n").unwrap();
}

pub(super) fn print_machine(report: &Value) {
    let machine = &report["machine"];
    println!(
        "\n{}, {} processors, load {} before; Parallax {}, {}; median of {} rounds; `{}`",
        machine["processor"].as_str().unwrap_or("unknown processor"),
        machine["processors"],
        machine["load_before"],
        report["version"].as_str().unwrap_or_default(),
        report["build"].as_str().unwrap_or_default(),
        report["rounds"],
        report["command"].as_str().unwrap_or_default(),
    );
}

/// A figure for a person: three digits, none of them lost to the left of the point.
pub(super) fn short(value: &Value) -> String {
    let Some(number) = value.as_f64() else { return "–".to_owned() };
    let digits = if number == 0.0 { 0 } else { (2 - number.abs().log10().floor() as i32).max(0) as usize };
    let text = format!("{number:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// The middle one, or the mean of the two in the middle; `None` of none.
pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        n if n % 2 == 1 => Some(values[middle]),
        _ => Some((values[middle - 1] + values[middle]) / 2.0),
    }
}

/// Processor time that the threads of a process have had, in nanoseconds where `/proc/PID/stat` counts hundredths of a
/// second. Threads that have ended are not in it: those of the server stay for minutes. `None` where there is no /proc.
pub(super) fn processor_time(pid: u32) -> Option<Duration> {
    let mut nanoseconds = 0;
    for thread in std::fs::read_dir(format!("/proc/{pid}/task")).ok()? {
        // A thread may have ended since the folder was read.
        let Ok(text) = std::fs::read_to_string(thread.ok()?.path().join("schedstat")) else { continue };
        nanoseconds += text.split(' ').next()?.parse::<u64>().ok()?;
    }
    (nanoseconds > 0).then(|| Duration::from_nanos(nanoseconds))
}
