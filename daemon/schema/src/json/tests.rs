//! The dialect: what is read, what is refused and where; random trees in both directions.

use super::*;
use proptest::prelude::*;

fn read(text: &str) -> Result<Document, ConfigError> {
    parse("<string>", text, &mut no_includes)
}

fn json(text: &str) -> serde_json::Value {
    read(text).unwrap_or_else(|error| panic!("{error}")).root.to_json()
}

fn refused(text: &str) -> String {
    match read(text) {
        Ok(document) => panic!("{text} was read as {:?}", document.root),
        Err(error) => error.to_string(),
    }
}

/// Any JSON without the values that the dialect does not have: whole numbers beyond 64 bits.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        (-1e300..1e300f64).prop_map(Into::into),
        ".{0,12}".prop_map(Into::into),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::btree_map(".{0,8}", inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

/// What may stand between two tokens, and is no part of the value.
fn any_space() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[ \t\r\n]{0,4}",
        1 => "#[^\n]{0,8}\n",
        1 => "//[^\n]{0,8}\n",
        1 => "[^*/]{0,8}".prop_map(|inside| format!("/*{inside}*/")),
    ]
}

/// Writes JSON with space between the tokens, and notes where each value and key begins: line and column, both from 1.
struct Writer<'a> {
    text: String,
    spaces: std::iter::Cycle<std::slice::Iter<'a, String>>,
    line: u32,
    column: u32,
    places: Vec<(String, u32, u32)>,
}

impl Writer<'_> {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        for character in text.chars() {
            (self.line, self.column) =
                if character == '\n' { (self.line + 1, 1) } else { (self.line, self.column + 1) };
        }
    }

    fn token(&mut self, text: &str) {
        let space = self.spaces.next().cloned().unwrap_or_default();
        self.push(&space);
        self.push(text);
    }

    fn begin(&mut self, path: &str) {
        let space = self.spaces.next().cloned().unwrap_or_default();
        self.push(&space);
        self.places.push((path.to_owned(), self.line, self.column));
    }

    fn value(&mut self, path: &str, value: &serde_json::Value) {
        self.begin(path);
        match value {
            serde_json::Value::Array(items) => {
                self.push("[");
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        self.token(",");
                    }
                    self.value(&format!("{path}[{at}]"), item);
                }
                self.token("]");
            }
            serde_json::Value::Object(map) => {
                self.push("{");
                for (at, (key, item)) in map.iter().enumerate() {
                    if at > 0 {
                        self.token(",");
                    }
                    let inner = if path.is_empty() { key.clone() } else { format!("{path}/{key}") };
                    self.begin(&inner);
                    self.push(&serde_json::Value::from(key.as_str()).to_string());
                    self.token(":");
                    self.value(&inner, item);
                }
                self.token("}");
            }
            leaf => self.push(&leaf.to_string()),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_is_read(value in any_json()) {
        prop_assert_eq!(json(&value.to_string()), value.clone());
        prop_assert_eq!(json(&format!("{value:#}")), value);
    }

    #[test]
    fn every_value_knows_where_it_stands(value in any_json(), spaces in prop::collection::vec(any_space(), 1..9)) {
        let mut writer =
            Writer { text: String::new(), spaces: spaces.iter().cycle(), line: 1, column: 1, places: Vec::new() };
        writer.value("", &value);
        let document = read(&writer.text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(document.root.to_json(), value);
        prop_assert_eq!(&document.warnings, &[]);
        let problems = writer.places.iter().map(|(_, line, column)| {
            Problem::new(Pos { file: 0, line: *line, column: *column }, "here")
        });
        let found = document.errors(problems.collect());
        let mut places: Vec<_> = writer.places.iter().collect();
        places.sort_by_key(|(_, line, column)| (*line, *column));
        for (error, (path, line, column)) in found.iter().zip(places) {
            prop_assert_eq!((&error.path, error.line, error.column), (path, *line, *column));
        }
    }

    #[test]
    fn any_text_is_read_or_refused_inside_of_it(text in r#"[\[\]{}:,"\\#/*<?a-z0-9.+é \n-]{0,60}"#) {
        if let Err(error) = read(&text) {
            let line = text.split('\n').nth(error.line as usize - 1);
            prop_assert!(line.is_some_and(|line| error.column as usize <= line.chars().count() + 1), "{}", error);
        }
    }

    #[test]
    fn a_bad_character_is_told_where_it_stands(value in any_json(), at: prop::sample::Index) {
        // A control character is nowhere allowed.
        let text = format!("{value:#}");
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let at = places[at.index(places.len())];
        let (before, after) = text.split_at(at);
        let error = read(&format!("{before}\u{1}{after}")).expect_err("a control character");
        let line = before.split('\n').count() as u32;
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) as u32 + 1;
        prop_assert_eq!(error.line, line);
        // Inside an escape, a word or a number, the whole of it is wrong.
        prop_assert!((0..=24).contains(&(i64::from(column) - i64::from(error.column))), "{} at {}", error, column);
    }
}

#[test]
fn comments_of_three_kinds_are_space() {
    assert_eq!(json("# one\n{ // two\n \"a\": /* three\n lines */ 1 }"), serde_json::json!({ "a": 1 }));
    assert_eq!(json("[1 /* * / ** */, 2] # end"), serde_json::json!([1, 2]));
    assert_eq!(json("[\"# no /* comment */ // here\"]"), serde_json::json!(["# no /* comment */ // here"]));
    assert_eq!(refused("[1, /* 2]"), "<string>:1:5: this comment is not closed");
}

