//! The four headers of a signed call. The address is signed as it was called, so a proxy in front has to
//! say which host that was.

use sha1::{Digest, Sha1};

use crate::{exchange::Call, media::hex, ovh_sms::errors::Refused, seed, state::World};

/// Seconds that a signature may be away from our clock.
const PATIENCE_SECS: i64 = 30;

/// The account whose keys signed a call.
pub(super) fn account(world: &World, call: &Call) -> Result<usize, Refused> {
    let header = |name: &str| call.header(name).to_owned();
    let application = header("x-ovh-application");
    let known = (1..=world.options.accounts).find(|k| seed::ovh_application_key(*k) == application);
    let Some(k) = known else {
        return Err(Refused::gateway(403, "INVALID_KEY", "This application key is invalid"));
    };
    let consumer = header("x-ovh-consumer");
    if consumer.is_empty() {
        return Err(Refused::gateway(403, "NOT_CREDENTIAL", "You must login first"));
    }
    if consumer != seed::ovh_consumer_key(k) {
        return Err(Refused::gateway(403, "INVALID_CREDENTIAL", "This credential is not valid"));
    }
    let time = header("x-ovh-timestamp");
    let at: i64 = time.parse().unwrap_or_default();
    if at.abs_diff(world.now().as_second()) > PATIENCE_SECS.unsigned_abs() {
        return Err(Refused::gateway(400, "QUERY_TIME_OUT", "Query out of time"));
    }
    let host = match call.header("x-forwarded-host") {
        "" => call.header("host"),
        outside => outside,
    };
    let parts = [
        seed::ovh_application_secret(k),
        consumer,
        call.method.to_string(),
        format!("http://{host}{}", call.target),
        String::from_utf8_lossy(&call.bytes).into_owned(),
        time,
    ];
    let expected = format!("$1${}", hex(&Sha1::digest(parts.join("+").as_bytes())));
    if header("x-ovh-signature") == expected {
        Ok(k)
    } else {
        Err(Refused::gateway(400, "INVALID_SIGNATURE", "Invalid signature"))
    }
}
