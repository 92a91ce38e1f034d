//! What became of everything that was asked, step by step: counts, times, and the first things that were wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::boot::Family;
use super::fleet::Phone;
use super::verdict::Wrong;

/// Wrong answers that are shown, each of another kind.
const SHOWN: usize = 10;
/// Digits that times are true to.
const PRECISION: u8 = 3;
/// Longest time that is told from longer ones, in microseconds: an hour.
const LONGEST: u64 = 3_600_000_000;

/// Everything so far.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) steps: Vec<StepTally>,
    /// Where the steps of a kind are: by family, kind and step.
    places: Vec<Vec<Vec<usize>>>,
    pub(super) boots: u64,
    pub(super) right: u64,
    pub(super) wrong: Vec<Sample>,
    /// Kinds of wrong answers beyond those shown.
    pub(super) unshown: u64,
    /// How late the latest boot began, through no fault of the server.
    pub(super) latest: Duration,
}

/// One step of one family.
#[derive(Debug)]
pub(super) struct StepTally {
    pub(super) family: String,
    pub(super) step: String,
    pub(super) sent: u64,
    pub(super) right: u64,
    /// By reason.
    pub(super) failed: BTreeMap<String, u64>,
    /// How often a phone was told to come back later.
    pub(super) later: u64,
    pub(super) bytes: u64,
    /// Microseconds.
    pub(super) times: Option<Histogram<u64>>,
}

/// A wrong answer, and how many others were like it.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) place: usize,
    pub(super) reason: String,
    pub(super) number: u64,
    pub(super) mac: String,
    pub(super) model: String,
    pub(super) expected: String,
    pub(super) came: String,
    pub(super) times: u64,
}

/// What became of one question.
#[derive(Debug)]
pub(super) struct Observation {
    /// From when it was due until the answer was there.
    pub(super) time: Duration,
    pub(super) bytes: u64,
    pub(super) later: u64,
    pub(super) verdict: Result<(), Wrong>,
}

impl Tally {
    /// Of nothing yet. Steps that are called alike are one.
    pub(super) fn new(families: &[Family]) -> Tally {
        let mut steps: Vec<StepTally> = Vec::new();
        let mut place = |family: &Family, label: String| {
            let known = steps.iter().position(|step| step.family == family.name && step.step == label);
            known.unwrap_or_else(|| {
                steps.push(StepTally::new(&family.name, label));
                steps.len() - 1
            })
        };
        let places = families.iter().map(|family| {
            let kinds = family.kinds.iter();
            kinds.map(|kind| kind.steps.iter().map(|step| place(family, step.label())).collect()).collect()
        });
        let places = places.collect();
        Tally { steps, places, boots: 0, right: 0, wrong: Vec::new(), unshown: 0, latest: Duration::ZERO }
    }

    /// Counts what became of the step of a phone.
    pub(super) fn count(&mut self, phone: &Phone<'_>, step: usize, seen: Observation) {
        let Some(place) =
            self.places.get(phone.place.0).and_then(|kinds| kinds.get(phone.place.1)?.get(step))
        else {
            return;
        };
        let place = *place;
        let tally = &mut self.steps[place];
        tally.sent += 1;
        tally.later += seen.later;
        tally.bytes += seen.bytes;
        if let Some(times) = &mut tally.times {
            times.saturating_record(u64::try_from(seen.time.as_micros()).unwrap_or(u64::MAX));
        }
        match seen.verdict {
            Ok(()) => tally.right += 1,
            Err(wrong) => {
                *tally.failed.entry(wrong.reason()).or_default() += 1;
                self.show(place, phone, step, &wrong);
            }
        }
    }

    fn show(&mut self, place: usize, phone: &Phone<'_>, step: usize, wrong: &Wrong) {
        let reason = wrong.reason();
        let alike = self.wrong.iter_mut().find(|sample| sample.place == place && sample.reason == reason);
        if let Some(alike) = alike {
            alike.times += 1;
        } else if self.wrong.len() == SHOWN {
            self.unshown += 1;
        } else {
            self.wrong.push(Sample {
                place,
                reason,
                number: phone.number,
                mac: phone.mac.to_string(),
                model: phone.kind.model.clone(),
                expected: phone.kind.steps.get(step).map(super::verdict::expectation).unwrap_or_default(),
                came: wrong.to_string(),
                times: 1,
            });
        }
    }

