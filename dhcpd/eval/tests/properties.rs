//! What holds of every expression and every packet.

use dhcpd_eval::*;
use proptest::prelude::*;
use wire::options::Family;
use wire::{v4, v6};

mod packets;

struct Any(Names);

impl Classes for Any {
    fn refer(&mut self, name: &str) -> Option<ClassId> {
        Some(self.0.id(name))
    }
}

fn with_scope<T>(family: Family, read: impl FnOnce(&mut Scope<'_>) -> T) -> T {
    let mut classes = Any(Names::default());
    read(&mut Scope { family, definitions: &Standard(family), classes: &mut classes })
}

/// A string expression, as text.
fn string(family: Family) -> impl Strategy<Value = String> {
    let of_family = match family {
        Family::V4 => prop_oneof![
            Just("pkt4.mac".to_owned()),
            Just("pkt4.msgtype".to_owned()),
            (0u8..9).prop_map(|code| format!("relay4[{code}].hex")),
            (0u8..=255).prop_map(|code| format!("option[{code}].text")),
        ]
        .boxed(),
        Family::V6 => prop_oneof![
            Just("pkt6.transid".to_owned()),
            (-3i8..3).prop_map(|nest| format!("relay6[{nest}].linkaddr")),
            (-3i8..3, 0u16..40).prop_map(|(nest, code)| format!("relay6[{nest}].option[{code}].hex")),
            (0u16..150).prop_map(|code| format!("option[{code}].text")),
        ]
        .boxed(),
    };
    let leaf = prop_oneof![
        of_family,
        "'[a-zé%. ]{0,5}'",
        "0x[0-9a-f]{1,8}",
        any::<u32>().prop_map(|number| number.to_string()),
        any::<std::net::IpAddr>().prop_map(|address| address.to_string()),
        (0u8..=255, 0u8..=255).prop_map(|(a, b)| format!("option[{a}].option[{b}].hex")),
        (0u8..9).prop_map(|code| format!("vendor[{}].option[{code}].hex", if code > 4 { 4491 } else { 0 })),
        Just("vendor.enterprise".to_owned()),
        (0u8..4).prop_map(|index| format!("vendor-class[*].data[{index}]")),
        Just("pkt.len".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let i = inner.clone();
        prop_oneof![
            (i.clone(), -9i64..9, -9i64..9).prop_map(|(a, from, len)| format!("substring({a}, {from}, {len})")),
            (i.clone(), -9i64..9).prop_map(|(a, from)| format!("substring({a}, {from}, all)")),
            (i.clone(), i.clone(), 0i64..4).prop_map(|(a, b, field)| format!("split({a}, {b}, {field})")),
            (i.clone(), i.clone()).prop_map(|(a, b)| format!("concat({a}, {b})")),
            (i.clone(), i.clone(), i.clone()).prop_map(|(a, b, c)| format!("{a} + ({b} + {c})")),
            (i.clone(), i.clone()).prop_map(|(a, b)| format!("hexstring({a}, {b})")),
            (i.clone(), i.clone(), i.clone()).prop_map(|(a, b, c)| format!("ifelse({a} == {b}, {b}, {c})")),
            (i.clone(), i.clone(), i.clone()).prop_map(|(a, b, c)| format!("sifelse(not {a} == {b}, {b}, {c})")),
            (i.clone(), prop::sample::select(vec!["lcase", "ucase", "addrtotext", "int8totext", "uint32totext"]))
                .prop_map(|(a, function)| format!("{function}({a})")),
        ]
    })
}

/// A boolean expression, as text.
fn boolean(family: Family) -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        (string(family), string(family)).prop_map(|(a, b)| format!("{a} == {b}")),
        string(family).prop_map(|a| format!("match('[a-z]*.?(x|[0-9])+', {a})")),
        (0u8..=255).prop_map(|code| format!("option[{code}].exists")),
        "member\\('[A-Za-z_]{1,6}'\\)",
        Just("unknown".to_owned()),
        Just("vendor-class[9].exists".to_owned()),
    ];
    leaf.prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|a| format!("not ({a})")),
            inner.clone().prop_map(|a| format!("not {a}")),
            (prop::collection::vec(inner.clone(), 2..4), prop::sample::select(vec!["and", "or", "sand", "sor"]))
                .prop_map(|(terms, operator)| terms.join(&format!(" {operator} "))),
            prop::collection::vec(inner, 2..4).prop_map(|terms| format!("({})", terms.join(" or "))),
        ]
    })
}

fn family() -> impl Strategy<Value = Family> {
    prop_oneof![Just(Family::V4), Just(Family::V6)]
}

/// A valid packet with some bytes changed.
fn changed(bytes: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let places = prop::collection::vec((0..bytes.len(), any::<u8>()), 0..12);
    (places, 0..=bytes.len()).prop_map(move |(places, len)| {
        let mut bytes = bytes.clone();
        places.into_iter().for_each(|(at, byte)| bytes[at] = byte);
        // Mostly whole.
        bytes.truncate(if len % 4 == 0 { len } else { bytes.len() });
        bytes
    })
}

