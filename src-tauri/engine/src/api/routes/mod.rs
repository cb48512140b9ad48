//! One file per resource: request and answer types, documentation and handlers stand together.

pub mod accounts;
pub mod alerts;
pub mod analytics;
pub mod consents;
pub mod contact_imports;
pub mod contacts;
pub mod conversations;
pub mod deliveries;
pub mod events;
pub mod journal;
pub mod media;
pub mod media_host;
pub mod notify;
pub mod oauth;
pub mod platforms;
pub mod posts;
pub mod practice;
pub mod preview;
pub mod recovery_key;
pub mod rights;
pub mod segments;
pub mod session;
pub mod settings;
pub mod status;
pub mod suppressions;
pub mod template_preview;
pub mod templates;
pub mod tokens;

use utoipa_axum::{router::OpenApiRouter, routes};

use super::ApiState;

/// Every operation of the application.
pub fn all() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(status::health))
        .routes(routes!(status::get_status))
        .routes(routes!(status::pause))
        .routes(routes!(status::resume))
        .routes(routes!(platforms::list_platforms))
        .routes(routes!(platforms::get_platforms_config))
        .routes(routes!(platforms::export_platforms_config))
        .routes(routes!(platforms::import_platforms_config))
        .routes(routes!(posts::publish_post))
        .routes(routes!(posts::list_posts))
        .routes(routes!(preview::preview_post))
        .routes(routes!(posts::get_post, posts::edit_post, posts::delete_post))
        .routes(routes!(posts::undo_post))
        .routes(routes!(posts::restore_post))
        .routes(routes!(deliveries::list_deliveries))
        .routes(routes!(deliveries::get_delivery))
        .routes(routes!(deliveries::retry_delivery))
        .routes(routes!(deliveries::cancel_delivery))
        .routes(routes!(deliveries::confirm_delivery))
        .routes(routes!(deliveries::check_delivery))
        .routes(routes!(accounts::list_accounts, accounts::add_account))
        .routes(routes!(oauth::start_oauth))
        .routes(routes!(oauth::get_oauth))
        .routes(routes!(accounts::get_account, accounts::edit_account, accounts::remove_account))
        .routes(routes!(accounts::account_impact))
        .routes(routes!(accounts::check_account))
        .routes(routes!(accounts::resume_account))
        .merge(consents::routes())
        .merge(suppressions::routes())
        .merge(rights::routes())
        .merge(conversations::routes())
        .merge(templates::routes())
        .merge(template_preview::routes())
        .merge(contacts::routes())
        .merge(contact_imports::routes())
        .merge(segments::routes())
        .merge(media::routes())
        .merge(notify::routes())
        .routes(routes!(
            media_host::get_media_host,
            media_host::set_media_host,
            media_host::forget_media_host
        ))
        .routes(routes!(media_host::check_media_host))
        .routes(routes!(events::stream_events))
        .routes(routes!(analytics::get_analytics))
        .routes(routes!(alerts::list_alerts))
        .routes(routes!(alerts::see_alert))
        .routes(routes!(journal::list_journal))
        .routes(routes!(journal::read_logs))
        .routes(routes!(journal::export_logs))
        .routes(routes!(settings::get_settings, settings::edit_settings))
        .routes(routes!(settings::get_settings_schema))
        .routes(routes!(settings::export_settings))
        .routes(routes!(settings::import_settings))
        .routes(routes!(recovery_key::show_recovery_key))
        .routes(routes!(tokens::list_tokens, tokens::create_token))
        .routes(routes!(tokens::revoke_token))
        .routes(routes!(practice::get_practice))
        .routes(routes!(practice::set_practice_fault))
        .routes(routes!(session::get_session, session::open_session, session::close_session))
        .routes(routes!(session::new_session_code))
}
