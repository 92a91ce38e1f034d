//! The rooms of provd and who may know whom. This list is the one place where that is written down; an arrow that is not
//! in it fails here, as do SQL, gRPC and child processes outside the rooms that own them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

/// Each room, and what it may name of the others: a room, or one module of it.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("settings", &["domain", "packages"]),
    ("provisioning", &["domain"]),
    ("metrics", &["domain"]),
    ("pipeline", &["domain", "metrics", "provisioning"]),
    ("listeners", &["domain", "pipeline"]),
    ("storage", &["domain", "access", "metrics", "provisioning"]),
    ("packages", &["domain"]),
    ("downloads", &["tls"]),
    ("firmware", &["domain", "downloads", "packages", "provisioning"]),
    ("plugin_host", &["domain", "downloads", "metrics", "packages", "provisioning"]),
    ("access", &["domain", "settings::access"]),
    ("api", &["domain", "access", "metrics", "provisioning", "pipeline", "listeners::dhcp"]),
    ("synchronization", &["domain", "provisioning", "settings::synchronization"]),
    ("authoring", &["domain", "packages", "plugin_host", "server", "settings", "tls"]),
    ("simulation", &["domain", "packages", "tls"]),
    (
        "cli",
        &[
            "authoring::arguments",
            "domain::dhcp",
            "domain::dhcp_options",
            "domain::reachable",
            "packages",
            "simulation::arguments",
            "tls",
        ],
    ),
    ("dhcp_hook", &["tls"]),
    ("tls", &[]),
];

/// Those who read the command line and put everything together: they may know all.
const COMPOSITION: &[&str] = &["lib.rs", "main.rs", "command.rs", "server.rs", "server"];

/// Words, and the only places that may use them.
const OWNED: &[(&str, &[&str])] = &[
    ("sqlx", &["storage/"]),
    ("tonic", &["plugin_host/"]),
    // RAR archives are unpacked by programs of others, for no library that may be used here reads them.
    ("Command::new", &["plugin_host/process.rs", "dhcp_hook/detached.rs", "firmware/steps/unrar.rs"]),
];

/// A source file without comments and inline tests.
struct Source {
    /// Relative to `provd/src`.
    path: String,
    code: String,
}

impl Source {
    /// First part of the path, without `.rs`.
    fn room(&self) -> &str {
        let first = self.path.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    fn is_composition(&self) -> bool {
        COMPOSITION.contains(&self.path.split('/').next().unwrap_or_default())
    }
}

#[test]
fn every_arrow_is_in_the_list() -> Result<()> {
    let mut wrong = BTreeSet::new();
    for source in sources()?.iter().filter(|source| !source.is_composition()) {
        let room = ARROWS.iter().find(|(room, _)| *room == source.room());
        let (room, allowed) =
            room.with_context(|| format!("{}: a room that is not in the list", source.path))?;
        for target in targets(&source.code) {
            let is_beneath = |base: &str| target == base || target.starts_with(&format!("{base}::"));
            if !is_beneath(room) && !allowed.iter().any(|base| is_beneath(base)) {
                wrong.insert(format!("{} → {target}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that are not in the list: {wrong:#?}");
    Ok(())
}

#[test]
fn what_has_an_owner_is_used_by_nobody_else() -> Result<()> {
    let mut wrong = BTreeSet::new();
    for source in sources()? {
        for (word, owners) in OWNED {
            if !owners.iter().any(|owner| source.path.starts_with(owner)) && has_word(&source.code, word) {
                wrong.insert(format!("{}: {word} belongs to {}", source.path, owners.join(" and ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

#[test]
fn the_parser_sees_what_is_named() {
    let code = "use crate::{domain::{mac::Mac, device}, provisioning as p};\nfn f(x: crate::api::Gate) {}\n";
    assert_eq!(targets(code), ["domain::mac::Mac", "domain::device", "provisioning", "api::Gate"]);
    assert!(has_word("use tonic::Code;", "tonic") && !has_word("tonicity", "tonic"));
    assert_eq!(
        code_of("a // crate::x\n//! crate::y\nb\n#[cfg(test)]\nmod tests {\n    crate::z\n}\n"),
        "a \n\nb\n"
    );
}

fn sources() -> Result<Vec<Source>> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../provd/src"));
    let (mut sources, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let code = code_of(&fs::read_to_string(&path)?);
                sources.push(Source { path: relative(&path, root)?, code });
            }
        }
    }
    sources.retain(|source| !is_test(&source.path));
    assert!(!sources.is_empty(), "no sources in {}", root.display());
    Ok(sources)
}

/// Tests may use what they need.
fn is_test(path: &str) -> bool {
    path.split('/').any(|part| ["tests", "tests.rs", "testing.rs", "fake_handler.rs"].contains(&part))
}

fn relative(path: &Path, root: &Path) -> Result<String> {
    let path = path.strip_prefix(root)?.to_str();
    Ok(path.context("a name that is not UTF-8")?.to_owned())
}

fn code_of(text: &str) -> String {
    let text = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    text.lines()
        .map(|line| line.split("//").next().unwrap_or(line))
        .fold(String::new(), |code, line| code + line + "\n")
}

/// All paths that begin with `crate::`, groups in braces taken apart.
fn targets(code: &str) -> Vec<String> {
    let mut targets = Vec::new();
    for (at, start) in code.match_indices("crate::") {
        collect(&code[at + start.len()..], "", &mut targets);
    }
    targets
}

/// Reads one path, or a group of them, and gives what follows.
fn collect<'a>(text: &'a str, prefix: &str, targets: &mut Vec<String>) -> &'a str {
    let end = text.find(|character: char| !(character.is_alphanumeric() || "_:".contains(character)));
    let (path, mut rest) = text.split_at(end.unwrap_or(text.len()));
    let whole = format!("{prefix}{path}");
    if !rest.starts_with('{') {
        targets.push(whole.trim_end_matches(':').to_owned());
        return rest;
    }
    loop {
        rest = collect(rest[1..].trim_start(), &whole, targets);
        // A renaming, then a comma or the end of the group.
        let Some(next) = rest.find([',', '}']) else { return "" };
        rest = &rest[next..];
        if rest[1..].trim_start().starts_with('}') && rest.starts_with(',') {
            rest = rest[1..].trim_start();
        }
        if let Some(after) = rest.strip_prefix('}') {
            return after;
        }
    }
}

fn has_word(code: &str, word: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    code.match_indices(word)
        .any(|(at, _)| !code[..at].ends_with(is_part) && !code[at + word.len()..].starts_with(is_part))
}
