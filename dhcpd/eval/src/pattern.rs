//! Regular expressions: of `match`, which the whole value has to fit, and of `hostname-char-set`, which are looked for.
//!
//! Kea takes them to the C++ library, in the syntax of ECMAScript and of POSIX, and warns of patterns that take forever. Here a pattern
//! becomes a set of states that are followed side by side, so that a match takes time in proportion to the value, whatever
//! the pattern. What cannot be done so is refused where the expression is parsed: references back (`\1`), looks ahead
//! (`(?=x)`, `(?!x)`) and collating elements (`[[.x.]]`, `[[=x=]]`). Patterns work on bytes; classes are those of ASCII.

use crate::posix::from_extended;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind, Look};
use smallvec::SmallVec;
use std::ops::Range;

/// A compiled regular expression.
#[derive(Clone, Debug)]
pub struct Pattern {
    source: Box<str>,
    states: Vec<State>,
}

/// One state; states stand one after the other.
#[derive(Clone, Debug)]
enum State {
    /// Takes a byte of one of these ranges and goes on with the next state.
    Byte(SmallVec<[(u8, u8); 2]>),
    /// Goes on with both of these, the first standing behind it.
    Split(u32, u32),
    Jump(u32),
    /// Goes on with the next state if this holds here.
    Assert(Look),
    Match,
}

