//! Who may send commands over HTTP: basic authentication (RFC 7617).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::HashMap;

/// Those who may send commands.
#[derive(Debug, Default)]
pub struct Access {
    realm: String,
    /// Users by what a client of theirs sends: user and password in base 64.
    users: HashMap<String, String>,
}

/// Why a client is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unauthorized {
    /// It does not say who it is.
    Nobody,
    /// What it says is not basic authentication.
    Malformed(&'static str),
    /// Nobody has this user and this password.
    Unknown,
}

impl Access {
    /// Access for pairs of a user and a password. A client that is turned away is told the realm.
    pub fn new(realm: String, users: impl IntoIterator<Item = (String, String)>) -> Self {
        let credential = |user: &str, password: &str| STANDARD.encode(format!("{user}:{password}"));
        let users = users.into_iter().map(|(user, password)| (credential(&user, &password), user)).collect();
        Access { realm, users }
    }

    /// What a client that is turned away finds in `WWW-Authenticate`.
    pub(super) fn challenge(&self) -> String {
        format!("Basic realm=\"{}\"", self.realm)
    }

    /// The user that the field `Authorization` names; an empty one where nobody is named, since then everybody may.
    pub(super) fn judge(&self, authorization: Option<&str>) -> Result<&str, Unauthorized> {
        if self.users.is_empty() {
            return Ok("");
        }
        let field = authorization.ok_or(Unauthorized::Nobody)?.trim();
        if field.len() < 8 {
            return Err(Unauthorized::Malformed("header content is too short"));
        }
        match field.split_at_checked(5) {
            Some((scheme, credential)) if scheme.eq_ignore_ascii_case("basic") => {
                self.users.get(credential.trim()).map(String::as_str).ok_or(Unauthorized::Unknown)
            }
            _ => Err(Unauthorized::Malformed("not basic authentication")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_known_by_their_passwords() {
        let access = Access::new("r".to_owned(), [("admin".to_owned(), "a:b".to_owned())]);
        for good in ["Basic YWRtaW46YTpi", "basic   YWRtaW46YTpi ", "BASICYWRtaW46YTpi"] {
            assert_eq!(access.judge(Some(good)), Ok("admin"), "{good}");
        }
        for (bad, reason) in [
            (None, Unauthorized::Nobody),
            (Some("Basic"), Unauthorized::Malformed("header content is too short")),
            (Some("Bearer YWRtaW46YTpi"), Unauthorized::Malformed("not basic authentication")),
            (Some("Basi\u{e9} YWRtaW46YTpi"), Unauthorized::Malformed("not basic authentication")),
            (Some("Basic YWRtaW46YTpj"), Unauthorized::Unknown),
        ] {
            assert_eq!(access.judge(bad), Err(reason), "{bad:?}");
        }
        assert_eq!(access.challenge(), "Basic realm=\"r\"");
    }

    #[test]
    fn without_users_everybody_may() {
        assert_eq!(Access::default().judge(None), Ok(""));
    }
}
