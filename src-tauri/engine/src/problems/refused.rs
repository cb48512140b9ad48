//! What a platform refused of a content: words, links, pictures.

use super::{ProblemText, text};

pub(super) const TEXTS: &[ProblemText] = &[
    text(
        "content_refused_by_platform",
        422,
        [
            "Contenu refusé",
            "Le réseau a refusé ce contenu.",
            "Lisez sa réponse sur la page de la publication, modifiez, puis réessayez.",
        ],
        [
            "Content refused",
            "The network refused this content.",
            "Read its answer on the page of the post, edit, then try again.",
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
        "photo_refused",
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
            "Lisez sa réponse sur la page de la publication, puis réessayez.",
        ],
        [
            "Request refused",
            "The network did not accept a detail of the request.",
            "Read its answer on the page of the post, then try again.",
        ],
    ),
];
