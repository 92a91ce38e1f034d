//! What is wrong with a plugin folder is said with file, line, key and what was expected.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a folder that cannot be set up is a failed test")]

use std::path::Path;

use provd_plugin_runner::declarative::Engine;

/// Nine lines; what a test adds begins on line 10.
const HEAD: &str = r#"api = 1
family = "tiny"
vendor = "Tiny"
version = "1.0.0"
description = "Phones that do not exist"
[[model]]
name = "T1"
[[target]]
id = "tiny"
"#;

fn write(folder: &Path, manifest: &str) {
    std::fs::create_dir_all(folder.join("templates/phone")).unwrap();
    std::fs::write(folder.join("templates/phone/base.j2"), "model={{ model.name }}\n").unwrap();
    std::fs::write(folder.join("plugin.toml"), manifest).unwrap();
}

/// The message of the error, from the line number on.
fn error_of(manifest: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), manifest);
    let error = Engine::load(folder.path(), None, None).map(|engine| engine.id().to_owned()).unwrap_err();
    let message = error.to_string();
    let file = folder.path().join("plugin.toml").display().to_string();
    message.strip_prefix(&file).unwrap_or(&message).trim_start_matches(':').to_owned()
}

/// The additions begin on line 10, and must be refused with exactly this, or with something that begins so.
#[track_caller]
fn refused(addition: &str, expected: &str) {
    let message = error_of(&format!("{HEAD}{addition}"));
    assert!(
        message.starts_with(expected),
        "\naddition: {addition}\nexpected: {expected}\nfound:    {message}"
    );
}

/// One text of the head is replaced.
#[track_caller]
fn refused_head(from: &str, to: &str, expected: &str) {
    assert!(HEAD.contains(from));
    let message = error_of(&HEAD.replacen(from, to, 1));
    assert!(message.starts_with(expected), "\nexpected: {expected}\nfound:    {message}");
}

#[test]
fn what_is_right_loads() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), HEAD);
    assert_eq!(Engine::load(folder.path(), None, None).unwrap().id(), "tiny");
    assert_eq!(Engine::load(folder.path(), Some("tiny"), None).unwrap().id(), "tiny");
}

#[test]
fn the_head() {
    refused_head("api = 1", "api = 2", "1: `api`: expected 1, the plugin API this provd speaks");
    refused_head("family = \"tiny\"", "family = \" \"", "2: `family`: expected a name");
    refused_head(
        "vendor = \"Tiny\"",
        "vendor = 3",
        "3: `vendor`: invalid type: integer `3`, expected a string",
    );
    refused_head("\"1.0.0\"", "\"1.0\"", "4: `version`: expected a semantic version such as \"1.0.0\"");
    refused_head(
        "api = 1",
        "api = 1\ncolour = 1",
        "2: `colour`: unknown field `colour`, expected one of `api`",
    );
    refused_head(
        "api = 1",
        "api = 1\nrequires = [\"hat\"]",
        "2: `requires`: unknown variant `hat`, expected one of `mac`",
    );
    refused_head(
        "api = 1",
        "api = 1\nsensitive = ['(']",
        "2: `sensitive`: expected a regular expression: unclosed group",
    );
    refused_head(
        "api = 1",
        "api = 1\nstart_deadline = \"61s\"",
        "2: `start_deadline`: expected \"1s\" to \"60s\"",
    );
    refused_head("family = \"tiny\"\n", "", "1: `");
    refused_head("name = \"T1\"", "name = \"T1", "7: `");
}

#[test]
fn targets_and_models() {
    refused_head("id = \"tiny\"", "id = \"../tiny\"", "9: `id`: expected letters, digits");
    refused("versions = \"3\"", "10: `versions`: expected comparisons such as `>=3, <4`, not `3`");
    refused("models = [\"T7\"]", "10: `models`: there is no [[model]] of the name `T7`");
    refused("firmware_of = { T7 = \"1\" }", "10: `firmware_of`: `T7` is no model of this target");
    refused("overlay = \"../other\"", "10: `overlay`: expected a folder inside the plugin's");
    refused("overlay = \"missing\"", "10: `overlay`: expected a folder inside the plugin's");
    refused("colour = 1", "10: `colour`: unknown field `colour`");
    refused("[[target]]\nid = \"tiny\"", "11: `id`: two targets have this id");
    refused("[[model]]\nname = \"T1\"", "11: `name`: two models have this name");
    refused("[[model]]\nlines = 1", "10: `model`: expected either `name` or `names`");
    refused("[[model]]\nname = \"a\"\nnames = [\"b\"]", "10: `model`: expected either `name` or `names`");
    refused("[[model]]\nname = \"a\"\ntype = \"toaster\"", "12: `type`: unknown variant `toaster`");
    refused("[[model]]\nname = \"a\"\nprotocol = \"h323\"", "12: `protocol`: unknown variant `h323`");
}

