//! The display, which one scene at a time has to itself, and its window manager, which stays for all of
//! them: one that is replaced at each scene may find its predecessor still leaving, and give up.

use std::{
    env,
    process::{Child, Command, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::scene::wait_for;

/// Without a window manager nothing can be closed or minimised, and no window has the keyboard.
static MANAGER: Mutex<Option<Child>> = Mutex::new(None);

/// The keyboard and the windows are ours until this goes.
pub struct Display {
    _manager: MutexGuard<'static, Option<Child>>,
}

impl Display {
    /// Waits for the scene before, and for a window manager that answers.
    pub fn take() -> Self {
        assert!(
            env::var_os("DISPLAY").is_some(),
            "no display: run these tests with `cargo xtask test --only desktop`"
        );
        let mut manager = MANAGER.lock().unwrap_or_else(PoisonError::into_inner);
        let answers = wait_for(|| {
            if quiet("xdotool").arg("get_desktop").status().expect("xdotool starts").success() {
                return Some(());
            }
            let is_running =
                manager.as_mut().is_some_and(|manager| manager.try_wait().is_ok_and(|ended| ended.is_none()));
            if !is_running {
                *manager = Some(quiet("openbox").spawn().expect("openbox starts"));
            }
            None
        });
        assert!(answers.is_some(), "no window manager answers on this display");
        Self { _manager: manager }
    }
}

fn quiet(program: &str) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}
