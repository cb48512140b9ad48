//! What stands in the way of an answer, and what is told about what people say.

use super::{ProblemText, text};

pub(super) const TEXTS: &[ProblemText] = &[
    text(
        "review_low",
        200,
        [
            "Avis à regarder",
            "Un client a laissé un avis de trois étoiles ou moins.",
            "Lisez-le dans « Avis & commentaires » et répondez-lui.",
        ],
        [
            "A review to look at",
            "A guest left a review of three stars or fewer.",
            "Read it in \"Reviews & comments\" and answer.",
        ],
    ),
    text(
        "conversation_deleted",
        409,
        [
            "N’existe plus",
            "Ce message a été supprimé sur le réseau : on ne peut plus y répondre.",
            "Rien à faire.",
        ],
        [
            "No longer there",
            "This message was deleted at the network: it cannot be answered any more.",
            "Nothing to do.",
        ],
    ),
    text(
        "conversation_account_stopped",
        409,
        [
            "Compte arrêté",
            "Le compte de ce message n’est plus connecté.",
            "Reconnectez-le dans Connexions, puis recommencez.",
        ],
        [
            "Account stopped",
            "The account of this message is not connected any more.",
            "Reconnect it in Connections, then try again.",
        ],
    ),
    text(
        "reply_not_possible",
        422,
        [
            "Pas de réponse possible",
            "Ce réseau ne permet pas de répondre d’ici.",
            "Ouvrez le message sur le réseau et répondez-y.",
        ],
        [
            "No answer possible",
            "This network does not allow an answer from here.",
            "Open the message at the network and answer there.",
        ],
    ),
    text(
        "reply_under_way",
        409,
        [
            "Réponse déjà en route",
            "Une autre réponse à ce message n’est pas encore arrivée.",
            "Attendez qu’elle soit partie, ou annulez-la.",
        ],
        [
            "Answer on its way",
            "Another answer to this message has not arrived yet.",
            "Wait until it has left, or cancel it.",
        ],
    ),
    text(
        "reply_not_editable",
        409,
        [
            "Réponse non modifiable",
            "Une réponse ne se modifie pas comme une publication.",
            "Supprimez-la, puis écrivez-en une autre dans « Avis & commentaires ».",
        ],
        [
            "Answer cannot be edited",
            "An answer is not edited like a post.",
            "Delete it, then write another one in \"Reviews & comments\".",
        ],
    ),
    text(
        "reply_refused",
        422,
        [
            "Réponse non affichée",
            "Le réseau a examiné la réponse et ne la montre pas.",
            "Écrivez-la autrement, sans lien ni numéro de téléphone.",
        ],
        [
            "Answer not shown",
            "The network looked the answer over and does not show it.",
            "Write it differently, without a link or a telephone number.",
        ],
    ),
    text(
        "answered_elsewhere",
        409,
        [
            "Déjà répondu ailleurs",
            "Une autre réponse a été écrite sur le réseau entre-temps : la vôtre ne l’a pas remplacée.",
            "Regardez l’avis, et répondez de nouveau si vous voulez la remplacer.",
        ],
        [
            "Answered elsewhere",
            "Another answer was written at the network meanwhile: yours has not replaced it.",
            "Look at the review, and answer again if you want to replace it.",
        ],
    ),
    text(
        "hide_not_possible",
        422,
        [
            "Ne se masque pas",
            "Ce réseau ne permet pas de masquer ce message d’ici.",
            "Ouvrez-le sur le réseau.",
        ],
        [
            "Cannot be hidden",
            "This network does not allow this message to be hidden from here.",
            "Open it at the network.",
        ],
    ),
    text(
        "reply_permission_missing",
        422,
        [
            "Droit manquant",
            "Le réseau ne laisse pas cette connexion répondre aux commentaires. Vos publications partent normalement.",
            "Refaites le jeton avec les droits pour les commentaires, puis reconnectez le compte dans Connexions.",
        ],
        [
            "Permission missing",
            "The network does not let this connection answer comments. Your posts leave as usual.",
            "Make the token anew with the permissions for comments, then reconnect the account in Connections.",
        ],
    ),
];
