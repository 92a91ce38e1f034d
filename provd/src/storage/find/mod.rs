//! Finding devices and configs by what their documents hold: the seam `provisioning::find` asks for.
//!
//! What a selector says of columns goes into the statement, and an index answers it if there is one; what it says of the
//! rest is not decided here. Texts of a selector are bound, never part of a statement.

mod clause;
mod compile;
mod statement;
mod table;

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _, Sqlite, SqliteConnection};

use super::errors::corrupt;
use super::{Database, configs, devices};
use crate::domain::config::Config;
use crate::domain::device::Device;
use crate::domain::listing::Sort;
use crate::provisioning::find::{Finder, Mark, Page, Search};
use crate::provisioning::store::StoreError;

use compile::Compiled;
pub(super) use statement::Cut;
use table::{CONFIGS, DEVICES};

#[async_trait]
impl Finder<Device> for Database {
    fn is_exact(&self, search: &Search) -> bool {
        Compiled::of(&DEVICES, search).is_exact
    }

    fn can_sort(&self, search: &Search, key: &str, wanted: Option<usize>) -> bool {
        statement::can_sort(&DEVICES, search, key, wanted)
    }

    async fn page(
        &self,
        search: &Search,
        from: &Mark,
        skip: usize,
        most: usize,
    ) -> Result<Page<Device>, StoreError> {
        let cut = Cut { from, skip, most };
        let rows = fetch(&mut *self.read().await?, of_devices(search, cut)).await?;
        let next = next(search, cut, &rows, rows.len())?;
        Ok(Page { records: read_devices(search, &rows)?, next })
    }

    async fn among(&self, search: &Search, ids: &[String]) -> Result<Vec<Device>, StoreError> {
        let query = with_ids("select * from devices where id in (", ids, ")");
        let rows = fetch(&mut *self.read().await?, query).await?;
        read_devices(search, &rows)
    }
}

#[async_trait]
impl Finder<Config> for Database {
    fn is_exact(&self, search: &Search) -> bool {
        Compiled::of(&CONFIGS, search).is_exact
    }

    fn can_sort(&self, search: &Search, key: &str, wanted: Option<usize>) -> bool {
        statement::can_sort(&CONFIGS, search, key, wanted)
    }

    async fn page(
        &self,
        search: &Search,
        from: &Mark,
        skip: usize,
        most: usize,
    ) -> Result<Page<Config>, StoreError> {
        let cut = Cut { from, skip, most };
        let rows = fetch(&mut *self.read().await?, of_configs(search, cut)).await?;
        let records = configs::assemble(&rows)?;
        Ok(Page { next: next(search, cut, &rows, records.len())?, records })
    }

    async fn among(&self, _: &Search, ids: &[String]) -> Result<Vec<Config>, StoreError> {
        let query = with_ids(
            "select configs.*, config_parents.parent from configs \
             left join config_parents on config_parents.config = configs.id where configs.id in (",
            ids,
            ") order by configs.id, config_parents.position",
        );
        configs::assemble(&fetch(&mut *self.read().await?, query).await?)
    }
}

/// The statement that gives a page of devices.
pub(super) fn of_devices(search: &Search, cut: Cut<'_>) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new("");
    statement::push_page(&mut query, &DEVICES, search, cut);
    query
}

/// The statement that gives a page of configs, a row for each of their parents.
pub(super) fn of_configs(search: &Search, cut: Cut<'_>) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new("select configs.*, config_parents.parent from (");
    statement::push_page(&mut query, &CONFIGS, search, cut);
    query.push(") as configs left join config_parents on config_parents.config = configs.id order by ");
    query.push(statement::order(&CONFIGS, search.sort.as_ref())).push(", configs.id, position");
    query
}

fn with_ids(before: &str, ids: &[String], after: &str) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(before);
    let mut list = query.separated(", ");
    for id in ids {
        list.push_bind(id.clone());
    }
    query.push(after);
    query
}

/// Statements of finding are of many shapes: none is kept prepared, for it would drive out those of the request path.
async fn fetch(
    connection: &mut SqliteConnection,
    mut query: QueryBuilder<Sqlite>,
) -> Result<Vec<SqliteRow>, StoreError> {
    Ok(query.build().persistent(false).fetch_all(connection).await?)
}

fn read_devices(search: &Search, rows: &[SqliteRow]) -> Result<Vec<Device>, StoreError> {
    let mut found = rows.iter().map(devices::read).collect::<Result<Vec<_>, _>>()?;
    // The statement says so already, unless there are very many tenants.
    found.retain(|device| search.owners.include(device.tenant_uuid.as_deref()));
    Ok(found)
}

/// Where the next page begins, if there is one.
fn next(
    search: &Search,
    cut: Cut<'_>,
    rows: &[SqliteRow],
    records: usize,
) -> Result<Option<Mark>, StoreError> {
    let sort = search.sort.as_ref();
    let last = rows.last().filter(|_| records >= cut.most).map(|row| position(row, sort)).transpose()?;
    Ok(match sort {
        Some(_) => statement::next(sort, cut.from, last),
        None => last.map(|(_, seq)| Mark::Without(seq)),
    })
}

/// What orders a row: the text in the column that sorts, and its number.
fn position(row: &SqliteRow, sort: Option<&Sort>) -> Result<(Option<String>, i64), StoreError> {
    let failed = |why| corrupt("a record's place", why);
    let text = sort.map(|sort| row.try_get(sort.key.as_str()).map_err(failed)).transpose()?;
    Ok((text.flatten(), row.try_get("seq").map_err(failed)?))
}
