//! What the two forms say differently: groups of keys of the JSON that are groups of nodes in the model.

use std::collections::HashMap;
use std::net::IpAddr;

use serde_json::{Map, Value};

use crate::Model;
use crate::scalar::Prefix;

/// Members of a JSON object.
pub(crate) type Members = Map<String, Value>;

/// Keys of a map of the JSON and nodes of the model that say the same.
pub(crate) struct Special {
    /// The list or container that the nodes stand in; empty: any.
    within: &'static str,
    /// Keys of the JSON.
    pub keys: &'static [&'static str],
    /// Nodes of the model.
    pub nodes: &'static [&'static str],
    /// From the keys of the JSON. An error is what is wrong with the first key.
    pub to_yang: fn(&Context<'_>, &Members) -> Result<Members, String>,
    /// From the nodes alone. An error is what is wrong with the first node.
    pub to_kea: fn(&Members) -> Result<Members, String>,
}

/// All of them.
pub(crate) static SPECIALS: &[Special] = &[
    Special {
        within: "",
        keys: &["user-context", "comment"],
        nodes: &["user-context"],
        to_yang: |_, kea| context_to_yang(kea),
        to_kea: context_to_kea,
    },
    Special {
        within: "multi-threading",
        keys: &["user-context", "comment"],
        nodes: &["takahe:user-context"],
        to_yang: |_, kea| {
            Ok(context_to_yang(kea)?.into_iter().map(|(_, context)| ("takahe:user-context".into(), context)).collect())
        },
        to_kea: context_to_kea,
    },
    Special {
        within: "pool",
        keys: &["pool"],
        nodes: &["prefix", "start-address", "end-address"],
        to_yang: |_, kea| pool_to_yang(kea),
        to_kea: pool_to_kea,
    },
    Special {
        within: "pd-pool",
        keys: &["prefix", "prefix-len"],
        nodes: &["prefix"],
        to_yang: |_, kea| prefix_to_yang(kea, "prefix", "prefix-len"),
        to_kea: |yang| prefix_to_kea(yang, "prefix", "prefix-len"),
    },
    Special {
        within: "pd-pool",
        keys: &["excluded-prefix", "excluded-prefix-len"],
        nodes: &["excluded-prefix"],
        to_yang: |_, kea| match kea.get("excluded-prefix-len") {
            // Length 0 is how the JSON says that nothing is excluded.
            None => Ok(Members::new()),
            Some(length) if length == 0 => Ok(Members::new()),
            Some(_) => prefix_to_yang(kea, "excluded-prefix", "excluded-prefix-len"),
        },
        to_kea: |yang| prefix_to_kea(yang, "excluded-prefix", "excluded-prefix-len"),
    },
    Special {
        within: "host",
        keys: IDENTIFIERS,
        nodes: &["identifier-type", "identifier"],
        to_yang: |_, kea| identifier_to_yang(kea),
        to_kea: identifier_to_kea,
    },
    Special {
        within: "host",
        keys: &["prefixes", "excluded-prefixes"],
        nodes: &["prefixes", "excluded-prefixes"],
        to_yang: |_, kea| prefixes_to_yang(kea),
        to_kea: prefixes_to_kea,
    },
    Special {
        within: "option-data",
        keys: &["code", "name", "space", "data"],
        nodes: &["code", "name", "space", "data"],
        to_yang: option_to_yang,
        // No data is no key in the JSON.
        to_kea: |yang| {
            let said = yang.iter().filter(|(node, value)| *node != "data" || *value != "");
            Ok(said.map(|(node, value)| (node.clone(), value.clone())).collect())
        },
    },
    Special {
        within: "option-def",
        keys: &["space"],
        nodes: &["space"],
        to_yang: |context, kea| {
            let space = kea.get("space").cloned().unwrap_or_else(|| context.model.space.into());
            Ok(members([("space", space)]))
        },
        to_kea: |yang| Ok(yang.clone()),
    },
    Special {
        within: "authentication",
        keys: &["type"],
        nodes: &["auth-type"],
        // The model demands what the JSON may leave to the daemon.
        to_yang: |_, kea| Ok(members([("auth-type", kea.get("type").cloned().unwrap_or_else(|| "basic".into()))])),
        to_kea: |yang| Ok(yang.values().map(|kind| ("type".to_owned(), kind.clone())).collect()),
    },
    Special {
        within: "key",
        keys: &["secret", "secret-file"],
        nodes: SECRETS,
        // The model demands a secret.
        to_yang: |_, kea| {
            let (secret, file) = (kea.get("secret"), kea.get("secret-file"));
            let empty = file.map(|_| Value::from(""));
            let given = SECRETS.iter().zip([secret.cloned().or(empty), file.cloned()]);
            Ok(members(given.filter_map(|(node, value)| Some((*node, value?)))))
        },
        to_kea: |yang| {
            let [secret, file] = [0, 1].map(|node| SECRETS.get(node).and_then(|node| yang.get(*node)).cloned());
            let secret = secret.filter(|secret| file.is_none() || secret != "");
            let given = ["secret", "secret-file"].into_iter().zip([secret, file]);
            Ok(members(given.filter_map(|(key, value)| Some((key, value?)))))
        },
    },
    Special {
        within: "clients",
        keys: CREDENTIALS,
        nodes: CREDENTIALS,
        to_yang: |_, kea| {
            let empty = || Value::from("");
            Ok(members(CREDENTIALS.iter().map(|&key| (key, kea.get(key).cloned().unwrap_or_else(empty)))))
        },
        to_kea: |yang| {
            let given = yang.iter().filter(|(_, value)| *value != "");
            Ok(given.map(|(key, value)| (key.clone(), value.clone())).collect())
        },
    },
];

