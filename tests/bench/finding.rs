//! What was found out about one case: a number for each round, and whether their median meets the goal.
//!
//! A case that has a peer is a ratio to it, so that the machine falls out of it. What was measured to get there is kept.

use serde_json::{Value, json};

use crate::sample::{Sample, Side};

/// What a number should be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Goal {
    /// This, or more.
    AtLeast(f64),
    /// This, or less.
    AtMost(f64),
    /// Nothing: it is only of interest.
    None,
}

/// One line of the table.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    /// What was measured; the same in each run.
    pub(crate) case: String,
    /// What the numbers are.
    pub(crate) unit: String,
    /// What they should be.
    pub(crate) goal: Goal,
    /// One of each round; none if the case was left out.
    pub(crate) values: Vec<f64>,
    /// The numbers behind them in words, or why there are none.
    pub(crate) aside: String,
    /// All that was measured.
    pub(crate) samples: Value,
}

impl Finding {
    /// Numbers that stand for themselves.
    pub(crate) fn of(case: impl Into<String>, unit: &str, goal: Goal, values: Vec<f64>) -> Finding {
        let (case, unit) = (case.into(), unit.to_owned());
        Finding { case, unit, goal, values, aside: String::new(), samples: Value::Null }
    }

    /// How many times as fast as the fastest of the others one is, round by round. Without others, its rate, which no goal
    /// is about.
    pub(crate) fn ratio(case: impl Into<String>, goal: Goal, ours: &Side, others: &[Side]) -> Finding {
        let fastest = others.iter().max_by(|one, other| one.rate().total_cmp(&other.rate()));
        let finding = match fastest {
            Some(theirs) => {
                let values = ours.samples.iter().zip(&theirs.samples);
                let values = values.map(|(ours, theirs)| ours.rate / theirs.rate).collect();
                Finding::of(case, &format!("× {}", theirs.name), goal, values)
            }
            None => {
                Finding::of(case, "/s", Goal::None, ours.samples.iter().map(|sample| sample.rate).collect())
            }
        };
        let sides = || std::iter::once(ours).chain(others);
        let aside = sides().map(Side::in_words).collect::<Vec<_>>().join("; ");
        let samples =
            sides().map(|side| (side.name.clone(), side.samples.iter().map(Sample::to_json).collect()));
        Finding { aside, samples: Value::Object(samples.collect()), ..finding }
    }

    /// A case that was not measured.
    pub(crate) fn left_out(case: impl Into<String>, why: &str) -> Finding {
        Finding { aside: why.to_owned(), ..Finding::of(case, "", Goal::None, Vec::new()) }
    }

    /// With something to know about it.
    #[must_use]
    pub(crate) fn noting(self, aside: impl Into<String>) -> Finding {
        Finding { aside: aside.into(), ..self }
    }

    /// The median of all rounds.
    pub(crate) fn value(&self) -> Option<f64> {
        median(&self.values)
    }

    /// Whether that meets the goal, if it has one.
    pub(crate) fn is_met(&self) -> Option<bool> {
        let value = self.value()?;
        match self.goal {
            Goal::AtLeast(least) => Some(value >= least),
            Goal::AtMost(most) => Some(value <= most),
            Goal::None => None,
        }
    }

    /// How many times better than the goal it is.
    pub(crate) fn of_goal(&self) -> Option<f64> {
        match self.goal {
            Goal::AtLeast(least) => Some(self.value()? / least),
            // Nothing at all is much better than the goal, not infinitely so.
            Goal::AtMost(most) => Some(most / self.value()?.max(most / 100.0)),
            Goal::None => None,
        }
    }

    /// For a file.
    pub(crate) fn to_json(&self) -> Value {
        let goal = match self.goal {
            Goal::AtLeast(least) => json!({ "at_least": least }),
            Goal::AtMost(most) => json!({ "at_most": most }),
            Goal::None => Value::Null,
        };
        json!({
            "case": self.case, "unit": self.unit, "goal": goal, "value": self.value(), "met": self.is_met(),
            "rounds": self.values, "aside": self.aside, "samples": self.samples,
        })
    }
}

/// The one in the middle, or between the two that are.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    values.sort_unstable_by(f64::total_cmp);
    let upper = values.get(values.len() / 2)?;
    let lower = values.get((values.len() - 1) / 2)?;
    Some(f64::midpoint(*lower, *upper))
}
