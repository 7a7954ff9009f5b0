//! What `#[param(...)]` and doc comments say about a field.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Expr, ExprLit, Field, Lit, LitStr, Meta, Token};

/// A field's declaration.
pub(crate) struct Param {
    pub key: String,
    pub aliases: Vec<String>,
    pub doc: String,
    pub default: Option<Default>,
    pub range: Option<(Expr, Expr)>,
    pub inherited: bool,
    pub required: bool,
    pub filled: bool,
    pub secret: bool,
    pub flatten: bool,
    /// How much of it is supported, where its type does not say so.
    pub support: Option<TokenStream>,
    pub yang: TokenStream,
}

/// A declared default.
pub(crate) enum Default {
    /// JSON, which is also a Rust expression.
    Literal(Expr),
    /// An empty map, filled with its own defaults.
    EmptyMap,
}

impl Param {
    pub fn new(field: &Field) -> syn::Result<Self> {
        let name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
        let mut param = Param {
            key: kebab(name.trim_start_matches("r#")),
            aliases: Vec::new(),
            doc: doc(&field.attrs),
            default: None,
            range: None,
            inherited: false,
            required: false,
            filled: false,
            secret: false,
            flatten: false,
            support: None,
            yang: TokenStream::new(),
        };
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("param")) {
            attribute.parse_nested_meta(|meta| param.set(&meta))?;
        }
        if param.yang.is_empty() {
            let key = &param.key;
            param.yang = quote!(::schema::table::Yang::Node(#key));
        }
        if param.doc.is_empty() && !param.flatten {
            return Err(syn::Error::new_spanned(
                field,
                "the doc comment is the manual's text: say what the parameter does",
            ));
        }
        Ok(param)
    }

    fn set(&mut self, meta: &syn::meta::ParseNestedMeta<'_>) -> syn::Result<()> {
        let name = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
        match name.as_str() {
            "key" => self.key = text(meta)?,
            "alias" => self.aliases.push(text(meta)?),
            "default" if meta.input.peek(Token![=]) => self.default = Some(Default::Literal(meta.value()?.parse()?)),
            "default" => self.default = Some(Default::EmptyMap),
            "range" => self.range = Some(range(meta)?),
            "inherited" => self.inherited = true,
            "required" => self.required = true,
            "filled" => self.filled = true,
            "secret" => self.secret = true,
            "flatten" => self.flatten = true,
            "later" if meta.input.peek(Token![=]) => {
                let only = meta.value()?.parse::<Expr>()?;
                self.support = Some(quote!(::schema::table::Support::Only(|| #only.into())));
            }
            "later" => self.support = Some(quote!(::schema::table::Support::Nothing)),
            "yang" if meta.input.peek(Token![=]) => {
                let node = text(meta)?;
                self.yang = quote!(::schema::table::Yang::Node(#node));
            }
            "yang" => meta.parse_nested_meta(|inner| self.set_yang(&inner))?,
            _ => return Err(meta.error("no such attribute; see `schema::Scope`")),
        }
        Ok(())
    }

    fn set_yang(&mut self, meta: &syn::meta::ParseNestedMeta<'_>) -> syn::Result<()> {
        let name = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
        self.yang = match name.as_str() {
            "special" => quote!(::schema::table::Yang::Special),
            "absent" => quote!(::schema::table::Yang::Absent),
            "opaque" => {
                let node = text(meta)?;
                quote!(::schema::table::Yang::Opaque(#node))
            }
            _ => return Err(meta.error("special, absent or opaque = \"...\"")),
        };
        Ok(())
    }
}

fn text(meta: &syn::meta::ParseNestedMeta<'_>) -> syn::Result<String> {
    Ok(meta.value()?.parse::<LitStr>()?.value())
}

fn range(meta: &syn::meta::ParseNestedMeta<'_>) -> syn::Result<(Expr, Expr)> {
    match meta.value()?.parse::<Expr>()? {
        Expr::Range(syn::ExprRange {
            start: Some(start), limits: syn::RangeLimits::Closed(_), end: Some(end), ..
        }) => Ok((*start, *end)),
        other => Err(syn::Error::new_spanned(other, "a closed range, such as 0..=255")),
    }
}

/// The doc comment as one line of text.
pub(crate) fn doc(attributes: &[Attribute]) -> String {
    let mut lines = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("doc")) {
        if let Meta::NameValue(pair) = &attribute.meta
            && let Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) = &pair.value
        {
            lines.push(line.value().trim().to_owned());
        }
    }
    lines.join(" ").trim().to_owned()
}

/// `ValidLifetime` and `valid_lifetime` to `valid-lifetime`; a digit stays where it is.
pub(crate) fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for character in name.chars() {
        match character {
            '_' => kebab.push('-'),
            upper if upper.is_ascii_uppercase() => {
                if !kebab.is_empty() {
                    kebab.push('-');
                }
                kebab.push(upper.to_ascii_lowercase());
            }
            other => kebab.push(other),
        }
    }
    kebab
}
