//! The accounts that exist in every sandbox, numbered from 1, and their tokens.
//!
//! Everything is derived from the number, so that a test can name the credentials of account 7 without
//! asking the sandbox. None of these strings is a secret of anything real.

use crate::platform::Platform;

/// Token of the "system user": it manages every seeded Page and cannot publish by itself.
pub const FACEBOOK_SYSTEM_TOKEN: &str = "sandbox-system-token";
/// Id of the system user.
pub const FACEBOOK_SYSTEM_ID: &str = "122000000000001";
/// Id of the Meta application to which all seeded tokens belong.
pub const FACEBOOK_APP_ID: &str = "900000000000001";
/// Name of the Meta application to which all seeded tokens belong.
pub const FACEBOOK_APP_NAME: &str = "Le Vieux Moulin Communication";
/// Name of the application behind the seeded Mastodon tokens.
pub const MASTODON_APP_NAME: &str = "Le Vieux Moulin";
/// Name shown for every seeded account.
pub const DISPLAY_NAME: &str = "Le Vieux Moulin";

/// Address from which the house may write by every provider of mail.
pub const MAIL_SENDER: &str = "bonjour@levieuxmoulin.example";
/// Address that still waits for the approval of the providers of mail.
pub const MAIL_NEW_SENDER: &str = "nouveau@levieuxmoulin.example";
/// Number bought at Twilio.
pub const TWILIO_NUMBER: &str = "+33757590001";
/// Messaging service at Twilio.
pub const TWILIO_SERVICE: &str = "MG00000000000000000000000000000001";
/// Name of the sender that OVHcloud has approved.
pub const OVH_SENDER: &str = "VieuxMoulin";
/// Name of the sender that still waits for OVHcloud's approval.
pub const OVH_NEW_SENDER: &str = "LeMoulin33";

const FIRST_PAGE_ID: u64 = 100_000_000_000_001;
const FIRST_INSTAGRAM_ID: u64 = 17_841_400_000_000_001;
const FIRST_TELEGRAM_BOT_ID: u64 = 7_000_000_001;
const FIRST_TELEGRAM_CHANNEL: u64 = 2_000_000_001;
const FIRST_THREADS_ID: u64 = 24_500_000_000_000_001;
const FIRST_LINKEDIN_ORGANIZATION: u64 = 90_000_001;
const FIRST_X_ID: u64 = 1_700_000_000_000_000_001;
const FIRST_MASTODON_ID: u64 = 109_000_000_000_000_001;

/// Returns the id of Facebook Page `k` (1 is the first).
pub fn facebook_page_id(k: usize) -> String {
    (FIRST_PAGE_ID + k as u64 - 1).to_string()
}

/// Returns the Page token of Page `k`; Instagram account `k` accepts it too.
pub fn facebook_page_token(k: usize) -> String {
    format!("sandbox-page-token-{k}")
}

/// Returns the id of Instagram account `k`, linked to Page `k`.
pub fn instagram_id(k: usize) -> String {
    (FIRST_INSTAGRAM_ID + k as u64 - 1).to_string()
}

/// Returns the user name of Instagram account `k`.
pub fn instagram_username(k: usize) -> String {
    format!("levieuxmoulin{k}")
}

/// Returns the handle of Bluesky account `k`.
pub fn bluesky_handle(k: usize) -> String {
    format!("vieuxmoulin{k}.test")
}

/// Returns the DID of Bluesky account `k`: `did:plc:` and 24 characters of base32.
pub fn bluesky_did(k: usize) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut tail = [b'a'; 13];
    let mut rest = k;
    for slot in tail.iter_mut().rev() {
        *slot = ALPHABET.get(rest % 32).copied().unwrap_or(b'a');
        rest /= 32;
    }
    format!("did:plc:vieuxmoulin{}", String::from_utf8_lossy(&tail))
}

/// Returns the app password of Bluesky account `k`.
pub fn bluesky_app_password(k: usize) -> String {
    format!("sandbox-app-password-{k}")
}

/// Returns the id of Mastodon account `k`.
pub fn mastodon_id(k: usize) -> String {
    (FIRST_MASTODON_ID + k as u64 - 1).to_string()
}

/// Returns the user name (and `acct`) of Mastodon account `k`.
pub fn mastodon_username(k: usize) -> String {
    format!("vieuxmoulin{k}")
}

/// Returns the access token of Mastodon account `k`.
pub fn mastodon_token(k: usize) -> String {
    format!("sandbox-mastodon-token-{k}")
}

/// Returns the token of the bot of Telegram channel `k`; the number before the colon is the bot's id.
pub fn telegram_bot_token(k: usize) -> String {
    format!("{}:sandbox-telegram-token-{k}", telegram_bot_id(k))
}

/// Returns the id of the bot of Telegram channel `k`.
pub fn telegram_bot_id(k: usize) -> u64 {
    FIRST_TELEGRAM_BOT_ID + k as u64 - 1
}

