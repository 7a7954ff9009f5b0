//! `leaseX-write`: the leases in memory written to a file.

use super::messages::LEASE_CMDS_PATH_SECURITY_WARNING;
use super::query::map;
use crate::Site;
use crate::arguments::Refusal;
use control::{Answer, Request};
use leases::memfile::Table;
use schema::json::{Node, Value};
use std::path::PathBuf;

/// Writes the leases of a family to the file that is named, or to the lease file.
pub(super) async fn write<S, T>(site: Site<S, T>, request: Request) -> Answer
where
    T: Table + Send + 'static,
{
    let path = match path(&site, request.node()) {
        Ok(path) => path,
        Err(refusal) => return refusal.into(),
    };
    let (store, name) = (site.store.clone(), path.display().to_string());
    match tokio::task::spawn_blocking(move || store.write(&path)).await {
        Ok(Ok(())) => Answer::done(format!("IPv{} lease database into '{name}'.", T::FAMILY)),
        Ok(Err(error)) => Answer::error(error.to_string()),
        Err(error) => Answer::error(error.to_string()),
    }
}

fn path<S, T: Table>(site: &Site<S, T>, arguments: Option<&Node>) -> Result<PathBuf, Refusal> {
    let named = match arguments {
        None => None,
        Some(node) => map(Some(node)).ok_or("Command arguments missing or a not a map.")?.find("filename")?,
    };
    let Some(named) = named else {
        return site.store.path().ok_or_else(|| "'filename' parameter not specified".into());
    };
    let Value::Text(name) = &named.value else { return Err("'filename' parameter must be a string".into()) };
    if name.is_empty() {
        return Err("'filename' parameter is empty".into());
    }
    let confined = (site.confine)(name).map_err(|reason| format!("'filename' parameter is invalid: {reason}"))?;
    if let Some(reason) = confined.1 {
        log::event!(LEASE_CMDS_PATH_SECURITY_WARNING, reason);
    }
    Ok(confined.0)
}
