//! A wall around code that reads files of others.
//!
//! In: work. Out: its result, or an error where the work panics or does not end in time. What reads PDFs and pages is not
//! ours, and a file can be made to upset it; one file must not end the command, nor hold it for ever.

use std::sync::Once;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// Longest time that reading one file may take. The largest real ones take a second or two.
const MAX_TIME: Duration = Duration::from_secs(20);
/// Stack of a reading thread: parsers that descend into nested objects need more than the 2 MiB of a thread. It is taken
/// page by page as it is used.
const STACK_BYTES: usize = 64 * 1024 * 1024;
/// Name of the threads whose panics are told by an error of ours alone.
const THREAD_NAME: &str = "read-file";

/// The result of the work, done on a thread of its own. A thread that is too slow is left behind, since none can be
/// stopped: the command ends soon after.
///
/// # Errors
/// Those of the work, and when it panics or takes too long.
pub fn guarded<T: Send + 'static>(work: impl FnOnce() -> Result<T, String> + Send + 'static) -> Result<T, String> {
    guarded_for(MAX_TIME, work)
}

fn guarded_for<T: Send + 'static>(
    time: Duration,
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    silence_panics();
    let (sender, receiver) = mpsc::channel();
    // Nobody listens any more when the work was too slow.
    let work = move || drop(sender.send(work()));
    let spawned = thread::Builder::new().name(THREAD_NAME.to_owned()).stack_size(STACK_BYTES).spawn(work);
    spawned.map_err(|error| format!("no thread to read it: {error}"))?;
    match receiver.recv_timeout(time) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => Err(format!("not read in {} s", time.as_secs_f32())),
        Err(RecvTimeoutError::Disconnected) => {
            Err("damaged, or of a kind that is not known: it cannot be read".to_owned())
        }
    }
}

/// Lets panics of reading threads be silent; those of all others are told as before.
fn silence_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let tell = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if thread::current().name() != Some(THREAD_NAME) {
                tell(panic);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_panics_or_does_not_end_is_an_error() {
        assert_eq!(guarded(|| Ok(1)), Ok(1));
        assert_eq!(guarded(|| Err::<(), _>("no".to_owned())), Err("no".to_owned()));
        let damaged = guarded(|| -> Result<(), String> { panic!("this is not told") });
        assert_eq!(damaged, Err("damaged, or of a kind that is not known: it cannot be read".to_owned()));
        let slow = guarded_for(Duration::from_millis(500), || {
            thread::sleep(Duration::from_secs(60));
            Ok(())
        });
        assert_eq!(slow, Err("not read in 0.5 s".to_owned()));
    }
}
