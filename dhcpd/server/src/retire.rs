//! Where configurations go that were replaced: to free a large one takes longer than a client should wait.

use std::sync::mpsc::{Sender, channel};
use std::thread::Builder;

/// Frees what it is given on a thread of its own. Clones use the same thread, which ends with the last of them.
pub struct Retire<T>(Sender<T>);

impl<T> Clone for Retire<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Send + 'static> Retire<T> {
    /// Starts the thread. Where there can be none, values are freed by those who give them away.
    pub fn start() -> Self {
        let (retire, retired) = channel();
        let _ = Builder::new().name("retired".into()).spawn(move || retired.into_iter().for_each(drop));
        Self(retire)
    }

    /// Has a value freed.
    pub fn free(&self, value: T) {
        let _ = self.0.send(value); // without the thread it comes back
    }
}

#[cfg(test)]
mod tests {
    use super::Retire;
    use std::thread::{ThreadId, current};

    struct Tells(Box<dyn Fn(ThreadId) + Send>);

    impl Drop for Tells {
        fn drop(&mut self) {
            (self.0)(current().id());
        }
    }

    #[test]
    fn a_value_is_freed_elsewhere() {
        let retire = Retire::start();
        let (tell, told) = std::sync::mpsc::channel();
        retire.clone().free(Tells(Box::new(move |thread| tell.send(thread).unwrap())));
        assert_ne!(told.recv().unwrap(), current().id());
    }
}
