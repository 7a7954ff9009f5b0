//! The stages of classification.

use dhcpd_eval::*;
use std::cell::RefCell;
use wire::options::Family;
use wire::{v4, v6};

mod packets;

/// Wants to know of everything.
struct All;

impl Watch for All {
    fn wants_all(&self) -> bool {
        true
    }
}

/// Classes by name and test; a name with `~` in front has a template, one with `+` is in additional lists only.
fn classifier(family: Family, classes: &[(&str, &str)]) -> Result<Classifier, Vec<ClassError>> {
    let definitions: Vec<_> = classes
        .iter()
        .map(|(name, test)| {
            let (name, only_in_additional_list) = name.strip_prefix('+').map_or((*name, false), |name| (name, true));
            let (name, is_template) = name.strip_prefix('~').map_or((name, false), |name| (name, true));
            let given = Some(*test).filter(|test| *test != "-");
            let (test, template_test) = if is_template { (None, given) } else { (given, None) };
            ClassDefinition { name, test, template_test, only_in_additional_list }
        })
        .collect();
    Classifier::new(family, &definitions, &Standard(family))
}

/// A classifier, a set, and the DISCOVER of `dhcpv4.txt` to use them on.
fn stages(classes: &[(&str, &str)], mut use_them: impl FnMut(&mut Classifier, &mut ClassSet, &dyn Subject)) -> String {
    let bytes = packets::discover();
    let packet = v4::Packet::parse(&bytes).unwrap();
    let mut classifier = classifier(Family::V4, classes).unwrap();
    let mut set = ClassSet::default();
    use_them(&mut classifier, &mut set, &packets::subject4(&packet));
    set.names(classifier.names()).collect::<Vec<_>>().join(", ")
}

#[test]
fn all_then_vendor_then_tests_in_order() {
    let classes = [
        ("second", "option[61].exists"),
        ("VENDOR_CLASS_docsis3.0", "-"),
        ("never", "option[62].exists"),
        ("first", "member('second') and member('VENDOR_CLASS_docsis3.0')"),
        ("untested", "-"),
    ];
    let told = stages(&classes, |classifier, set, subject| {
        classifier.receive(subject, set, &All);
        assert!(set.contains(classifier.names().find("first").unwrap()));
    });
    assert_eq!(told, "ALL, VENDOR_CLASS_docsis3.0, second, first");
}

#[test]
fn what_depends_on_known_waits_for_it() {
    let classes = [
        ("guest", "unknown"),
        ("friend", "known"),
        ("not-a-guest", "not member('guest')"),
        ("~of", "ifelse(member('UNKNOWN'), 'strangers', 'us')"),
        ("early", "pkt4.msgtype == 1"),
        ("DROP", "known and option[12].hex == 'evil'"),
    ];
    let stage = |found| {
        stages(&classes, |classifier, set, subject| {
            classifier.receive(subject, set, &All);
            assert_eq!(set.names(classifier.names()).last(), Some("early"));
            let drop = classifier.names().find("DROP").unwrap();
            assert!(drop == ClassId::DROP && classifier.depends_on_known(drop));
            classifier.known(found, subject, set, &All);
        })
    };
    assert_eq!(stage(true), "ALL, VENDOR_CLASS_docsis3.0, early, KNOWN, friend, not-a-guest, SPAWN_of_us, of");
    assert_eq!(stage(false), "ALL, VENDOR_CLASS_docsis3.0, early, UNKNOWN, guest, SPAWN_of_strangers, of");
}

#[test]
fn templates_spawn_classes() {
    let classes = [
        ("SPAWN_id_foo", "-"),
        ("~id", "substring(option[61].hex, 1, 3)"),
        ("~odd", "'a b%' + 0x00"),
        ("~none", "option[62].hex"),
        ("seen", "member('SPAWN_id_foo')"),
    ];
    let told = stages(&classes, |classifier, set, subject| classifier.receive(subject, set, &All));
    assert_eq!(told, "ALL, VENDOR_CLASS_docsis3.0, SPAWN_id_foo, id, SPAWN_odd_a%20b%%%00, odd, seen");
}

