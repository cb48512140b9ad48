//! What is wrong with a photograph or its address.

use super::{ProblemText, text};

pub(super) const TEXTS: &[ProblemText] = &[
    text(
        "media_empty",
        422,
        ["Fichier vide", "Le fichier est vide.", "Choisissez une autre photo."],
        ["Empty file", "The file is empty.", "Choose another photo."],
    ),
    text(
        "media_not_an_image",
        422,
        [
            "Pas une photo",
            "Ce fichier n’est pas une photo, quel que soit son nom.",
            "Choisissez une photo JPEG, PNG ou WebP.",
        ],
        ["Not a photo", "This file is not a photo, whatever its name.", "Choose a JPEG, PNG or WebP photo."],
    ),
    text(
        "media_type_unsupported",
        422,
        [
            "Format non lu",
            "Ce format de photo n’est pas lu ici (par exemple HEIC).",
            "Exportez la photo en JPEG.",
        ],
        [
            "Format not read",
            "This photo format is not read here (HEIC for example).",
            "Export the photo as JPEG.",
        ],
    ),
    text(
        "media_too_large",
        413,
        ["Photo trop lourde", "Le fichier dépasse la taille acceptée.", "Choisissez une photo plus légère."],
        ["Photo too large", "The file is larger than accepted.", "Choose a lighter photo."],
    ),
    text(
        "media_too_many_pixels",
        422,
        ["Photo trop grande", "La photo a plus de 50 millions de points.", "Réduisez-la, puis recommencez."],
        ["Photo too big", "The photo has more than 50 million pixels.", "Make it smaller, then try again."],
    ),
    text(
        "media_too_small",
        422,
        [
            "Photo trop petite",
            "La photo n’a pas assez de points pour ce réseau.",
            "Choisissez une photo plus grande.",
        ],
        [
            "Photo too small",
            "The photo does not have enough pixels for this network.",
            "Choose a larger photo.",
        ],
    ),
    text(
        "media_will_be_cut",
        200,
        [
            "Photo recadrée",
            "La photo est trop large ou trop haute pour ce réseau : il n’en gardera que le milieu.",
            "Regardez l’aperçu, ou recadrez-la vous-même.",
        ],
        [
            "Photo cropped",
            "The photo is too wide or too tall for this network: only its middle will be kept.",
            "Look at the preview, or crop it yourself.",
        ],
    ),
    text(
        "media_damaged",
        422,
        ["Photo abîmée", "La photo est abîmée ou incomplète.", "Choisissez une autre photo."],
        ["Photo damaged", "The photo is damaged or incomplete.", "Choose another photo."],
    ),
    text(
        "media_ratio_unsupported",
        422,
        [
            "Photo trop allongée",
            "Ce réseau n’accepte pas une photo aussi large ou aussi haute.",
            "Recadrez-la.",
        ],
        ["Photo too narrow", "This network does not accept a photo this wide or this tall.", "Crop it."],
    ),
    text(
        "media_url_invalid",
        422,
        [
            "Adresse incorrecte",
            "L’adresse de la photo ne se comprend pas. Le brouillon est gardé.",
            "Corrigez l’adresse.",
        ],
        [
            "Invalid address",
            "The address of the photo cannot be understood. The draft is kept.",
            "Correct the address.",
        ],
    ),
    text(
        "media_url_not_https",
        422,
        [
            "Adresse non chiffrée",
            "L’adresse de la photo doit commencer par https. Le brouillon est gardé.",
            "Corrigez l’adresse.",
        ],
        [
            "Unencrypted address",
            "The address of the photo must begin with https. The draft is kept.",
            "Correct the address.",
        ],
    ),
    text(
        "media_url_private_address",
        422,
        [
            "Adresse privée",
            "L’adresse de la photo mène à un appareil privé, pas à internet. Le brouillon est gardé.",
            "Ajoutez la photo depuis cet ordinateur.",
        ],
        [
            "Private address",
            "The address of the photo leads to a private device, not to the internet. The draft is kept.",
            "Add the photo from this computer.",
        ],
    ),
    text(
        "media_url_redirect_refused",
        422,
        [
            "Renvoi refusé",
            "L’adresse de la photo renvoie vers une adresse refusée. Le brouillon est gardé.",
            "Ajoutez la photo depuis cet ordinateur.",
        ],
        [
            "Redirect refused",
            "The address of the photo leads on to a refused address. The draft is kept.",
            "Add the photo from this computer.",
        ],
    ),
    text(
        "media_url_too_many_redirects",
        422,
        [
            "Trop de renvois",
            "L’adresse de la photo renvoie sans fin vers d’autres. Le brouillon est gardé.",
            "Ajoutez la photo depuis cet ordinateur.",
        ],
        [
            "Too many redirects",
            "The address of the photo leads on and on. The draft is kept.",
            "Add the photo from this computer.",
        ],
    ),
    text(
        "media_url_unreachable",
        422,
        [
            "Photo injoignable",
            "L’adresse de la photo ne répond pas. Le brouillon est gardé.",
            "Réessayez, ou ajoutez la photo depuis cet ordinateur.",
        ],
        [
            "Photo unreachable",
            "The address of the photo does not answer. The draft is kept.",
            "Try again, or add the photo from this computer.",
        ],
    ),
    text(
        "media_url_http_status",
        422,
        [
            "Photo absente",
            "L’adresse de la photo répond par une erreur. Le brouillon est gardé.",
            "Vérifiez l’adresse dans un navigateur.",
        ],
        [
            "Photo absent",
            "The address of the photo answers with an error. The draft is kept.",
            "Check the address in a browser.",
        ],
    ),
    text(
        "media_url_timeout",
        422,
        [
            "Photo trop lente",
            "L’adresse de la photo répond trop lentement. Le brouillon est gardé.",
            "Réessayez, ou ajoutez la photo depuis cet ordinateur.",
        ],
        [
            "Photo too slow",
            "The address of the photo answers too slowly. The draft is kept.",
            "Try again, or add the photo from this computer.",
        ],
    ),
    text(
        "media_not_found",
        404,
        ["Photo introuvable", "Cette photo n’est pas dans la bibliothèque.", "Ajoutez-la de nouveau."],
        ["Photo not found", "This photo is not in the library.", "Add it again."],
    ),
    text(
        "media_unknown",
        422,
        ["Photo introuvable", "Cette photo n’est pas dans la bibliothèque.", "Ajoutez-la de nouveau."],
        ["Photo not found", "This photo is not in the library.", "Add it again."],
    ),
    text(
        "media_disk_full",
        503,
        ["Disque plein", "Il n’y a plus de place pour la photo.", "Libérez de la place, puis recommencez."],
        ["Disk full", "There is no space left for the photo.", "Free some space, then try again."],
    ),
    text(
        "media_io",
        503,
        [
            "Photo non enregistrée",
            "La bibliothèque de photos ne peut pas être lue ou écrite.",
            "Vérifiez le disque, puis recommencez.",
        ],
        [
            "Photo not saved",
            "The photo library cannot be read or written.",
            "Check the disk, then try again.",
        ],
    ),
    text(
        "media_key_wrong",
        503,
        [
            "Bibliothèque fermée",
            "La clé n’ouvre pas cette bibliothèque de photos.",
            "Vérifiez que le dossier de données et la clé vont ensemble.",
        ],
        [
            "Library closed",
            "The key does not open this photo library.",
            "Check that data folder and key belong together.",
        ],
    ),
    text(
        "media_store_damaged",
        503,
        [
            "Photo abîmée sur le disque",
            "Une photo enregistrée a été modifiée ou abîmée.",
            "Ajoutez-la de nouveau.",
        ],
        ["Photo damaged on disk", "A stored photo was altered or damaged.", "Add it again."],
    ),
];
