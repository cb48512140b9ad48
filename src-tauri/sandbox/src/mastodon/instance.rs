//! What the server says about itself and its limits.

use serde_json::{Value, json};

use crate::state::World;

pub(super) const MOST_CHARACTERS: usize = 500;
pub(super) const MOST_ATTACHMENTS: usize = 4;
pub(super) const CHARACTERS_PER_URL: usize = 23;
pub(super) const LARGEST_IMAGE_BYTES: usize = 16_777_216;
pub(super) const MOST_PIXELS: u64 = 33_177_600;
pub(super) const LARGEST_VIDEO_BYTES: usize = 103_809_024;
pub(super) const LONGEST_DESCRIPTION: usize = 1500;
pub(super) const TYPES: [&str; 7] =
    ["image/jpeg", "image/png", "image/gif", "image/heic", "image/webp", "video/mp4", "video/webm"];

const TITLE: &str = "Réseau de répétition";
const VERSION: &str = "4.5.0";

fn configuration(world: &World) -> Value {
    json!({
        "urls": {"streaming": world.addresses().mastodon, "status": null},
        "accounts": {"max_featured_tags": 10, "max_pinned_statuses": 5},
        "statuses": {
            "max_characters": MOST_CHARACTERS,
            "max_media_attachments": MOST_ATTACHMENTS,
            "characters_reserved_per_url": CHARACTERS_PER_URL,
        },
        "media_attachments": {
            "supported_mime_types": TYPES,
            "description_limit": LONGEST_DESCRIPTION,
            "image_size_limit": LARGEST_IMAGE_BYTES,
            "image_matrix_limit": MOST_PIXELS,
            "video_size_limit": LARGEST_VIDEO_BYTES,
            "video_frame_rate_limit": 120,
            "video_matrix_limit": 8_294_400,
        },
        "polls": {
            "max_options": 4,
            "max_characters_per_option": 50,
            "min_expiration": 300,
            "max_expiration": 2_629_746,
        },
        "translation": {"enabled": false},
    })
}

fn domain(world: &World) -> &str {
    world.addresses().mastodon.trim_start_matches("http://")
}

pub(super) fn v2(world: &World) -> Value {
    json!({
        "domain": domain(world),
        "title": TITLE,
        "version": VERSION,
        "source_url": "https://example.test/source",
        "description": "Rien ne sort de cet ordinateur.",
        "usage": {"users": {"active_month": world.options.accounts}},
        "thumbnail": {"url": format!("{}/", world.addresses().mastodon)},
        "icon": [],
        "languages": ["fr"],
        "configuration": configuration(world),
        "registrations": {"enabled": false, "approval_required": false, "message": null, "url": null},
        "api_versions": {"mastodon": 7},
        "contact": {"email": "repetition@example.test", "account": null},
        "rules": [],
    })
}

pub(super) fn v1(world: &World) -> Value {
    json!({
        "uri": domain(world),
        "title": TITLE,
        "short_description": "Rien ne sort de cet ordinateur.",
        "description": "Rien ne sort de cet ordinateur.",
        "email": "repetition@example.test",
        "version": VERSION,
        "urls": {"streaming_api": world.addresses().mastodon},
        "stats": {"user_count": world.options.accounts, "status_count": 0, "domain_count": 0},
        "thumbnail": null,
        "languages": ["fr"],
        "registrations": false,
        "approval_required": false,
        "invites_enabled": false,
        "configuration": configuration(world),
        "contact_account": null,
        "rules": [],
    })
}
