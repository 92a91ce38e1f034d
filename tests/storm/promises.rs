//! What was promised, what was seen, and whether that is the same.

use serde_json::{Value, json};

/// One line of the table.
#[derive(Debug)]
struct Promise {
    what: String,
    promised: String,
    seen: String,
    verdict: Verdict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Kept,
    Broken,
    /// A figure of a storm that is too small for it to mean anything.
    Unjudged,
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Promises {
    all: Vec<Promise>,
    is_glimpse: bool,
}

impl Promises {
    /// None yet. In a glimpse, figures are not judged.
    pub(crate) fn new(is_glimpse: bool) -> Promises {
        Promises { all: Vec::new(), is_glimpse }
    }

    /// There must be none of something.
    pub(crate) fn none(&mut self, what: impl Into<String>, seen: u64) {
        self.add(what.into(), "none".to_owned(), seen.to_string(), seen == 0, false);
    }

    /// All must be so.
    pub(crate) fn all(&mut self, what: impl Into<String>, seen: u64, of: u64) {
        self.add(what.into(), format!("all {of}"), seen.to_string(), seen == of, false);
    }

    /// A figure may be this at most.
    pub(crate) fn at_most(&mut self, what: impl Into<String>, most: f64, seen: f64, unit: &str) {
        let text = |value: f64| {
            format!("{} {unit}", if value < 10.0 { format!("{value:.2}") } else { format!("{value:.0}") })
        };
        self.add(what.into(), format!("≤ {}", text(most)), text(seen), seen <= most, true);
    }

    fn add(&mut self, what: String, promised: String, seen: String, is_kept: bool, is_figure: bool) {
        let verdict = match is_kept {
            true => Verdict::Kept,
            false if is_figure && self.is_glimpse => Verdict::Unjudged,
            false => Verdict::Broken,
        };
        self.all.push(Promise { what, promised, seen, verdict });
    }

    /// Whether none was broken.
    pub(crate) fn are_kept(&self) -> bool {
        self.all.iter().all(|promise| promise.verdict != Verdict::Broken)
    }

    /// For people.
    pub(crate) fn print(&self) {
        let heading = ["", "promised", "seen", "verdict"].map(str::to_owned);
        let row = |promise: &Promise| {
            [
                promise.what.clone(),
                promise.promised.clone(),
                promise.seen.clone(),
                word(promise.verdict).to_owned(),
            ]
        };
        let rows: Vec<[String; 4]> = std::iter::once(heading).chain(self.all.iter().map(row)).collect();
        let width =
            |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
        let (what, promised, seen) = (width(0), width(1), width(2));
        for row in &rows {
            println!("{:what$}  {:>promised$}  {:>seen$}  {}", row[0], row[1], row[2], row[3]);
        }
    }

    /// For programs.
    pub(crate) fn document(&self) -> Value {
        let one = |promise: &Promise| {
            json!({
                "what": promise.what, "promised": promise.promised, "seen": promise.seen,
                "verdict": word(promise.verdict),
            })
        };
        self.all.iter().map(one).collect()
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Kept => "kept",
        Verdict::Broken => "BROKEN",
        Verdict::Unjudged => "not judged",
    }
}
