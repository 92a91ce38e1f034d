//! REST 0.2 from outside: what clients of existing systems rely on, rule by rule, asked of real servers.
//!
//! Each section has a server of its own, and all run side by side. A check that fails says which rule is broken; the
//! others run all the same, and at the end is told how many there were. Give the name of a section to run only that.

mod access;
mod client;
mod configs;
mod device_life;
mod devices;
mod dhcp;
mod expected;
mod find;
mod inheritance;
mod installation;
mod links;
mod operations;
mod operators;
mod parameters;
mod permissions;
mod plugins;
mod raw_configs;
mod request;
mod rules;
mod section;
mod tenants;

use std::process::ExitCode;
use std::thread;

use section::{Outcome, Section};

/// The name of a module, and its checks.
macro_rules! section {
    ($module:ident) => {
        Section { name: stringify!($module), checks: |checking| Box::pin($module::check(checking)) }
    };
}

static SECTIONS: [Section; 16] = [
    section!(access),
    section!(client),
    section!(configs),
    section!(device_life),
    section!(devices),
    section!(dhcp),
    section!(find),
    section!(inheritance),
    section!(installation),
    section!(links),
    section!(operations),
    section!(parameters),
    section!(plugins),
    section!(raw_configs),
    section!(rules),
    section!(tenants),
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--list") {
        return ExitCode::SUCCESS;
    }
    // Once before all: each section would wait for it.
    if let Err(error) = provd_tests::provd_binary() {
        println!("{error:#}");
        return ExitCode::FAILURE;
    }
    tell(&run(&words))
}

/// Runs the sections that are named, or all. Flags of cargo's own test program, and their numbers, mean nothing here.
fn run(words: &[String]) -> Vec<Outcome> {
    let names: Vec<&String> =
        words.iter().filter(|word| word.starts_with(|first: char| first.is_alphabetic())).collect();
    let is_wanted = |section: &&Section| {
        names.is_empty() || names.iter().any(|name| section.name.contains(name.as_str()))
    };
    thread::scope(|scope| {
        let start = |section: &'static Section| (section.name, scope.spawn(|| section.run()));
        let running: Vec<_> = SECTIONS.iter().filter(is_wanted).map(start).collect();
        running
            .into_iter()
            .map(|(name, section)| section.join().unwrap_or_else(|_| Outcome::panicked(name)))
            .collect()
    })
}

/// Says what is broken and how much was checked, the last line in the words of other tests. A section without checks is one
/// that could not begin.
fn tell(outcomes: &[Outcome]) -> ExitCode {
    for outcome in outcomes {
        println!("{:<14} {:>4} checks  {:>6.1?}", outcome.name, outcome.checks, outcome.took);
        for broken in &outcome.broken {
            println!("  BROKEN {broken}");
        }
    }
    let checks: usize = outcomes.iter().map(|outcome| outcome.checks).sum();
    let missing = outcomes.iter().filter(|outcome| outcome.checks == 0).count();
    let broken = outcomes.iter().map(|outcome| outcome.broken.len()).sum::<usize>() + missing;
    let (verdict, code) = if broken == 0 { ("ok", ExitCode::SUCCESS) } else { ("FAILED", ExitCode::FAILURE) };
    println!(
        "\ntest result: {verdict}. {} passed; {broken} failed; 0 ignored: REST 0.2",
        checks.saturating_sub(broken)
    );
    code
}