#[test]
fn a_comma_too_many_is_a_warning() {
    let document = read("{\"a\": [1,,2,],\n}").unwrap();
    assert_eq!(document.root.to_json(), serde_json::json!({ "a": [1, 2] }));
    let told: Vec<String> = document.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told.iter().all(|warning| warning.ends_with("a comma too many: was something left out?")), "{told:?}");
    assert_eq!(refused("[,1]"), "<string>:1:2: expected a value, found `,`");
}

#[test]
fn numbers_are_of_64_bits() {
    assert_eq!(json("[-9223372036854775808, 0.5, 1e3, .25, -0]"), serde_json::json!([i64::MIN, 0.5, 1000.0, 0.25, 0]));
    assert_eq!(read("[007]").unwrap().warnings.len(), 1);
    assert_eq!(refused("9223372036854775808"), "<string>:1:1: 9223372036854775808 does not fit into 64 bits");
    assert_eq!(refused("[+1]"), "<string>:1:2: +1: a number has no plus sign");
    assert_eq!(refused("1e999"), "<string>:1:1: 1e999 is not a number");
    assert_eq!(refused("1-2"), "<string>:1:1: 1-2 is not a number");
}

#[test]
fn strings_are_unicode() {
    assert_eq!(json(r#""\u00e9\ud83d\ude00\n\/\\\"é""#), serde_json::json!("é😀\n/\\\"é"));
    assert_eq!(
        refused(r#"["é", "\q"]"#),
        r#"<string>:1:8: no such escape; JSON has \" \\ \/ \b \f \n \r \t and \uXXXX"#
    );
    assert_eq!(refused(r#""\ud83d""#), "<string>:1:2: half of a surrogate pair");
    assert_eq!(refused(r#""\u12""#), "<string>:1:2: \\u needs four hexadecimal digits");
    assert_eq!(refused("\"a\tb\""), "<string>:1:3: a string cannot hold the control character 0x09; write \\u0009");
    assert_eq!(refused("\"abc\ndef\""), "<string>:1:1: this string is not closed on its line");
}

#[test]
fn words_are_lower_case_and_strings_quoted() {
    assert_eq!(refused("[True]"), "<string>:1:2: `True` must be lower case");
    assert_eq!(refused("{a: 1}"), "<string>:1:2: `a` is no JSON; strings need quotes");
    assert_eq!(refused("[1] 2"), "<string>:1:5: the text should end here, found 2");
    assert_eq!(refused(""), "<string>:1:1: expected a value, found the end of the text");
}

#[test]
fn a_key_stands_once() {
    assert_eq!(refused("{\"a\": 1,\n \"a\": 2}"), "<string>:2:2: `a` stands in this map already");
    let many: String = (0..100).map(|at| format!("\"k{at}\": 1,\n")).collect();
    assert_eq!(refused(&format!("{{{many}\"k7\": 1}}")), "<string>:101:1: `k7` stands in this map already");
}

#[test]
fn nesting_has_a_limit() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(read(&nested(MAX_NESTING)).is_ok());
    assert!(refused(&nested(MAX_NESTING + 1)).contains("inside each other"));
    assert!(refused(&"[".repeat(1_000_000)).contains("inside each other"));
}

#[test]
fn an_include_is_read_in_place() {
    let mut files = |name: &str| match name {
        "members" => Ok("\"b\": 2, // two\n\"c\": <?include \"value\"?>".to_owned()),
        "value" => Ok("[ 3,\n bad ]".to_owned()),
        "good" => Ok("4 # four".to_owned()),
        _ => Err("no such file".to_owned()),
    };
    let good = parse("main", "{\"a\": <?include \"good\"?>, \"b\": 1}", &mut files).unwrap();
    assert_eq!(good.root.to_json(), serde_json::json!({ "a": 4, "b": 1 }));
    let error = parse("main", "{\"a\": 1,\n<?include \"members\"?>}", &mut files).unwrap_err();
    assert_eq!(error.to_string(), "value:2:2: `bad` is no JSON; strings need quotes");
    let error = parse("main", "[<?include \"other\"?>]", &mut files).unwrap_err();
    assert_eq!(error.to_string(), "main:1:2: cannot include \"other\": no such file");
    assert!(refused("<?include x?>").contains("expected <?include \"file\"?>"));
}

#[test]
fn includes_have_a_limit() {
    let error = parse("main", "<?include \"self\"?>", &mut |_| Ok("<?include \"self\"?>".to_owned())).unwrap_err();
    assert_eq!(error.reason, "more than 10 files include each other");
}

#[test]
fn a_large_configuration_is_read_at_once() {
    let subnet = r#"{"id": 1, "subnet": "10.0.0.0/24", "pools": [{"pool": "10.0.0.1 - 10.0.0.200"}], "comment": "é"}"#;
    let line = format!("[{}]", vec![subnet; 20_000].join(", "));
    let start = std::time::Instant::now();
    let document = read(&line).unwrap();
    // Minified on one line, where counting columns anew for each value would take minutes.
    assert!(start.elapsed() < std::time::Duration::from_secs(5), "{:?}", start.elapsed());
    let Value::List(nodes) = &document.root.value else { panic!("a list") };
    assert_eq!(nodes[19_999].pos.column as usize, 2 + 19_999 * (subnet.chars().count() + 2));
}
