//! Expressions, by recursive descent. Loosest first: `sor`, `or`, `sand`, `and`, `not`, `==`, `+`.
//!
//! A term is a boolean or a string from the moment it is read, so that a wrong type is reported where it stands.

use crate::ast::{Bool, Conversion, Enterprise, RelayField, Text, Vendor};
use crate::lexer::{Kind, Token, tokens};
use crate::path::{Form, Path, Root};
use crate::pattern::Pattern;
use crate::{ClassId, Field, ParseError, Scope};
use wire::options::Family;
use wire::v6::HOP_COUNT_LIMIT;

/// How deep parentheses, functions and `not` may nest.
const DEEPEST: usize = 100;

/// Parses a boolean expression; the classes it asks for.
pub(crate) fn boolean(text: &str, scope: &mut Scope<'_>) -> Result<(Bool, Vec<ClassId>), ParseError> {
    whole(text, scope, Parser::boolean)
}

/// Parses a string expression; the classes it asks for.
pub(crate) fn string(text: &str, scope: &mut Scope<'_>) -> Result<(Text, Vec<ClassId>), ParseError> {
    whole(text, scope, Parser::string)
}

fn whole<'a, 's, 'c, T>(
    text: &'a str,
    scope: &'s mut Scope<'c>,
    read: fn(&mut Parser<'a, 's, 'c>) -> Result<T, ParseError>,
) -> Result<(T, Vec<ClassId>), ParseError> {
    let mut parser = Parser { tokens: tokens(text)?, place: 0, depth: 0, scope, classes: Vec::new() };
    let tree = read(&mut parser)?;
    match parser.peek() {
        Kind::End => Ok((tree, parser.classes)),
        other => Err(parser.wrong(format!("the expression goes on with {} where it should end", other.describe()))),
    }
}

/// Something of one type or the other.
enum Term {
    Bool(Bool),
    Text(Text),
}

/// A binary operator between booleans.
#[derive(Clone, Copy, PartialEq)]
enum Operator {
    Sor,
    Or,
    Sand,
    And,
}

/// The operators from the loosest to the tightest.
const OPERATORS: [(&str, Operator); 4] =
    [("sor", Operator::Sor), ("or", Operator::Or), ("sand", Operator::Sand), ("and", Operator::And)];

struct Parser<'a, 's, 'c> {
    tokens: Vec<Token<'a>>,
    place: usize,
    depth: usize,
    scope: &'s mut Scope<'c>,
    classes: Vec<ClassId>,
}

impl<'a> Parser<'a, '_, '_> {
    fn boolean(&mut self) -> Result<Bool, ParseError> {
        let at = self.at();
        match self.term()? {
            Term::Bool(bool) => Ok(bool),
            Term::Text(_) => Err(self.wrong_at(at, "this is a string where something true or false is expected")),
        }
    }

    fn string(&mut self) -> Result<Text, ParseError> {
        let at = self.at();
        match self.term()? {
            Term::Text(text) => Ok(text),
            Term::Bool(_) => Err(self.wrong_at(at, "this is true or false where a string is expected")),
        }
    }

