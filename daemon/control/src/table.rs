//! The commands of a daemon by name.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use serde_json::Value;

use crate::messages::{
    COMMAND_DEREGISTERED, COMMAND_PROCESS_ERROR1, COMMAND_PROCESS_ERROR2, COMMAND_RECEIVED, COMMAND_REGISTERED,
};
use crate::request::RequestError;
use crate::{Answer, Code, Guard, Request};

/// The commands of a daemon by name. `list-commands` is in every table.
#[derive(Default)]
pub struct Table {
    handlers: RefCell<BTreeMap<&'static str, Handler>>,
    guard: RefCell<Option<Rc<dyn Guard>>>,
}

/// Handlers run on the thread of the control channel; where one waits, others may run.
type Handler = Rc<dyn Fn(Request) -> Pin<Box<dyn Future<Output = Answer>>>>;

/// The command that the table answers itself.
pub(crate) const LIST: &str = "list-commands";

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
        self.handlers.get_mut().insert(name, Rc::new(move |request| Box::pin(handler(request))));
    }

    /// Has `guard` decide who may give which commands over HTTP.
    pub fn watch(&mut self, guard: impl Guard + 'static) {
        *self.guard.get_mut() = Some(Rc::new(guard));
    }

    /// Who decides, if anybody does.
    pub(crate) fn guard(&self) -> Option<Rc<dyn Guard>> {
        self.guard.borrow().clone()
    }

    /// Has `told` hear of the commands that are in the table now, each time one was answered: its name, its arguments, its answer.
    pub fn observe(&mut self, told: impl Fn(&str, Value, &Answer) + 'static) {
        let told = Rc::new(told);
        for handler in self.handlers.get_mut().values_mut() {
            let (answered, told) = (handler.clone(), told.clone());
            *handler = Rc::new(move |request| {
                let (name, arguments) = (request.command.clone(), request.arguments().unwrap_or_default());
                let (answer, told) = (answered(request), told.clone());
                Box::pin(async move {
                    let answer = answer.await;
                    told(&name, arguments, &answer);
                    answer
                })
            });
        }
    }

    /// Holds the commands of another table from now on. Those that are being answered come to their end.
    pub fn replace(&self, other: Table) {
        self.handlers.swap(&other.handlers);
        self.guard.swap(&other.guard);
        let (before, now) = (other.handlers.borrow(), self.handlers.borrow());
        for command in before.keys().filter(|name| !now.contains_key(*name)) {
            log::event!(COMMAND_DEREGISTERED, command);
        }
        for command in now.keys().filter(|name| !before.contains_key(*name)) {
            log::event!(COMMAND_REGISTERED, command);
        }
    }

    /// The names of all commands, in their order.
    pub fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.handlers.borrow().keys().copied().chain([LIST]).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Answers a command.
    pub async fn call(&self, request: Request) -> Answer {
        let handler = self.handlers.borrow().get(request.command.as_str()).cloned();
        match handler {
            Some(handler) => handler(request).await,
            None if request.command == LIST => Answer::with(Value::from(self.names())),
            None => Answer::new(Code::Unsupported, format!("'{}' command not supported.", request.command)),
        }
    }

    /// Answers a command as it was received.
    pub(crate) async fn answer(&self, text: &[u8]) -> Answer {
        match Request::read(text) {
            Ok(request) => self.receive(request).await,
            Err(error) => self.refuse(error),
        }
    }

    /// Answers a command that came from a client.
    pub(crate) async fn receive(&self, request: Request) -> Answer {
        log::event!(COMMAND_RECEIVED, command = request.command);
        self.call(request).await
    }

    /// Answers what is no command.
    pub(crate) fn refuse(&self, error: RequestError) -> Answer {
        match error {
            RequestError::Syntax(reason) => {
                log::event!(COMMAND_PROCESS_ERROR1, reason);
                Answer::error(reason)
            }
            RequestError::Malformed(reason) => {
                log::event!(COMMAND_PROCESS_ERROR2, reason);
                Answer::error(format!("Error during command processing: {reason}"))
            }
        }
    }
}
