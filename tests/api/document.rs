//! The document describes every operation, and the committed copy is the current one.

use std::{fs, path::Path};

use serde_json::Value;
use vieux_moulin_engine::{api, problems};

fn document() -> Value {
    serde_json::to_value(api::document()).unwrap()
}

fn operations(document: &Value) -> Vec<(String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = ["get", "post", "patch", "put", "delete"];
            methods.into_iter().filter_map(move |method| {
                let operation = item.get(method)?;
                Some((format!("{method} {path}"), operation.clone()))
            })
        })
        .collect()
}

#[test]
fn every_operation_is_described_with_example_and_errors() {
    let document = document();
    let operations = operations(&document);
    assert!(operations.len() > 45, "{}", operations.len());
    for (name, operation) in operations {
        assert!(operation["summary"].as_str().is_some_and(|text| text.ends_with('.')), "{name}: summary");
        assert!(operation["tags"].as_array().is_some_and(|tags| tags.len() == 1), "{name}: tag");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{name}: success");
        if name != "get /api/health" {
            assert!(responses.contains_key("401"), "{name}: 401");
        }
        for (status, response) in responses {
            assert!(response["description"].as_str().is_some_and(|text| !text.is_empty()), "{name} {status}");
        }
        let body = &operation["requestBody"]["content"]["application/json"];
        if body.is_object() {
            assert!(!body["example"].is_null(), "{name}: example");
        }
    }
}

/// The codes in the descriptions exist.
#[test]
fn documented_codes_are_in_the_catalogue() {
    for (name, operation) in operations(&document()) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            if status.starts_with('2') || status.starts_with('3') {
                continue;
            }
            let description = response["description"].as_str().unwrap();
            let codes = description.split([';', ':']).next().unwrap().split(", ").map(str::trim);
            for code in codes.filter(|code| !code.ends_with('…')) {
                assert!(problems::find(code).is_some(), "{name} {status}: {code}");
            }
        }
    }
}

/// `UPDATE_SNAPSHOTS=1` writes it anew.
#[test]
fn the_committed_document_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let current = serde_json::to_string_pretty(&document()).unwrap() + "\n";
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &current).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == current, "docs/openapi.json is stale: run this test with UPDATE_SNAPSHOTS=1");
}
