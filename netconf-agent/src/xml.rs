//! XML as NETCONF needs it: a message becomes a tree of [`Element`]s with resolved namespaces, and text is escaped on
//! the way out.
//!
//! What a peer sends is limited in depth and refused if it brings a document type (RFC 6241 §3: messages are well-formed
//! XML in UTF-8; entities other than the five of XML itself have no place in them).

use std::rc::Rc;

use quick_xml::NsReader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{QName, ResolveResult};

/// How deep elements may nest. The Kea models end at eleven levels below `<config>`.
pub const MAX_DEPTH: usize = 64;

/// An element with all that is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// Namespace; empty if none was declared.
    pub namespace: Rc<str>,
    /// Local name.
    pub name: String,
    /// Prefix as written, empty for the default namespace.
    pub prefix: String,
    /// Attributes without namespace declarations.
    pub attributes: Vec<Attribute>,
    /// Namespace declarations of this element: prefix (empty for the default) and namespace.
    pub declarations: Vec<(String, String)>,
    /// All declarations in force here, for values that hold prefixes.
    pub scope: Rc<Scope>,
    /// Elements in it, in order.
    pub children: Vec<Element>,
    /// Text in it, without what its children contain.
    pub text: String,
}

/// The namespace declarations in force where an element stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    declared: Vec<(String, String)>,
    outer: Option<Rc<Scope>>,
}

impl Scope {
    /// The namespace that a prefix stands for; the empty one stands for the default namespace.
    pub fn namespace(&self, prefix: &str) -> Option<&str> {
        let here = self.declared.iter().find(|(declared, _)| declared == prefix);
        here.map(|(_, namespace)| namespace.as_str()).or_else(|| self.outer.as_ref()?.namespace(prefix))
    }
}

/// An attribute that is not a namespace declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Namespace; empty for an unprefixed attribute.
    pub namespace: Rc<str>,
    /// Name as written, with prefix.
    pub qualified: String,
    /// Unescaped value.
    pub value: String,
}

impl Attribute {
    /// The name without prefix.
    pub fn name(&self) -> &str {
        self.qualified.split_once(':').map_or(self.qualified.as_str(), |(_, local)| local)
    }
}

impl Element {
    /// The first child of this name in this namespace.
    pub fn child(&self, namespace: &str, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.is(namespace, name))
    }

    /// Whether this is the element of that name.
    pub fn is(&self, namespace: &str, name: &str) -> bool {
        self.name == name && &*self.namespace == namespace
    }

    /// The value of an attribute.
    pub fn attribute(&self, namespace: &str, name: &str) -> Option<&str> {
        self.attributes.iter().find(|a| &*a.namespace == namespace && a.name() == name).map(|a| a.value.as_str())
    }

    /// The text without white space at its ends.
    pub fn trimmed(&self) -> &str {
        self.text.trim_matches(is_space)
    }

    /// Attributes and namespace declarations as they are written in a start tag, each after a space.
    pub fn write_attributes(&self, out: &mut String) {
        for (prefix, namespace) in &self.declarations {
            out.push_str(if prefix.is_empty() { " xmlns" } else { " xmlns:" });
            out.push_str(prefix);
            write_value(namespace, out);
        }
        for attribute in &self.attributes {
            out.push(' ');
            out.push_str(&attribute.qualified);
            write_value(&attribute.value, out);
        }
    }
}

/// Why a text is not the XML of a NETCONF message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed(pub String);

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Malformed {}

/// Reads one document.
pub fn parse(text: &str) -> Result<Element, Malformed> {
    let mut parser = Parser { reader: NsReader::from_str(text), open: Vec::new(), last: Rc::from("") };
    parser.reader.config_mut().check_end_names = true;
    parser.run()
}

/// The parser's state between two events.
struct Parser<'t> {
    reader: NsReader<&'t [u8]>,
    /// Elements that are not closed yet, the root first.
    open: Vec<Element>,
    /// The namespace met last; nearly always the next element's too, so that it is shared.
    last: Rc<str>,
}

