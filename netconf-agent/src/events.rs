//! Notifications (RFC 5277): the events of the stream NETCONF, a log of the last of them, and who listens.
//!
//! All listeners read from the log, each at its own place: what came before a subscription is replayed from where a live
//! event would be read. Someone too slow for the log misses what fell out of it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use tokio::sync::Notify;

use crate::access::Rights;
use crate::core::{Core, Entry};
use crate::rpc::{Datastore, Errors, NOTIFICATION, RpcError, Subscribe, Tag};
use crate::xml;
use crate::yang::{Difference, Selection, Tree, View};

/// The one stream that there is.
pub const STREAM: &str = "NETCONF";
/// Events that are kept for replay.
const KEPT: usize = 1_000;
/// Edits that are told of one change; above it, the change of the whole is told.
const MOST_EDITS: usize = 100;
/// The module of RFC 6470.
const BASE_EVENTS: &str = "ietf-netconf-notifications";
const BASE_EVENTS_NAMESPACE: &str = "urn:ietf:params:xml:ns:yang:ietf-netconf-notifications";
const STREAMS_NAMESPACE: &str = "urn:ietf:params:xml:ns:netmod:notification";

/// An event.
#[derive(Debug)]
pub struct Event {
    time: DateTime<Utc>,
    name: &'static str,
    module: &'static str,
    /// The element of the notification.
    xml: String,
}

/// The log.
#[derive(Debug)]
pub struct Events {
    log: RefCell<VecDeque<Rc<Event>>>,
    /// How many events fell out of it.
    gone: Cell<u64>,
    begun: DateTime<Utc>,
    /// Time of the last event that fell out.
    aged: Cell<Option<DateTime<Utc>>>,
    news: Notify,
}

impl Default for Events {
    fn default() -> Self {
        Self {
            log: RefCell::default(),
            gone: Cell::new(0),
            begun: Utc::now(),
            aged: Cell::new(None),
            news: Notify::new(),
        }
    }
}

/// How a session ended, in the words of RFC 6470.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Termination {
    /// By `<close-session>`.
    Closed,
    /// By `<kill-session>`, of that session; by the agent itself without one.
    Killed(Option<u32>),
    /// The connection ended.
    Dropped,
    /// The client did not speak or read in time.
    Timeout,
    /// The client's `<hello>` was none.
    BadHello,
    /// Something else.
    Other,
}

/// What becomes of an unconfirmed commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmation {
    /// It was made, and is undone after this time.
    Start(Duration),
    /// It was undone on demand, or since its session ended.
    Cancel,
    /// It was undone since its time was over.
    Timeout,
    /// It has more time.
    Extend(Duration),
    /// It was confirmed.
    Complete,
}

impl Events {
    fn tell(&self, name: &'static str, content: &str) {
        self.tell_of(BASE_EVENTS, BASE_EVENTS_NAMESPACE, name, content);
    }

    /// Something that another module defines.
    pub fn tell_of(&self, module: &'static str, namespace: &str, name: &'static str, content: &str) {
        let xml = format!("<{name} xmlns=\"{namespace}\">{content}</{name}>");
        let mut log = self.log.borrow_mut();
        log.push_back(Rc::new(Event { time: Utc::now(), name, module, xml }));
        if log.len() > KEPT
            && let Some(old) = log.pop_front()
        {
            self.gone.set(self.gone.get() + 1);
            self.aged.set(Some(old.time));
        }
        drop(log);
        self.news.notify_waiters();
    }

    /// A session began.
    pub fn session_started(&self, session: &Entry) {
        self.tell("netconf-session-start", &of_session(session));
    }

    /// A session ended.
    pub fn session_ended(&self, session: &Entry, how: Termination) {
        let mut content = of_session(session);
        if let Termination::Killed(Some(by)) = how {
            xml::write_leaf("killed-by", &by.to_string(), &mut content);
        }
        let reason = match how {
            Termination::Closed => "closed",
            Termination::Killed(_) => "killed",
            Termination::Dropped => "dropped",
            Termination::Timeout => "timeout",
            Termination::BadHello => "bad-hello",
            Termination::Other => "other",
        };
        xml::write_leaf("termination-reason", reason, &mut content);
        self.tell("netconf-session-end", &content);
    }

