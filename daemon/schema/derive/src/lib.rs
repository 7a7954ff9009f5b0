//! `#[derive(Scope)]`: one struct of parameters becomes parser, printer and table. `#[derive(Word)]`: an enum becomes a
//! value that is one of some words. What the attributes mean is told at `schema::Scope`.

mod attributes;
mod scope;
mod word;

/// Derives `schema::Scope` and `schema::Field` for a struct of parameters.
#[proc_macro_derive(Scope, attributes(param, scope))]
pub fn scope(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    scope::derive(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Derives `schema::Field` for an enum without data. A variant is written in kebab-case, or as
/// `#[word("...")]` says; it may name several spellings, of which the first one is printed. A word that is known and not
/// supported yet has `#[later]`: it is read, and refused as such. Where Kea reads the words in any case, the enum has
/// `#[any_case]`.
#[proc_macro_derive(Word, attributes(word, later, any_case))]
pub fn word(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    word::derive(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}
