//! Passwords: as they are, or hashed by SHA512-crypt (`$6$`, what `openssl passwd -6` and `mkpasswd` make).
//!
//! The algorithm is Ulrich Drepper's "Unix crypt using SHA-256 and SHA-512" of 2008; it has no RFC.

use sha2::{Digest, Sha512};

/// Rounds without `rounds=`.
const DEFAULT_ROUNDS: u32 = 5_000;
/// Fewest rounds.
const LEAST_ROUNDS: u32 = 1_000;
/// Most rounds; more would let a login hold up the agent.
const MOST_ROUNDS: u32 = 200_000;
/// Longest password that is looked at; the work grows with its length.
const LONGEST: usize = 256;

/// How a password is known.
#[derive(Clone, PartialEq, Eq)]
pub enum Password {
    /// As it is.
    Clear(String),
    /// Hashed.
    Hashed(Hash),
}

/// A SHA512-crypt hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hash {
    rounds: u32,
    salt: String,
    text: String,
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(..)")
    }
}

impl Hash {
    /// Reads `$6$SALT$HASH` or `$6$rounds=N$SALT$HASH`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || "must be a SHA512-crypt hash, \"$6$...\" as openssl passwd -6 makes it".to_string();
        let mut parts = text.strip_prefix("$6$").ok_or_else(wrong)?.split('$').peekable();
        let mut rounds = DEFAULT_ROUNDS;
        if let Some(given) = parts.peek().and_then(|part| part.strip_prefix("rounds=")) {
            rounds = given.parse().map_err(|_| wrong())?;
            if !(LEAST_ROUNDS..=MOST_ROUNDS).contains(&rounds) {
                return Err(format!("rounds must be {LEAST_ROUNDS} to {MOST_ROUNDS}"));
            }
            parts.next();
        }
        match (parts.next(), parts.next(), parts.next()) {
            (Some(salt), Some(hash), None) if salt.len() <= 16 && hash.len() == 86 => {
                Ok(Self { rounds, salt: salt.to_string(), text: hash.to_string() })
            }
            _ => Err(wrong()),
        }
    }
}

impl Password {
    /// Whether `given` is this password. Takes the same time whether it is or not.
    pub fn is(&self, given: &str) -> bool {
        if given.len() > LONGEST {
            return false;
        }
        match self {
            // Hashes are of one length, so that the comparison tells nothing about the password's.
            Self::Clear(password) => same(&Sha512::digest(password), &Sha512::digest(given)),
            Self::Hashed(hash) => {
                let made = encode(&crypt(given.as_bytes(), hash.salt.as_bytes(), hash.rounds));
                same(made.as_bytes(), hash.text.as_bytes())
            }
        }
    }
}

/// Compares without stopping at the first difference.
fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |acc, (l, r)| acc | (l ^ r)) == 0
}

fn crypt(password: &[u8], salt: &[u8], rounds: u32) -> [u8; 64] {
    let alternate = Sha512::new().chain_update(password).chain_update(salt).chain_update(password).finalize();
    let mut first = Sha512::new().chain_update(password).chain_update(salt);
    first.update(repeated(&alternate, password.len()));
    let mut bits = password.len();
    while bits > 0 {
        if bits & 1 == 1 {
            first.update(alternate)
        } else {
            first.update(password)
        }
        bits >>= 1;
    }
    let mut digest: [u8; 64] = first.finalize().into();

    let mut of_password = Sha512::new();
    password.iter().for_each(|_| of_password.update(password));
    let password = repeated(&of_password.finalize(), password.len());
    let mut of_salt = Sha512::new();
    (0..16 + usize::from(digest[0])).for_each(|_| of_salt.update(salt));
    let salt = repeated(&of_salt.finalize(), salt.len());

    for round in 0..rounds {
        let mut next = Sha512::new();
        if round % 2 == 1 {
            next.update(&password)
        } else {
            next.update(digest)
        }
        if round % 3 != 0 {
            next.update(&salt);
        }
        if round % 7 != 0 {
            next.update(&password);
        }
        if round % 2 == 1 {
            next.update(digest)
        } else {
            next.update(&password)
        }
        digest = next.finalize().into();
    }
    digest
}

/// `length` bytes of `block` over and over.
fn repeated(block: &[u8], length: usize) -> Vec<u8> {
    block.iter().copied().cycle().take(length).collect()
}

const ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The order in which SHA512-crypt writes the bytes: triples (i, i + 21, i + 42), turned by one each time.
fn encode(digest: &[u8; 64]) -> String {
    let mut out = String::with_capacity(86);
    for at in 0..21 {
        let (a, b, c) = (digest[at], digest[at + 21], digest[at + 42]);
        let turned = match at % 3 {
            0 => [a, b, c],
            1 => [b, c, a],
            _ => [c, a, b],
        };
        push(&turned, 4, &mut out);
    }
    push(&[0, 0, digest[63]], 2, &mut out);
    out
}

fn push(bytes: &[u8; 3], characters: usize, out: &mut String) {
    let mut value = u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]);
    for _ in 0..characters {
        out.push(char::from(ALPHABET[(value & 63) as usize]));
        value >>= 6;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two of the specification's, and one longer than a digest, made by crypt(3).
    const KNOWN: [(&str, &str); 3] = [
        (
            "Hello world!",
            "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
        ),
        (
            "Hello world!",
            "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.",
        ),
        (
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaß",
            "$6$ab$Sery9icGfCKsD5Kb0izL0mKGHoK4numWuSQvk/Z6Bt09qf9lcqzzXOUyKsLGy7Eu.MbTjipbARysMJ9E/94tF1",
        ),
    ];

    #[test]
    fn known_hashes_hold_for_their_password_only() {
        for (password, hash) in KNOWN {
            let known = Password::Hashed(Hash::parse(hash).unwrap());
            assert!(known.is(password));
            assert!(!known.is("Hello world"));
        }
        assert!(Password::Clear("a".into()).is("a"));
        assert!(!Password::Clear("a".into()).is("ab"));
    }

    #[test]
    fn other_hashes_are_refused() {
        for text in ["", "x", "$5$a$b", "$6$salt", "$6$rounds=1$a$b", "$6$rounds=x$a$b", "$6$a$b$c"] {
            assert!(Hash::parse(text).is_err(), "{text}");
        }
    }
}
