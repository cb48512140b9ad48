//! Starting with the computer: the entry at login, and what it starts again.
//!
//! On Linux the entry is written here: the usual library takes `~/.config` for granted and does not
//! quote. Elsewhere that library does it.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use tauri::AppHandle;

use crate::options::Options;

/// The option of a start without a window (see [`Options::hidden`]).
pub const HIDDEN: &str = "--hidden";

#[cfg(target_os = "linux")]
pub use entry::{is_on, set};

/// The entry at login starts the same house: same mode, same folder, same key.
#[cfg(not(target_os = "linux"))]
pub fn plugin(options: &Options) -> tauri::plugin::TauriPlugin<tauri::Wry> {
    tauri_plugin_autostart::Builder::new().app_name(name(options)).args(arguments(options)).build()
}

#[cfg(not(target_os = "linux"))]
pub fn is_on(app: &AppHandle, _options: &Options) -> anyhow::Result<bool> {
    use tauri_plugin_autostart::ManagerExt as _;
    Ok(app.autolaunch().is_enabled()?)
}

#[cfg(not(target_os = "linux"))]
pub fn set(app: &AppHandle, _options: &Options, on: bool) -> anyhow::Result<()> {
    use tauri_plugin_autostart::ManagerExt as _;
    let launcher = app.autolaunch();
    Ok(if on { launcher.enable()? } else { launcher.disable()? })
}

#[cfg(target_os = "linux")]
mod entry {
    use std::{fs, io};

    use anyhow::Context as _;
    use tauri::Manager as _;

    use super::{AppHandle, Options, PathBuf, arguments, name, quoted};

    /// Says whether the entry is there and not switched off in the desktop's own settings.
    pub fn is_on(app: &AppHandle, options: &Options) -> anyhow::Result<bool> {
        match fs::read_to_string(file(app, options)?) {
            Ok(text) => {
                let off = ["Hidden=true", "X-GNOME-Autostart-enabled=false"];
                Ok(!text.lines().any(|line| off.contains(&line.trim())))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    pub fn set(app: &AppHandle, options: &Options, on: bool) -> anyhow::Result<()> {
        let file = file(app, options)?;
        if on {
            let folder = file.parent().context("the entry has no folder")?;
            fs::create_dir_all(folder)?;
            fs::write(&file, text(options)?)?;
        } else if let Err(error) = fs::remove_file(&file)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(error.into());
        }
        Ok(())
    }

    fn file(app: &AppHandle, options: &Options) -> anyhow::Result<PathBuf> {
        let name = if options.practice { "vieux-moulin-repetition" } else { "vieux-moulin" };
        Ok(app.path().config_dir()?.join("autostart").join(name).with_extension("desktop"))
    }

    fn text(options: &Options) -> anyhow::Result<String> {
        // A bundle that mounts itself runs from a place that is gone at the next login.
        let program = match std::env::var_os("APPIMAGE") {
            Some(bundle) => PathBuf::from(bundle),
            None => std::env::current_exe()?,
        };
        let command = [vec![quoted(program.as_os_str())], arguments(options)].concat().join(" ");
        Ok(format!(
            "[Desktop Entry]\nType=Application\nName={}\nExec={command}\nIcon=vieux-moulin\nTerminal=false\n\
             StartupNotify=false\n",
            name(options)
        ))
    }
}

fn name(options: &Options) -> &'static str {
    if options.practice { "Le Vieux Moulin (répétition)" } else { "Le Vieux Moulin" }
}

fn arguments(options: &Options) -> Vec<String> {
    let mut arguments = vec![HIDDEN.to_owned()];
    if options.practice {
        arguments.push("--practice".to_owned());
    }
    for (name, path) in [("--data-dir", &options.data_dir), ("--passphrase-file", &options.passphrase_file)] {
        if let Some(path) = path {
            arguments.push(name.to_owned());
            arguments.push(quoted(absolute(path).as_os_str()));
        }
    }
    if let Some(port) = options.port {
        arguments.extend(["--port".to_owned(), port.to_string()]);
    }
    arguments
}

/// Login knows nothing of the folder that the program was started in.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// As the `Exec` line of a desktop entry wants it; simple paths are left alone on every system.
fn quoted(text: &OsStr) -> String {
    let text = text.to_string_lossy();
    if text.chars().all(|c| c.is_alphanumeric() || "/._-:".contains(c)) {
        return text.into_owned();
    }
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            // Once for the quotes, once more for the file.
            '"' | '`' | '$' if cfg!(target_os = "linux") => quoted.push_str("\\\\"),
            '\\' if cfg!(target_os = "linux") => quoted.push_str("\\\\\\"),
            '%' if cfg!(target_os = "linux") => quoted.push('%'),
            _ => {}
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_same_house_is_started_again() {
        let options = Options {
            hidden: false,
            practice: true,
            data_dir: Some("/srv/le moulin/100%".into()),
            passphrase_file: None,
            port: Some(0),
        };
        let wanted = ["--hidden", "--practice", "--data-dir", "\"/srv/le moulin/100%%\"", "--port", "0"];
        assert_eq!(arguments(&options), wanted);
        assert_eq!(quoted(OsStr::new("/srv/moulin")), "/srv/moulin");
        assert_eq!(quoted(OsStr::new("a$b\\c")), r#""a\\$b\\\\c""#);
    }
}
