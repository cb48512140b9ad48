//! Where the data and the logs live. The only place that reads the folder
//! variables of the environment.

use std::{
    env,
    path::{Path, PathBuf},
};

/// Folder of the database, media and configuration when none is named.
///
/// The practice mode has its own, so that rehearsing can never touch the real
/// one. `None` when the system gives no home folder.
pub fn default_data_dir(practice: bool) -> Option<PathBuf> {
    let name = if practice { "vieux-moulin-repetition" } else { "vieux-moulin" };
    Some(local_data_root()?.join(name))
}

/// Folder of the log files: the settings' own, else beside a data folder that
/// was named explicitly, else the platform's log folder.
pub fn log_dir(data_dir: &Path, setting: Option<&str>) -> PathBuf {
    if let Some(dir) = setting {
        let dir = Path::new(dir);
        return if dir.is_absolute() { dir.to_owned() } else { data_dir.join(dir) };
    }
    let is_default = |practice| default_data_dir(practice).is_some_and(|default| default == data_dir);
    let own = data_dir.file_name().filter(|_| is_default(false) || is_default(true));
    match (own, state_root()) {
        (Some(name), Some(root)) => root.join(name).join("logs"),
        _ => data_dir.join("logs"),
    }
}

#[cfg(target_os = "linux")]
fn local_data_root() -> Option<PathBuf> {
    absolute("XDG_DATA_HOME").or_else(|| Some(home()?.join(".local/share")))
}
#[cfg(target_os = "linux")]
fn state_root() -> Option<PathBuf> {
    absolute("XDG_STATE_HOME").or_else(|| Some(home()?.join(".local/state")))
}
#[cfg(target_os = "macos")]
fn local_data_root() -> Option<PathBuf> {
    Some(home()?.join("Library/Application Support"))
}
#[cfg(target_os = "macos")]
fn state_root() -> Option<PathBuf> {
    Some(home()?.join("Library/Logs"))
}
#[cfg(windows)]
fn local_data_root() -> Option<PathBuf> {
    absolute("LOCALAPPDATA")
}
#[cfg(windows)]
fn state_root() -> Option<PathBuf> {
    absolute("LOCALAPPDATA")
}

#[cfg(unix)]
fn home() -> Option<PathBuf> {
    absolute("HOME")
}

/// The XDG rules say that a relative path in these variables is to be ignored.
fn absolute(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}

/// Why a data folder is a bad idea, if it is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FolderConcern {
    /// A network share: its locks and flushes are not to be trusted.
    Network,
    /// A folder that another program copies while we write.
    Synchronised,
}

impl FolderConcern {
    /// French sentence with the next step.
    pub fn text(self) -> &'static str {
        match self {
            Self::Network => {
                "Le dossier de données est sur un partage réseau : une coupure peut l’abîmer. Choisissez un dossier de cet ordinateur."
            }
            Self::Synchronised => {
                "Le dossier de données est synchronisé par un autre programme, qui peut l’abîmer. Choisissez un dossier qui ne l’est pas."
            }
        }
    }

    pub fn text_en(self) -> &'static str {
        match self {
            Self::Network => {
                "The data folder is on a network share: a lost connection can damage it. Choose a folder on this computer."
            }
            Self::Synchronised => {
                "The data folder is synchronised by another program, which can damage it. Choose a folder that is not."
            }
        }
    }
}

/// Looks whether `data_dir` is on a network share or in a synchronised folder.
pub fn concern(data_dir: &Path) -> Option<FolderConcern> {
    let path = std::fs::canonicalize(data_dir).unwrap_or_else(|_| data_dir.to_owned());
    if is_synchronised(&path) {
        return Some(FolderConcern::Synchronised);
    }
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    is_on_network_mount(&path, &mounts).then_some(FolderConcern::Network)
}

fn is_synchronised(path: &Path) -> bool {
    const NAMES: [&str; 8] = [
        "dropbox",
        "onedrive",
        "google drive",
        "googledrive",
        "icloud drive",
        "mobile documents",
        "nextcloud",
        "kdrive",
    ];
    path.components().any(|part| {
        let part = part.as_os_str().to_string_lossy().to_lowercase();
        NAMES.iter().any(|name| {
            part == *name || part.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '-']))
        })
    })
}

/// `mounts` is the text of `/proc/self/mounts`; the longest mount point that
/// holds the path decides.
fn is_on_network_mount(path: &Path, mounts: &str) -> bool {
    const KINDS: [&str; 9] =
        ["nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "fuse.rclone", "davfs", "fuse.davfs2"];
    mounts
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(' ');
            let point = fields.nth(1)?.replace("\\040", " ");
            let kind = fields.next()?;
            path.starts_with(&point).then_some((point.len(), kind))
        })
        .max_by_key(|(length, _)| *length)
        .is_some_and(|(_, kind)| KINDS.contains(&kind))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{is_on_network_mount, is_synchronised, log_dir};

    #[test]
    fn a_named_data_folder_keeps_its_logs() {
        let dir = Path::new("/srv/moulin");
        assert_eq!(log_dir(dir, None), Path::new("/srv/moulin/logs"));
        assert_eq!(log_dir(dir, Some("/var/log/moulin")), Path::new("/var/log/moulin"));
        assert_eq!(log_dir(dir, Some("journaux")), Path::new("/srv/moulin/journaux"));
    }

    #[test]
    fn synchronised_folders_are_recognised_by_name() {
        for (path, expected) in [
            ("/home/a/Dropbox/moulin", true),
            ("/Users/a/OneDrive - Moulin/data", true),
            ("/Users/a/Library/Mobile Documents/x", true),
            ("/home/a/dropboxes", false),
            ("/home/a/.local/share/vieux-moulin", false),
        ] {
            assert_eq!(is_synchronised(Path::new(path)), expected, "{path}");
        }
    }

    #[test]
    fn the_longest_mount_point_decides() {
        let mounts =
            "/dev/sda1 / ext4 rw 0 0\nserver:/x /home nfs4 rw 0 0\n/dev/sdb1 /home/local ext4 rw 0 0\n";
        assert!(is_on_network_mount(Path::new("/home/a"), mounts));
        assert!(!is_on_network_mount(Path::new("/home/local/a"), mounts));
        assert!(!is_on_network_mount(Path::new("/srv"), mounts));
    }
}
