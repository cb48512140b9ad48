//! Posts per second that the Mastodon double takes, several runs. Not a test: figures depend on the machine.
//!
//! `cargo run -p vieux-moulin-sandbox --example throughput -- [POSTS] [CONNECTIONS]`

use std::time::Instant;

use futures::{StreamExt, stream};
use vieux_moulin_sandbox::{Platform, Sandbox, SandboxOptions, seed};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut arguments = std::env::args().skip(1).filter_map(|text| text.parse::<usize>().ok());
    let posts = arguments.next().unwrap_or(10_000);
    let connections = arguments.next().unwrap_or(16);
    let client = reqwest::Client::builder().no_proxy().build()?;
    println!("run  posts  connections  posts/s");
    for run in 1..=5 {
        let sandbox = Sandbox::start(SandboxOptions::default()).await?;
        let url = format!("{}/api/v1/statuses", sandbox.addresses().mastodon);
        let start = Instant::now();
        let made = stream::iter(0..posts)
            .map(|n| {
                let request = client
                    .post(&url)
                    .bearer_auth(seed::mastodon_token(1))
                    .header("idempotency-key", n.to_string())
                    .form(&[("status", format!("Plat du jour {n}"))]);
                async move { request.send().await?.bytes().await }
            })
            .buffer_unordered(connections)
            .filter(|answer| futures::future::ready(answer.is_ok()))
            .count()
            .await;
        let rate = made as f64 / start.elapsed().as_secs_f64();
        anyhow::ensure!(sandbox.objects(Platform::Mastodon).len() == posts, "Some posts were lost");
        println!("{run:3}  {posts:5}  {connections:11}  {rate:7.0}");
        sandbox.stop().await?;
    }
    Ok(())
}
