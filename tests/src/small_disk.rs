//! A disk of a few megabytes that a test can fill and empty again: a file system in memory, inside a mount
//! namespace of its own, so that nothing of it is left however the test ends.
//!
//! Needs `unshare` and `nsenter` and the right to make a namespace; without them the caller skips.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, ensure};

const BALLAST: &str = "ballast";

/// A mounted disk.
pub struct SmallDisk {
    /// Keeps the namespace; ends when this process does, because its input ends then.
    keeper: Child,
    mount: PathBuf,
    by_user: bool,
}

impl SmallDisk {
    /// Mounts it on an empty folder. Errors: this machine does not allow it.
    pub fn new(mount: &Path, bytes: u64) -> anyhow::Result<Self> {
        std::fs::create_dir_all(mount)?;
        // Without rights on the machine a user namespace may give them inside.
        Self::mounted(mount, bytes, false).or_else(|_| Self::mounted(mount, bytes, true))
    }

    fn mounted(mount: &Path, bytes: u64, by_user: bool) -> anyhow::Result<Self> {
        let mut command = Command::new("unshare");
        command.arg("--mount");
        if by_user {
            command.args(["--user", "--map-root-user"]);
        }
        let script = "mount -t tmpfs -o size=$1,mode=700 tmpfs \"$2\" && echo ready && exec cat";
        command.args(["sh", "-c", script, "sh", &bytes.to_string()]).arg(mount);
        let mut keeper = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("unshare is not installed")?;
        let mut line = String::new();
        BufReader::new(keeper.stdout.take().context("no output")?).read_line(&mut line)?;
        if line.trim() != "ready" {
            let output = keeper.wait_with_output()?;
            anyhow::bail!("no mount: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        let disk = Self { keeper, mount: mount.to_owned(), by_user };
        // Seen from outside and from inside it must be the same.
        std::fs::write(disk.outside().join("probe"), "x").context("The mount cannot be seen from outside")?;
        let seen =
            disk.command("cat").arg(mount.join("probe")).output().context("nsenter is not installed")?;
        ensure!(seen.stdout == b"x", "no way in: {}", String::from_utf8_lossy(&seen.stderr).trim());
        std::fs::remove_file(disk.outside().join("probe"))?;
        Ok(disk)
    }

    /// Where programs started by [`Self::command`] find the disk.
    pub fn inside(&self) -> &Path {
        &self.mount
    }

    /// Where the test itself finds it.
    pub fn outside(&self) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.keeper.id()));
        root.join(self.mount.strip_prefix("/").unwrap_or(&self.mount))
    }

    /// A program that sees the disk. It takes the place of the helper that leads it in, so killing the
    /// child kills the program.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.keeper.id().to_string(), "--mount"]);
        if self.by_user {
            command.args(["--user", "--preserve-credentials"]);
        }
        command.arg("--").arg(program);
        command
    }

    /// Fills the disk to its last byte, then gives this much back.
    pub fn fill(&self, but: u64) -> anyhow::Result<()> {
        let path = self.outside().join(BALLAST);
        let mut file = std::fs::File::options().create(true).append(true).open(&path)?;
        let block = [0x55_u8; 4096];
        let full = loop {
            if let Err(error) = file.write_all(&block) {
                break error;
            }
        };
        ensure!(full.kind() == std::io::ErrorKind::StorageFull, "Not full but: {full}");
        file.set_len(file.metadata()?.len().saturating_sub(but))?;
        Ok(())
    }

    /// There is space again.
    pub fn free(&self) -> anyhow::Result<()> {
        Ok(std::fs::remove_file(self.outside().join(BALLAST))?)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}