    /// Something happened to an unconfirmed commit, by someone or by itself.
    pub fn confirmation(&self, by: Option<&Entry>, what: Confirmation) {
        let mut content = by.map(of_session).unwrap_or_default();
        let (name, timeout) = match what {
            Confirmation::Start(timeout) => ("start", Some(timeout)),
            Confirmation::Cancel => ("cancel", None),
            Confirmation::Timeout => ("timeout", None),
            Confirmation::Extend(timeout) => ("extend", Some(timeout)),
            Confirmation::Complete => ("complete", None),
        };
        xml::write_leaf("confirm-event", name, &mut content);
        if let Some(timeout) = timeout {
            xml::write_leaf("timeout", &timeout.as_secs().to_string(), &mut content);
        }
        self.tell("netconf-confirmed-commit", &content);
    }

    /// Running or startup was changed, by someone or by the agent itself.
    pub fn config_changed(&self, core: &Core, by: Option<&Entry>, which: Datastore, trees: &[(Rc<Tree>, Rc<Tree>)]) {
        let mut content = String::from("<changed-by>");
        content.push_str(&by.map_or_else(|| "<server/>".to_string(), of_session));
        content.push_str("</changed-by>");
        xml::write_leaf("datastore", which.name(), &mut content);
        for (before, after) in trees {
            match after.differences(before, MOST_EDITS) {
                Some(found) => found.iter().for_each(|(difference, path)| edit(core, *difference, path, &mut content)),
                None => {
                    let path = after.root_path().or_else(|| before.root_path());
                    path.iter().for_each(|path| edit(core, Difference::Changed, path, &mut content));
                }
            }
        }
        self.tell("netconf-config-change", &content);
    }

    /// The state of ietf-netconf's streams, as XML.
    pub fn streams(&self) -> String {
        let mut out = format!("<netconf xmlns=\"{STREAMS_NAMESPACE}\"><streams><stream>");
        xml::write_leaf("name", STREAM, &mut out);
        xml::write_leaf("description", "Events of the sessions, of the configuration and of the servers.", &mut out);
        xml::write_leaf("replaySupport", "true", &mut out);
        xml::write_leaf("replayLogCreationTime", &shown(self.begun), &mut out);
        if let Some(aged) = self.aged.get() {
            xml::write_leaf("replayLogAgedTime", &shown(aged), &mut out);
        }
        out.push_str("</stream></streams></netconf>");
        out
    }

    /// Number of the next event.
    fn end(&self) -> u64 {
        self.gone.get() + self.log.borrow().len() as u64
    }

    /// The event of that number, or the first one after it that is still there; with its number.
    fn event(&self, number: u64) -> Option<(u64, Rc<Event>)> {
        let number = number.max(self.gone.get());
        let at = usize::try_from(number - self.gone.get()).ok()?;
        self.log.borrow().get(at).map(|event| (number, Rc::clone(event)))
    }
}

/// Who a session is.
fn of_session(session: &Entry) -> String {
    let mut out = String::new();
    xml::write_leaf("username", &session.login.user, &mut out);
    xml::write_leaf("session-id", &session.id.to_string(), &mut out);
    if let Some(host) = session.host() {
        xml::write_leaf("source-host", &host, &mut out);
    }
    out
}

fn edit(core: &Core, difference: Difference, path: &str, out: &mut String) {
    let path = core.schema.error_path(path);
    out.push_str("<edit><target");
    path.write_namespaces(out);
    out.push('>');
    xml::write_text(&path.xpath, out);
    out.push_str("</target>");
    let operation = match difference {
        Difference::Created => "create",
        Difference::Deleted => "delete",
        Difference::Changed => "replace",
    };
    xml::write_leaf("operation", operation, out);
    out.push_str("</edit>");
}

