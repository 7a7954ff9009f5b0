//! #[derive(Scope)]: one struct of parameters becomes parser, printer and table.

/// Derives `Scope`.
#[proc_macro_derive(Scope, attributes(param))]
pub fn scope(_input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    proc_macro::TokenStream::new()
}
