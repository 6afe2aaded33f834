//! The threads that compute: few, and apart from those that answer.
//!
//! In: closures. Out: what they return. There are as many threads as may compute at once; what is handed in while all
//! are busy is taken in order, by the thread that is free next, without a detour over the thread that answers. It is
//! the blocking pool of a runtime that does nothing else, since that pool is bounded, in order, starts its threads when
//! they are needed and reports a panic instead of ending with it.

use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// How long a thread without work stays: a caller a minute finds it, with all that it remembers.
const KEEP_ALIVE: Duration = Duration::from_secs(120);

/// A bounded number of threads.
#[derive(Debug)]
pub(super) struct Pool {
    /// `None` once it is being dropped.
    runtime: Option<Runtime>,
}

impl Pool {
    /// `n_threads` at least one, of a priority `nice` behind that of this thread, 0 to 19.
    pub(super) fn new(n_threads: usize, nice: u8) -> std::io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .max_blocking_threads(n_threads.max(1))
            .thread_keep_alive(KEEP_ALIVE)
            .thread_name("parallax-compute")
            .on_thread_start(move || step_behind(nice))
            .build()?;
        Ok(Self { runtime: Some(runtime) })
    }

    /// Runs `compute` on the thread that is free next.
    pub(super) fn spawn<T: Send + 'static>(&self, compute: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
        self.runtime.as_ref().expect("it is taken on drop alone").spawn_blocking(compute)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // A runtime that is simply dropped waits for its threads, and panics where waiting is not allowed. What still
        // computes has its flag to end by.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Lowers the priority of this thread. On Linux it is that of the thread, elsewhere of the process, which is left alone.
#[cfg(target_os = "linux")]
fn step_behind(nice: u8) {
    if nice > 0 {
        // It may be forbidden; then it stays as it is.
        let _ = rustix::process::nice(nice.into());
    }
}

/// Elsewhere a thread has no priority of its own that could be lowered so.
#[cfg(not(target_os = "linux"))]
fn step_behind(_: u8) {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn no_more_run_at_once_than_there_are_threads_and_all_run() {
        let pool = Pool::new(2, 0).expect("threads can be had");
        let [running, most] = [const { AtomicUsize::new(0) }; 2];
        let counts = Arc::new((running, most));
        let jobs: Vec<_> = (0..16)
            .map(|n| {
                let counts = Arc::clone(&counts);
                pool.spawn(move || {
                    let at_once = counts.0.fetch_add(1, Ordering::SeqCst) + 1;
                    counts.1.fetch_max(at_once, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(5));
                    counts.0.fetch_sub(1, Ordering::SeqCst);
                    n
                })
            })
            .collect();
        for (n, job) in jobs.into_iter().enumerate() {
            assert_eq!(job.await.expect("it does not panic"), n);
        }
        assert_eq!(counts.1.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_panic_is_reported_and_the_thread_goes_on() {
        let pool = Pool::new(1, 0).expect("threads can be had");
        assert!(pool.spawn(|| panic!("on purpose")).await.is_err_and(|error| error.is_panic()));
        assert_eq!(pool.spawn(|| 1).await.ok(), Some(1));
    }
}
