//! On what it was measured: numbers of one machine say little about another.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::peers;

/// The machine, the servers, and when.
pub(crate) fn facts() -> Value {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = line_of("/proc/meminfo", "MemTotal:")
        .and_then(|text| text.trim_end_matches(" kB").parse::<u64>().ok());
    json!({
        "date": said("date", &["-u", "+%Y-%m-%dT%H:%M:%SZ"]),
        "cores": cores,
        "cpu": line_of("/proc/cpuinfo", "model name"),
        "memory_mb": memory.map(|kilobytes| kilobytes / 1000),
        "kernel": fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim(),
        "provd": provd_version(),
        "versions": peers::versions(),
    })
}

/// In a line.
pub(crate) fn in_words(facts: &Value) -> String {
    let text = |key: &str| facts[key].as_str().unwrap_or("?").to_owned();
    format!(
        "{}, {} cores, Linux {}; {}; {}",
        text("cpu"),
        facts["cores"],
        text("kernel"),
        text("provd"),
        text("date")
    )
}

fn provd_version() -> Option<String> {
    let program = provd_tests::provd_binary().ok()?;
    said(&program.display().to_string(), &["--version"])
}

fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn line_of(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().trim_start_matches(':').trim().to_owned())
}