#[test]
fn reserved_classes_are_there_before_tests_ask() {
    let classes = [("reserved", "-"), ("other", "not member('reserved')"), ("also", "member('reserved')")];
    let told = stages(&classes, |classifier, set, subject| {
        let reserved = [classifier.refer("reserved"), classifier.refer("nowhere-defined")];
        classifier.receive(subject, set, &All);
        assert_eq!(set.names(classifier.names()).last(), Some("other"));
        classifier.reserve(&[], subject, set, &All);
        classifier.reserve(&reserved, subject, set, &All);
        classifier.known(true, subject, set, &All);
    });
    assert_eq!(told, "ALL, VENDOR_CLASS_docsis3.0, reserved, nowhere-defined, also, KNOWN");
}

#[test]
fn additional_classes_come_last_in_the_order_of_the_lists() {
    #[derive(Default)]
    struct Outcomes(RefCell<Vec<String>>);
    impl Watch for Outcomes {
        fn outcome(&self, _: ClassId, outcome: Outcome<'_>) {
            self.0.borrow_mut().push(format!("{outcome:?}"));
        }
    }
    let classes = [
        ("+late", "member('early')"),
        ("+no", "option[62].exists"),
        ("+untested", "-"),
        ("+~spawn", "option[12].hex"),
        ("+broken", "int8totext('ab') == 'x'"),
        ("early", "option[61].exists"),
        ("+unlisted", "option[61].exists"),
    ];
    assert_eq!(classifier(Family::V4, &classes).unwrap_err()[0].part, Part::Test(7));
    let outcomes = Outcomes::default();
    let told = stages(&[&classes[1..], &[("+late", "member('early')")]].concat(), |classifier, set, subject| {
        let mut list = |names: &[&str]| names.iter().map(|name| classifier.refer(name)).collect::<Vec<_>>();
        let pool = list(&["untested", "late", "undefined"]);
        let subnet = list(&["no", "late", "spawn", "broken", "early"]);
        classifier.receive(subject, set, &All);
        classifier.additional(&[&pool, &subnet, &[]], subject, set, &outcomes);
    });
    assert_eq!(told, "ALL, VENDOR_CLASS_docsis3.0, early, untested, late, SPAWN_spawn_cpe-1, spawn");
    let expected = "NoTest, Test(true), Undefined, Test(false), Template(\"cpe-1\"), \
                    TestFailed(NotAnInteger { function: \"int8totext\", len: 2 }), Test(true)";
    assert_eq!(outcomes.0.take().join(", "), expected);
}

#[test]
fn dhcpv6_has_a_vendor_class_for_each_enterprise() {
    let bytes = packets::solicit();
    let packet = v6::Packet::parse(&bytes).unwrap();
    let classifier = classifier(Family::V6, &[("modem", "member('VENDOR_CLASS_docsis3.0')")]).unwrap();
    let mut set = ClassSet::default();
    classifier.receive(&packets::subject6(&packet, bytes.len()), &mut set, &All);
    let told: Vec<_> = set.names(classifier.names()).collect();
    assert_eq!(told, ["ALL", "VENDOR_CLASS_one", "VENDOR_CLASS_docsis3.0", "modem"]);
}

#[test]
fn all_mistakes_are_told_together() {
    let errors = classifier(
        Family::V4,
        &[
            ("", "-"),
            ("KNOWN", "option[1].exists"),
            ("+DROP", "option[1].exists"),
            ("a", "member('b')"),
            ("b", "member('a') and 'x'"),
            ("a", "-"),
            ("~t", "option[1].exists"),
            ("~e", ""),
            ("self", "member('self')"),
        ],
    )
    .unwrap_err();
    let told: Vec<_> = errors.iter().map(|error| (error.definition, error.part, error.reason.as_str())).collect();
    assert_eq!(
        told,
        [
            (0, Part::Name, "a class needs a name"),
            (1, Part::Test(0), "built-in class 'KNOWN' cannot have a test"),
            (2, Part::OnlyInAdditionalList, "class 'DROP' cannot be in additional lists alone"),
            (3, Part::Test(7), "class 'b' is not defined before this"),
            (4, Part::Test(16), "this is a string: \"and\" needs something true or false"),
            (5, Part::Name, "class 'a' is defined twice"),
            (6, Part::TemplateTest(0), "this is true or false where a string is expected"),
            (7, Part::TemplateTest(0), "the template is empty"),
            (8, Part::Test(7), "class 'self' is not defined before this"),
        ]
    );
    let both = ClassDefinition { name: "x", test: Some("known"), template_test: Some("'x'"), ..Default::default() };
    let errors = Classifier::new(Family::V4, &[both], &Standard(Family::V4)).unwrap_err();
    assert_eq!((errors.len(), errors[0].part), (1, Part::TemplateTest(0)));
}
