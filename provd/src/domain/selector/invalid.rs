//! What can be wrong with a selector, and what to write instead.

use std::fmt;

use thiserror::Error;

use super::super::raw_config::near_miss;

/// All operators.
pub(super) const OPERATORS: [&str; 9] =
    ["$in", "$nin", "$ne", "$contains", "$gt", "$ge", "$lt", "$le", "$exists"];

/// Characters of a client's key that are repeated to it.
const SHOWN: usize = 60;

/// Why something is no selector.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum InvalidSelector {
    /// It is no object.
    #[error("expected an object, as in {{\"mac\": \"00:08:5d:23:74:29\"}}")]
    NotAnObject,
    /// A key begins with `$` where a key of documents is expected.
    #[error("`{}` stands where a key of documents is expected: {}", Shown(.0), instead(.0))]
    OperatorAsKey(String),
    /// There is no such operator.
    #[error("`{}`: there is no `{}`: {}", Shown(key), Shown(operator), instead(operator))]
    UnknownOperator {
        /// What it was to test.
        key: String,
        /// The operator.
        operator: String,
    },
    /// An operand has operators and other keys.
    #[error(
        "`{}`: `{}` is no operator and stands beside one: write either operators or an object to be equal to",
        Shown(key),
        Shown(other)
    )]
    Mixed {
        /// What was to be tested.
        key: String,
        /// The key that is no operator.
        other: String,
    },
    /// An operator cannot have this operand.
    #[error("`{}`: {operator} expects {expected}", Shown(key))]
    Operand {
        /// What was to be tested.
        key: String,
        /// The operator.
        operator: &'static str,
        /// What it can have.
        expected: &'static str,
    },
    /// There is too much to be tested.
    #[error("more than {0} keys and operators: ask several times, or list values with $in")]
    TooLong(usize),
}

/// What to write instead of an operator that does not exist.
fn instead(operator: &str) -> String {
    let known = match operator {
        "$eq" => "write the value itself, as in {\"mac\": \"00:08:5d:23:74:29\"}",
        "$gte" => "write $ge",
        "$lte" => "write $le",
        "$neq" | "$not" => "write $ne, or $nin for several values",
        "$or" | "$nor" => "write $in for several values of one key, or ask several times",
        "$and" => "all keys of a selector must hold anyway: write them side by side",
        "$regex" | "$like" | "$options" => "write $contains for a part of a text",
        "$size" | "$type" | "$where" | "$elemMatch" | "$all" => "only $contains looks into lists",
        _ => "",
    };
    match near_miss(operator, OPERATORS) {
        _ if !known.is_empty() => known.to_owned(),
        Some(meant) => format!("did you mean {meant}?"),
        None => format!("there are {}", OPERATORS.join(" ")),
    }
}

/// As much of a client's text as fits into a line, made harmless.
pub(super) struct Shown<'a>(pub(super) &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.0.chars();
        for character in characters.by_ref().take(SHOWN) {
            write!(f, "{}", character.escape_debug())?;
        }
        f.write_str(if characters.next().is_some() { "…" } else { "" })
    }
}
