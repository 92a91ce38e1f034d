//! Of which kind each phone is: targets have their turn before models. Where a share of the phones is to ask over TFTP,
//! those that do and those that do not take turns of their own. Pure.

use super::boot::{Ask, Family, Kind};
use super::share::Share;

/// Family and kind of one phone, as places in lists.
pub(super) type Place = (usize, usize);

/// Who has when a turn.
#[derive(Debug)]
pub(super) enum Turns {
    /// All in turn.
    All(Row),
    /// A share of them asks over TFTP, at least once.
    Shared {
        /// How many.
        share: Share,
        /// Who asks over TFTP.
        tftp: Row,
        /// Who never does.
        others: Row,
    },
}

/// Kinds in turn, those of one target together.
#[derive(Debug, Default)]
pub(super) struct Row(Vec<Vec<Place>>);

impl Turns {
    /// Of all kinds of these families. The error says why a share cannot be had.
    pub(super) fn new(families: &[Family], tftp: Option<Share>) -> Result<Turns, String> {
        let Some(share) = tftp else { return Ok(Turns::All(Row::of(families, |_| true))) };
        let (tftp, others) = (Row::of(families, asks_tftp), Row::of(families, |kind| !asks_tftp(kind)));
        if tftp.0.is_empty() && share.percent() > 0 {
            return Err("no phone of these families asks over TFTP".to_owned());
        }
        if others.0.is_empty() && share.percent() < 100 {
            return Err("all phones of these families ask over TFTP".to_owned());
        }
        Ok(Turns::Shared { share, tftp, others })
    }

    /// Of which kind a phone is.
    pub(super) fn place(&self, number: u64) -> Option<Place> {
        match self {
            Turns::All(row) => row.place(number),
            Turns::Shared { share, tftp, .. } if share.has(number) => tftp.place(share.before(number)),
            Turns::Shared { share, others, .. } => others.place(number - share.before(number)),
        }
    }
}

impl Row {
    fn of(families: &[Family], is_wanted: fn(&Kind) -> bool) -> Row {
        let turns = families.iter().enumerate().flat_map(|(place, family)| {
            let wanted = move |kind: &usize| family.kinds.get(*kind).is_some_and(is_wanted);
            let targets = family.by_target().into_iter();
            targets.map(move |kinds| kinds.into_iter().filter(wanted).map(|kind| (place, kind)).collect())
        });
        Row(turns.filter(|kinds: &Vec<Place>| !kinds.is_empty()).collect())
    }

    fn place(&self, number: u64) -> Option<Place> {
        let turn = usize::try_from(number).ok()?;
        let kinds = self.0.get(turn.checked_rem(self.0.len())?)?;
        kinds.get(turn / self.0.len() % kinds.len()).copied()
    }
}

fn asks_tftp(kind: &Kind) -> bool {
    kind.steps.iter().any(|step| matches!(step.ask, Ask::Tftp { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::families;

    fn kinds<'a>(families: &'a [Family], share: &str, count: u64) -> Vec<&'a Kind> {
        let turns = Turns::new(families, Some(share.parse().unwrap())).unwrap();
        let places = (0..count).map(|number| turns.place(number).unwrap());
        places.map(|(family, kind)| &families[family].kinds[kind]).collect()
    }

    #[test]
    fn as_many_as_wanted_ask_over_tftp_and_all_targets_have_their_turn() {
        let families = families::find(&["all".to_owned()]).unwrap();
        for (share, expected) in [("50%", 500), ("0", 0), ("100%", 1000), ("13%", 130)] {
            let kinds = kinds(&families, share, 1000);
            assert_eq!(kinds.iter().filter(|kind| asks_tftp(kind)).count(), expected, "{share}");
        }
        let targets: std::collections::BTreeSet<&str> =
            kinds(&families, "50%", 20).iter().map(|kind| kind.target.as_str()).collect();
        let all = families.iter().flat_map(|family| &family.kinds).map(|kind| kind.target.as_str());
        assert_eq!(targets, all.collect());
    }

    #[test]
    fn a_share_that_cannot_be_had_is_refused() {
        let refused = |family: &str, share: &str| {
            let families = families::find(&[family.to_owned()]).unwrap();
            Turns::new(&families, Some(share.parse().unwrap())).err()
        };
        assert!(refused("aastra", "50%").unwrap().contains("no phone"));
        assert!(refused("cisco-sccp", "50%").unwrap().contains("all phones"));
        assert!(refused("aastra", "0%").is_none() && refused("cisco-sccp", "100%").is_none());
    }
}
