//! `#[derive(Word)]`.

use crate::attributes::kebab;
use proc_macro2::TokenStream;
use quote::quote;
use syn::punctuated::Punctuated;
use syn::{Data, DeriveInput, LitStr, Token, Variant};

pub(crate) fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        return Err(syn::Error::new_spanned(input, "words are the variants of an enum"));
    };
    let name = &input.ident;
    let variants: Vec<_> = data.variants.iter().map(|variant| &variant.ident).collect();
    let spellings = data.variants.iter().map(spellings).collect::<syn::Result<Vec<Vec<String>>>>()?;
    let printed: Vec<_> = spellings.iter().filter_map(|words| words.first()).collect();
    let is_later: Vec<_> = data.variants.iter().map(is_later).collect();
    let words = |later| spellings.iter().zip(&is_later).filter(move |(_, is)| **is == later).map(|(words, _)| words);
    let supported: Vec<_> = words(false).flatten().collect();
    let offered: Vec<_> = words(false).filter_map(|words| words.first()).collect();
    let later: Vec<_> = words(true).flatten().collect();
    let any_case = input.attrs.iter().any(|attribute| attribute.path().is_ident("any_case"));
    let same = match any_case {
        true => quote!(|word: &&str| word.eq_ignore_ascii_case(text)),
        false => quote!(|word: &&str| **word == **text),
    };
    let refusals = is_later
        .iter()
        .map(|later| later.then(|| quote!(reader.problem(node.pos, format!("not supported yet: `{text}`"));)));
    let support = match later.is_empty() {
        true => quote!(::schema::table::Support::Full),
        false => quote!(::schema::table::Support::Without(&[#(#later),*])),
    };
    let right = match offered.as_slice() {
        [] => return Err(syn::Error::new_spanned(input, "no words")),
        [only] => format!("\"{only}\""),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(|word| format!("\"{word}\"")).collect();
            format!("{} or \"{last}\"", first.join(", "))
        }
    };
    Ok(quote! {
        impl #name {
            /// The word as it is written.
            pub fn word(self) -> &'static str {
                match self {
                    #(Self::#variants => #printed,)*
                }
            }
        }

        impl ::schema::Field for #name {
            const KIND: ::schema::table::Kind = ::schema::table::Kind::Word(&[#(#supported),*]);
            const SUPPORT: ::schema::table::Support = #support;

            fn read(
                reader: &mut ::schema::Reader,
                node: &::schema::json::Node,
                _kind: &'static ::schema::table::Kind,
            ) -> Option<Self> {
                if let ::schema::json::Value::Text(text) = &node.value {
                    let same = #same;
                    #(if [#(#spellings),*].iter().any(same) {
                        #refusals
                        return Some(Self::#variants);
                    })*
                }
                reader.expected(node, #right);
                None
            }

            fn write(&self) -> ::schema::serde_json::Value {
                self.word().into()
            }
        }
    })
}

/// Whether a word is known and refused: `#[later]`.
fn is_later(variant: &Variant) -> bool {
    variant.attrs.iter().any(|attribute| attribute.path().is_ident("later"))
}

/// How a variant is written: `WhenPresent` as `when-present`, unless `#[word("...", "...")]` says otherwise. The first
/// spelling is the one that is printed.
fn spellings(variant: &Variant) -> syn::Result<Vec<String>> {
    if !variant.fields.is_empty() {
        return Err(syn::Error::new_spanned(variant, "a word has no data"));
    }
    match variant.attrs.iter().find(|attribute| attribute.path().is_ident("word")) {
        Some(attribute) => {
            let words = attribute.parse_args_with(Punctuated::<LitStr, Token![,]>::parse_terminated)?;
            Ok(words.iter().map(LitStr::value).collect())
        }
        None => Ok(vec![kebab(&variant.ident.to_string())]),
    }
}
