//! Who is calling: the system user or a Page.

use crate::{
    exchange::Call,
    facebook::{Reply, errors::GraphError},
    seed,
    state::World,
};

/// Owner of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    System,
    /// Page number.
    Page(usize),
}

impl Caller {
    /// Account shown in the request log.
    pub fn account(&self) -> String {
        match self {
            Self::System => seed::FACEBOOK_SYSTEM_ID.to_owned(),
            Self::Page(k) => seed::facebook_page_id(*k),
        }
    }

    /// Whether the caller may read Page `k` and its Instagram account.
    pub fn may_read(&self, k: usize) -> bool {
        match self {
            Self::System => true,
            Self::Page(page) => *page == k,
        }
    }

    /// Publishing needs the token of that very Page.
    pub fn must_be_page(&self, k: usize) -> Result<(), GraphError> {
        if *self == Self::Page(k) {
            return Ok(());
        }
        Err(GraphError::permission("Unpublished posts must be posted to a page as the page itself."))
    }

    pub fn must_read(&self, k: usize, id: &str) -> Result<(), GraphError> {
        if self.may_read(k) { Ok(()) } else { Err(GraphError::no_such_object("get", id)) }
    }
}

/// Finds the owner of a token.
pub(crate) fn owner(token: &str, accounts: usize) -> Option<Caller> {
    if token == seed::FACEBOOK_SYSTEM_TOKEN {
        return Some(Caller::System);
    }
    seed::number_of(token, accounts, seed::facebook_page_token).map(Caller::Page)
}

/// Reads the token from the header or the parameter.
pub(crate) fn caller(world: &World, call: &Call) -> Result<Caller, GraphError> {
    let token = call.bearer().map(str::to_owned).or_else(|| call.param("access_token"));
    let Some(token) = token.filter(|token| !token.is_empty()) else {
        return Err(GraphError::new(
            2500,
            None,
            "An active access token must be used to query information about the current user.",
        ));
    };
    let known = owner(&token, world.options.accounts).ok_or_else(|| {
        GraphError::new(190, Some(467), "Invalid OAuth access token - Cannot parse access token")
    })?;
    if world.graph().is_withdrawn {
        let words = "Error validating access token: The user has not authorized application.";
        return Err(GraphError::new(190, Some(458), words));
    }
    Ok(known)
}

/// Takes back what the system user granted: its own token and those of its Pages are dead. A Page has
/// granted nothing.
pub(super) fn withdraw(world: &World, caller: &Caller) -> Reply {
    if *caller != Caller::System {
        return Err(GraphError::no_such_object("delete", "permissions"));
    }
    world.graph().is_withdrawn = true;
    Ok(serde_json::json!({"success": true}))
}
