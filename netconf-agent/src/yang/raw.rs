//! What the safe bindings of libyang lack, each a function of a few lines. All of the crate's unsafe code is here.
//!
//! Every pointer comes from a reference that the caller holds, so it is alive; libyang gives and takes no ownership in
//! these calls but where said.
#![expect(unsafe_code, reason = "libyang is C, and the bindings do not cover these calls")]

use std::ffi::CString;
use std::ptr;

use yang2::context::Context;
use yang2::data::{Data as _, DataTree};
use yang2::ffi;
use yang2::iter::NodeIterable as _;
use yang2::schema::{SchemaNode, SchemaNodeKind};
use yang2::utils::Binding;

use super::Node;

/// Makes libyang keep the instances of this list or leaf-list in the order in which they are given.
///
/// RFC 7950 §7.7.7 leaves the order of what the system orders to the system; libyang would sort by key. Hook libraries
/// and host databases are such lists in the Kea models, and the servers use them in the order given. The schema must
/// not be in use by data yet.
pub fn keep_order(node: &SchemaNode<'_>) {
    // SAFETY: compiled schema nodes live as long as their context, which `node` borrows, and nobody else looks at them
    // while the context is being set up.
    unsafe {
        (*node.as_raw()).flags &= !(ffi::LYS_ORDBY_SYSTEM as u16);
    }
}

/// The instance of `schema` below `parent`: for a list with these keys (`[id='1']`), for a leaf-list with this value,
/// otherwise the only one. `Err` if keys or value are not of their type.
pub fn find_child<'a>(
    tree: &'a DataTree<'static>,
    parent: &Node<'a>,
    schema: &SchemaNode<'_>,
    instance: Option<&str>,
) -> Result<Option<Node<'a>>, yang2::Error> {
    let Some(first) = parent.first_child() else { return Ok(None) };
    let instance = instance.map(c_string).transpose()?;
    let text = instance.as_ref().map_or(ptr::null(), |text| text.as_ptr());
    let length = instance.as_ref().map_or(0, |text| text.as_bytes().len());
    let mut found = ptr::null_mut();
    // SAFETY: `parent` and `schema` are alive; `text` is a C string of `length` bytes, or null.
    let result = unsafe { ffi::lyd_find_sibling_val(first.as_raw(), schema.as_raw(), text, length, &mut found) };
    match result {
        // SAFETY: libyang found the node in the tree that `parent` borrows.
        ffi::LY_ERR::LY_SUCCESS => Ok(unsafe { Node::from_raw_opt(tree, found) }),
        ffi::LY_ERR::LY_ENOTFOUND => Ok(None),
        _ => Err(yang2::Error::new(tree.context())),
    }
}

/// Gives a leaf another value.
pub fn change_leaf(leaf: &Node<'_>, value: &str) -> Result<(), yang2::Error> {
    let value = c_string(value)?;
    // SAFETY: `leaf` is alive and `value` a C string.
    match unsafe { ffi::lyd_change_term(leaf.as_raw(), value.as_ptr()) } {
        // The same value as before, or the same that was a default before.
        ffi::LY_ERR::LY_SUCCESS | ffi::LY_ERR::LY_EEXIST | ffi::LY_ERR::LY_ENOT => Ok(()),
        _ => Err(yang2::Error::new(leaf.context())),
    }
}

/// Whether libyang made this node of a `default` statement.
pub fn is_filled_in(node: &Node<'_>) -> bool {
    // SAFETY: `node` is alive.
    unsafe { (*node.as_raw()).flags & ffi::LYD_DEFAULT != 0 }
}

/// How much of two nodes is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Which node it is: the value of a leaf, the keys of a list entry.
    Identity,
    /// All below it as well, in its order.
    Whole,
}

/// Whether two nodes of two trees are the same.
pub fn is_same(one: &Node<'_>, other: &Node<'_>, depth: Depth) -> bool {
    let options = match depth {
        Depth::Identity => 0,
        Depth::Whole => ffi::LYD_COMPARE_FULL_RECURSION | ffi::LYD_COMPARE_DEFAULTS,
    };
    // SAFETY: both are alive, and nothing is changed.
    unsafe { ffi::lyd_compare_single(one.as_raw(), other.as_raw(), options) == ffi::LY_ERR::LY_SUCCESS }
}

/// Gives an entry of a list what stands in the entry with the same keys of another tree.
pub fn assign(entry: &Node<'_>, from: &Node<'_>) -> Result<(), yang2::Error> {
    let old: Vec<Node<'_>> = entry.children().filter(|child| !child.schema().is_list_key()).collect();
    old.into_iter().for_each(|mut child| child.remove());
    from.children().filter(|child| !child.schema().is_list_key()).try_for_each(|child| insert_copy(entry, &child))
}

