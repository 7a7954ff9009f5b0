//! Edits and filters against the Kea models.

use std::sync::OnceLock;

use serde_json::json;

use super::*;
use crate::rpc::{DefaultOperation, Errors, Tag};
use crate::xml;

const MODEL: &str = "kea-dhcp4-server";
const NS: &str = "urn:ietf:params:xml:ns:yang:kea-dhcp4-server";

fn schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| Schema::load(None, &[MODEL, "kea-dhcp6-server", "kea-dhcp-ddns"]).unwrap())
}

/// `inner` is what stands in the model's `<config>`.
fn try_edit(tree: &Tree, inner: &str, default: DefaultOperation, go_on: bool) -> (Tree, Errors) {
    let text = format!(
        "<config xmlns=\"{NS}\" xmlns:nc=\"{}\" xmlns:yang=\"urn:ietf:params:xml:ns:yang:1\" xmlns:k=\"{NS}\" {inner}</config>",
        crate::rpc::BASE
    );
    let mut edit = Edit::of(schema(), MODEL, tree, go_on).unwrap();
    edit.apply(&xml::parse(&text).unwrap(), default);
    edit.finish()
}

fn edit(tree: &Tree, inner: &str) -> Tree {
    let (tree, errors) = try_edit(tree, inner, DefaultOperation::Merge, false);
    assert_eq!(errors, vec![], "{inner}");
    tree
}

fn failure(tree: &Tree, inner: &str) -> (Tag, String) {
    let (_, errors) = try_edit(tree, inner, DefaultOperation::Merge, false);
    let error = errors.first().unwrap();
    (error.tag, error.path.as_ref().map(|p| p.xpath.replace("kea-dhcp4-server:", "")).unwrap_or_default())
}

fn subnet(id: u32) -> String {
    format!("<subnet4><id>{id}</id><subnet>10.0.{id}.0/24</subnet></subnet4>")
}

fn two_subnets() -> Tree {
    edit(&schema().empty(), &format!("><valid-lifetime>4000</valid-lifetime>{}{}", subnet(1), subnet(2)))
}

fn inner(tree: &Tree) -> String {
    let xml = tree.xml().replace(&format!("<config xmlns=\"{NS}\">"), "");
    xml.replace("</config>", "")
}

#[test]
fn what_is_merged_is_there_in_xml_and_json() {
    let tree = two_subnets();
    assert_eq!(inner(&tree), format!("<valid-lifetime>4000</valid-lifetime>{}{}", subnet(1), subnet(2)));
    assert_eq!(
        tree.to_json(),
        json!({"kea-dhcp4-server:config": {
            "valid-lifetime": 4000,
            "subnet4": [{"id": 1, "subnet": "10.0.1.0/24"}, {"id": 2, "subnet": "10.0.2.0/24"}]
        }})
    );
    assert_eq!(Tree::from_json(schema(), &tree.to_json()).unwrap().xml(), tree.xml());
    assert_eq!(tree.validity(), Ok(()));
}

#[test]
fn the_old_tree_stays() {
    let old = two_subnets();
    let new = edit(&old, "><valid-lifetime>5000</valid-lifetime>");
    assert!(old.xml().contains("4000") && new.xml().contains("5000"));
}

#[test]
fn operations() {
    let tree = two_subnets();
    let one = "<subnet4 nc:operation=\"OP\"><id>1</id><relay><ip-addresses>10.1.1.1</ip-addresses></relay></subnet4>";
    let with = |operation: &str| format!(">{}", one.replace("OP", operation));
    let merged = edit(&tree, &with("merge"));
    assert!(merged.xml().contains("10.0.1.0/24") && merged.xml().contains("10.1.1.1"));
    let replaced = edit(&tree, &with("replace"));
    assert!(!replaced.xml().contains("10.0.1.0/24") && replaced.xml().contains("10.1.1.1"));
    assert!(replaced.xml().find("<id>1</id>") < replaced.xml().find("<id>2</id>"), "an entry keeps its place");
    assert!(replaced.validity().is_err(), "<subnet> is mandatory");
    for operation in ["delete", "remove"] {
        assert_eq!(
            inner(&edit(&tree, &with(operation))),
            format!("<valid-lifetime>4000</valid-lifetime>{}", subnet(2))
        );
    }
    let path = "/config/subnet4[id='1']";
    assert_eq!(failure(&tree, &with("create")), (Tag::DataExists, path.to_string()));
    let gone = edit(&tree, &with("delete"));
    assert_eq!(failure(&gone, &with("delete")), (Tag::DataMissing, path.to_string()));
    edit(&gone, &with("remove"));
    edit(&gone, &with("create"));
    assert_eq!(failure(&tree, &with("bogus")).0, Tag::BadAttribute);
}

