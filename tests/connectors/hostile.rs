//! Servers that misbehave on the wire, for every connector and every call: portals, cut and endless
//! answers, JSON of the wrong shape. A call that may have had an effect must end in doubt, every other
//! one in "ask again"; none may hang, take all memory, follow a redirect or take a stranger's word for
//! "gone".

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use vieux_moulin_engine::connectors::{Failure, FailureClass as Class, Http, Kind};

use crate::support::{Delivery, FIXTURES, Fixture, Scene, Stage};

/// Longest time that a call is allowed here; the product allows 30 s and more.
const PATIENCE: Duration = Duration::from_millis(700);
/// Any call must be over by then, on the busiest machine.
const OVER: Duration = Duration::from_secs(30);
/// More than the longest kept body and what may lie in the buffers of the sockets.
const TOO_MUCH: usize = 48 * 1024 * 1024;

const HTML: &str = "<!doctype html><title>502 Bad Gateway</title><h1>502</h1>";

/// What the server does with each connection.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// Hangs up before reading.
    HangUp,
    /// Reads the request and hangs up.
    ReadAndHangUp,
    /// Speaks another protocol.
    OtherProtocol,
    /// Begins an answer and resets the connection in the middle.
    ResetMidway,
    /// A chunk whose length is no number.
    BrokenChunk,
    /// Never answers.
    Silent,
    /// Chunk after chunk, slowly, for ever.
    EndlessTrickle,
    /// A body without end, as fast as it is taken.
    EndlessFlood,
    /// Header after header, without end.
    EndlessHead,
    /// A complete answer: status line, further headers, body.
    Whole(&'static str, &'static str, &'static str),
}

const ACTS: &[Act] = &[
    Act::HangUp,
    Act::ReadAndHangUp,
    Act::OtherProtocol,
    Act::ResetMidway,
    Act::BrokenChunk,
    Act::Silent,
    Act::EndlessTrickle,
    Act::EndlessFlood,
    Act::EndlessHead,
    Act::Whole("502 Bad Gateway", "content-type: text/html\r\n", HTML),
    Act::Whole("504 Gateway Timeout", "content-type: text/html\r\n", HTML),
    Act::Whole("500 Internal Server Error", "content-type: application/json\r\n", "{}"),
    Act::Whole("200 OK", "content-type: text/html\r\n", HTML),
    Act::Whole("404 Not Found", "content-type: text/html\r\n", HTML),
    Act::Whole("403 Forbidden", "content-type: text/html\r\n", HTML),
    Act::Whole("302 Found", "location: http://127.0.0.1:9/\r\ncontent-type: text/html\r\n", HTML),
    Act::Whole("307 Temporary Redirect", "location: http://127.0.0.1:9/\r\n", ""),
    Act::Whole("511 Network Authentication Required", "content-type: text/html\r\n", HTML),
    Act::Whole("200 OK", "content-type: application/json\r\n", "{\"id\":\"1\""),
    Act::Whole("200 OK", "content-type: application/json\r\n", "\"1\""),
    Act::Whole("200 OK", "content-type: application/json\r\n", "null"),
    Act::Whole("200 OK", "content-type: application/json\r\n", "17"),
    Act::Whole("200 OK", "content-type: application/json\r\n", "[[[[[[]]]]]]"),
    Act::Whole("200 OK", "content-type: application/json\r\n", "{\"error\":\"unavailable\"}"),
    Act::Whole("200 OK", "content-encoding: gzip\r\ncontent-type: application/json\r\n", "not gzip"),
    Act::Whole("206 Partial Content", "content-type: text/html\r\n", HTML),
];

/// Answers that look right and carry no usable identity. Only for calls that have to name one.
const NAMELESS: &[Act] = &[
    Act::Whole("200 OK", "content-type: application/json\r\n", "{}"),
    Act::Whole("200 OK", "content-type: application/json\r\n", "{\"id\":{},\"uri\":[],\"did\":4}"),
    Act::Whole("200 OK", "content-type: application/json\r\n", "{\"id\":\"../1\",\"uri\":\"at://x/../y\"}"),
    Act::Whole("204 No Content", "", ""),
];

struct Hostile {
    base: String,
    served: Arc<AtomicUsize>,
}

impl Hostile {
    async fn start(act: Act) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let served = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&served);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // The client may leave at any moment; that is what is tested.
                tokio::spawn(play(act, stream, Arc::clone(&counter)));
            }
        });
        Self { base, served }
    }
}

