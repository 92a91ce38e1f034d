//! What the engine answers over the contract, beyond what cases can say: descriptions, memory, synchronisation, the
//! administrator's overrides, errors of templates.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a folder that cannot be set up is a failed test")]

use std::path::{Path, PathBuf};

use provd_plugin_runner::declarative::Engine;
use provd_plugin_runner::{Plugin, PluginError};
use provd_proto::v1::serve_file_response::Answer;
use provd_proto::v1::synchronize_response::Method;
use provd_proto::v1::{
    ConfigureCommonRequest, ConfigureRequest, DescribeRequest, DescribeResponse, Device, DeviceInfo,
    DhcpRequest, ExtractMemory, ExtractRequest, Header, HttpRequest, Memory, RawConfig, Request,
    RequestFilter, RequestKind, ServeFileRequest, SynchronizeRequest, TftpRequest, dhcp_sub_option, request,
};

fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/families/tiny")
}

fn engine(target: &str) -> Engine {
    Engine::load(&tiny(), Some(target), None).unwrap()
}

fn device(model: &str) -> Device {
    let info = DeviceInfo {
        mac: Some("00:08:5d:23:74:29".to_owned()),
        model: Some(model.to_owned()),
        ip: Some("192.0.2.100".to_owned()),
        ..DeviceInfo::default()
    };
    Device { id: "d1".to_owned(), info: Some(info), ..Device::default() }
}

fn raw_config(document_json: &str) -> RawConfig {
    RawConfig { document_json: document_json.to_owned(), ..RawConfig::default() }
}

fn http(path: &str, query: &str, user_agent: &str) -> Request {
    let header = |name: &str, value: &str| Header { name: name.to_owned(), value: value.to_owned() };
    let http = HttpRequest {
        method: "GET".to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: vec![header("user-agent", user_agent), header("x-tiny", "t")],
    };
    Request { ip: "192.0.2.100".to_owned(), kind: Some(request::Kind::Http(http)) }
}

fn tftp(filename: &str) -> Request {
    let tftp = TftpRequest { filename: filename.to_owned() };
    Request { ip: "192.0.2.100".to_owned(), kind: Some(request::Kind::Tftp(tftp)) }
}

async fn describe(engine: &Engine) -> DescribeResponse {
    engine.describe(DescribeRequest::default()).await.unwrap()
}