#[test]
fn operations_on_leaves_and_whole_configurations() {
    let tree = two_subnets();
    assert!(!edit(&tree, "><valid-lifetime nc:operation='delete'/>").xml().contains("4000"));
    assert_eq!(
        failure(&tree, "><valid-lifetime nc:operation='create'>1</valid-lifetime>"),
        (Tag::DataExists, "/config/valid-lifetime".to_string())
    );
    assert_eq!(failure(&tree, "><rebind-timer nc:operation='delete'/>").0, Tag::DataMissing);
    assert_eq!(
        inner(&edit(&tree, "nc:operation='replace'><rebind-timer>7</rebind-timer>")),
        "<rebind-timer>7</rebind-timer>"
    );
    assert!(edit(&tree, "nc:operation='delete'>").is_empty());
    assert_eq!(failure(&schema().empty(), "nc:operation='delete'>").0, Tag::DataMissing);
    edit(&schema().empty(), "nc:operation='remove'>");
    assert_eq!(failure(&tree, "nc:operation='create'>").0, Tag::DataExists);
}

#[test]
fn default_operation_none_only_leads_to_others() {
    let tree = two_subnets();
    let none = |inner: &str| try_edit(&tree, inner, DefaultOperation::None, false);
    let (edited, errors) = none("><subnet4><id>1</id><subnet nc:operation='replace'>10.9.0.0/16</subnet></subnet4>");
    assert_eq!(errors, vec![]);
    assert!(edited.xml().contains("10.9.0.0/16"));
    let (edited, errors) = none("><valid-lifetime>1</valid-lifetime>");
    assert_eq!((edited.xml(), errors), (tree.xml(), vec![]));
    let (_, errors) = none("><subnet4><id>9</id><subnet nc:operation='replace'>10.9.0.0/16</subnet></subnet4>");
    assert_eq!(errors[0].tag, Tag::DataMissing);
}

#[test]
fn what_the_schema_does_not_know_is_refused_with_its_place() {
    let tree = two_subnets();
    assert_eq!(failure(&tree, "><bogus/>"), (Tag::UnknownElement, "/config".to_string()));
    assert_eq!(failure(&tree, "><bogus xmlns='urn:x'/>").0, Tag::UnknownNamespace);
    assert_eq!(
        failure(&tree, "><subnet4><id>1</id><valid-lifetime>x</valid-lifetime></subnet4>"),
        (Tag::InvalidValue, "/config/subnet4[id='1']/valid-lifetime".to_string())
    );
    assert_eq!(failure(&tree, "><subnet4><subnet>10.0.0.0/8</subnet></subnet4>").0, Tag::MissingElement);
    assert_eq!(failure(&tree, "><subnet4><id>x</id></subnet4>").0, Tag::InvalidValue);
    assert_eq!(failure(&tree, ">text").0, Tag::BadElement);
    assert_eq!(failure(&tree, "><valid-lifetime><x/></valid-lifetime>").0, Tag::UnknownElement);
}

#[test]
fn continue_on_error_keeps_the_rest() {
    let (tree, errors) =
        try_edit(&two_subnets(), "><bogus/><rebind-timer>7</rebind-timer><bogus/>", DefaultOperation::Merge, true);
    assert_eq!(errors.len(), 2);
    assert!(tree.xml().contains("<rebind-timer>7</rebind-timer>"));
}

#[test]
fn entries_are_inserted_where_the_user_wants() {
    let order = |tree: &Tree| -> Vec<u64> {
        let json = tree.to_json();
        json["kea-dhcp4-server:config"]["subnet4"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| s["id"].as_u64().unwrap())
            .collect()
    };
    let tree = two_subnets();
    let insert = |attributes: &str| {
        edit(&tree, &format!("><subnet4 {attributes}><id>3</id><subnet>10.0.3.0/24</subnet></subnet4>"))
    };
    assert_eq!(order(&insert("")), [1, 2, 3]);
    assert_eq!(order(&insert("yang:insert='first'")), [3, 1, 2]);
    assert_eq!(order(&insert("yang:insert='last'")), [1, 2, 3]);
    assert_eq!(order(&insert("yang:insert='before' yang:key=\"[k:id='2']\"")), [1, 3, 2]);
    assert_eq!(order(&insert("yang:insert='after' yang:key=\"[k:id='1']\"")), [1, 3, 2]);
    assert_eq!(order(&edit(&insert(""), "><subnet4 yang:insert='first'><id>2</id></subnet4>")), [2, 1, 3]);
    let wrong = "><subnet4 yang:insert='after' yang:key=\"[k:id='7']\"><id>3</id></subnet4>";
    assert_eq!(failure(&tree, wrong).0, Tag::BadAttribute);
}

