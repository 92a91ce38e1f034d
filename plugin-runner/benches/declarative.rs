//! A plugin that is only data, asked as the core asks it, without a process in between: who asks, and the files of a phone with
//! one line, and with forty function keys.
//!
//! `cargo bench -p provd-plugin-runner`

#![expect(clippy::expect_used, reason = "a benchmark of what cannot be set up is none")]

use std::path::Path;

use criterion::{BatchSize, BenchmarkId, Criterion};
use provd_plugin_runner::Plugin as _;
use provd_plugin_runner::declarative::Engine;
use provd_proto::v1::{
    ConfigureRequest, Device, DeviceInfo, ExtractRequest, Header, HttpRequest, RawConfig, Request, request,
};
use tokio::runtime::{Builder, Runtime};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/aastra");
    let engine = Engine::load(&folder, Some("aastra-3.2.2.1136"), None).expect("a family that loads");
    extract(&mut criterion, &runtime, &engine);
    configure(&mut criterion, &runtime, &engine);
    criterion.final_summary();
}

fn extract(criterion: &mut Criterion, runtime: &Runtime, engine: &Engine) {
    let header = Header {
        name: "user-agent".to_owned(),
        value: "Aastra6731i MAC:00-08-5D-23-74-29 V:3.2.2.1136-SIP".to_owned(),
    };
    let http = HttpRequest {
        method: "GET".to_owned(),
        path: "/Aastra/00085D237429.cfg".to_owned(),
        query: String::new(),
        headers: vec![header],
    };
    let request = Request { ip: "192.0.2.100".to_owned(), kind: Some(request::Kind::Http(http)) };
    let request = ExtractRequest { request: Some(request) };
    criterion.bench_function("declarative/extract", |bencher| {
        let ask = |request| runtime.block_on(engine.extract(request)).expect("an answer");
        bencher.iter_batched(|| request.clone(), ask, BatchSize::SmallInput);
    });
}

fn configure(criterion: &mut Criterion, runtime: &Runtime, engine: &Engine) {
    let mut group = criterion.benchmark_group("declarative/configure");
    for keys in [0, 40] {
        let request = ConfigureRequest { device: Some(device()), raw_config: Some(raw_config(keys)) };
        group.bench_with_input(BenchmarkId::new("keys", keys), &request, |bencher, request| {
            let ask = |request| runtime.block_on(engine.configure(request)).expect("files");
            bencher.iter_batched(|| request.clone(), ask, BatchSize::SmallInput);
        });
    }
    group.finish();
}

fn device() -> Device {
    let info = DeviceInfo {
        mac: Some("00:08:5d:23:74:29".to_owned()),
        vendor: Some("Aastra".to_owned()),
        model: Some("6731i".to_owned()),
        version: Some("3.2.2.1136".to_owned()),
        ip: Some("192.0.2.100".to_owned()),
        ..DeviceInfo::default()
    };
    Device { id: "d1".to_owned(), info: Some(info), ..Device::default() }
}

fn raw_config(keys: u32) -> RawConfig {
    let keys: serde_json::Map<String, serde_json::Value> = (1..=keys)
        .map(|key| {
            (
                key.to_string(),
                serde_json::json!({"type": "blf", "value": "102", "label": format!("Desk {key}")}),
            )
        })
        .collect();
    let document = serde_json::json!({
        "ip": "192.0.2.1", "http_port": 8667, "http_base_url": "http://192.0.2.1:8667", "protocol": "SIP",
        "sip_dtmf_mode": "RTP-out-of-band", "sip_transport": "udp", "sip_srtp_mode": "disabled",
        "ntp_enabled": true, "ntp_ip": "192.0.2.1", "locale": "fr_FR", "timezone": "Europe/Paris",
        "sip_proxy_ip": "192.0.2.200", "sip_registrar_ip": "192.0.2.200", "sccp_call_managers": {},
        "sip_lines": {"1": {
            "proxy_ip": "192.0.2.200", "registrar_ip": "192.0.2.200", "username": "alice", "auth_username": "alice",
            "password": "s3cret", "display_name": "Alice", "number": "101",
        }},
        "funckeys": keys,
    });
    RawConfig { document_json: document.to_string(), ..RawConfig::default() }
}
