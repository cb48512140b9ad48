//! Who may publish there: tokens, permissions, accounts, sign-in with the browser.

use super::{ProblemText, text};

pub(super) const TEXTS: &[ProblemText] = &[
    text(
        "token_expired",
        401,
        [
            "Connexion expirée",
            "Le réseau ne reconnaît plus l’application. Vos publications attendent, rien n’est perdu.",
            "Reconnectez le compte dans Connexions.",
        ],
        [
            "Connection expired",
            "The network no longer recognises the application. Your posts wait, nothing is lost.",
            "Reconnect the account in Connections.",
        ],
    ),
    text(
        "token_invalid",
        401,
        ["Jeton incorrect", "Le réseau refuse ce jeton.", "Reconnectez le compte dans Connexions."],
        ["Invalid token", "The network refuses this token.", "Reconnect the account in Connections."],
    ),
    text(
        "token_revoked",
        401,
        [
            "Accès retiré",
            "L’accès de l’application à ce compte a été retiré.",
            "Reconnectez le compte dans Connexions.",
        ],
        [
            "Access withdrawn",
            "The application's access to this account was withdrawn.",
            "Reconnect the account in Connections.",
        ],
    ),
    text(
        "access_not_revoked",
        502,
        [
            "Accès encore ouvert",
            "Le compte est retiré d’ici et sa clé est effacée, mais le réseau n’a pas confirmé que l’accès est fermé chez lui.",
            "Supprimez « Le Vieux Moulin » dans les réglages de ce compte, chez le réseau.",
        ],
        [
            "Access still open",
            "The account is removed from here and its key erased, but the network did not confirm that the access is closed on its side.",
            "Remove “Le Vieux Moulin” in the settings of that account, at the network.",
        ],
    ),
    text(
        "revocation_refused",
        502,
        [
            "Accès non repris",
            "Le réseau refuse de fermer cet accès lui-même.",
            "Fermez-le dans les réglages de ce compte, chez le réseau.",
        ],
        [
            "Access not withdrawn",
            "The network refuses to close this access itself.",
            "Close it in the settings of that account, at the network.",
        ],
    ),
    text(
        "password_changed",
        401,
        [
            "Mot de passe changé",
            "Le mot de passe du compte a changé, ce qui a fermé l’accès.",
            "Reconnectez le compte dans Connexions.",
        ],
        [
            "Password changed",
            "The password of the account changed, which closed the access.",
            "Reconnect the account in Connections.",
        ],
    ),
    text(
        "app_removed",
        401,
        [
            "Application retirée",
            "L’application a été retirée de ce compte sur le réseau.",
            "Reconnectez le compte dans Connexions.",
        ],
        [
            "Application removed",
            "The application was removed from this account at the network.",
            "Reconnect the account in Connections.",
        ],
    ),
    text(
        "app_password_needed",
        401,
        [
            "Mot de passe d’application",
            "Ce réseau demande un mot de passe d’application, pas le mot de passe du compte.",
            "Créez-en un dans les réglages du réseau, puis reconnectez.",
        ],
        [
            "App password",
            "This network wants an app password, not the password of the account.",
            "Create one in the network's settings, then reconnect.",
        ],
    ),
    text(
        "permission_missing",
        403,
        [
            "Autorisation manquante",
            "L’application n’a pas reçu une autorisation dont elle a besoin.",
            "Reconnectez le compte en acceptant toutes les autorisations.",
        ],
        [
            "Permission missing",
            "The application did not receive a permission it needs.",
            "Reconnect the account and accept all permissions.",
        ],
    ),
    text(
        "checkpoint_required",
        403,
        [
            "Vérification demandée",
            "Le réseau veut vérifier que c’est bien vous.",
            "Ouvrez le réseau, faites la vérification, puis cliquez sur Vérifier.",
        ],
        [
            "Verification asked",
            "The network wants to verify that it is you.",
            "Open the network, do the verification, then click Check.",
        ],
    ),
    text(
        "account_blocked",
        403,
        ["Compte bloqué", "Le réseau a bloqué ce compte.", "Ouvrez le réseau pour voir ce qu’il demande."],
        [
            "Account blocked",
            "The network has blocked this account.",
            "Open the network to see what it asks for.",
        ],
    ),
    text(
        "account_restricted",
        403,
        [
            "Compte limité",
            "Le réseau limite ce compte pour l’instant.",
            "Ouvrez le réseau pour voir ce qu’il demande.",
        ],
        [
            "Account restricted",
            "The network restricts this account for now.",
            "Open the network to see what it asks for.",
        ],
    ),
    text(
        "page_token_needed",
        401,
        [
            "Jeton de page nécessaire",
            "Le jeton donné est celui d’une personne, pas celui de la page.",
            "Prenez le jeton de la page, puis reconnectez.",
        ],
        [
            "Page token needed",
            "The token given is a person's, not the Page's.",
            "Take the token of the Page, then reconnect.",
        ],
    ),
    text(
        "page_token_missing",
        401,
        [
            "Jeton de page absent",
            "Le réseau n’a pas donné de jeton pour cette page.",
            "Vérifiez que vous administrez la page, puis reconnectez.",
        ],
        [
            "Page token missing",
            "The network gave no token for this Page.",
            "Check that you manage the Page, then reconnect.",
        ],
    ),
    text(
        "page_choice_needed",
        422,
        ["Page à choisir", "Vous avez plusieurs pages.", "Donnez l’identifiant de la page voulue."],
        ["Choose a Page", "You have several Pages.", "Give the id of the Page you want."],
    ),
    text(
        "page_id_mismatch",
        422,
        ["Autre page", "Le jeton n’est pas celui de la page indiquée.", "Vérifiez l’identifiant de la page."],
        ["Another Page", "The token is not that of the Page named.", "Check the id of the Page."],
    ),
    text(
        "page_unreachable",
        403,
        [
            "Page inaccessible",
            "L’application ne voit plus cette page.",
            "Vérifiez que vous l’administrez encore, puis reconnectez.",
        ],
        [
            "Page not accessible",
            "The application no longer sees this Page.",
            "Check that you still manage it, then reconnect.",
        ],
    ),
    text(
        "app_refused",
        401,
        [
            "Application refusée",
            "Le réseau ne reconnaît pas le numéro ou le secret de votre application. Vos publications attendent, rien n’est perdu.",
            "Vérifiez les deux sur la page de votre application, puis reconnectez le compte.",
        ],
        [
            "Application refused",
            "The network does not recognise the ID or the secret of your application. Your posts wait, nothing is lost.",
            "Check both on your application's page, then reconnect the account.",
        ],
    ),
    text(
        "token_ends_in_two_weeks",
        200,
        [
            "Connexion bientôt à renouveler",
            "L’accès à ce compte se termine dans deux semaines au plus. Ensuite, ses publications attendraient.",
            "Reconnectez le compte dans Connexions quand vous avez cinq minutes.",
        ],
        [
            "Connection to renew soon",
            "Access to this account ends within two weeks. After that its posts would wait.",
            "Reconnect the account in Connections when you have five minutes.",
        ],
    ),
    text(
        "token_ends_in_a_week",
        200,
        [
            "Connexion à renouveler cette semaine",
            "L’accès à ce compte se termine dans une semaine au plus. Ensuite, ses publications attendraient.",
            "Reconnectez le compte dans Connexions ces jours-ci.",
        ],
        [
            "Connection to renew this week",
            "Access to this account ends within a week. After that its posts would wait.",
            "Reconnect the account in Connections in the next days.",
        ],
    ),
    text(
        "token_ends_in_a_day",
        200,
        [
            "Connexion à renouveler aujourd’hui",
            "L’accès à ce compte se termine dans moins d’un jour. Ensuite, ses publications attendraient.",
            "Reconnectez le compte dans Connexions dès maintenant.",
        ],
        [
            "Connection to renew today",
            "Access to this account ends in less than a day. After that its posts would wait.",
            "Reconnect the account in Connections now.",
        ],
    ),
    text(
        "token_ended",
        403,
        [
            "Connexion arrivée à son terme",
            "L’accès à ce compte est terminé : ses publications vont attendre.",
            "Reconnectez le compte dans Connexions : elles partiront ensuite.",
        ],
        [
            "Connection ended",
            "Access to this account has ended: its posts will wait.",
            "Reconnect the account in Connections: they leave afterwards.",
        ],
    ),
    text(
        "login_expired",
        408,
        [
            "Connexion non terminée",
            "La page du navigateur est restée sans réponse pendant cinq minutes.",
            "Recommencez la connexion.",
        ],
        [
            "Sign-in not finished",
            "The browser page went unanswered for five minutes.",
            "Start the sign-in again.",
        ],
    ),
    text(
        "login_refused",
        403,
        [
            "Connexion refusée",
            "L’accès n’a pas été autorisé sur la page du serveur.",
            "Recommencez et touchez « Autoriser ».",
        ],
        [
            "Sign-in refused",
            "Access was not authorised on the server's page.",
            "Start again and choose “Authorize”.",
        ],
    ),
    text(
        "login_unavailable",
        503,
        [
            "Connexion impossible pour l’instant",
            "L’ordinateur n’a pas pu attendre la réponse du navigateur.",
            "Réessayez ; si cela dure, collez un jeton d’accès à la place.",
        ],
        [
            "Cannot sign in right now",
            "The computer could not wait for the browser's answer.",
            "Try again; if this lasts, paste an access token instead.",
        ],
    ),
    text(
        "server_not_compatible",
        422,
        [
            "Serveur non reconnu",
            "Cette adresse ne répond pas comme un serveur Mastodon.",
            "Vérifiez l’adresse de votre serveur, par exemple piaille.fr.",
        ],
        [
            "Server not recognised",
            "This address does not answer like a Mastodon server.",
            "Check the address of your server, for example piaille.fr.",
        ],
    ),
];