#[test]
fn what_the_system_orders_keeps_the_order_it_was_given() {
    let hooks = |first: &str, second: &str| {
        format!(
            "><hook-library><library>{first}</library></hook-library><hook-library><library>{second}</library></hook-library>"
        )
    };
    for (first, second) in [("b.so", "a.so"), ("a.so", "b.so")] {
        let tree = edit(&schema().empty(), &hooks(first, second));
        assert!(tree.xml().find(first) < tree.xml().find(second));
        let tree = Tree::from_json(schema(), &tree.to_json()).unwrap();
        let tree = edit(&tree, "><rebind-timer>7</rebind-timer>");
        assert!(tree.xml().find(first) < tree.xml().find(second));
    }
}

fn selected(tree: &Tree, filter: &str) -> String {
    let filter = format!("<filter><config xmlns=\"{NS}\" {filter}</config></filter>");
    let mut out = String::new();
    tree.write(&Selection::Subtree(xml::parse(&filter).unwrap()), &View::PLAIN, &mut out).unwrap();
    out.replace(&format!("<config xmlns=\"{NS}\">"), "").replace("</config>", "")
}

#[test]
fn subtree_filters_of_rfc_6241_section_6_4() {
    let tree = edit(
        &two_subnets(),
        "><subnet4><id>1</id><valid-lifetime>60</valid-lifetime><pool><start-address>10.0.1.1</start-address><end-address>10.0.1.9</end-address></pool></subnet4>",
    );
    let all = inner(&tree);
    let pool = "<pool><start-address>10.0.1.1</start-address><end-address>10.0.1.9</end-address></pool>";
    // 6.4.2: an empty filter selects nothing; 6.4.3: a selection node all of it.
    let mut out = String::new();
    tree.write(&Selection::Subtree(xml::parse("<filter/>").unwrap()), &View::PLAIN, &mut out).unwrap();
    assert_eq!(out, "");
    assert_eq!(selected(&tree, ">"), all);
    // 6.4.4: all entries of a list.
    assert_eq!(selected(&tree, "><subnet4/>"), all.replace("<valid-lifetime>4000</valid-lifetime>", ""));
    // 6.4.5: some nodes of every entry.
    assert_eq!(
        selected(&tree, "><subnet4><id/></subnet4>"),
        "<subnet4><id>1</id></subnet4><subnet4><id>2</id></subnet4>"
    );
    assert_eq!(
        selected(&tree, "><subnet4><valid-lifetime/></subnet4>"),
        "<subnet4><id>1</id><valid-lifetime>60</valid-lifetime></subnet4>"
    );
    // 6.4.6: one entry by its key; 6.4.7: some nodes of it.
    assert_eq!(selected(&tree, "><subnet4><id>2</id></subnet4>"), subnet(2));
    assert_eq!(
        selected(&tree, "><subnet4><id>1</id><pool/></subnet4>"),
        format!("<subnet4><id>1</id>{pool}</subnet4>")
    );
    // 6.4.8: several subtrees.
    assert_eq!(
        selected(
            &tree,
            "><valid-lifetime/><subnet4><id>1</id><valid-lifetime/></subnet4><subnet4><id>2</id><subnet/></subnet4>"
        ),
        format!(
            "<valid-lifetime>4000</valid-lifetime><subnet4><id>1</id><valid-lifetime>60</valid-lifetime></subnet4>{}",
            subnet(2)
        )
    );
    // Content matches: all must hold, and one on something else than a key.
    assert_eq!(selected(&tree, "><subnet4><id>1</id><subnet>10.0.2.0/24</subnet></subnet4>"), "");
    assert_eq!(selected(&tree, "><subnet4><subnet> 10.0.2.0/24 </subnet><id/></subnet4>"), subnet(2));
    assert_eq!(selected(&tree, "><valid-lifetime>4000</valid-lifetime><subnet4/>"), all);
    assert_eq!(selected(&tree, "><valid-lifetime>1</valid-lifetime><subnet4/>"), "");
    // 6.4.1 and 6.4.9: namespaces and attributes.
    assert_eq!(selected(&tree, "><subnet4 xmlns='urn:other'/>"), "");
    assert_eq!(selected(&tree, "><valid-lifetime xmlns=''/>"), "<valid-lifetime>4000</valid-lifetime>");
    assert_eq!(selected(&tree, "><subnet4 name='x'/>"), "");
}

