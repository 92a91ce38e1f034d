//! A histogram that is recorded into by atomic additions alone. That of the metrics library takes a lock for each value, and
//! every phone would wait for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const MICROSECOND: u64 = 1_000;
const MILLISECOND: u64 = 1_000 * MICROSECOND;
const SECOND: u64 = 1_000 * MILLISECOND;

/// Upper bounds of steps of a request, in nanoseconds: from what is remembered to the deadline of everything.
const STEPS: &[u64] = &[
    25 * MICROSECOND,
    50 * MICROSECOND,
    100 * MICROSECOND,
    250 * MICROSECOND,
    500 * MICROSECOND,
    MILLISECOND,
    5 * MILLISECOND / 2,
    5 * MILLISECOND,
    10 * MILLISECOND,
    25 * MILLISECOND,
    50 * MILLISECOND,
    100 * MILLISECOND,
    250 * MILLISECOND,
    500 * MILLISECOND,
    SECOND,
    5 * SECOND / 2,
    5 * SECOND,
    10 * SECOND,
];

/// Upper bounds of calls, statements and transactions, in nanoseconds.
const CALLS: &[u64] = &[
    100 * MICROSECOND,
    500 * MICROSECOND,
    MILLISECOND,
    5 * MILLISECOND / 2,
    5 * MILLISECOND,
    10 * MILLISECOND,
    25 * MILLISECOND,
    100 * MILLISECOND,
    250 * MILLISECOND,
    SECOND,
    5 * SECOND / 2,
    5 * SECOND,
    10 * SECOND,
];

/// Upper bounds of how many are done together.
const SIZES: &[u64] = &[1, 2, 4, 8, 16, 32, 64, 128];

/// How often values were within each range, and their sum.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// How many units of the values are one of what is shown.
    unit: f64,
    /// One for each bound, and one for what is above all of them.
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

impl Histogram {
    /// Of steps of a request, in seconds.
    pub fn of_steps() -> Histogram {
        Histogram::new(STEPS, 1e9)
    }

    /// Of calls, statements and transactions, in seconds.
    pub fn of_calls() -> Histogram {
        Histogram::new(CALLS, 1e9)
    }

    /// Of numbers of things.
    pub fn of_sizes() -> Histogram {
        Histogram::new(SIZES, 1.0)
    }

    fn new(bounds: &'static [u64], unit: f64) -> Histogram {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Histogram { bounds, unit, counts, sum: AtomicU64::new(0) }
    }

    /// Records how long something took.
    pub fn took(&self, time: Duration) {
        self.record(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Records a value: nanoseconds, or how many.
    pub fn record(&self, value: u64) {
        let place = self.bounds.partition_point(|bound| *bound < value);
        if let Some(count) = self.counts.get(place) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// Whether nothing was recorded.
    pub(super) fn is_empty(&self) -> bool {
        self.counts.iter().all(|count| count.load(Ordering::Relaxed) == 0)
    }

    /// The value that a share of all values in several histograms of the same kind does not exceed: the upper bound of its
    /// range, or the highest bound of all.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a count"
    )]
    pub(super) fn quantile(histograms: &[Histogram], share: f64) -> Option<Duration> {
        let bounds = histograms.first()?.bounds;
        let in_range = |place: usize| -> u64 {
            let counts = histograms.iter().filter_map(|histogram| histogram.counts.get(place));
            counts.map(|count| count.load(Ordering::Relaxed)).sum()
        };
        let all: u64 = (0..=bounds.len()).map(in_range).sum();
        let enough = (all as f64 * share).ceil() as u64;
        let mut seen = 0;
        let place = (0..bounds.len()).find(|place| {
            seen += in_range(*place);
            seen >= enough
        });
        let bound = place.and_then(|place| bounds.get(place)).or_else(|| bounds.last())?;
        (all > 0).then(|| Duration::from_nanos(*bound))
    }

    /// Sum, count, and how many values are in each range up to its bound, not counting those in ranges below.
    #[expect(
        clippy::cast_precision_loss,
        reason = "2^53 nanoseconds are a hundred days: nobody asks for more digits"
    )]
    pub(super) fn read(&self) -> (f64, u64, Vec<(f64, u64)>) {
        let bounds = self.bounds.iter().map(|bound| *bound as f64 / self.unit).chain([f64::INFINITY]);
        let counts = self.counts.iter().map(|count| count.load(Ordering::Relaxed));
        let buckets: Vec<(f64, u64)> = bounds.zip(counts).collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        (self.sum.load(Ordering::Relaxed) as f64 / self.unit, count, buckets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_counts_in_the_first_range_that_holds_it() {
        let histogram = Histogram::of_sizes();
        assert!(histogram.is_empty());
        for value in [1, 2, 3, 128, 129, 5_000] {
            histogram.record(value);
        }
        let (sum, count, buckets) = histogram.read();
        assert_eq!((sum, count), (5_263.0, 6));
        let filled: Vec<_> = buckets.into_iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!(filled, [(1.0, 1), (2.0, 1), (4.0, 1), (128.0, 1), (f64::INFINITY, 2)]);
    }

    #[test]
    fn a_quantile_is_the_bound_that_a_share_stays_below() {
        let histograms = [Histogram::of_calls(), Histogram::of_calls()];
        assert_eq!(Histogram::quantile(&histograms, 0.99), None);
        (0..99).for_each(|_| histograms[0].took(Duration::from_micros(300)));
        histograms[1].took(Duration::from_mins(1));
        assert_eq!(Histogram::quantile(&histograms, 0.99), Some(Duration::from_micros(500)));
        assert_eq!(Histogram::quantile(&histograms, 1.0), Some(Duration::from_secs(10)));
    }

    #[test]
    fn durations_are_shown_in_seconds() {
        let histogram = Histogram::of_calls();
        histogram.took(Duration::from_millis(10));
        let (sum, _, buckets) = histogram.read();
        assert!((sum - 0.01).abs() < 1e-12);
        assert!(
            buckets.iter().any(|(bound, count)| (bound - 0.01).abs() < 1e-12 && *count == 1),
            "{buckets:?}"
        );
    }
}