/// Puts a copy of a node of another tree below a parent: where its schema has it, behind other entries of its list.
pub fn insert_copy(parent: &Node<'_>, node: &Node<'_>) -> Result<(), yang2::Error> {
    let options = ffi::LYD_DUP_RECURSIVE | ffi::LYD_DUP_WITH_FLAGS;
    let parent_node = parent.as_raw().cast::<ffi::lyd_node_inner>();
    // SAFETY: both are alive, and what has children is an inner node, which owns the copy then.
    match unsafe { ffi::lyd_dup_single(node.as_raw(), parent_node, options, ptr::null_mut()) } {
        ffi::LY_ERR::LY_SUCCESS => Ok(()),
        _ => Err(yang2::Error::new(parent.context())),
    }
}

/// Whether the validity of data of this node may depend on data outside of the entries of outermost lists: its own
/// constraints say so, or its type refers to other data.
pub fn looks_around(node: &SchemaNode<'_>) -> bool {
    // SAFETY: compiled schema nodes live as long as their context, which `node` borrows; a node of this kind is a list,
    // and a leaf has a type.
    unsafe {
        let is_unique = node.kind() == SchemaNodeKind::List && {
            let list = node.as_raw().cast::<ffi::lysc_node_list>();
            !(*list).uniques.is_null()
        };
        let constraints = ffi::lysc_node_musts(node.as_raw()).is_null() && ffi::lysc_node_when(node.as_raw()).is_null();
        let refers = node.leaf_type().is_some_and(|leaf_type| refers(leaf_type.as_raw()));
        is_unique || !constraints || refers || node.min_elements().is_some() || node.max_elements().is_some()
    }
}

/// # Safety
///
/// The type must be one of a compiled schema that is alive.
unsafe fn refers(leaf_type: *const ffi::lysc_type) -> bool {
    // SAFETY: the type is alive, a union is of the larger structure, and the length of an array of libyang stands in
    // front of it.
    unsafe {
        match (*leaf_type).basetype {
            ffi::LY_DATA_TYPE::LY_TYPE_LEAFREF | ffi::LY_DATA_TYPE::LY_TYPE_INST => true,
            ffi::LY_DATA_TYPE::LY_TYPE_UNION => {
                let members = (*leaf_type.cast::<ffi::lysc_type_union>()).types;
                let count = if members.is_null() { 0 } else { *members.cast::<u64>().sub(1) };
                (0..count as usize).any(|at| refers(*members.add(at)))
            }
            _ => false,
        }
    }
}

/// Where a moved entry goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// In front of the other.
    Before,
    /// Behind the other.
    After,
}

/// Moves an entry of a list that the user orders next to another entry of the same list.
pub fn move_next_to(entry: &Node<'_>, other: &Node<'_>, side: Side) {
    if entry.as_raw() == other.as_raw() {
        return;
    }
    // SAFETY: both are alive and entries of one list under one parent; libyang unlinks `entry` and links it again.
    let result = unsafe {
        match side {
            Side::Before => ffi::lyd_insert_before(other.as_raw(), entry.as_raw()),
            Side::After => ffi::lyd_insert_after(other.as_raw(), entry.as_raw()),
        }
    };
    debug_assert_eq!(result, ffi::LY_ERR::LY_SUCCESS, "both are entries of one list");
}

/// ietf-yang-library's data about this context (RFC 8525), made by libyang.
pub fn yang_library<'c>(context: &'c Context, content_id: &str) -> Result<DataTree<'c>, yang2::Error> {
    let content_id = c_string(content_id)?;
    let raw = raw_context(context);
    let mut root = ptr::null_mut();
    // SAFETY: the format has one `%s`, and one C string follows it; the tree is ours to free, which `DataTree` does.
    unsafe {
        match ffi::ly_ctx_get_yanglib_data(raw, &mut root, c"%s".as_ptr(), content_id.as_ptr()) {
            ffi::LY_ERR::LY_SUCCESS => Ok(DataTree::from_raw(context, root)),
            _ => Err(yang2::Error::new(context)),
        }
    }
}

fn raw_context(context: &Context) -> *mut ffi::ly_ctx {
    let module = context.modules(false).next();
    // SAFETY: a module knows its context; every context has internal modules.
    module.map_or(ptr::null_mut(), |module| unsafe { (*module.as_raw()).ctx })
}

fn c_string(text: &str) -> Result<CString, yang2::Error> {
    CString::new(text).map_err(|_| yang2::Error {
        errcode: ffi::LY_ERR::LY_EINVAL,
        msg: Some("a value holds a NUL character".to_string()),
        path: None,
        apptag: None,
    })
}

/// The same schema node, borrowed from the context that holds it and not from the data that led to it.
pub fn outlive(context: &'static Context, node: &SchemaNode<'_>) -> Option<SchemaNode<'static>> {
    // SAFETY: `node` is a schema node of `context`, which is never freed.
    unsafe { SchemaNode::from_raw_opt(context, node.as_raw()) }
}