#[test]
fn paths_of_errors_have_every_prefix() {
    let path =
        schema().error_path("/kea-dhcp4-server:config/subnet4[id='1']/pool[start-address='1/2'][end-address=\"[a\"]/x");
    assert_eq!(
        path.xpath,
        "/kea-dhcp4-server:config/kea-dhcp4-server:subnet4[kea-dhcp4-server:id='1']/kea-dhcp4-server:pool\
         [kea-dhcp4-server:start-address='1/2'][kea-dhcp4-server:end-address=\"[a\"]/kea-dhcp4-server:x"
    );
    assert_eq!(path.namespaces, vec![(MODEL.to_string(), NS.to_string())]);
}

#[test]
fn the_library_names_the_models() {
    assert!(schema().library().contains("<name>kea-dhcp-ddns</name>"));
    assert!(schema().text("kea-dhcp4-server", None).unwrap().contains("module kea-dhcp4-server"));
    assert!(schema().text("ietf-inet-types", Some("2013-07-15")).is_some());
    assert!(schema().text("bogus", None).is_none());
}

/// XML of elements that the model has, mostly in wrong places and with wrong values.
fn soup() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let names = prop::sample::select(vec![
        "subnet4",
        "id",
        "subnet",
        "pool",
        "start-address",
        "end-address",
        "option-data",
        "code",
        "space",
        "data",
        "hook-library",
        "library",
        "valid-lifetime",
        "relay",
        "ip-addresses",
        "interfaces-config",
        "interfaces",
    ]);
    let attributes = prop::sample::select(vec![
        "",
        "",
        "",
        " nc:operation='delete'",
        " nc:operation='create'",
        " nc:operation='replace'",
        " nc:operation='remove'",
        " yang:insert='first'",
        " yang:insert='after' yang:key=\"[k:id='1']\"",
    ]);
    let values = prop::sample::select(vec!["", "1", "2", "x", "10.0.1.0/24", "10.0.1.1", "it's", "\"it's\"", " 3 "]);
    let leaf = (names.clone(), attributes.clone(), values)
        .prop_map(|(name, attributes, value)| format!("<{name}{attributes}>{value}</{name}>"));
    leaf.prop_recursive(4, 40, 6, move |inner| {
        (names.clone(), attributes.clone(), prop::collection::vec(inner, 0..6))
            .prop_map(|(name, attributes, children)| format!("<{name}{attributes}>{}</{name}>", children.concat()))
    })
}

proptest::proptest! {
    #[test]
    fn any_edit_is_done_or_refused(first in soup(), second in soup(), go_on: bool) {
        let (tree, _) = try_edit(&two_subnets(), &format!(">{first}"), DefaultOperation::Merge, go_on);
        let (tree, _) = try_edit(&tree, &format!(">{second}"), DefaultOperation::Merge, true);
        // What is there comes back from JSON as it was.
        let read = Tree::from_json(schema(), &tree.to_json()).unwrap();
        proptest::prop_assert_eq!(read.xml(), tree.xml());
    }
}

#[test]
fn a_tree_is_edited_on_the_one_before_it() {
    let entry = |id: u32, more: &str| subnet(id).replace("</subnet4>", &format!("{more}</subnet4>"));
    let options = "<option-data><code>6</code><space>dhcp4</space><data>b</data></option-data>\
        <option-data><code>3</code><space>dhcp4</space><data>a</data></option-data>";
    let mut tree = two_subnets();
    let mut expected = two_subnets();
    let edits = [
        format!(">{}", entry(2, "<valid-lifetime>5</valid-lifetime>")),
        format!(">{}", entry(1, options)),
        format!(
            ">{}",
            entry(2, "<valid-lifetime xmlns:nc=\"urn:ietf:params:xml:ns:netconf:base:1.0\" nc:operation=\"delete\"/>")
        ),
        format!("><valid-lifetime>7</valid-lifetime>{}", entry(3, options)),
        format!(">{}", entry(3, "<valid-lifetime>9</valid-lifetime>")),
    ];
    for inner in edits {
        let next = edit(&tree, &inner);
        // The same without help.
        expected = edit(&expected, &inner);
        assert_eq!(next.xml(), expected.xml());
        assert_eq!(next.to_json(), expected.to_json());
        assert_eq!(next.validity(), Ok(()));
        next.keep_before(tree);
        tree = next;
    }
    let failed = try_edit(&tree, &format!(">{}", entry(1, "<nonsense/>")), DefaultOperation::Merge, false);
    assert_eq!(failed.1.len(), 1);
    assert_eq!(tree.xml(), expected.xml());
}

