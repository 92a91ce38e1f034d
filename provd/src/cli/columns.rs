//! Which columns of a table a terminal has room for.
//!
//! A column is shown whole or not at all, so that what is in it can be copied; one may break its text into lines. What is
//! not shown is named. Nothing here draws.

/// Narrowest useful width of a column that may break its text.
const NARROWEST: u16 = 24;
/// Space after each column. After the last it counts as well: where a heading is bold, so is the space.
pub(super) const GAP: u16 = 2;

/// The columns of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    /// From left to right.
    pub(super) headings: &'static [&'static str],
    /// Those that go where there is no room, the least important first.
    pub(super) dispensable: &'static [&'static str],
    /// The one that may break its text into lines.
    pub(super) breaks: Option<&'static str>,
}

/// What there is room for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fit {
    /// Width of each column; nothing if it is not shown.
    pub(super) widths: Vec<Option<u16>>,
    /// Headings of those not shown, from left to right.
    pub(super) hidden: Vec<&'static str>,
}

impl Columns {
    /// Drops columns until the others fit. Those that are not dispensable stay, even if lines become too long.
    ///
    /// `natural` are the widths columns would like to have, `room` is the terminal's.
    pub(super) fn fit(&self, natural: &[u16], room: u16) -> Fit {
        let mut shown = self.headings.to_vec();
        let mut dispensable = self.dispensable.iter();
        while self.needed(&shown, natural, NARROWEST) > room {
            let Some(gone) = dispensable.next() else { break };
            shown.retain(|heading| heading != gone);
        }
        let left = room.saturating_sub(self.needed(&shown, natural, 0)).max(NARROWEST);
        let width = |(heading, width): (&&'static str, &u16)| {
            let width = if self.breaks == Some(*heading) { (*width).min(left) } else { *width };
            shown.contains(heading).then_some(width)
        };
        Fit {
            widths: self.headings.iter().zip(natural).map(width).collect(),
            hidden: self.headings.iter().filter(|heading| !shown.contains(heading)).copied().collect(),
        }
    }

    /// Width of these columns together, if the one that breaks gets at most so much.
    fn needed(&self, shown: &[&str], natural: &[u16], breaking: u16) -> u16 {
        let columns = self.headings.iter().zip(natural).filter(|(heading, _)| shown.contains(heading));
        let widths = columns.map(|(heading, width)| {
            let width = if self.breaks == Some(*heading) { (*width).min(breaking) } else { *width };
            width.saturating_add(GAP)
        });
        widths.fold(0, u16::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: Columns =
        Columns { headings: &["ID", "A", "B", "WHY"], dispensable: &["B", "A"], breaks: Some("WHY") };

    #[test]
    fn the_least_important_column_goes_first() {
        let natural = [32, 10, 10, 100];
        for (room, widths, hidden) in [
            (200, [Some(32), Some(10), Some(10), Some(100)], vec![]),
            (90, [Some(32), Some(10), Some(10), Some(30)], vec![]),
            (80, [Some(32), Some(10), None, Some(32)], vec!["B"]),
            (60, [Some(32), None, None, Some(24)], vec!["A", "B"]),
            (20, [Some(32), None, None, Some(24)], vec!["A", "B"]),
        ] {
            assert_eq!(COLUMNS.fit(&natural, room), Fit { widths: widths.into(), hidden }, "{room}");
        }
    }

    #[test]
    fn widths_beyond_measure_are_no_panic() {
        assert_eq!(COLUMNS.fit(&[u16::MAX; 4], 80).hidden, ["A", "B"]);
    }
}
