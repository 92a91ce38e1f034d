//! A server whose database holds so many devices, each with a config of its own.

use anyhow::{Result, ensure};
use provd_tests::{Database, Home, Server};

/// Statements that fill an empty database. They are constant: each number of devices has its own.
macro_rules! fill {
    ($count:literal) => {
        [
            concat!(
                "with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ", $count, ") ",
                "insert into devices (id, seq, mac, ip, vendor, model, version, plugin, config, configured, added, ",
                "tenant_uuid, extra, revision) ",
                "select printf('%032x', n * 7919), n, printf('00:08:5d:%02x:%02x:%02x', n % 256, n / 256 % 256, n / 65536), ",
                "printf('10.%d.%d.%d', n / 65536, n / 256 % 256, n % 256), 'Aastra', ",
                "case n % 3 when 0 then '6731i' else '6757i' end, '3.2.2.1136', ",
                "case n % 100 when 0 then 'aastra-2' else 'aastra-3' end, printf('config%d', n), n % 50 > 0, 'auto', ",
                "case n % 5 when 0 then printf('00000000-0000-4000-8000-%012d', n % 7) end, ",
                "printf('{\"description\":\"desk %d\",\"options\":{\"switchboard\":false}}', n), 1 from numbers"
            ),
            concat!(
                "with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ", $count, ") ",
                "insert into configs (id, seq, raw_config, transient, extra, revision) ",
                "select printf('config%d', n), n + 1000, ",
                "printf('{\"sip_lines\":{\"1\":{\"username\":\"user%d\",\"password\":\"%d\"}}}', n, n), false, ",
                "printf('{\"X_type\":\"%s\"}', case n % 500 when 0 then 'registrar' else 'device' end), 1 from numbers"
            ),
        ]
    };
}

/// How many devices there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fleet {
    pub(crate) devices: usize,
    statements: [&'static str; 2],
}

pub(crate) const FEW: Fleet = Fleet { devices: 1_000, statements: fill!("1000") };
pub(crate) const MANY: Fleet = Fleet { devices: 100_000, statements: fill!("100000") };

impl Fleet {
    /// Starts a server that has it.
    pub(crate) async fn start(self, home: &Home) -> Result<Server> {
        // The first start makes the tables.
        home.start().await?.stop().await?;
        let mut database = Database::of(home).await?;
        for statement in self.statements {
            let filled = database.execute(statement).await?;
            ensure!(filled == self.devices as u64, "{filled} rows instead of {}", self.devices);
        }
        database.close().await?;
        home.start().await
    }
}
