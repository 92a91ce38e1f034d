//! One condition of a statement, in SQL.
//!
//! Of all conditions of a statement at most one may be answered from an index, the one that was chosen: the columns of the
//! others are hidden from the planner, which has no statistics and guesses.

use sqlx::{QueryBuilder, Sqlite};

/// A condition on the columns of one table. Columns are names that stand in this program; all else is bound.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Clause {
    /// Nothing fits.
    Never,
    /// A column that is true or false, and whether it must be.
    Flag(&'static str, bool),
    /// Whether a column has a value.
    Present(&'static str, bool),
    /// A text compares so with another: `=`, `>`.
    Compares(&'static str, &'static str, String),
    /// A text is among these.
    In(&'static str, Vec<String>),
    /// A text is absent or not among these.
    NotIn(&'static str, Vec<String>),
    /// A text may have this part, letters of either case taken for the same.
    MayContain(&'static str, String),
    /// The parents of a config are these.
    Parent(String),
    /// The key of configs that has an index of its own.
    XType(Vec<String>),
    /// The tenant of a device is among these in lower case; `''` stands for none.
    Tenant(Vec<String>),
}

impl Clause {
    /// Adds the condition. `chosen`: an index may answer it.
    pub(super) fn push(&self, query: &mut QueryBuilder<Sqlite>, chosen: bool) {
        let column = |name: &str| if chosen { name.to_owned() } else { hidden(name) };
        match self {
            Clause::Never => query.push("1 = 0"),
            Clause::Flag(name, wanted) => query.push(if *wanted { "" } else { "not " }).push(name),
            Clause::Present(name, wanted) => {
                query.push(column(name)).push(if *wanted { " is not null" } else { " is null" })
            }
            Clause::Compares(name, comparison, text) => {
                query.push(column(name)).push(comparison).push_bind(text.clone())
            }
            Clause::In(name, texts) => is_in(query, &column(name), texts),
            Clause::NotIn(name, texts) => {
                query.push("not coalesce(");
                is_in(query, &column(name), texts).push(", false)")
            }
            Clause::MayContain(name, part) => {
                query.push(name).push(" like ").push_bind(pattern(part)).push(r" escape '\'")
            }
            Clause::Parent(parent) => query
                .push("exists (select 1 from config_parents where config = configs.id and parent = ")
                .push_bind(parent.clone())
                .push(")"),
            Clause::XType(texts) => {
                query.push("extra <> '{}' and ");
                is_in(query, &column("extra ->> 'X_type'"), texts)
            }
            Clause::Tenant(tenants) => is_in(query, &column("lower(coalesce(tenant_uuid, ''))"), tenants),
        };
    }
}

/// The same text, for which no index answers.
pub(super) fn hidden(column: &str) -> String {
    format!("cast({column} as text)")
}

fn is_in<'a>(
    query: &'a mut QueryBuilder<Sqlite>,
    column: &str,
    texts: &[String],
) -> &'a mut QueryBuilder<Sqlite> {
    if let [text] = texts {
        return query.push(column).push(" = ").push_bind(text.clone());
    }
    query.push(column).push(" in (");
    let mut list = query.separated(", ");
    for text in texts {
        list.push_bind(text.clone());
    }
    query.push(")")
}

fn pattern(part: &str) -> String {
    let mut pattern = String::from("%");
    for character in part.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern + "%"
}
