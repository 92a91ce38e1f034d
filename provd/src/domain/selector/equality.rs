//! When two values are the same, and which comes first, as 0.2 has it: types count, but 1, 1.0 and true are equal.

use std::cmp::Ordering;
use std::fmt::Write as _;

use serde_json::{Map, Value};

/// Up to here, 2 to the power of 100, a number without fraction is a whole one.
const LARGEST_WHOLE: f64 = 1_267_650_600_228_229_401_496_703_205_376.0;

/// Whether two values are equal. Lists and objects are compared whole; the order of an object's keys does not count.
pub fn equal(one: &Value, two: &Value) -> bool {
    match (one, two) {
        (Value::String(one), Value::String(two)) => one == two,
        (Value::Null, Value::Null) => true,
        (Value::Array(one), Value::Array(two)) => {
            one.len() == two.len() && one.iter().zip(two).all(|(one, two)| equal(one, two))
        }
        (Value::Object(one), Value::Object(two)) => {
            one.len() == two.len()
                && one.iter().all(|(key, value)| two.get(key).is_some_and(|other| equal(value, other)))
        }
        _ => matches!((Number::of(one), Number::of(two)), (Some(one), Some(two)) if one == two),
    }
}

/// Which of two numbers or two texts comes first; nothing for any other pair.
pub(super) fn compare(one: &Value, two: &Value) -> Option<Ordering> {
    if let (Value::String(one), Value::String(two)) = (one, two) {
        return Some(one.cmp(two));
    }
    match (Number::of(one)?, Number::of(two)?) {
        (Number::Whole(one), Number::Whole(two)) => Some(one.cmp(&two)),
        _ => approximate(one)?.partial_cmp(&approximate(two)?),
    }
}

/// A text that is the same for equal values and for no others.
pub(super) fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(&mut text, value);
    text
}

/// A number as what it amounts to.
#[derive(PartialEq)]
enum Number {
    Whole(i128),
    Fraction(f64),
}

impl Number {
    fn of(value: &Value) -> Option<Number> {
        let number = match value {
            Value::Bool(value) => return Some(Number::Whole(i128::from(*value))),
            Value::Number(number) => number,
            _ => return None,
        };
        if let Some(whole) = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from)) {
            return Some(Number::Whole(whole));
        }
        let number = number.as_f64()?;
        #[expect(clippy::cast_possible_truncation, reason = "it has no fraction, and fits")]
        let whole = (number.fract() == 0.0 && number.abs() <= LARGEST_WHOLE).then_some(number as i128);
        Some(whole.map_or(Number::Fraction(number), Number::Whole))
    }
}

fn approximate(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        value => value.as_f64(),
    }
}

fn write_canonical(into: &mut String, value: &Value) {
    // Writing to text does not fail. Lengths go before what could otherwise be taken for something else.
    let _ = match (value, Number::of(value)) {
        (_, Some(Number::Whole(number))) => write!(into, "i{number};"),
        (_, Some(Number::Fraction(number))) => write!(into, "f{};", number.to_bits()),
        (Value::String(text), _) => write!(into, "s{}:{text}", text.len()),
        (Value::Array(list), _) => {
            let begun = write!(into, "l{}:", list.len());
            for value in list {
                write_canonical(into, value);
            }
            begun
        }
        (Value::Object(object), _) => write_object(into, object),
        _ => write!(into, "n;"),
    };
}

fn write_object(into: &mut String, object: &Map<String, Value>) -> std::fmt::Result {
    let mut entries: Vec<_> = object.iter().collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    write!(into, "o{}:", entries.len())?;
    for (key, value) in entries {
        write!(into, "{}:{key}", key.len())?;
        write_canonical(into, value);
    }
    Ok(())
}
