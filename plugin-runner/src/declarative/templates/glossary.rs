//! What templates can say, for the reference: what is provd's own beside what comes with the template engine. The tests hold
//! each list to the engine, name by name, and each example to what it prints.

use super::filters::FILTERS;
use crate::declarative::reference::Word;

pub(crate) use variables::VARIABLES;

mod variables;

/// Filters of provd's own.
pub(crate) fn filters() -> impl Iterator<Item = &'static Word> {
    FILTERS.iter().map(|(word, _)| word)
}

const fn word(
    signature: &'static str,
    what: &'static str,
    example: &'static str,
    result: &'static str,
) -> Word {
    Word { signature, what, example, result }
}

/// Functions.
pub(crate) const FUNCTIONS: &[Word] = &[
    word(
        "phonebook_url(entry, vendor, suffix='')",
        "URL of the directory service; nothing if `X_xivo_phonebook_ip` or `X_xivo_user_uuid` is missing.",
        "phonebook_url('lookup', 'yealink', suffix='&term=')",
        "http://192.0.2.70:9498/0.1/directories/lookup/default/yealink?xivo_user_uuid=2a7c9f4e&term=",
    ),
    word(
        "fail(message)",
        "The device cannot be configured: the message becomes its `last_error`.",
        "fail('line 1 has no proxy') if not lines[0].proxy_ip",
        "",
    ),
    word(
        "warn(parameter, message)",
        "Something an administrator should read; configuring goes on.",
        "warn('sip_srtp_mode', 'these phones do not encrypt') if config.sip_srtp_mode == 'required'",
        "",
    ),
    word(
        "range(start, stop, step)",
        "Numbers below `stop`; one argument is `stop`.",
        "range(1, 4) | join(' ')",
        "1 2 3",
    ),
    word("dict(…)", "An object.", "dict(a=1).a", "1"),
    word(
        "namespace(…)",
        "An object that `{% set ns.x = … %}` changes, also from within a loop.",
        "namespace(a=1).a",
        "1",
    ),
];

/// Filters that come with the template engine.
pub(crate) const BUILTIN: &[Word] = &[
    word("abs", "Without sign.", "-3 | abs", "3"),
    word("attr(name)", "A value of an object.", "{'a': 1} | attr('a')", "1"),
    word(
        "batch(count, fill)",
        "Lists of so many elements each.",
        "[1, 2, 3] | batch(2) | first | join(' ')",
        "1 2",
    ),
    word("bool", "True or false.", "'text' | bool", "True"),
    word("capitalize", "The first letter large, the others small.", "'tINY' | capitalize", "Tiny"),
    word("chain(other)", "One list after the other.", "[1] | chain([2]) | join(' ')", "1 2"),
    word("count", "The same as `length`.", "[1, 2] | count", "2"),
    word("d(other)", "The same as `default`.", "config.none | d('other')", "other"),
    word("default(other)", "Another value for a missing one.", "config.none | default('other')", "other"),
    word(
        "dictsort",
        "Pairs of an object, by their keys.",
        "{'b': 1, 'a': 2} | dictsort | first | join(' ')",
        "a 2",
    ),
    word("e", "The same as `escape`.", "'<' | e", "&lt;"),
    word("escape", "For HTML. For XML prefer `xml`.", "'<' | escape", "&lt;"),
    word("first", "The first element.", "[1, 2] | first", "1"),
    word("float", "A number with decimals.", "'1.5' | float", "1.5"),
    word("format(…)", "Text with its `%` filled in.", "'%02d' | format(7)", "07"),
    word(
        "groupby(attribute)",
        "Groups of elements with equal values.",
        "[{'a': 1}] | groupby('a') | length",
        "1",
    ),
    word("indent(width)", "Lines after the first moved to the right.", "'a' | indent(2)", "a"),
    word("int", "A whole number.", "'7' | int + 1", "8"),
    word("items", "Pairs of an object.", "{'a': 1} | items | first | join(' ')", "a 1"),
    word("join(between)", "One text of all elements.", "[1, 2] | join(',')", "1,2"),
    word("last", "The last element.", "[1, 2] | last", "2"),
    word("length", "How many elements.", "[1, 2] | length", "2"),
    word("lines", "Lines of a text.", "'a' | lines | length", "1"),
    word("list", "A list of all elements.", "'ab' | list | join(' ')", "a b"),
    word("lower", "Small letters.", "'AB' | lower", "ab"),
    word(
        "map(attribute=…)",
        "One value of each element, or a filter on each.",
        "[{'a': 1}] | map(attribute='a') | join",
        "1",
    ),
    word("max", "The largest element.", "[1, 2] | max", "2"),
    word("min", "The smallest element.", "[1, 2] | min", "1"),
    word("pprint", "How a value looks inside.", "1 | pprint", "1"),
    word("reject(test)", "Elements that fail a test.", "[1, 2] | reject('odd') | join", "2"),
    word(
        "rejectattr(attribute, test, value)",
        "Elements of which a value fails a test.",
        "[{'a': 1}] | rejectattr('a') | length",
        "0",
    ),
    word("replace(from, to)", "Other text in its place.", "'1_2' | replace('_', '.')", "1.2"),
    word("reverse", "The other way round.", "[1, 2] | reverse | join(' ')", "2 1"),
    word("round(digits)", "Rounded.", "1.26 | round(1)", "1.3"),
    word("safe", "Without meaning here: nothing is escaped by itself.", "'<' | safe", "<"),
    word("select(test)", "Elements that pass a test.", "[1, 2] | select('odd') | join", "1"),
    word(
        "selectattr(attribute, test, value)",
        "Elements of which a value passes a test.",
        "[{'a': 1}] | selectattr('a', 'eq', 1) | length",
        "1",
    ),
    word(
        "slice(count)",
        "So many lists of about equal length.",
        "[1, 2, 3] | slice(2) | first | join(' ')",
        "1 2",
    ),
    word("sort", "In order.", "[2, 1] | sort | join(' ')", "1 2"),
    word("split(at)", "Parts of a text.", "'1.2' | split('.') | last", "2"),
    word("string", "Text.", "1 | string ~ '0'", "10"),
    word("sum", "All elements added.", "[1, 2] | sum", "3"),
    word("title", "The first letter of each word large.", "'two words' | title", "Two Words"),
    word("tojson", "As JSON.", "{'a': 1} | tojson", "{\"a\": 1}"),
    word("trim", "Without white space at its ends.", "' a ' | trim", "a"),
    word("unique", "Each element once.", "[1, 1] | unique | length", "1"),
    word("upper", "Large letters.", "'ab' | upper", "AB"),
    word("zip(other)", "Pairs of two lists.", "[1] | zip([2]) | first | join(' ')", "1 2"),
];

