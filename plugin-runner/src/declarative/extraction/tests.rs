//! Rules against requests, and the filters derived from them.

use std::path::Path;
use std::sync::LazyLock;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use provd_proto::mac::Mac;
use provd_proto::v1::{DhcpRequest, Header, HttpRequest, TftpRequest};

use super::*;

/// The rules of the invented family that uses every key.
static TINY: LazyLock<(Extraction, Templates)> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/families/tiny");
    let (manifest, source) = Manifest::read(&folder).unwrap();
    let mut templates = Templates::load(&[]).unwrap();
    (Extraction::compile(&manifest, &source, &mut templates).unwrap(), templates)
});

fn header() -> impl Strategy<Value = Header> {
    let value =
        prop_oneof![".{0,20}", r"Tiny \PC{0,5} [0-9.]{0,5} [0-9a-f:-]{0,17}", "TinySoft [0-9a-f-]{0,36}"];
    ("user-agent|x-tiny|accept", value).prop_map(|(name, value)| Header { name, value })
}

fn request() -> impl Strategy<Value = request::Kind> {
    let path = prop_oneof!["/Tiny/.{0,5}", "/[0-9a-f]{12}\\.cfg", "/setup", ".{0,20}"];
    let http = (path, ".{0,10}", vec(header(), 0..4)).prop_map(|(path, query, headers)| {
        request::Kind::Http(HttpRequest { method: "GET".to_owned(), path, query, headers })
    });
    let filename = prop_oneof!["tiny-[0-9a-f-]{0,17}\\.bin", ".{0,20}"];
    let tftp = filename.prop_map(|filename| request::Kind::Tftp(TftpRequest { filename }));
    let bytes = prop_oneof![vec(any::<u8>(), 0..9), "tiny\\.\\w{0,4}\0{0,2}".prop_map(String::into_bytes)];
    let dhcp = btree_map(prop_oneof![Just(60), Just(43), any::<u32>()], bytes, 0..4)
        .prop_map(|options| request::Kind::Dhcp(DhcpRequest { mac: String::new(), options }));
    prop_oneof![http, tftp, dhcp]
}

proptest! {
    #[test]
    fn whatever_a_phone_sends_facts_have_one_spelling(request in request()) {
        let (extraction, templates) = &*TINY;
        let info = extraction.extract(&request, templates).unwrap().unwrap_or_default();
        for fact in Fact::ALL {
            if let Some(value) = fact.in_info(&info) {
                prop_assert!(!value.is_empty() && value.trim() == value);
                let normalised = fact.normalise(value);
                prop_assert_eq!(normalised.as_deref(), Some(value));
            }
        }
        if let Some(mac) = &info.mac {
            prop_assert!(mac.parse::<Mac>().is_ok());
        }
    }

    #[test]
    fn facts_depend_on_nothing_but_what_the_answer_is_remembered_by(request in request()) {
        let (extraction, templates) = &*TINY;
        let memory = extraction.memory(&request);
        if memory.allowed {
            let facts = extraction.extract(&request, templates);
            prop_assert_eq!(facts, extraction.extract(&reduced(request, &memory), templates));
        }
    }

    #[test]
    fn what_is_described_is_what_would_be_answered(request in request()) {
        let (extraction, templates) = &*TINY;
        let described = Rules::compile(&extraction.message()).unwrap();
        if let Ok(info) = described.extract(&request) {
            prop_assert_eq!(info, extraction.extract(&request, templates).unwrap().unwrap_or_default());
            prop_assert_eq!(described.memory(&request), extraction.memory(&request));
        }
    }
}

/// The request without everything that its answer is not remembered by.
fn reduced(request: request::Kind, memory: &ExtractMemory) -> request::Kind {
    match request {
        request::Kind::Http(mut http) => {
            http.query = String::new();
            http.headers
                .retain(|header| header.name == "user-agent" || memory.vary_headers.contains(&header.name));
            request::Kind::Http(http)
        }
        request::Kind::Tftp(tftp) => request::Kind::Tftp(tftp),
        request::Kind::Dhcp(mut dhcp) => {
            dhcp.options.retain(|code, _| *code == 60 || memory.vary_dhcp_options.contains(code));
            request::Kind::Dhcp(dhcp)
        }
    }
}
