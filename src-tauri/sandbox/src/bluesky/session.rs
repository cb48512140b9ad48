//! Log-in with an app password, token pairs with real expiry, and their rotation.
//!
//! Tokens look like the real ones (three parts, readable claims) and carry their own truth, so they survive
//! a restart. The clock of the sandbox decides whether they have expired.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    bluesky::{
        Reply, account_of,
        errors::{self, XrpcError},
        required,
    },
    exchange::{Answer, Call},
    faults::RateDialect,
    media::sha256,
    seed,
    state::World,
};

pub(super) const SERVER_DID: &str = "did:web:localhost";
const SIGNING: &str = "practice only";
const ACCESS_SCOPE: &str = "com.atproto.appPass";
const REFRESH_SCOPE: &str = "com.atproto.refresh";
const ACCESS_LIFE: SignedDuration = SignedDuration::from_mins(120);
const REFRESH_LIFE: SignedDuration = SignedDuration::from_hours(90 * 24);
const LOGINS: usize = 30;
const LOGIN_WINDOW: SignedDuration = SignedDuration::from_mins(5);

struct Claims {
    did: String,
    scope: String,
    id: String,
    expires_at: i64,
}

fn signature(signed: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(format!("{SIGNING}.{signed}").as_bytes()))
}

fn token(did: &str, scope: &str, now: Timestamp, life: SignedDuration) -> String {
    let kind = if scope == REFRESH_SCOPE { "refresh+jwt" } else { "at+jwt" };
    let header = json!({"typ": kind, "alg": "HS256"});
    let claims = json!({
        "scope": scope,
        "sub": did,
        "iat": now.as_second(),
        "exp": now.as_second() + life.as_secs(),
        "aud": SERVER_DID,
        "jti": Uuid::new_v4().simple().to_string(),
    });
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    format!("{signed}.{}", signature(&signed))
}

/// Reads the claims of a token whose signature is right, expired or not.
fn claims(token: &str) -> Option<Claims> {
    let (signed, given) = token.rsplit_once('.')?;
    if signature(signed) != given {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(signed.split_once('.')?.1).ok()?;
    let claims: Value = serde_json::from_slice(&bytes).ok()?;
    let text = |name: &str| claims.get(name)?.as_str().map(str::to_owned);
    Some(Claims {
        did: text("sub")?,
        scope: text("scope")?,
        id: text("jti")?,
        expires_at: claims.get("exp")?.as_i64()?,
    })
}

fn bearer(world: &World, call: &Call, scope: &str) -> Result<Claims, XrpcError> {
    let token = call.bearer().ok_or_else(|| XrpcError::new(401, "AuthMissing", "Authentication Required"))?;
    let claims =
        claims(token).ok_or_else(|| XrpcError::new(400, "InvalidToken", "Token could not be verified"))?;
    if claims.scope != scope {
        return Err(XrpcError::new(400, "InvalidToken", "Bad token scope"));
    }
    if claims.expires_at <= world.now().as_second() {
        return Err(XrpcError::expired());
    }
    seed::number_of_did(&claims.did, world.options.accounts)
        .ok_or_else(|| XrpcError::new(400, "InvalidToken", "Token could not be verified"))?;
    Ok(claims)
}

/// Returns the DID of a valid access token.
pub(super) fn access(world: &World, call: &Call) -> Result<String, XrpcError> {
    let claims = bearer(world, call, ACCESS_SCOPE)?;
    if world.bluesky().killed.contains(&claims.id) {
        return Err(XrpcError::expired());
    }
    Ok(claims.did)
}

/// Kills the access token of a request, as if its time were over.
pub(super) fn expire(world: &World, call: &Call) {
    if let Ok(claims) = bearer(world, call, ACCESS_SCOPE) {
        world.bluesky().killed.insert(claims.id);
    }
}

fn described(world: &World, k: usize) -> Value {
    let did = seed::bluesky_did(k);
    json!({
        "handle": seed::bluesky_handle(k),
        "did": did,
        "didDoc": {
            "@context": ["https://www.w3.org/ns/did/v1"],
            "id": did,
            "alsoKnownAs": [format!("at://{}", seed::bluesky_handle(k))],
            "service": [{
                "id": "#atproto_pds",
                "type": "AtprotoPersonalDataServer",
                "serviceEndpoint": world.addresses().bluesky,
            }],
        },
        "email": format!("vieuxmoulin{k}@example.test"),
        "emailConfirmed": true,
        "emailAuthFactor": false,
        "active": true,
    })
}

fn pair(world: &World, k: usize) -> Value {
    let (did, now) = (seed::bluesky_did(k), world.now());
    let mut session = described(world, k);
    session["accessJwt"] = json!(token(&did, ACCESS_SCOPE, now, ACCESS_LIFE));
    session["refreshJwt"] = json!(token(&did, REFRESH_SCOPE, now, REFRESH_LIFE));
    session
}

pub(super) fn create(world: &World, call: &Call) -> Reply {
    let identifier = required(call, "identifier")?;
    let password = required(call, "password")?;
    account_of(world, &identifier)
        .filter(|k| seed::bluesky_app_password(*k) == password)
        .map(|k| pair(world, k))
        .ok_or_else(|| XrpcError::new(401, "AuthenticationRequired", "Invalid identifier or password"))
}

/// Refuses the 31st log-in of an account within five minutes, when limits are enforced.
pub(super) fn limit(world: &World, call: &Call) -> Option<Answer> {
    if !world.options.strict.rate_limits {
        return None;
    }
    let now = world.now();
    let mut state = world.bluesky();
    let times = state.logins.entry(call.param("identifier")?).or_default();
    times.retain(|at| now.duration_since(*at) < LOGIN_WINDOW);
    if times.len() < LOGINS {
        times.push(now);
        return None;
    }
    let oldest = times.first().copied().unwrap_or(now);
    let left = LOGIN_WINDOW - now.duration_since(oldest);
    let secs = u64::try_from(left.as_secs()).unwrap_or(0) + 1;
    drop(state);
    Some(errors::limited(world, RateDialect::Platform, secs, 30))
}

pub(super) fn refresh(world: &World, call: &Call) -> Reply {
    let claims = bearer(world, call, REFRESH_SCOPE)?;
    let now = world.now();
    let grace = SignedDuration::from_secs(world.options.strict.refresh_grace_secs);
    {
        let mut state = world.bluesky();
        match state.rotated.get(&claims.id) {
            Some(at) if now.duration_since(*at) >= grace => {
                return Err(XrpcError::new(400, "ExpiredToken", "Token has been revoked"));
            }
            Some(_) => {}
            None => {
                state.rotated.insert(claims.id, now);
            }
        }
    }
    account_of(world, &claims.did).map(|k| pair(world, k)).ok_or_else(XrpcError::expired)
}

pub(super) fn delete(world: &World, call: &Call) -> Reply {
    let claims = bearer(world, call, REFRESH_SCOPE)?;
    // Far in the past, so that no grace applies.
    world.bluesky().rotated.insert(claims.id, Timestamp::UNIX_EPOCH);
    Ok(json!({}))
}

pub(super) fn get(world: &World, call: &Call) -> Reply {
    let did = access(world, call)?;
    account_of(world, &did).map(|k| described(world, k)).ok_or_else(XrpcError::expired)
}
