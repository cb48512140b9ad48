//! Offline is a state, not an error: derived from what the calls of all lanes saw last.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::domain::AccountId;

/// What the lanes know of the network. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Connectivity {
    reached: Arc<Mutex<HashMap<AccountId, bool>>>,
}

/// How the whole picture changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shift {
    None,
    WentOffline,
    CameOnline,
}

impl Connectivity {
    /// Online until every account that was tried failed to connect.
    pub fn is_online(&self) -> bool {
        online(&self.reached.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes whether a call reached its platform.
    pub fn note(&self, account: &AccountId, reached: bool) -> Shift {
        let mut map = self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        let before = online(&map);
        map.insert(account.clone(), reached);
        match (before, online(&map)) {
            (true, false) => Shift::WentOffline,
            (false, true) => Shift::CameOnline,
            _ => Shift::None,
        }
    }

    /// Notes that no platform answers at all.
    pub fn note_nothing_answers(&self) -> Shift {
        let mut map = self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        let before = online(&map);
        map.values_mut().for_each(|reached| *reached = false);
        if before && !online(&map) { Shift::WentOffline } else { Shift::None }
    }

    pub fn forget(&self, account: &AccountId) {
        self.reached.lock().unwrap_or_else(PoisonError::into_inner).remove(account);
    }
}

fn online(reached: &HashMap<AccountId, bool>) -> bool {
    reached.is_empty() || reached.values().any(|reached| *reached)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_platform_down_is_not_offline() {
        let network = Connectivity::default();
        let (a, b) = (AccountId::new(), AccountId::new());
        assert!(network.is_online());
        assert_eq!(network.note(&a, true), Shift::None);
        assert_eq!(network.note(&b, false), Shift::None);
        assert_eq!(network.note(&a, false), Shift::WentOffline);
        assert_eq!(network.note(&b, true), Shift::CameOnline);
    }
}
