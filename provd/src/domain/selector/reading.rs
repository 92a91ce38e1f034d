//! Reading a selector from JSON.

use serde_json::{Map, Value};

use super::invalid::{InvalidSelector, OPERATORS};
use super::{Comparison, Condition, Members, Selector, Test};

/// Keys and operators a selector may have: each is looked at for each document.
const LONGEST: usize = 1_000;

impl Selector {
    /// Reads a selector. Lists in it may be as long as they like.
    pub fn read(selector: Value) -> Result<Selector, InvalidSelector> {
        let Value::Object(selector) = selector else {
            return Err(InvalidSelector::NotAnObject);
        };
        let mut count = 0;
        let mut conditions = Vec::new();
        for (key, operand) in selector {
            if key.starts_with('$') {
                return Err(InvalidSelector::OperatorAsKey(key));
            }
            let tests = tests(&key, operand)?;
            count += tests.len();
            if count > LONGEST {
                return Err(InvalidSelector::TooLong(LONGEST));
            }
            conditions.push(Condition { key, tests });
        }
        Ok(Selector { conditions })
    }
}

fn tests(key: &str, operand: Value) -> Result<Vec<Test>, InvalidSelector> {
    match operand {
        Value::Object(operators) if operators.keys().any(|name| name.starts_with('$')) => {
            all_operators(key, &operators)?;
            operators.into_iter().map(|(operator, operand)| test(key, &operator, operand)).collect()
        }
        plain => Ok(vec![Test::Equals(plain)]),
    }
}

fn all_operators(key: &str, operators: &Map<String, Value>) -> Result<(), InvalidSelector> {
    match operators.keys().find(|name| !name.starts_with('$')) {
        Some(other) => Err(InvalidSelector::Mixed { key: key.to_owned(), other: other.clone() }),
        None => Ok(()),
    }
}

fn test(key: &str, operator: &str, operand: Value) -> Result<Test, InvalidSelector> {
    let Some(known) = OPERATORS.into_iter().find(|known| *known == operator) else {
        return Err(InvalidSelector::UnknownOperator { key: key.to_owned(), operator: operator.to_owned() });
    };
    let refused = |expected| InvalidSelector::Operand { key: key.to_owned(), operator: known, expected };
    Ok(match (known, operand) {
        ("$ne", operand) => Test::Differs(operand),
        ("$contains", operand) => Test::Contains(operand),
        ("$in", Value::Array(list)) => Test::In(Members::new(list)),
        ("$nin", Value::Array(list)) => Test::NotIn(Members::new(list)),
        ("$in" | "$nin", _) => return Err(refused("a list of values")),
        ("$exists", Value::Bool(wanted)) => Test::Exists(wanted),
        ("$exists", _) => return Err(refused("true or false")),
        (_, operand @ (Value::String(_) | Value::Number(_) | Value::Bool(_))) => {
            Test::Compares(comparison(known), operand)
        }
        _ => return Err(refused("a number or text")),
    })
}

/// The comparison an operator stands for; it is one of four.
fn comparison(operator: &str) -> Comparison {
    match operator {
        "$gt" => Comparison::Greater,
        "$ge" => Comparison::GreaterOrEqual,
        "$lt" => Comparison::Less,
        _ => Comparison::LessOrEqual,
    }
}
