//! Cases that hold and cases that do not, and what is said of them.

use super::*;

const MANIFEST: &str = r#"
api = 1
family = "tiny"
vendor = "Tiny"
version = "1.0.0"
description = ""
[[model]]
name = "T1"
[[target]]
id = "tiny"
[[extract]]
kind = "http"
path = '^/(?<model>\w+)$'
[[file]]
path = "a.cfg"
template = "phone"
"#;

/// A plugin folder with these cases, its one template giving two lines.
fn folder(cases: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("plugin.toml", MANIFEST),
        ("templates/phone/base.j2", "one\ntwo {{ config.x }}\n{{ warn('x', 'odd') if config.x }}"),
        ("tests/all.toml", cases),
    ] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// The message of the only failure.
async fn failure(cases: &str) -> String {
    let report = run(folder(cases).path(), Mode::Check).await;
    assert_eq!(report.failures.len(), 1, "{:?}", report.failures);
    report.failures[0].message.clone()
}

#[tokio::test]
async fn all_failures_are_reported_with_their_place() {
    let cases = "[[request]]\nhttp = { path = \"/T1\" }\nfacts = { model = \"T1\" }\n\n\
                 [[request]]\nname = \"wrong\"\nhttp = { path = \"/T1\" }\nfacts = { model = \"T2\" }\n\n\
                 [[configure]]\ndevice = {}\nerror = \"none\"\n";
    let folder = folder(cases);
    let report = run(folder.path(), Mode::Check).await;
    assert_eq!((report.passed, report.failures.len()), (1, 2));
    let file = folder.path().join("tests/all.toml");
    let shown = report.failures[0].to_string();
    let expected = "wrong\n    expected { model = \"T2\" }\n    found    { model = \"T1\" }";
    assert_eq!(shown, format!("{}:5: {expected}", file.display()));
    assert_eq!(report.failures[1].case, "configure (tiny)");
}

#[tokio::test]
async fn every_expectation_can_fail() {
    let request = "[[request]]\nfacts = {}\n";
    for (cases, expected) in [
        (request.to_owned(), "the case states not one of `http`, `tftp` and `dhcp`"),
        (format!("{request}dhcp = {{ options = {{ x = \"\" }} }}"), "`x` is no DHCP option code"),
        (
            format!("{request}dhcp = {{ options = {{ 60 = \"€\" }} }}"),
            "option 60 holds what is not ISO-8859-1",
        ),
        ("[[association]]\nfacts = {}\nsupport = { tiny = \"exact\" }".to_owned(), "expected SUPPORT_EXACT"),
        ("[[association]]\nfacts = {}\nsupport = { none = \"exact\" }".to_owned(), "there is no such target"),
        ("[[configure]]\ndevice = {}\ntarget = \"none\"".to_owned(), "there is no such target"),
        (
            "[[configure]]\ndevice = {}\ncontains = { \"a.cfg\" = [\"three\"] }".to_owned(),
            "a.cfg does not contain \"three\"",
        ),
        (
            "[[configure]]\ndevice = {}\ncontains = { \"b.cfg\" = [] }".to_owned(),
            "b.cfg was not generated, only a.cfg",
        ),
        (
            "[[configure]]\ndevice = {}\nwarnings = [\"x\"]".to_owned(),
            "expected warnings of {\"x\"}\nfound    {}",
        ),
        ("[[configure]]\ndevice = {}\ntrigger = \"a.cfg\"".to_owned(), "expected the trigger \"a.cfg\""),
        ("[[configure]]\ndevice = {}\nraw_config = \"none.json\"".to_owned(), ""),
        (
            "[[configure]]\ndevice = {}\nfiles = \"none\"".to_owned(),
            "a.cfg was generated, but is not expected",
        ),
        ("[[serve]]\ndevice = {}\ntftp = \"a.cfg\"".to_owned(), "the case states not one of `generated`"),
        (
            "[[serve]]\ndevice = {}\ntftp = \"a.cfg\"\nnot_found = true".to_owned(),
            "expected not found\nfound    generated a.cfg",
        ),
    ] {
        let message = failure(&cases).await;
        assert!(message.contains(expected), "\ncases: {cases}\nfound: {message}");
    }
}

#[tokio::test]
async fn a_folder_or_file_that_cannot_be_read_is_a_failure() {
    assert!(failure("[[requests]]").await.contains("all.toml:1: `requests`: unknown field `requests`"));
    let empty = tempfile::tempdir().unwrap();
    let report = run(empty.path(), Mode::Check).await;
    assert!(report.failures[0].message.contains("plugin.toml"), "{:?}", report.failures);
}

#[tokio::test]
async fn blessing_writes_what_is_generated_and_checking_shows_the_difference() {
    let folder = folder("[[configure]]\ndevice = {}\nfiles = \"expected\"\n");
    let expected = folder.path().join("tests/expected");
    std::fs::create_dir_all(&expected).unwrap();
    std::fs::write(expected.join("stale.cfg"), "").unwrap();
    assert_eq!(run(folder.path(), Mode::Check).await.failures.len(), 1);
    assert_eq!(run(folder.path(), Mode::Bless).await.failures, []);
    assert_eq!(std::fs::read_to_string(expected.join("a.cfg")).unwrap(), "one\ntwo \n");
    assert!(!expected.join("stale.cfg").exists());
    assert_eq!(run(folder.path(), Mode::Check).await.failures, []);
    std::fs::write(expected.join("a.cfg"), "one\nthree\n").unwrap();
    let report = run(folder.path(), Mode::Check).await;
    assert_eq!(report.failures[0].message, "a.cfg differs from line 2:\n  one\n- three\n+ two \n");
}
