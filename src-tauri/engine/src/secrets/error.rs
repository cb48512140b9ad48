//! Why the database cannot be unlocked. Each is another screen with another next step.

/// The key could not be had. No variant carries a secret.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("There is a database but no key for it in the {store}")]
    Missing { store: &'static str },
    #[error("The keyring is locked")]
    KeyringLocked,
    #[error("No keyring can be reached: {0}")]
    KeyringUnavailable(String),
    #[error("The keyring holds {0} entries for this database")]
    KeyringAmbiguous(usize),
    #[error("The passphrase does not open the key file")]
    WrongPassphrase,
    #[error("The key does not belong to this database")]
    WrongKey,
    #[error("The key file is damaged: {0}")]
    VaultDamaged(String),
    #[error("The passphrase is empty or cannot be read: {0}")]
    PassphraseUnreadable(String),
    #[error("The data folder wants a passphrase")]
    PassphraseNeeded,
    #[error("The text is not a recovery key")]
    RecoveryKeyUnreadable,
    #[error("A key file cannot be used: {0}")]
    Io(#[from] std::io::Error),
}

impl KeyError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "key_missing",
            Self::KeyringLocked => "keyring_locked",
            Self::KeyringUnavailable(_) => "keyring_unavailable",
            Self::KeyringAmbiguous(_) => "keyring_ambiguous",
            Self::WrongPassphrase => "wrong_passphrase",
            Self::WrongKey => "wrong_key",
            Self::VaultDamaged(_) => "key_file_damaged",
            Self::PassphraseUnreadable(_) => "passphrase_unreadable",
            Self::PassphraseNeeded => "passphrase_needed",
            Self::RecoveryKeyUnreadable => "recovery_key_unreadable",
            Self::Io(_) => "key_file_unusable",
        }
    }

    /// Says whether the same call can succeed later without anybody changing a file.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::KeyringLocked | Self::KeyringUnavailable(_))
    }

    /// French: what happened, what it means, the next step.
    pub fn text(&self) -> &'static str {
        match self {
            Self::Missing { .. } => {
                "La clé de vos données n’est plus dans ce trousseau. Rien n’est perdu : vos données sont intactes, mais fermées. Ouvrez la session avec laquelle l’application a été installée, ou reprenez votre clé de secours avec « moulin recovery-key restore »."
            }
            Self::KeyringLocked => {
                "Le trousseau de clés de l’ordinateur est verrouillé. Rien n’est perdu et rien ne part pour l’instant. Déverrouillez-le, puis réessayez."
            }
            Self::KeyringUnavailable(_) => {
                "Cet ordinateur n’a pas de trousseau de clés en marche. Démarrez-le, ou choisissez une phrase secrète avec --passphrase-file."
            }
            Self::KeyringAmbiguous(_) => {
                "Le trousseau contient plusieurs clés pour ces données, et l’application ne devine pas laquelle est la bonne. Gardez-en une seule dans le gestionnaire de mots de passe du système (« Le Vieux Moulin »), puis réessayez."
            }
            Self::WrongPassphrase => {
                "Cette phrase secrète n’ouvre pas vos données. Vérifiez les majuscules et la disposition du clavier, puis réessayez."
            }
            Self::WrongKey => {
                "Cette clé n’est pas celle de ces données. Rien n’a été modifié. Vérifiez que le dossier de données et la clé vont ensemble."
            }
            Self::VaultDamaged(_) => {
                "Le fichier de clé (moulin.vault.json) est abîmé. Remettez une copie de ce fichier à sa place, puis réessayez."
            }
            Self::PassphraseUnreadable(_) => {
                "Le fichier de la phrase secrète est vide ou illisible. Vérifiez son chemin, ses droits et sa première ligne."
            }
            Self::PassphraseNeeded => {
                "Ces données s’ouvrent avec une phrase secrète. Donnez le fichier qui la contient avec --passphrase-file."
            }
            Self::RecoveryKeyUnreadable => {
                "Ce texte n’est pas une clé de secours complète : un caractère manque ou est faux. Reprenez la feuille imprimée et comparez les quatorze groupes de quatre caractères."
            }
            Self::Io(_) => {
                "Un fichier de clé ne peut pas être lu ou écrit. Vérifiez les droits du dossier de données et la place sur le disque."
            }
        }
    }

    /// The same in English.
    pub fn text_en(&self) -> &'static str {
        match self {
            Self::Missing { .. } => {
                "The key of your data is no longer in this store. Nothing is lost: your data are intact, but closed. Open the session in which the application was installed, or use your recovery key with \"moulin recovery-key restore\"."
            }
            Self::KeyringLocked => {
                "The computer's keyring is locked. Nothing is lost and nothing leaves for now. Unlock it, then try again."
            }
            Self::KeyringUnavailable(_) => {
                "This computer has no keyring running. Start it, or choose a passphrase with --passphrase-file."
            }
            Self::KeyringAmbiguous(_) => {
                "The keyring holds several keys for these data, and the application does not guess which is right. Keep one of them in the system's password manager (\"Le Vieux Moulin\"), then try again."
            }
            Self::WrongPassphrase => {
                "This passphrase does not open your data. Check capitals and the keyboard layout, then try again."
            }
            Self::WrongKey => {
                "This key is not the one of these data. Nothing was changed. Check that the data folder and the key belong together."
            }
            Self::VaultDamaged(_) => {
                "The key file (moulin.vault.json) is damaged. Put a copy of it back in its place, then try again."
            }
            Self::PassphraseUnreadable(_) => {
                "The passphrase file is empty or cannot be read. Check its path, its permissions and its first line."
            }
            Self::PassphraseNeeded => {
                "These data open with a passphrase. Give the file that holds it with --passphrase-file."
            }
            Self::RecoveryKeyUnreadable => {
                "This text is not a complete recovery key: a character is missing or wrong. Take the printed sheet and compare the fourteen groups of four characters."
            }
            Self::Io(_) => {
                "A key file cannot be read or written. Check the permissions of the data folder and the space on the disk."
            }
        }
    }
}
