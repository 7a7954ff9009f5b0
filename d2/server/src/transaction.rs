//! A transaction: a request, carried out at the servers of its zones.
//!
//! The forward zone is changed first, the reverse zone after it and only when that went well (RFC 4703 §5.4). A server that
//! cannot be reached, does not answer or answers nonsense is tried [`TRIES`] times, then the next one of the zone.

use std::fmt;
use std::sync::Arc;

use d2_config::{Domain, Server};
use ncr::NameChangeRequest;

use crate::exchange::{Exchange, Failure};
use crate::report;
use crate::step::{Step, Verdict};

/// How often an update is sent to a server.
pub const TRIES: usize = 3;

/// Changes of step that are followed at a server. The longest sane way has two: the name was gone, and has come back. A
/// server that goes on changing its mind is not followed for ever.
const TURNS: usize = 4;

/// A request, with the zones where it is carried out.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// The request.
    pub request: NameChangeRequest,
    /// The zone of the name, if it is to be changed.
    pub forward: Option<Arc<Domain>>,
    /// The zone of the address, if it is to be changed.
    pub reverse: Option<Arc<Domain>>,
}

/// What came of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The forward zone was changed.
    pub forward_done: bool,
    /// The reverse zone was changed.
    pub reverse_done: bool,
    /// Why it ended early, if it did.
    pub end: Result<(), End>,
}

/// Why a transaction ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// A server refused.
    Rejected,
    /// No server could be reached, or understood.
    NoMoreServers,
}

impl Transaction {
    /// Carries the request out.
    pub async fn run(&self, dns: &impl Exchange) -> Outcome {
        report::started(&self.request);
        let mut outcome = Outcome { forward_done: false, reverse_done: false, end: Ok(()) };
        outcome.end = self.both(dns, &mut outcome).await;
        report::ended(self, &outcome);
        outcome
    }

    async fn both(&self, dns: &impl Exchange, outcome: &mut Outcome) -> Result<(), End> {
        if let Some(domain) = &self.forward {
            self.change(domain, Step::forward(&self.request), dns).await?;
            outcome.forward_done = true;
        }
        if let Some(domain) = &self.reverse {
            self.change(domain, Step::reverse(&self.request), dns).await?;
            outcome.reverse_done = true;
        }
        Ok(())
    }

    /// Changes a zone at the first of its servers that answers.
    async fn change(&self, domain: &Domain, first: Step, dns: &impl Exchange) -> Result<(), End> {
        for server in &domain.servers {
            if let Some(changed) = self.change_at(server, domain, first, dns).await {
                return changed;
            }
        }
        Err(End::NoMoreServers)
    }

    /// Changes a zone at a server; `None` when the server is of no use.
    async fn change_at(
        &self,
        server: &Server,
        domain: &Domain,
        first: Step,
        dns: &impl Exchange,
    ) -> Option<Result<(), End>> {
        let mut step = first;
        for _ in 0..=TURNS {
            let rcode = self.ask(server, domain, step, dns).await?;
            match step.verdict(&self.request, rcode) {
                Verdict::Done => return Some(Ok(())),
                Verdict::Then(next) => step = next,
                Verdict::Rejected => {
                    report::rejected(step, &self.request, server, rcode);
                    return Some(Err(End::Rejected));
                }
            }
        }
        Some(Err(End::Rejected))
    }

    /// Sends an update until there is an answer; `None` when there is none.
    async fn ask(&self, server: &Server, domain: &Domain, step: Step, dns: &impl Exchange) -> Option<dns::Rcode> {
        for _ in 0..TRIES {
            let update = step.update(&self.request, &domain.zone, rand::random());
            report::sent(step, &self.request, server);
            let answer = dns.exchange(server, &update).await;
            report::answered(&self.request, server, &answer);
            match answer {
                Ok(rcode) => return Some(rcode),
                Err(failure) => report::failed(step, &self.request, server, &failure),
            }
        }
        None
    }
}

impl Outcome {
    /// The outcome in Kea's words.
    pub fn describe<'a>(&'a self, transaction: &'a Transaction) -> impl fmt::Display + 'a {
        Description { outcome: self, transaction }
    }
}

struct Description<'a> {
    outcome: &'a Outcome,
    transaction: &'a Transaction,
}

impl fmt::Display for Description<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (status, event) = match self.outcome.end {
            Ok(()) => ("Completed", "UPDATE_OK_EVT"),
            Err(End::Rejected) => ("Failed", "UPDATE_FAILED_EVT"),
            Err(End::NoMoreServers) => ("Failed", "NO_MORE_SERVERS_EVT"),
        };
        let word = |done| if done { "completed" } else { "failed" };
        write!(f, "Status: {status}, Event: {event}, ")?;
        if self.transaction.forward.is_some() {
            write!(f, " Forward change: {}, ", word(self.outcome.forward_done))?;
        }
        if self.transaction.reverse.is_some() {
            write!(f, " Reverse change: {}, ", word(self.outcome.reverse_done))?;
        }
        write!(f, " request: {}", self.transaction.request)
    }
}

/// What an exchange came to, in Kea's words.
pub(crate) fn status(answer: &Result<dns::Rcode, Failure>) -> String {
    match answer {
        Ok(rcode) => format!("SUCCESS, rcode: {rcode}"),
        Err(Failure::Timeout) => "TIMEOUT".to_owned(),
        Err(Failure::Io(_)) => "OTHER".to_owned(),
        Err(Failure::Invalid(_)) => "INVALID_RESPONSE".to_owned(),
    }
}

#[cfg(test)]
mod tests;