async fn play(act: Act, mut stream: TcpStream, served: Arc<AtomicUsize>) -> std::io::Result<()> {
    match act {
        Act::HangUp => return Ok(()),
        Act::OtherProtocol => return stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").await,
        _ => read_request(&mut stream).await?,
    }
    match act {
        Act::HangUp | Act::OtherProtocol | Act::ReadAndHangUp => Ok(()),
        Act::ResetMidway => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"id\":\"1").await?;
            tokio::time::sleep(Duration::from_millis(20)).await;
            stream.set_zero_linger()
        }
        Act::BrokenChunk => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nbonjour\r\n{}\r\n").await
        }
        Act::Silent => {
            tokio::time::sleep(OVER).await;
            Ok(())
        }
        Act::EndlessTrickle => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await?;
            loop {
                stream.write_all(b"1\r\n \r\n").await?;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Act::EndlessFlood => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n").await?;
            flood(&mut stream, &vec![b' '; 65_536], &served).await
        }
        Act::EndlessHead => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
            let line = format!("x-fill: {}\r\n", "a".repeat(8000));
            flood(&mut stream, line.as_bytes(), &served).await
        }
        Act::Whole(status, headers, body) => {
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            stream.write_all(answer.as_bytes()).await?;
            stream.shutdown().await
        }
    }
}

async fn flood(stream: &mut TcpStream, piece: &[u8], served: &AtomicUsize) -> std::io::Result<()> {
    loop {
        stream.write_all(piece).await?;
        served.fetch_add(piece.len(), Ordering::Relaxed);
    }
}

/// Reads head and body of one request.
async fn read_request(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    let mut buffer = vec![0_u8; 16_384];
    loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        bytes.extend_from_slice(&buffer[..count]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
        if bytes.len() >= end + 4 + length.unwrap_or(0_usize) {
            return Ok(());
        }
    }
}

/// A scene with one delivery that is ready to leave and one that left, moved to a hostile server.
struct Moved {
    scene: Scene,
    ready: Delivery,
    gone_out: Delivery,
}

impl Moved {
    async fn to(fixture: &'static Fixture, base: &str) -> Self {
        let mut scene = Scene::open(fixture).await;
        let mut gone_out = scene.delivery("Parti", true);
        gone_out.prepare(&scene.stage).await.unwrap();
        gone_out.send(&scene.stage).await.unwrap();
        let mut ready = scene.delivery("Prêt", true);
        ready.prepare(&scene.stage).await.unwrap();
        scene.stage.move_to(base);
        scene.stage.http = Http::new().unwrap().with_patience(PATIENCE);
        Self { scene, ready, gone_out }
    }

    /// Plays every call and returns what failed with what; `None` = it called itself a success.
    async fn every_call(&mut self) -> Vec<(&'static str, Option<Failure>)> {
        let stage: &Stage = &self.scene.stage;
        let facts = stage.connector.descriptor().capabilities;
        let mut fresh = self.scene.delivery("Nouveau", true);
        let mut calls = vec![
            ("send", self.ready.send(stage).await.err()),
            ("check", stage.check().await.err()),
            ("prepare", fresh.prepare(stage).await.err()),
            ("delete", self.gone_out.delete(stage).await.err()),
        ];
        if can_look(stage) {
            calls.push(("reconcile", self.gone_out.reconcile(stage).await.err()));
        }
        if facts.hand_over {
            calls.push(("verify", self.gone_out.verify(stage).await.err()));
        }
        if facts.edit {
            self.gone_out.content.text.push_str(" (complet)");
            calls.push(("update", self.gone_out.update(stage).await.err()));
        }
        calls
    }
}

/// Kind H has nothing to ask after a doubt.
fn can_look(stage: &Stage) -> bool {
    stage.connector.descriptor().kind != Kind::H
}

