//! Which of many documents come first by a text, remembering no more of them than are wanted.

use std::cmp::Ordering;

/// The first so many of what is added.
pub(super) struct Ranking {
    descending: bool,
    /// Absent: all.
    wanted: Option<usize>,
    arrived: usize,
    entries: Vec<Entry>,
}

struct Entry {
    text: String,
    arrival: usize,
    id: String,
}

/// How many more than are wanted are kept at least, so that not every arrival means sorting.
const SPARE: usize = 1_000;

impl Ranking {
    pub(super) fn new(descending: bool, wanted: Option<usize>) -> Ranking {
        Ranking { descending, wanted, arrived: 0, entries: Vec::new() }
    }

    /// Adds a document. Of equal ones the first to arrive stays the first.
    pub(super) fn add(&mut self, text: String, id: &str) {
        self.entries.push(Entry { text, arrival: self.arrived, id: id.to_owned() });
        self.arrived += 1;
        if let Some(wanted) = self.wanted
            && self.entries.len() > wanted.saturating_mul(2).saturating_add(SPARE)
        {
            self.sort();
            self.entries.truncate(wanted);
        }
    }

    /// The identifiers in order, without the first so many.
    pub(super) fn ids_after(mut self, skip: usize) -> Vec<String> {
        self.sort();
        let wanted = self.wanted.unwrap_or(usize::MAX);
        self.entries.into_iter().take(wanted).skip(skip).map(|entry| entry.id).collect()
    }

    fn sort(&mut self) {
        let by_text = |one: &Entry, two: &Entry| {
            let order = one.text.cmp(&two.text);
            if self.descending { order.reverse() } else { order }
        };
        let order =
            |one: &Entry, two: &Entry| -> Ordering { by_text(one, two).then(one.arrival.cmp(&two.arrival)) };
        self.entries.sort_unstable_by(order);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranked(descending: bool, wanted: Option<usize>, skip: usize) -> Vec<String> {
        let mut ranking = Ranking::new(descending, wanted);
        for number in 0..5_000 {
            ranking.add(format!("{:03}", number * 7 % 1_000), &number.to_string());
            assert!(wanted.is_none_or(|wanted| ranking.entries.len() <= 2 * wanted + SPARE));
        }
        ranking.ids_after(skip)
    }

    #[test]
    fn the_first_are_those_of_a_whole_sort() {
        for descending in [false, true] {
            let all = ranked(descending, None, 0);
            assert_eq!(all.len(), 5_000);
            assert_eq!(ranked(descending, Some(30), 10), all[10..30]);
            assert_eq!(ranked(descending, None, 4_999), all[4_999..]);
        }
        assert_eq!(ranked(false, None, 0)[..6], ["0", "1000", "2000", "3000", "4000", "143"]);
        assert_eq!(ranked(true, Some(2), 0), ["857", "1857"]);
    }
}
