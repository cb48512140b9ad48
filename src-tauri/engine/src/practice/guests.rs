//! Pretend guests: what they say on the pretend networks, so that answering can be rehearsed too.

use serde_json::{Value, json};
use vieux_moulin_sandbox::Addresses;

use crate::{connectors::Http, engine::Engine, store::state};

const LEFT: &str = "guests_loaded";

/// Platform, and what its control address is told. They spoke days ago: a rehearsal does not begin with an
/// alarm.
fn words() -> [(&'static str, Value); 3] {
    [
        (
            "google_business",
            json!({
                "author": "Martine D.",
                "stars": 2,
                "ago_secs": 3 * 24 * 3600,
                "text": "Cadre superbe, mais quarante minutes d’attente entre l’entrée et le plat. Dommage, \
                         la lamproie était très bonne.",
            }),
        ),
        (
            "facebook",
            json!({
                "author": "Julien",
                "ago_secs": 20 * 3600,
                "text": "Vous ouvrez aussi dimanche midi ?",
            }),
        ),
        (
            "facebook",
            json!({
                "author": "Solène",
                "ago_secs": 15 * 3600,
                "text": "On y était samedi : un régal, merci à toute l’équipe.",
            }),
        ),
    ]
}

/// Lets the guests say their words, once for each data folder.
pub async fn speak(engine: &Engine, addresses: &Addresses) -> anyhow::Result<()> {
    if engine.store.read(|c| state::get::<bool>(c, LEFT)).await?.unwrap_or(false) {
        return Ok(());
    }
    // First, so that a start that is interrupted here does not hear them twice.
    engine.store.write(|tx| state::set(tx, LEFT, &true)).await?;
    let http = Http::new()?;
    for (platform, said) in words() {
        let address = format!("{}/control/{platform}/visitors", addresses.control);
        let request = http.client().post(address).timeout(super::CONTROL_DEADLINE);
        request.json(&said).send().await?.error_for_status()?;
    }
    Ok(())
}
