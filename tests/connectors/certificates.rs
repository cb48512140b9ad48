//! A server with a certificate that nobody vouches for: nothing is said to it, whatever the call.

use std::{
    io::Read as _,
    net::{TcpListener, TcpStream},
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use vieux_moulin_engine::connectors::FailureClass;

use crate::support::{FIXTURES, Scene};

/// Certificate and key for `localhost`, signed by themselves; `None` without openssl.
fn certificate(dir: &Path) -> Option<(CertificateDer<'static>, PrivateKeyDer<'static>)> {
    let (key, cert) = (dir.join("key.pem"), dir.join("cert.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args(["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&cert)
        .output()
        .ok()?;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Some((CertificateDer::from_pem_file(cert).unwrap(), PrivateKeyDer::from_pem_file(key).unwrap()))
}

#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    /// Bytes of requests, once the connection was encrypted.
    bytes: AtomicUsize,
}

/// Answers the handshake and counts what is said afterwards.
fn serve(cert: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> (u16, Arc<Seen>) {
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert], key)
        .map(Arc::new)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(Seen::default());
    let counts = seen.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            counts.connections.fetch_add(1, Ordering::SeqCst);
            let mut stream = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream);
            let mut request = [0; 1024];
            if let Ok(read) = stream.read(&mut request) {
                counts.bytes.fetch_add(read, Ordering::SeqCst);
            }
        }
    });
    (port, seen)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_nobody_vouches_for_ends_the_call_before_a_word_is_said() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let dir = tempfile::tempdir().unwrap();
    let Some((cert, key)) = certificate(dir.path()) else {
        println!("SKIPPED: openssl is not installed");
        return;
    };
    let (port, seen) = serve(cert.clone(), key);

    // The server itself is sound: somebody who trusts it is heard.
    let mut roots = RootCertStore::empty();
    roots.add(cert).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let trusting = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut trusting = StreamOwned::new(trusting, stream);
    std::io::Write::write_all(&mut trusting, b"hello").unwrap();
    std::io::Write::flush(&mut trusting).unwrap();
    for _ in 0..500 {
        if seen.bytes.load(Ordering::SeqCst) == 5 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(seen.bytes.load(Ordering::SeqCst), 5);
    drop(trusting);

    for fixture in FIXTURES {
        let mut scene = Scene::open(fixture).await;
        let mut delivery = scene.post("Moules de bouchot");
        delivery.prepare(&scene.stage).await.unwrap();
        scene.stage.move_to(&format!("https://localhost:{port}"));
        let before = seen.connections.load(Ordering::SeqCst);
        let failure = delivery.send(&scene.stage).await.unwrap_err();
        assert_eq!(failure.class, FailureClass::NotSent, "{}: {failure:?}", fixture.id);
        assert!(seen.connections.load(Ordering::SeqCst) > before, "{} never came", fixture.id);
        assert!(scene.stage.check().await.is_err(), "{}", fixture.id);
    }
    assert_eq!(seen.bytes.load(Ordering::SeqCst), 5, "a secret was sent to a stranger");
}
