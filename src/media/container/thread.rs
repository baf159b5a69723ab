//! The thread that reads a container: as much as is wanted, from where it is wanted.

use std::sync::PoisonError;

use super::reader::Reader;
use super::state::{Ending, Job, Shared};
use crate::media::error::MediaError;
use crate::media::interrupt::Watch;

/// Runs until everything is over.
pub(super) fn run(mut reader: Reader, watch: &Watch, shared: &Shared) {
    while let Some(job) = next_job(watch, shared) {
        match job {
            Job::Go(place, number) => {
                let result = reader.go_to(place);
                shared.lock().set_done(number, result);
            }
            Job::Read => {
                let read = reader.next();
                let mut state = shared.lock();
                match read {
                    _ if state.is_left() => {}
                    Ok(Some(packet)) => state.put(packet),
                    Ok(None) => state.end(Ending::End),
                    Err(MediaError::Interrupted) => {}
                    Err(error) => state.end(Ending::Failed(error)),
                }
            }
        }
        shared.arrived.notify_all();
    }
}

/// Waits for something to do; none at the end.
fn next_job(watch: &Watch, shared: &Shared) -> Option<Job> {
    let mut state = shared.lock();
    loop {
        if state.over {
            return None;
        }
        if let Some(job) = state.job() {
            if matches!(job, Job::Go(..)) {
                watch.resume();
            }
            return Some(job);
        }
        // It may have found that nothing more comes.
        shared.arrived.notify_all();
        state = shared.wanted.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
}
