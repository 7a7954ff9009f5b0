//! Host names and dynamic DNS: the `ddns-*` and `hostname-char-*` parameters of a scope.

use schema::Word;

/// `ddns-replace-client-name`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Word)]
#[any_case]
pub enum ReplaceClientName {
    /// Use the name the client sent.
    #[default]
    Never,
    /// Always generate one.
    Always,
    /// Generate one where the client sent a name.
    WhenPresent,
    /// Generate one where the client sent none.
    WhenNotPresent,
}

/// `ddns-conflict-resolution-mode` (RFC 4703); what D2 is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Word)]
#[any_case]
pub enum ConflictResolution {
    /// A name belongs to the client whose DHCID stands in the DNS.
    #[default]
    CheckWithDhcid,
    /// No check.
    NoCheckWithDhcid,
    /// There must be some DHCID record.
    CheckExistsWithDhcid,
    /// No check and no DHCID record.
    NoCheckWithoutDhcid,
}

/// Time to live of DNS records, from the lease's lifetime.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DnsTtl {
    /// `ddns-ttl-percent` as a fraction; `None`: a third (RFC 4702 §5).
    pub fraction: Option<f64>,
    /// `ddns-ttl`: this many seconds, whatever the lifetime.
    pub fixed: Option<u32>,
    /// `ddns-ttl-min`.
    pub min: Option<u32>,
    /// `ddns-ttl-max`.
    pub max: Option<u32>,
}

/// What a scope says about names.
#[derive(Clone, Debug, PartialEq)]
pub struct Ddns {
    /// `ddns-send-updates`, and updates are enabled at all.
    pub send_updates: bool,
    /// `ddns-override-no-update`: update although the client asked not to.
    pub override_no_update: bool,
    /// `ddns-override-client-update`: update although the client wants to do it.
    pub override_client_update: bool,
    /// `ddns-replace-client-name`.
    pub replace_client_name: ReplaceClientName,
    /// `ddns-generated-prefix`.
    pub generated_prefix: Box<str>,
    /// `ddns-qualifying-suffix`, without trailing dot; empty: none.
    pub qualifying_suffix: Box<str>,
    /// `ddns-update-on-renew`.
    pub update_on_renew: bool,
    /// `ddns-conflict-resolution-mode`.
    pub conflict_resolution: ConflictResolution,
    /// `ddns-ttl*`.
    pub ttl: DnsTtl,
    /// `hostname-char-set` and `hostname-char-replacement`.
    pub sanitizer: Option<Sanitizer>,
}

impl Default for Ddns {
    fn default() -> Self {
        Self {
            send_updates: false,
            override_no_update: false,
            override_client_update: false,
            replace_client_name: ReplaceClientName::Never,
            generated_prefix: "myhost".into(),
            qualifying_suffix: "".into(),
            update_on_renew: false,
            conflict_resolution: ConflictResolution::CheckWithDhcid,
            ttl: DnsTtl::default(),
            sanitizer: Sanitizer::new("[^A-Za-z0-9.-]", "").ok(),
        }
    }
}

/// Replaces characters of names: `hostname-char-set`, compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sanitizer {
    invalid: [u64; 4],
    replacement: Box<str>,
}

impl Sanitizer {
    /// Compiles a bracket expression of POSIX (`[^A-Za-z0-9.-]`): the characters it matches are replaced. Other
    /// regular expressions are refused.
    pub fn new(char_set: &str, replacement: &str) -> Result<Self, String> {
        let refuse = || format!("not supported yet: '{char_set}' is no bracket expression such as [^A-Za-z0-9.-]");
        let inner = char_set.strip_prefix('[').and_then(|s| s.strip_suffix(']')).ok_or_else(refuse)?;
        let (negated, inner) = inner.strip_prefix('^').map_or((false, inner), |rest| (true, rest));
        let bytes = inner.as_bytes();
        let mut invalid = [0u64; 4];
        let mut at = 0;
        while let Some(&first) = bytes.get(at) {
            // `]` stands for itself in the first place only; classes such as [:alpha:] are not offered.
            if (first == b']' && at > 0) || (first == b'[' && matches!(bytes.get(at + 1), Some(b':' | b'.' | b'='))) {
                return Err(refuse());
            }
            let last = match (bytes.get(at + 1), bytes.get(at + 2)) {
                (Some(b'-'), Some(&last)) => {
                    at += 2;
                    last
                }
                _ => first,
            };
            if last < first {
                return Err(refuse());
            }
            (first..=last).for_each(|byte| invalid[usize::from(byte >> 6)] |= 1 << (byte & 63));
            at += 1;
        }
        if bytes.is_empty() {
            return Err(refuse());
        }
        if negated {
            invalid = invalid.map(|word| !word);
        }
        Ok(Self { invalid, replacement: replacement.into() })
    }

    /// Whether a byte is to be replaced.
    pub fn replaces(&self, byte: u8) -> bool {
        self.invalid[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }

    /// A name with its bad characters replaced.
    pub fn scrub(&self, name: &[u8]) -> String {
        let mut clean = String::with_capacity(name.len());
        for &byte in name {
            if self.replaces(byte) || !byte.is_ascii() {
                clean.push_str(&self.replacement);
            } else {
                clean.push(char::from(byte));
            }
        }
        clean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scrubs_what_the_set_says() {
        let keep = Sanitizer::new("[^A-Za-z0-9.-]", "x").unwrap();
        assert_eq!(keep.scrub(b"my host_1.example-\xff"), "myxhostx1.example-x");
        let drop = Sanitizer::new("[_ ]", "").unwrap();
        assert_eq!(drop.scrub(b"a_b c"), "abc");
        assert_eq!(Sanitizer::new("[]_]", "-").unwrap().scrub(b"a]b_"), "a-b-");
    }

    #[test]
    fn other_expressions_are_refused() {
        for bad in ["", "[]", "[^]", "a+", "[[:alpha:]]", "[z-a]", "[a][b]"] {
            assert!(Sanitizer::new(bad, "").is_err(), "{bad}");
        }
    }
}