impl Parser<'_> {
    fn run(mut self) -> Result<Element, Malformed> {
        let mut root = None;
        loop {
            let event = self.reader.read_event().map_err(malformed)?;
            match event {
                Event::Start(start) => {
                    if root.is_some() || self.open.len() >= MAX_DEPTH {
                        let reason = if root.is_some() { "more than one root element" } else { "nested too deeply" };
                        return Err(Malformed(reason.to_string()));
                    }
                    let element = self.element(&start)?;
                    self.open.push(element);
                }
                Event::Empty(start) => {
                    let element = self.element(&start)?;
                    self.close(element, &mut root)?;
                }
                Event::End(_) => {
                    let element = self.open.pop().ok_or_else(|| Malformed("an end tag too many".to_string()))?;
                    self.close(element, &mut root)?;
                }
                Event::Text(text) => self.text(&text.xml_content(XmlVersion::Implicit1_0))?,
                Event::CData(text) => self.text(&text.xml_content(XmlVersion::Implicit1_0))?,
                Event::GeneralRef(reference) => {
                    let character = match reference.resolve_char_ref().map_err(malformed)? {
                        Some(character) => character,
                        None => predefined(&reference.xml_content(XmlVersion::Implicit1_0))?,
                    };
                    self.text(character.encode_utf8(&mut [0; 4]))?;
                }
                Event::DocType(_) => return Err(Malformed("a document type is not allowed".to_string())),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
                Event::Eof if !self.open.is_empty() => return Err(Malformed("the text ends early".to_string())),
                Event::Eof => return root.ok_or_else(|| Malformed("no element".to_string())),
            }
        }
    }

    fn close(&mut self, element: Element, root: &mut Option<Element>) -> Result<(), Malformed> {
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None if root.is_none() => *root = Some(element),
            None => return Err(Malformed("more than one root element".to_string())),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Malformed> {
        if text.chars().any(|c| c.is_control() && !is_space(c)) {
            return Err(Malformed("a control character in text".to_string()));
        }
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.chars().all(|c| is_space(c) || c == '\u{feff}') => {}
            None => return Err(Malformed("text outside the root element".to_string())),
        }
        Ok(())
    }

    fn element(&mut self, start: &BytesStart<'_>) -> Result<Element, Malformed> {
        let name = start.name();
        let namespace = self.namespace(name, true)?;
        let mut element = Element {
            namespace,
            name: name.local_name().into_inner().to_string(),
            prefix: name.prefix().map_or_else(String::new, |p| p.into_inner().to_string()),
            attributes: Vec::new(),
            declarations: Vec::new(),
            scope: Rc::default(),
            children: Vec::new(),
            text: String::new(),
        };
        for attribute in start.attributes() {
            let attribute = attribute.map_err(malformed)?;
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(malformed)?.into_owned();
            let key: &str = attribute.key.0;
            match key.strip_prefix("xmlns") {
                Some("") => element.declarations.push((String::new(), value)),
                Some(prefixed) if prefixed.starts_with(':') => {
                    element.declarations.push((prefixed.trim_start_matches(':').to_string(), value));
                }
                _ => {
                    let namespace = self.namespace(attribute.key, false)?;
                    element.attributes.push(Attribute { namespace, qualified: key.to_string(), value });
                }
            }
        }
        let outer = self.open.last().map(|parent| Rc::clone(&parent.scope));
        element.scope = match outer {
            Some(outer) if element.declarations.is_empty() => outer,
            outer => Rc::new(Scope { declared: element.declarations.clone(), outer }),
        };
        Ok(element)
    }

    fn namespace(&mut self, name: QName<'_>, element: bool) -> Result<Rc<str>, Malformed> {
        let (resolved, _) = self.reader.resolver().resolve(name, element);
        match resolved {
            ResolveResult::Bound(namespace) => {
                let namespace: &str = namespace.0;
                if &*self.last != namespace {
                    self.last = Rc::from(namespace);
                }
                Ok(Rc::clone(&self.last))
            }
            ResolveResult::Unbound => Ok(Rc::from("")),
            ResolveResult::Unknown(prefix) => Err(Malformed(format!("prefix {prefix:?} is not declared"))),
        }
    }
}

/// Writes text with `&`, `<` and `>` escaped.
pub fn write_text(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>']) {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        out.push_str(match special.as_bytes().first() {
            Some(b'&') => "&amp;",
            Some(b'<') => "&lt;",
            _ => "&gt;",
        });
        rest = special.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
}

/// Writes `<name>text</name>`.
pub fn write_leaf(name: &str, text: &str, out: &mut String) {
    out.push('<');
    out.push_str(name);
    out.push('>');
    write_text(text, out);
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// Writes `="value"`.
pub fn write_value(value: &str, out: &mut String) {
    out.push_str("=\"");
    for character in value.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            '\r' => out.push_str("&#13;"),
            other => out.push(other),
        }
    }
    out.push('"');
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

fn predefined(name: &str) -> Result<char, Malformed> {
    match name {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        other => Err(Malformed(format!("entity {other:?} is not known"))),
    }
}

fn malformed(error: impl std::fmt::Display) -> Malformed {
    Malformed(error.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn namespaces_are_resolved() {
        let root =
            parse(r#"<a xmlns="urn:1" xmlns:p="urn:2" p:x="&lt;1" y='2'><p:b>t&amp;<![CDATA[<]]>&#65;</p:b><c/></a>"#)
                .unwrap();
        assert!(root.is("urn:1", "a"));
        assert_eq!(root.attribute("urn:2", "x"), Some("<1"));
        assert_eq!(root.attribute("", "y"), Some("2"));
        assert_eq!(root.child("urn:2", "b").unwrap().text, "t&<A");
        let inner = root.child("urn:1", "c").unwrap();
        assert_eq!((inner.scope.namespace("p"), inner.scope.namespace("q")), (Some("urn:2"), None));
    }

    #[test]
    fn what_is_not_a_message_is_refused() {
        for text in
            ["", "x", "<a>", "<a></b>", "<a/><b/>", "<!DOCTYPE a><a/>", "<a>&x;</a>", "<p:a/>", "<a b='1' b='2'/>"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
        let deep = "<a>".repeat(MAX_DEPTH + 1) + &"</a>".repeat(MAX_DEPTH + 1);
        assert!(parse(&deep).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*|(<|>|/|a|&|;|!|\\[|xmlns|=|'|\")*") {
            let _ = parse(&text);
        }

        #[test]
        fn what_is_written_is_read_back(text in "[ -~äß€\n\t]*", value in "[ -~äß€]*") {
            let mut out = String::from("<a b");
            write_value(&value, &mut out);
            out.push('>');
            write_text(&text, &mut out);
            out.push_str("</a>");
            let read = parse(&out).unwrap();
            prop_assert_eq!(&read.text, &text);
            prop_assert_eq!(read.attribute("", "b"), Some(value.as_str()));
        }
    }
}
