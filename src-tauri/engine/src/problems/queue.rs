//! Why a delivery waits for a person.

use super::{ProblemText, text};

pub(super) const TEXTS: &[ProblemText] = &[
    text(
        "crashed_repeatedly",
        409,
        [
            "Arrêts répétés",
            "L’application s’est arrêtée trois fois pendant cette publication. Elle est mise de côté.",
            "Vérifiez le contenu, puis choisissez Réessayer ou Abandonner.",
        ],
        [
            "Repeated crashes",
            "The application stopped three times during this post. It is set aside.",
            "Check the content, then choose Retry or Abandon.",
        ],
    ),
    text(
        "outcome_unknown",
        409,
        [
            "À vérifier",
            "Impossible de savoir si la publication est passée.",
            "Regardez sur le réseau, puis dites « Elle est en ligne » ou « Renvoyer ».",
        ],
        [
            "To be checked",
            "It is impossible to know whether the post went through.",
            "Look at the network, then say \"It is online\" or \"Send again\".",
        ],
    ),
    text(
        "late_needs_decision",
        409,
        [
            "En retard",
            "L’heure est passée pendant que l’ordinateur dormait ou était hors ligne.",
            "Choisissez de publier quand même ou d’abandonner.",
        ],
        [
            "Late",
            "The time passed while the computer slept or was offline.",
            "Choose to publish anyway or to abandon.",
        ],
    ),
    text(
        "expired_late",
        409,
        [
            "Trop tard",
            "L’heure utile est passée : la publication n’est pas partie.",
            "Publiez-la de nouveau si elle a encore un sens.",
        ],
        [
            "Too late",
            "Its useful time is over: the post did not leave.",
            "Publish it again if it still makes sense.",
        ],
    ),
    text(
        "attempts_exhausted",
        409,
        [
            "Essais épuisés",
            "Le réseau n’a pas accepté la publication malgré plusieurs essais.",
            "Lisez sa réponse sur la page de la publication, puis réessayez.",
        ],
        [
            "Attempts used up",
            "The network did not accept the post in spite of several attempts.",
            "Read its answer on the page of the post, then try again.",
        ],
    ),
    text(
        "several_found",
        200,
        [
            "Plusieurs trouvées",
            "La publication a été trouvée plusieurs fois sur le réseau ; la plus ancienne est gardée ici.",
            "Supprimez les autres sur le réseau si elles gênent.",
        ],
        [
            "Several found",
            "The post was found several times on the network; the oldest is kept here.",
            "Delete the others at the network if they are in the way.",
        ],
    ),
    text(
        "clock_wrong",
        409,
        [
            "Horloge déréglée",
            "L’horloge de l’ordinateur est décalée de plus de dix minutes : rien ne part pour l’instant.",
            "Réglez l’heure de l’ordinateur.",
        ],
        [
            "Clock wrong",
            "The computer's clock is off by more than ten minutes: nothing leaves for now.",
            "Set the computer's clock.",
        ],
    ),
    text(
        "offline",
        503,
        ["Hors ligne", "L’ordinateur n’a pas de connexion. Tout part dès qu’elle revient.", "Rien à faire."],
        [
            "Offline",
            "The computer has no connection. Everything leaves as soon as it is back.",
            "Nothing to do.",
        ],
    ),
    text(
        "account_removed",
        409,
        ["Compte retiré", "Le compte de cette publication a été retiré.", "Choisissez un autre compte."],
        ["Account removed", "The account of this post was removed.", "Choose another account."],
    ),
    text(
        "account_paused",
        409,
        [
            "Compte en pause",
            "Ce compte est en pause ; la publication attend.",
            "Reprenez le compte dans Connexions.",
        ],
        ["Account paused", "This account is paused; the post waits.", "Resume the account in Connections."],
    ),
    text(
        "spaced_out",
        409,
        [
            "Un peu plus tard",
            "Plusieurs publications en retard attendaient : elles partent l’une après l’autre, à distance.",
            "Rien à faire.",
        ],
        [
            "A little later",
            "Several late posts were waiting: they leave one after the other, at a distance.",
            "Nothing to do.",
        ],
    ),
    text(
        "interrupted_by_sleep",
        409,
        [
            "Interrompu par la veille",
            "L’ordinateur s’est mis en veille pendant l’envoi. Le réseau est interrogé pour savoir si la publication est passée.",
            "Rien à faire pour l’instant.",
        ],
        [
            "Interrupted by sleep",
            "The computer went to sleep while sending. The network is asked whether the post went through.",
            "Nothing to do for now.",
        ],
    ),
    text(
        "hand_over_late",
        409,
        [
            "Pas encore publiée",
            "Le réseau avait accepté de publier à l’heure, mais la publication n’y est toujours pas visible.",
            "Regardez sur le réseau, puis choisissez Vérifier ou Abandonner.",
        ],
        [
            "Not published yet",
            "The network had agreed to publish on time, but the post is still not visible there.",
            "Look at the network, then choose Check or Abandon.",
        ],
    ),
    text(
        "already_there",
        409,
        [
            "Le réseau dit l’avoir déjà",
            "Un premier envoi semble être arrivé sans que le réseau le montre. L’application le cherche avant toute autre chose.",
            "Rien à faire pour l’instant.",
        ],
        [
            "The network says it has it already",
            "An earlier attempt seems to have arrived although the network does not show it. The application looks for it before anything else.",
            "Nothing to do for now.",
        ],
    ),
    text(
        "hand_over_unseen",
        503,
        [
            "Pas visible pour l’instant",
            "Le réseau ne montre pas, pour le moment, la publication qui lui a été confiée. Ses listes ont parfois quelques minutes de retard.",
            "Rien à faire : l’application regarde encore plusieurs fois.",
        ],
        [
            "Not visible right now",
            "The network does not show the post that was handed over at the moment. Its lists are sometimes a few minutes late.",
            "Nothing to do: the application looks several more times.",
        ],
    ),
    text(
        "hand_over_missing",
        409,
        [
            "Introuvable sur le réseau",
            "La publication confiée au réseau ne s’y trouve plus. Quelqu’un l’a peut-être supprimée.",
            "Regardez sur le réseau, puis choisissez Vérifier ou Abandonner.",
        ],
        [
            "Not found on the network",
            "The post that was handed over is no longer there. Somebody may have deleted it.",
            "Look at the network, then choose Check or Abandon.",
        ],
    ),
    text(
        "hand_over_unverified",
        409,
        [
            "Non vérifiée",
            "Le réseau devait publier à l’heure, mais il ne répond pas à la vérification.",
            "Regardez sur le réseau, puis choisissez Vérifier.",
        ],
        [
            "Not verified",
            "The network was to publish on time, but it does not answer the check.",
            "Look at the network, then choose Check.",
        ],
    ),
    text(
        "change_refused",
        409,
        [
            "Changement refusé",
            "Le réseau n’a pas accepté le changement. Ce qui y est publié ou prévu reste tel quel.",
            "Faites le changement sur le réseau lui-même.",
        ],
        [
            "Change refused",
            "The network did not accept the change. What is published or planned there stays as it is.",
            "Make the change on the network itself.",
        ],
    ),
    text(
        "delivery_stuck",
        409,
        [
            "Publication bloquée",
            "L’heure est passée depuis plus de deux minutes et rien n’avance.",
            "Quittez l’application et rouvrez-la ; rien ne sera perdu ni publié deux fois.",
        ],
        [
            "Post stuck",
            "Its time passed more than two minutes ago and nothing moves.",
            "Quit the application and open it again; nothing will be lost or published twice.",
        ],
    ),
];
