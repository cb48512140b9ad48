//! Which application this process is: one per data folder, so that the rehearsal and the real house
//! can be open side by side, and a second start on the same folder finds the first.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
};

use vieux_moulin_engine::host::{HostError, HostOptions, data_dir};

use crate::options::Options;

/// Part of the name on the session bus that all folders share.
const BUS_NAME: &str = "fr.levieuxmoulin.communication";

/// The data folder of these options, written in one way whatever links lead to it.
pub fn folder(options: &Options) -> Result<PathBuf, HostError> {
    let wanted = HostOptions {
        data_dir: options.data_dir.clone(),
        practice: options.practice,
        ..HostOptions::default()
    };
    Ok(settled(&data_dir(&wanted)?))
}

/// The name under which a second start looks for the first one.
pub fn bus_name(folder: &Path) -> String {
    let mut hasher = DefaultHasher::new();
    folder.hash(&mut hasher);
    // An element of such a name must not begin with a digit.
    format!("{BUS_NAME}.f{:016x}", hasher.finish())
}

/// Follows the links of the part that exists: the folder itself may be made by this start.
fn settled(path: &Path) -> PathBuf {
    for there in path.ancestors() {
        if let Ok(real) = there.canonicalize() {
            return match path.strip_prefix(there) {
                Ok(rest) if !rest.as_os_str().is_empty() => real.join(rest),
                _ => real,
            };
        }
    }
    path.to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn every_folder_has_a_name_of_its_own_and_keeps_it() {
        let (one, other) = (Path::new("/srv/moulin"), Path::new("/srv/repetition"));
        assert_eq!(bus_name(one), bus_name(one));
        assert_ne!(bus_name(one), bus_name(other));
        assert!(bus_name(one).rsplit('.').next().unwrap().starts_with('f'));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_leads_to_the_same_name_also_before_the_folder_exists() {
        let place = std::env::temp_dir().join(format!("moulin-identity-{}", std::process::id()));
        std::fs::create_dir_all(place.join("real")).unwrap();
        std::os::unix::fs::symlink(place.join("real"), place.join("link")).unwrap();
        let (real, link) = (place.join("real/data"), place.join("link/data"));
        assert_eq!(settled(&real), settled(&link));
        std::fs::create_dir(&real).unwrap();
        assert_eq!(settled(&real), settled(&link));
        std::fs::remove_dir_all(place).unwrap();
    }
}