/// States that a pattern may have; counted repetitions multiply them.
const MOST_STATES: usize = 10_000;

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Pattern {
    /// Compiles a pattern in the syntax of ECMAScript.
    pub(crate) fn new(source: &str) -> Result<Self, String> {
        Self::compile(source, from_ecmascript(source))
    }

    /// Compiles an extended regular expression of POSIX.
    pub fn extended(source: &str) -> Result<Self, String> {
        Self::compile(source, from_extended(source))
    }

    fn compile(source: &str, text: Result<String, String>) -> Result<Self, String> {
        let tree = text.and_then(|text| read(&text));
        let mut pattern = Self { source: source.into(), states: Vec::new() };
        let compiled = tree.and_then(|tree| pattern.add(&tree)).and_then(|()| pattern.push(State::Match));
        compiled.map_err(|reason| format!("invalid regular expression '{source}': {reason}"))?;
        Ok(pattern)
    }

    /// As it was written.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    fn push(&mut self, state: State) -> Result<(), String> {
        if self.states.len() == MOST_STATES {
            return Err(format!("it takes more than {MOST_STATES} states"));
        }
        self.states.push(state);
        Ok(())
    }

    fn here(&self) -> u32 {
        self.states.len() as u32
    }

    fn set(&mut self, place: u32, state: State) {
        if let Some(slot) = self.states.get_mut(place as usize) {
            *slot = state;
        }
    }

    /// Appends the states of a tree, whose depth the parser has bounded.
    fn add(&mut self, tree: &Hir) -> Result<(), String> {
        match tree.kind() {
            HirKind::Empty => Ok(()),
            HirKind::Literal(literal) => {
                literal.0.iter().try_for_each(|&byte| self.push(State::Byte([(byte, byte)].into_iter().collect())))
            }
            HirKind::Class(Class::Bytes(class)) => {
                self.push(State::Byte(class.iter().map(|range| (range.start(), range.end())).collect()))
            }
            HirKind::Class(Class::Unicode(_)) => Err("it has classes beyond ASCII".into()),
            HirKind::Look(look) => self.push(State::Assert(*look)),
            HirKind::Capture(capture) => self.add(&capture.sub),
            HirKind::Concat(parts) => parts.iter().try_for_each(|part| self.add(part)),
            HirKind::Alternation(parts) => self.any(parts),
            HirKind::Repetition(repetition) => self.repeat(&repetition.sub, repetition.min, repetition.max),
        }
    }

    fn any(&mut self, parts: &[Hir]) -> Result<(), String> {
        let mut ends = Vec::new();
        for (place, part) in parts.iter().enumerate() {
            if place + 1 == parts.len() {
                self.add(part)?;
                break;
            }
            let split = self.here();
            self.push(State::Match)?;
            self.add(part)?;
            ends.push(self.here());
            self.push(State::Match)?;
            self.set(split, State::Split(split + 1, self.here()));
        }
        let end = self.here();
        ends.into_iter().for_each(|place| self.set(place, State::Jump(end)));
        Ok(())
    }

    fn repeat(&mut self, what: &Hir, min: u32, max: Option<u32>) -> Result<(), String> {
        if matches!(what.kind(), HirKind::Empty) {
            return Ok(());
        }
        for _ in 0..min {
            self.add(what)?;
        }
        let splits_start = self.here();
        let Some(max) = max else {
            self.push(State::Match)?;
            self.add(what)?;
            self.push(State::Jump(splits_start))?;
            self.set(splits_start, State::Split(splits_start + 1, self.here()));
            return Ok(());
        };
        let mut splits = Vec::new();
        for _ in min..max {
            splits.push(self.here());
            self.push(State::Match)?;
            self.add(what)?;
        }
        let end = self.here();
        splits.into_iter().for_each(|place| self.set(place, State::Split(place + 1, end)));
        Ok(())
    }

    /// Whether it is one byte of some set.
    pub fn is_byte(&self) -> bool {
        matches!(self.states.as_slice(), [State::Byte(_), State::Match])
    }

    /// Whether the whole value fits. Time: states times bytes.
    pub fn matches(&self, value: &[u8]) -> bool {
        let mut fits = false;
        self.walk(value, 0, |at, states| fits = at == value.len() && self.ends(states));
        fits
    }

    /// The first part of the value behind `from` that fits, the longest one that begins there.
    pub fn find(&self, value: &[u8], from: usize) -> Option<Range<usize>> {
        (from..=value.len()).find_map(|start| Some(start..self.longest(value, start)?))
    }

    /// Where the longest part that begins at `from` ends.
    fn longest(&self, value: &[u8], from: usize) -> Option<usize> {
        let mut end = None;
        self.walk(value, from, |at, states| {
            if self.ends(states) {
                end = Some(at);
            }
        });
        end
    }

    fn ends(&self, states: &Set) -> bool {
        members(states).any(|state| matches!(self.states.get(state as usize), Some(State::Match)))
    }

    /// Follows all states from a place on, byte by byte, as long as there are any; tells each place with its states.
    fn walk(&self, value: &[u8], from: usize, mut reached: impl FnMut(usize, &Set)) {
        let words = self.states.len().div_ceil(64);
        let mut now: Set = std::iter::repeat_n(0, words).collect();
        let mut then = now.clone();
        self.enter(0, value, from, &mut now);
        reached(from, &now);
        for (at, &byte) in value.iter().enumerate().skip(from) {
            then.iter_mut().for_each(|word| *word = 0);
            let mut alive = false;
            for state in members(&now) {
                if let Some(State::Byte(ranges)) = self.states.get(state as usize)
                    && ranges.iter().any(|&(from, to)| (from..=to).contains(&byte))
                {
                    self.enter(state + 1, value, at + 1, &mut then);
                    alive = true;
                }
            }
            if !alive {
                return;
            }
            std::mem::swap(&mut now, &mut then);
            reached(at + 1, &now);
        }
    }

    /// Adds a state and all that it leads to without a byte.
    fn enter(&self, state: u32, value: &[u8], at: usize, set: &mut Set) {
        let mut todo: SmallVec<[u32; 32]> = SmallVec::new();
        todo.push(state);
        while let Some(state) = todo.pop() {
            let (Some(word), bit) = (set.get_mut(state as usize / 64), 1u64 << (state % 64)) else { continue };
            if *word & bit != 0 {
                continue;
            }
            *word |= bit;
            match self.states.get(state as usize) {
                Some(State::Split(first, second)) => todo.extend([*second, *first]),
                Some(State::Jump(target)) => todo.push(*target),
                Some(State::Assert(look)) if holds(*look, value, at) => todo.push(state + 1),
                _ => {}
            }
        }
    }
}

fn read(text: &str) -> Result<Hir, String> {
    let mut parser = ParserBuilder::new().unicode(false).utf8(false).nest_limit(100).build();
    parser.parse(text).map_err(|error| match error {
        regex_syntax::Error::Parse(error) => error.kind().to_string(),
        regex_syntax::Error::Translate(error) => error.kind().to_string(),
        _ => "it cannot be read".into(),
    })
}

/// States by bit; patterns of up to 512 states need no allocation.
type Set = SmallVec<[u64; 8]>;