/// Nodes without a user context of their own.
static NO_CONTEXT: &[&str] = &[
    "compatibility",
    "config-control",
    "expired-leases-processing",
    "forward-ddns",
    "hook-library",
    "output-option",
    "relay",
    "reverse-ddns",
    "sanity-checks",
];

static IDENTIFIERS: &[&str] = &["hw-address", "duid", "circuit-id", "client-id", "flex-id"];

static SECRETS: &[&str] = &["secret", "takahe:secret-file"];

static CREDENTIALS: &[&str] = &["user", "password", "user-file", "password-file"];

/// Whether the parameter has no node in this container or list, or the daemon does not take it there, whatever its table
/// says of other places.
pub(crate) fn has_no_node(module: &str, within: &str, key: &str) -> bool {
    let context = NO_CONTEXT.contains(&within) && ["user-context", "comment"].contains(&key);
    let socket = ["control-socket", "control-sockets"].contains(&within);
    context || (module == "kea-dhcp-ddns" && socket && key == "http-headers")
}

impl Special {
    /// Whether it has a meaning in this container or list.
    pub fn stands_in(&self, node: &str) -> bool {
        self.within == node || (self.within.is_empty() && node != "multi-threading" && !NO_CONTEXT.contains(&node))
    }
}

/// What the translation of a map must know of the rest of the configuration.
pub(crate) struct Context<'a> {
    pub model: &'a Model,
    /// Options defined in the configuration, by space and name.
    codes: HashMap<(&'a str, &'a str), u16>,
}

impl<'a> Context<'a> {
    /// For the parameters of a daemon.
    pub fn new(model: &'a Model, kea: &'a Members) -> Self {
        let mut context = Self { model, codes: HashMap::new() };
        let classes = kea.get("client-classes").and_then(Value::as_array).into_iter().flatten();
        let scopes = std::iter::once(Some(kea)).chain(classes.map(Value::as_object)).flatten();
        for definition in scopes.filter_map(|scope| scope.get("option-def")?.as_array()).flatten() {
            let space = definition.get("space").and_then(Value::as_str).unwrap_or(model.space);
            let name = definition.get("name").and_then(Value::as_str);
            let code = definition.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
            if let (Some(name), Some(code)) = (name, code) {
                context.codes.insert((space, name), code);
            }
        }
        context
    }

    pub fn code(&self, space: &str, name: &str) -> Option<u16> {
        self.codes.get(&(space, name)).copied().or_else(|| (self.model.code)(space, name))
    }
}

