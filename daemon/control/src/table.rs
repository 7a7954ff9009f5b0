//! The commands of a daemon by name.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use crate::{Answer, Request};

/// The commands of a daemon by name. `list-commands` is in every table.
#[derive(Default)]
pub struct Table {
    handlers: BTreeMap<&'static str, Handler>,
}

/// Handlers run on the thread of the control channel, one or more at a time wherever one waits.
type Handler = Rc<dyn Fn(Request) -> Pin<Box<dyn Future<Output = Answer>>>>;

impl Table {
    /// A table that holds `list-commands`.
    pub fn new() -> Self {
        Table::default()
    }

    /// Adds a command whose answer is ready at once. A second command of the same name replaces the first.
    pub fn add(&mut self, name: &'static str, handler: impl Fn(Request) -> Answer + 'static) {
        self.add_async(name, move |request| std::future::ready(handler(request)));
    }

    /// Adds a command that may have to wait.
    pub fn add_async<F>(&mut self, name: &'static str, handler: impl Fn(Request) -> F + 'static)
    where
        F: Future<Output = Answer> + 'static,
    {
        self.handlers.insert(name, Rc::new(move |request| Box::pin(handler(request))));
    }

    /// Answers a command.
    pub async fn call(&self, request: Request) -> Answer {
        match self.handlers.get(request.command.as_str()) {
            Some(handler) => handler(request).await,
            None => Answer::new(crate::Code::Unsupported, format!("'{}' command not supported.", request.command)),
        }
    }
}