    /// Anything, up to what cannot belong to it.
    fn term(&mut self) -> Result<Term, ParseError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.wrong(format!("the expression is nested more than {DEEPEST} levels deep")));
        }
        let term = self.logical(0);
        self.depth -= 1;
        term
    }

    /// Chains of the operators from the one at this place in [`OPERATORS`] on.
    fn logical(&mut self, loosest: usize) -> Result<Term, ParseError> {
        let at = self.at();
        let mut left = self.negation()?;
        // The tightest first: what it joins is a term of the looser ones.
        for (level, (word, operator)) in OPERATORS.iter().enumerate().skip(loosest).rev() {
            if !matches!(self.peek(), Kind::Word(next) if next == word) {
                continue;
            }
            let mut terms = vec![self.boolean_term(left, word, at)?];
            while self.accept_word(word) {
                let at = self.at();
                let right = self.logical(level + 1)?;
                terms.push(self.boolean_term(right, word, at)?);
            }
            left = Term::Bool(match operator {
                Operator::And | Operator::Sand => Bool::And { terms, strict: *operator == Operator::Sand },
                Operator::Or | Operator::Sor => Bool::Or { terms, strict: *operator == Operator::Sor },
            });
        }
        Ok(left)
    }

    fn boolean_term(&self, term: Term, word: &str, at: usize) -> Result<Bool, ParseError> {
        match term {
            Term::Bool(bool) => Ok(bool),
            Term::Text(_) => {
                Err(self.wrong_at(at, format!("this is a string: \"{word}\" needs something true or false")))
            }
        }
    }

    fn negation(&mut self) -> Result<Term, ParseError> {
        if !self.accept_word("not") {
            return self.comparison();
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.wrong(format!("the expression is nested more than {DEEPEST} levels deep")));
        }
        let at = self.at();
        let inner = self.negation()?;
        self.depth -= 1;
        match inner {
            Term::Bool(inner) => Ok(Term::Bool(Bool::Not(Box::new(inner)))),
            Term::Text(_) => Err(self.wrong_at(at, "this is a string: \"not\" needs something true or false")),
        }
    }

    fn comparison(&mut self) -> Result<Term, ParseError> {
        let at = self.at();
        let left = self.sum()?;
        if !self.accept(&Kind::Equal) {
            return Ok(left);
        }
        let right_at = self.at();
        match (left, self.sum()?) {
            (Term::Text(left), Term::Text(right)) => Ok(Term::Bool(Bool::Equal(Box::new(left), Box::new(right)))),
            (Term::Bool(_), _) => Err(self.wrong_at(at, "this is true or false: \"==\" compares strings")),
            (_, Term::Bool(_)) => Err(self.wrong_at(right_at, "this is true or false: \"==\" compares strings")),
        }
    }

    fn sum(&mut self) -> Result<Term, ParseError> {
        let at = self.at();
        let first = self.primary()?;
        if *self.peek() != Kind::Sign('+') {
            return Ok(first);
        }
        let Term::Text(first) = first else {
            return Err(self.wrong_at(at, "this is true or false: \"+\" joins strings"));
        };
        let mut parts = vec![first];
        while self.accept(&Kind::Sign('+')) {
            let at = self.at();
            match self.primary()? {
                Term::Text(part) => parts.push(part),
                Term::Bool(_) => return Err(self.wrong_at(at, "this is true or false: \"+\" joins strings")),
            }
        }
        Ok(Term::Text(Text::Concat(parts)))
    }

    fn primary(&mut self) -> Result<Term, ParseError> {
        let Token { at, kind } = self.next();
        Ok(match kind {
            Kind::Sign('(') => {
                let inner = self.term()?;
                self.expect(')')?;
                inner
            }
            Kind::Quoted(text) => Term::Text(Text::Quoted(text.into())),
            Kind::Hex(bytes) => Term::Text(Text::Hex(bytes.into())),
            Kind::Address(address) => Term::Text(Text::Address(address.into())),
            Kind::Integer(number) => {
                let number = u32::try_from(number).map_err(|_| self.beyond(at, number, "0..4294967295"))?;
                Term::Text(Text::Integer(number.to_be_bytes()))
            }
            Kind::Word(word) => self.word(word, at)?,
            other => {
                return Err(self.wrong_at(at, format!("{} stands where an expression is expected", other.describe())));
            }
        })
    }

    fn word(&mut self, word: &'static str, at: usize) -> Result<Term, ParseError> {
        match word {
            "option" | "relay4" | "relay6" => self.option(word, at),
            "pkt" | "pkt4" | "pkt6" => self.field(word, at).map(|field| Term::Text(Text::Field(field))),
            "vendor" => self.vendor_options(),
            "vendor-class" => self.vendor_class(),
            "known" => Ok(Term::Bool(self.member("KNOWN", at)?)),
            "unknown" => Ok(Term::Bool(Bool::Not(Box::new(self.member("KNOWN", at)?)))),
            "member" => {
                self.expect('(')?;
                let (at, name) = self.quoted("the name of a class")?;
                self.expect(')')?;
                Ok(Term::Bool(self.member(name, at)?))
            }
            "match" => {
                self.expect('(')?;
                let (at, source) = self.quoted("a regular expression")?;
                let pattern = Pattern::new(source).map_err(|reason| self.wrong_at(at, reason))?;
                let text = self.behind_comma(Self::string)?;
                self.expect(')')?;
                Ok(Term::Bool(Bool::Match(pattern, Box::new(text))))
            }
            _ => self.function(word, at).map(Term::Text),
        }
    }

    /// A function whose value is a string.
    fn function(&mut self, word: &'static str, at: usize) -> Result<Text, ParseError> {
        let conversion = Conversion::WORDS.iter().find(|(other, _)| *other == word).map(|(_, conversion)| *conversion);
        let known = ["substring", "split", "concat", "ifelse", "sifelse", "hexstring"].contains(&word);
        if !known && conversion.is_none() {
            return Err(self.wrong_at(at, format!("\"{word}\" stands where an expression is expected")));
        }
        self.expect('(')?;
        let text = match word {
            "substring" => {
                let of = Box::new(self.string()?);
                let (_, start) = self.behind_comma(Self::integer)?;
                let len = self.behind_comma(|p| Ok(if p.accept_word("all") { None } else { Some(p.integer()?.1) }))?;
                Text::Substring { of, start, len }
            }
            "split" => {
                let of = Box::new(self.string()?);
                let at = Box::new(self.behind_comma(Self::string)?);
                Text::Split { of, at, field: self.behind_comma(Self::integer)?.1 }
            }
            "concat" => Text::Concat(vec![self.string()?, self.behind_comma(Self::string)?]),
            "ifelse" | "sifelse" => {
                let condition = Box::new(self.boolean()?);
                let yes = Box::new(self.behind_comma(Self::string)?);
                let no = Box::new(self.behind_comma(Self::string)?);
                Text::IfElse { condition, yes, no, strict: word == "sifelse" }
            }
            "hexstring" => {
                let of = Box::new(self.string()?);
                Text::HexString { of, separator: Box::new(self.behind_comma(Self::string)?) }
            }
            _ => Text::Convert(conversion.unwrap_or(Conversion::Lower), Box::new(self.string()?)),
        };
        self.expect(')')?;
        Ok(text)
    }

    fn member(&mut self, name: &str, at: usize) -> Result<Bool, ParseError> {
        let class = self.scope.classes.refer(name);
        let class = class.ok_or_else(|| self.wrong_at(at, format!("class '{name}' is not defined before this")))?;
        if !self.classes.contains(&class) {
            self.classes.push(class);
        }
        Ok(Bool::Member { name: name.into(), class })
    }

    fn field(&mut self, of: &'static str, at: usize) -> Result<Field, ParseError> {
        match of {
            "pkt4" => self.only(Family::V4, of, at)?,
            "pkt6" => self.only(Family::V6, of, at)?,
            _ => {}
        }
        self.expect('.')?;
        let Token { at, kind } = self.next();
        let field =
            Field::ALL.into_iter().find(|field| matches!(kind, Kind::Word(word) if field.words() == (of, word)));
        field.ok_or_else(|| self.wrong_at(at, format!("{} is no field of \"{of}\"", kind.describe())))
    }

    /// `option[..]`, `relay4[..]` and `relay6[..]` with all that follows.
    fn option(&mut self, word: &str, at: usize) -> Result<Term, ParseError> {
        let (root, first) = match word {
            "relay4" => {
                self.only(Family::V4, word, at)?;
                (Root::Relay4, self.bracketed(Self::sub_option_code)?)
            }
            "relay6" => {
                self.only(Family::V6, word, at)?;
                let nest = self.bracketed(Self::nest)?;
                self.expect('.')?;
                for field in [RelayField::Link, RelayField::Peer] {
                    if self.accept_word(field.word()) {
                        return Ok(Term::Text(Text::Relay { nest, field }));
                    }
                }
                self.expect_word("option")?;
                (Root::Relay6(nest), self.bracketed(Self::sub_option_code)?)
            }
            _ => (Root::Packet, self.bracketed(Self::option_code)?),
        };
        self.chain(root, vec![first])
    }

    /// What follows the first code: more codes, then what is asked of the option.
    fn chain(&mut self, root: Root, mut codes: Vec<u16>) -> Result<Term, ParseError> {
        loop {
            self.expect('.')?;
            let Token { at, kind } = self.next();
            let path = |parser: &Self| Path::new(root, parser.scope.family, &codes, parser.scope.definitions);
            match kind {
                Kind::Word("exists") => return Ok(Term::Bool(Bool::Exists(path(self)))),
                Kind::Word("text") => return Ok(Term::Text(Text::Option(path(self), Form::Text))),
                Kind::Word("hex") => return Ok(Term::Text(Text::Option(path(self), Form::Hex))),
                Kind::Word("option") if codes.len() < DEEPEST => {
                    // As in Kea: a name is looked for among the options of the packet.
                    let named = root != Root::Packet;
                    codes.push(self.bracketed(if named { Self::option_code } else { Self::sub_option_code })?);
                }
                other => {
                    let what = other.describe();
                    return Err(
                        self.wrong_at(at, format!("{what} stands where \"exists\", \"text\" or \"hex\" is expected"))
                    );
                }
            }
        }
    }

    fn vendor_options(&mut self) -> Result<Term, ParseError> {
        if self.accept(&Kind::Sign('.')) {
            self.expect_word("enterprise")?;
            return Ok(Term::Text(Text::Enterprise(Vendor::Options)));
        }
        let enterprise = self.bracketed(Self::enterprise)?;
        self.expect('.')?;
        if self.accept_word("exists") {
            return Ok(Term::Bool(Bool::VendorExists(Vendor::Options, enterprise)));
        }
        self.expect_word("option")?;
        let first = self.bracketed(Self::sub_option_code)?;
        self.chain(Root::Vendor(enterprise), vec![first])
    }

    fn vendor_class(&mut self) -> Result<Term, ParseError> {
        if self.accept(&Kind::Sign('.')) {
            self.expect_word("enterprise")?;
            return Ok(Term::Text(Text::Enterprise(Vendor::Class)));
        }
        let enterprise = self.bracketed(Self::enterprise)?;
        self.expect('.')?;
        if self.accept_word("exists") {
            return Ok(Term::Bool(Bool::VendorExists(Vendor::Class, enterprise)));
        }
        self.expect_word("data")?;
        let index = if *self.peek() == Kind::Sign('[') { self.bracketed(Self::index)? } else { 0 };
        Ok(Term::Text(Text::Data(enterprise, index)))
    }

    fn option_code(&mut self) -> Result<u16, ParseError> {
        let &Kind::Name(name) = self.peek() else { return self.sub_option_code() };
        let space = Path::space_of(Root::Packet, self.scope.family);
        let code = self.scope.definitions.by_name(&space, name).map(|definition| definition.code);
        let code = code.ok_or_else(|| self.wrong(format!("option '{name}' is not defined")))?;
        self.next();
        Ok(code)
    }

    fn sub_option_code(&mut self) -> Result<u16, ParseError> {
        let (at, code) = self.integer()?;
        let (most, range) = match self.scope.family {
            Family::V4 => (255, "0..255"),
            Family::V6 => (u16::MAX, "0..65535"),
        };
        u16::try_from(code).ok().filter(|code| *code <= most).ok_or_else(|| self.beyond(at, code, range))
    }

    fn nest(&mut self) -> Result<i8, ParseError> {
        let (at, nest) = self.integer()?;
        let limit = HOP_COUNT_LIMIT as i64;
        let fits = i8::try_from(nest).ok().filter(|nest| (-limit..limit).contains(&(*nest).into()));
        fits.ok_or_else(|| self.beyond(at, nest, "-32..31"))
    }

    /// Any enterprise may be written as `*` or 0.
    fn enterprise(&mut self) -> Result<Enterprise, ParseError> {
        if self.accept(&Kind::Sign('*')) {
            return Ok(None);
        }
        let (at, number) = self.integer()?;
        let number = u32::try_from(number).map_err(|_| self.beyond(at, number, "0..4294967295"))?;
        Ok(Some(number).filter(|number| *number != 0))
    }

    fn index(&mut self) -> Result<u8, ParseError> {
        let (at, index) = self.integer()?;
        u8::try_from(index).map_err(|_| self.beyond(at, index, "0..255"))
    }

    fn bracketed<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, ParseError>) -> Result<T, ParseError> {
        self.expect('[')?;
        let value = read(self)?;
        self.expect(']')?;
        Ok(value)
    }

    fn behind_comma<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, ParseError>) -> Result<T, ParseError> {
        self.expect(',')?;
        read(self)
    }

    fn integer(&mut self) -> Result<(usize, i64), ParseError> {
        let Token { at, kind } = self.next();
        match kind {
            Kind::Integer(number) => Ok((at, number)),
            other => Err(self.wrong_at(at, format!("{} stands where a number is expected", other.describe()))),
        }
    }

    fn quoted(&mut self, what: &str) -> Result<(usize, &'a str), ParseError> {
        let Token { at, kind } = self.next();
        match kind {
            Kind::Quoted(text) => Ok((at, text)),
            other => Err(self.wrong_at(at, format!("{} stands where {what} in quotes is expected", other.describe()))),
        }
    }

    fn peek(&self) -> &Kind<'a> {
        self.tokens.get(self.place).map_or(&Kind::End, |token| &token.kind)
    }

    /// Where the token stands that comes next.
    fn at(&self) -> usize {
        self.tokens.get(self.place).or(self.tokens.last()).map_or(0, |token| token.at)
    }

    fn next(&mut self) -> Token<'a> {
        let at = self.at();
        let token = self.tokens.get(self.place).cloned().unwrap_or(Token { at, kind: Kind::End });
        self.place += 1;
        token
    }

    fn accept(&mut self, kind: &Kind<'_>) -> bool {
        let fits = self.peek() == kind;
        self.place += usize::from(fits);
        fits
    }

    fn accept_word(&mut self, word: &str) -> bool {
        let fits = matches!(self.peek(), Kind::Word(next) if *next == word);
        self.place += usize::from(fits);
        fits
    }

    fn expect(&mut self, sign: char) -> Result<(), ParseError> {
        match self.accept(&Kind::Sign(sign)) {
            true => Ok(()),
            false => Err(self.wrong(format!("{} stands where \"{sign}\" is expected", self.peek().describe()))),
        }
    }

    fn expect_word(&mut self, word: &str) -> Result<(), ParseError> {
        match self.accept_word(word) {
            true => Ok(()),
            false => Err(self.wrong(format!("{} stands where \"{word}\" is expected", self.peek().describe()))),
        }
    }

    fn only(&self, family: Family, word: &str, at: usize) -> Result<(), ParseError> {
        let protocol = if family == Family::V4 { "DHCPv4" } else { "DHCPv6" };
        match self.scope.family == family {
            true => Ok(()),
            false => Err(self.wrong_at(at, format!("{word} can only be used in {protocol}"))),
        }
    }

    fn beyond(&self, at: usize, number: i64, range: &str) -> ParseError {
        self.wrong_at(at, format!("{number} is out of the range {range}"))
    }

    fn wrong(&self, reason: impl Into<String>) -> ParseError {
        self.wrong_at(self.at(), reason)
    }

    fn wrong_at(&self, offset: usize, reason: impl Into<String>) -> ParseError {
        ParseError { offset, reason: reason.into() }
    }
}
