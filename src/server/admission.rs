//! Who may use the processors, and when: comparisons run on their own threads, a bounded number at a time.
//!
//! In: a closure that computes. Out: its value, or the reason why it did not run. There are more permits than threads:
//! a thread that is done finds the next closure at hand, and no processor idles while an answer is written. A permit is
//! held until the closure returns, not until the caller stops waiting for it: a closure whose caller has left still uses a processor. What
//! is admitted beyond the permits waits in a bounded queue, first come first served; what is beyond the queue is
//! refused at once, because a caller who is told to come back later is served sooner than one who waits in line
//! until its deadline has passed.

use super::call::Context;
use super::pool::Pool;
use super::status::Error;
use crate::pipeline::{Cancel, Cancelled};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// Bounds of the delay that a refused caller is told. The lower one keeps a crowd from coming back in the same
/// instant, the upper one keeps a few long comparisons from sending callers away for good.
const RETRY_AFTER: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

/// The weight of the newest duration in the running average is 1 / 8: recent enough to follow a change of load,
/// slow enough not to jump with one long text.
const AVERAGE_WEIGHT: u64 = 8;

/// Lets a bounded number of computations run and a bounded number wait.
#[derive(Debug)]
pub(super) struct Admission {
    n_permits: usize,
    n_threads: usize,
    queue: usize,
    pool: Pool,
    /// One a computation that runs or is at hand for the next free thread.
    permits: Arc<Semaphore>,
    /// One a computation with a permit or waiting for one.
    places: Arc<Semaphore>,
    /// Running average of the time that a computation takes, in microseconds.
    average_us: AtomicU64,
    stopping: watch::Sender<bool>,
}

impl Admission {
    /// `permits` are handed to `threads` threads, at least one each; `queue` wait. `nice`: how far the threads stand
    /// behind others, 0 to 19.
    ///
    /// # Errors
    /// When the pool of threads cannot be set up.
    pub(super) fn new(permits: usize, threads: usize, queue: usize, nice: u8) -> std::io::Result<Self> {
        let n_permits = permits.clamp(1, Semaphore::MAX_PERMITS / 2);
        let n_threads = threads.clamp(1, n_permits);
        let queue = queue.min(Semaphore::MAX_PERMITS / 2);
        Ok(Self {
            n_permits,
            n_threads,
            queue,
            pool: Pool::new(n_threads, nice)?,
            permits: Arc::new(Semaphore::new(n_permits)),
            places: Arc::new(Semaphore::new(n_permits + queue)),
            average_us: AtomicU64::new(0),
            stopping: watch::Sender::new(false),
        })
    }

