//! The steps of a transaction: which update each sends, and what follows from the answer (RFC 4703 §5).
//!
//! | mode | add | remove |
//! |---|---|---|
//! | check-with-dhcid | `AddName`, or `ReplaceAddress` of a name with this DHCID | `RemoveAddress`, `RemoveName` of a name with this DHCID |
//! | check-exists-with-dhcid | `AddName`, or `ReplaceAddress` of a name with any DHCID | `RemoveAddress`, `RemoveName` of a name with any DHCID |
//! | no-check-with-dhcid | `Overwrite`, with DHCID | `Erase`, with DHCID |
//! | no-check-without-dhcid | `Overwrite`, no DHCID | `Erase`, no DHCID |

use dns::{Message, Name, Rcode, Record, Type};
use ncr::{ChangeType, ConflictResolutionMode, NameChangeRequest};

/// A step: one update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Add address and DHCID to a name that is not in use.
    AddName,
    /// Replace the addresses of a name in use.
    ReplaceAddress,
    /// Replace address and DHCID, whosever they are.
    Overwrite,
    /// Remove the address.
    RemoveAddress,
    /// Remove the name once it has no address.
    RemoveName,
    /// Remove addresses and DHCID, whosever they are.
    Erase,
    /// Replace the name of the address.
    ReplacePointer,
    /// Remove the name of the address.
    RemovePointer,
}

/// What follows from an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// This direction is done.
    Done,
    /// It goes on with another update.
    Then(Step),
    /// The server does not do it, and another one would not either.
    Rejected,
}

impl Step {
    /// The first step of a request in the forward zone.
    pub fn forward(request: &NameChangeRequest) -> Self {
        match (request.change_type, checks(request)) {
            (ChangeType::Add, true) => Self::AddName,
            (ChangeType::Add, false) => Self::Overwrite,
            (ChangeType::Remove, true) => Self::RemoveAddress,
            (ChangeType::Remove, false) => Self::Erase,
        }
    }

    /// The step of a request in the reverse zone.
    pub fn reverse(request: &NameChangeRequest) -> Self {
        match request.change_type {
            ChangeType::Add => Self::ReplacePointer,
            ChangeType::Remove => Self::RemovePointer,
        }
    }

    /// What the messages call the update.
    pub fn label(self) -> &'static str {
        match self {
            Self::AddName | Self::Overwrite => "Forward Add",
            Self::ReplaceAddress => "Forward Replace",
            Self::RemoveAddress => "Forward A/AAAA Remove",
            Self::RemoveName | Self::Erase => "Forward RR Remove",
            Self::ReplacePointer => "Reverse Replace",
            Self::RemovePointer => "Reverse Remove",
        }
    }

    /// What follows from the server's answer.
    pub fn verdict(self, request: &NameChangeRequest, rcode: Rcode) -> Verdict {
        match (self, rcode) {
            (Self::RemoveAddress, Rcode::NOERROR | Rcode::NXRRSET) => Verdict::Then(Self::RemoveName),
            (_, Rcode::NOERROR) => Verdict::Done,
            (Self::AddName, Rcode::YXDOMAIN) => Verdict::Then(Self::ReplaceAddress),
            (Self::ReplaceAddress, Rcode::NXDOMAIN) => Verdict::Then(Self::AddName),
            // What is to be removed is gone, or is another client's.
            (Self::RemoveName | Self::Erase | Self::RemovePointer, Rcode::NXRRSET) => Verdict::Done,
            // An address of the other family keeps the name (RFC 4703 §5.5).
            (Self::RemoveName, Rcode::YXRRSET) if checks(request) => Verdict::Done,
            _ => Verdict::Rejected,
        }
    }

    /// The update that is sent, for this zone.
    pub fn update(self, request: &NameChangeRequest, zone: &Name, id: u16) -> Message {
        let mut update = Message::update(id, zone);
        let draft = Draft::new(request);
        update.prerequisites = self.prerequisites(&draft);
        update.updates = self.changes(&draft);
        update
    }

    fn prerequisites(self, draft: &Draft<'_>) -> Vec<Record> {
        let name = draft.name;
        match self {
            Self::AddName => vec![Record::name_not_in_use(name)],
            // RFC 4703 §5.3.2 for a name with the client's DHCID.
            Self::ReplaceAddress if draft.own => vec![Record::name_in_use(name), draft.dhcid_is_ours()],
            Self::ReplaceAddress => vec![Record::exists(name, Type::DHCID)],
            Self::RemoveAddress if draft.own => vec![draft.dhcid_is_ours()],
            Self::RemoveAddress => vec![Record::exists(name, Type::DHCID)],
            Self::RemoveName => {
                let ours = draft.own.then(|| draft.dhcid_is_ours());
                let bare = [Type::A, Type::AAAA].map(|rtype| Record::absent(name, rtype));
                ours.into_iter().chain(bare).collect()
            }
            // The address still has this name (RFC 4703 §5.5).
            Self::RemovePointer if draft.checks => {
                vec![Record::is(&draft.reverse, Type::PTR, name.wire().to_vec())]
            }
            Self::Overwrite | Self::Erase | Self::ReplacePointer | Self::RemovePointer => Vec::new(),
        }
    }

    fn changes(self, draft: &Draft<'_>) -> Vec<Record> {
        let (name, reverse) = (draft.name, &draft.reverse);
        match self {
            Self::AddName => vec![draft.add_address(), draft.add_dhcid(name)],
            Self::ReplaceAddress if draft.own => vec![draft.delete_addresses(), draft.add_address()],
            Self::ReplaceAddress => vec![
                draft.delete_addresses(),
                draft.add_address(),
                Record::delete_all(name, Type::DHCID),
                draft.add_dhcid(name),
            ],
            Self::Overwrite => {
                let address = vec![draft.delete_addresses(), draft.add_address()];
                draft.with_dhcid(address, name, |name| {
                    vec![Record::delete_all(name, Type::DHCID), draft.add_dhcid(name)]
                })
            }
            Self::RemoveAddress => {
                vec![Record::delete(name, draft.family, Record::address_rdata(draft.request.ip_address))]
            }
            Self::RemoveName if draft.own => vec![Record::delete_name(name)],
            Self::RemoveName => vec![Record::delete_all(name, Type::DHCID)],
            Self::Erase => {
                let address = vec![draft.delete_addresses()];
                draft.with_dhcid(address, name, |name| vec![Record::delete_all(name, Type::DHCID)])
            }
            Self::ReplacePointer => {
                let pointer = vec![Record::delete_all(reverse, Type::PTR), draft.add_pointer()];
                draft.with_dhcid(pointer, reverse, |reverse| {
                    vec![Record::delete_all(reverse, Type::DHCID), draft.add_dhcid(reverse)]
                })
            }
            Self::RemovePointer if draft.checks => vec![Record::delete_name(reverse)],
            Self::RemovePointer => {
                let pointer = vec![Record::delete_all(reverse, Type::PTR)];
                draft.with_dhcid(pointer, reverse, |reverse| vec![Record::delete_all(reverse, Type::DHCID)])
            }
        }
    }
}

