//! Lines of the log on their way out.

use std::io::{self, Write};
use std::mem;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// So many bytes wait at most, and one line more; who has another line waits for room.
const WAITING_BYTES_MAX: usize = 1 << 20;

/// How long a reader that has stopped to read may keep the program from its end.
const FINISH_MAX: Duration = Duration::from_millis(200);

/// Whole lines from many threads for one reader.
///
/// To write is a call of the system, and a lock around it would have threads that answer requests
/// sleep on each other. So one of them writes, and the others leave their lines with it and go on;
/// before it goes on itself it has written them all. There is no thread of its own: a line that
/// nobody else's write is ahead of is out when the call returns.
pub(crate) struct Lines<F> {
    /// Writes some lines.
    out: F,
    state: Mutex<State>,
    written: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<u8>,
    /// Whether somebody writes.
    writing: bool,
}

impl<F: Fn(&[u8])> Lines<F> {
    pub(crate) fn new(out: F) -> Lines<F> {
        Lines {
            out,
            state: Mutex::default(),
            written: Condvar::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a line, or leaves it to whoever writes already.
    fn put(&self, line: &[u8]) {
        let full = |state: &mut State| state.writing && state.waiting.len() >= WAITING_BYTES_MAX;
        let mut state = self
            .written
            .wait_while(self.state(), full)
            .unwrap_or_else(PoisonError::into_inner);
        state.waiting.extend_from_slice(line);
        if mem::replace(&mut state.writing, true) {
            return;
        }
        while !state.waiting.is_empty() {
            let lines = mem::take(&mut state.waiting);
            drop(state);
            (self.out)(&lines);
            state = self.state();
            self.written.notify_all();
        }
        state.writing = false;
        drop(state);
        self.written.notify_all();
    }

    /// Returns once every line is out that was there before, unless nobody reads them.
    pub(crate) fn finish(&self) {
        let writing = |state: &mut State| state.writing;
        let ended = self
            .written
            .wait_timeout_while(self.state(), FINISH_MAX, writing);
        drop(ended.unwrap_or_else(PoisonError::into_inner));
    }
}

/// Takes whole lines only, as the log gives them.
impl<F: Fn(&[u8])> Write for &Lines<F> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.put(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    const THREADS: usize = 8;
    const LINES: usize = 2_000;

    #[test]
    fn lines_of_many_threads_are_whole_in_order_and_all_there() {
        let kept = Mutex::new(Vec::new());
        let lines = Lines::new(|lines: &[u8]| kept.lock().unwrap().extend_from_slice(lines));
        thread::scope(|scope| {
            for thread in 0..THREADS {
                let lines = &lines;
                scope.spawn(move || {
                    for number in 0..LINES {
                        lines.put(format!("{thread} {number}\n").as_bytes());
                    }
                });
            }
        });
        lines.finish();
        let text = String::from_utf8(kept.lock().unwrap().clone()).unwrap();
        let mut next = [0; THREADS];
        for line in text.lines() {
            let (thread, number) = line.split_once(' ').unwrap();
            let thread: usize = thread.parse().unwrap();
            assert_eq!(number.parse(), Ok(next[thread]), "{line}");
            next[thread] += 1;
        }
        assert_eq!(next, [LINES; THREADS]);
    }

    #[test]
    fn a_reader_that_stopped_does_not_keep_the_program_from_its_end() {
        let (asks, asked) = mpsc::sync_channel(1);
        let (lets, let_on) = mpsc::channel::<()>();
        let let_on = Mutex::new(let_on);
        let lines = Lines::new(move |_: &[u8]| {
            asks.send(()).unwrap();
            let_on.lock().unwrap().recv().unwrap();
        });
        thread::scope(|scope| {
            scope.spawn(|| lines.put(b"one\n"));
            asked.recv().unwrap();
            let (ends, ended) = mpsc::channel();
            let lines = &lines;
            scope.spawn(move || {
                lines.finish();
                ends.send(()).unwrap();
            });
            let ended = ended.recv_timeout(50 * FINISH_MAX);
            lets.send(()).unwrap();
            assert_eq!(ended, Ok(()));
        });
    }

    #[test]
    fn who_finds_somebody_writing_goes_on() {
        let (asks, asked) = mpsc::sync_channel(1);
        let (lets, let_on) = mpsc::channel();
        let let_on = Mutex::new(let_on);
        // Says what it is about to write, and waits to be let.
        let lines = Lines::new(move |lines: &[u8]| {
            asks.send(lines.to_vec()).unwrap();
            let_on.lock().unwrap().recv().unwrap();
        });
        thread::scope(|scope| {
            scope.spawn(|| lines.put(b"one\n"));
            assert_eq!(asked.recv().unwrap(), b"one\n");
            lines.put(b"two\n");
            lines.put(b"three\n");
            lets.send(()).unwrap();
            assert_eq!(asked.recv().unwrap(), b"two\nthree\n");
            lets.send(()).unwrap();
        });
        lines.finish();
    }
}
