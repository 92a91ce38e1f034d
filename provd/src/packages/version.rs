//! Which of two versions of a plugin is the newer one.

use std::cmp::Ordering;

/// Compares versions part by part, numbers by their value. What follows a `-` or `~` makes one older than it is without:
/// `1.0.0-rc1` comes before `1.0.0`.
#[must_use]
pub fn compare_versions(one: &str, other: &str) -> Ordering {
    let (release, candidate) = split(one);
    let (other_release, other_candidate) = split(other);
    compare_parts(release, other_release).then_with(|| match (candidate, other_candidate) {
        (Some(one), Some(other)) => compare_parts(one, other),
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
    })
}

fn split(version: &str) -> (&str, Option<&str>) {
    version.split_once(['-', '~']).map_or((version, None), |(release, candidate)| (release, Some(candidate)))
}

fn compare_parts(one: &str, other: &str) -> Ordering {
    runs(one).cmp(runs(other))
}

/// The runs of digits and of letters in a text: numbers come after words, as `1.0.1` comes after `1.0.a`.
fn runs(text: &str) -> impl Iterator<Item = (u8, u64, &str)> {
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric()).flat_map(|part| {
        let boundary = |window: &[u8]| window[0].is_ascii_digit() != window[1].is_ascii_digit();
        let ends = part.as_bytes().windows(2).enumerate().filter(move |(_, window)| boundary(window));
        let ends: Vec<usize> = ends.map(|(at, _)| at + 1).chain([part.len()]).collect();
        let mut start = 0;
        ends.into_iter().map(move |end| &part[std::mem::replace(&mut start, end)..end])
    });
    parts.filter(|run| !run.is_empty()).map(|run| match run.parse() {
        Ok(number) => (1, number, ""),
        Err(_) => (0, 0, run),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_in_the_order_they_came_out() {
        let released = [
            "0.9",
            "1.0.0-rc1",
            "1.0.0-rc2",
            "1.0.0-rc10",
            "1.0.0",
            "1.0.1",
            "1.0.10",
            "1.1",
            "2.0b",
            "2.0.1",
            "10.0",
        ];
        for (at, one) in released.iter().enumerate() {
            for (other_at, other) in released.iter().enumerate() {
                assert_eq!(compare_versions(one, other), at.cmp(&other_at), "{one} {other}");
            }
        }
        assert_eq!(compare_versions("1.0", "1_0"), Ordering::Equal);
    }
}