    /// How often phones were told to come back later.
    pub(super) fn later(&self) -> u64 {
        self.steps.iter().map(|step| step.later).sum()
    }

    /// Times of all steps together.
    pub(super) fn times(&self) -> Option<Histogram<u64>> {
        let mut all = Histogram::new_with_bounds(1, LONGEST, PRECISION).ok()?;
        for times in self.steps.iter().filter_map(|step| step.times.as_ref()) {
            all.add(times).ok()?;
        }
        Some(all)
    }

    /// Failures by their reason.
    pub(super) fn reasons(&self) -> BTreeMap<&str, u64> {
        let mut reasons = BTreeMap::new();
        for (reason, count) in self.steps.iter().flat_map(|step| &step.failed) {
            *reasons.entry(reason.as_str()).or_default() += count;
        }
        reasons
    }

    /// Everything that was sent, and what of it went wrong.
    pub(super) fn sum(&self) -> (u64, u64) {
        let sent = self.steps.iter().map(|step| step.sent).sum();
        let right: u64 = self.steps.iter().map(|step| step.right).sum();
        (sent, sent - right)
    }
}

impl StepTally {
    fn new(family: &str, step: String) -> StepTally {
        StepTally {
            family: family.to_owned(),
            step,
            sent: 0,
            right: 0,
            failed: BTreeMap::new(),
            later: 0,
            bytes: 0,
            times: Histogram::new_with_bounds(1, LONGEST, PRECISION).ok(),
        }
    }

    /// A time that so many percent did not exceed, in milliseconds.
    pub(super) fn percentile(&self, percent: f64) -> f64 {
        percentile(self.times.as_ref(), percent)
    }
}

/// A time that so many percent did not exceed, in milliseconds.
pub(super) fn percentile(times: Option<&Histogram<u64>>, percent: f64) -> f64 {
    let micros = times.map_or(0, |times| times.value_at_percentile(percent));
    Duration::from_micros(micros).as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::boot::End;
    use crate::simulation::fleet::tests::fleet;

    fn observation(milliseconds: u64, verdict: Result<(), Wrong>) -> Observation {
        Observation { time: Duration::from_millis(milliseconds), bytes: 10, later: 1, verdict }
    }

    #[test]
    fn steps_are_counted_by_what_became_of_them() {
        let fleet = fleet("aastra", 20);
        let mut tally = Tally::new(fleet.families());
        for number in 0..20 {
            let phone = fleet.phone(number).unwrap();
            let verdict = if number < 18 { Ok(()) } else { Err(Wrong::End(End::Status(404))) };
            tally.count(&phone, 1, observation(number + 1, verdict));
        }
        let step = tally.steps.iter().find(|step| step.step == "HTTP /Aastra/aastra.cfg").unwrap();
        assert_eq!((step.sent, step.right, step.later, step.bytes), (20, 18, 20, 200));
        assert_eq!(step.failed, BTreeMap::from([("status 404".to_owned(), 2)]));
        assert!(
            (9.9..10.1).contains(&step.percentile(50.0)) && (19.9..20.1).contains(&step.percentile(100.0))
        );
        assert_eq!(tally.sum(), (20, 2));
        assert_eq!((tally.later(), tally.reasons()), (20, BTreeMap::from([("status 404", 2)])));
        assert!((19.9..20.1).contains(&percentile(tally.times().as_ref(), 100.0)));
        let [sample] = tally.wrong.as_slice() else { panic!("{:?}", tally.wrong) };
        assert_eq!((sample.number, sample.times, sample.came.as_str()), (18, 2, "status 404"));
    }

    #[test]
    fn only_the_first_kinds_of_wrong_answers_are_shown() {
        let fleet = fleet("aastra", 1);
        let mut tally = Tally::new(fleet.families());
        for status in 400..420 {
            tally.count(&fleet.phone(0).unwrap(), 1, observation(1, Err(Wrong::End(End::Status(status)))));
        }
        assert_eq!((tally.wrong.len(), tally.unshown), (SHOWN, 10));
    }
}