/// An edit of one subnet, or of what is beside the subnets.
fn step(id: u32, what: u32) -> String {
    let remove = "xmlns:nc=\"urn:ietf:params:xml:ns:netconf:base:1.0\" nc:operation=\"remove\"";
    let replace = remove.replace("\"remove\"", "\"replace\"");
    match what {
        0 => subnet(id),
        1 => format!("<subnet4 {remove}><id>{id}</id></subnet4>"),
        2 => subnet(id).replace("</subnet4>", "<valid-lifetime>9</valid-lifetime></subnet4>"),
        3 => subnet(id).replace("<subnet4>", &format!("<subnet4 {replace}>")),
        // Without its prefix, a new one is not valid.
        4 => format!("<subnet4><id>{id}</id><renew-timer>{id}</renew-timer></subnet4>"),
        5 => format!("<rebind-timer>{id}</rebind-timer>"),
        6 => format!("{}{}", step(id, 1), step(id, 0)),
        // Spelled otherwise, it is the same.
        7 => subnet(id).replace("<id>", "<id>0").replace("</subnet4>", "<rebind-timer>9</rebind-timer></subnet4>"),
        _ => format!("{}{}", step(id, 2), step(id + 1, 0)),
    }
}

proptest::proptest! {
    /// What is remembered of edits is what a look at the whole finds.
    #[test]
    fn touched_entries_are_all_that_differs(
        steps in proptest::collection::vec((1_u32..5, 0_u32..9, proptest::bool::weighted(0.3)), 1..8),
    ) {
        let fresh = |tree: &Tree| Tree::from_json(schema(), &tree.to_json()).unwrap();
        let differences = |tree: &Tree, before: &Tree| {
            let mut all: Vec<_> = tree.differences(before, 100).unwrap().iter().map(|d| format!("{d:?}")).collect();
            all.sort();
            all
        };
        let mut running = two_subnets();
        running.settle();
        let mut candidate: Option<Tree> = None;
        for (id, what, is_committed) in steps {
            let base = candidate.as_ref().unwrap_or(&running);
            let inner = format!(">{}", step(id, what));
            let expected = edit(&fresh(base), &inner);
            let next = edit(base, &inner);
            proptest::prop_assert_eq!(next.xml(), expected.xml());
            proptest::prop_assert_eq!(next.validity(), expected.validity());
            proptest::prop_assert_eq!(differences(&next, &running), differences(&fresh(&next), &fresh(&running)));
            if let (Some(some), Some(all)) =
                (next.changed_entries(&running), fresh(&next).changed_entries(&fresh(&running)))
            {
                let sorted = |mut entries: Vec<translators::Touched>| {
                    entries.sort_by_key(|touched| touched.entry.to_string());
                    entries
                };
                proptest::prop_assert_eq!(sorted(some), sorted(all));
            }
            candidate = Some(next);
            if is_committed && let Some(next) = candidate.take() {
                next.settle();
                let before = std::mem::replace(&mut running, next);
                running.keep_before(before);
            }
        }
    }
}

#[test]
fn lists_in_new_entries_stay() {
    let ns = "urn:ietf:params:xml:ns:yang:kea-dhcp6-server";
    let text = format!(
        "<config xmlns=\"{ns}\"><subnet6><id>1</id><subnet>2001:db8:1::/64</subnet>\
         <pool><start-address>2001:db8:1::1</start-address><end-address>2001:db8:1::9</end-address></pool>\
         <pd-pool><prefix>2001:db8:8000::/48</prefix><delegated-len>56</delegated-len></pd-pool></subnet6></config>"
    );
    let lifetime = json!({ "kea-dhcp6-server:config": { "valid-lifetime": 4000 } });
    for base in [schema().empty(), Tree::from_json(schema(), &lifetime).unwrap()] {
        let mut edit = Edit::of(schema(), "kea-dhcp6-server", &base, false).unwrap();
        edit.apply(&xml::parse(&text).unwrap(), DefaultOperation::Merge);
        let (tree, errors) = edit.finish();
        assert_eq!(errors, vec![]);
        assert!(tree.xml().contains("pd-pool"), "{}", tree.xml());
    }
}
