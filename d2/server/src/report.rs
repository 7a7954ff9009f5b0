//! What a transaction logs. Each step has messages of its own for each way to fail.

use std::fmt;

use d2_config::Server;
use dns::Rcode;
use ncr::{ChangeType, NameChangeRequest};

use crate::exchange::Failure;
use crate::messages::*;
use crate::step::Step;
use crate::transaction::{Outcome, Transaction, status};

/// Emits the message of a step: the rows for adding, replacing, removing an address, removing a name, replacing a pointer
/// and removing a pointer, and the arguments of each.
macro_rules! by_step {
    ($step:expr, [$add:ident, $replace:ident, $addrs:ident, $rrs:ident, $pointer:ident, $unpoint:ident], $($argument:tt)*) => {
        match $step {
            Step::AddName | Step::Overwrite => log::event!($add, $($argument)*),
            Step::ReplaceAddress => log::event!($replace, $($argument)*),
            Step::RemoveAddress => log::event!($addrs, $($argument)*),
            Step::RemoveName | Step::Erase => log::event!($rrs, $($argument)*),
            Step::ReplacePointer => log::event!($pointer, $($argument)*),
            Step::RemovePointer => log::event!($unpoint, $($argument)*),
        }
    };
}

pub(crate) fn started(ncr: &NameChangeRequest) {
    log::event!(DHCP_DDNS_STARTING_TRANSACTION, request = ncr.dhcid);
}

pub(crate) fn sent(step: Step, ncr: &NameChangeRequest, server: &Server) {
    log::event!(DHCP_DDNS_UPDATE_REQUEST_SENT, request = ncr.dhcid, update = step.label(), server = At(server));
}

pub(crate) fn answered(ncr: &NameChangeRequest, server: &Server, answer: &Result<Rcode, Failure>) {
    if let Err(Failure::Invalid(reason)) = answer {
        log::event!(DHCP_DDNS_INVALID_RESPONSE, reason);
    }
    let request = &ncr.dhcid;
    log::event!(DHCP_DDNS_UPDATE_RESPONSE_RECEIVED, request, server = At(server), status = status(answer));
}

pub(crate) fn failed(step: Step, ncr: &NameChangeRequest, server: &Server, failure: &Failure) {
    let (request, fqdn, server) = (&ncr.dhcid, &ncr.fqdn, At(server));
    match failure {
        Failure::Timeout => by_step!(
            step,
            [
                DHCP_DDNS_FORWARD_ADD_TIMEOUT,
                DHCP_DDNS_FORWARD_REPLACE_TIMEOUT,
                DHCP_DDNS_FORWARD_REMOVE_ADDRS_TIMEOUT,
                DHCP_DDNS_FORWARD_REMOVE_RRS_TIMEOUT,
                DHCP_DDNS_REVERSE_REPLACE_TIMEOUT,
                DHCP_DDNS_REVERSE_REMOVE_TIMEOUT
            ],
            request,
            fqdn,
            server
        ),
        Failure::Io(_) => by_step!(
            step,
            [
                DHCP_DDNS_FORWARD_ADD_IO_ERROR,
                DHCP_DDNS_FORWARD_REPLACE_IO_ERROR,
                DHCP_DDNS_FORWARD_REMOVE_ADDRS_IO_ERROR,
                DHCP_DDNS_FORWARD_REMOVE_RRS_IO_ERROR,
                DHCP_DDNS_REVERSE_REPLACE_IO_ERROR,
                DHCP_DDNS_REVERSE_REMOVE_IO_ERROR
            ],
            request,
            fqdn,
            server
        ),
        Failure::Invalid(_) => by_step!(
            step,
            [
                DHCP_DDNS_FORWARD_ADD_RESP_CORRUPT,
                DHCP_DDNS_FORWARD_REPLACE_RESP_CORRUPT,
                DHCP_DDNS_FORWARD_REMOVE_ADDRS_RESP_CORRUPT,
                DHCP_DDNS_FORWARD_REMOVE_RRS_RESP_CORRUPT,
                DHCP_DDNS_REVERSE_REPLACE_RESP_CORRUPT,
                DHCP_DDNS_REVERSE_REMOVE_RESP_CORRUPT
            ],
            request,
            server,
            fqdn
        ),
    }
}

pub(crate) fn rejected(step: Step, ncr: &NameChangeRequest, server: &Server, rcode: Rcode) {
    let (request, fqdn, server, rcode) = (&ncr.dhcid, &ncr.fqdn, At(server), rcode.0);
    by_step!(
        step,
        [
            DHCP_DDNS_FORWARD_ADD_REJECTED,
            DHCP_DDNS_FORWARD_REPLACE_REJECTED,
            DHCP_DDNS_FORWARD_REMOVE_ADDRS_REJECTED,
            DHCP_DDNS_FORWARD_REMOVE_RRS_REJECTED,
            DHCP_DDNS_REVERSE_REPLACE_REJECTED,
            DHCP_DDNS_REVERSE_REMOVE_REJECTED
        ],
        request,
        server,
        fqdn,
        rcode
    );
}

pub(crate) fn ended(transaction: &Transaction, outcome: &Outcome) {
    let (ncr, request) = (&transaction.request, &transaction.request.dhcid);
    match (ncr.change_type, outcome.end) {
        (ChangeType::Add, Ok(())) => log::event!(DHCP_DDNS_ADD_SUCCEEDED, request, ncr),
        (ChangeType::Remove, Ok(())) => log::event!(DHCP_DDNS_REMOVE_SUCCEEDED, request, ncr),
        (ChangeType::Add, Err(_)) => {
            log::event!(DHCP_DDNS_ADD_FAILED, request, outcome = outcome.describe(transaction));
        }
        (ChangeType::Remove, Err(_)) => {
            log::event!(DHCP_DDNS_REMOVE_FAILED, request, outcome = outcome.describe(transaction));
        }
    }
}

/// A server as Kea names it: `192.0.2.1 port:53`.
struct At<'a>(&'a Server);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} port:{}", self.0.address.ip(), self.0.address.port())
    }
}
