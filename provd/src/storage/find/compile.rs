//! From what documents must hold to conditions on columns: all that can be said of them, and whether that is all.
//!
//! A condition may let more records through than fit, never less.

use serde_json::Value;
use uuid::Uuid;

use super::clause::Clause;
use super::table::{Place, Table};
use crate::domain::selector::{Comparison, Condition, Members, Selector, Test, equal};
use crate::provisioning::find::{Owners, Search};

/// Conditions in a statement. Further ones are for the selector.
const CLAUSES: usize = 40;
/// Values that are listed in a statement.
const LISTED: usize = 1_000;
/// Longest text that is searched for in another, in bytes; `SQLite` takes up to 50,000.
const PART: usize = 1_000;
/// Tenants that are listed in a statement, each in four spellings.
const TENANTS: usize = 2_500;

/// What a statement can say of a search.
#[derive(Debug, PartialEq)]
pub(super) struct Compiled {
    pub(super) clauses: Vec<Clause>,
    /// Whether every record for which these hold fits.
    pub(super) is_exact: bool,
}

impl Compiled {
    pub(super) fn of(table: &Table, search: &Search) -> Compiled {
        let mut compiled = Compiled { clauses: Vec::new(), is_exact: true };
        compiled.add_owners(table, &search.owners);
        compiled.add_selector(table, &search.selector);
        compiled
    }

    fn add_owners(&mut self, table: &Table, owners: &Owners) {
        let Owners::Only { tenants, unclaimed } = owners else { return };
        if table.name != super::table::DEVICES.name {
            return;
        }
        if tenants.len() > TENANTS {
            self.is_exact = false;
            return;
        }
        let nobody = unclaimed.then(Uuid::nil);
        let mut listed: Vec<String> = tenants.iter().copied().chain(nobody).flat_map(spellings).collect();
        listed.extend(unclaimed.then(String::new));
        self.clauses.push(if listed.is_empty() { Clause::Never } else { Clause::Tenant(listed) });
    }

    fn add_selector(&mut self, table: &Table, selector: &Selector) {
        for Condition { key, tests } in selector.conditions() {
            for test in tests {
                let (clause, is_exact) = clause(table, key, test);
                let fits = self.clauses.len() < CLAUSES;
                self.is_exact &= is_exact && (fits || clause.is_none());
                self.clauses.extend(clause.filter(|_| fits));
            }
        }
    }

    /// The condition that an index answers best.
    pub(super) fn chosen(&self, table: &Table) -> Option<usize> {
        let rank = |clause: &Clause| match clause {
            Clause::In(column, _) | Clause::Compares(column, " = ", _) => table.rank(column),
            Clause::Present(column, false) => table.rank(column).map(|rank| rank + AFTER_VALUES),
            Clause::XType(_) => Some(AFTER_VALUES - 1),
            Clause::Tenant(_) => Some(2 * AFTER_VALUES),
            _ => None,
        };
        let ranks = self.clauses.iter().enumerate().filter_map(|(at, clause)| Some((rank(clause)?, at)));
        ranks.min().map(|(_, at)| at)
    }

    /// Whether the chosen condition leaves few records.
    pub(super) fn is_telling(&self, table: &Table) -> bool {
        self.chosen(table).is_some_and(|at| match &self.clauses[at] {
            Clause::In(column, _) | Clause::Compares(column, ..) => table.is_telling(column),
            _ => false,
        })
    }
}

/// More than there are columns with an index: which index is better than which, if more than one could answer.
const AFTER_VALUES: usize = 100;

/// What can be said of one test, and whether that says all of it.
fn clause(table: &Table, key: &str, test: &Test) -> (Option<Clause>, bool) {
    let (first, is_whole) = key.split_once('.').map_or((key, true), |(first, _)| (first, false));
    match table.place(first) {
        Place::Text(column) if is_whole => text(column, test),
        Place::Flag(column) if is_whole => (flag(column, test), matches!(test, Test::Equals(_))),
        Place::OnlyTrue(column) if is_whole => match test {
            Test::Equals(value) if equal(value, &Value::Bool(true)) => {
                (Some(Clause::Flag(column, true)), true)
            }
            Test::Equals(_) => (Some(Clause::Never), true),
            _ => (None, false),
        },
        Place::Parents if is_whole => match test {
            Test::Contains(Value::String(parent)) => (Some(Clause::Parent(parent.clone())), true),
            _ => (None, false),
        },
        Place::Json("extra") if key == "X_type" && table.name == super::table::CONFIGS.name => {
            (x_type(test).or_else(|| json("extra", key, test)), false)
        }
        Place::Json(column) => (json(column, key, test), false),
        _ => (None, false),
    }
}

