//! `<edit-config>` (RFC 6241 §7.2).
//!
//! An edit that fails leaves nothing behind, whatever its error option says, but with continue-on-error: stop-on-error
//! would allow half an edit to stay, which is of no use to anyone.
//!
//! Without a test option an edit of the candidate is not validated: RFC 7950 §8.3.3 leaves that to `<validate>` and
//! `<commit>`, so that a configuration can be put together in several steps. With `test-then-set` it is.

use std::rc::Rc;

use super::replace;
use crate::commit;
use crate::core::{Core, Entry, Turn};
use crate::datastore::Content;
use crate::rpc::{Datastore, DefaultOperation, EditConfig, ErrorOption, Errors, Reply, RpcError, Tag, TestOption};
use crate::xml::Element;
use crate::yang::Edit;

/// Edits a datastore.
pub async fn edit_config(
    core: &Rc<Core>,
    session: &Entry,
    parameters: EditConfig,
    turn: &Turn<'_>,
) -> Result<Reply, Errors> {
    let EditConfig { target, default_operation, test_option, error_option, config } = parameters;
    let before = {
        let stores = core.stores.borrow();
        stores.locks.check(target, session.id)?;
        stores.content(target).clone()
    };
    let (content, errors) = edited(core, &before, target, &config, default_operation, error_option);
    if !errors.is_empty() && error_option != ErrorOption::Continue {
        return Err(errors);
    }
    let tested = match (test_option, target) {
        (Some(TestOption::TestOnly), _) | (Some(TestOption::TestThenSet), Datastore::Candidate) => {
            commit::check(core, &content, turn).await
        }
        _ => Ok(()),
    };
    tested?;
    if test_option != Some(TestOption::TestOnly) {
        replace(core, session, target, content, turn).await?;
    }
    if errors.is_empty() { Ok(Reply::Ok) } else { Err(errors) }
}

/// A whole configuration as given in a request.
pub fn whole(core: &Core, config: &Element) -> Result<Content, Errors> {
    let empty = Content::empty(&core.schema);
    let operation = DefaultOperation::Merge;
    let (content, errors) = edited(core, &empty, Datastore::Startup, config, operation, ErrorOption::Rollback);
    if errors.is_empty() { Ok(content) } else { Err(errors) }
}

/// What replaces a whole configuration and says nothing of access control leaves it as it is: without it, whoever did not
/// think of it would have locked themselves out.
pub fn keep_access_control(core: &Core, content: &mut Content, before: &Content) {
    let model = core.schema.access_control();
    if content.tree(model).is_none_or(|tree| tree.is_empty())
        && let Some(tree) = before.tree(model)
    {
        content.set(model, Rc::clone(tree));
    }
}

fn edited(
    core: &Core,
    before: &Content,
    target: Datastore,
    config: &Element,
    default: DefaultOperation,
    error_option: ErrorOption,
) -> (Content, Errors) {
    let go_on = error_option == ErrorOption::Continue;
    let mut base = before.clone();
    let mut errors = Errors::new();
    if default == DefaultOperation::Replace {
        base = Content::empty(&core.schema);
        keep_access_control(core, &mut base, before);
    }
    // Elements of one model share an edit, so that the model is copied and validated once.
    let mut edits: Vec<(usize, Edit<'_>)> = Vec::new();
    for element in &config.children {
        if !errors.is_empty() && !go_on {
            break;
        }
        let at = match model_of(core, element, target) {
            Ok(model) => match edits.iter().position(|(of, _)| *of == model) {
                Some(at) => at,
                None => match start(core, model, &base, go_on) {
                    Ok(edit) => {
                        edits.push((model, edit));
                        edits.len() - 1
                    }
                    Err(error) => {
                        errors.push(error);
                        continue;
                    }
                },
            },
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        if let Some((_, edit)) = edits.get_mut(at).filter(|(_, edit)| !edit.stopped()) {
            edit.apply(element, default);
        }
    }
    let mut content = base.clone();
    for (model, edit) in edits {
        let (tree, found) = edit.finish();
        errors.extend(found);
        content.set(model, Rc::new(tree));
    }
    (content, errors)
}

fn start<'c>(core: &'c Core, model: usize, content: &'c Content, go_on: bool) -> Result<Edit<'c>, RpcError> {
    let name = core.schema.models().get(model).copied().unwrap_or_default();
    let tree = content.tree(model).ok_or_else(|| RpcError::application(Tag::OperationFailed, "no such model"))?;
    Edit::of(&core.schema, name, tree, go_on)
        .map_err(|invalid| RpcError::application(Tag::OperationFailed, invalid.to_string()))
}

/// The model of a top-level element. Running and candidate can only be edited where the server was heard: what is built
/// on an unknown configuration would wipe it out.
fn model_of(core: &Core, element: &Element, target: Datastore) -> Result<usize, RpcError> {
    let Some(model) = core.schema.model_of_namespace(&element.namespace) else {
        let error = if core.schema.knows_namespace(&element.namespace) {
            RpcError::application(Tag::UnknownElement, format!("<{}> cannot be configured", element.name))
        } else {
            let message = format!("no managed server has a model with namespace {:?}", element.namespace);
            RpcError::application(Tag::UnknownNamespace, message).with("bad-namespace", &*element.namespace)
        };
        return Err(error.with("bad-element", &element.name));
    };
    match core.servers.get(model) {
        Some(server) if target != Datastore::Startup && !server.is_known() => {
            let message = format!("{}: it has not been heard of yet", server.settings.name);
            Err(RpcError::application(Tag::OperationFailed, message))
        }
        _ => Ok(model),
    }
}