proptest! {
    #[test]
    fn what_is_printed_parses_to_the_same((family, text) in family().prop_flat_map(|f| (Just(f), boolean(f)))) {
        with_scope(family, |scope| {
            let test = BoolExpression::parse(&text, scope).unwrap();
            let printed = test.to_string();
            let again = BoolExpression::parse(&printed, scope);
            assert_eq!(again.as_ref(), Ok(&test), "{text} prints as {printed}");
            assert_eq!(again.unwrap().to_string(), printed);
        });
    }

    #[test]
    fn any_text_parses_or_is_refused_within_itself(text in "\\PC{0,40}", family in family()) {
        with_scope(family, |scope| {
            for error in [BoolExpression::parse(&text, scope).err(), StringExpression::parse(&text, scope).err()] {
                assert!(error.is_none_or(|error| text.is_char_boundary(error.offset)));
            }
        });
    }

    #[test]
    fn any_words_parse_or_are_refused(words in prop::collection::vec(prop::sample::select(vec![
        "option", "[", "]", "1", "-1", ".", "hex", "exists", "(", ")", "'a'", "==", "and", "not", "+", ",", "vendor", "*",
        "substring", "all", "relay6", "linkaddr", "member", "ifelse", "0x01", "::1", "host-name",
    ]), 0..30)) {
        with_scope(Family::V6, |scope| {
            let _ = BoolExpression::parse(&words.concat(), scope);
            let _ = StringExpression::parse(&words.join(" "), scope);
        });
    }

    #[test]
    fn comparisons_that_are_shared_come_to_the_same(tests in proptest::collection::vec(comparing(), 1..12)) {
        struct All;
        impl Watch for All {
            fn wants_all(&self) -> bool {
                true
            }
        }
        let names: Vec<_> = (0..tests.len()).map(|number| format!("c{number}")).collect();
        let definitions: Vec<_> = names.iter().zip(&tests).map(|(name, test)| {
            ClassDefinition { name, test: Some(test), ..Default::default() }
        }).collect();
        let classifier = Classifier::new(Family::V4, &definitions, &Standard(Family::V4)).unwrap();
        let bytes = packets::discover();
        let packet = v4::Packet::parse(&bytes).unwrap();
        let subject = packets::subject4(&packet);
        let classes = |watch: &dyn Watch| {
            let mut set = ClassSet::default();
            classifier.receive(&subject, &mut set, watch);
            classifier.known(false, &subject, &mut set, watch);
            set.iter().collect::<Vec<_>>()
        };
        prop_assert_eq!(classes(&()), classes(&All), "{:?}", tests);
    }

    #[test]
    fn any_dhcpv4_packet_is_evaluated(bytes in changed(packets::discover()), test in boolean(Family::V4), text in string(Family::V4)) {
        let Ok(packet) = v4::Packet::parse_leniently(&bytes) else { return Ok(()) };
        evaluate(Family::V4, &test, &text, &packets::subject4(&packet));
    }

    #[test]
    fn any_dhcpv6_packet_is_evaluated(bytes in changed(packets::solicit()), test in boolean(Family::V6), text in string(Family::V6)) {
        let Ok(packet) = v6::Packet::parse(&bytes) else { return Ok(()) };
        evaluate(Family::V6, &test, &text, &packets::subject6(&packet, bytes.len()));
    }
}

/// Tests that compare a few values with a few constants.
fn comparing() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        "option\\[60\\]\\.hex",
        "pkt4\\.mac",
        "lcase\\(option\\[60\\]\\.text\\)",
        "uint8totext\\(option\\[60\\]\\.hex\\)"
    ];
    let constant =
        prop_oneof![Just("'docsis3.0'".to_owned()), Just("0x010203040506".to_owned()), Just("'x'".to_owned())];
    let plain = (value, constant, any::<bool>()).prop_map(|(value, constant, turned)| {
        if turned { format!("{constant} == {value}") } else { format!("{value} == {constant}") }
    });
    let asks = prop_oneof![
        Just("member('KNOWN')".to_owned()),
        Just("member('UNKNOWN')".to_owned()),
        Just("option[61].exists".to_owned())
    ];
    let term = prop_oneof![3 => plain, 1 => asks];
    (term.clone(), term, 0..5usize).prop_map(|(a, b, shape)| match shape {
        0 => format!("{a} and {b}"),
        1 => format!("{a} or {b}"),
        2 => format!("not ({a})"),
        3 => format!("{a} sand {b}"),
        _ => a,
    })
}

/// Evaluates both, in every way; a value is never beyond its limit.
fn evaluate(family: Family, test: &str, text: &str, subject: &dyn Subject) {
    struct Listen;
    impl Watch for Listen {
        fn wants_steps(&self) -> bool {
            true
        }
    }
    with_scope(family, |scope| {
        let test = BoolExpression::parse(test, scope).unwrap();
        let text = StringExpression::parse(text, scope).unwrap();
        let classes = ClassSet::default();
        assert_eq!(test.matches(subject, &classes, &()), test.matches(subject, &classes, &Listen));
        let value = text.value(subject, &classes, &()).map(|value| value.to_vec());
        assert_eq!(value, text.value(subject, &classes, &Listen).map(|value| value.to_vec()));
        assert!(value.is_err() || value.is_ok_and(|value| value.len() <= 1 << 16));
        let definitions = [
            ClassDefinition { name: "template", template_test: Some("option[60].hex"), ..Default::default() },
            ClassDefinition { name: "known", test: Some("known"), ..Default::default() },
        ];
        let classifier = Classifier::new(family, &definitions, &Standard(family)).unwrap();
        let mut set = ClassSet::default();
        classifier.receive(subject, &mut set, &());
        classifier.known(true, subject, &mut set, &());
        let names: Vec<_> = set.names(classifier.names()).collect();
        assert_eq!((names.first(), names.last()), (Some(&"ALL"), Some(&"known")));
    });
}
