//! What a service answered, for as long as that may be believed. Who asks the same meanwhile gets the same answer, and who asks
//! while the service is being asked waits with the others.
//!
//! Nothing is believed beyond its time, and what is remembered is bounded. That a service gave no answer is remembered for a
//! moment only.

use std::hash::Hash;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use moka::sync::Cache;
use tokio::time::{Instant, timeout};

use super::Refusal;

/// How long a refusal is believed: whoever grants what was missing should not have to wait.
const REFUSED_FOR: Duration = Duration::from_secs(2);
/// How long a service that gave no answer is left alone with that question.
const SILENT_FOR: Duration = Duration::from_secs(1);

/// An answer, and how long it may be believed, counted from when it was asked for.
pub(super) struct Answer<T> {
    pub(super) value: T,
    pub(super) for_time: Duration,
}

/// Answers to questions `Q`.
pub(super) struct Answers<Q, T> {
    asked: Cache<Q, Asked<T>>,
    /// Whom is asked, and for how long at most.
    whom: String,
    deadline: Duration,
}

#[derive(Clone)]
struct Asked<T> {
    begun: Instant,
    answer: Shared<BoxFuture<'static, Timed<T>>>,
    deadline: Duration,
}

#[derive(Clone)]
struct Timed<T> {
    result: Result<T, Refusal>,
    until: Instant,
}

impl<T: Clone> Asked<T> {
    /// Whether it is still to be had, or to be believed.
    fn holds(&self) -> bool {
        let until = self.answer.peek().map_or(self.begun + self.deadline, |timed| timed.until);
        Instant::now() < until
    }
}

impl<Q, T> Answers<Q, T>
where
    Q: Hash + Eq + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
{
    /// Remembers so many answers, none of them longer than this.
    pub(super) fn new(most: u64, longest: Duration, whom: &str, deadline: Duration) -> Answers<Q, T> {
        let longest = longest.max(REFUSED_FOR) + deadline;
        let asked = Cache::builder().max_capacity(most).time_to_live(longest).build();
        Answers { asked, whom: whom.to_owned(), deadline }
    }

    /// The answer to a question, by asking if it is not known.
    pub(super) async fn get<F>(&self, question: Q, ask: impl FnOnce() -> F) -> Result<T, Refusal>
    where
        F: Future<Output = Result<Answer<T>, Refusal>> + Send + 'static,
    {
        self.get_since(None, question, ask).await
    }

    /// The same, if it was asked for since a moment.
    pub(super) async fn get_since<F>(
        &self,
        since: Option<Instant>,
        question: Q,
        ask: impl FnOnce() -> F,
    ) -> Result<T, Refusal>
    where
        F: Future<Output = Result<Answer<T>, Refusal>> + Send + 'static,
    {
        let is_enough = |known: &Asked<T>| known.holds() && since.is_none_or(|since| known.begun >= since);
        if let Some(known) = self.asked.get(&question).filter(is_enough) {
            return known.answer.await.result;
        }
        let asked = self.asked.entry(question).and_upsert_with(|known| match known {
            Some(known) if is_enough(known.value()) => known.into_value(),
            _ => self.begin(ask()),
        });
        asked.into_value().answer.await.result
    }

    fn begin<F>(&self, asking: F) -> Asked<T>
    where
        F: Future<Output = Result<Answer<T>, Refusal>> + Send + 'static,
    {
        let (begun, deadline) = (Instant::now(), self.deadline);
        let late = format!("{} did not answer within {} s", self.whom, deadline.as_secs());
        let answer = async move {
            let result = match timeout(deadline, asking).await {
                Ok(Ok(Answer { value, for_time })) => {
                    return Timed { result: Ok(value), until: begun + for_time };
                }
                Ok(Err(refusal)) => Err(refusal),
                Err(_) => Err(Refusal::Unavailable(late)),
            };
            let until = match &result {
                Err(Refusal::Unavailable(_)) => Instant::now() + SILENT_FOR,
                _ => begun + REFUSED_FOR,
            };
            Timed { result, until }
        };
        Asked { begun, answer: answer.boxed().shared(), deadline }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::time::{advance, sleep};

    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);
    const DEADLINE: Duration = Duration::from_secs(5);

    struct Service {
        answers: Answers<&'static str, usize>,
        asked: Arc<AtomicUsize>,
    }

    impl Service {
        fn new() -> Service {
            Service { answers: Answers::new(10, MINUTE, "it", DEADLINE), asked: Arc::default() }
        }

        async fn ask(&self, takes: Duration, outcome: Result<(), Refusal>) -> Result<usize, Refusal> {
            let asked = self.asked.clone();
            let ask = || async move {
                let value = asked.fetch_add(1, Ordering::SeqCst);
                sleep(takes).await;
                outcome.map(|()| Answer { value, for_time: MINUTE })
            };
            self.answers.get("what?", ask).await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_the_same_at_the_same_time_shares_the_answer() {
        let service = Service::new();
        let ask = || service.ask(Duration::from_secs(1), Ok(()));
        assert_eq!(tokio::join!(ask(), ask(), ask()), (Ok(0), Ok(0), Ok(0)));
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_believed_beyond_its_time() {
        let service = Service::new();
        let ask = || service.ask(Duration::from_secs(1), Ok(()));
        assert_eq!(ask().await, Ok(0));
        advance(Duration::from_secs(58)).await;
        assert_eq!(ask().await, Ok(0));
        advance(Duration::from_secs(1)).await;
        assert_eq!(ask().await, Ok(1), "counted from when it was asked for");
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_service_is_waited_for_once_and_then_left_alone_for_a_moment() {
        let service = Service::new();
        let begun = Instant::now();
        let ask = || service.ask(MINUTE, Ok(()));
        let (one, other) = tokio::join!(ask(), ask());
        assert_eq!((begun.elapsed(), &one), (DEADLINE, &other));
        assert_eq!(one, Err(Refusal::Unavailable("it did not answer within 5 s".to_owned())));
        assert_eq!(ask().await, one);
        assert_eq!(begun.elapsed(), DEADLINE);
        advance(SILENT_FOR).await;
        assert_eq!(service.ask(Duration::ZERO, Ok(())).await, Ok(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_soon_asked_about_again() {
        let service = Service::new();
        assert_eq!(service.ask(Duration::ZERO, Err(Refusal::Unknown)).await, Err(Refusal::Unknown));
        assert_eq!(service.ask(Duration::ZERO, Ok(())).await, Err(Refusal::Unknown));
        advance(REFUSED_FOR).await;
        assert_eq!(service.ask(Duration::ZERO, Ok(())).await, Ok(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_whose_asker_went_away_is_asked_anew() {
        let service = Service::new();
        let gone = timeout(Duration::from_secs(1), service.ask(Duration::from_secs(2), Ok(()))).await;
        assert!(gone.is_err());
        advance(DEADLINE).await;
        assert_eq!(service.ask(Duration::ZERO, Ok(())).await, Ok(1));
    }
}
