//! What the doctor of a Facebook or Instagram connection found; good news included.

use super::{ProblemText, text};

pub(super) const TEXTS: &[ProblemText] = &[
    text(
        "publishing_ready",
        200,
        ["Tout est prêt", "La connexion permet de publier.", "Rien à faire."],
        ["All set", "The connection allows publishing.", "Nothing to do."],
    ),
    text(
        "page_token_derived",
        200,
        ["Jeton de la Page obtenu", "L’application a tiré du jeton donné celui de la Page.", "Rien à faire."],
        [
            "Page token obtained",
            "The application derived the Page’s own token from the given one.",
            "Nothing to do.",
        ],
    ),
    text(
        "token_never_expires",
        200,
        ["Jeton sans échéance", "Le jeton n’a pas de date de fin.", "Rien à faire."],
        ["Token without end", "The token has no end date.", "Nothing to do."],
    ),
    text(
        "token_expires",
        200,
        ["Jeton daté", "Le jeton a une date de fin.", "L’application vous préviendra deux semaines avant."],
        [
            "Token with a date",
            "The token has an end date.",
            "The application will tell you two weeks before.",
        ],
    ),
    text(
        "token_expires_soon",
        200,
        [
            "Jeton bientôt périmé",
            "Le jeton se termine dans moins de deux semaines.",
            "Générez-en un nouveau et reconnectez le compte.",
        ],
        [
            "Token ends soon",
            "The token ends in less than two weeks.",
            "Generate a new one and reconnect the account.",
        ],
    ),
    text(
        "token_expiry_unknown",
        200,
        [
            "Échéance inconnue",
            "Meta ne dit pas jusqu’à quand le jeton est valable.",
            "Rien à faire tant que les publications partent.",
        ],
        [
            "End unknown",
            "Meta does not say until when the token is valid.",
            "Nothing to do as long as posts leave.",
        ],
    ),
    text(
        "token_end_untold",
        200,
        [
            "Échéance non communiquée",
            "Ce réseau ne dit pas jusqu’à quand l’accès est valable.",
            "Rien à faire tant que les publications partent.",
        ],
        [
            "End not told",
            "This network does not say until when the access is valid.",
            "Nothing to do as long as posts leave.",
        ],
    ),
    text(
        "permissions_complete",
        200,
        ["Autorisations au complet", "Toutes les autorisations demandées sont accordées.", "Rien à faire."],
        ["All permissions", "All permissions that were asked for are granted.", "Nothing to do."],
    ),
    text(
        "clock_a_little_wrong",
        200,
        [
            "Horloge un peu décalée",
            "L’horloge de l’ordinateur n’est pas tout à fait à l’heure : une publication programmée partirait en avance ou en retard.",
            "Réglez l’heure de l’ordinateur, ou laissez-le la régler par Internet.",
        ],
        [
            "Clock a little off",
            "The computer’s clock is not quite right: a planned post would leave early or late.",
            "Set the computer’s clock, or let it set itself from the internet.",
        ],
    ),
    text(
        "photos_need_site",
        200,
        [
            "Photos sans adresse",
            "Ce réseau va chercher les photos à une adresse publique : celles de cet ordinateur ne peuvent pas partir.",
            "Indiquez votre site web dans Réglages, « Votre site web ».",
        ],
        [
            "Photos without an address",
            "This network fetches photos from a public address: those of this computer cannot leave.",
            "Name your web site in Settings, “Your web site”.",
        ],
    ),
    text(
        "cannot_send_photos",
        403,
        [
            "Photos impossibles",
            "Il manque au jeton l’autorisation d’envoyer des photos : seuls les textes pourraient partir.",
            "Générez un nouveau jeton avec cette autorisation, puis reconnectez le compte.",
        ],
        [
            "Cannot send photos",
            "The token lacks the permission to send photos: only words could leave.",
            "Generate a new token with this permission, then reconnect the account.",
        ],
    ),
    text(
        "permissions_unknown",
        200,
        [
            "Autorisations inconnues",
            "Meta ne dit pas ce que le jeton permet.",
            "Faites un essai avec une publication.",
        ],
        ["Permissions unknown", "Meta does not say what the token allows.", "Try with one post."],
    ),
    text(
        "page_rights_unproven",
        200,
        [
            "Droits sur la Page non confirmés",
            "Meta ne confirme pas que ce jeton agit au nom de la Page.",
            "Faites un essai avec une publication, ou générez un jeton de Page.",
        ],
        [
            "Rights on the Page not confirmed",
            "Meta does not confirm that this token acts as the Page.",
            "Try with one post, or generate a Page token.",
        ],
    ),
    text(
        "cannot_publish",
        403,
        [
            "Publication impossible",
            "Il manque au jeton l’autorisation de publier.",
            "Générez un nouveau jeton avec cette autorisation, puis reconnectez le compte.",
        ],
        [
            "Cannot publish",
            "The token lacks the permission to publish.",
            "Generate a new token with this permission, then reconnect the account.",
        ],
    ),
    text(
        "cannot_read_posts",
        403,
        [
            "Vérification impossible",
            "Il manque au jeton l’autorisation de relire vos publications : l’application ne pourrait pas vérifier qu’elles sont en ligne.",
            "Générez un nouveau jeton avec cette autorisation, puis reconnectez le compte.",
        ],
        [
            "Cannot verify",
            "The token lacks the permission to read your posts: the application could not verify that they are online.",
            "Generate a new token with this permission, then reconnect the account.",
        ],
    ),
    text(
        "cannot_list_pages",
        403,
        [
            "Liste des Pages fermée",
            "Il manque au jeton l’autorisation de lister vos Pages. La publication reste possible.",
            "Ajoutez cette autorisation au prochain jeton.",
        ],
        [
            "List of Pages closed",
            "The token lacks the permission to list your Pages. Publishing still works.",
            "Add this permission to the next token.",
        ],
    ),
    text(
        "cannot_read_page",
        403,
        [
            "Page liée illisible",
            "Il manque au jeton l’autorisation de lire la Page liée.",
            "Ajoutez cette autorisation au prochain jeton.",
        ],
        [
            "Linked Page unreadable",
            "The token lacks the permission to read the linked Page.",
            "Add this permission to the next token.",
        ],
    ),
    text(
        "cannot_host_photos",
        403,
        [
            "Photos de l’ordinateur refusées",
            "Il manque au jeton l’autorisation de déposer des photos sur la Page : le réseau ne pourrait pas les prendre.",
            "Générez un nouveau jeton avec cette autorisation, puis reconnectez le compte.",
        ],
        [
            "Local photos refused",
            "The token lacks the permission to place photos on the Page: the network could not take them.",
            "Generate a new token with this permission, then reconnect the account.",
        ],
    ),
    text(
        "task_missing",
        403,
        [
            "Rôle insuffisant",
            "Votre rôle sur la Page ne permet pas de créer des publications.",
            "Demandez le rôle « Contenu » ou le contrôle total de la Page.",
        ],
        [
            "Role too small",
            "Your role on the Page does not allow creating posts.",
            "Ask for the “Content” role or full control of the Page.",
        ],
    ),
    text(
        "quota_nearly_used",
        200,
        [
            "Quota presque atteint",
            "Ce réseau limite le nombre de publications par 24 heures et vous en êtes proche.",
            "Espacez les prochaines publications.",
        ],
        [
            "Quota nearly used",
            "This network limits the posts per 24 hours and you are close to it.",
            "Space out the next posts.",
        ],
    ),
    text(
        "main_password_used",
        200,
        [
            "Mot de passe principal",
            "Le mot de passe donné semble être celui du compte.",
            "Créez un mot de passe d’application dans les réglages de Bluesky et reconnectez le compte avec lui.",
        ],
        [
            "Main password",
            "The given password looks like the account's own.",
            "Create an app password in Bluesky's settings and reconnect the account with it.",
        ],
    ),
    text(
        "no_platform_scheduler",
        200,
        [
            "Départ depuis cet ordinateur",
            "Ce serveur ne garde pas les publications d’avance.",
            "Laissez l’ordinateur allumé à l’heure prévue.",
        ],
        [
            "Leaves from this computer",
            "This server does not keep posts in advance.",
            "Leave the computer on at the planned time.",
        ],
    ),
    text(
        "link_not_shown",
        200,
        [
            "Lien sans aperçu",
            "Avec une photo, le réseau n’affiche pas l’aperçu du lien.",
            "Écrivez le lien dans le texte si les lecteurs doivent le voir.",
        ],
        [
            "Link without preview",
            "With a photo, the network does not show the link's preview.",
            "Write the link into the text if readers should see it.",
        ],
    ),
];