/// What is wrong with the way a connector takes this act.
async fn suffer(fixture: &'static Fixture, act: Act) -> Vec<String> {
    let hostile = Hostile::start(act).await;
    let mut moved = Moved::to(fixture, &hostile.base).await;
    let start = Instant::now();
    let mut objections = Vec::new();
    let mut object = |text: String| objections.push(format!("{} {act:?}: {text}", fixture.id));
    for (call, failure) in moved.every_call().await {
        let expected = if call == "send" { Class::Unknown } else { Class::Retry };
        match failure {
            None => object(format!("{call} calls this a success")),
            Some(failure) if failure.class == expected => {}
            Some(failure) => object(format!("{call} makes of it {failure:?}")),
        }
    }
    if start.elapsed() > 8 * OVER {
        object(format!("took {:?}", start.elapsed()));
    }
    let served = hostile.served.load(Ordering::Relaxed);
    if served > 8 * TOO_MUCH {
        object(format!("{served} bytes were read"));
    }
    if moved.scene.published().len() != 1 {
        object("something was published".to_owned());
    }
    objections
}

#[tokio::test]
async fn answers_that_are_none_leave_a_doubt_or_are_asked_for_again() {
    let mut objections = Vec::new();
    for act in ACTS {
        // Side by side: most of the time is spent waiting.
        let all = futures::future::join_all(FIXTURES.iter().map(|fixture| suffer(fixture, *act))).await;
        objections.extend(all.into_iter().flatten());
    }
    assert!(objections.is_empty(), "{objections:#?}");
}

#[tokio::test]
async fn an_answer_without_a_usable_id_is_no_success() {
    let mut objections = Vec::new();
    for act in NAMELESS {
        let hostile = Hostile::start(*act).await;
        for fixture in FIXTURES {
            let mut moved = Moved::to(fixture, &hostile.base).await;
            let mut fresh = moved.scene.delivery("Nouveau", true);
            let stage = &moved.scene.stage;
            for (call, failure, expected) in [
                ("send", moved.ready.send(stage).await.err(), Class::Unknown),
                ("check", stage.check().await.err(), Class::Retry),
                ("prepare", fresh.prepare(stage).await.err(), Class::Retry),
                ("reconcile", moved.gone_out.reconcile(stage).await.err(), Class::Retry),
            ] {
                if call == "reconcile" && !can_look(stage) {
                    continue;
                }
                if failure.as_ref().map(|failure| failure.class) != Some(expected) {
                    objections.push(format!("{} {act:?} {call}: {failure:?}", fixture.id));
                }
            }
        }
    }
    assert!(objections.is_empty(), "{objections:#?}");
}

#[tokio::test]
async fn a_flood_is_cut_off() {
    for act in [Act::EndlessFlood, Act::EndlessHead] {
        for fixture in FIXTURES {
            let hostile = Hostile::start(act).await;
            let mut moved = Moved::to(fixture, &hostile.base).await;
            // Not its time limit but its size must end it.
            moved.scene.stage.http = Http::new().unwrap().with_patience(OVER);
            let start = Instant::now();
            let failure = moved.ready.send(&moved.scene.stage).await.unwrap_err();
            assert_eq!(failure.class, Class::Unknown, "{} {act:?}: {failure:?}", fixture.id);
            assert!(start.elapsed() < OVER, "{} {act:?}", fixture.id);
            let served = hostile.served.load(Ordering::Relaxed);
            assert!(served < TOO_MUCH, "{} {act:?}: read {served} bytes", fixture.id);
        }
    }
}

/// Before the first byte of a request there is no doubt: nothing was sent.
#[tokio::test]
async fn a_refused_tls_connection_has_sent_nothing() {
    for act in [Act::HangUp, Act::OtherProtocol] {
        let hostile = Hostile::start(act).await;
        for fixture in FIXTURES {
            let mut moved = Moved::to(fixture, &hostile.base.replace("http://", "https://")).await;
            for (call, failure) in moved.every_call().await {
                let failure = failure.unwrap_or_else(|| panic!("{} {act:?} {call}", fixture.id));
                assert_eq!(failure.class, Class::NotSent, "{} {act:?} {call}: {failure:?}", fixture.id);
            }
        }
    }
}

/// A handshake that never ends has its own, shorter limit: it must not pass for a lost answer.
#[tokio::test]
async fn an_endless_tls_handshake_has_sent_nothing() {
    let hostile = Hostile::start(Act::Silent).await;
    let base = hostile.base.replace("http://", "https://");
    let sends = FIXTURES.iter().map(|fixture| async {
        let mut moved = Moved::to(fixture, &base).await;
        moved.scene.stage.http = Http::new().unwrap();
        (fixture.id, moved.ready.send(&moved.scene.stage).await.unwrap_err())
    });
    for (id, failure) in futures::future::join_all(sends).await {
        assert_eq!(failure.class, Class::NotSent, "{id}: {failure:?}");
    }
}
