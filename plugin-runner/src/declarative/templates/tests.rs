//! Filters, functions and variables of templates.

use minijinja::context;

use super::*;

fn render(template: &str, context: &Value) -> Result<String, RenderError> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("t")).unwrap();
    std::fs::write(folder.path().join("t/base.j2"), template).unwrap();
    Templates::load(&[folder.path().to_owned()]).unwrap().render_named("t/base.j2", context)
}

#[test]
fn a_missing_parameter_prints_nothing_at_any_depth() {
    let template =
        "[{{ config.a.b.c }}{{ none }}{{ config.a.b | upper }}{% if config.x.y %}yes{% endif %}]\n";
    assert_eq!(render(template, &context!(config => context!(z => 1))).unwrap(), "[]\n");
    assert_eq!(render("{% for x in config.none %}{{ x }}{% endfor %}.", &Value::UNDEFINED).unwrap(), ".");
}

#[test]
fn blocks_leave_no_lines_and_nothing_is_escaped() {
    let template = "a\n  {% if true %}\n<b>\n  {% endif %}\n{{ '<&>' }}\n";
    assert_eq!(render(template, &Value::UNDEFINED).unwrap(), "a\n<b>\n<&>\n");
}

#[test]
fn a_missing_value_is_empty_text_to_filters() {
    for (word, _) in filters::FILTERS.iter().filter(|(word, _)| word.name() != "mac") {
        let render = |value: &str| {
            let (_, call) = word.example.split_once(" | ").unwrap();
            render(&format!("{{{{ {value} | {call} }}}}"), &Value::UNDEFINED).unwrap()
        };
        assert_eq!(render("config.missing"), render("''"), "{}", word.signature);
    }
}

#[test]
fn a_mac_that_is_none_is_an_error() {
    for expression in ["'nonsense' | mac('AABBCC')", "missing | mac('AABBCC')", "'00085d237429' | mac('xyz')"]
    {
        let error = render(&format!("\n{{{{ {expression} }}}}"), &Value::UNDEFINED).unwrap_err();
        assert!(error.to_string().starts_with("template t/base.j2, line 2: "), "{error}");
    }
}

#[test]
fn fail_is_the_message_alone() {
    let error = render("{% if true %}{{ fail('no line') }}{% endif %}", &Value::UNDEFINED).unwrap_err();
    assert_eq!(error, RenderError::Failed("no line".to_owned()));
}

#[test]
fn an_error_in_an_included_template_names_that_template() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("outer.j2"), "{% include 'inner.j2' %}").unwrap();
    std::fs::write(folder.path().join("inner.j2"), "\n\n{{ 1 + 'a' }}").unwrap();
    let templates = Templates::load(&[folder.path().to_owned()]).unwrap();
    let error = templates.render_named("outer.j2", &Value::UNDEFINED).unwrap_err().to_string();
    assert!(error.starts_with("template inner.j2, line 3: "), "{error}");
    std::fs::write(folder.path().join("inner.j2"), "{{ fail('inside') }}").unwrap();
    let templates = Templates::load(&[folder.path().to_owned()]).unwrap();
    let error = templates.render_named("outer.j2", &Value::UNDEFINED).unwrap_err();
    assert_eq!(error, RenderError::Failed("inside".to_owned()));
}

#[test]
fn a_template_that_does_not_compile_names_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("phone")).unwrap();
    std::fs::write(folder.path().join("phone/base.j2"), "a\n{% if %}\n").unwrap();
    std::fs::write(folder.path().join("phone/notes.txt"), "{% not a template").unwrap();
    let error = Templates::load(&[folder.path().to_owned()]).unwrap_err().to_string();
    assert!(error.contains("phone/base.j2:2: "), "{error}");
}

#[test]
fn a_later_folder_replaces_single_templates() {
    let (family, overrides) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (folder, name, text) in
        [(&family, "a.j2", "{% include 'b.j2' %}"), (&family, "b.j2", "stock"), (&overrides, "b.j2", "own")]
    {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let missing = family.path().join("none");
    let folders = [family.path().to_owned(), missing, overrides.path().to_owned()];
    let templates = Templates::load(&folders).unwrap();
    assert_eq!(templates.render_named("a.j2", &Value::UNDEFINED).unwrap(), "own");
}
