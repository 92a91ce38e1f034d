//! Filters of 1, 10 and 60 plugins, each with a path over HTTP, a `User-Agent` and a file over TFTP of its own: about a request
//! that one of them wants, and one that none does.

use criterion::{BenchmarkId, Criterion};
use provd::domain::request::{HttpRequest, Request, RequestKind, TftpRequest};
use provd::plugin_host::filters::Filters;
use provd_proto::v1::{RequestFilter, RequestKind as Kind};

pub(crate) fn measure(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("filters");
    for plugins in [1, 10, 60] {
        let filters = filters(plugins);
        let last = plugins - 1;
        let wanted = http(
            &format!("/Vendor{last}/00085D237429.cfg"),
            &format!("Vendor{last}6731i MAC:00-08-5D V:3.2"),
        );
        let stray = http("/robots.txt", "Mozilla/5.0 (X11; Linux x86_64)");
        let transfer = tftp(&format!("VEN{last}SEP00085D237429.cnf.xml"));
        for (what, request) in [("http", wanted), ("http, nobody's", stray), ("tftp", transfer)] {
            group.bench_with_input(BenchmarkId::new(what, plugins), &request, |bencher, request| {
                bencher.iter(|| filters.interested(request));
            });
        }
    }
    group.finish();
}

fn filters(plugins: usize) -> Filters {
    let names: Vec<String> = (0..plugins).map(|number| format!("vendor{number}-1.0")).collect();
    let of_each: Vec<Vec<RequestFilter>> = (0..plugins).map(of_plugin).collect();
    let all = names.iter().map(String::as_str).zip(of_each.iter().map(Vec::as_slice));
    Filters::new(all).expect("filters that compile")
}

fn of_plugin(number: usize) -> Vec<RequestFilter> {
    let filter = |kind: Kind| RequestFilter { kind: kind.into(), ..RequestFilter::default() };
    vec![
        RequestFilter { path: format!(r"^/Vendor{number}/[0-9A-F]{{12}}\.cfg$"), ..filter(Kind::Http) },
        RequestFilter { user_agent: format!("^Vendor{number}[0-9]{{4}}i? "), ..filter(Kind::Http) },
        RequestFilter { path: format!(r"^/?VEN{number}SEP[0-9A-F]{{12}}\.cnf\.xml$"), ..filter(Kind::Tftp) },
    ]
}

fn http(path: &str, user_agent: &str) -> Request {
    let headers = [("user-agent", user_agent)].into();
    let http = HttpRequest { method: "GET", path: path.to_owned(), query: String::new(), headers };
    Request { ip: [192, 0, 2, 1].into(), kind: RequestKind::Http(http) }
}

fn tftp(filename: &str) -> Request {
    Request {
        ip: [192, 0, 2, 1].into(),
        kind: RequestKind::Tftp(TftpRequest { filename: filename.to_owned() }),
    }
}
