//! Host names and dynamic DNS: the `ddns-*` and `hostname-char-*` parameters of a scope.

use eval::{Bytes, Extended, Found};
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
    /// These bytes: nearly every set is one.
    Bytes(Bytes),
    Parts(Box<Extended>),
}

/// A part of the replacement.
#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(Box<str>),
    /// What a group holds: `$1`. Group 0 is what is replaced, `$&`.
    Group(usize),
    /// What stands between it and the part that was replaced before: `` $` ``.
    Before,
    /// What stands behind it: `$'`.
    Behind,
}

impl Sanitizer {
    /// Compiles an extended regular expression of POSIX, such as `[^A-Za-z0-9.-]`, and what replaces the parts of names that
    /// fit it.
    pub fn new(char_set: &str, replacement: &str) -> Result<Self, String> {
        let replacement = pieces(replacement);
        let alone = replacement.iter().all(|piece| matches!(piece, Piece::Text(_) | Piece::Group(0)));
        let invalid = match Bytes::of(char_set).filter(|_| alone) {
            Some(bytes) => Invalid::Bytes(bytes),
            None => Invalid::Parts(Box::new(Extended::new(char_set)?)),
        };
        Ok(Self { invalid, replacement })
    }

    /// A name with its bad parts replaced.
    pub fn scrub(&self, name: &[u8]) -> Vec<u8> {
        let mut clean = Vec::with_capacity(name.len());
        match &self.invalid {
            Invalid::Bytes(invalid) => name.iter().for_each(|byte| {
                if invalid.contains(*byte) {
                    self.replace_byte(*byte, &mut clean);
                } else {
                    clean.push(*byte);
                }
            }),
            Invalid::Parts(expression) => self.scrub_parts(expression, name, &mut clean),
        }
        clean
    }

    fn scrub_parts(&self, expression: &Extended, name: &[u8], clean: &mut Vec<u8>) {
        let (mut from, mut kept) = (0, 0);
        while let Some(found) = expression.find(name, from) {
            clean.extend(name.get(kept..found.place.start).unwrap_or_default());
            self.replace(name, kept, &found, clean);
            (from, kept) = (found.place.end, found.place.end);
            // Behind what is empty the next byte is kept.
            if found.place.is_empty() {
                from += 1;
                if from > name.len() {
                    return;
                }
            }
        }
        clean.extend(name.get(kept..).unwrap_or_default());
    }

    fn replace(&self, name: &[u8], kept: usize, found: &Found<'_>, clean: &mut Vec<u8>) {
        for piece in &self.replacement {
            match piece {
                Piece::Text(text) => clean.extend(text.bytes()),
                Piece::Group(number) => clean.extend(found.group(*number)),
                Piece::Before => clean.extend(name.get(kept..found.place.start).unwrap_or_default()),
                Piece::Behind => clean.extend(name.get(found.place.end..).unwrap_or_default()),
            }
        }
    }

    fn replace_byte(&self, byte: u8, clean: &mut Vec<u8>) {
        for piece in &self.replacement {
            match piece {
                Piece::Text(text) => clean.extend(text.bytes()),
                _ => clean.push(byte),
            }
        }
    }
}

/// Reads a replacement as ECMAScript does: `$&` is what is replaced, `$1` the first group of it, `` $` `` and `$'` what stands
/// before and behind it, `$$` a dollar sign.
fn pieces(replacement: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = replacement;
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        let sign = rest.bytes().next().filter(|_| c == '$');
        // A group has one digit or two.
        let digits = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
        let (piece, length) = match sign {
            Some(b'$') => (None, 1),
            Some(b'&') => (Some(Piece::Group(0)), 1),
            Some(b'`') => (Some(Piece::Before), 1),
            Some(b'\'') => (Some(Piece::Behind), 1),
            Some(b'0'..=b'9') => (rest.get(..digits).and_then(|it| it.parse().ok()).map(Piece::Group), digits),
            _ => (None, 0),
        };
        rest = rest.get(length..).unwrap_or_default();
        match piece {
            Some(piece) => pieces.extend([Piece::Text(std::mem::take(&mut text).into()), piece]),
            None => text.push(c),
        }
    }
    pieces.push(Piece::Text(text.into()));
    pieces
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
            ("(_)([a-z])", "$2$1", "a_b_c", "ab_c_"),
            ("([a-z]+)_([0-9]+)", "<$02$3$$1>", "ab_12", "<12$1>"),
            ("_", "[$`|$'|$0]", "ab_c", "ab[ab|c|_]c"),
            ("_", "$", "a_b", "a$b"),
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
    }
}