/// How earlier servers, which stored what they were sent, may have stored a UUID, but for upper case.
fn spellings(tenant: Uuid) -> [String; 4] {
    [tenant.to_string(), tenant.simple().to_string(), tenant.braced().to_string(), tenant.urn().to_string()]
}

fn flag(column: &'static str, test: &Test) -> Option<Clause> {
    let Test::Equals(value) = test else { return None };
    let wanted = [true, false].into_iter().find(|wanted| equal(value, &Value::Bool(*wanted)));
    Some(wanted.map_or(Clause::Never, |wanted| Clause::Flag(column, wanted)))
}

/// A column that shows its text, or nothing when it is null.
fn text(column: &'static str, test: &Test) -> (Option<Clause>, bool) {
    let present = |wanted| Some(Clause::Present(column, wanted));
    match test {
        Test::Equals(Value::String(text)) => (Some(Clause::Compares(column, " = ", text.clone())), true),
        Test::Differs(Value::String(text)) => (Some(Clause::NotIn(column, vec![text.clone()])), true),
        Test::Differs(_) => (None, true),
        Test::In(members) => match texts(members) {
            texts if texts.is_empty() => (Some(Clause::Never), true),
            texts if texts.len() <= LISTED => (Some(Clause::In(column, texts)), true),
            _ => (present(true), false),
        },
        Test::NotIn(members) => match texts(members) {
            texts if texts.is_empty() => (None, true),
            texts if texts.len() <= LISTED => (Some(Clause::NotIn(column, texts)), true),
            _ => (None, false),
        },
        Test::Contains(Value::String(part)) if part.is_empty() => (present(true), true),
        Test::Contains(Value::String(part)) => {
            let is_short = part.len() <= PART && !part.contains('\0');
            (is_short.then(|| Clause::MayContain(column, part.clone())).or_else(|| present(true)), false)
        }
        Test::Compares(comparison, Value::String(text)) => {
            (Some(Clause::Compares(column, operator(*comparison), text.clone())), true)
        }
        // Not an answer but an error, if there is one to be compared.
        Test::Compares(..) => (present(true), false),
        Test::Exists(wanted) => (present(*wanted), true),
        Test::Equals(_) | Test::Contains(_) => (Some(Clause::Never), true),
    }
}

fn x_type(test: &Test) -> Option<Clause> {
    let listed = match test {
        Test::Equals(Value::String(text)) => vec![text.clone()],
        // Other values of JSON may look like text, or not, when they are taken out.
        Test::In(members) if members.values().iter().all(Value::is_string) => texts(members),
        _ => return None,
    };
    // To `SQLite` a text that comes out of JSON ends at a NUL.
    let is_plain = !listed.iter().any(|text| text.contains('\0'));
    (is_plain && (1..=LISTED).contains(&listed.len())).then_some(Clause::XType(listed))
}

/// What the compact JSON of a column must have in it somewhere if a document is to fit.
fn json(column: &'static str, key: &str, test: &Test) -> Option<Clause> {
    let last = key.rsplit('.').next().unwrap_or(key);
    let part = match test {
        // The column itself, not something in it.
        _ if key == column => return None,
        Test::Equals(value @ (Value::String(_) | Value::Null)) => {
            format!("{}:{value}", Value::from(last))
        }
        Test::Contains(Value::String(part)) => {
            let quoted = Value::from(part.as_str()).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        }
        Test::Equals(_) | Test::In(_) | Test::Contains(_) | Test::Compares(..) | Test::Exists(true) => {
            format!("{}:", Value::from(last))
        }
        Test::Differs(_) | Test::NotIn(_) | Test::Exists(false) => return None,
    };
    (part.len() <= PART).then_some(Clause::MayContain(column, part))
}

fn texts(members: &Members) -> Vec<String> {
    members.values().iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Greater => " > ",
        Comparison::GreaterOrEqual => " >= ",
        Comparison::Less => " < ",
        Comparison::LessOrEqual => " <= ",
    }
}
