//! The statement of one page: conditions, where it begins, and its order.

use sqlx::{QueryBuilder, Sqlite};

use super::clause::hidden;
use super::compile::Compiled;
use super::table::Table;
use crate::domain::listing::Sort;
use crate::provisioning::find::{Mark, Search};

/// How many records wanted make it worth to sort by a column without an index: each page of them sorts all.
const SORTED_AT_ONCE: usize = 1_000;

/// What one statement of a search has to do.
#[derive(Debug, Clone, Copy)]
pub(in crate::storage) struct Cut<'a> {
    pub(in crate::storage) from: &'a Mark,
    pub(in crate::storage) skip: usize,
    pub(in crate::storage) most: usize,
}

/// Whether to sort in the database by a column, when so many records are wanted.
pub(super) fn can_sort(table: &Table, search: &Search, key: &str, wanted: Option<usize>) -> bool {
    table.text(key).is_some_and(|column| {
        let walks = walks(table, &Compiled::of(table, search), column);
        walks || wanted.is_some_and(|wanted| wanted <= SORTED_AT_ONCE)
    })
}

/// Whether the index of the column that sorts is walked, instead of one that answers a condition.
fn walks(table: &Table, compiled: &Compiled, column: &str) -> bool {
    table.rank(column).is_some() && !compiled.is_telling(table)
}

/// The end of the order of pages, for what is selected from them: columns are named as in the table.
pub(super) fn order(table: &Table, sort: Option<&Sort>) -> String {
    match sort.and_then(|sort| Some((table.text(&sort.key)?, sort.descending))) {
        Some((column, true)) => format!("{column} desc, seq"),
        Some((column, false)) => format!("{column}, seq"),
        None => "seq".to_owned(),
    }
}

/// `select * from …` with everything that makes one page.
pub(super) fn push_page(query: &mut QueryBuilder<Sqlite>, table: &Table, search: &Search, cut: Cut<'_>) {
    let compiled = Compiled::of(table, search);
    let sorting = search.sort.as_ref().and_then(|sort| table.text(&sort.key));
    let walked = sorting.filter(|column| walks(table, &compiled, column));
    let chosen = if walked.is_some() { None } else { compiled.chosen(table) };
    query.push("select * from ").push(table.name).push(" where ");
    for (at, clause) in compiled.clauses.iter().enumerate() {
        clause.push(query, chosen == Some(at));
        query.push(" and ");
    }
    let column = sorting.map(|column| walked.map_or_else(|| hidden(column), str::to_owned));
    push_position(
        query,
        column.as_deref(),
        search.sort.as_ref().is_some_and(|sort| sort.descending),
        cut.from,
    );
    query.push(" limit ").push_bind(number(cut.most));
    if cut.skip > 0 {
        query.push(" offset ").push_bind(number(cut.skip));
    }
}

/// What comes after a mark, in order. `column` is the one that sorts.
fn push_position(query: &mut QueryBuilder<Sqlite>, column: Option<&str>, descending: bool, from: &Mark) {
    let Some(column) = column else {
        let seq = if let Mark::Without(seq) = from { *seq } else { 0 };
        query.push("seq > ").push_bind(seq).push(" order by seq");
        return;
    };
    let by_column = if descending { format!("{column} desc, seq") } else { format!("{column}, seq") };
    match from {
        Mark::Without(seq) => {
            query.push(column).push(" is null and seq > ").push_bind(*seq).push(" order by seq");
        }
        Mark::With => {
            query.push(column).push(" is not null order by ").push(by_column);
        }
        Mark::After(text, seq) => {
            query.push("(").push(column).push(", seq) > (").push_bind(text.clone()).push(", ");
            query.push_bind(*seq).push(") order by ").push(by_column);
        }
        Mark::Equal(text, seq) => {
            query.push(column).push(" = ").push_bind(text.clone());
            query.push(" and seq > ").push_bind(*seq).push(" order by seq");
        }
        Mark::Below(text) => {
            query.push(column).push(" < ").push_bind(text.clone()).push(" order by ").push(by_column);
        }
    }
}

/// Where a page goes on that began at a mark and ended with this record, if it ended because it was full.
pub(super) fn next(sort: Option<&Sort>, from: &Mark, last: Option<(Option<String>, i64)>) -> Option<Mark> {
    let descending = sort?.descending;
    Some(match (from, last) {
        (Mark::Without(_), Some((_, seq))) => Mark::Without(seq),
        (Mark::Without(_), None) if descending => return None,
        (Mark::Without(_), None) => Mark::With,
        (Mark::With | Mark::After(..), None) if !descending => return None,
        (_, Some((Some(text), seq))) if descending => Mark::Equal(text, seq),
        (_, Some((Some(text), seq))) => Mark::After(text, seq),
        (Mark::Equal(text, _), None) => Mark::Below(text.clone()),
        _ => Mark::Without(0),
    })
}

fn number(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
