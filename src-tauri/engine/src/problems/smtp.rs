//! What sending through a mail account and reading its mailbox can say; good news of its check included.

use super::{ProblemText, text};

pub(super) const TEXTS: &[ProblemText] = &[
    text(
        "mail_ready",
        200,
        ["Messagerie prête", "Le serveur accepte vos identifiants et vos messages.", "Rien à faire."],
        ["Mail account ready", "The server accepts your sign-in and your messages.", "Nothing to do."],
    ),
    text(
        "mailbox_read",
        200,
        [
            "Retours lus",
            "Les retours et les désabonnements de cette boîte sont lus, sans rien y changer.",
            "Rien à faire.",
        ],
        [
            "Returns are read",
            "Returned mail and wishes to unsubscribe are read there, without changing anything.",
            "Nothing to do.",
        ],
    ),
    text(
        "mailbox_not_read",
        200,
        [
            "Retours non lus",
            "Sans serveur de réception, les adresses mortes et les désabonnements par e-mail ne sont pas vus.",
            "Complétez le serveur de réception (IMAP) dans Connexions.",
        ],
        [
            "Returns are not read",
            "Without an incoming server, dead addresses and wishes to unsubscribe by mail are not seen.",
            "Add the incoming server (IMAP) in Connections.",
        ],
    ),
    text(
        "spf_found",
        200,
        ["SPF en règle", "Votre nom de domaine autorise ce serveur à écrire pour lui.", "Rien à faire."],
        ["SPF in order", "Your domain allows this server to write in its name.", "Nothing to do."],
    ),
    text(
        "spf_missing",
        422,
        [
            "SPF manquant",
            "Votre nom de domaine ne dit pas qui peut écrire pour lui : Orange et Gmail refuseront vos messages.",
            "Ajoutez la ligne affichée chez l’hébergeur de votre nom de domaine.",
        ],
        [
            "SPF missing",
            "Your domain does not say who may write in its name: Orange and Gmail will refuse your messages.",
            "Add the line shown at the host of your domain.",
        ],
    ),
    text(
        "spf_incomplete",
        422,
        [
            "SPF incomplet",
            "Votre nom de domaine n’autorise pas ce serveur à écrire pour lui.",
            "Remplacez la ligne SPF par celle qui est affichée, chez l’hébergeur de votre nom de domaine.",
        ],
        [
            "SPF incomplete",
            "Your domain does not allow this server to write in its name.",
            "Replace the SPF line by the one shown, at the host of your domain.",
        ],
    ),
    text(
        "spf_twice",
        422,
        [
            "Deux lignes SPF",
            "Votre nom de domaine a deux lignes SPF : aucune ne compte.",
            "Gardez-en une seule chez l’hébergeur de votre nom de domaine.",
        ],
        [
            "Two SPF lines",
            "Your domain has two SPF lines: neither counts.",
            "Keep only one at the host of your domain.",
        ],
    ),
    text(
        "dkim_found",
        200,
        ["DKIM en règle", "Votre nom de domaine porte une clé de signature.", "Rien à faire."],
        ["DKIM in order", "Your domain has a signing key.", "Nothing to do."],
    ),
    text(
        "dkim_not_found",
        200,
        [
            "DKIM non trouvé",
            "Aucune clé de signature n’est visible sous les noms habituels. Orange l’exige.",
            "Activez « DKIM » dans l’espace client de votre hébergeur, ou demandez-lui si c’est fait.",
        ],
        [
            "DKIM not found",
            "No signing key is seen under the usual names. Orange demands one.",
            "Switch “DKIM” on in the customer area of your host, or ask whether it is on.",
        ],
    ),
    text(
        "dmarc_found",
        200,
        ["DMARC en règle", "Votre nom de domaine dit quoi faire des faux messages.", "Rien à faire."],
        ["DMARC in order", "Your domain says what to do with forged mail.", "Nothing to do."],
    ),
    text(
        "dmarc_missing",
        422,
        [
            "DMARC manquant",
            "Votre nom de domaine n’a pas de ligne DMARC : Orange refusera vos messages.",
            "Ajoutez la ligne affichée chez l’hébergeur de votre nom de domaine.",
        ],
        [
            "DMARC missing",
            "Your domain has no DMARC line: Orange will refuse your messages.",
            "Add the line shown at the host of your domain.",
        ],
    ),
    text(
        "mail_domain_unchecked",
        200,
        [
            "Domaine non vérifié",
            "Les lignes SPF, DKIM et DMARC de votre nom de domaine n’ont pas pu être lues.",
            "Relancez le contrôle quand la connexion est rétablie.",
        ],
        [
            "Domain not checked",
            "The SPF, DKIM and DMARC lines of your domain could not be read.",
            "Run the check again when the connection is back.",
        ],
    ),
    text(
        "mail_domain_foreign",
        422,
        [
            "Adresse d’un autre service",
            "Cette adresse appartient à un fournisseur (Gmail, Orange, Free…) et le serveur d’envoi n’est pas le sien : presque tous les messages seraient refusés comme des faux.",
            "Prenez le serveur d’envoi de ce fournisseur, ou une adresse à votre propre nom de domaine.",
        ],
        [
            "Address of another service",
            "This address belongs to a provider (Gmail, Orange, Free…) and the outgoing server is not its own: almost every message would be refused as forged.",
            "Take the outgoing server of that provider, or an address of your own domain.",
        ],
    ),
    text(
        "mail_server_invalid",
        422,
        [
            "Serveur illisible",
            "Le nom du serveur, son port ou son chiffrement n’a pas la forme attendue.",
            "Recopiez-les depuis l’aide de votre hébergeur.",
        ],
        [
            "Server not readable",
            "The name of the server, its port or its encryption does not have the expected form.",
            "Copy them from the help of your host.",
        ],
    ),
    text(
        "mail_encryption_required",
        422,
        [
            "Chiffrement obligatoire",
            "Ce serveur n’offre pas de ligne chiffrée. Votre mot de passe ne part jamais en clair.",
            "Choisissez le port 465 avec tls, ou demandez à votre hébergeur.",
        ],
        [
            "Encryption required",
            "This server offers no encrypted line. Your password never leaves in the clear.",
            "Choose port 465 with tls, or ask your host.",
        ],
    ),
    text(
        "mail_certificate_refused",
        502,
        [
            "Serveur douteux",
            "Le serveur ne prouve pas qu’il est bien celui qu’il dit. Rien ne lui a été confié.",
            "Vérifiez le nom du serveur ; si cela dure, changez de Wi-Fi ou appelez votre hébergeur.",
        ],
        [
            "Doubtful server",
            "The server does not prove that it is who it says. Nothing was entrusted to it.",
            "Check the name of the server; if this lasts, change the Wi-Fi or call your host.",
        ],
    ),
    text(
        "mail_sender_invalid",
        422,
        [
            "Adresse d’expéditeur illisible",
            "L’adresse d’expéditeur n’est pas une adresse e-mail.",
            "Corrigez-la dans Connexions.",
        ],
        [
            "Sender’s address not readable",
            "The sender’s address is no e-mail address.",
            "Correct it in Connections.",
        ],
    ),
    text(
        "mail_login_refused",
        401,
        [
            "Identifiants refusés",
            "Le serveur d’envoi refuse l’identifiant ou le mot de passe. Vos messages attendent.",
            "Entrez de nouveau le mot de passe dans Connexions ; chez Gmail, un mot de passe d’application.",
        ],
        [
            "Sign-in refused",
            "The outgoing server refuses the user name or the password. Your messages wait.",
            "Enter the password again in Connections; at Gmail, an app password.",
        ],
    ),
    text(
        "mailbox_login_refused",
        401,
        [
            "Boîte fermée",
            "Le serveur de réception refuse l’identifiant ou le mot de passe.",
            "Entrez de nouveau le mot de passe dans Connexions.",
        ],
        [
            "Mailbox closed",
            "The incoming server refuses the user name or the password.",
            "Enter the password again in Connections.",
        ],
    ),
    text(
        "mailbox_folder_missing",
        422,
        [
            "Dossier introuvable",
            "La boîte n’a pas de dossier de ce nom.",
            "Corrigez le dossier lu dans Connexions.",
        ],
        [
            "Folder not found",
            "The mailbox has no folder of this name.",
            "Correct the folder to read in Connections.",
        ],
    ),
    text(
        "mailbox_unreadable",
        502,
        [
            "Boîte injoignable",
            "La boîte n’a pas pu être lue cette fois. Rien n’est perdu : elle sera relue.",
            "Rien à faire.",
        ],
        [
            "Mailbox out of reach",
            "The mailbox could not be read this time. Nothing is lost: it is read again.",
            "Nothing to do.",
        ],
    ),
    text(
        "mail_sender_refused",
        422,
        [
            "Expéditeur refusé",
            "Le serveur n’accepte pas que ce compte écrive avec cette adresse. Vos messages attendent.",
            "Mettez dans Connexions l’adresse qui appartient à ce compte.",
        ],
        [
            "Sender refused",
            "The server does not let this account write with this address. Your messages wait.",
            "Set the address that belongs to this account in Connections.",
        ],
    ),
    text(
        "mail_not_authenticated",
        422,
        [
            "Domaine pas en règle",
            "Les messages sont refusés parce que votre nom de domaine n’a pas SPF, DKIM et DMARC en règle.",
            "Lancez le contrôle du compte : il donne les lignes à ajouter.",
        ],
        [
            "Domain not in order",
            "Messages are refused because SPF, DKIM and DMARC of your domain are not in order.",
            "Run the check of the account: it gives the lines to add.",
        ],
    ),
    text(
        "mail_server_refuses",
        502,
        [
            "Serveur fermé pour nous",
            "Le serveur d’envoi refuse de parler à cette connexion Internet.",
            "Appelez votre hébergeur, ou essayez depuis une autre connexion.",
        ],
        [
            "Server closed to us",
            "The outgoing server refuses to speak to this Internet connection.",
            "Call your host, or try from another connection.",
        ],
    ),
    text(
        "mail_quota_reached",
        429,
        [
            "Quota d’envoi atteint",
            "Votre hébergeur n’accepte plus de messages pour aujourd’hui. La suite part quand il rouvre.",
            "Rien à faire ; pour de grands envois, prenez un service d’envoi.",
        ],
        [
            "Sending limit reached",
            "Your host accepts no more messages for today. The rest leaves when it opens again.",
            "Nothing to do; for large mailings take a sending service.",
        ],
    ),
    text(
        "mail_called_spam",
        422,
        [
            "Pris pour du spam",
            "Le serveur prend ce message pour du courrier indésirable. L’envoi est arrêté.",
            "Relisez le texte et ses liens, puis lancez le contrôle du compte.",
        ],
        [
            "Taken for spam",
            "The server takes this message for unwanted mail. The mailing is stopped.",
            "Read the text and its links again, then run the check of the account.",
        ],
    ),
    text(
        "mail_recipient_refused",
        422,
        ["Destinataire refusé", "Le serveur refuse ce message pour cette personne.", "Rien à faire."],
        ["Recipient refused", "The server refuses this message for this person.", "Nothing to do."],
    ),
    text(
        "mail_recipient_invalid",
        422,
        [
            "Adresse illisible",
            "Ce n’est pas une adresse e-mail que ce serveur sait écrire.",
            "Corrigez l’adresse du client.",
        ],
        [
            "Address not readable",
            "This is no e-mail address that this server can write to.",
            "Correct the customer’s address.",
        ],
    ),
    text(
        "mailbox_full",
        422,
        ["Boîte pleine", "La boîte de cette personne est pleine. Nous réessaierons demain.", "Rien à faire."],
        ["Mailbox full", "The mailbox of this person is full. We try again tomorrow.", "Nothing to do."],
    ),
    text(
        "mail_greylisted",
        503,
        [
            "À repasser",
            "Le serveur demande de revenir dans quelques minutes. Le message repart tout seul.",
            "Rien à faire.",
        ],
        [
            "Come back later",
            "The server asks to come back in some minutes. The message tries again by itself.",
            "Nothing to do.",
        ],
    ),
    text(
        "mail_server_busy",
        503,
        [
            "Serveur occupé",
            "Le serveur d’envoi demande d’attendre. Les messages repartent tout seuls.",
            "Rien à faire.",
        ],
        [
            "Server busy",
            "The outgoing server asks to wait. Messages try again by themselves.",
            "Nothing to do.",
        ],
    ),
    text(
        "mail_server_silent",
        504,
        [
            "Serveur muet",
            "Le serveur d’envoi n’a pas répondu à temps ; rien n’est parti. Le message repart tout seul.",
            "Rien à faire.",
        ],
        [
            "Silent server",
            "The outgoing server did not answer in time; nothing left. The message tries again by itself.",
            "Nothing to do.",
        ],
    ),
    text(
        "mail_line_lost",
        502,
        [
            "Ligne coupée",
            "La ligne s’est coupée avant l’envoi ; rien n’est parti. Le message repart tout seul.",
            "Rien à faire.",
        ],
        [
            "Line cut",
            "The line was cut before sending; nothing left. The message tries again by itself.",
            "Nothing to do.",
        ],
    ),
    text(
        "mail_reply_lost",
        502,
        [
            "Réponse perdue",
            "La ligne s’est coupée juste après l’envoi : personne ne peut savoir si ce message est parti.",
            "Rien à faire ; un envoi en nombre n’est jamais renvoyé dans le doute.",
        ],
        [
            "Answer lost",
            "The line was cut right after sending: nobody can know whether this message left.",
            "Nothing to do; a mailing is never sent again in doubt.",
        ],
    ),
    text(
        "mail_not_understood",
        502,
        [
            "Dialogue impossible",
            "Le serveur d’envoi répond autre chose que du courrier, peut-être la page d’un Wi-Fi.",
            "Vérifiez le serveur et le port dans Connexions.",
        ],
        [
            "No understanding",
            "The outgoing server answers something else than mail, perhaps the page of a Wi-Fi.",
            "Check server and port in Connections.",
        ],
    ),
    text(
        "mail_too_large",
        413,
        [
            "Message trop lourd",
            "Le message dépasse ce que le serveur accepte.",
            "Allégez le texte ou ses images.",
        ],
        [
            "Message too large",
            "The message is larger than the server accepts.",
            "Make the text or its pictures lighter.",
        ],
    ),
    text(
        "mail_malformed",
        422,
        [
            "Message mal formé",
            "Un nom, un sujet ou une adresse contient un caractère qui ne peut pas voyager. Rien n’est parti.",
            "Corrigez le texte ou l’adresse du client.",
        ],
        [
            "Malformed message",
            "A name, a subject or an address holds a character that cannot travel. Nothing left.",
            "Correct the text or the customer’s address.",
        ],
    ),
];
