//! What Facebook and Instagram answered, what an account lacks, and what a post needs there.

use super::{ProblemText, text};

pub(super) const TEXTS: &[ProblemText] = &[
    text(
        "no_page",
        422,
        [
            "Aucune Page",
            "Ce jeton n’ouvre aucune Page Facebook.",
            "Attribuez votre Page à l’utilisateur système, puis générez un nouveau jeton.",
        ],
        [
            "No Page",
            "This token opens no Facebook Page.",
            "Assign your Page to the system user, then generate a new token.",
        ],
    ),
    text(
        "page_not_managed",
        422,
        [
            "Autre Page",
            "Ce jeton n’ouvre pas la Page demandée.",
            "Attribuez cette Page à l’utilisateur système, ou vérifiez son numéro.",
        ],
        [
            "Other Page",
            "This token does not open the Page that is wanted.",
            "Assign this Page to the system user, or check its ID.",
        ],
    ),
    text(
        "instagram_not_linked",
        422,
        [
            "Instagram non lié",
            "Aucun compte Instagram professionnel n’est lié à cette Page.",
            "Liez-le dans les paramètres de la Page, puis réessayez.",
        ],
        [
            "Instagram not linked",
            "No professional Instagram account is linked to this Page.",
            "Link it in the Page’s settings, then try again.",
        ],
    ),
    text(
        "instagram_id_mismatch",
        422,
        [
            "Autre compte Instagram",
            "Le jeton ouvre un autre compte Instagram que celui du numéro indiqué.",
            "Vérifiez le numéro, ou laissez le champ vide.",
        ],
        [
            "Other Instagram account",
            "The token opens another Instagram account than the one of the given ID.",
            "Check the ID, or leave the field empty.",
        ],
    ),
    text(
        "public_url_needed",
        422,
        [
            "Adresse publique nécessaire",
            "Ce réseau ne prend une photo qu’à une adresse publique, et celle-ci est sur cet ordinateur.",
            "Indiquez votre site web dans Réglages, « Votre site web » : les photos passeront par lui.",
        ],
        [
            "Public address needed",
            "This network takes a photo from a public address only, and this one is on this computer.",
            "Name your web site in Settings, “Your web site”: photos will go through it.",
        ],
    ),
    text(
        "caption_near_limit",
        422,
        [
            "Légende très longue",
            "La légende approche de la limite d’Instagram, qui pourrait la refuser.",
            "Raccourcissez-la un peu si vous le pouvez.",
        ],
        [
            "Very long caption",
            "The caption is near Instagram’s limit and might be refused.",
            "Shorten it a little if you can.",
        ],
    ),
    text(
        "too_many_mentions",
        422,
        [
            "Trop de mentions",
            "Instagram accepte vingt mentions de comptes au plus.",
            "Retirez quelques mentions.",
        ],
        [
            "Too many mentions",
            "Instagram takes twenty mentions of accounts at most.",
            "Take some mentions out.",
        ],
    ),
    text(
        "caption_refused",
        422,
        [
            "Légende refusée",
            "Instagram a refusé la légende : elle est trop longue ou a trop de mots-dièse.",
            "Raccourcissez-la, puis réessayez.",
        ],
        [
            "Caption refused",
            "Instagram refused the caption: it is too long or has too many hashtags.",
            "Shorten it, then try again.",
        ],
    ),
    text(
        "tags_refused",
        422,
        [
            "Mentions refusées",
            "Instagram a refusé une mention ou un mot-dièse.",
            "Retirez-les, puis réessayez.",
        ],
        ["Tags refused", "Instagram refused a mention or a hashtag.", "Take them out, then try again."],
    ),
    text(
        "carousel_size",
        422,
        [
            "Nombre de photos refusé",
            "Un carrousel Instagram a de deux à dix photos.",
            "Changez le nombre de photos.",
        ],
        [
            "Number of photos refused",
            "An Instagram carousel has from two to ten photos.",
            "Change the number of photos.",
        ],
    ),
    text(
        "photo_ratio",
        422,
        [
            "Format d’image refusé",
            "Instagram n’accepte pas des photos aussi hautes ou aussi larges.",
            "Recadrez la photo, puis réessayez.",
        ],
        [
            "Photo shape refused",
            "Instagram does not take photos as tall or as wide as this.",
            "Crop the photo, then try again.",
        ],
    ),
    text(
        "media_fetch_failed",
        502,
        [
            "Photo introuvable pour le réseau",
            "Le réseau n’a pas réussi à prendre la photo à son adresse publique.",
            "Vérifiez que l’adresse s’ouvre dans un navigateur, puis réessayez.",
        ],
        [
            "Photo out of the network’s reach",
            "The network could not take the photo from its public address.",
            "Check that the address opens in a browser, then try again.",
        ],
    ),
    text(
        "media_upload_failed",
        502,
        [
            "Dépôt de la photo interrompu",
            "Le réseau n’a pas pu préparer la photo. L’application recommence toute seule.",
            "Rien à faire pour l’instant.",
        ],
        [
            "Photo not taken",
            "The network could not prepare the photo. The application starts again by itself.",
            "Nothing to do for now.",
        ],
    ),
    text(
        "media_processing_failed",
        502,
        [
            "Photo inutilisable",
            "Le réseau n’a pas réussi à traiter la photo, même après plusieurs essais.",
            "Essayez avec une autre photo.",
        ],
        [
            "Photo unusable",
            "The network could not process the photo, even after several attempts.",
            "Try with another photo.",
        ],
    ),
    text(
        "container_not_ready",
        503,
        [
            "Photo en préparation",
            "Le réseau prépare encore la photo. Rien n’est publié pour l’instant.",
            "Rien à faire : l’application attend.",
        ],
        [
            "Photo in preparation",
            "The network is still preparing the photo. Nothing is published yet.",
            "Nothing to do: the application waits.",
        ],
    ),
    text(
        "container_timeout",
        504,
        [
            "Préparation trop longue",
            "Le réseau n’a pas fini de préparer la photo. Rien n’est publié.",
            "L’application recommence toute seule.",
        ],
        [
            "Preparation too long",
            "The network has not finished preparing the photo. Nothing is published.",
            "The application starts again by itself.",
        ],
    ),
    text(
        "container_missing",
        502,
        [
            "Préparation introuvable",
            "Le réseau ne retrouve pas ce qui était préparé. L’application vérifie ce qu’il en est.",
            "Rien à faire pour l’instant.",
        ],
        [
            "Preparation not found",
            "The network does not find what was prepared. The application checks.",
            "Nothing to do for now.",
        ],
    ),
    text(
        "container_expired",
        502,
        [
            "Préparation périmée",
            "Ce qui était préparé chez le réseau n’est plus valable. L’application le prépare de nouveau.",
            "Rien à faire pour l’instant.",
        ],
        [
            "Preparation expired",
            "What was prepared at the network is no longer valid. The application prepares it again.",
            "Nothing to do for now.",
        ],
    ),
    text(
        "already_published",
        409,
        [
            "Déjà publié",
            "Le réseau dit que cette publication est déjà en ligne.",
            "Regardez votre compte, puis confirmez.",
        ],
        [
            "Already published",
            "The network says that this post is already online.",
            "Look at your account, then confirm.",
        ],
    ),
    text(
        "action_restricted",
        403,
        [
            "Compte mis en pause",
            "Le réseau a limité votre compte pour un temps. Vos publications attendent.",
            "Ouvrez l’application du réseau, puis réessayez après 24 heures.",
        ],
        [
            "Account put on hold",
            "The network has restricted your account for a while. Your posts wait.",
            "Open the network’s app, then try again after 24 hours.",
        ],
    ),
    text(
        "delete_permission_missing",
        403,
        [
            "Suppression non permise",
            "Ce jeton ne permet pas de supprimer une publication. Elle est toujours en ligne.",
            "Supprimez-la dans l’application du réseau.",
        ],
        [
            "Deletion not permitted",
            "This token may not delete a post. It is still online.",
            "Delete it in the network’s own app.",
        ],
    ),
    text(
        "delete_not_possible",
        409,
        [
            "Suppression refusée",
            "Le réseau refuse de supprimer cette publication. Elle est toujours en ligne.",
            "Supprimez-la dans l’application du réseau.",
        ],
        [
            "Deletion refused",
            "The network refuses to delete this post. It is still online.",
            "Delete it in the network’s own app.",
        ],
    ),
    text(
        "remote_id_unknown",
        409,
        [
            "Publication à supprimer à la main",
            "La publication est en ligne, mais son numéro n’est pas connu.",
            "Supprimez-la dans l’application du réseau.",
        ],
        [
            "Delete it by hand",
            "The post is online, but its number is not known.",
            "Delete it in the network’s own app.",
        ],
    ),
];
