//! What stands in the way of a sending, and what is told about messages that left.

use super::{ProblemText, text};

pub(super) const TEXTS: &[ProblemText] = &[
    text(
        "message_outcome_unknown",
        409,
        [
            "Envoi incertain",
            "La connexion a été coupée pendant l’envoi : nous ne savons pas si ce message est arrivé. Il n’est pas renvoyé, pour ne pas écrire deux fois.",
            "Demandez au client s’il l’a reçu, ou laissez ainsi.",
        ],
        [
            "Not certain",
            "The connection was cut while this message was being sent: nobody knows whether it arrived. It is not sent again, so that nobody is written to twice.",
            "Ask the customer whether it arrived, or leave it.",
        ],
    ),
    text(
        "messages_held",
        409,
        [
            "Messages à regarder",
            "Des messages ne sont pas partis, ou nous ne savons pas s’ils sont partis.",
            "Ouvrez l’envoi et regardez les messages « À vérifier ».",
        ],
        [
            "Messages to look at",
            "Some messages did not leave, or nobody knows whether they did.",
            "Open the sending and look at the messages \"To check\".",
        ],
    ),
    text(
        "mailing_paused",
        409,
        [
            "Envoi en pause",
            "Cet envoi ne peut pas continuer tel quel. Rien n’est perdu : ce qui n’est pas parti attend.",
            "Ouvrez l’envoi, corrigez ce qui est indiqué, puis reprenez-le.",
        ],
        [
            "Sending held",
            "This sending cannot go on as it is. Nothing is lost: what has not left waits.",
            "Open the sending, put right what it says, then resume it.",
        ],
    ),
    text(
        "mailing_stopped",
        409,
        ["Envoi arrêté", "Cet envoi a été arrêté avant que ce message ne parte.", "Rien à faire."],
        ["Sending stopped", "This sending was stopped before the message left.", "Nothing to do."],
    ),
    text(
        "segment_gone",
        409,
        [
            "Segment supprimé",
            "Le segment choisi pour cet envoi n’existe plus : personne n’a été contacté.",
            "Arrêtez cet envoi et préparez-en un autre.",
        ],
        [
            "Segment deleted",
            "The segment of this sending does not exist any more: nobody was written to.",
            "Stop this sending and prepare another one.",
        ],
    ),
    text(
        "segment_unknown",
        422,
        ["Segment inconnu", "Ce segment n’existe pas.", "Choisissez un segment de la liste."],
        ["Unknown segment", "This segment does not exist.", "Choose a segment of the list."],
    ),
    text(
        "channel_not_connected",
        409,
        [
            "Aucun compte d’envoi",
            "Aucun compte n’envoie par ce canal.",
            "Connectez un compte d’e-mail ou de SMS dans Connexions.",
        ],
        [
            "No sending account",
            "No account sends by this channel.",
            "Connect an e-mail or SMS account in Connections.",
        ],
    ),
    text(
        "channel_not_chosen",
        422,
        [
            "Canal non choisi",
            "Cette adresse demande un canal qui n’est pas choisi pour cet envoi.",
            "Ajoutez le canal, ou retirez l’adresse.",
        ],
        [
            "Channel not chosen",
            "This address needs a channel that is not chosen for this sending.",
            "Add the channel, or remove the address.",
        ],
    ),
    text(
        "recipients_ambiguous",
        422,
        [
            "À qui écrire ?",
            "Indiquez des destinataires, un segment ou tous les clients : un seul des trois.",
            "Gardez-en un et recommencez.",
        ],
        [
            "To whom?",
            "Name recipients, a segment or everyone: only one of the three.",
            "Keep one of them and try again.",
        ],
    ),
    text(
        "too_many_recipients",
        422,
        [
            "Trop de destinataires",
            "Une demande nomme au plus 5 000 personnes.",
            "Faites un segment de ces clients et envoyez au segment.",
        ],
        [
            "Too many recipients",
            "One request names at most 5,000 people.",
            "Make a segment of these customers and send to the segment.",
        ],
    ),
];
