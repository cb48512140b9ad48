//! The token's owner, the list of Pages, and a Page itself.

use serde_json::{Value, json};

use crate::{
    audience::followers,
    exchange::Call,
    facebook::{Caller, Reply, auth, errors::GraphError, fields},
    seed,
    state::World,
};

const SCOPES: [&str; 8] = [
    "pages_show_list",
    "pages_read_engagement",
    "pages_manage_posts",
    "pages_manage_engagement",
    "pages_read_user_content",
    "read_insights",
    "instagram_basic",
    "instagram_content_publish",
];

fn whole(world: &World, k: usize) -> Value {
    let id = seed::facebook_page_id(k);
    json!({
        "id": id,
        "name": seed::DISPLAY_NAME,
        "access_token": seed::facebook_page_token(k),
        "category": "Restaurant",
        "category_list": [{"id": "273819889375819", "name": "Restaurant"}],
        "tasks": ["MODERATE", "MESSAGING", "ANALYZE", "ADVERTISE", "CREATE_CONTENT", "MANAGE"],
        "instagram_business_account": {"id": seed::instagram_id(k)},
        "username": format!("levieuxmoulin{k}"),
        "link": format!("{}/", world.addresses().facebook),
        "is_published": true,
        "fan_count": 742,
        "followers_count": followers(815, world.graph().timeline(&seed::facebook_page_id(k)).count()),
    })
}

pub(super) fn me(world: &World, call: &Call, caller: &Caller) -> Reply {
    match caller {
        Caller::System => fields::select(
            call,
            &json!({"id": seed::FACEBOOK_SYSTEM_ID, "name": "Le Vieux Moulin (utilisateur système)"}),
            &["name"],
            "User",
        ),
        Caller::Page(k) => fields::select(call, &whole(world, *k), &["name"], "Page"),
    }
}

pub(super) fn accounts(world: &World, call: &Call, caller: &Caller) -> Reply {
    if *caller != Caller::System {
        return Err(GraphError::parameter(
            "Tried accessing nonexisting field (accounts) on node type (Page)",
        ));
    }
    let usual = ["access_token", "category", "category_list", "name", "tasks"];
    let pages: Result<Vec<_>, GraphError> = (1..=world.options.accounts)
        .map(|k| {
            let page = fields::select(call, &whole(world, k), &usual, "Page")?;
            Ok((seed::facebook_page_id(k), page))
        })
        .collect();
    fields::page(call, &world.addresses().facebook, pages?, 25)
}

pub(super) fn read(world: &World, call: &Call, caller: &Caller, k: usize) -> Reply {
    caller.must_read(k, &seed::facebook_page_id(k))?;
    fields::select(call, &whole(world, k), &["name"], "Page")
}

pub(super) fn debug_token(world: &World, call: &Call) -> Reply {
    let token = call
        .param("input_token")
        .ok_or_else(|| GraphError::parameter("The parameter input_token is required"))?;
    let mut data = json!({
        "app_id": seed::FACEBOOK_APP_ID,
        "application": seed::FACEBOOK_APP_NAME,
        "is_valid": true,
        "expires_at": 0,
        "data_access_expires_at": 0,
        "issued_at": 1_767_225_600,
        "scopes": SCOPES,
        "user_id": seed::FACEBOOK_SYSTEM_ID,
    });
    match auth::owner(&token, world.options.accounts) {
        Some(Caller::System) => data["type"] = json!("SYSTEM_USER"),
        Some(Caller::Page(k)) => {
            data["type"] = json!("PAGE");
            data["profile_id"] = json!(seed::facebook_page_id(k));
        }
        None => {
            data = json!({
                "is_valid": false,
                "scopes": [],
                "error": {"code": 190, "message": "Invalid OAuth access token."},
            });
        }
    }
    Ok(json!({"data": data}))
}
