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
        "answer_too_large",
        502,
        [
            "Réponse démesurée",
            "Le réseau a envoyé une réponse trop longue pour être lue.",
            "Rien à faire pour l’instant.",
        ],
        ["Oversized answer", "The network sent an answer too long to read.", "Nothing to do for now."],
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
            "Lisez ses mots ci-dessous, puis réessayez.",
        ],
        [
            "Error of the network",
            "The network answered with an error.",
            "Read its words below, then try again.",
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
        "content_refused_by_platform",
        422,
        [
            "Contenu refusé",
            "Le réseau a refusé ce contenu.",
            "Lisez ses mots ci-dessous, modifiez, puis réessayez.",
        ],
        [
            "Content refused",
            "The network refused this content.",
            "Read its words below, edit, then try again.",
        ],
    ),
    text(
        "community_standards",
        422,
        [
            "Règles du réseau",
            "Le réseau estime que ce contenu enfreint ses règles.",
            "Modifiez le texte ou la photo, puis réessayez.",
        ],
        [
            "Rules of the network",
            "The network finds that this content breaks its rules.",
            "Change text or photo, then try again.",
        ],
    ),
    text(
        "link_refused",
        422,
        ["Lien refusé", "Le réseau refuse ce lien.", "Retirez ou remplacez le lien, puis réessayez."],
        ["Link refused", "The network refuses this link.", "Remove or replace the link, then try again."],
    ),
    text(
        "image_refused",
        422,
        ["Photo refusée", "Le réseau refuse cette photo.", "Choisissez une autre photo, puis réessayez."],
        ["Photo refused", "The network refuses this photo.", "Choose another photo, then try again."],
    ),
    text(
        "photo_refused",
        422,
        ["Photo refusée", "Le réseau refuse cette photo.", "Choisissez une autre photo, puis réessayez."],
        ["Photo refused", "The network refuses this photo.", "Choose another photo, then try again."],
    ),
    text(
        "media_refused",
        422,
        ["Photo refusée", "Le réseau refuse cette photo.", "Choisissez une autre photo, puis réessayez."],
        ["Photo refused", "The network refuses this photo.", "Choose another photo, then try again."],
    ),
    text(
        "photo_format",
        422,
        [
            "Format de photo",
            "Le réseau n’accepte pas le format de cette photo.",
            "Choisissez une autre photo, puis réessayez.",
        ],
        [
            "Photo format",
            "The network does not accept the format of this photo.",
            "Choose another photo, then try again.",
        ],
    ),
    text(
        "image_too_large",
        422,
        [
            "Photo trop lourde",
            "La photo est trop lourde pour ce réseau.",
            "Choisissez une photo plus petite.",
        ],
        ["Photo too large", "The photo is too large for this network.", "Choose a smaller photo."],
    ),
    text(
        "photo_too_large",
        422,
        [
            "Photo trop lourde",
            "La photo est trop lourde pour ce réseau.",
            "Choisissez une photo plus petite.",
        ],
        ["Photo too large", "The photo is too large for this network.", "Choose a smaller photo."],
    ),
    text(
        "media_processing",
        503,
        [
            "Photo en préparation",
            "Le réseau prépare encore la photo. La publication suit toute seule.",
            "Rien à faire.",
        ],
        [
            "Photo being prepared",
            "The network is still preparing the photo. The post follows by itself.",
            "Nothing to do.",
        ],
    ),
    text(
        "upload_expired",
        503,
        [
            "Envoi périmé",
            "Le réseau a oublié la photo envoyée ; elle est envoyée de nouveau.",
            "Rien à faire.",
        ],
        ["Upload expired", "The network forgot the uploaded photo; it is sent again.", "Nothing to do."],
    ),
    text(
        "upload_interrupted",
        503,
        ["Envoi interrompu", "L’envoi de la photo s’est interrompu ; il recommence.", "Rien à faire."],
        ["Upload interrupted", "Uploading the photo was interrupted; it starts again.", "Nothing to do."],
    ),
    text(
        "photos_already_posted",
        422,
        [
            "Photos déjà utilisées",
            "Ces photos sont déjà dans une autre publication.",
            "Vérifiez sur le réseau, puis réessayez.",
        ],
        [
            "Photos already used",
            "These photos are already in another post.",
            "Check at the network, then try again.",
        ],
    ),
    text(
        "parameter_refused",
        422,
        [
            "Demande refusée",
            "Le réseau n’a pas accepté un détail de la demande.",
            "Lisez ses mots ci-dessous, puis réessayez.",
        ],
        [
            "Request refused",
            "The network did not accept a detail of the request.",
            "Read its words below, then try again.",
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
        "remote_id_invalid",
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
