//! The stages of classification, in Kea's order.
//!
//! ```text
//! receive      ALL, the classes of vendors, then the tests that do not depend on KNOWN
//!              (drop if DROP; look up global reservations early, if configured: reserve, known; choose the subnet)
//! reserve      the reservation's classes, and the tests again that could have come out otherwise without them
//! known        KNOWN or UNKNOWN, then the tests that depend on it
//!              (drop if DROP; choose the pool, the address)
//! additional   evaluate-additional-classes of the pool, the subnet and the shared network
//! ```

use crate::classes::{VENDOR_PREFIX, has_no_test};
use crate::shared::{Memo, Plan, Shared, key_of};
use crate::{
    BoolExpression, ClassId, ClassSet, Classes, Definitions, EvalError, Names, Outcome, ParseError, Scope,
    StringExpression, Subject, Watch, ast, escape, is_built_in, vendor,
};
use hashbrown::HashMap;
use smallvec::SmallVec;
use std::fmt::{self, Display, Formatter};
use wire::options::Family;

/// A class as the configuration defines it.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClassDefinition<'a> {
    /// `name`
    pub name: &'a str,
    /// `test`
    pub test: Option<&'a str>,
    /// `template-test`
    pub template_test: Option<&'a str>,
    /// `only-in-additional-list`
    pub only_in_additional_list: bool,
}

/// Why a definition is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassError {
    /// Which definition, from 0.
    pub definition: usize,
    /// Where in it.
    pub part: Part,
    /// Why.
    pub reason: String,
}

/// A part of a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The name.
    Name,
    /// The test, at this offset in bytes.
    Test(usize),
    /// The template, at this offset in bytes.
    TemplateTest(usize),
    /// The flag.
    OnlyInAdditionalList,
}

impl Display for ClassError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for ClassError {}

/// The test of a class.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// A class without a test: something else adds it.
    None,
    /// `test`
    Bool(BoolExpression),
    /// `template-test`; what the names of its classes begin with.
    Template(StringExpression, Box<str>),
}

/// A class ready for use.
#[derive(Clone, Debug)]
struct Class {
    id: ClassId,
    test: Test,
    only_in_additional_list: bool,
    depends_on_known: bool,
}

/// All classes of a configuration.
#[derive(Clone, Debug)]
pub struct Classifier {
    family: Family,
    names: Names,
    classes: Vec<Class>,
    /// Place in `classes`.
    by_id: HashMap<ClassId, usize>,
    shared: Shared,
    /// What is tested before reservations are known.
    early: Plan,
    /// What is tested then.
    late: Plan,
}

/// For expressions that stand outside of class definitions, any name will do.
impl Classes for Classifier {
    fn refer(&mut self, name: &str) -> Option<ClassId> {
        Some(self.names.id(name))
    }
}

impl Classifier {
    /// No class but the built-in ones.
    pub fn empty(family: Family) -> Self {
        Self {
            family,
            names: Names::default(),
            classes: Vec::new(),
            by_id: HashMap::new(),
            shared: Shared::default(),
            early: Plan::default(),
            late: Plan::default(),
        }
    }