/// Someone listens.
#[derive(Debug)]
pub struct Subscription {
    selection: Selection,
    /// Number of the next event to look at.
    next: u64,
    start: Option<DateTime<Utc>>,
    stop: Option<DateTime<Utc>>,
    /// Where replay ends; none when its end was told.
    replayed: Option<u64>,
}

/// What a listener gets.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// A notification.
    Notification(String),
    /// The last one.
    Last(String),
}

impl Subscription {
    /// Begins to listen (RFC 5277 §2.1.1).
    pub fn new(core: &Core, request: Subscribe) -> Result<Self, Errors> {
        let Subscribe { stream, filter, start, stop } = request;
        let wrong = |name: &str, message: &str| {
            Errors::from(RpcError::protocol(Tag::BadElement, message).with("bad-element", name))
        };
        if stream != STREAM {
            let message = format!("there is no stream {stream:?}, only {STREAM:?}");
            return Err(RpcError::application(Tag::InvalidValue, message).with("bad-element", "stream").into());
        }
        let utc = |time: Option<DateTime<FixedOffset>>| time.map(|time| time.to_utc());
        let (start, stop) = (utc(start), utc(stop));
        match (start, stop) {
            (None, Some(_)) => return Err(RpcError::missing_element("startTime", "create-subscription").into()),
            (Some(start), _) if start > Utc::now() => return Err(wrong("startTime", "<startTime> is in the future")),
            (Some(start), Some(stop)) if stop < start => {
                return Err(wrong("stopTime", "<stopTime> is before <startTime>"));
            }
            _ => {}
        }
        let selection = core.schema.selection(filter).map_err(|invalid| RpcError::bad_filter(&invalid))?;
        let end = core.events.end();
        let next = if start.is_some() { 0 } else { end };
        Ok(Self { selection, next, start, stop, replayed: start.map(|_| end) })
    }

    /// The next notification for a session. Dropping this before it is ready loses nothing.
    pub async fn next(&mut self, core: &Core, session: &Entry) -> Heard {
        loop {
            let news = core.events.news.notified();
            if self.replayed.is_some_and(|end| self.next >= end) {
                self.replayed = None;
                return Heard::Notification(envelope(
                    Utc::now(),
                    &format!("<replayComplete xmlns=\"{STREAMS_NAMESPACE}\"/>"),
                ));
            }
            if let Some((number, event)) = core.events.event(self.next) {
                if self.stop.is_some_and(|stop| event.time > stop) {
                    return last();
                }
                self.next = number + 1;
                if let Some(notification) = self.look(core, session, &event) {
                    return Heard::Notification(notification);
                }
                continue;
            }
            let Some(stop) = self.stop else {
                news.await;
                continue;
            };
            let Ok(left) = (stop - Utc::now()).to_std() else { return last() };
            // Whether news came or time is over is looked at above.
            let _ = tokio::time::timeout(left, news).await;
        }
    }

    /// The notification of an event if it is for this session.
    fn look(&self, core: &Core, session: &Entry, event: &Event) -> Option<String> {
        if self.start.is_some_and(|start| event.time < start) {
            return None;
        }
        let may = |rights: &Rights| rights.may_hear(event.module, event.name);
        if !core.rights(session).as_ref().is_none_or(may) {
            core.denied.notifications.set(core.denied.notifications.get() + 1);
            return None;
        }
        if matches!(self.selection, Selection::All) {
            return Some(envelope(event.time, &event.xml));
        }
        let mut selected = String::new();
        let tree = Tree::of_notification(&core.schema, &event.xml).ok()?;
        tree.write(&self.selection, &View::PLAIN, &mut selected).ok()?;
        (!selected.is_empty()).then(|| envelope(event.time, &selected))
    }
}

fn last() -> Heard {
    Heard::Last(envelope(Utc::now(), &format!("<notificationComplete xmlns=\"{STREAMS_NAMESPACE}\"/>")))
}

fn envelope(time: DateTime<Utc>, content: &str) -> String {
    format!("<notification xmlns=\"{NOTIFICATION}\"><eventTime>{}</eventTime>{content}</notification>", shown(time))
}

fn shown(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}
