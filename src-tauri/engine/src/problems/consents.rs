//! Why a message does not leave, or waits; what a line of the ledger of consents lacks; people's rights.

use super::{ProblemText, text};

pub(super) const TEXTS: &[ProblemText] = &[
    text(
        "message_expired",
        422,
        [
            "Trop tard",
            "L’heure limite de ce message est passée : il n’est pas parti.",
            "Rien à faire. Pour l’envoyer quand même, préparez un nouvel envoi.",
        ],
        [
            "Too late",
            "The time limit of this message has passed: it did not leave.",
            "Nothing to do. To send it all the same, prepare a new mailing.",
        ],
    ),
    text(
        "offer_expired",
        422,
        [
            "Offre terminée",
            "L’offre annoncée aurait été terminée à l’arrivée : le message n’est pas parti.",
            "Changez la date de fin de l’offre, puis préparez un nouvel envoi.",
        ],
        [
            "Offer over",
            "The offer would have been over on arrival: the message did not leave.",
            "Change the end of the offer, then prepare a new mailing.",
        ],
    ),
    text(
        "address_invalid",
        422,
        [
            "Adresse inutilisable",
            "L’adresse e-mail ou le numéro n’est pas complet : rien n’y est envoyé.",
            "Corrigez l’adresse dans la fiche du client.",
        ],
        [
            "Unusable address",
            "The e-mail address or number is not complete: nothing is sent to it.",
            "Correct the address in the customer’s record.",
        ],
    ),
    text(
        "consent_unknown",
        422,
        [
            "Accord inconnu",
            "Cette personne n’a jamais accepté vos offres par ce moyen, ou vous ne la connaissez pas : rien ne lui est envoyé.",
            "Demandez-lui son accord, puis notez-le dans sa fiche.",
        ],
        [
            "Agreement unknown",
            "This person never agreed to your offers by this means, or is not known to you: nothing is sent.",
            "Ask for their agreement, then note it in their record.",
        ],
    ),
    text(
        "consent_withdrawn",
        422,
        [
            "Accord retiré",
            "Cette personne ne veut plus de vos offres par ce moyen : le message n’est pas parti.",
            "Rien à faire.",
        ],
        [
            "Agreement withdrawn",
            "This person no longer wants your offers by this means: the message did not leave.",
            "Nothing to do.",
        ],
    ),
    text(
        "suppressed",
        422,
        [
            "Ne plus écrire",
            "Cette adresse est dans la liste « Ne plus écrire » : le message n’est pas parti.",
            "Rien à faire. La liste se trouve dans Clients.",
        ],
        [
            "Do not write",
            "This address is on the “Do not write” list: the message did not leave.",
            "Nothing to do. The list is in Customers.",
        ],
    ),
    text(
        "frequency_cap",
        422,
        [
            "Déjà écrit récemment",
            "Cette personne a déjà reçu une offre ces derniers jours, par e-mail ou par SMS : celle-ci a été retenue.",
            "Rien à faire. La limite se règle dans Réglages.",
        ],
        [
            "Written to recently",
            "This person already received an offer these last days, by e-mail or SMS: this one was withheld.",
            "Nothing to do. The limit is in Settings.",
        ],
    ),
    text(
        "outside_legal_hours",
        422,
        [
            "Hors des heures permises",
            "Un SMS publicitaire ne part pas à cette heure ni ce jour-là : il attend la prochaine ouverture.",
            "Rien à faire. Les heures se règlent dans Réglages.",
        ],
        [
            "Outside the hours allowed",
            "An advertising SMS does not leave at this hour or on this day: it waits for the next opening.",
            "Nothing to do. The hours are in Settings.",
        ],
    ),
    text(
        "budget_reached",
        422,
        [
            "Budget du mois atteint",
            "Ce message dépasserait le budget du mois : il attend.",
            "Augmentez le budget dans Réglages, ou attendez le mois prochain.",
        ],
        [
            "Budget of the month reached",
            "This message would exceed the budget of the month: it waits.",
            "Raise the budget in Settings, or wait for next month.",
        ],
    ),
    text(
        "consent_basis_invalid",
        422,
        [
            "Accord contradictoire",
            "Un accord et un retrait ne peuvent pas être notés sur la même ligne.",
            "Choisissez l’accord ou le retrait, puis recommencez.",
        ],
        [
            "Contradictory line",
            "An agreement and a withdrawal cannot be noted in the same line.",
            "Choose the agreement or the withdrawal, then try again.",
        ],
    ),
    text(
        "consent_date_invalid",
        422,
        [
            "Date à venir",
            "Un accord ne peut pas être daté dans le futur.",
            "Indiquez le jour où la personne a accepté.",
        ],
        [
            "Date to come",
            "An agreement cannot be dated in the future.",
            "Give the day on which the person agreed.",
        ],
    ),
    text(
        "consent_source_missing",
        422,
        [
            "Origine manquante",
            "Il faut dire où la personne a accepté : carte papier, formulaire, téléphone.",
            "Indiquez l’origine de l’accord.",
        ],
        [
            "Source missing",
            "It must be said where the person agreed: paper card, form, telephone.",
            "Give the source of the agreement.",
        ],
    ),
    text(
        "consent_wording_missing",
        422,
        [
            "Texte accepté manquant",
            "Il faut dire quel texte la personne a accepté.",
            "Indiquez la version du texte, par exemple « carte 2026 ».",
        ],
        [
            "Wording missing",
            "It must be said which words the person agreed to.",
            "Give the version of the words, for example “card 2026”.",
        ],
    ),
    text(
        "consent_proof_missing",
        422,
        [
            "Preuve manquante",
            "Un accord noté par l’équipe a besoin d’une preuve : c’est à vous de la montrer en cas de plainte.",
            "Indiquez où elle se trouve : numéro de la carte, fichier et ligne.",
        ],
        [
            "Proof missing",
            "An agreement noted by staff needs a proof: it is for you to show it if somebody complains.",
            "Say where it is: number of the card, file and row.",
        ],
    ),
    text(
        "consent_channel_invalid",
        422,
        ["Moyen impossible", "Seule l’ouverture d’un e-mail peut être suivie.", "Choisissez l’e-mail."],
        ["Not by this means", "Only the opening of an e-mail can be followed.", "Choose e-mail."],
    ),
    text(
        "consent_older_than_withdrawal",
        409,
        [
            "Retrait plus récent",
            "La personne a retiré son accord après cette date : l’ancien accord ne vaut plus.",
            "Notez un nouvel accord si elle a changé d’avis depuis.",
        ],
        [
            "Withdrawn since",
            "The person withdrew after this date: the older agreement no longer counts.",
            "Note a new agreement if they changed their mind since.",
        ],
    ),
    text(
        "soft_opt_in_without_sale",
        422,
        [
            "Pas de vente",
            "Sans accord, on n’écrit qu’à une personne qui a déjà payé chez vous. Une réservation ne suffit pas.",
            "Notez la visite et son montant, ou demandez l’accord de la personne.",
        ],
        [
            "No sale",
            "Without agreement, only a person who has paid at your place may be written to. A booking is not enough.",
            "Note the visit with its amount, or ask the person to agree.",
        ],
    ),
    text(
        "soft_opt_in_not_possible",
        422,
        [
            "Accord nécessaire",
            "Suivre l’ouverture des e-mails demande un accord à part : une vente ne suffit pas.",
            "Demandez cet accord à la personne.",
        ],
        [
            "Agreement needed",
            "Following the opening of e-mails needs an agreement of its own: a sale is not enough.",
            "Ask the person for this agreement.",
        ],
    ),
    text(
        "suppression_reason_missing",
        422,
        [
            "Raison manquante",
            "Il faut dire pourquoi on peut de nouveau écrire à cette adresse.",
            "Écrivez la raison en quelques mots.",
        ],
        [
            "Reason missing",
            "It must be said why this address may be written to again.",
            "Write the reason in a few words.",
        ],
    ),
    text(
        "suppression_kept",
        409,
        [
            "La personne a dit non",
            "Elle s’est désinscrite, s’est plainte ou s’est opposée : l’adresse reste dans la liste.",
            "Notez d’abord son nouvel accord dans sa fiche, puis recommencez.",
        ],
        [
            "The person said no",
            "They unsubscribed, complained or objected: the address stays on the list.",
            "First note their new agreement in their record, then try again.",
        ],
    ),
    text(
        "rights_due_soon",
        200,
        [
            "Demande à traiter",
            "Une personne attend une réponse sur ses données : la loi vous donne un mois, qui finit bientôt.",
            "Ouvrez « Droits des personnes » dans Clients et répondez-lui.",
        ],
        [
            "A request to answer",
            "A person waits for an answer about their data: the law gives you a month, which ends soon.",
            "Open “People’s rights” in Customers and answer.",
        ],
    ),
    text(
        "rights_request_done",
        409,
        ["Déjà traitée", "Cette demande est déjà close.", "Rien à faire."],
        ["Already answered", "This request is closed already.", "Nothing to do."],
    ),
    text(
        "contact_erased",
        410,
        [
            "Personne effacée",
            "Cette personne a été effacée à sa demande : le message n’est pas parti.",
            "Rien à faire.",
        ],
        [
            "Person erased",
            "This person was erased at their request: the message did not leave.",
            "Nothing to do.",
        ],
    ),
    text(
        "erasure_not_told",
        502,
        [
            "Effacement à transmettre",
            "Un prestataire n’a pas encore pu effacer une personne que vous avez effacée ici.",
            "Vérifiez son compte dans Connexions ; nous recommençons chaque heure.",
        ],
        [
            "Erasure to pass on",
            "A provider could not yet erase a person whom you erased here.",
            "Check its account in Connections; we try again every hour.",
        ],
    ),
];
