use super::*;

const BOOT: &str = r#"
vendor = "Tiny"
account = { sip_lines = { 1 = { username = "{username}" } } }

[[boot]]
phones = [
    { target = "tiny-1", version = "1.0", models = ["T1", "T2"] },
    { target = "tiny-2", version = "2.0", models = ["T2"] },
]
mac_prefix = "00:08:5d"
headers = { user-agent = "Tiny {name} {version} {MAC-}" }
names = { T1 = "t-one" }

[[boot.step]]
via = "dhcp"
options = { 60 = "tiny {model}" }

[[boot.step]]
via = "tftp"
path = "{mac}.cfg"
pause = 0.25
options = { tsize = "0" }
own = true
expect = { contains = ["user {username}"] }

[[boot.step]]
via = "http"
path = "/{model}.st"
expect = { status = 404 }
optional = true
"#;

fn wrong(from: &str, to: &str) -> String {
    Family::read("tiny", &BOOT.replace(from, to)).unwrap_err()
}

fn values(number: u64) -> Values<'static> {
    let mac = "00:08:5d:00:00:0a".parse().unwrap();
    Values {
        mac,
        model: "T1",
        spelling: "t-one",
        version: "1.0",
        serial: "S",
        number,
        username: "u",
        secret: "s",
    }
}

#[test]
fn each_model_of_each_target_is_a_kind() {
    let family = Family::read("tiny", BOOT).unwrap();
    let kinds: Vec<_> = family
        .kinds
        .iter()
        .map(|kind| (kind.target.as_str(), kind.model.as_str(), kind.spelling.as_str()))
        .collect();
    assert_eq!(kinds, [("tiny-1", "T1", "t-one"), ("tiny-1", "T2", "T2"), ("tiny-2", "T2", "T2")]);
    assert_eq!(family.by_target(), [vec![0, 1], vec![2]]);
    let labels: Vec<String> = family.kinds[0].steps.iter().map(Step::label).collect();
    assert_eq!(labels, ["DHCP lease", "TFTP {mac}.cfg", "HTTP /{model}.st"]);
    let step = &family.kinds[0].steps[2];
    assert_eq!(step.expected, Expected { end: End::Status(404), or_file: true });
    assert_eq!(family.kinds[0].steps[1].pause, Duration::from_millis(250));
}

#[test]
fn placeholders_are_filled_in() {
    let filled = |text: &str| Text::try_from(text.to_owned()).unwrap().fill(&values(7));
    assert_eq!(
        filled("{mac}/{MAC}/{mac:}/{MAC-}.cfg"),
        "00085d00000a/00085D00000A/00:08:5d:00:00:0a/00-08-5D-00-00-0A.cfg"
    );
    assert_eq!(
        filled("{name} {model} {version} {sn} {number} {username} {secret} }"),
        "t-one T1 1.0 S 7 u s }"
    );
}

#[test]
fn a_slip_is_said() {
    assert!(wrong("{mac}.cfg", "{macs}.cfg").contains("{macs}"));
    assert!(wrong("{mac}.cfg", "{mac.cfg").contains("left open"));
    assert!(wrong("\"{username}\"", "\"{user}\"").contains("account"));
    assert!(wrong("00:08:5d", "00:08").contains("mac_prefix"));
    assert!(wrong("names = { T1", "names = { T9").contains("T9"));
    assert!(wrong("pause = 0.25", "pause = -1").contains("boot 1: step 2: pause"));
    assert!(wrong("status = 404", "error = 1").contains("status"));
    assert!(wrong("path = \"/{model}.st\"", "path = \"x\"").contains("slash"));
    assert!(wrong("options = { 60 =", "options = { 600 =").contains("600"));
    assert!(wrong("user-agent", "'user agent'").contains("headers"));
    assert!(wrong("optional = true", "own = true").contains("no file"));
    assert!(wrong("vendor", "maker").contains("maker"));
}
