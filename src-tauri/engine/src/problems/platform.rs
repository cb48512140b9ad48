//! What a platform answered, or did not.

use super::{ProblemText, text};

pub(super) const TEXTS: &[ProblemText] = &[
    text(
        "platform_unreachable",
        502,
        [
            "Réseau injoignable",
            "Le réseau ne répond pas. Rien n’est perdu : la publication repart toute seule.",
            "Vérifiez votre connexion si cela dure.",
        ],
        [
            "Network unreachable",
            "The network does not answer. Nothing is lost: the post tries again by itself.",
            "Check your connection if this lasts.",
        ],
    ),
    text(
        "platform_timeout",
        504,
        [
            "Réponse trop lente",
            "Le réseau n’a pas répondu à temps. L’application vérifie si la publication est passée.",
            "Rien à faire pour l’instant.",
        ],
        [
            "Answer too slow",
            "The network did not answer in time. The application checks whether the post went through.",
            "Nothing to do for now.",
        ],
    ),
    text(
        "connection_lost",
        502,
        [
            "Connexion coupée",
            "La connexion s’est coupée pendant l’envoi. L’application vérifie si la publication est passée.",
            "Rien à faire pour l’instant.",
        ],
        [
            "Connection lost",
            "The connection was cut while sending. The application checks whether the post went through.",
            "Nothing to do for now.",
        ],
    ),
    text(
        "answer_cut",
        502,
        [
            "Réponse incomplète",
            "La réponse du réseau s’est arrêtée en route. L’application vérifie ce qu’il en est.",
            "Rien à faire pour l’instant.",
        ],
        [
            "Incomplete answer",
            "The network's answer stopped half-way. The application checks.",
            "Nothing to do for now.",
        ],
    ),
    text(
        "unreadable_answer",
        502,
        [
            "Réponse illisible",
            "Le réseau a répondu quelque chose d’incompréhensible, peut-être la page d’accueil d’un Wi-Fi.",
            "Vérifiez votre connexion ; l’application vérifie la publication.",
        ],
        [
            "Unreadable answer",
            "The network answered something incomprehensible, perhaps the welcome page of a Wi-Fi.",
            "Check your connection; the application checks the post.",
        ],
    ),
    text(
        "answer_without_id",
        502,
        [
            "Réponse incomplète",
            "Le réseau a accepté sans dire où est la publication. L’application la cherche.",
            "Rien à faire pour l’instant.",
        ],
        [
            "Incomplete answer",
            "The network accepted without saying where the post is. The application looks for it.",
            "Nothing to do for now.",
        ],
    ),
    text(
        "platform_error",
        502,
        [
            "Erreur du réseau",
            "Le réseau a répondu par une erreur.",
            "Lisez sa réponse sur la page de la publication, puis réessayez.",
        ],
        [
            "Error of the network",
            "The network answered with an error.",
            "Read its answer on the page of the post, then try again.",
        ],
    ),
    text(
        "platform_unavailable",
        503,
        [
            "Réseau en panne",
            "Le réseau est momentanément en panne. La publication repart toute seule.",
            "Rien à faire.",
        ],
        [
            "Network down",
            "The network is down for the moment. The post tries again by itself.",
            "Nothing to do.",
        ],
    ),
    text(
        "rate_limited",
        429,
        [
            "Trop de demandes",
            "Le réseau demande d’attendre. La publication repart à l’heure qu’il indique.",
            "Rien à faire.",
        ],
        [
            "Too many requests",
            "The network asks to wait. The post leaves at the time it names.",
            "Nothing to do.",
        ],
    ),
    text(
        "quota_reached",
        429,
        [
            "Limite du jour atteinte",
            "Le réseau n’accepte plus de publication aujourd’hui. Celle-ci repart dès que possible.",
            "Rien à faire.",
        ],
        [
            "Daily limit reached",
            "The network accepts no more posts today. This one leaves as soon as possible.",
            "Nothing to do.",
        ],
    ),
    text(
        "posting_too_fast",
        429,
        [
            "Publications trop rapprochées",
            "Le réseau trouve les publications trop rapprochées. Celle-ci attend un peu.",
            "Espacez vos publications si cela revient.",
        ],
        [
            "Posting too fast",
            "The network finds the posts too close together. This one waits a little.",
            "Space your posts if this comes back.",
        ],
    ),
    text(
        "hand_over_refused",
        422,
        [
            "Programmation refusée",
            "Le réseau ne veut pas garder cette publication jusqu’à l’heure dite ; elle partira d’ici.",
            "Laissez l’ordinateur allumé à l’heure dite.",
        ],
        [
            "Scheduling refused",
            "The network will not keep this post until its time; it will leave from here.",
            "Leave the computer on at that time.",
        ],
    ),
    text(
        "duplicate_post",
        409,
        ["Déjà publiée", "Le réseau dit que la même publication existe déjà.", "Vérifiez sur le réseau."],
        ["Already posted", "The network says that the same post already exists.", "Check at the network."],
    ),
    text(
        "object_gone",
        404,
        [
            "Disparue du réseau",
            "La publication n’est plus sur le réseau.",
            "Publiez-la de nouveau si vous la voulez encore.",
        ],
        [
            "Gone from the network",
            "The post is no longer on the network.",
            "Publish it again if you still want it.",
        ],
    ),
    text(
        "session_renewed",
        503,
        [
            "Connexion renouvelée",
            "La connexion au réseau a été renouvelée ; l’essai recommence.",
            "Rien à faire.",
        ],
        [
            "Connection renewed",
            "The connection to the network was renewed; it tries again.",
            "Nothing to do.",
        ],
    ),
    text(
        "not_supported",
        409,
        [
            "Pas possible sur ce réseau",
            "Ce réseau ne permet pas cela.",
            "Faites-le dans l’application du réseau.",
        ],
        [
            "Not possible on this network",
            "This network does not allow this.",
            "Do it in the network's own application.",
        ],
    ),
    text(
        "remote_id_unusable",
        502,
        [
            "Identifiant inattendu",
            "Le réseau a donné un identifiant inattendu.",
            "Vérifiez la publication sur le réseau.",
        ],
        ["Unexpected id", "The network gave an unexpected id.", "Check the post at the network."],
    ),
    text(
        "not_prepared",
        500,
        [
            "Préparation perdue",
            "Les notes de préparation sont incomplètes ; la préparation recommence.",
            "Rien à faire.",
        ],
        [
            "Preparation lost",
            "The notes of the preparation are incomplete; it starts again.",
            "Nothing to do.",
        ],
    ),
    text(
        "marks_unwritable",
        500,
        ["Préparation impossible", "La préparation n’a pas pu être notée.", "Réessayez."],
        ["Preparation failed", "The preparation could not be noted.", "Try again."],
    ),
    text(
        "error_in_success",
        502,
        [
            "Réponse contradictoire",
            "Le réseau a répondu à la fois oui et non. L’application vérifie ce qu’il en est.",
            "Rien à faire pour l’instant.",
        ],
        [
            "Contradictory answer",
            "The network answered yes and no at once. The application checks.",
            "Nothing to do for now.",
        ],
    ),
    text(
        "edit_needs_new_delivery",
        409,
        [
            "Texte déjà confié au réseau",
            "Ce réseau garde la publication programmée telle quelle : elle peut changer d’heure, pas de contenu.",
            "Annulez-la, puis programmez la nouvelle version.",
        ],
        [
            "Already handed over",
            "This network keeps the scheduled post as it is: it can be moved in time, but not changed.",
            "Cancel it, then schedule the new version.",
        ],
    ),
    text(
        "hand_over_unsupported",
        409,
        [
            "Ce serveur ne programme pas",
            "Le serveur de ce compte ne sait pas publier à une heure choisie.",
            "Laissez l’ordinateur allumé : l’application publiera elle-même à l’heure dite.",
        ],
        [
            "This server does not schedule",
            "The server of this account cannot publish at a chosen time.",
            "Leave the computer on: the application will publish by itself when the time comes.",
        ],
    ),
];
