//! How fast one side was in each round, and what that cost it.

use std::time::Duration;

use provd_tests::load::Measured;
use serde_json::{Value, json};

use crate::finding::median;

/// One round of one side.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sample {
    /// Answers, or bytes, per second.
    pub(crate) rate: f64,
    /// Microseconds that ninety-nine of a hundred did not exceed.
    pub(crate) p99: Option<f64>,
    /// Microseconds of processor time of the server for each answer.
    pub(crate) cpu: Option<f64>,
    /// What was not answered.
    pub(crate) lost: u64,
}

/// All rounds of one side.
#[derive(Debug, Clone)]
pub(crate) struct Side {
    /// Who it is.
    pub(crate) name: String,
    /// Whether its rates are bytes.
    is_bytes: bool,
    /// One for each round.
    pub(crate) samples: Vec<Sample>,
}

impl Sample {
    /// So many answers in this time, for which the server's processes worked so long.
    pub(crate) fn new(answers: u64, elapsed: Duration, worked: Duration) -> Sample {
        let answers = float(answers);
        let cpu = (answers > 0.0).then(|| worked.as_secs_f64() * 1e6 / answers);
        Sample { rate: answers / elapsed.as_secs_f64(), cpu, ..Sample::default() }
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({ "rate": self.rate, "p99_us": self.p99, "cpu_us": self.cpu, "lost": self.lost })
    }
}

impl From<&Measured> for Sample {
    fn from(measured: &Measured) -> Sample {
        let p99 = measured.p99.as_secs_f64() * 1e6;
        Sample { rate: measured.rate(), p99: Some(p99), ..Sample::default() }
    }
}

impl Side {
    /// Nothing measured yet.
    pub(crate) fn new(name: impl Into<String>) -> Side {
        Side { name: name.into(), is_bytes: false, samples: Vec::new() }
    }

    /// The same, of one whose rates are bytes per second.
    pub(crate) fn of_bytes(name: impl Into<String>) -> Side {
        Side { is_bytes: true, ..Side::new(name) }
    }

    /// The median rate.
    pub(crate) fn rate(&self) -> f64 {
        let rates: Vec<f64> = self.samples.iter().map(|sample| sample.rate).collect();
        median(&rates).unwrap_or_default()
    }

    /// The median of processor time for each answer, in microseconds.
    pub(crate) fn cpu(&self) -> Option<f64> {
        median(&self.samples.iter().filter_map(|sample| sample.cpu).collect::<Vec<_>>())
    }

    /// For people.
    pub(crate) fn in_words(&self) -> String {
        let words = match self.rate() {
            rate if !self.is_bytes => format!("{} {rate:.0}/s", self.name),
            rate if rate >= 1e7 => format!("{} {:.0} MB/s", self.name, rate / 1e6),
            rate => format!("{} {:.2} MB/s", self.name, rate / 1e6),
        };
        let cpu = self.cpu().filter(|cpu| *cpu >= 0.5).map(|cpu| format!(" {cpu:.0} µs CPU"));
        let lost = match self.samples.iter().map(|sample| sample.lost).sum::<u64>() {
            0 => String::new(),
            lost => format!(" ({lost} lost)"),
        };
        words + &cpu.unwrap_or_default() + &lost
    }
}

/// Counts are far below 2^52: nothing is lost.
#[expect(clippy::cast_precision_loss, reason = "nobody counts that far")]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}
