//! A phone's config with what it inherits from one parent to ten, one above the other, and its defaults.

use criterion::{BenchmarkId, Criterion};
use provd::domain::config::{Config, Configs, merge};
use provd::domain::raw_config::RawConfig;
use serde_json::{Map, Value, json};

/// Function keys of the phone.
const KEYS: u32 = 40;

pub(crate) fn measure(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("merge");
    for parents in [1, 3, 10] {
        let configs = chain(parents);
        group.bench_with_input(BenchmarkId::new("parents", parents), &configs, |bencher, configs| {
            bencher.iter(|| merge(&Map::new(), "phone", configs));
        });
    }
    let merged = merge(&Map::new(), "phone", &chain(3)).expect("a config that is there");
    group.bench_function("defaults", |bencher| {
        bencher.iter_batched(|| merged.clone(), RawConfig::new, criterion::BatchSize::SmallInput);
    });
    group.finish();
}

/// A phone, and so many above it.
fn chain(parents: usize) -> Configs {
    let name = |number: usize| format!("parent-{number}");
    let above = (0..parents).map(|number| {
        let parent = (number + 1 < parents).then(|| name(number + 1));
        config(&name(number), parent, common(number))
    });
    let keys: Map<String, Value> = (1..=KEYS)
        .map(|key| {
            (
                key.to_string(),
                json!({"type": "blf", "value": format!("1{key:02}"), "label": format!("Desk {key}")}),
            )
        })
        .collect();
    let own = json!({
        "sip_lines": {"1": {"username": "alice", "password": "s3cret", "display_name": "Alice"}}, "funckeys": keys,
    });
    let phone = config("phone", Some(name(0)), own);
    above.chain([phone]).map(|config| (config.id.clone(), config)).collect()
}

/// What a site says, each a little else.
fn common(number: usize) -> Value {
    json!({
        "ntp_enabled": true, "ntp_ip": format!("192.0.2.{number}"), "sip_proxy_ip": "192.0.2.200", "locale": "fr_FR",
        "timezone": "Europe/Paris", "admin_username": "admin", "admin_password": "s3cret", "syslog_enabled": true,
        "sip_lines": {"1": {"proxy_ip": "192.0.2.200", "dtmf_mode": "RTP-out-of-band"}},
    })
}

fn config(id: &str, parent: Option<String>, raw_config: Value) -> Config {
    let Value::Object(raw_config) = raw_config else { return Config::default() };
    Config { id: id.to_owned(), parent_ids: parent.into_iter().collect(), raw_config, ..Config::default() }
}
