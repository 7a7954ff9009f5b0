//! `#[derive(Scope)]`.

use crate::attributes::{Default, Param, doc};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, Generics, Ident, Type};

pub(crate) fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let fields = match &input.data {
        Data::Struct(syn::DataStruct { fields: Fields::Named(fields), .. }) => &fields.named,
        _ => return Err(syn::Error::new_spanned(input, "a scope is a struct with named fields")),
    };
    let name = &input.ident;
    let table = Table::new(input)?;
    let parts = fields
        .iter()
        .enumerate()
        .filter_map(|(index, field)| Some((index, field, field.ident.as_ref()?)))
        .map(|(index, field, ident)| Ok(part(index, ident, &field.ty, &Param::new(field)?)))
        .collect::<syn::Result<Vec<Part>>>()?;
    Ok(assemble(name, &input.generics, &table, &parts))
}

/// The head of the table.
struct Table {
    name: String,
    doc: String,
    /// Whether the struct has rules for what stands in one map.
    rules: bool,
    /// Whether a file may have the map with nothing in it.
    may_be_empty: bool,
}

impl Table {
    fn new(input: &DeriveInput) -> syn::Result<Self> {
        let (mut rules, mut may_be_empty) = (false, false);
        for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("scope")) {
            attribute.parse_nested_meta(|meta| {
                match meta.path.get_ident().map(ToString::to_string).as_deref() {
                    Some("rules") => rules = true,
                    Some("may_be_empty") => may_be_empty = true,
                    _ => return Err(meta.error("no such attribute; see `schema::Scope`")),
                }
                Ok(())
            })?;
        }
        Ok(Self { name: input.ident.to_string(), doc: doc(&input.attrs), rules, may_be_empty })
    }
}

/// What one field adds to each piece of the implementation.
#[derive(Default)]
struct Part {
    row: TokenStream,
    /// Match arms of own keys.
    own: TokenStream,
    /// The condition that offers a member to a flattened scope.
    offered: TokenStream,
    missing: TokenStream,
    put: TokenStream,
    inherit: TokenStream,
    fill: TokenStream,
    accessor: TokenStream,
}

fn part(index: usize, ident: &Ident, ty: &Type, param: &Param) -> Part {
    match param.flatten {
        true => flattened(ident, ty, param),
        false => own(index, ident, ty, param),
    }
}

