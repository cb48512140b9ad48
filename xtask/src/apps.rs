//! Starting the programs of the workspace: practice mode with or without a
//! window, the benchmarks, the written API description.

use std::env;
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;

use crate::front;
use crate::paths::{Paths, user_folder};
use crate::process::{cargo, run as run_program};
use crate::system;

#[derive(Args)]
pub struct RunArgs {
    /// Builds with optimisation: slower to build, faster to use.
    #[arg(long)]
    release: bool,
    /// Starts the engine without a window, even where there is a display.
    #[arg(long)]
    no_window: bool,
    /// Where the practice data are kept, instead of the usual folder.
    #[arg(long, value_name = "D")]
    data_dir: Option<PathBuf>,
    /// The port of the dashboard, where 5001 is taken (0 = any free one).
    #[arg(long)]
    port: Option<u16>,
}

#[derive(Args)]
pub struct BenchArgs {
    /// Passed on to the benchmark program.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

/// Practice mode, from whatever state the machine is in.
pub fn run(paths: &Paths, args: &RunArgs) -> Result<()> {
    system::install(&[system::BUILD])?;
    front::build(paths, None)?;
    let window = has_display() && !args.no_window;
    let program = if window { "vieux-moulin" } else { "moulin" };
    build(paths, args.release, &["--bin", program])?;
    let mut command = Command::new(paths.binary(args.release, program));
    if window {
        let data = data_folder(args.data_dir.as_deref(), "practice")?;
        command.arg("--practice").arg("--data-dir").arg(data);
    } else {
        let data = data_folder(args.data_dir.as_deref(), "practice-no-window")?;
        serve(&mut command, &data)?;
    }
    if let Some(port) = args.port {
        command.args(["--port", &port.to_string()]);
    }
    run_program(&mut command)
}

/// `moulin serve` on practice data. Its folder is not the window's: its key is
/// behind a passphrase file, the window's is in the keyring, and neither opens
/// the other's data.
pub fn serve(moulin: &mut Command, data: &Path) -> Result<()> {
    let passphrase = passphrase_file(data)?;
    moulin.args(["serve", "--practice", "--data-dir"]).arg(data);
    moulin.arg("--passphrase-file").arg(passphrase);
    Ok(())
}

/// Builds targets of the workspace with the features that every other chore uses.
pub fn build(paths: &Paths, release: bool, targets: &[&str]) -> Result<()> {
    let mut command = cargo();
    command.current_dir(&paths.root).args(["build", "--workspace", "--locked"]).args(targets);
    if release {
        command.arg("--release");
    }
    run_program(&mut command)
}

fn has_display() -> bool {
    cfg!(not(target_os = "linux"))
        || ["DISPLAY", "WAYLAND_DISPLAY"]
            .into_iter()
            .any(|variable| env::var_os(variable).is_some_and(|value| !value.is_empty()))
}

/// The given folder, or one beside the real data that nothing real ever enters.
pub fn data_folder(given: Option<&Path>, purpose: &str) -> Result<PathBuf> {
    let folder = match given {
        Some(folder) => env::current_dir().context("No current folder")?.join(folder),
        None => {
            user_folder("XDG_DATA_HOME", ".local/share")?.with_file_name(format!("vieux-moulin-{purpose}"))
        }
    };
    fs::create_dir_all(&folder).with_context(|| format!("Failed to create {}", folder.display()))?;
    println!("Données / data: {}", folder.display());
    Ok(folder)
}

/// A random passphrase beside the practice data, readable by its owner only.
fn passphrase_file(data: &Path) -> Result<PathBuf> {
    let file = data.join("practice-passphrase");
    if file.is_file() {
        return Ok(file);
    }
    let mut random = [0_u8; 16];
    fs::File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut random))
        .context("Failed to read random bytes")?;
    let text = format!("{:032x}", u128::from_ne_bytes(random));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(&file)
        .and_then(|mut file| writeln!(file, "{text}"))
        .with_context(|| format!("Failed to write {}", file.display()))?;
    Ok(file)
}

/// Measures the release build under a virtual display and a session bus.
pub fn bench(paths: &Paths, args: &BenchArgs) -> Result<()> {
    system::install(&[system::BUILD, system::TEST])?;
    front::build(paths, None)?;
    build(paths, true, &["--bins"])?;
    let mut program = Command::new(paths.binary(true, "bench"));
    program.args(&args.args);
    run_program(under_display(paths, "bench", &program)?.current_dir(&paths.root))
}

/// Writes `docs/openapi.json`, then the TypeScript types made from it.
pub fn openapi(paths: &Paths) -> Result<()> {
    build(paths, false, &["--bin", "moulin"])?;
    let text = crate::process::capture(Command::new(paths.binary(false, "moulin")).arg("openapi"))?;
    let file = paths.root.join("docs/openapi.json");
    fs::create_dir_all(paths.root.join("docs")).context("Failed to create docs")?;
    fs::write(&file, text).with_context(|| format!("Failed to write {}", file.display()))?;
    front::install(paths, None)?;
    run_program(&mut front::script(paths, "types"))
}

/// The same command under a virtual display, on a session bus that starts
/// nothing by itself, with personal folders of its own. `HOME` stays, because
/// cargo and rustup live there.
pub fn under_display(paths: &Paths, name: &str, inner: &Command) -> Result<Command> {
    let scratch = paths.scratch(name);
    if scratch.exists() {
        fs::remove_dir_all(&scratch).context("Failed to empty the scratch folder")?;
    }
    fs::create_dir_all(&scratch).context("Failed to create the scratch folder")?;
    let mut command = Command::new("xvfb-run");
    command
        .args(["-a", "-s", "-screen 0 1280x1024x24", "dbus-run-session"])
        .arg("--config-file")
        .arg(paths.root.join("tests/fixtures/servers/no-services.conf"))
        .arg("--")
        .arg(inner.get_program())
        .args(inner.get_args());
    for (key, value) in inner.get_envs() {
        if let Some(value) = value {
            command.env(key, value);
        }
    }
    for variable in
        ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"]
    {
        let folder = scratch.join(variable.to_lowercase());
        owner_only_folder(&folder)?;
        command.env(variable, folder);
    }
    command
        .env_remove("WAYLAND_DISPLAY")
        .env("GDK_BACKEND", "x11")
        // The accessibility bus does not exist here and is waited for otherwise.
        .env("NO_AT_BRIDGE", "1")
        // There is no graphics card behind a virtual display.
        .env("WEBKIT_DISABLE_COMPOSITING_MODE", "1")
        .env("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
    Ok(command)
}

fn owner_only_folder(folder: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).with_context(|| format!("Failed to create {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn the_passphrase_is_for_its_owner_only_and_stays_the_same() {
        use std::os::unix::fs::PermissionsExt;

        let data = env::temp_dir().join(format!("xtask-passphrase-{}", std::process::id()));
        fs::create_dir_all(&data).expect("folder");
        let file = passphrase_file(&data).expect("made");
        let first = fs::read_to_string(&file).expect("read");
        assert_eq!(first.trim().len(), 32);
        let mode = fs::metadata(&file).expect("metadata").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        passphrase_file(&data).expect("found again");
        assert_eq!(fs::read_to_string(&file).expect("read"), first);
        fs::remove_dir_all(data).expect("remove");
    }
}
