//! What is wrong with the owner's web site as a place for photos.

use super::{ProblemText, text};

pub(super) const TEXTS: &[ProblemText] = &[
    text(
        "media_host_ready",
        200,
        [
            "Site prêt",
            "Une photo d’essai a été déposée sur votre site, vue de l’extérieur, puis retirée.",
            "Rien à faire.",
        ],
        [
            "Site ready",
            "A test photo was put on your site, seen from outside, and removed.",
            "Nothing to do.",
        ],
    ),
    text(
        "media_host_cannot_remove",
        200,
        [
            "Photos non retirées",
            "Votre site prend les photos, mais refuse qu’on les retire : elles y resteront.",
            "Donnez aussi le droit de supprimer à cet accès.",
        ],
        [
            "Photos not removed",
            "Your site takes photos but refuses to have them removed: they will stay there.",
            "Give this access the right to delete too.",
        ],
    ),
    text(
        "media_host_missing",
        404,
        [
            "Pas de site web",
            "Aucun site web n’est indiqué pour les photos.",
            "Indiquez-le dans Réglages, « Votre site web ».",
        ],
        ["No web site", "No web site is named for photos.", "Name it in Settings, “Your web site”."],
    ),
    text(
        "media_host_kind_unknown",
        422,
        [
            "Sorte de site inconnue",
            "Cette sorte de site n’existe pas ici.",
            "Choisissez WordPress, WebDAV ou S3.",
        ],
        ["Unknown kind of site", "There is no such kind of site here.", "Choose WordPress, WebDAV or S3."],
    ),
    text(
        "media_host_address_unsafe",
        422,
        [
            "Adresse refusée",
            "Un mot de passe ne peut être envoyé qu’à une adresse qui commence par « https ».",
            "Vérifiez l’adresse, sans identifiant à l’intérieur.",
        ],
        [
            "Address refused",
            "A password can only be sent to an address that begins with “https”.",
            "Check the address, without a login inside it.",
        ],
    ),
    text(
        "media_host_unreachable",
        502,
        [
            "Site injoignable",
            "Votre site web ne répond pas, ou répond par une erreur : la photo n’y est pas.",
            "Ouvrez votre site dans le navigateur ; s’il s’affiche, réessayez dans quelques minutes.",
        ],
        [
            "Site unreachable",
            "Your web site does not answer, or with an error: the photo is not there.",
            "Open your site in the browser; if it shows, try again in a few minutes.",
        ],
    ),
    text(
        "media_host_moved",
        502,
        [
            "Le site est ailleurs",
            "Votre site renvoie à une autre adresse, par exemple avec « www ».",
            "Recopiez dans Réglages l’adresse que montre le navigateur.",
        ],
        [
            "The site is elsewhere",
            "Your site leads to another address, for example with “www”.",
            "Copy the address that the browser shows into Settings.",
        ],
    ),
    text(
        "media_host_not_found",
        502,
        [
            "Rien à cette adresse",
            "Il n’y a rien à cette adresse qui prenne des photos.",
            "Vérifiez l’adresse et le dossier ; pour WordPress, que l’API REST n’est pas coupée par une extension.",
        ],
        [
            "Nothing at this address",
            "There is nothing at this address that takes photos.",
            "Check the address and the folder; for WordPress, that no plugin switches the REST API off.",
        ],
    ),
    text(
        "media_host_login_refused",
        502,
        [
            "Accès refusé",
            "Votre site ne reconnaît pas cet identifiant ou ce mot de passe.",
            "Créez un nouveau mot de passe d’application et recopiez-le dans Réglages.",
        ],
        [
            "Access refused",
            "Your site does not know this user name or password.",
            "Make a new application password and copy it into Settings.",
        ],
    ),
    text(
        "media_host_login_unheard",
        502,
        [
            "Mot de passe non reçu",
            "Votre site n’a pas reconnu la connexion : le mot de passe est faux, ou l’hébergeur l’efface en route.",
            "Vérifiez le mot de passe d’application ; s’il est bon, demandez à l’hébergeur de laisser passer l’en-tête « Authorization ».",
        ],
        [
            "Password not received",
            "Your site did not recognise the sign-in: the password is wrong, or the web host drops it on the way.",
            "Check the application password; if it is right, ask the web host to let the “Authorization” header through.",
        ],
    ),
    text(
        "media_host_rights_missing",
        502,
        [
            "Droits insuffisants",
            "Cet utilisateur n’a pas le droit de déposer des photos sur le site.",
            "Donnez-lui le rôle « Auteur » ou « Éditeur » dans WordPress, ou le droit d’écrire dans ce dossier.",
        ],
        [
            "Not enough rights",
            "This user may not put photos on the site.",
            "Give them the role “Author” or “Editor” in WordPress, or the right to write into this folder.",
        ],
    ),
    text(
        "media_host_blocked",
        502,
        [
            "Bloqué par le site",
            "Une protection de votre site (pare-feu, extension de sécurité) refuse ce programme.",
            "Autorisez l’API REST ou WebDAV dans cette protection, ou demandez-le à votre hébergeur.",
        ],
        [
            "Blocked by the site",
            "A protection of your site (firewall, security plugin) refuses this program.",
            "Allow the REST API or WebDAV in that protection, or ask your web host to.",
        ],
    ),
    text(
        "media_host_full",
        502,
        [
            "Plus de place",
            "Il n’y a plus de place sur votre site pour la photo.",
            "Libérez de la place chez votre hébergeur.",
        ],
        [
            "No space left",
            "There is no space left on your site for the photo.",
            "Free space at your web host.",
        ],
    ),
    text(
        "media_host_file_refused",
        502,
        [
            "Photo refusée par le site",
            "Votre site ne veut pas de ce fichier, par son type ou sa taille.",
            "Autorisez les photos JPEG jusqu’à 8 Mo dans les réglages du site.",
        ],
        [
            "Photo refused by the site",
            "Your site does not want this file, for its type or size.",
            "Allow JPEG photos of up to 8 MB in the settings of the site.",
        ],
    ),
    text(
        "media_host_unseen",
        502,
        [
            "Photo pas encore visible",
            "La photo est déposée, mais votre site n’a pas su la montrer.",
            "Réessayez dans quelques minutes.",
        ],
        [
            "Photo not visible yet",
            "The photo is there, but your site could not show it.",
            "Try again in a few minutes.",
        ],
    ),
    text(
        "media_host_hidden",
        502,
        [
            "Photo cachée au public",
            "La photo est déposée, mais on ne la voit pas de l’extérieur : les réseaux ne pourront pas la prendre.",
            "Vérifiez l’adresse publique, et que le site ne demande pas de mot de passe aux visiteurs.",
        ],
        [
            "Photo hidden from the public",
            "The photo is there but cannot be seen from outside: the networks will not be able to take it.",
            "Check the public address, and that the site asks visitors for no password.",
        ],
    ),
    text(
        "media_host_private",
        502,
        [
            "Site privé",
            "Cette adresse n’existe que dans votre réseau : les réseaux sociaux ne la voient pas.",
            "Indiquez un site ouvert à tous sur Internet.",
        ],
        [
            "Private site",
            "This address exists in your own network only: social networks cannot see it.",
            "Name a site that is open to everybody on the internet.",
        ],
    ),
    text(
        "media_host_altered",
        502,
        [
            "Photo modifiée par le site",
            "Votre site transforme les photos déposées : ce qui se voit n’est plus ce qui a été envoyé.",
            "Dans l’extension qui optimise les images, coupez la compression à l’envoi.",
        ],
        [
            "Photo altered by the site",
            "Your site transforms the photos it is given: what can be seen is not what was sent.",
            "Switch compression on upload off in the plugin that optimises pictures.",
        ],
    ),
    text(
        "media_host_wrong_type",
        502,
        [
            "Type de fichier faux",
            "Votre site montre la photo sans dire que c’est une photo JPEG : les réseaux la refuseraient.",
            "Demandez à votre hébergeur de servir les fichiers « .jpg » comme « image/jpeg ».",
        ],
        [
            "Wrong file type",
            "Your site shows the photo without saying that it is a JPEG photo: networks would refuse it.",
            "Ask your web host to serve “.jpg” files as “image/jpeg”.",
        ],
    ),
];
