//! The tables `dhcpv4.txt` and `dhcpv6.txt`, and the steps that are told.

use dhcpd_eval::*;
use std::cell::RefCell;
use wire::options::Family;
use wire::{hex, v4, v6};

mod packets;

struct Asked(Names);

impl Classes for Asked {
    fn refer(&mut self, name: &str) -> Option<ClassId> {
        if is_built_in(name) { Some(self.0.id(name)) } else { self.0.find(name) }
    }
}

/// The result of an expression as the tables have it.
fn result(text: &str, family: Family, subject: &dyn Subject, watch: &dyn Watch) -> String {
    let mut names = Names::default();
    let mut set = ClassSet::default();
    set.add(ClassId::ALL);
    set.add(names.id("gold"));
    let mut classes = Asked(names);
    let definitions = Standard(family);
    let mut scope = Scope { family, definitions: &definitions, classes: &mut classes };
    let place = |error: ParseError| format!("{}: {}", error.offset + 1, error.reason);
    match (BoolExpression::parse(text, &mut scope), StringExpression::parse(text, &mut scope)) {
        (Ok(test), _) => {
            let again = BoolExpression::parse(&test.to_string(), &mut scope);
            assert_eq!(again.as_ref(), Ok(&test), "{text} prints as {test}");
            test.matches(subject, &set, watch).map_or("fails".into(), |value| value.to_string())
        }
        (_, Ok(string)) => {
            let again = StringExpression::parse(&string.to_string(), &mut scope);
            assert_eq!(again.as_ref(), Ok(&string), "{text} prints as {string}");
            match string.value(subject, &set, watch) {
                Ok(value) if value.iter().all(|byte| (b' '..=b'~').contains(byte)) => {
                    format!("'{}'", String::from_utf8_lossy(&value))
                }
                Ok(value) => format!("0x{}", hex::Plain(&value)).to_lowercase().replace("0X", "0x"),
                Err(_) => "fails".into(),
            }
        }
        // Of the two, the one that came further: the other expected something of the other type at the very beginning.
        (Err(test), Err(string)) => place(if string.offset > test.offset { string } else { test }),
    }
}

fn check(table: &str, family: Family, subject: &dyn Subject) {
    let mut wrong = Vec::new();
    let mut rows = 0;
    for (number, line) in table.lines().enumerate().filter(|(_, line)| !line.starts_with('#') && !line.is_empty()) {
        let (text, expected) = line.rsplit_once("-> ").unwrap_or_else(|| panic!("line {} has no result", number + 1));
        let found = result(text.trim_end(), family, subject, &());
        let is_error = expected.starts_with(|c: char| c.is_ascii_digit()) && !expected.starts_with("0x");
        if !(found == expected || is_error && found.starts_with(expected)) {
            wrong.push(format!("line {}: {}: expected {expected}, found {found}", number + 1, text.trim_end()));
        }
        rows += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(rows > 40);
}

#[test]
fn dhcpv4() {
    let bytes = packets::discover();
    let packet = v4::Packet::parse(&bytes).unwrap();
    check(include_str!("dhcpv4.txt"), Family::V4, &packets::subject4(&packet));
}

#[test]
fn dhcpv6() {
    let bytes = packets::solicit();
    let packet = v6::Packet::parse(&bytes).unwrap();
    check(include_str!("dhcpv6.txt"), Family::V6, &packets::subject6(&packet, bytes.len()));
}

#[derive(Default)]
struct Steps(RefCell<Vec<String>>);

impl Watch for Steps {
    fn wants_steps(&self) -> bool {
        true
    }

    fn step(&self, message: &'static str, text: &str) {
        self.0.borrow_mut().push(format!("{message} {text}"));
    }
}

#[test]
fn steps_are_told_as_kea_tells_them() {
    let bytes = packets::discover();
    let packet = v4::Packet::parse(&bytes).unwrap();
    let subject = packets::subject4(&packet);
    let steps = Steps::default();
    result("substring(option[61].hex,0,3) == 'foo' or member('ALL')", Family::V4, &subject, &steps);
    assert_eq!(
        steps.0.take(),
        [
            "EVAL_DEBUG_OPTION Pushing option[61] with value 0x00666F6F626172",
            "EVAL_DEBUG_STRING Pushing text string '0'",
            "EVAL_DEBUG_STRING Pushing text string '3'",
            "EVAL_DEBUG_SUBSTRING Popping length 3, start 0, string 0x00666F6F626172 pushing result 0x00666F",
            "EVAL_DEBUG_STRING Pushing text string 'foo'",
            "EVAL_DEBUG_EQUAL Popping 0x666F6F and 0x00666F pushing result 'false'",
            "EVAL_DEBUG_MEMBER Checking membership of 'ALL', pushing result 'true'",
        ]
    );
}

#[test]
fn values_have_an_end() {
    let mut out = Vec::new();
    let mut writer = v4::Writer::new(&mut out, &packets::header());
    for _ in 0..200 {
        writer.option(224, &[b'x'; 255]);
    }
    writer.finish();
    let packet = v4::Packet::parse_leniently(&out).unwrap();
    let subject = packets::subject4(&packet);
    let size = packet.option(224).unwrap().len();
    assert!(size > 1000, "{size}");
    let text = "hexstring(option[224].hex, option[224].hex)";
    assert_eq!(result(text, Family::V4, &subject, &()), "fails");
    let text = vec!["option[224].hex"; 200].join(" + ");
    assert_eq!(result(&text, Family::V4, &subject, &()), "fails");
}

#[test]
fn depth_has_an_end_and_length_has_none() {
    let bytes = packets::discover();
    let packet = v4::Packet::parse(&bytes).unwrap();
    let subject = packets::subject4(&packet);
    for (open, close) in [("(", ")"), ("not ", ""), ("not (", ")")] {
        let deep = format!("{}'a' == 'a'{}", open.repeat(10_000), close.repeat(10_000));
        assert!(result(&deep, Family::V4, &subject, &()).contains("levels deep"));
    }
    let deep = format!("{}'a'{}", "lcase(".repeat(90), ")".repeat(90));
    assert_eq!(result(&deep, Family::V4, &subject, &()), "'a'");
    for operator in [" and ", " or ", " sand ", " sor "] {
        let long = vec!["option[61].exists"; 2_000].join(operator);
        assert_eq!(result(&long, Family::V4, &subject, &()), "true");
    }
}
