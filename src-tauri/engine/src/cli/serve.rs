//! `moulin serve`: the application without a window.

use std::io::Write as _;

use serde_json::{Value, json};

use super::{Failure, args::ServeArgs};
use crate::host::{Host, HostOptions, Prepared};

/// Runs until it is told to end.
pub async fn serve(mut options: HostOptions, arguments: ServeArgs) -> Result<(), Failure> {
    options.port = arguments.port;
    options.without_demonstration = arguments.empty;
    // Before anything starts: a signal during the start must not kill half-way.
    let mut stop = Box::pin(told_to_stop());
    let prepared = Prepared::new(options)?;
    let _log = prepared.start_log(!arguments.ready_json);
    let host = prepared.start().await?;
    announce(&host, arguments.ready_json);
    stop.as_mut().await;
    if !arguments.ready_json {
        say!("Arrêt : les appels en cours se terminent…");
    }
    host.stop().await;
    Ok(())
}

fn announce(host: &Host, ready_json: bool) {
    let address = host.address.clone().unwrap_or_default();
    let (dashboard_url, code) = (format!("{address}/dashboard/"), host.gate.new_code());
    let mut out = std::io::stdout();
    let written = if ready_json {
        let sandbox = host.networks.as_ref().map_or(Value::Null, |networks| json!(networks.addresses));
        let line = json!({
            "ready": true,
            "address": address,
            // A name that is not Unicode is shown as well as it can be.
            "data_dir": host.data_dir.to_string_lossy(),
            "dashboard_url": dashboard_url,
            "dashboard_code": code,
            "sandbox": sandbox,
            "pid": std::process::id(),
        });
        writeln!(out, "{line}")
    } else {
        let mode =
            if host.engine.practice { "\nMode répétition : rien ne sort de cet ordinateur." } else { "" };
        writeln!(
            out,
            "Le Vieux Moulin est prêt.{mode}\n  Tableau de bord : {dashboard_url}\n  Code (une fois) : {code}\n  \
             Données         : {}\nCtrl-C pour arrêter.",
            host.data_dir.display()
        )
    };
    // Whoever started us may have closed the pipe; the work goes on.
    let _ = written.and_then(|()| out.flush());
}

#[cfg(unix)]
async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

#[cfg(not(unix))]
async fn told_to_stop() {
    let _ = tokio::signal::ctrl_c().await;
}
