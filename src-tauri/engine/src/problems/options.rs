//! What is wrong with the options of a post: button, event, offer.

use super::{ProblemText, text};

pub(super) const TEXTS: &[ProblemText] = &[
    text(
        "button_address_missing",
        422,
        [
            "Bouton sans adresse",
            "Ce bouton mène à une page, et aucune adresse n’est donnée.",
            "Ajoutez l’adresse du bouton, ou un lien à la publication.",
        ],
        [
            "Button without an address",
            "This button leads to a page, and no address is given.",
            "Add the address of the button, or a link to the post.",
        ],
    ),
    text(
        "option_address_invalid",
        422,
        [
            "Adresse incorrecte",
            "L’adresse du bouton ou de l’offre n’est pas celle d’une page web.",
            "Écrivez une adresse complète, par exemple https://levieuxmoulin.fr/reserver.",
        ],
        [
            "Invalid address",
            "The address of the button or of the offer is not that of a web page.",
            "Write a complete address, for example https://levieuxmoulin.fr/reserver.",
        ],
    ),
    text(
        "event_title_missing",
        422,
        ["Événement sans titre", "L’événement ou l’offre n’a pas de titre.", "Donnez-lui un titre court."],
        ["Event without a title", "The event or the offer has no title.", "Give it a short title."],
    ),
    text(
        "event_ends_before_it_begins",
        422,
        [
            "Dates à l’envers",
            "L’événement finit avant de commencer.",
            "Corrigez le jour ou l’heure de la fin.",
        ],
        [
            "Dates the wrong way round",
            "The event ends before it begins.",
            "Correct the day or the hour of its end.",
        ],
    ),
    text(
        "offer_dates_missing",
        422,
        [
            "Offre sans dates",
            "Une offre a un titre, un premier et un dernier jour.",
            "Remplissez le titre et les dates de l’offre.",
        ],
        [
            "Offer without dates",
            "An offer has a title, a first and a last day.",
            "Fill in the title and the dates of the offer.",
        ],
    ),
];