fn members(set: &Set) -> impl Iterator<Item = u32> {
    set.iter().enumerate().flat_map(|(place, &word)| {
        let mut word = word;
        std::iter::from_fn(move || {
            let bit = (word != 0).then(|| word.trailing_zeros())?;
            word &= word - 1;
            Some(place as u32 * 64 + bit)
        })
    })
}

fn holds(look: Look, value: &[u8], at: usize) -> bool {
    let is_word = |at: Option<usize>| {
        at.and_then(|at| value.get(at)).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    };
    let boundary = is_word(at.checked_sub(1)) != is_word(Some(at));
    match look {
        Look::Start | Look::StartLF | Look::StartCRLF => at == 0,
        Look::End | Look::EndLF | Look::EndCRLF => at == value.len(),
        Look::WordAscii | Look::WordUnicode => boundary,
        Look::WordAsciiNegate | Look::WordUnicodeNegate => !boundary,
        _ => false,
    }
}

/// Writes ECMAScript's syntax in the parser's: inside brackets `[`, `&&`, `--` and `~~` have no meaning of their own, a dot
/// is no end of a line, and `\<` and `\>` are the signs themselves.
fn from_ecmascript(source: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut inside = false;
    let mut chars = source.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(sign @ ('<' | '>')) => out.push(sign),
                Some('/') => out.push('/'),
                Some(other) => out.extend(['\\', other]),
                None => out.push('\\'),
            },
            '[' if !inside => {
                inside = true;
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                if chars.peek() == Some(&']') {
                    return Err("its brackets are empty".into());
                }
            }
            '[' if chars.peek() == Some(&':') => {
                // A named class up to its own closing bracket.
                out.push('[');
                for c in chars.by_ref() {
                    out.push(c);
                    if c == ']' {
                        break;
                    }
                }
            }
            '[' if matches!(chars.peek(), Some('.' | '=')) => return Err("it has collating elements".into()),
            '[' | '&' | '~' if inside => out.extend(['\\', c]),
            ']' if inside => {
                inside = false;
                out.push(']');
            }
            '-' if inside && chars.peek() == Some(&'-') => out.push_str("\\-"),
            '.' if !inside => out.push_str("[^\\n\\r]"),
            _ => out.push(c),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_whole_value_fits() {
        for (pattern, fits, does_not) in [
            ("foo.*", &["foo", "foobar"][..], &["xfoo", "fo", "foo\nbar", "foo\r"][..]),
            ("^.*foo.*$", &["is it foo or bar"], &["bar"]),
            ("a|bc|d*", &["a", "bc", "", "ddd"], &["abc", "b"]),
            ("(ab){2,3}", &["abab", "ababab"], &["ab", "abababab"]),
            ("[[:alpha:]]+\\d?", &["abc", "abc1"], &["1", "abc12"]),
            ("[a&&b[~]+", &["a&b[~"], &["c"]),
            ("[^0-9-]", &["x"], &["5", "-", ""]),
            ("(?:a*)*b", &["b", "aaab"], &["aaaa"]),
            ("a\\b.c", &["a-c"], &["abc"]),
            ("\\<x\\>\\/", &["<x>/"], &["x"]),
            ("", &[""], &["a"]),
        ] {
            let compiled = Pattern::new(pattern).unwrap();
            fits.iter().for_each(|value| assert!(compiled.matches(value.as_bytes()), "{pattern} {value}"));
            does_not.iter().for_each(|value| assert!(!compiled.matches(value.as_bytes()), "{pattern} {value}"));
        }
    }

    #[test]
    fn the_longest_part_that_comes_first_is_found() {
        for (pattern, value, found) in [
            ("[^A-Za-z0-9.-]", "a_b", Some(1..2)),
            ("a|ab", "xabab", Some(1..3)),
            ("(a|ab)(c|bcd)", "abcd", Some(0..4)),
            ("^b", "ab", None),
            ("b$", "bab", Some(2..3)),
            ("[]^-]", "a-]", Some(1..2)),
            ("[^]\\\\[]", "]\\[a", Some(3..4)),
            ("[[:digit:]_]+", "ab1_2c", Some(2..5)),
            ("\\d{2}", "1a23", Some(2..4)),
            ("x*", "axx", Some(0..0)),
            ("[a-]", "b-", Some(1..2)),
            ("\\.", "a.b", Some(1..2)),
            (".", "\0a", Some(1..2)),
            ("[é]+", "aéb", Some(1..3)),
        ] {
            assert_eq!(Pattern::extended(pattern).unwrap().find(value.as_bytes(), 0), found, "{pattern}");
        }
        assert!(Pattern::extended("[^a-z]").unwrap().is_byte() && !Pattern::extended("a*").unwrap().is_byte());
        for wrong in ["[", "[]", "[z-a]", "a\\", "\\q", "(?i)a", "[[.a.]]", "*", "(", "[[:nothing:]]"] {
            assert!(Pattern::extended(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_would_not_be_linear_or_is_wrong_is_refused() {
        for pattern in
            ["(a)\\1", "a(?=b)", "[[.a.]]", "[[=a=]]", "[]", "[^]", "(", "[", "a{1000}{1000}", "*", "(?u)\\pL"]
        {
            assert!(Pattern::new(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn hard_patterns_take_no_time() {
        let pattern = Pattern::new("(a+)+(a|aa)*(a*)*b").unwrap();
        assert!(!pattern.matches(&[b'a'; 20_000]));
    }

    /// Where a match that begins at `at` can end: the definition, slow and plain.
    fn ends(tree: &Hir, value: &[u8], at: usize) -> BTreeSet<usize> {
        let from_all = |starts: BTreeSet<usize>, tree: &Hir| -> BTreeSet<usize> {
            starts.into_iter().flat_map(|at| ends(tree, value, at)).collect()
        };
        match tree.kind() {
            HirKind::Empty => [at].into(),
            HirKind::Literal(literal) => {
                value[at..].starts_with(&literal.0).then_some(at + literal.0.len()).into_iter().collect()
            }
            HirKind::Class(Class::Bytes(class)) => {
                let fits = |byte: &u8| class.iter().any(|range| (range.start()..=range.end()).contains(byte));
                value.get(at).filter(|byte| fits(byte)).map(|_| at + 1).into_iter().collect()
            }
            HirKind::Class(_) => BTreeSet::new(),
            HirKind::Look(look) => holds(*look, value, at).then_some(at).into_iter().collect(),
            HirKind::Capture(capture) => ends(&capture.sub, value, at),
            HirKind::Concat(parts) => parts.iter().fold([at].into(), from_all),
            HirKind::Alternation(parts) => parts.iter().flat_map(|part| ends(part, value, at)).collect(),
            HirKind::Repetition(repetition) => {
                let mut now: BTreeSet<usize> = [at].into();
                let mut all = if repetition.min == 0 { now.clone() } else { BTreeSet::new() };
                // More turns than bytes find nothing new.
                let most = repetition.max.unwrap_or(repetition.min + value.len() as u32 + 1);
                for turn in 1..=most {
                    now = from_all(now, &repetition.sub);
                    if turn >= repetition.min {
                        all.extend(&now);
                    }
                }
                all
            }
        }
    }

    /// Small patterns of all that there is, most of them valid.
    const PATTERNS: &str = "([ab.]|\\(a\\|b\\*\\)|\\(ab\\|\\)\\+|\\[\\^a\\]|[*+?|^$]|\\{1,2\\}|\\\\b){0,8}";

    proptest! {
        #[test]
        fn matches_are_those_of_the_definition(source in PATTERNS, value in "[ab -]{0,6}") {
            if let Ok(pattern) = Pattern::new(&source) {
                let tree = from_ecmascript(&source).and_then(|text| read(&text)).unwrap();
                let expected = ends(&tree, value.as_bytes(), 0).contains(&value.len());
                prop_assert_eq!(pattern.matches(value.as_bytes()), expected, "{} {:?}", source, value);
            }
        }

        #[test]
        fn any_pattern_and_value_end(source in ".{0,30}", value in proptest::collection::vec(any::<u8>(), 0..50)) {
            if let Ok(pattern) = Pattern::new(&source) {
                pattern.matches(&value);
            }
        }

        #[test]
        fn a_literal_fits_itself_alone(text in "[a-z]{0,8}", other in "[a-z]{0,8}") {
            prop_assert_eq!(Pattern::new(&text).unwrap().matches(other.as_bytes()), text == other);
        }
    }
}