    /// Compiles the classes of a configuration. All that is wrong is reported together.
    pub fn new(
        family: Family,
        definitions: &[ClassDefinition<'_>],
        options: &dyn Definitions,
    ) -> Result<Self, Vec<ClassError>> {
        let mut classifier = Self::empty(family);
        let mut errors = Vec::new();
        for (place, definition) in definitions.iter().enumerate() {
            let mut wrong = |part, reason: String| errors.push(ClassError { definition: place, part, reason });
            check(definition, &mut wrong);
            let id = classifier.names.id(definition.name);
            if classifier.by_id.contains_key(&id) {
                wrong(Part::Name, format!("class '{}' is defined twice", definition.name));
            }
            let (test, depends_on_known) = classifier.compile(definition, options).unwrap_or_else(|(part, reason)| {
                wrong(part, reason);
                (Test::None, false)
            });
            let only_in_additional_list = definition.only_in_additional_list;
            classifier.by_id.insert(id, classifier.classes.len());
            classifier.classes.push(Class { id, test, only_in_additional_list, depends_on_known });
        }
        classifier.plan();
        if errors.is_empty() { Ok(classifier) } else { Err(errors) }
    }

    /// Works out what is tested when.
    fn plan(&mut self) {
        let Self { classes, shared, early, late, .. } = self;
        *shared = Shared::new(classes.iter_mut().filter_map(|class| match &mut class.test {
            Test::Bool(test) => Some(test.tree()),
            _ => None,
        }));
        for (place, class) in classes.iter_mut().enumerate().filter(|(_, class)| !class.only_in_additional_list) {
            let key = match &mut class.test {
                Test::None => continue,
                Test::Bool(test) => key_of(test.tree()),
                Test::Template(..) => None,
            };
            if class.depends_on_known { &mut *late } else { &mut *early }.add(place as u32, key);
        }
    }

    fn compile(
        &mut self,
        definition: &ClassDefinition<'_>,
        options: &dyn Definitions,
    ) -> Result<(Test, bool), (Part, String)> {
        let Self { family, names, classes, by_id, .. } = self;
        let depends = |id: &ClassId| {
            let indirectly = by_id.get(id).and_then(|place| classes.get(*place)).is_some_and(|c| c.depends_on_known);
            [ClassId::KNOWN, ClassId::UNKNOWN].contains(id) || indirectly
        };
        match (definition.test, definition.template_test) {
            (None, None) => Ok((Test::None, false)),
            (Some(text), _) => {
                let mut defined = Defined { names, by_id: Some(by_id) };
                let mut scope = Scope { family: *family, definitions: options, classes: &mut defined };
                let test = BoolExpression::parse(text, &mut scope)
                    .map_err(|ParseError { offset, reason }| (Part::Test(offset), reason))?;
                let depends = test.classes().iter().any(depends);
                Ok((Test::Bool(test), depends))
            }
            (None, Some("")) => Err((Part::TemplateTest(0), "the template is empty".into())),
            (None, Some(text)) => {
                // A template may ask for classes that other templates spawn: any name will do.
                let mut any = Defined { names, by_id: None };
                let mut scope = Scope { family: *family, definitions: options, classes: &mut any };
                let test = StringExpression::parse(text, &mut scope)
                    .map_err(|ParseError { offset, reason }| (Part::TemplateTest(offset), reason))?;
                let depends = test.classes().iter().any(depends);
                Ok((Test::Template(test, format!("SPAWN_{}_", definition.name).into()), depends))
            }
        }
    }

    /// Names of all classes.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The number of a class that a guard, a list or a reservation names. To be called for all of them before the first
    /// packet comes: classes that a packet spawns are told from it.
    pub fn refer(&mut self, name: &str) -> ClassId {
        self.names.id(name)
    }

    /// Whether a class is defined.
    pub fn is_defined(&self, class: ClassId) -> bool {
        self.by_id.contains_key(&class)
    }

    /// The names of classes in a set that are neither defined nor built in.
    pub fn undefined<'a>(&'a self, set: &'a ClassSet) -> impl Iterator<Item = &'a str> {
        let defined = |name: &str| self.names.find(name).is_some_and(|id| self.is_defined(id));
        set.names(&self.names).filter(move |name| !is_built_in(name) && !defined(name))
    }

    /// Whether membership of a class is known only once reservations were looked up.
    pub fn depends_on_known(&self, class: ClassId) -> bool {
        [ClassId::KNOWN, ClassId::UNKNOWN].contains(&class)
            || self.class(class).is_some_and(|class| class.depends_on_known)
    }

    fn class(&self, id: ClassId) -> Option<&Class> {
        self.by_id.get(&id).and_then(|place| self.classes.get(*place))
    }

    /// The first stage: before the subnet is chosen.
    pub fn receive(&self, subject: &dyn Subject, set: &mut ClassSet, watch: &dyn Watch) {
        set.add(ClassId::ALL);
        if self.names.mention_vendors() || watch.wants_all() {
            match self.family {
                Family::V4 => self.vendor4(subject, set),
                Family::V6 => self.vendor6(subject, set),
            }
        }
        self.evaluate(subject, set, &self.early, watch);
    }

    /// Adds the classes of a reservation. Tests may ask for them: what tests gave before is taken back and found anew.
    pub fn reserve(&self, reserved: &[ClassId], subject: &dyn Subject, set: &mut ClassSet, watch: &dyn Watch) {
        if reserved.is_empty() {
            return;
        }
        self.classes.iter().filter(|class| class.test != Test::None).for_each(|class| set.remove(class.id));
        reserved.iter().for_each(|class| {
            set.add(*class);
        });
        self.evaluate(subject, set, &self.early, watch);
    }

    /// The stage behind the look-up of reservations. An early look-up of global reservations that found none does not make a
    /// client unknown: it has no such stage.
    pub fn known(&self, found: bool, subject: &dyn Subject, set: &mut ClassSet, watch: &dyn Watch) {
        set.add(if found { ClassId::KNOWN } else { ClassId::UNKNOWN });
        self.evaluate(subject, set, &self.late, watch);
    }

    /// The last stage: the lists `evaluate-additional-classes`, one after the other.
    pub fn additional(&self, lists: &[&[ClassId]], subject: &dyn Subject, set: &mut ClassSet, watch: &dyn Watch) {
        let mut seen = ClassSet::default();
        for &id in lists.iter().copied().flatten() {
            if !seen.add(id) {
                continue;
            }
            match self.class(id) {
                None => watch.outcome(id, Outcome::Undefined),
                Some(Class { test: Test::None, .. }) => {
                    watch.outcome(id, Outcome::NoTest);
                    set.add(id);
                }
                Some(class) => self.test(class, subject, set, watch, None),
            }
        }
    }

    fn evaluate(&self, subject: &dyn Subject, set: &mut ClassSet, plan: &Plan, watch: &dyn Watch) {
        if plan.all.is_empty() {
            return;
        }
        let memo = Memo::new(&self.shared, subject, self.family);
        let due = if watch.wants_all() { SmallVec::from_slice(&plan.all) } else { plan.due(&memo) };
        for class in due.iter().filter_map(|place| self.classes.get(*place as usize)) {
            self.test(class, subject, set, watch, Some(&memo));
        }
    }

    fn test(
        &self,
        class: &Class,
        subject: &dyn Subject,
        set: &mut ClassSet,
        watch: &dyn Watch,
        memo: Option<&Memo<'_>>,
    ) {
        match &class.test {
            Test::None => {}
            Test::Bool(test) => match memo
                .map_or_else(|| test.matches(subject, set, watch), |memo| test.matches_with(memo, subject, set, watch))
            {
                Ok(matches) => {
                    watch.outcome(class.id, Outcome::Test(matches));
                    if matches {
                        set.add(class.id);
                    }
                }
                Err(error) => watch.outcome(class.id, Outcome::TestFailed(error)),
            },
            Test::Template(test, prefix) => match spawned(test, prefix, subject, set, watch) {
                Ok(Some(name)) => {
                    let name = as_text(&name);
                    watch.outcome(class.id, Outcome::Template(name.get(prefix.len()..).unwrap_or("")));
                    // What was spawned stands before its template: its options go first.
                    set.add_named(&self.names, name);
                    set.add(class.id);
                }
                Ok(None) => {}
                Err(error) => watch.outcome(class.id, Outcome::TemplateFailed(error)),
            },
        }
    }

    /// `VENDOR_CLASS_` and the whole of option 60.
    fn vendor4(&self, subject: &dyn Subject, set: &mut ClassSet) {
        let payload = subject.option(VENDOR_CLASS_IDENTIFIER, 0).unwrap_or(&[]);
        // Zeros at its end are no part of the text.
        if let Some(end) = payload.iter().rposition(|byte| *byte != 0) {
            self.add_vendor(payload.get(..=end).unwrap_or(&[]), set);
        }
    }

    /// `VENDOR_CLASS_` and the first chunk of each option 16; a cable modem or router wherever it says so.
    fn vendor6(&self, subject: &dyn Subject, set: &mut ClassSet) {
        for block in vendor::blocks(subject, Family::V6, ast::Vendor::Class) {
            let Some(first) = block.chunks(Family::V6).next() else { continue };
            let docsis = DOCSIS.iter().find(|name| block.chunks(Family::V6).any(|chunk| chunk == **name));
            self.add_vendor(docsis.copied().unwrap_or(first), set);
        }
    }

    fn add_vendor(&self, value: &[u8], set: &mut ClassSet) {
        let name: Name = VENDOR_PREFIX.bytes().chain(escape(value)).collect();
        set.add_named(&self.names, as_text(&name));
    }
}

/// A name that is made from a packet; it is ASCII but for what the configuration put into it.
type Name = SmallVec<[u8; 128]>;

fn as_text(name: &[u8]) -> &str {
    std::str::from_utf8(name).unwrap_or("")
}

/// The name of the class that a template gives, if its value is not empty.
fn spawned(
    test: &StringExpression,
    prefix: &str,
    subject: &dyn Subject,
    set: &ClassSet,
    watch: &dyn Watch,
) -> Result<Option<Name>, EvalError> {
    let value = test.value(subject, set, watch)?;
    Ok((!value.is_empty()).then(|| prefix.bytes().chain(escape(&value)).collect()))
}

const VENDOR_CLASS_IDENTIFIER: u16 = 60;
/// What cable modems and their routers call themselves, in the order they are looked for.
const DOCSIS: [&[u8]; 2] = [b"docsis3.0", b"eRouter1.0"];

/// Rules that need no other definition.
fn check(definition: &ClassDefinition<'_>, wrong: &mut impl FnMut(Part, String)) {
    let ClassDefinition { name, test, template_test, only_in_additional_list } = *definition;
    if name.is_empty() {
        wrong(Part::Name, "a class needs a name".into());
    }
    if test.is_some() && template_test.is_some() {
        wrong(Part::TemplateTest(0), format!("class '{name}' has both test and template-test"));
    }
    if has_no_test(name) && (test.is_some() || template_test.is_some()) {
        let part = if test.is_some() { Part::Test(0) } else { Part::TemplateTest(0) };
        wrong(part, format!("built-in class '{name}' cannot have a test"));
    }
    if only_in_additional_list && (has_no_test(name) || ["DROP", "REJECT"].contains(&name)) {
        wrong(Part::OnlyInAdditionalList, format!("class '{name}' cannot be in additional lists alone"));
    }
}

/// The classes that a test may refer to: those defined before it and the built-in ones; all for a template.
struct Defined<'a> {
    names: &'a mut Names,
    by_id: Option<&'a HashMap<ClassId, usize>>,
}

impl Classes for Defined<'_> {
    fn refer(&mut self, name: &str) -> Option<ClassId> {
        let by_id = match self.by_id {
            None => return Some(self.names.id(name)),
            Some(by_id) => by_id,
        };
        if is_built_in(name) {
            return Some(self.names.id(name));
        }
        self.names.find(name).filter(|id| by_id.contains_key(id))
    }
}
