//! What providers of e-mail and SMS say: keys, senders, credits, and messages that they refuse.

use super::{ProblemText, text};

pub(super) const TEXTS: &[ProblemText] = &[
    text(
        "messages_ready",
        200,
        ["Prêt à envoyer", "Le fournisseur reconnaît l’application.", "Rien à faire."],
        ["Ready to send", "The provider recognises the application.", "Nothing to do."],
    ),
    text(
        "sender_verified",
        200,
        [
            "Expéditeur validé",
            "Le fournisseur accepte ce nom ou cette adresse d’expéditeur.",
            "Rien à faire.",
        ],
        ["Sender approved", "The provider accepts this name or address of the sender.", "Nothing to do."],
    ),
    text(
        "sender_waits",
        422,
        [
            "Expéditeur en attente",
            "Le fournisseur n’a pas encore validé l’expéditeur : rien ne peut partir en son nom.",
            "Attendez sa réponse, puis cliquez sur Vérifier.",
        ],
        [
            "Sender waits",
            "The provider has not yet approved the sender: nothing can leave in its name.",
            "Wait for its answer, then click Check.",
        ],
    ),
    text(
        "sender_not_verified",
        422,
        [
            "Expéditeur non validé",
            "Le fournisseur refuse cet expéditeur. Vos messages attendent, rien n’est perdu.",
            "Faites valider l’expéditeur chez le fournisseur, puis cliquez sur Vérifier.",
        ],
        [
            "Sender not approved",
            "The provider refuses this sender. Your messages wait, nothing is lost.",
            "Have the sender approved at the provider, then click Check.",
        ],
    ),
    text(
        "short_number_used",
        200,
        [
            "Numéro court",
            "Sans nom d’expéditeur, les SMS partent d’un numéro court : vos clients peuvent répondre, mais aucun lien n’est permis dans le texte.",
            "Indiquez un nom d’expéditeur si vous voulez des liens.",
        ],
        [
            "Short number",
            "Without the name of a sender SMS leave from a short number: customers can answer, but no link is allowed in the text.",
            "Name a sender if you want links.",
        ],
    ),
    text(
        "link_with_short_number",
        422,
        [
            "Lien interdit",
            "Un numéro court ne transporte ni lien ni adresse. Le message n’est pas parti.",
            "Retirez le lien, ou indiquez un nom d’expéditeur dans Connexions.",
        ],
        [
            "Link not allowed",
            "A short number carries no link and no address. The message did not leave.",
            "Remove the link, or name a sender in Connections.",
        ],
    ),
    text(
        "credits_left",
        200,
        ["Crédits disponibles", "Il reste des crédits chez le fournisseur.", "Rien à faire."],
        ["Credits left", "There are credits left at the provider.", "Nothing to do."],
    ),
    text(
        "few_credits",
        200,
        [
            "Peu de crédits",
            "Il reste peu de crédits chez le fournisseur.",
            "Achetez-en avant votre prochain envoi.",
        ],
        ["Few credits", "There are few credits left at the provider.", "Buy some before your next sending."],
    ),
    text(
        "no_credit",
        402,
        [
            "Plus de crédit",
            "Le fournisseur n’envoie plus rien faute de crédit. Vos messages attendent, rien n’est perdu.",
            "Achetez des crédits chez le fournisseur, puis cliquez sur Vérifier.",
        ],
        [
            "No credit left",
            "The provider sends nothing more for lack of credit. Your messages wait, nothing is lost.",
            "Buy credits at the provider, then click Check.",
        ],
    ),
    text(
        "provider_key_refused",
        401,
        [
            "Clé refusée",
            "Le fournisseur ne reconnaît pas, ou plus, la clé donnée. Vos messages attendent, rien n’est perdu.",
            "Créez une nouvelle clé chez le fournisseur, puis reconnectez le compte.",
        ],
        [
            "Key refused",
            "The provider does not, or no longer, recognise the given key. Your messages wait, nothing is lost.",
            "Create a new key at the provider, then reconnect the account.",
        ],
    ),
    text(
        "provider_right_missing",
        403,
        [
            "Droit manquant",
            "La clé donnée n’a pas le droit de faire cela. Vos messages attendent, rien n’est perdu.",
            "Créez une clé avec tous les droits demandés par le guide, puis reconnectez le compte.",
        ],
        [
            "Right missing",
            "The given key may not do this. Your messages wait, nothing is lost.",
            "Create a key with all the rights that the guide asks for, then reconnect the account.",
        ],
    ),
    text(
        "provider_address_refused",
        401,
        [
            "Connexion Internet inconnue",
            "Le fournisseur n’accepte que certaines connexions Internet, et celle-ci a changé. Vos messages attendent.",
            "Chez le fournisseur, retirez la restriction des adresses IP, puis cliquez sur Vérifier.",
        ],
        [
            "Internet line unknown",
            "The provider accepts certain internet lines only, and this one has changed. Your messages wait.",
            "At the provider remove the restriction of IP addresses, then click Check.",
        ],
    ),
    text(
        "provider_account_suspended",
        403,
        [
            "Compte suspendu",
            "Le fournisseur a suspendu ce compte, ou ne l’a pas encore ouvert. Vos messages attendent.",
            "Connectez-vous chez le fournisseur pour voir ce qu’il demande, puis cliquez sur Vérifier.",
        ],
        [
            "Account suspended",
            "The provider has suspended this account, or not yet opened it. Your messages wait.",
            "Sign in at the provider to see what it asks for, then click Check.",
        ],
    ),
    text(
        "provider_trial_account",
        403,
        [
            "Compte d’essai",
            "Ce compte d’essai n’écrit qu’à des numéros vérifiés. Vos messages attendent.",
            "Passez à un compte payant chez le fournisseur, puis cliquez sur Vérifier.",
        ],
        [
            "Trial account",
            "This trial account writes to verified numbers only. Your messages wait.",
            "Move to a paid account at the provider, then click Check.",
        ],
    ),
    text(
        "provider_region_closed",
        403,
        [
            "Pays non ouvert",
            "Le fournisseur n’envoie pas encore de SMS vers ce pays depuis ce compte. Vos messages attendent.",
            "Ouvrez ce pays dans les réglages du fournisseur, puis cliquez sur Vérifier.",
        ],
        [
            "Country not open",
            "The provider does not yet send SMS to this country from this account. Your messages wait.",
            "Open this country in the settings of the provider, then click Check.",
        ],
    ),
    text(
        "provider_clock",
        503,
        [
            "Heure à recaler",
            "L’heure de cet ordinateur s’écarte de celle du fournisseur. L’application mesure l’écart et recommence.",
            "Rien à faire.",
        ],
        [
            "Clocks apart",
            "The time of this computer differs from the provider’s. The application measures the difference and tries again.",
            "Nothing to do.",
        ],
    ),
    text(
        "sender_name_invalid",
        422,
        [
            "Nom d’expéditeur incorrect",
            "Le nom affiché sur le téléphone doit avoir 11 lettres ou chiffres au plus, sans espace, dont une lettre. Vos messages attendent.",
            "Corrigez le nom de l’expéditeur dans Connexions.",
        ],
        [
            "Wrong name of the sender",
            "The name shown on the phone must have at most 11 letters or digits, no space, one letter at least. Your messages wait.",
            "Correct the name of the sender in Connections.",
        ],
    ),
    text(
        "no_stop_with_name",
        200,
        [
            "Pas de réponse STOP",
            "Avec un nom d’expéditeur, vos clients ne peuvent pas répondre STOP à ce fournisseur.",
            "Mettez un lien de désinscription dans vos messages publicitaires.",
        ],
        [
            "No STOP by answer",
            "With the name of a sender customers cannot answer STOP at this provider.",
            "Put an unsubscribe link into your advertising messages.",
        ],
    ),
    text(
        "sms_service_choice",
        422,
        [
            "Compte SMS à choisir",
            "Vous avez plusieurs comptes SMS chez OVHcloud.",
            "Écrivez le nom de celui à utiliser dans « Compte SMS ».",
        ],
        [
            "Choose an SMS account",
            "You have several SMS accounts at OVHcloud.",
            "Write the name of the one to use in “SMS account”.",
        ],
    ),
    text(
        "sms_service_not_found",
        422,
        [
            "Compte SMS introuvable",
            "Ces clés n’ouvrent pas de compte SMS, ou pas celui qui est nommé.",
            "Vérifiez le nom du compte SMS chez OVHcloud, puis reconnectez.",
        ],
        [
            "SMS account not found",
            "These keys open no SMS account, or not the one that is named.",
            "Check the name of the SMS account at OVHcloud, then reconnect.",
        ],
    ),
    text(
        "message_refused",
        422,
        [
            "Message refusé",
            "Le fournisseur refuse ce message. Il n’est pas parti.",
            "Lisez sa réponse, corrigez le message, puis renvoyez-le.",
        ],
        [
            "Message refused",
            "The provider refuses this message. It did not leave.",
            "Read its answer, mend the message, then send it again.",
        ],
    ),
    text(
        "message_too_long",
        422,
        [
            "Message trop long",
            "Le fournisseur refuse un texte de cette longueur. Il n’est pas parti.",
            "Raccourcissez le texte, puis renvoyez-le.",
        ],
        [
            "Message too long",
            "The provider refuses a text of this length. It did not leave.",
            "Shorten the text, then send it again.",
        ],
    ),
    text(
        "message_called_spam",
        422,
        [
            "Pris pour du spam",
            "Le fournisseur ou l’opérateur a pris ce message pour du spam. L’envoi s’arrête.",
            "Relisez le texte : pas de majuscules criardes, pas de lien raccourci. Puis reprenez l’envoi.",
        ],
        [
            "Taken for spam",
            "The provider or the operator took this message for spam. The sending stops.",
            "Read the text again: no shouting capitals, no shortened link. Then resume the sending.",
        ],
    ),
    text(
        "address_dead",
        422,
        [
            "Adresse morte",
            "Cette adresse ou ce numéro ne fonctionnera jamais. On ne lui écrit plus.",
            "Demandez la bonne adresse à la personne.",
        ],
        [
            "Dead address",
            "This address or number will never work. It is not written to any more.",
            "Ask the person for the right address.",
        ],
    ),
    text(
        "recipient_opted_out",
        422,
        [
            "Ne veut plus de messages",
            "Le fournisseur sait que cette personne ne veut plus de messages. On ne lui écrit plus.",
            "Rien à faire.",
        ],
        [
            "Wants no messages",
            "The provider knows that this person wants no more messages. They are not written to any more.",
            "Nothing to do.",
        ],
    ),
];