#[test]
fn which_target() {
    let two = format!("{HEAD}[[target]]\nid = \"other\"");
    assert!(error_of(&two).contains("say which target; the targets are: tiny, other"));
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &two);
    let error = Engine::load(folder.path(), Some("third"), None).map(drop).unwrap_err().to_string();
    assert!(error.ends_with("there is no target `third`; the targets are: tiny, other"), "{error}");
    let error = Engine::load(&folder.path().join("nowhere"), None, None).map(drop).unwrap_err().to_string();
    assert!(error.contains("nowhere/plugin.toml: "), "{error}");
}

#[test]
fn extraction_and_association() {
    refused("[[extract]]\nkind = \"http\"", "10: `extract`: expected at least one condition");
    refused("[[extract]]\nkind = \"smtp\"", "11: `kind`: unknown variant `smtp`");
    refused("[[extract]]\nkind = \"http\"\npath = '['", "12: `path`: expected a regular expression: ");
    refused(
        "[[extract]]\nkind = \"http\"\npath = '(?=x)'",
        "12: `path`: expected a regular expression: look-around",
    );
    refused(
        "[[extract]]\nkind = \"tftp\"\npath = 'x'",
        "12: `path`: only rules with kind = \"http\" can test this",
    );
    refused(
        "[[extract]]\nkind = \"http\"\nfilename = 'x'",
        "12: `filename`: only rules with kind = \"tftp\"",
    );
    refused(
        "[[extract]]\nkind = \"http\"\nvendor_class = 'x'",
        "12: `vendor_class`: only rules with kind = \"dhcp\"",
    );
    refused(
        "[[extract]]\nkind = \"dhcp\"\nheaders = { a = 'x' }",
        "12: `headers`: only rules with kind = \"http\"",
    );
    refused(
        "[[extract]]\nkind = \"http\"\noptions = { 43 = 'x' }",
        "12: `options`: only rules with kind = \"dhcp\"",
    );
    refused(
        "[[extract]]\nkind = \"dhcp\"\noptions = { 300 = 'x' }",
        "12: `options`: expected option codes from 1 to 254",
    );
    let rule = "[[extract]]\nkind = \"http\"\npath = 'x'\nfacts = ";
    refused(&format!("{rule}{{ model = \"{{{{ x\" }}"), "13: `model`: expected a template: syntax error");
    refused(&format!("{rule}{{ ip = \"x\" }}"), "13: `ip`: unknown variant `ip`");
    refused("[aliases.vendor]\na = \"b\"", "10: `vendor`: unknown field `vendor`");
    refused("[association]\nother_model = \"good\"", "11: `other_model`: unknown variant `good`");
    refused(
        "[association]\nrules = [{ support = \"none\" }]",
        "11: `rules`: expected a regular expression on `model`",
    );
    refused(
        "[association]\nrules = [{ model = '(', support = \"none\" }]",
        "11: `model`: expected a regular",
    );
}