/// Is a name changed only under conditions?
fn checks(request: &NameChangeRequest) -> bool {
    use ConflictResolutionMode::{CheckExistsWithDhcid, CheckWithDhcid};
    matches!(request.conflict_resolution_mode, CheckWithDhcid | CheckExistsWithDhcid)
}

/// What the records of a request's updates are made of.
struct Draft<'a> {
    request: &'a NameChangeRequest,
    name: &'a Name,
    /// The name of the address in the reverse zone.
    reverse: Name,
    /// A or AAAA.
    family: Type,
    /// A name is changed only under conditions.
    checks: bool,
    /// The condition is that the DHCID is this client's.
    own: bool,
}

impl<'a> Draft<'a> {
    fn new(request: &'a NameChangeRequest) -> Self {
        Self {
            request,
            name: &request.fqdn,
            reverse: Name::reverse(request.ip_address),
            family: Type::of(request.ip_address),
            checks: checks(request),
            own: request.conflict_resolution_mode == ConflictResolutionMode::CheckWithDhcid,
        }
    }

    fn dhcid_is_ours(&self) -> Record {
        Record::is(self.name, Type::DHCID, self.request.dhcid.rdata().to_vec())
    }

    fn delete_addresses(&self) -> Record {
        Record::delete_all(self.name, self.family)
    }

    fn add_address(&self) -> Record {
        let rdata = Record::address_rdata(self.request.ip_address);
        Record::add(self.name, self.family, self.request.lease_length, rdata)
    }

    fn add_pointer(&self) -> Record {
        Record::add(&self.reverse, Type::PTR, self.request.lease_length, self.name.wire().to_vec())
    }

    fn add_dhcid(&self, owner: &Name) -> Record {
        Record::add(owner, Type::DHCID, self.request.lease_length, self.request.dhcid.rdata().to_vec())
    }

    /// The changes, and those of the DHCID unless the mode is without it.
    fn with_dhcid(&self, mut changes: Vec<Record>, owner: &Name, dhcid: impl Fn(&Name) -> Vec<Record>) -> Vec<Record> {
        if self.request.conflict_resolution_mode != ConflictResolutionMode::NoCheckWithoutDhcid {
            changes.extend(dhcid(owner));
        }
        changes
    }
}
