//! Statements that are handed to the connection together.
//!
//! The connection works in a thread of its own: handing a statement over, and its outcome back, costs more than running
//! it. So what can be said at once is said at once.

use sqlx::error::BoxDynError;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments as _, AssertSqlSafe, Encode, Sqlite, SqliteConnection, Type};

/// Statements in the order they run, and what is bound to them.
///
/// A placeholder is a plain `?`, and stands for what is bound in its turn: a number would count from the beginning of the
/// script. Whoever adds a statement binds all of its values before the next is added.
#[derive(Default)]
pub(super) struct Script {
    sql: String,
    arguments: SqliteArguments,
    /// The first value that could not be encoded.
    defect: Option<BoxDynError>,
}

impl Script {
    /// Adds a statement. Values are bound, never part of it.
    pub(super) fn add(&mut self, statement: &str) -> &mut Script {
        self.sql.push_str(statement);
        self.sql.push(';');
        self
    }

    /// Binds the next value of the statement that was added last.
    pub(super) fn bind<'v>(&mut self, value: impl Encode<'v, Sqlite> + Type<Sqlite>) -> &mut Script {
        if let Err(why) = self.arguments.add(value) {
            self.defect.get_or_insert(why);
        }
        self
    }

    /// Runs all statements, up to one that fails, and gives the rows of all. The connection remembers how scripts of the
    /// same statements are run.
    pub(super) async fn run(self, connection: &mut SqliteConnection) -> Result<Vec<SqliteRow>, sqlx::Error> {
        let Script { sql, arguments, defect } = self;
        match defect {
            Some(why) => Err(sqlx::Error::Encode(why)),
            None if sql.is_empty() => Ok(Vec::new()),
            None => sqlx::query_with(AssertSqlSafe(sql), arguments).fetch_all(connection).await,
        }
    }
}