fn members<'a>(list: impl IntoIterator<Item = (&'a str, Value)>) -> Members {
    list.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// The user context as text, the comment in it.
fn context_to_yang(kea: &Members) -> Result<Members, String> {
    let mut context = match kea.get("user-context") {
        Some(Value::Object(context)) => context.clone(),
        Some(_) => return Err("a map is expected".into()),
        None if !kea.contains_key("comment") => return Ok(Members::new()),
        None => Members::new(),
    };
    if let Some(comment) = kea.get("comment") {
        // The daemons take it after the context only where that has none.
        context.insert("comment".to_owned(), comment.clone());
    }
    Ok(members([("user-context", Value::Object(context).to_string().into())]))
}

fn context_to_kea(yang: &Members) -> Result<Members, String> {
    let text = yang.values().next().and_then(Value::as_str).unwrap_or_default();
    match serde_json::from_str(text) {
        Ok(context @ Value::Object(_)) => Ok(members([("user-context", context)])),
        Ok(_) => Err("a JSON object is expected".into()),
        Err(error) => Err(format!("this is no JSON object: {error}")),
    }
}

/// `first - last` or `prefix/length`.
fn pool_to_yang(kea: &Members) -> Result<Members, String> {
    let Some(pool) = kea.get("pool") else { return Ok(Members::new()) };
    let pool = pool.as_str().ok_or("a string is expected")?;
    let wrong = || format!("`{pool}` is neither `FIRST - LAST` nor `PREFIX/LENGTH`");
    if pool.contains('/') {
        let prefix = Prefix::parse(pool).ok_or_else(wrong)?;
        return Ok(members([
            ("start-address", prefix.first().to_string().into()),
            ("end-address", prefix.last().to_string().into()),
            ("prefix", prefix.to_string().into()),
        ]));
    }
    let (first, last) = pool.split_once('-').ok_or_else(wrong)?;
    let address = |text: &str| text.trim().parse::<IpAddr>().map_err(|_| wrong());
    Ok(members([
        ("start-address", address(first)?.to_string().into()),
        ("end-address", address(last)?.to_string().into()),
    ]))
}

fn pool_to_kea(yang: &Members) -> Result<Members, String> {
    let text = |node| yang.get(node).and_then(Value::as_str).unwrap_or_default();
    let (first, last) = (text("start-address"), text("end-address"));
    let pool = match yang.get("prefix").and_then(Value::as_str) {
        None => format!("{first} - {last}"),
        Some(text) => {
            let prefix = Prefix::parse(text).ok_or_else(|| format!("`{text}` is no prefix"))?;
            if first.parse() != Ok(prefix.first()) || last.parse() != Ok(prefix.last()) {
                return Err(format!(
                    "the prefix {prefix} is the range {} - {}, not {first} - {last}",
                    prefix.first(),
                    prefix.last()
                ));
            }
            prefix.to_string()
        }
    };
    Ok(members([("pool", pool.into())]))
}

/// Address and length under two keys.
fn prefix_to_yang(kea: &Members, key: &'static str, length_key: &str) -> Result<Members, String> {
    let (Some(address), Some(length)) = (kea.get(key), kea.get(length_key)) else { return Ok(Members::new()) };
    let address = address.as_str().and_then(|a| a.parse().ok()).ok_or("an address is expected")?;
    let length = length.as_u64().and_then(|l| u8::try_from(l).ok());
    let prefix = length.and_then(|l| Prefix::new(address, l)).ok_or_else(|| format!("`{length_key}` is too long"))?;
    Ok(members([(key, prefix.to_string().into())]))
}

fn prefix_to_kea(yang: &Members, key: &'static str, length_key: &'static str) -> Result<Members, String> {
    let text = yang.get(key).and_then(Value::as_str).unwrap_or_default();
    let prefix = Prefix::parse(text).ok_or_else(|| format!("`{text}` is no prefix"))?;
    Ok(members([(key, prefix.first().to_string().into()), (length_key, prefix.length().into())]))
}

fn identifier_to_yang(kea: &Members) -> Result<Members, String> {
    let mut given = IDENTIFIERS.iter().filter_map(|key| kea.get(*key).map(|value| (*key, value)));
    let Some((kind, identifier)) = given.next() else { return Ok(Members::new()) };
    match given.next() {
        Some((other, _)) => Err(format!("a reservation has one identifier, this one has `{kind}` and `{other}`")),
        None => Ok(members([("identifier-type", kind.into()), ("identifier", identifier.clone())])),
    }
}

fn identifier_to_kea(yang: &Members) -> Result<Members, String> {
    let kind = yang.get("identifier-type").and_then(Value::as_str).unwrap_or_default();
    let identifier = yang.get("identifier").cloned().unwrap_or_else(|| "".into());
    let Some(kind) = IDENTIFIERS.iter().find(|known| **known == kind) else {
        return Err(format!("`{kind}` is no type of identifier"));
    };
    Ok(members([(*kind, identifier)]))
}

/// Prefixes and what is excluded from each. In the JSON they belong together by their places, an empty string stands for
/// none; in the model by the one containing the other.
fn prefixes_to_yang(kea: &Members) -> Result<Members, String> {
    let mut yang = Members::new();
    for key in ["prefixes", "excluded-prefixes"] {
        let values = kea.get(key).and_then(Value::as_array).into_iter().flatten();
        let given = values.filter(|value| *value != "").map(|value| parsed(value).map(|p| Value::from(p.to_string())));
        let mut prefixes: Vec<Value> = Vec::new();
        for prefix in given {
            let prefix = prefix?;
            if !prefixes.contains(&prefix) {
                prefixes.push(prefix);
            }
        }
        if !prefixes.is_empty() {
            yang.insert(key.to_owned(), prefixes.into());
        }
    }
    Ok(yang)
}

fn prefixes_to_kea(yang: &Members) -> Result<Members, String> {
    let list = |node| {
        let values = yang.get(node).and_then(Value::as_array).into_iter().flatten();
        values.map(parsed).collect::<Result<Vec<_>, _>>()
    };
    let (prefixes, excluded) = (list("prefixes")?, list("excluded-prefixes")?);
    let mut pairs: Vec<(&Prefix, Option<&Prefix>)> = prefixes.iter().map(|prefix| (prefix, None)).collect();
    for inner in &excluded {
        let open = pairs.iter_mut().filter(|(outer, taken)| taken.is_none() && outer.contains(inner));
        let Some((_, place)) = open.max_by_key(|(outer, _)| outer.length()) else {
            return Err(format!(
                "the excluded prefix {inner} is in none of the prefixes, or not the only one in its own"
            ));
        };
        *place = Some(inner);
    }
    let text = |prefix: Option<&Prefix>| Value::from(prefix.map_or_else(String::new, Prefix::to_string));
    let mut kea = members([("prefixes", pairs.iter().map(|(outer, _)| text(Some(outer))).collect())]);
    if !excluded.is_empty() {
        kea.insert("excluded-prefixes".into(), pairs.iter().map(|(_, inner)| text(*inner)).collect());
    }
    Ok(kea)
}

fn parsed(value: &Value) -> Result<Prefix, String> {
    value.as_str().and_then(Prefix::parse).ok_or_else(|| format!("{value} is no prefix"))
}

/// The model wants code, space and data of every option; the JSON may give a name in place of the code.
fn option_to_yang(context: &Context<'_>, kea: &Members) -> Result<Members, String> {
    let space = kea.get("space").and_then(Value::as_str).unwrap_or(context.model.space);
    let name = kea.get("name").and_then(Value::as_str);
    let code = match (kea.get("code"), name) {
        (Some(code), _) => Some(code.clone()),
        (None, Some(name)) => context.code(space, name).map(Value::from),
        (None, None) => None,
    };
    let data = kea.get("data").cloned().unwrap_or_else(|| "".into());
    let mut yang = members([("space", space.into()), ("data", data)]);
    yang.extend(code.map(|code| ("code".to_owned(), code)));
    yang.extend(name.map(|name| ("name".to_owned(), name.into())));
    Ok(yang)
}
