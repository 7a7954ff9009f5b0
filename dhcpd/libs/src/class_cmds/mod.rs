//! `libdhcp_class_cmds.so`: commands that look for, add, change and delete client classes.

pub mod messages;

use crate::Editor;
use crate::arguments::{Arguments, Refusal};
use crate::editor::{NOWHERE, adopted};
use control::{Answer, Code, Request, Table};
use messages::*;
use schema::json::{Node, Value as Tree};
use serde_json::{Value, json};

/// Adds the commands.
pub fn add(table: &mut Table, editor: &Editor) {
    let mut on = |name, run: fn(&Editor, &Request) -> Answer| {
        let editor = editor.clone();
        table.add(name, move |request| run(&editor, &request));
    };
    on("class-add", class_add);
    on("class-update", class_update);
    on("class-del", class_del);
    on("class-get", class_get);
    on("class-list", class_list);
}

fn class_add(editor: &Editor, request: &Request) -> Answer {
    let added = given(request).and_then(|class| {
        let name = name_of(class)?;
        editor.change(|module| {
            let classes = classes(module)?;
            if place(classes, &name).is_some() {
                return Err(format!("Class '{name}' already exists").into());
            }
            classes.push(adopted(class));
            Ok(name)
        })
    });
    match added {
        Ok(name) => {
            log::event!(CLASS_CMDS_CLASS_ADD, name);
            Answer::done(format!("Class '{name}' added."))
        }
        Err(refusal) => {
            log::event!(CLASS_CMDS_CLASS_ADD_FAILED, reason = refusal.reason);
            refusal.into()
        }
    }
}

fn class_update(editor: &Editor, request: &Request) -> Answer {
    let updated = given(request).and_then(|class| {
        let name = name_of(class)?;
        editor.change(|module| {
            let classes = classes(module)?;
            let place = place(classes, &name).and_then(|at| classes.get_mut(at)).ok_or_else(|| no_such(&name))?;
            *place = adopted(class);
            Ok(name)
        })
    });
    match updated {
        Ok(name) => {
            log::event!(CLASS_CMDS_CLASS_UPDATE, name);
            Answer::done(format!("Class '{name}' updated."))
        }
        Err(refusal) => {
            match refusal.code {
                Code::Empty => log::event!(CLASS_CMDS_CLASS_UPDATE_EMPTY, reason = refusal.reason),
                _ => log::event!(CLASS_CMDS_CLASS_UPDATE_FAILED, reason = refusal.reason),
            }
            refusal.into()
        }
    }
}

fn class_del(editor: &Editor, request: &Request) -> Answer {
    let deleted = named(request).and_then(|name| {
        editor.change(|module| {
            let classes = classes(module)?;
            let at = place(classes, &name).ok_or_else(|| no_such(&name))?;
            classes.remove(at);
            Ok(name)
        })
    });
    match deleted {
        Ok(name) => {
            log::event!(CLASS_CMDS_CLASS_DEL, name);
            Answer::done(format!("Class '{name}' deleted."))
        }
        Err(refusal) => {
            match refusal.code {
                Code::Empty => log::event!(CLASS_CMDS_CLASS_DEL_EMPTY, reason = refusal.reason),
                _ => log::event!(CLASS_CMDS_CLASS_DEL_FAILED, reason = refusal.reason),
            }
            refusal.into()
        }
    }
}

fn class_get(editor: &Editor, request: &Request) -> Answer {
    let found = named(request).and_then(|name| {
        let all = shown(editor);
        let class = all.into_iter().find(|class| class.get("name") == Some(&json!(name)));
        let mut class = class.ok_or_else(|| no_such(&name))?;
        // As in Kea, definitions are shown where there are some.
        if let Value::Object(map) = &mut class
            && map.get("option-def") == Some(&json!([]))
        {
            map.remove("option-def");
        }
        Ok((class, name))
    });
    match found {
        Ok((class, name)) => {
            log::event!(CLASS_CMDS_CLASS_GET, name);
            Answer::done(format!("Class '{name}' definition returned")).and(json!({ "client-classes": [class] }))
        }
        Err(refusal) => {
            match refusal.code {
                Code::Empty => log::event!(CLASS_CMDS_CLASS_GET_EMPTY, reason = refusal.reason),
                _ => log::event!(CLASS_CMDS_CLASS_GET_FAILED, reason = refusal.reason),
            }
            refusal.into()
        }
    }
}

fn class_list(editor: &Editor, _: &Request) -> Answer {
    let names: Vec<Value> = shown(editor).iter().map(|class| json!({ "name": class.get("name") })).collect();
    let text = format!("{} class{} found", names.len(), if names.len() == 1 { "" } else { "es" });
    let code = match names.is_empty() {
        true => {
            log::event!(CLASS_CMDS_CLASS_LIST_EMPTY);
            Code::Empty
        }
        false => {
            log::event!(CLASS_CMDS_CLASS_LIST);
            Code::Success
        }
    };
    Answer::new(code, text).and(json!({ "client-classes": names }))
}

fn shown(editor: &Editor) -> Vec<Value> {
    match editor.show("client-classes") {
        Value::Array(classes) => classes,
        _ => Vec::new(),
    }
}

/// The one class that a command gives.
fn given(request: &Request) -> Result<&Node, Refusal> {
    let arguments = arguments(request)?;
    match arguments.find("client-classes")?.map(|node| &node.value) {
        None => Err("missing 'client-classes' argument".into()),
        Some(Tree::List(classes)) => match classes.as_slice() {
            [class] => Ok(class),
            _ => Err("invalid number of classes specified: expected exactly one class".into()),
        },
        Some(_) => Err("'client-classes' argument must be a list".into()),
    }
}

fn name_of(class: &Node) -> Result<String, Refusal> {
    Arguments::new(class).required_text("name").map(str::to_owned)
}

/// The name that a command gives.
fn named(request: &Request) -> Result<String, Refusal> {
    let arguments = arguments(request)?;
    match arguments.find("name")?.map(|node| &node.value) {
        None => Err("missing 'name' argument".into()),
        Some(Tree::Text(name)) => Ok(name.to_string()),
        Some(_) => Err("'name' argument must be a string".into()),
    }
}

fn arguments(request: &Request) -> Result<Arguments<'_>, Refusal> {
    let arguments = request.node().map(Arguments::new);
    let given = arguments.ok_or_else(|| format!("no arguments specified for the '{}' command", request.command))?;
    match given.is_map() {
        true => Ok(given),
        false => Err(format!("arguments of the '{}' command must be a map", request.command).into()),
    }
}

fn classes(module: &mut Node) -> Result<&mut Vec<Node>, Refusal> {
    module.list_mut("client-classes", NOWHERE).ok_or_else(|| "client-classes is not a list".into())
}

fn place(classes: &[Node], name: &str) -> Option<usize> {
    classes.iter().position(|class| class.text("name") == Some(name))
}

fn no_such(name: &str) -> Refusal {
    Refusal::empty(format!("Class '{name}' not found"))
}
