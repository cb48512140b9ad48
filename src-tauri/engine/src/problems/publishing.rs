//! What the owner or a program asked for and cannot have.

use super::{ProblemText, text};

pub(super) const TEXTS: &[ProblemText] = &[
    text(
        "unknown_platform",
        422,
        [
            "Réseau inconnu",
            "Un réseau ou un compte demandé n’existe pas.",
            "Choisissez un des réseaux proposés.",
        ],
        [
            "Unknown network",
            "A network or account that was asked for does not exist.",
            "Choose one of the networks offered.",
        ],
    ),
    text(
        "not_connected",
        422,
        [
            "Non connecté",
            "Aucun compte n’est connecté pour ce réseau. La publication est gardée en brouillon.",
            "Connectez le compte dans Connexions.",
        ],
        [
            "Not connected",
            "No account is connected for this network. The post is kept as a draft.",
            "Connect the account in Connections.",
        ],
    ),
    text(
        "left_out_not_connected",
        422,
        [
            "Réseau laissé de côté",
            "Aucun compte n’est connecté pour ce réseau : rien n’y partira. Les autres ne sont pas touchés.",
            "Connectez le compte dans Connexions, puis publiez-y.",
        ],
        [
            "Network left out",
            "No account is connected for this network: nothing will leave for it. The others are not affected.",
            "Connect the account in Connections, then publish there.",
        ],
    ),
    text(
        "past_date",
        422,
        [
            "Date passée",
            "L’heure demandée est déjà passée.",
            "Choisissez une heure à venir, ou publiez maintenant.",
        ],
        ["Past date", "The time asked for is already over.", "Choose a time to come, or publish now."],
    ),
    text(
        "invalid_time",
        422,
        [
            "Heure incorrecte",
            "Cette date ou cette heure ne se comprend pas.",
            "Écrivez-la comme 2026-11-27T18:30:00.",
        ],
        ["Invalid time", "This date or time cannot be understood.", "Write it as 2026-11-27T18:30:00."],
    ),
    text(
        "unknown_timezone",
        422,
        ["Fuseau inconnu", "Ce fuseau horaire n’existe pas.", "Écrivez-le comme Europe/Paris."],
        ["Unknown time zone", "This time zone does not exist.", "Write it as Europe/Paris."],
    ),
    text(
        "time_gap_moved",
        200,
        [
            "Heure déplacée",
            "Cette heure n’existe pas la nuit du changement d’heure ; la publication partira juste après.",
            "Vérifiez l’heure affichée.",
        ],
        [
            "Time moved",
            "This time does not exist in the night of the clock change; the post leaves right after.",
            "Check the time shown.",
        ],
    ),
    text(
        "time_fold_first",
        200,
        [
            "Heure double",
            "Cette heure existe deux fois la nuit du changement d’heure ; la première a été prise.",
            "Vérifiez l’heure affichée.",
        ],
        [
            "Time exists twice",
            "This time exists twice in the night of the clock change; the first was taken.",
            "Check the time shown.",
        ],
    ),
    text(
        "content_refused",
        422,
        [
            "Contenu à corriger",
            "Un réseau n’acceptera pas ce contenu tel quel : il n’a pas été programmé.",
            "Corrigez les points indiqués.",
        ],
        [
            "Content to correct",
            "A network will not accept this content as it is: it was not planned.",
            "Correct the points named.",
        ],
    ),
    text(
        "text_empty",
        422,
        ["Rien à publier", "Il n’y a ni texte ni photo.", "Écrivez un texte ou ajoutez une photo."],
        ["Nothing to publish", "There is neither text nor photo.", "Write a text or add a photo."],
    ),
    text(
        "text_unprintable",
        422,
        [
            "Signe impossible",
            "Le texte contient un signe de commande qu’aucun réseau ne peut afficher, souvent venu d’un copier-coller.",
            "Effacez le texte et tapez-le à nouveau, ou collez-le « sans mise en forme ».",
        ],
        [
            "Impossible character",
            "The text contains a control character that no network can show, often from a copy and paste.",
            "Delete the text and type it again, or paste it \"without formatting\".",
        ],
    ),
    text(
        "text_too_long",
        422,
        [
            "Texte trop long",
            "Le texte dépasse la longueur acceptée par ce réseau.",
            "Raccourcissez-le, ou écrivez un texte pour ce réseau.",
        ],
        [
            "Text too long",
            "The text is longer than this network accepts.",
            "Shorten it, or write a text for this network.",
        ],
    ),
    text(
        "too_many_images",
        422,
        ["Trop de photos", "Ce réseau accepte moins de photos.", "Retirez-en, ou publiez-les en deux fois."],
        [
            "Too many photos",
            "This network accepts fewer photos.",
            "Remove some, or publish them in two posts.",
        ],
    ),
    text(
        "too_many_hashtags",
        422,
        [
            "Trop de mots-dièse",
            "Ce réseau accepte moins de mots-dièse ; les derniers sont laissés de côté.",
            "Gardez les plus utiles.",
        ],
        [
            "Too many hashtags",
            "This network accepts fewer hashtags; the last ones are left out.",
            "Keep the most useful ones.",
        ],
    ),
    text(
        "text_only_not_allowed",
        422,
        [
            "Photo nécessaire",
            "Ce réseau ne publie pas de texte sans photo.",
            "Ajoutez une photo, ou retirez ce réseau.",
        ],
        [
            "Photo needed",
            "This network does not publish text without a photo.",
            "Add a photo, or remove this network.",
        ],
    ),
    text(
        "alt_text_too_long",
        422,
        [
            "Description trop longue",
            "La description d’une photo dépasse la longueur acceptée.",
            "Raccourcissez-la.",
        ],
        ["Description too long", "The description of a photo is longer than accepted.", "Shorten it."],
    ),
    text(
        "alt_text_missing",
        200,
        [
            "Photo sans description",
            "Une photo n’a pas de description pour les personnes qui ne la voient pas.",
            "Ajoutez une phrase qui dit ce que l’on voit.",
        ],
        [
            "Photo without description",
            "A photo has no description for people who do not see it.",
            "Add a sentence that says what it shows.",
        ],
    ),
    text(
        "illegal_transition",
        409,
        [
            "Action impossible",
            "Cette publication n’est pas dans un état qui permet cela.",
            "Regardez son état actuel.",
        ],
        ["Not possible", "This post is not in a state that allows this.", "Look at its current state."],
    ),
    text(
        "already_planned",
        409,
        [
            "Déjà prévue",
            "La même publication est déjà prévue sur ce compte, attend votre réponse ou vient de partir. Elle \
             n’est pas ajoutée une seconde fois.",
            "Ouvrez celle qui existe ; pour en publier une autre, changez son texte.",
        ],
        [
            "Already planned",
            "The same post is already planned on this account, waits for your answer, or has just left. It is not \
             added a second time.",
            "Open the one that exists; to publish another, change its text.",
        ],
    ),
    text(
        "post_deleted",
        409,
        [
            "Dans la corbeille",
            "Cette publication est dans la corbeille : elle ne peut pas être changée ni publiée.",
            "Sortez-la d’abord de la corbeille.",
        ],
        [
            "In the bin",
            "This post is in the bin: it can be neither changed nor published.",
            "Take it out of the bin first.",
        ],
    ),
    text(
        "link_invalid",
        422,
        [
            "Lien incorrect",
            "Le lien n’est pas une adresse de page web.",
            "Écrivez-le en entier, comme https://levieuxmoulin.fr, ou retirez-le.",
        ],
        [
            "Invalid link",
            "The link is not the address of a web page.",
            "Write it in full, like https://levieuxmoulin.fr, or remove it.",
        ],
    ),
    text(
        "too_many_platforms",
        422,
        [
            "Trop de destinations",
            "La demande nomme plus de cent réseaux ou comptes.",
            "Nommez chaque compte une seule fois.",
        ],
        [
            "Too many targets",
            "The request names more than a hundred networks or accounts.",
            "Name each account once.",
        ],
    ),
    text(
        "moved_meanwhile",
        409,
        ["Déjà changé", "Cette publication vient de changer d’état.", "Regardez son nouvel état."],
        ["Already changed", "This post has just changed its state.", "Look at its new state."],
    ),
    text(
        "too_late",
        409,
        [
            "Trop tard pour annuler",
            "La publication est déjà partie.",
            "Supprimez-la depuis sa page si le réseau le permet.",
        ],
        [
            "Too late to undo",
            "The post has already left.",
            "Delete it from its page where the network allows it.",
        ],
    ),
    text(
        "already_out",
        409,
        [
            "Déjà parue",
            "Cette publication est déjà parue : son heure ne peut plus changer.",
            "Dupliquez-la pour la publier une nouvelle fois.",
        ],
        [
            "Already out",
            "This post is already out: its time can no longer change.",
            "Duplicate it to publish it once more.",
        ],
    ),
    text(
        "published_cannot_change",
        409,
        [
            "Déjà publiée",
            "Ce réseau ne permet pas de changer une publication déjà parue.",
            "Supprimez-la et publiez-la de nouveau.",
        ],
        [
            "Already published",
            "This network does not allow changing a published post.",
            "Delete it and publish again.",
        ],
    ),
    text(
        "delete_not_supported",
        409,
        [
            "Suppression impossible d’ici",
            "Ce réseau ne permet pas de supprimer depuis une application.",
            "Supprimez-la dans l’application du réseau.",
        ],
        [
            "Cannot be deleted from here",
            "This network does not allow an application to delete.",
            "Delete it in the network's own application.",
        ],
    ),
    text(
        "credential_missing",
        422,
        [
            "Information manquante",
            "Un champ nécessaire à la connexion n’a pas été rempli.",
            "Remplissez-le, puis recommencez.",
        ],
        [
            "Missing information",
            "A field that the connection needs was not filled in.",
            "Fill it in and try again.",
        ],
    ),
    text(
        "credential_refused",
        422,
        ["Connexion refusée", "Le réseau n’accepte pas ces identifiants.", "Vérifiez-les, puis recommencez."],
        ["Connection refused", "The network does not accept these credentials.", "Check them and try again."],
    ),
    text(
        "credential_unknown",
        422,
        ["Champ inconnu", "Ce réseau ne connaît pas ce champ.", "Retirez-le ou corrigez son nom."],
        ["Unknown field", "This network does not know this field.", "Remove it or correct its name."],
    ),
    text(
        "account_identity_changed",
        409,
        [
            "Autre compte",
            "Ces identifiants sont ceux d’un autre compte. Rien n’a été changé.",
            "Ajoutez-le comme nouveau compte, ou reprenez les identifiants du premier.",
        ],
        [
            "Another account",
            "These credentials belong to another account. Nothing was changed.",
            "Add it as a new account, or use the credentials of the first.",
        ],
    ),
    text(
        "account_already_connected",
        409,
        [
            "Compte déjà connecté",
            "Ces identifiants sont ceux d’un compte qui est déjà connecté ici.",
            "Gardez l’autre, et retirez celui-ci.",
        ],
        [
            "Account already connected",
            "These credentials belong to an account that is already connected here.",
            "Keep the other one, and remove this one.",
        ],
    ),
    text(
        "server_address_invalid",
        422,
        [
            "Adresse de serveur incorrecte",
            "L’adresse du serveur ne se comprend pas.",
            "Écrivez-la comme https://mastodon.social.",
        ],
        [
            "Invalid server address",
            "The address of the server cannot be understood.",
            "Write it as https://mastodon.social.",
        ],
    ),
];
