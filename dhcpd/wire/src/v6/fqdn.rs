//! The Client FQDN option (RFC 4704 §4): flags and a name, whole or in part.

use super::{Writer, code};
use crate::names::{self, NameError};
use std::fmt;

/// A Client FQDN option.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientFqdn {
    /// S: the server is to update, or updates, the AAAA record.
    pub server_updates: bool,
    /// O: the server overrode the client's S.
    pub overridden: bool,
    /// N: the server is not to update, or does not update, anything.
    pub no_updates: bool,
    /// The name in lower case; one that is fully qualified ends with a dot. May be empty.
    pub name: String,
}

/// Why an option is no Client FQDN option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FqdnError {
    /// There is no flags byte.
    Empty,
    /// N and S are both set (RFC 4704 §4.1).
    Flags,
    /// The name is none.
    Name(NameError),
    /// Something follows the root label.
    Trailing,
}

const S: u8 = 1;
const O: u8 = 2;
const N: u8 = 4;

impl ClientFqdn {
    /// Reads the payload of the option.
    pub fn parse(data: &[u8]) -> Result<Self, FqdnError> {
        let (&flags, wire) = data.split_first().ok_or(FqdnError::Empty)?;
        let flag = |bit| flags & bit != 0;
        if flag(S) && flag(N) {
            return Err(FqdnError::Flags);
        }
        let (decoded, length) = names::decode(wire).map_err(FqdnError::Name)?;
        if length != wire.len() {
            return Err(FqdnError::Trailing);
        }
        let mut name = decoded.text;
        name.make_ascii_lowercase();
        if decoded.absolute && !name.is_empty() {
            name.push('.');
        }
        Ok(Self { server_updates: flag(S), overridden: flag(O), no_updates: flag(N), name })
    }

    /// Reads the payload; one that has both N and S set has only S (`lenient-option-parsing`).
    pub fn parse_leniently(data: &[u8]) -> Result<Self, FqdnError> {
        match (Self::parse(data), data.split_first()) {
            (Err(FqdnError::Flags), Some((flags, wire))) => Self::parse(&[&[flags & !N], wire].concat()),
            (parsed, _) => parsed,
        }
    }

    /// Writes the option; on an error nothing is written.
    pub fn write(&self, out: &mut Writer<'_>) -> Result<(), NameError> {
        let flag = |on, bit| if on { bit } else { 0 };
        let mut data = vec![flag(self.server_updates, S) | flag(self.overridden, O) | flag(self.no_updates, N)];
        names::encode(&self.name, false, &mut data)?;
        out.option(code::CLIENT_FQDN, &data);
        Ok(())
    }
}

impl fmt::Display for ClientFqdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { server_updates, overridden, no_updates, name } = self;
        let flag = |on: &bool| u8::from(*on);
        let kind = if name.ends_with('.') { "full" } else { "partial" };
        let (n, o, s) = (flag(no_updates), flag(overridden), flag(server_updates));
        write!(f, "flags: (N={n}, O={o}, S={s}), domain-name='{name}' ({kind})")
    }
}

impl fmt::Display for FqdnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the Client FQDN option is empty"),
            Self::Flags => f.write_str("the Client FQDN option has both its flags N and S set"),
            Self::Name(error) => write!(f, "Client FQDN option: {error}"),
            Self::Trailing => f.write_str("something follows the name in the Client FQDN option"),
        }
    }
}

impl std::error::Error for FqdnError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v6::Options;
    use proptest::prelude::*;

    fn written(fqdn: &ClientFqdn) -> Vec<u8> {
        let mut out = Vec::new();
        fqdn.write(&mut Writer::new(&mut out)).unwrap();
        Options::new(&out, 0).find(code::CLIENT_FQDN).unwrap().to_vec()
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(name in "([a-z0-9-]{1,20}(\\.[a-z0-9-]{1,20}){0,4}\\.?)?", s in any::<bool>(), n in any::<bool>(), o in any::<bool>()) {
            let fqdn = ClientFqdn { server_updates: s && !n, overridden: o, no_updates: n, name };
            prop_assert_eq!(ClientFqdn::parse(&written(&fqdn)), Ok(fqdn));
        }

        #[test]
        fn any_bytes_are_an_option_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = ClientFqdn::parse(&bytes);
        }
    }

    #[test]
    fn a_name_is_full_or_partial() {
        assert_eq!(ClientFqdn::parse(b"\x01\x02Pc\x03Lan\0").unwrap().name, "pc.lan.");
        assert_eq!(ClientFqdn::parse(b"\x00\x02pc").unwrap().name, "pc");
        assert_eq!(ClientFqdn::parse(b"\x00\0").unwrap().name, "");
        assert_eq!(ClientFqdn::parse(b"\x05\x02pc"), Err(FqdnError::Flags));
        assert_eq!(ClientFqdn::parse(b"\x00\x02pc\0\x01x"), Err(FqdnError::Trailing));
        assert_eq!(ClientFqdn::parse(b""), Err(FqdnError::Empty));
    }
}