/// Returns the user name of the bot of Telegram channel `k`.
pub fn telegram_bot_username(k: usize) -> String {
    format!("levieuxmoulin{k}_bot")
}

/// Returns the id of Telegram channel `k`.
pub fn telegram_chat_id(k: usize) -> String {
    format!("-100{}", FIRST_TELEGRAM_CHANNEL + k as u64 - 1)
}

/// Returns the public name of Telegram channel `k`, without the @.
pub fn telegram_username(k: usize) -> String {
    format!("levieuxmoulin{k}")
}

/// Returns the id of Threads account `k`.
pub fn threads_id(k: usize) -> String {
    (FIRST_THREADS_ID + k as u64 - 1).to_string()
}

/// Returns the user name of Threads account `k`.
pub fn threads_username(k: usize) -> String {
    format!("levieuxmoulin{k}")
}

/// Returns the access token of Threads account `k`, older than a day.
pub fn threads_token(k: usize) -> String {
    format!("sandbox-threads-token-{k}")
}

/// Returns the token that a renewal gives to Threads account `k`.
pub fn threads_renewed_token(k: usize) -> String {
    format!("sandbox-threads-renewed-token-{k}")
}

/// Name of the seeded board of every Pinterest account.
pub const PINTEREST_BOARD_NAME: &str = "Les plats du Vieux Moulin";

/// Returns the number of the owner's own application at a network that wants one.
pub fn oauth_client_id(platform: Platform) -> String {
    format!("sandbox-{}-client", platform.name())
}

/// Returns the secret of that application.
pub fn oauth_client_secret(platform: Platform) -> String {
    format!("sandbox-{}-secret", platform.name())
}

/// Returns the first refresh token of account `k`.
pub fn oauth_refresh_token(platform: Platform, k: usize) -> String {
    oauth_refresh_token_numbered(platform, k, 0)
}

/// Returns a later refresh token of account `k`, where each renewal gives another one.
pub(crate) fn oauth_refresh_token_numbered(platform: Platform, k: usize, number: u64) -> String {
    format!("sandbox-{}-refresh-{k}-{number}", platform.name())
}

/// Returns the id of the Google account that manages profile `k`.
pub fn google_account_id(k: usize) -> String {
    format!("1080000000000000{k:05}")
}

/// Returns the id of Google profile `k`.
pub fn google_location_id(k: usize) -> String {
    format!("2090000000000000{k:05}")
}

/// Returns the full name of Google profile `k`.
pub fn google_profile(k: usize) -> String {
    format!("accounts/{}/locations/{}", google_account_id(k), google_location_id(k))
}

/// Returns the number of Pinterest account `k`.
pub fn pinterest_user_id(k: usize) -> String {
    format!("7130000000000{k:05}")
}

/// Returns the user name of Pinterest account `k`.
pub fn pinterest_username(k: usize) -> String {
    format!("levieuxmoulin{k}")
}

/// Returns the id of the board of Pinterest account `k`.
pub fn pinterest_board_id(k: usize) -> String {
    format!("8130000000000{k:05}")
}

/// Number of the seeded LinkedIn application.
pub const LINKEDIN_CLIENT_ID: &str = "sandbox-linkedin-client";
/// Secret of the seeded LinkedIn application.
pub const LINKEDIN_CLIENT_SECRET: &str = "sandbox-linkedin-secret";

/// Returns the token of the administrator of LinkedIn organisation `k`.
pub fn linkedin_token(k: usize) -> String {
    format!("sandbox-linkedin-token-{k}")
}

/// Returns the number of LinkedIn organisation `k`.
pub fn linkedin_organization(k: usize) -> String {
    (FIRST_LINKEDIN_ORGANIZATION + k as u64 - 1).to_string()
}

/// Returns the URN of LinkedIn organisation `k`.
pub fn linkedin_organization_urn(k: usize) -> String {
    format!("urn:li:organization:{}", linkedin_organization(k))
}

/// Returns the end of the address of LinkedIn organisation `k`.
pub fn linkedin_vanity_name(k: usize) -> String {
    format!("le-vieux-moulin-{k}")
}

/// Number of the seeded X application.
pub const X_CLIENT_ID: &str = "sandbox-x-client";

/// Returns the id of X account `k`.
pub fn x_id(k: usize) -> String {
    (FIRST_X_ID + k as u64 - 1).to_string()
}

/// Returns the user name of X account `k`.
pub fn x_username(k: usize) -> String {
    format!("levieuxmoulin{k}")
}

/// Returns an access token of X account `k` that never ends.
pub fn x_token(k: usize) -> String {
    format!("sandbox-x-token-{k}")
}

/// Returns the refresh token of a new login to X account `k`.
pub fn x_refresh_token(k: usize) -> String {
    format!("sandbox-x-refresh-{k}")
}