fn flattened(ident: &Ident, ty: &Type, param: &Param) -> Part {
    let doc = &param.doc;
    Part {
        row: quote! {
            ::schema::table::Param {
                key: "",
                aliases: &[],
                doc: #doc,
                kind: ::schema::table::Kind::Group(|| <#ty as ::schema::Scope>::TABLE),
                default: None,
                inherited: false,
                required: false,
                filled: false,
                secret: false,
                support: ::schema::table::Support::Full,
                yang: ::schema::table::Yang::Absent,
            },
        },
        offered: quote!(|| ::schema::Scope::take(&mut self.#ident, member, reader)),
        missing: quote!(::schema::Scope::missing(&self.#ident, found);),
        put: quote!(::schema::Scope::put(&self.#ident, map);),
        inherit: quote!(::schema::Scope::inherit(&mut self.#ident, &outer.#ident);),
        fill: quote!(::schema::Scope::fill(&mut self.#ident);),
        ..Part::default()
    }
}

fn own(index: usize, ident: &Ident, ty: &Type, param: &Param) -> Part {
    let Param { key, aliases, inherited, required, .. } = param;
    let default = default_value(ty, param);
    let default_option = default.as_ref().map_or(quote!(None), |value| quote!(Some(|| #value)));
    let refuse_later = param.support.is_some().then(|| {
        quote! {
            if ::schema::Slot::is_given(&self.#ident) {
                reader.unsupported(&member.node, &param.support);
            }
        }
    });
    let mut part = Part {
        row: row(ty, param),
        own: quote_spanned! {ty.span()=>
            #key #(| #aliases)* => {
                if ::schema::Slot::is_given(&self.#ident) {
                    reader.problem(member.pos, concat!("`", #key, "` is given already, under another spelling"));
                } else {
                    let param = &Self::TABLE.params[#index];
                    ::schema::Slot::take(&mut self.#ident, reader, &member.node, &param.kind);
                    #refuse_later
                }
            }
        },
        put: quote! {
            if let Some(value) = ::schema::Slot::write(&self.#ident) {
                map.insert(#key.to_owned(), value);
            }
        },
        fill: quote!(::schema::Slot::fill(&mut self.#ident, #default_option);),
        ..Part::default()
    };
    if *required {
        part.missing = quote! {
            if !::schema::Slot::is_given(&self.#ident) {
                found(#key);
            }
        };
    }
    if *inherited {
        part.inherit = quote! {
            if !::schema::Slot::is_given(&self.#ident) {
                self.#ident = outer.#ident.clone();
            }
        };
    }
    if let Some(value) = default {
        let doc = format!("`{key}`, or its default.");
        part.accessor = quote! {
            #[doc = #doc]
            pub fn #ident(&self) -> <#ty as ::schema::Slot>::Value {
                ::schema::Slot::value(&self.#ident).unwrap_or_else(|| #value)
            }
        };
    }
    part
}

fn default_value(ty: &Type, param: &Param) -> Option<TokenStream> {
    let value = quote!(<#ty as ::schema::Slot>::Value);
    param.default.as_ref().map(|default| match default {
        Default::Literal(json) => quote!(::schema::literal::<#value>(#json)),
        Default::EmptyMap => quote!(::schema::empty_map::<#value>()),
    })
}

fn row(ty: &Type, param: &Param) -> TokenStream {
    let Param { key, aliases, doc, inherited, required, filled, secret, support, yang, .. } = param;
    let field = quote!(<<#ty as ::schema::Slot>::Value as ::schema::Field>);
    let support = support.clone().unwrap_or_else(|| quote!(#field::SUPPORT));
    let kind = match &param.range {
        Some((min, max)) => quote!(::schema::table::Kind::Int { min: #min, max: #max }),
        None => quote!(#field::KIND),
    };
    let default = match &param.default {
        Some(Default::Literal(json)) => {
            let json = quote!(#json).to_string();
            quote!(Some(#json))
        }
        Some(Default::EmptyMap) => quote!(Some("{}")),
        None => quote!(None),
    };
    quote! {
        ::schema::table::Param {
            key: #key,
            aliases: &[#(#aliases),*],
            doc: #doc,
            kind: #kind,
            default: #default,
            inherited: #inherited,
            required: #required,
            filled: #filled,
            secret: #secret,
            support: #support,
            yang: #yang,
        },
    }
}

fn assemble(name: &Ident, generics: &Generics, table: &Table, parts: &[Part]) -> TokenStream {
    let (of, arguments, bounds) = generics.split_for_impl();
    let Table { name: table_name, doc: table_doc, rules, may_be_empty } = table;
    let rules = rules.then(|| quote!(scope.rules(node.pos, reader);));
    let rows = parts.iter().map(|part| &part.row);
    let offered: Vec<_> = parts.iter().map(|part| &part.offered).collect();
    let own: Vec<_> = parts.iter().map(|part| &part.own).filter(|arm| !arm.is_empty()).collect();
    let taken = match own.is_empty() {
        true => quote!(false #(#offered)*),
        false => quote! {
            match &*member.key {
                #(#own)*
                _ => return false #(#offered)*,
            }
            true
        },
    };
    let missing = parts.iter().map(|part| &part.missing);
    let put = parts.iter().map(|part| &part.put);
    let inherit = parts.iter().map(|part| &part.inherit);
    let fill = parts.iter().map(|part| &part.fill);
    let accessors = parts.iter().map(|part| &part.accessor);
    quote! {
        impl #of ::schema::Scope for #name #arguments #bounds {
            const TABLE: &'static ::schema::table::Table = &::schema::table::Table {
                name: #table_name,
                doc: #table_doc,
                may_be_empty: #may_be_empty,
                params: &[#(#rows)*],
            };

            fn take(&mut self, member: &::schema::json::Member, reader: &mut ::schema::Reader) -> bool {
                #taken
            }

            fn missing(&self, found: &mut dyn FnMut(&'static str)) {
                let _ = found;
                #(#missing)*
            }

            fn put(&self, map: &mut ::schema::serde_json::Map<String, ::schema::serde_json::Value>) {
                #(#put)*
            }

            fn inherit(&mut self, outer: &Self) {
                let _ = outer;
                #(#inherit)*
            }

            fn fill(&mut self) {
                #(#fill)*
            }
        }

        impl #of ::schema::Field for #name #arguments #bounds {
            const KIND: ::schema::table::Kind = ::schema::table::Kind::Map(|| <Self as ::schema::Scope>::TABLE);

            fn read(
                reader: &mut ::schema::Reader,
                node: &::schema::json::Node,
                _kind: &'static ::schema::table::Kind,
            ) -> Option<Self> {
                let scope = <Self as ::schema::Scope>::read(reader, node);
                #rules
                Some(scope)
            }

            fn write(&self) -> ::schema::serde_json::Value {
                ::schema::Scope::write(self)
            }

            fn fill(&mut self) {
                ::schema::Scope::fill(self);
            }
        }

        impl #of #name #arguments #bounds {
            #(#accessors)*
        }
    }
}