    /// The value of `compute`, run as soon as there is a permit.
    ///
    /// # Errors
    /// When the queue is full, when the server is stopping, or when `compute` panics.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        context: &Context,
        compute: impl FnOnce(&Cancel) -> Result<T, Cancelled> + Send + 'static,
    ) -> Result<T, Error> {
        if *self.stopping.borrow() {
            return Err(Error::ShuttingDown);
        }
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| self.overloaded())?;
        self.wait_and_run(context, Some(place), compute).await
    }

    /// As [`run`](Self::run), but waits outside the queue instead of being refused when it is full: for the items of
    /// a stream, whose sender is held back by flow control.
    pub(super) async fn run_when_free<T: Send + 'static>(
        &self,
        context: &Context,
        compute: impl FnOnce(&Cancel) -> Result<T, Cancelled> + Send + 'static,
    ) -> Result<T, Error> {
        self.wait_and_run(context, None, compute).await
    }

    async fn wait_and_run<T: Send + 'static>(
        &self,
        context: &Context,
        place: Option<OwnedSemaphorePermit>,
        compute: impl FnOnce(&Cancel) -> Result<T, Cancelled> + Send + 'static,
    ) -> Result<T, Error> {
        let asked = Instant::now();
        // The semaphore is never closed; if it were, no permit would come.
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| Error::ShuttingDown)?;
        let (cancel, done) = context.computing();
        let waiting = context.clone();
        let computation = self.pool.spawn(move || {
            let started = Instant::now();
            waiting.waited(started - asked);
            let _held_until_done = (permit, place, done);
            // It may have waited for its thread, too.
            cancel.check()?;
            Ok::<_, Cancelled>((compute(&cancel)?, started.elapsed()))
        });
        match computation.await {
            Ok(Ok((value, duration))) => {
                self.took(duration);
                Ok(value)
            }
            Ok(Err(cancelled)) => Err(cancelled.into()),
            Err(error) if error.is_panic() => {
                // The payload may quote a text and is not logged.
                let request_id = context.request_id;
                tracing::error!(%request_id, "a computation panicked");
                Err(Error::Internal { request_id })
            }
            Err(_) => Err(Error::ShuttingDown),
        }
    }

    fn took(&self, duration: Duration) {
        let newest = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        // Lost updates of a race do not matter to an estimate.
        let average = self.average_us.load(Ordering::Relaxed);
        let next = if average == 0 { newest } else { average - average / AVERAGE_WEIGHT + newest / AVERAGE_WEIGHT };
        self.average_us.store(next, Ordering::Relaxed);
    }

    /// The time in which a full house, running and waiting, is served.
    fn retry_after(&self) -> Duration {
        let n_rounds = (self.n_permits + self.queue).div_ceil(self.n_threads);
        let n_rounds = u32::try_from(n_rounds).unwrap_or(u32::MAX);
        Duration::from_micros(self.average_us.load(Ordering::Relaxed))
            .saturating_mul(n_rounds)
            .clamp(RETRY_AFTER.0, RETRY_AFTER.1)
    }

    /// What is said to a caller for whom there is no place.
    pub(super) fn overloaded(&self) -> Error {
        Error::Overloaded { retry_after: self.retry_after() }
    }

    /// True when a request that came now would be refused: its message need not be read.
    pub(super) fn is_full(&self) -> bool {
        self.places.available_permits() == 0
    }

    /// How many computations have a permit, and how many requests wait for one.
    pub(super) fn load(&self) -> (usize, usize) {
        let n_running = self.n_permits - self.permits.available_permits();
        let n_placed = self.n_permits + self.queue - self.places.available_permits();
        (n_running, n_placed.saturating_sub(n_running))
    }

    /// Refuses what comes from now on; what was admitted goes on.
    pub(super) fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Resolves when the server stops taking requests.
    pub(super) async fn stopped(&self) {
        // The sender is in `self`, so that waiting cannot fail.
        let _ = self.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::request_id::RequestId;
    use std::sync::mpsc;

    fn context() -> Context {
        Context::detached(RequestId::random())
    }

    fn admission_of(permits: usize, queue: usize) -> Admission {
        Admission::new(permits, 1, queue, 0).expect("a thread can be had")
    }

    /// An admission with its only permit taken until the sender is dropped.
    async fn full_house(queue: usize) -> (Arc<Admission>, mpsc::Sender<()>) {
        let admission = Arc::new(admission_of(1, queue));
        let (release, released) = mpsc::channel::<()>();
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let running = Arc::clone(&admission);
        tokio::spawn(async move {
            let wait = move |_: &Cancel| {
                let _ = begun.send(());
                let _ = released.recv();
                Ok(())
            };
            running.run(&context(), wait).await
        });
        has_begun.await.expect("the computation begins");
        (admission, release)
    }

    #[tokio::test]
    async fn a_full_queue_refuses_with_a_delay_and_takes_again_when_it_is_free() {
        let (admission, release) = full_house(0).await;
        assert_eq!((admission.is_full(), admission.load()), (true, (1, 0)));
        let refused = admission.run(&context(), |_| Ok(1)).await;
        let Err(Error::Overloaded { retry_after }) = refused else { panic!("{refused:?}") };
        assert!((RETRY_AFTER.0..=RETRY_AFTER.1).contains(&retry_after), "{retry_after:?}");
        drop(release);
        assert_eq!(admission.run_when_free(&context(), |_| Ok(2)).await, Ok(2));
        assert_eq!(admission.run(&context(), |_| Ok(3)).await, Ok(3));
        assert_eq!((admission.is_full(), admission.load()), (false, (0, 0)));
    }

    #[tokio::test]
    async fn a_place_in_the_queue_is_given_back_by_a_caller_who_leaves() {
        let (admission, release) = full_house(1).await;
        for _ in 0..3 {
            let context = context();
            let waiting = admission.run(&context, |_| Ok(1));
            let left = tokio::time::timeout(Duration::from_millis(5), waiting).await;
            assert!(left.is_err(), "there is no permit");
        }
        drop(release);
        assert_eq!(admission.run(&context(), |_| Ok(2)).await, Ok(2));
    }

    #[tokio::test]
    async fn what_is_cancelled_while_it_runs_ends_and_gives_the_permit_back() {
        let admission = admission_of(1, 0);
        let context_ = context();
        let cancel = context_.cancel.clone();
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let work = move |cancel: &Cancel| -> Result<(), Cancelled> {
            let _ = begun.send(());
            loop {
                cancel.check()?;
                std::thread::sleep(Duration::from_millis(1));
            }
        };
        let cancelling = async {
            has_begun.await.expect("the computation begins");
            cancel.cancel();
        };
        let (ended, ()) = tokio::join!(admission.run(&context_, work), cancelling);
        assert_eq!(ended, Err(Error::Cancelled));
        assert_eq!(admission.run(&context(), |_| Ok(1)).await, Ok(1));
        // What nobody waits for does not begin.
        assert_eq!(admission.run(&context_, |_| Ok(1)).await, Err(Error::Cancelled));
    }

    #[tokio::test]
    async fn a_panic_is_an_internal_error_and_gives_the_permit_back() {
        let admission = admission_of(1, 0);
        let context = context();
        let panicked = admission.run(&context, |_| panic!("on purpose")).await;
        assert_eq!(panicked, Err::<(), _>(Error::Internal { request_id: context.request_id }));
        assert_eq!(admission.run(&context, |_| Ok(1)).await, Ok(1));
    }

    #[tokio::test]
    async fn after_the_stop_nothing_is_admitted_and_what_waits_is_served() {
        let (admission, release) = full_house(1).await;
        let waiting = tokio::spawn({
            let admission = Arc::clone(&admission);
            async move { admission.run(&context(), |_| Ok(1)).await }
        });
        while admission.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        admission.stop();
        admission.stopped().await;
        assert_eq!(admission.run(&context(), |_| Ok(2)).await, Err(Error::ShuttingDown));
        drop(release);
        assert_eq!(waiting.await.expect("it does not panic"), Ok(1));
    }
}
