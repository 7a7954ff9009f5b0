//! `#[derive(Word)]`.

use crate::attributes::kebab;
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, LitStr, Variant};

pub(crate) fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        return Err(syn::Error::new_spanned(input, "words are the variants of an enum"));
    };
    let name = &input.ident;
    let variants: Vec<_> = data.variants.iter().map(|variant| &variant.ident).collect();
    let words = data.variants.iter().map(word).collect::<syn::Result<Vec<String>>>()?;
    let right = match words.as_slice() {
        [] => return Err(syn::Error::new_spanned(input, "no words")),
        [only] => format!("\"{only}\""),
        [first @ .., last] => format!("\"{}\" or \"{last}\"", first.join("\", \"")),
    };
    Ok(quote! {
        impl #name {
            /// The word as it is written.
            pub fn word(self) -> &'static str {
                match self {
                    #(Self::#variants => #words,)*
                }
            }
        }

        impl ::schema::Field for #name {
            const KIND: ::schema::table::Kind = ::schema::table::Kind::Word(&[#(#words),*]);

            fn read(
                reader: &mut ::schema::Reader,
                node: &::schema::json::Node,
                _kind: &'static ::schema::table::Kind,
            ) -> Option<Self> {
                if let ::schema::json::Value::Text(text) = &node.value {
                    match &**text {
                        #(#words => return Some(Self::#variants),)*
                        _ => {}
                    }
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

/// How a variant is written: `WhenPresent` as `when-present`, unless `#[word("...")]` says otherwise.
fn word(variant: &Variant) -> syn::Result<String> {
    if !variant.fields.is_empty() {
        return Err(syn::Error::new_spanned(variant, "a word has no data"));
    }
    match variant.attrs.iter().find(|attribute| attribute.path().is_ident("word")) {
        Some(attribute) => Ok(attribute.parse_args::<LitStr>()?.value()),
        None => Ok(kebab(&variant.ident.to_string())),
    }
}