/// Tests that come with the template engine.
pub(crate) const TESTS: &[Word] = &[
    word("boolean", "True or false.", "true is boolean", "True"),
    word("defined", "Not missing.", "config.none is defined", "False"),
    word("divisibleby(number)", "Without a remainder.", "4 is divisibleby(2)", "True"),
    word("endingwith(text)", "Ends so.", "'ab' is endingwith('b')", "True"),
    word("eq(other)", "Equal.", "1 is eq(1)", "True"),
    word("equalto(other)", "The same as `eq`.", "1 is equalto(1)", "True"),
    word("escaped", "The same as `safe`.", "'a' is escaped", "False"),
    word("even", "An even number.", "2 is even", "True"),
    word("false", "False itself.", "false is false", "True"),
    word("filter", "The name of a filter.", "'xml' is filter", "True"),
    word("float", "A number with decimals.", "1.5 is float", "True"),
    word("ge(other)", "Greater or equal.", "2 is ge(2)", "True"),
    word("greaterthan(other)", "The same as `gt`.", "2 is greaterthan(1)", "True"),
    word("gt(other)", "Greater.", "2 is gt(1)", "True"),
    word("in(list)", "Among these.", "1 is in([1, 2])", "True"),
    word("int", "The same as `integer`.", "1 is int", "True"),
    word("integer", "A whole number.", "1 is integer", "True"),
    word("iterable", "A loop can go over it.", "[] is iterable", "True"),
    word("le(other)", "Less or equal.", "1 is le(1)", "True"),
    word("lessthan(other)", "The same as `lt`.", "1 is lessthan(2)", "True"),
    word("lower", "Small letters only.", "'a' is lower", "True"),
    word("lt(other)", "Less.", "1 is lt(2)", "True"),
    word("mapping", "An object.", "{} is mapping", "True"),
    word("ne(other)", "Not equal.", "1 is ne(2)", "True"),
    word("none", "Null; parameters that are null are missing instead.", "none is none", "True"),
    word("number", "A number.", "1 is number", "True"),
    word("odd", "An odd number.", "1 is odd", "True"),
    word("safe", "Marked by the filter `safe`.", "'a' is safe", "False"),
    word("sameas(other)", "The very same.", "1 is sameas(1)", "True"),
    word("sequence", "A list.", "[] is sequence", "True"),
    word("startingwith(text)", "Begins so.", "'ab' is startingwith('a')", "True"),
    word("string", "Text.", "'a' is string", "True"),
    word("test", "The name of a test.", "'odd' is test", "True"),
    word("true", "True itself.", "true is true", "True"),
    word("undefined", "Missing.", "config.none is undefined", "True"),
    word("upper", "Large letters only.", "'A' is upper", "True"),
];

#[cfg(test)]
mod tests;
