//! Answers of the local server about the request itself.

use super::{ProblemText, text};

pub(super) const TEXTS: &[ProblemText] = &[
    text(
        "bad_host",
        421,
        [
            "Adresse inattendue",
            "Cette adresse n’est pas celle du tableau de bord.",
            "Utilisez l’adresse affichée par l’application.",
        ],
        [
            "Unexpected address",
            "This is not the address of the dashboard.",
            "Use the address that the application shows.",
        ],
    ),
    text(
        "bad_origin",
        403,
        [
            "Demande d’un autre site",
            "Une autre page a essayé d’utiliser l’application : la demande a été refusée.",
            "Rien à faire si vous n’avez rien demandé.",
        ],
        [
            "Request from another site",
            "Another page tried to use the application: the request was refused.",
            "Nothing to do if you asked for nothing.",
        ],
    ),
    text(
        "not_signed_in",
        401,
        [
            "Accès non autorisé",
            "Cette adresse demande un jeton d’accès ou une connexion.",
            "Ouvrez le tableau de bord depuis l’application, ou créez un jeton dans Réglages.",
        ],
        [
            "Not signed in",
            "This address asks for a token or a login.",
            "Open the dashboard from the application, or create a token in Settings.",
        ],
    ),
    text(
        "token_refused",
        401,
        [
            "Jeton refusé",
            "Ce jeton est inconnu ou a été révoqué.",
            "Créez un nouveau jeton dans Réglages, puis remplacez l’ancien.",
        ],
        [
            "Token refused",
            "This token is unknown or was revoked.",
            "Create a new token in Settings and replace the old one.",
        ],
    ),
    text(
        "too_many_attempts",
        429,
        [
            "Trop d’essais",
            "Trop de jetons ou de codes refusés en une minute.",
            "Attendez une minute, puis réessayez avec le bon.",
        ],
        [
            "Too many attempts",
            "Too many refused tokens or codes within a minute.",
            "Wait a minute, then try again with the right one.",
        ],
    ),
    text(
        "session_code_refused",
        401,
        [
            "Code refusé",
            "Ce code a déjà servi, a expiré ou n’est pas le bon.",
            "Demandez un nouveau code dans l’application.",
        ],
        [
            "Code refused",
            "This code was used, has expired or is not the right one.",
            "Ask for a new code in the application.",
        ],
    ),
    text(
        "scope_missing",
        403,
        [
            "Droit manquant",
            "Ce jeton n’a pas le droit nécessaire.",
            "Créez un jeton avec ce droit dans Réglages.",
        ],
        [
            "Missing right",
            "This token does not have the right it needs.",
            "Create a token with this right in Settings.",
        ],
    ),
    text(
        "wrong_caller",
        403,
        [
            "Réservé à l’application",
            "Cette action se fait dans la fenêtre ou avec la commande moulin, sur cet ordinateur.",
            "Ouvrez l’application sur l’ordinateur où elle est installée.",
        ],
        [
            "Only in the application",
            "This is done in the window or with the command moulin, on this computer.",
            "Open the application on the computer where it is installed.",
        ],
    ),
    text(
        "session_header_missing",
        403,
        [
            "Demande incomplète",
            "Une modification depuis le tableau de bord doit porter l’en-tête x-moulin.",
            "Rechargez la page, puis recommencez.",
        ],
        [
            "Incomplete request",
            "A change from the dashboard must carry the header x-moulin.",
            "Reload the page and try again.",
        ],
    ),
    text(
        "unsupported_media_type",
        415,
        [
            "Format non accepté",
            "Le contenu envoyé n’est pas dans le format attendu.",
            "Envoyez du JSON avec l’en-tête Content-Type: application/json.",
        ],
        [
            "Format not accepted",
            "What was sent is not in the expected format.",
            "Send JSON with the header Content-Type: application/json.",
        ],
    ),
    text(
        "malformed_json",
        400,
        [
            "JSON incorrect",
            "Le contenu envoyé n’est pas du JSON correct.",
            "Corrigez-le à l’endroit indiqué.",
        ],
        ["Incorrect JSON", "What was sent is not correct JSON.", "Correct it at the place named."],
    ),
    text(
        "unknown_field",
        422,
        ["Champ inconnu", "Un champ envoyé n’existe pas.", "Retirez-le ou corrigez son nom."],
        ["Unknown field", "A field that was sent does not exist.", "Remove it or correct its name."],
    ),
    text(
        "missing_field",
        422,
        ["Champ manquant", "Un champ obligatoire n’a pas été donné.", "Ajoutez-le."],
        ["Missing field", "A required field was not given.", "Add it."],
    ),
    text(
        "invalid_field",
        422,
        ["Valeur incorrecte", "Une valeur envoyée ne convient pas.", "Corrigez-la."],
        ["Invalid value", "A value that was sent cannot be used.", "Correct it."],
    ),
    text(
        "invalid_query",
        400,
        ["Filtre incorrect", "Un paramètre de l’adresse ne convient pas.", "Corrigez-le ou retirez-le."],
        ["Invalid filter", "A parameter of the address cannot be used.", "Correct or remove it."],
    ),
    text(
        "invalid_header",
        400,
        ["En-tête incorrect", "Un en-tête de la demande ne convient pas.", "Corrigez-le."],
        ["Invalid header", "A header of the request cannot be used.", "Correct it."],
    ),
    text(
        "body_too_large",
        413,
        [
            "Envoi trop gros",
            "Ce qui a été envoyé dépasse la taille acceptée.",
            "Envoyez un fichier plus petit : 64 Mio au plus pour une photo, 1 Mio pour le reste.",
        ],
        [
            "Too large",
            "What was sent is larger than accepted.",
            "Send a smaller file: at most 64 MiB for a photo, 1 MiB for anything else.",
        ],
    ),
    text(
        "request_timeout",
        408,
        ["Envoi trop lent", "La demande n’est pas arrivée en entier à temps.", "Réessayez."],
        ["Too slow", "The request did not arrive completely in time.", "Try again."],
    ),
    text(
        "not_found",
        404,
        ["Introuvable", "Cet élément n’existe pas ou n’existe plus.", "Revenez à la liste."],
        ["Not found", "This item does not exist, or no longer.", "Go back to the list."],
    ),
    text(
        "method_not_allowed",
        405,
        [
            "Action impossible ici",
            "Cette adresse existe, mais pas pour cette méthode.",
            "L’en-tête Allow donne les méthodes possibles.",
        ],
        [
            "Not possible here",
            "This address exists, but not for this method.",
            "The header Allow lists the possible methods.",
        ],
    ),
    text(
        "precondition_failed",
        412,
        [
            "Modifié entre-temps",
            "Quelqu’un a modifié cet élément pendant que vous le regardiez.",
            "Rechargez-le, puis refaites votre modification.",
        ],
        [
            "Changed meanwhile",
            "Somebody changed this item while you were looking at it.",
            "Reload it and make your change again.",
        ],
    ),
    text(
        "idempotency_key_reused",
        422,
        [
            "Clé déjà utilisée",
            "Cette Idempotency-Key a déjà servi pour un autre contenu.",
            "Prenez une nouvelle clé pour un nouveau contenu.",
        ],
        [
            "Key used before",
            "This Idempotency-Key was used for another content.",
            "Take a new key for a new content.",
        ],
    ),
    text(
        "idempotency_key_running",
        409,
        [
            "Déjà en cours",
            "La même demande est en train d’être traitée.",
            "Attendez un instant, puis redemandez avec la même clé.",
        ],
        [
            "Already running",
            "The same request is being worked on.",
            "Wait a moment, then ask again with the same key.",
        ],
    ),
    text(
        "internal_error",
        500,
        [
            "Erreur de l’application",
            "Quelque chose s’est mal passé dans l’application. Ce qui était enregistré l’est toujours.",
            "Réessayez ; si cela recommence, exportez le journal depuis Réglages.",
        ],
        [
            "Error of the application",
            "Something went wrong in the application. What was saved is still saved.",
            "Try again; if it happens again, export the log from Settings.",
        ],
    ),
    text(
        "oauth_session_unknown",
        404,
        [
            "Connexion expirée",
            "Cette demande de connexion n’existe plus.",
            "Recommencez la connexion du compte.",
        ],
        ["Login expired", "This login no longer exists.", "Start connecting the account again."],
    ),
    text(
        "upload_broken",
        400,
        ["Envoi incomplet", "Le fichier n’est pas arrivé en entier.", "Envoyez-le de nouveau."],
        ["Incomplete upload", "The file did not arrive completely.", "Send it again."],
    ),
    text(
        "not_practice",
        409,
        [
            "Pas en répétition",
            "Ceci n’existe qu’en mode répétition.",
            "Lancez l’application en mode répétition.",
        ],
        ["Not a rehearsal", "This exists in practice mode only.", "Start the application in practice mode."],
    ),
];
