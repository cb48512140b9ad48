//! A command never stands in the way of a start.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use vieux_moulin_tests::process::{House, moulin_bin};

use super::ONE_AT_A_TIME;

const STARTS: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_looks_never_makes_a_start_believe_that_something_runs() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let house = House::bare().unwrap();
    house.serve(&[]).unwrap().kill();
    let (done, looks) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let looking = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let output = house.command(&["--json", "status"]).unwrap().output().unwrap();
                let text = String::from_utf8_lossy(&output.stdout).into_owned();
                // The instance may be killed between finding it and asking it.
                assert!(output.status.success() || output.status.code() == Some(3), "{text}");
                looks.fetch_add(1, Ordering::Relaxed);
            }
        });
        let start = || {
            let seen = looks.load(Ordering::Relaxed);
            house.serve(&[])?.kill();
            // A look of its own between two starts, with the folder open.
            while looks.load(Ordering::Relaxed) == seen && !looking.is_finished() {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            anyhow::Ok(())
        };
        let started: Vec<_> = (0..STARTS).map(|_| start()).collect();
        done.store(true, Ordering::Relaxed);
        looking.join().unwrap();
        for outcome in started {
            outcome.expect("the start was refused");
        }
    });
    println!("{STARTS} starts beside {} looks", looks.load(Ordering::Relaxed));
}

/// Nobody reads on, or the disk is full: an exit code, never a panic.
#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_written_ends_with_an_exit_code() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    for (out, exit) in [(Stdio::from(writer), 0), (Stdio::from(full), 1)] {
        let mut command = Command::new(moulin_bin().unwrap());
        let output = command.arg("openapi").stdout(out).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(output.status.code(), Some(exit), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