#[test]
fn files() {
    let file = "[[file]]\npath = \"a.cfg\"\ntemplate = \"phone\"\n";
    let common = format!("{file}scope = \"common\"\n");
    refused(
        "[[file]]\npath = \"a\"\ntemplate = \"none\"",
        "12: `template`: expected a folder with templates: templates/none",
    );
    refused(
        "[[file]]\npath = \"{% if %}\"\ntemplate = \"phone\"",
        "11: `path`: expected a template: syntax error",
    );
    refused(&format!("{file}when = \"a and\""), "13: `when`: expected an expression: syntax error");
    refused(&format!("{file}when = \"a %}}{{% else\""), "13: `when`: expected an expression: syntax error");
    refused(&format!("{file}encoding = \"utf-7\""), "13: `encoding`: unknown variant `utf-7`");
    refused(&format!("{file}scope = \"all\""), "13: `scope`: unknown variant `all`");
    refused(
        &format!("{file}each_model = true"),
        "13: `each_model`: only files with scope = \"common\" can have this",
    );
    refused(
        &format!("{file}trigger = true\n{file}trigger = true"),
        "17: `trigger`: only one file can be the trigger",
    );
    refused(
        &format!("{common}trigger = true"),
        "14: `trigger`: fetching a common file proves nothing of a device",
    );
    refused(
        &format!("{common}{common}"),
        "15: `path`: expected a path: two common files have the path `a.cfg`",
    );
    let climbing = common.replace("a.cfg", "../a.cfg");
    refused(
        &climbing,
        "11: `path`: expected a path: `../a.cfg` cannot be one, it has an empty segment, `.` or `..`",
    );
    let of_a_device = common.replace("a.cfg", "{{ device.mac | mac('AABBCC') }}.cfg");
    refused(&of_a_device, "11: `path`: expected a path: template plugin.toml:11 `path`");
}

#[test]
fn serving_synchronisation_and_dhcp() {
    refused(
        "[[rewrite]]\npath = '('\nto = \"\"",
        "11: `path`: expected a regular expression: unclosed group",
    );
    refused("[[rewrite]]\npath = '^/a'\nto = \"\"", "11: `path`: leading slashes are removed before");
    refused("[[rewrite]]\npath = 'a'\nto = \"${b}\"", "12: `to`: `path` has no group `b`");
    refused(
        "[[rewrite]]\nkind = \"dhcp\"\npath = 'a'\nto = \"b\"",
        "11: `kind`: expected \"http\" or \"tftp\"",
    );
    refused("[synchronize]", "10: `synchronize`: expected one of `sip_notify`, `http` and `unsupported`");
    refused("[synchronize]\nsip_notify = \"a\"\nunsupported = \"b\"", "10: `synchronize`: expected one of");
    refused(
        "[synchronize]\nunsupported = \"b\"\nheaders = { a = \"b\" }",
        "10: `headers`: only `sip_notify` has headers",
    );
    refused("[synchronize]\nsip_notify = \"{{\"", "11: `sip_notify`: expected a template: syntax error");
    refused("[synchronize]\nhttp = { url = \"{{\" }", "11: `url`: expected a template: syntax error");
    refused(
        "[synchronize]\nhttp = { url = \"a\", method = \"post\" }",
        "11: `method`: expected a method such as \"POST\"",
    );
    refused(
        "[[dhcp]]\noptions = { 66 = \"a\" }",
        "10: `dhcp`: expected `vendor_classes`, `vendor_class_prefixes` or",
    );
    let dhcp = "[[dhcp]]\nvendor_classes = [\"a\"]\noptions = ";
    refused(&format!("{dhcp}{{ 0 = \"a\" }}"), "12: `options`: expected option codes from 1 to 254");
    refused(
        &format!("{dhcp}{{ 43 = {{ x = true }} }}"),
        "12: `options`: expected option codes from 1 to 254",
    );
    refused(&format!("{dhcp}{{ 66 = \"{{https}}\" }}"), "12: `options`: `{https}` means nothing");
    refused(&format!("{dhcp}{{ 66 = 1 }}"), "12: `66`: expected text, or a table of sub-options");
    refused(
        "[[dhcp]]\nmac_prefixes = [\"0008\"]\noptions = {}",
        "11: `mac_prefixes`: expected the beginning of a MAC address",
    );
}

#[test]
fn templates() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), HEAD);
    let template = folder.path().join("templates/phone/T1.j2");
    std::fs::write(&template, "one\ntwo {{ 1 + }}\n").unwrap();
    let error = Engine::load(folder.path(), None, None).map(drop).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{}:2: syntax error", template.display())), "{error}");
    std::fs::write(&template, b"\xff\xfe").unwrap();
    let error = Engine::load(folder.path(), None, None).map(drop).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{}: ", template.display())), "{error}");
}