#[tokio::test]
async fn a_target_describes_itself() {
    let description = describe(&engine("tiny-1.0")).await;
    assert_eq!((description.id.as_str(), description.version.as_str()), ("tiny-1.0", "1.2.3-beta.1"));
    assert_eq!(description.description, "Phones that do not exist");
    assert_eq!(description.sensitive_filenames, [r"^[0-9a-f]{12}\.cfg$"]);
    assert_eq!(description.served_folders, ["served"]);
    let models: Vec<(&str, &str)> =
        description.supported_devices.iter().map(|device| (&*device.model, &*device.version)).collect();
    assert_eq!(models, [("T1", "1.0"), ("T2", "1.0.5"), ("T3", "1.0")]);
    let capabilities = description.supported_devices[0].capabilities.clone().unwrap();
    assert_eq!(
        (capabilities.lines, capabilities.function_keys, capabilities.expansion_modules),
        (Some(2), Some(8), Some(1))
    );
    assert_eq!(
        (capabilities.switchboard, capabilities.high_availability, capabilities.multicell),
        (Some(true), Some(false), Some(false))
    );
    assert_eq!(
        (capabilities.protocol.as_deref(), capabilities.r#type.as_deref()),
        (Some("sip"), Some("deskphone"))
    );
    let other = describe(&engine("tiny-2.0")).await;
    assert_eq!(other.served_folders, ["targets/2.0/served", "served"]);
    assert_eq!(other.supported_devices.len(), 4);
    assert!(other.supported_devices.iter().all(|device| device.version == "*" && device.vendor == "Tiny"));
}

#[tokio::test]
async fn filters_are_the_cheap_conditions_of_the_rules() {
    let filters = describe(&engine("tiny-1.0")).await.filters;
    assert_eq!(filters.len(), 7);
    let first = RequestFilter {
        kind: RequestKind::Http.into(),
        path: "^/Tiny/".to_owned(),
        user_agent: r"^Tiny (?<model>\S+) (?<version>\S*) ?(?<mac>\S+)?".to_owned(),
        ..RequestFilter::default()
    };
    assert_eq!(filters[0], first);
    assert_eq!(filters[2].path, "^/setup$");
    assert_eq!(
        (filters[4].kind(), filters[4].path.as_str()),
        (RequestKind::Tftp, r"^/?tiny-(?<mac>[0-9a-f-]+)\.bin$")
    );
    assert_eq!((filters[6].kind(), filters[6].vendor_class.as_str()), (RequestKind::Dhcp, "^tiny"));
}

#[tokio::test]
async fn dhcp_hints_are_in_the_words_of_the_contract() {
    let hints = describe(&engine("tiny-1.0")).await.dhcp_hints;
    let [hint] = hints.as_slice() else { panic!("{hints:?}") };
    assert_eq!(hint.vendor_classes, ["tiny.T1"]);
    assert_eq!(hint.vendor_class_prefixes, ["tiny"]);
    assert_eq!(hint.mac_prefixes, ["00:08:5d"]);
    let codes: Vec<(u32, &str)> = hint.options.iter().map(|option| (option.code, &*option.text)).collect();
    assert_eq!(codes, [(43, ""), (66, "{http}/Tiny"), (150, "{tftp}")]);
    let sub_options: Vec<_> = hint.options[0]
        .sub_options
        .iter()
        .map(|option| (option.code, option.value.clone().unwrap()))
        .collect();
    let text = dhcp_sub_option::Value::Text("{http}/Tiny".to_owned());
    assert_eq!(sub_options, [(2, text), (3, dhcp_sub_option::Value::Boolean(false))]);
}

async fn memory(request: Request) -> ExtractMemory {
    engine("tiny-1.0").extract(ExtractRequest { request: Some(request) }).await.unwrap().memory.unwrap()
}

#[tokio::test]
async fn extractions_say_what_they_depend_on() {
    let expected =
        ExtractMemory { allowed: true, vary_headers: vec!["x-tiny".to_owned()], vary_dhcp_options: vec![] };
    assert_eq!(memory(http("/Tiny/x", "serial=1", "Tiny T1 1.0")).await, expected);
    let by_query = memory(http("/setup", "", "Tiny T1 1.0")).await;
    assert!(!by_query.allowed, "the core cannot tell requests apart by their query");
    assert_eq!(memory(tftp("x")).await, ExtractMemory { allowed: true, ..ExtractMemory::default() });
    let dhcp = request::Kind::Dhcp(DhcpRequest::default());
    let dhcp = memory(Request { ip: String::new(), kind: Some(dhcp) }).await;
    assert_eq!(dhcp, ExtractMemory { allowed: true, vary_headers: vec![], vary_dhcp_options: vec![43] });
}

#[tokio::test]
async fn a_request_that_says_nothing_has_no_facts() {
    let engine = engine("tiny-1.0");
    let answer = engine.extract(ExtractRequest { request: Some(tftp("x")) }).await.unwrap();
    assert_eq!(answer.info, None);
    let nothing = engine.extract(ExtractRequest::default()).await;
    assert!(matches!(nothing, Err(PluginError::InvalidArgument(_))), "{nothing:?}");
}

#[tokio::test]
async fn generated_files_carry_what_the_manifest_says_of_them() {
    let request = ConfigureRequest { device: Some(device("T1")), raw_config: Some(raw_config("{}")) };
    let engine = engine("tiny-1.0");
    let first = engine.configure(request.clone()).await.unwrap();
    assert_eq!((first.files[0].media_type.as_str(), first.files[0].sensitive), ("text/x-tiny", true));
    assert_eq!(engine.configure(request).await.unwrap(), first, "equal input gives equal bytes");
}

#[tokio::test]
async fn serving_says_for_whom_it_may_be_remembered() {
    let engine = engine("tiny-1.0");
    for (path, memory) in [
        ("Tiny/00085D237429.cfg", Memory::ByDevice),
        ("Tiny/model-t1.cfg", Memory::ByPath),
        ("/Tiny/firmware.bin", Memory::ByPath),
        // Its name could be that of a file generated for another device.
        ("/Tiny/static.txt", Memory::ByDevice),
    ] {
        let answer = engine
            .serve_file(ServeFileRequest { device: Some(device("T1")), request: Some(tftp(path)) })
            .await
            .unwrap();
        assert_eq!(answer.memory(), memory, "{path}");
    }
}

#[tokio::test]
async fn a_call_of_the_phone_is_rendered_for_the_device() {
    let engine = engine("tiny-1.0");
    let raw_config = Some(raw_config(r#"{"admin_password": "secret"}"#));
    let request = SynchronizeRequest { device: Some(device("T1")), raw_config };
    let Some(Method::HttpCall(call)) = engine.synchronize(request.clone()).await.unwrap().method else {
        panic!("no HTTP call");
    };
    assert_eq!((call.method.as_str(), call.url.as_str()), ("POST", "http://192.0.2.100/reboot"));
    assert_eq!((call.content_type.as_str(), call.body.as_slice()), ("text/plain", b"model=T1".as_slice()));
    assert_eq!((call.username.as_deref(), call.password.as_deref()), (Some("admin"), Some("secret")));
    let mut nowhere = request;
    nowhere.device.as_mut().and_then(|device| device.info.as_mut()).unwrap().ip = None;
    let refused = engine.synchronize(nowhere).await;
    assert!(matches!(&refused, Err(PluginError::FailedPrecondition(_))), "{refused:?}");
}

/// A folder with one target, `tiny`, and what a test adds to it.
fn folder(manifest: &str, files: &[(&str, &str)]) -> tempfile::TempDir {
    const HEAD: &str = "api = 1\nfamily = \"tiny\"\nvendor = \"Tiny\"\nversion = \"1.0.0\"\ndescription = \"\"\n\
                        [[model]]\nname = \"T1\"\n[[target]]\nid = \"tiny\"\n";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("plugin.toml"), format!("{HEAD}{manifest}")).unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

#[tokio::test]
async fn phones_are_notified_or_it_is_said_why_not() {
    let notify = "[synchronize]\nsip_notify = \"check-sync;model={{ model.name }}\"\nheaders = { Content = \"{{ device.id }}\" }";
    let request = SynchronizeRequest { device: Some(device("T1")), raw_config: Some(raw_config("{}")) };
    let notifying = folder(notify, &[]);
    let answer =
        Engine::load(notifying.path(), None, None).unwrap().synchronize(request.clone()).await.unwrap();
    let Some(Method::SipNotify(notify)) = answer.method else { panic!("no NOTIFY") };
    assert_eq!(notify.event, "check-sync;model=T1");
    assert_eq!(notify.headers["Content"], "d1");
    for (manifest, reason) in [("[synchronize]\nunsupported = \"no way\"", "no way"), ("", "cannot be told")]
    {
        let silent = folder(manifest, &[]);
        let refused =
            Engine::load(silent.path(), None, None).unwrap().synchronize(request.clone()).await.unwrap_err();
        assert!(matches!(&refused, PluginError::Unimplemented(said) if said.contains(reason)), "{refused:?}");
    }
}

const ONE_FILE: &str = "[[file]]\npath = \"{{ device.mac | mac('aabbcc') }}.cfg\"\ntemplate = \"phone\"\n";

async fn configured(engine: &Engine) -> Result<String, PluginError> {
    let request = ConfigureRequest { device: Some(device("T1")), raw_config: Some(raw_config("{}")) };
    let answer = engine.configure(request).await?;
    Ok(String::from_utf8(answer.files[0].content.clone()).unwrap())
}

#[tokio::test]
async fn an_administrator_overrides_templates_and_static_files() {
    let family = folder(
        ONE_FILE,
        &[
            ("templates/phone/base.j2", "{% include 'part/a.j2' %}"),
            ("templates/part/a.j2", "stock"),
            ("served/x", "stock"),
        ],
    );
    let overrides = folder("", &[("templates/part/a.j2", "own part"), ("served/y", "own")]);
    let engine = Engine::load(family.path(), None, Some(overrides.path())).unwrap();
    assert_eq!(configured(&engine).await.unwrap(), "own part");
    for path in ["x", "y"] {
        let request = ServeFileRequest { device: Some(device("T1")), request: Some(tftp(path)) };
        let answer = engine.serve_file(request).await.unwrap().answer;
        assert!(matches!(&answer, Some(Answer::Served(file)) if file.path == path), "{answer:?}");
    }
    for (name, text) in [("base", "own base"), ("T1", "own model"), ("00085d237429.cfg", "own device")] {
        let path = overrides.path().join(format!("templates/phone/{name}.j2"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        let engine = Engine::load(family.path(), None, Some(overrides.path())).unwrap();
        assert_eq!(configured(&engine).await.unwrap(), text);
    }
    let missing = overrides.path().join("missing");
    let engine = Engine::load(family.path(), None, Some(&missing)).unwrap();
    assert_eq!(configured(&engine).await.unwrap(), "stock");
}

#[tokio::test]
async fn a_broken_template_names_itself_and_its_line() {
    for (template, expected) in [
        ("\n{{ 'a' + 1 }}", "template phone/base.j2, line 2: "),
        ("{{ nothing() }}", "template phone/base.j2, line 1: "),
        ("\n\n{{ 1 | nothing }}", "template phone/base.j2, line 3: "),
        ("{% include 'none.j2' %}", "template phone/base.j2, line 1: "),
    ] {
        let family = folder(ONE_FILE, &[("templates/phone/base.j2", template)]);
        let refused = configured(&Engine::load(family.path(), None, None).unwrap()).await.unwrap_err();
        assert!(
            matches!(&refused, PluginError::FailedPrecondition(said) if said.starts_with(expected)),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_model_without_a_template_is_told_what_is_missing() {
    let family = folder(ONE_FILE, &[("templates/phone/T2.j2", "")]);
    let refused = configured(&Engine::load(family.path(), None, None).unwrap()).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "this plugin has no template for the model T1: phone/T1.j2 or phone/base.j2"
    );
}

#[tokio::test]
async fn a_path_depends_on_the_device_only() {
    let by_config = ONE_FILE.replace(".cfg", "{{ config.x }}.cfg");
    let family = folder(&by_config, &[("templates/phone/base.j2", "")]);
    let engine = Engine::load(family.path(), None, None).unwrap();
    let request =
        ConfigureRequest { device: Some(device("T1")), raw_config: Some(raw_config(r#"{"x": "1"}"#)) };
    assert_eq!(engine.configure(request).await.unwrap().files[0].path, "00085d237429.cfg");
    let climbing = folder(&ONE_FILE.replace("\"{{", "\"../{{"), &[("templates/phone/base.j2", "")]);
    let refused = configured(&Engine::load(climbing.path(), None, None).unwrap()).await.unwrap_err();
    assert!(refused.to_string().contains("cannot have the path `../00085d237429.cfg`"), "{refused}");
}

#[tokio::test]
async fn what_is_no_document_is_refused() {
    let engine = engine("tiny-1.0");
    let common = engine.configure_common(ConfigureCommonRequest { raw_config: Some(raw_config("[]")) }).await;
    assert!(matches!(&common, Err(PluginError::InvalidArgument(_))), "{common:?}");
    let mut request = ConfigureRequest { device: Some(device("T1")), raw_config: Some(raw_config("{}")) };
    request.device.as_mut().unwrap().document_json = "nonsense".to_owned();
    let refused = engine.configure(request).await;
    assert!(matches!(&refused, Err(PluginError::InvalidArgument(_))), "{refused:?}");
    let nobody = engine.configure(ConfigureRequest::default()).await;
    assert!(matches!(&nobody, Err(PluginError::InvalidArgument(_))), "{nobody:?}");
}
