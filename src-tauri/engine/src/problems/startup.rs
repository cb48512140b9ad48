//! Why the program does not start, or stops taking work.

use super::{ProblemText, text};

pub(super) const TEXTS: &[ProblemText] = &[
    text(
        "port_taken",
        503,
        [
            "Port occupé",
            "Un autre programme utilise déjà le port du tableau de bord.",
            "Fermez ce programme, ou choisissez un autre port avec --port.",
        ],
        [
            "Port taken",
            "Another program already uses the port of the dashboard.",
            "Close that program, or choose another port with --port.",
        ],
    ),
    text(
        "already_running",
        409,
        [
            "Déjà ouverte",
            "L’application est déjà en marche avec ce dossier de données.",
            "Utilisez la fenêtre déjà ouverte.",
        ],
        [
            "Already running",
            "The application is already running with this data folder.",
            "Use the window that is open.",
        ],
    ),
    text(
        "not_running",
        503,
        [
            "Application arrêtée",
            "Aucune application en marche ne répond.",
            "Démarrez-la, ou lancez « moulin serve ».",
        ],
        ["Not running", "No running application answers.", "Start it, or run \"moulin serve\"."],
    ),
    text(
        "config_unknown_key",
        422,
        [
            "Réglage inconnu",
            "Un fichier de réglages contient un nom qui n’existe pas.",
            "Corrigez ou retirez la ligne indiquée.",
        ],
        [
            "Unknown setting",
            "A settings file contains a name that does not exist.",
            "Correct or remove the line named.",
        ],
    ),
    text(
        "config_duplicate_key",
        422,
        [
            "Réglage écrit deux fois",
            "Un fichier de réglages donne deux fois le même réglage.",
            "Gardez une seule des deux lignes.",
        ],
        [
            "Setting written twice",
            "A settings file gives the same setting twice.",
            "Keep only one of the two lines.",
        ],
    ),
    text(
        "config_invalid",
        422,
        [
            "Réglage incorrect",
            "Une valeur d’un fichier de réglages ne convient pas.",
            "Corrigez la ligne indiquée, ou retirez-la pour revenir à la valeur d’origine.",
        ],
        [
            "Invalid setting",
            "A value of a settings file cannot be used.",
            "Correct the line named, or remove it to go back to the default.",
        ],
    ),
    text(
        "config_insecure_url",
        422,
        [
            "Adresse non chiffrée",
            "Une adresse en http n’est acceptée que pour cet ordinateur.",
            "Écrivez l’adresse avec https.",
        ],
        [
            "Unencrypted address",
            "An http address is accepted for this computer only.",
            "Write the address with https.",
        ],
    ),
    text(
        "config_unreadable",
        500,
        [
            "Réglages illisibles",
            "Un fichier de réglages ne peut pas être lu.",
            "Vérifiez les droits du fichier.",
        ],
        ["Unreadable settings", "A settings file cannot be read.", "Check the permissions of the file."],
    ),
    text(
        "key_missing",
        503,
        [
            "Clé absente",
            "Vos données sont là, mais leur clé n’est plus dans le trousseau. Rien n’a été modifié.",
            "Ouvrez la session d’origine, ou reprenez votre clé de secours avec « moulin recovery-key restore ».",
        ],
        [
            "Key missing",
            "Your data are there, but their key is no longer in the keyring. Nothing was changed.",
            "Open the original session, or use your recovery key with \"moulin recovery-key restore\".",
        ],
    ),
    text(
        "keyring_locked",
        503,
        [
            "Trousseau verrouillé",
            "Le trousseau de clés de l’ordinateur est verrouillé. Rien n’est perdu.",
            "Déverrouillez-le, puis réessayez.",
        ],
        [
            "Keyring locked",
            "The computer's keyring is locked. Nothing is lost.",
            "Unlock it, then try again.",
        ],
    ),
    text(
        "keyring_unavailable",
        503,
        [
            "Pas de trousseau",
            "Cet ordinateur n’a pas de trousseau de clés en marche.",
            "Démarrez-le, ou choisissez une phrase secrète avec --passphrase-file.",
        ],
        [
            "No keyring",
            "This computer has no keyring running.",
            "Start it, or choose a passphrase with --passphrase-file.",
        ],
    ),
    text(
        "keyring_ambiguous",
        503,
        [
            "Plusieurs clés",
            "Le trousseau contient plusieurs clés pour ces données.",
            "Gardez-en une seule dans le gestionnaire de mots de passe du système.",
        ],
        [
            "Several keys",
            "The keyring holds several keys for these data.",
            "Keep one of them in the system's password manager.",
        ],
    ),
    text(
        "wrong_passphrase",
        503,
        [
            "Phrase secrète refusée",
            "Cette phrase secrète n’ouvre pas vos données.",
            "Vérifiez les majuscules et le clavier, puis réessayez.",
        ],
        [
            "Passphrase refused",
            "This passphrase does not open your data.",
            "Check capitals and keyboard, then try again.",
        ],
    ),
    text(
        "wrong_key",
        503,
        [
            "Mauvaise clé",
            "Cette clé n’est pas celle de ces données. Rien n’a été modifié.",
            "Vérifiez que le dossier de données et la clé vont ensemble.",
        ],
        [
            "Wrong key",
            "This key is not the one of these data. Nothing was changed.",
            "Check that data folder and key belong together.",
        ],
    ),
    text(
        "key_file_damaged",
        503,
        [
            "Fichier de clé abîmé",
            "Le fichier moulin.vault.json est abîmé.",
            "Remettez une copie de ce fichier, puis réessayez.",
        ],
        [
            "Key file damaged",
            "The file moulin.vault.json is damaged.",
            "Put back a copy of this file, then try again.",
        ],
    ),
    text(
        "passphrase_unreadable",
        503,
        [
            "Phrase secrète illisible",
            "Le fichier de la phrase secrète est vide ou illisible.",
            "Vérifiez son chemin, ses droits et sa première ligne.",
        ],
        [
            "Passphrase unreadable",
            "The passphrase file is empty or cannot be read.",
            "Check its path, its permissions and its first line.",
        ],
    ),
    text(
        "key_file_unusable",
        503,
        [
            "Fichier de clé inutilisable",
            "Un fichier de clé ne peut pas être lu ou écrit.",
            "Vérifiez les droits du dossier de données et la place sur le disque.",
        ],
        [
            "Key file unusable",
            "A key file cannot be read or written.",
            "Check the permissions of the data folder and the space on the disk.",
        ],
    ),
    text(
        "database_damaged",
        503,
        [
            "Données abîmées",
            "La base de données est abîmée. Rien ne part tant qu’elle l’est.",
            "Remettez la dernière bonne copie du dossier « backups ».",
        ],
        [
            "Data damaged",
            "The database is damaged. Nothing leaves while it is.",
            "Close the application and open it again; if it does not open, run \"moulin restore\".",
        ],
    ),
    text(
        "database_quarantined",
        503,
        [
            "Données abîmées",
            "La base de données est abîmée. Elle a été mise de côté dans le dossier « quarantine » : rien n’est effacé et rien ne part.",
            "Remettez la dernière bonne copie : lancez « moulin restore ».",
        ],
        [
            "Data damaged",
            "The database is damaged. It was moved to the folder \"quarantine\": nothing is deleted and nothing leaves.",
            "Put the newest good copy back: run \"moulin restore\".",
        ],
    ),
    text(
        "database_missing",
        503,
        [
            "Données absentes",
            "La base de données n’est plus dans son dossier, alors qu’il y en avait une. Rien ne part et rien n’a été créé à la place.",
            "Remettez la dernière bonne copie : lancez « moulin restore ».",
        ],
        [
            "Data missing",
            "The database is no longer in its folder, although there was one. Nothing leaves and nothing was made in its place.",
            "Put the newest good copy back: run \"moulin restore\".",
        ],
    ),
    text(
        "copy_missing",
        404,
        [
            "Aucune copie",
            "Il n’y a aucune copie à remettre dans ce dossier.",
            "Nommez une copie avec --from, ou repartez de zéro avec « moulin restore --empty ».",
        ],
        [
            "No copy",
            "There is no copy to restore in this folder.",
            "Name a copy with --from, or begin anew with \"moulin restore --empty\".",
        ],
    ),
    text(
        "recovery_key_without_data",
        404,
        [
            "Rien à ouvrir",
            "Il n’y a pas encore de données dans ce dossier : une clé n’y ouvre rien.",
            "Vérifiez le dossier avec --data-dir, ou remettez d’abord une copie avec « moulin restore ».",
        ],
        [
            "Nothing to open",
            "There are no data in this folder yet: a key opens nothing there.",
            "Check the folder with --data-dir, or first put a copy back with \"moulin restore\".",
        ],
    ),
    text(
        "copy_unusable",
        422,
        [
            "Copie inutilisable",
            "Cette copie ne s’ouvre pas avec votre clé, ou elle est abîmée. Rien n’a été modifié.",
            "Choisissez-en une autre : « moulin restore --list », puis --from.",
        ],
        [
            "Copy unusable",
            "This copy does not open with your key, or it is damaged. Nothing was changed.",
            "Choose another: \"moulin restore --list\", then --from.",
        ],
    ),
    text(
        "restore_unconfirmed",
        409,
        [
            "Données saines",
            "Vos données actuelles s’ouvrent et sont saines ; une copie est plus ancienne. Rien n’a été modifié.",
            "Si vous voulez quand même la copie, ajoutez --yes.",
        ],
        [
            "Data are well",
            "Your present data open and are well; a copy is older. Nothing was changed.",
            "If you want the copy all the same, add --yes.",
        ],
    ),
    text(
        "data_restored",
        200,
        [
            "Données remises",
            "Vos données viennent d’une copie. Ce qui a pu partir depuis est d’abord cherché sur les réseaux, jamais renvoyé à l’aveugle.",
            "Regardez « À traiter », et reprenez ce qui manque depuis la copie.",
        ],
        [
            "Data restored",
            "Your data come from a copy. What may have left since is first looked for on the networks, never sent again blindly.",
            "Look at \"Needs you\", and do again what is missing since the copy.",
        ],
    ),
    text(
        "backup_failed",
        503,
        [
            "Copie impossible",
            "La copie du jour n’a pas pu être faite ou vérifiée. Vos données sont là, mais sans copie fraîche.",
            "Vérifiez la place sur le disque ; la copie est retentée chaque heure.",
        ],
        [
            "Copy failed",
            "The copy of the day could not be made or verified. Your data are there, but without a fresh copy.",
            "Check the space on the disk; the copy is tried again each hour.",
        ],
    ),
    text(
        "recovery_key_unreadable",
        422,
        [
            "Clé incomplète",
            "Ce texte n’est pas une clé de secours complète : un caractère manque ou est faux.",
            "Comparez les quatorze groupes de la feuille imprimée.",
        ],
        [
            "Incomplete key",
            "This text is not a complete recovery key: a character is missing or wrong.",
            "Compare the fourteen groups of the printed sheet.",
        ],
    ),
    text(
        "confirmation_needed",
        422,
        [
            "À confirmer",
            "La clé de secours ouvre toutes vos données ; elle ne s’affiche qu’après confirmation.",
            "Assurez-vous d’être seul devant l’écran, puis confirmez.",
        ],
        [
            "To be confirmed",
            "The recovery key opens all your data; it is shown only after a confirmation.",
            "Make sure that nobody looks over your shoulder, then confirm.",
        ],
    ),
    text(
        "database_newer",
        503,
        [
            "Version plus récente",
            "Ces données ont été écrites par une version plus récente de l’application. Rien n’a été modifié.",
            "Installez la dernière version.",
        ],
        [
            "Newer version",
            "These data were written by a newer version of the application. Nothing was changed.",
            "Install the latest version.",
        ],
    ),
    text(
        "disk_full",
        503,
        [
            "Disque plein",
            "Il n’y a plus de place sur le disque : rien de nouveau n’est accepté et rien ne part.",
            "Libérez de la place ; le travail reprend tout seul.",
        ],
        [
            "Disk full",
            "There is no space left on the disk: nothing new is accepted and nothing leaves.",
            "Free some space; work resumes by itself.",
        ],
    ),
    text(
        "folder_path_too_long",
        503,
        [
            "Chemin trop long",
            "Le chemin du dossier des données est trop long pour y ouvrir une base.",
            "Choisissez un dossier plus proche de la racine, puis relancez l’application.",
        ],
        [
            "Path too long",
            "The path of the data folder is too long to open a database in it.",
            "Choose a folder closer to the root, then start the application again.",
        ],
    ),
    text(
        "folder_read_only",
        503,
        [
            "Dossier en lecture seule",
            "Le dossier de données ne peut pas être écrit : rien de nouveau n’est accepté.",
            "Rendez le dossier accessible en écriture.",
        ],
        [
            "Folder read-only",
            "The data folder cannot be written: nothing new is accepted.",
            "Make the folder writable.",
        ],
    ),
    text(
        "store_stopped",
        503,
        [
            "Enregistrement arrêté",
            "L’application s’arrête et n’accepte plus rien.",
            "Attendez qu’elle redémarre.",
        ],
        [
            "Store stopped",
            "The application is stopping and accepts nothing more.",
            "Wait until it has started again.",
        ],
    ),
    text(
        "store_failed",
        503,
        [
            "Enregistrement impossible",
            "Les données n’ont pas pu être lues ou écrites.",
            "Réessayez ; si cela recommence, vérifiez le disque.",
        ],
        [
            "Store failed",
            "The data could not be read or written.",
            "Try again; if it happens again, check the disk.",
        ],
    ),
    text(
        "migration_failed",
        503,
        [
            "Mise à jour impossible",
            "La mise à jour des données a échoué ; elles sont restées comme avant.",
            "Gardez la version précédente et exportez le journal.",
        ],
        [
            "Update failed",
            "Updating the data failed; they stayed as they were.",
            "Keep the previous version and export the log.",
        ],
    ),
    text(
        "practice_address_outside",
        409,
        [
            "Répétition refusée",
            "En mode répétition, aucune adresse hors de cet ordinateur n’est permise.",
            "Gardez le compte d’essai ; un vrai compte se connecte hors du mode répétition.",
        ],
        [
            "Rehearsal refused",
            "In practice mode no address outside this computer is allowed.",
            "Keep the trial account; a real one is connected outside the practice mode.",
        ],
    ),
    text(
        "sandbox_failed",
        503,
        [
            "Réseaux d’entraînement arrêtés",
            "Les faux réseaux du mode répétition n’ont pas démarré.",
            "Relancez le mode répétition.",
        ],
        [
            "Practice networks stopped",
            "The pretend networks of the practice mode did not start.",
            "Start the practice mode again.",
        ],
    ),
    text(
        "passphrase_needed",
        503,
        [
            "Phrase secrète nécessaire",
            "Ces données s’ouvrent avec une phrase secrète.",
            "Donnez le fichier qui la contient avec --passphrase-file.",
        ],
        [
            "Passphrase needed",
            "These data open with a passphrase.",
            "Give the file that holds it with --passphrase-file.",
        ],
    ),
    text(
        "data_dir_needed",
        422,
        [
            "Dossier nécessaire",
            "Cet utilisateur n’a pas de dossier pour les données.",
            "Nommez-en un avec --data-dir.",
        ],
        ["Folder needed", "This user has no folder for data.", "Name one with --data-dir."],
    ),
    text(
        "listen_failed",
        503,
        [
            "Port fermé",
            "L’application ne peut pas ouvrir de port sur cet ordinateur.",
            "Lancez avec --port 0.",
        ],
        ["No port", "The application cannot open a port on this computer.", "Start with --port 0."],
    ),
    text(
        "practice_folder_real",
        409,
        [
            "Dossier réel",
            "Ce dossier contient de vraies données ; la répétition a besoin du sien. Rien n’a été modifié.",
            "Lancez la répétition sans --data-dir, ou avec un autre dossier.",
        ],
        [
            "Real folder",
            "This folder holds real data; the rehearsal needs one of its own. Nothing was changed.",
            "Start the rehearsal without --data-dir, or with another folder.",
        ],
    ),
];
