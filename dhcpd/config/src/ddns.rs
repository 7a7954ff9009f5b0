//! Host names and dynamic DNS: the `ddns-*` and `hostname-char-*` parameters of a scope.

use eval::Pattern;
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

/// Replaces parts of names: `hostname-char-set` and `hostname-char-replacement`.
#[derive(Clone, Debug, PartialEq)]
pub struct Sanitizer {
    invalid: Invalid,
    replacement: Vec<Piece>,
}

/// What is replaced.
#[derive(Clone, Debug, PartialEq)]
enum Invalid {
    /// These bytes, a bit each: nearly every set is one.
    Bytes([u64; 4]),
    Parts(Box<Pattern>),
}

/// A part of the replacement.
#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(Box<str>),
    /// What is replaced: `$&`.
    Replaced,
}

impl Sanitizer {
    /// Compiles an extended regular expression of POSIX, such as `[^A-Za-z0-9.-]`, and what replaces the parts of names that
    /// fit it.
    pub fn new(char_set: &str, replacement: &str) -> Result<Self, String> {
        let pattern = Pattern::extended(char_set)?;
        let mut bytes = [0u64; 4];
        if pattern.is_byte() {
            let fits = (0..=u8::MAX).filter(|byte| pattern.matches(&[*byte]));
            // A word has 64 bits.
            fits.for_each(|byte| bytes[usize::from(byte >> 6)] |= 1 << (byte & 63));
        }
        let invalid = if pattern.is_byte() { Invalid::Bytes(bytes) } else { Invalid::Parts(Box::new(pattern)) };
        Ok(Self { invalid, replacement: pieces(replacement)? })
    }

    /// A name with its bad parts replaced.
    pub fn scrub(&self, name: &[u8]) -> Vec<u8> {
        let mut clean = Vec::with_capacity(name.len());
        match &self.invalid {
            Invalid::Bytes(invalid) => name.iter().for_each(|byte| {
                if invalid[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1 {
                    self.replace(std::slice::from_ref(byte), &mut clean);
                } else {
                    clean.push(*byte);
                }
            }),
            Invalid::Parts(pattern) => self.scrub_parts(pattern, name, &mut clean),
        }
        clean
    }

    fn scrub_parts(&self, pattern: &Pattern, name: &[u8], clean: &mut Vec<u8>) {
        let mut at = 0;
        while let Some(found) = pattern.find(name, at) {
            clean.extend(name.get(at..found.start).unwrap_or_default());
            self.replace(name.get(found.clone()).unwrap_or_default(), clean);
            at = found.end;
            // Behind what is empty the next byte is kept.
            if found.is_empty() {
                let Some(byte) = name.get(at) else { return };
                clean.push(*byte);
                at += 1;
            }
        }
        clean.extend(name.get(at..).unwrap_or_default());
    }

    fn replace(&self, part: &[u8], clean: &mut Vec<u8>) {
        for piece in &self.replacement {
            match piece {
                Piece::Text(text) => clean.extend(text.bytes()),
                Piece::Replaced => clean.extend(part),
            }
        }
    }
}

/// Reads a replacement as ECMAScript does: `$&` is what is replaced, `$$` a dollar sign.
fn pieces(replacement: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut chars = replacement.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('$', Some('$')) => text.extend(chars.next()),
            ('$', Some('&')) => {
                chars.next();
                pieces.extend([Piece::Text(std::mem::take(&mut text).into()), Piece::Replaced]);
            }
            ('$', Some(sign @ ('0'..='9' | '`' | '\''))) => {
                return Err(format!("not supported yet: '${sign}' in the replacement of characters of host names"));
            }
            (plain, _) => text.push(plain),
        }
    }
    pieces.push(Piece::Text(text.into()));
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_replaced() {
        for (set, replacement, name, clean) in [
            ("[^A-Za-z0-9.-]", "x", "my host_1.example-\u{ff}", "myxhostx1.example-xx"),
            ("[_ ]", "", "a_b c", "ab c".replace(' ', "").as_str()),
            ("[]_]", "-", "a]b_", "a-b-"),
            ("_+", "-", "a__b_c", "a-b-c"),
            ("^[0-9]+", "n", "12ab3", "nab3"),
            ("[0-9]", "<$&$$>", "a1", "a<1$>"),
            ("x*", "-", "axb", "-a--b-"),
        ] {
            let clean = clean.as_bytes();
            assert_eq!(Sanitizer::new(set, replacement).unwrap().scrub(name.as_bytes()), clean, "{set}");
        }
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for bad in ["[]", "[^]", "[z-a]", "(", "a\\"] {
            assert!(Sanitizer::new(bad, "").is_err(), "{bad}");
        }
        assert!(Sanitizer::new("[a]", "$1").is_err());
    }
}
