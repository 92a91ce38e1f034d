//! What a service answered, for as long as that may be believed. Who asks the same meanwhile gets the same answer, and who asks
//! while the service is being asked waits with the others.
//!
//! Nothing is believed beyond its time, and what is remembered is bounded. That a service gave no answer is remembered for a
//! moment only. What nobody waits for any more is not asked further.

use std::hash::Hash;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};
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

/// A question while it is asked, by whoever waits for the answer: it holds a connection, and ends with the last of them.
type Asking<T> = Shared<BoxFuture<'static, Timed<T>>>;

#[derive(Clone)]
struct Asked<T> {
    begun: Instant,
    answered: Arc<OnceLock<Timed<T>>>,
    asking: Option<WeakShared<BoxFuture<'static, Timed<T>>>>,
}

#[derive(Clone)]
struct Timed<T> {
    result: Result<T, Refusal>,
    until: Instant,
}

/// What is to be had of a question that was asked before.
enum Known<T> {
    Answer(Result<T, Refusal>),
    Asking(Asking<T>),
}

impl<T: Clone> Asked<T> {
    /// What is still to be had, or to be believed.
    fn known(&self) -> Option<Known<T>> {
        let believed =
            |answer: &Timed<T>| (Instant::now() < answer.until).then(|| Known::Answer(answer.result.clone()));
        match self.answered.get() {
            Some(answer) => believed(answer),
            None => self.asking.as_ref()?.upgrade().map(Known::Asking),
        }
    }
}

impl<T: Clone> Known<T> {
    async fn result(self) -> Result<T, Refusal> {
        match self {
            Known::Answer(result) => result,
            Known::Asking(asking) => asking.await.result,
        }
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
        let known = |asked: Asked<T>| {
            let is_since = since.is_none_or(|since| asked.begun >= since);
            asked.known().filter(|_| is_since).map(|known| (asked, known))
        };
        if let Some((_, known)) = self.asked.get(&question).and_then(known) {
            return known.result().await;
        }
        let (new, asking) = self.begin(ask());
        let mut result = Known::Asking(asking);
        // Somebody else may have begun meanwhile.
        self.asked.entry(question).and_upsert_with(|old| {
            let Some((old, known)) = old.and_then(|old| known(old.into_value())) else { return new };
            result = known;
            old
        });
        result.result().await
    }

    fn begin<F>(&self, asking: F) -> (Asked<T>, Asking<T>)
    where
        F: Future<Output = Result<Answer<T>, Refusal>> + Send + 'static,
    {
        let (begun, deadline) = (Instant::now(), self.deadline);
        let late = format!("{} did not answer within {} s", self.whom, deadline.as_secs());
        let answered = Arc::new(OnceLock::new());
        let answer = answered.clone();
        let asking = async move {
            let outcome = timeout(deadline, asking).await.unwrap_or(Err(Refusal::Unavailable(late)));
            let until = match &outcome {
                Ok(answer) => begun + answer.for_time,
                Err(Refusal::Unavailable(_)) => Instant::now() + SILENT_FOR,
                Err(_) => begun + REFUSED_FOR,
            };
            let timed = Timed { result: outcome.map(|answer| answer.value), until };
            answer.get_or_init(|| timed).clone()
        };
        let asking = asking.boxed().shared();
        (Asked { begun, answered, asking: asking.downgrade() }, asking)
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
        assert_eq!(service.ask(Duration::ZERO, Ok(())).await, Ok(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_whose_asker_went_away_holds_nothing() {
        let (answers, held) = (Answers::new(10, MINUTE, "it", DEADLINE), Arc::new(()));
        let holding = held.clone();
        let ask = || async move {
            sleep(MINUTE).await;
            Ok(Answer { value: holding, for_time: MINUTE })
        };
        assert!(timeout(Duration::from_secs(1), answers.get("what?", ask)).await.is_err());
        assert_eq!(Arc::strong_count(&held), 1, "a connection would still be taken");
    }
}
