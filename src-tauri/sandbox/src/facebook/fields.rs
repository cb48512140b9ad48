//! `fields=`, booleans and times as the Graph writes them.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::{
    exchange::Call,
    facebook::{Reply, errors::GraphError},
};

/// Names asked for, without nested fields and modifiers; `None` when nothing was asked.
pub(crate) fn asked(call: &Call) -> Option<Vec<String>> {
    let text = call.param("fields").filter(|text| !text.is_empty())?;
    let mut names = Vec::new();
    let mut depth = 0usize;
    let mut name = String::new();
    for c in text.chars() {
        match c {
            '{' | '(' => depth += 1,
            '}' | ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => names.push(std::mem::take(&mut name)),
            _ if depth == 0 => name.push(c),
            _ => {}
        }
    }
    names.push(name);
    Some(
        names
            .into_iter()
            .map(|name| name.split('.').next().unwrap_or("").trim().to_owned())
            .filter(|name| !name.is_empty())
            .collect(),
    )
}

/// Keeps the asked fields of a whole object, else the `usual` ones. `id` is always there.
///
/// A null in `whole` is a field that exists and has no value: it is left out, as the Graph does. A name that
/// is not in `whole` at all is refused.
pub(crate) fn select(call: &Call, whole: &Value, usual: &[&str], node: &str) -> Reply {
    let asked = asked(call);
    let names: Vec<&str> = match &asked {
        Some(names) => names.iter().map(String::as_str).collect(),
        None => usual.to_vec(),
    };
    let mut kept = Map::new();
    for name in names.into_iter().chain(["id"]) {
        match whole.get(name) {
            None => {
                return Err(GraphError::parameter(format!(
                    "Tried accessing nonexisting field ({name}) on node type ({node})"
                )));
            }
            Some(Value::Null) => {}
            Some(value) => {
                kept.insert(name.to_owned(), value.clone());
            }
        }
    }
    Ok(Value::Object(kept))
}

/// Reads a boolean parameter.
pub(crate) fn flag(call: &Call, name: &str) -> Result<Option<bool>, GraphError> {
    match call.param(name).as_deref() {
        None => Ok(None),
        Some("true" | "1") => Ok(Some(true)),
        Some("false" | "0" | "") => Ok(Some(false)),
        Some(_) => Err(GraphError::parameter(format!("Param {name} must be a boolean"))),
    }
}

/// Reads a time given in Unix seconds or ISO 8601.
pub(crate) fn time(text: &str) -> Option<Timestamp> {
    match text.parse::<i64>() {
        Ok(secs) => Timestamp::from_second(secs).ok(),
        Err(_) => text.parse().ok(),
    }
}

/// Writes a time as `2026-11-22T10:00:00+0000`.
pub(crate) fn written(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string()
}

/// One page of a list, with the cursors of the Graph. `next` carries the token, as in reality.
pub(crate) fn page(call: &Call, base: &str, items: Vec<(String, Value)>, usual_limit: usize) -> Reply {
    let limit = match call.param("limit") {
        None => usual_limit,
        Some(text) => text
            .parse::<usize>()
            .map_err(|_| GraphError::parameter("Param limit must be an integer"))?
            .clamp(1, 100),
    };
    let start = match call.param("after") {
        None => 0,
        Some(after) => {
            items
                .iter()
                .position(|(id, _)| *id == after)
                .ok_or_else(|| GraphError::parameter("Invalid cursors values"))?
                + 1
        }
    };
    let has_more = items.len() > start + limit;
    let shown: Vec<(String, Value)> = items.into_iter().skip(start).take(limit).collect();
    let mut answer = serde_json::json!({
        "data": shown.iter().map(|(_, value)| value).collect::<Vec<_>>(),
    });
    if let (Some((first, _)), Some((last, _))) = (shown.first(), shown.last()) {
        answer["paging"] = serde_json::json!({"cursors": {"before": first, "after": last}});
        if has_more {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            for (key, value) in &call.query {
                if !matches!(key.as_str(), "after" | "limit" | "access_token") {
                    query.append_pair(key, value);
                }
            }
            let token =
                call.bearer().map(str::to_owned).or_else(|| call.param("access_token")).unwrap_or_default();
            query
                .append_pair("access_token", &token)
                .append_pair("limit", &limit.to_string())
                .append_pair("after", last);
            answer["paging"]["next"] = serde_json::json!(format!("{base}{}?{}", call.path, query.finish()));
        }
    }
    Ok(answer)
}