/// User of the owner's web site, in WordPress and in WebDAV.
pub const SITE_USERNAME: &str = "anne";
/// Application password of that user, and password of the WebDAV folder.
pub const SITE_PASSWORD: &str = "sand boxs itep assw ord1";
/// Bucket of the S3 storage.
pub const SITE_BUCKET: &str = "levieuxmoulin-photos";
/// Access key of the S3 storage.
pub const SITE_ACCESS_KEY: &str = "SANDBOXACCESSKEY";
/// Its secret; any is taken, because signatures are not recomputed.
pub const SITE_SECRET_KEY: &str = "sandbox-s3-secret-key";

/// Finds the account number whose `name(k)` equals `value`, among `1..=accounts`.
pub(crate) fn number_of(value: &str, accounts: usize, name: impl Fn(usize) -> String) -> Option<usize> {
    // The number is the tail of every seeded name, so the search needs no list even with many accounts.
    let digits: String = value
        .chars()
        .rev()
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(char::is_ascii_digit)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    let k = digits.parse().ok()?;
    ((1..=accounts).contains(&k) && name(k) == value).then_some(k)
}

/// Finds the account number of a numeric id that counts up from `name(1)`.
pub(crate) fn number_of_id(value: &str, accounts: usize, name: impl Fn(usize) -> String) -> Option<usize> {
    let first: u64 = name(1).parse().ok()?;
    let k = usize::try_from(value.parse::<u64>().ok()?.checked_sub(first)?).ok()? + 1;
    (k <= accounts && name(k) == value).then_some(k)
}

/// Finds the account number of a DID.
pub(crate) fn number_of_did(value: &str, accounts: usize) -> Option<usize> {
    let tail = value.strip_prefix("did:plc:vieuxmoulin")?;
    let k = tail.bytes().try_fold(0usize, |sum, b| {
        let digit = match b {
            b'a'..=b'z' => usize::from(b - b'a'),
            b'2'..=b'7' => usize::from(b - b'2') + 26,
            _ => return None,
        };
        sum.checked_mul(32)?.checked_add(digit)
    })?;
    ((1..=accounts).contains(&k) && bluesky_did(k) == value).then_some(k)
}

/// Returns the address of mail account `k`, which is its user name too.
pub fn mail_address(k: usize) -> String {
    format!("bonjour{k}@levieuxmoulin.example")
}

/// Returns the password of mail account `k`.
pub fn mail_password(k: usize) -> String {
    format!("sandbox-mail-password-{k}")
}

/// Returns the SMS service of OVHcloud account `k`.
pub fn ovh_service(k: usize) -> String {
    format!("sms-vm{k:05}-1")
}

/// Returns the application key of OVHcloud account `k`.
pub fn ovh_application_key(k: usize) -> String {
    format!("sandboxovhkey{k:03}")
}

/// Returns the application secret of OVHcloud account `k`.
pub fn ovh_application_secret(k: usize) -> String {
    format!("sandbox-ovh-application-secret-{k}")
}

/// Returns the consumer key of OVHcloud account `k`.
pub fn ovh_consumer_key(k: usize) -> String {
    format!("sandbox-ovh-consumer-key-{k}")
}

/// Returns the address of the owner of Brevo account `k`.
pub fn brevo_account(k: usize) -> String {
    format!("moulin{k}@brevo.example")
}

/// Returns the API key of Brevo account `k`, for mail and SMS.
pub fn brevo_key(k: usize) -> String {
    format!("xkeysib-sandbox-{k}")
}

/// Returns the account SID of Twilio account `k`.
pub fn twilio_account(k: usize) -> String {
    format!("AC{k:032x}")
}

/// Returns the auth token of Twilio account `k`.
pub fn twilio_token(k: usize) -> String {
    format!("sandbox-twilio-token-{k}")
}

/// Returns the SID of the API key of Twilio account `k`.
pub fn twilio_key(k: usize) -> String {
    format!("SK{k:032x}")
}

/// Returns the secret of that key.
pub fn twilio_key_secret(k: usize) -> String {
    format!("sandbox-twilio-key-secret-{k}")
}

/// Returns the number of the user of Mailjet account `k`.
pub fn mailjet_user(k: usize) -> u64 {
    4_000_000 + k as u64
}

/// Returns the API key of Mailjet account `k`.
pub fn mailjet_key(k: usize) -> String {
    format!("{k:032x}")
}

/// Returns the secret key of Mailjet account `k`.
pub fn mailjet_secret(k: usize) -> String {
    format!("sandbox-mailjet-secret-{k}")
}

/// Returns the API key of SendGrid account `k`.
pub fn sendgrid_key(k: usize) -> String {
    format!("SG.sandbox-{k}.sandbox-sendgrid-key")
}

/// Returns the user name of SendGrid account `k`.
pub fn sendgrid_username(k: usize) -> String {
    format!("levieuxmoulin{k}")
}
