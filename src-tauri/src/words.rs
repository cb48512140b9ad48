//! The few sentences that the shell says itself, in the owner's language.

use vieux_moulin_engine::config::Language;

/// All sentences of the shell.
pub struct Words {
    pub open: &'static str,
    pub quit: &'static str,
    pub pause: &'static str,
    pub pause_hour: &'static str,
    pub pause_tomorrow: &'static str,
    pub pause_until_resumed: &'static str,
    pub resume: &'static str,
    pub all_well: &'static str,
    pub starting: &'static str,
    pub offline: &'static str,
    pub paused: &'static str,
    pub paused_until: &'static str,
    pub needs_you_one: &'static str,
    pub needs_you_many: &'static str,
    pub nothing_planned: &'static str,
    pub next: &'static str,
    pub practice: &'static str,
    pub still_running_title: &'static str,
    pub still_running: &'static str,
    pub show_item: &'static str,
    pub quit_title: &'static str,
    pub quit_one: &'static str,
    pub quit_many: &'static str,
    pub quit_yes: &'static str,
    pub quit_no: &'static str,
    pub cancel: &'static str,
    pub minimize: &'static str,
    pub no_tray_title: &'static str,
    pub no_tray: &'static str,
    pub start_problem: &'static str,
    pub several: &'static str,
    pub window_closed_log: &'static str,
}

const FRENCH: Words = Words {
    open: "Ouvrir Le Vieux Moulin",
    quit: "Quitter",
    pause: "Mettre en pause",
    pause_hour: "Pendant une heure",
    pause_tomorrow: "Jusqu’à demain",
    pause_until_resumed: "Jusqu’à ce que je reprenne",
    resume: "Reprendre",
    all_well: "Tout va bien",
    starting: "Démarrage…",
    offline: "Hors ligne\u{a0}: tout partira au retour du réseau",
    paused: "En pause",
    paused_until: "En pause jusqu’à {time}",
    needs_you_one: "Une publication vous attend",
    needs_you_many: "{count} publications vous attendent",
    nothing_planned: "Rien de prévu",
    next: "Prochaine\u{a0}: {time}, {title}",
    practice: "Mode répétition",
    still_running_title: "Le Vieux Moulin continue",
    still_running: "La fenêtre est fermée, les publications prévues partiront quand même. \
                    Pour tout arrêter, choisissez Quitter près de l’horloge.",
    show_item: "Voir",
    quit_title: "Quitter Le Vieux Moulin\u{202f}?",
    quit_one: "«\u{a0}{title}\u{a0}» doit partir d’ici demain ({time}). Si vous quittez, rien ne part avant la \
               prochaine ouverture.",
    quit_many: "{count} publications doivent partir d’ici demain. La première\u{a0}: {time}, «\u{a0}{title}\u{a0}». \
                Si vous quittez, rien ne part avant la prochaine ouverture.",
    quit_yes: "Quitter quand même",
    quit_no: "Rester",
    cancel: "Annuler",
    minimize: "Réduire",
    no_tray_title: "Réduire ou quitter\u{202f}?",
    no_tray: "Cet écran n’a pas de place pour notre icône près de l’horloge. Réduite, la fenêtre reste dans la \
              barre des tâches et les publications prévues partent à l’heure. Si vous quittez, tout s’arrête.",
    start_problem: "Le Vieux Moulin ne peut pas démarrer",
    several: "{count} fois",
    window_closed_log: "The window was closed; the work goes on.",
};

const ENGLISH: Words = Words {
    open: "Open Le Vieux Moulin",
    quit: "Quit",
    pause: "Pause",
    pause_hour: "For one hour",
    pause_tomorrow: "Until tomorrow",
    pause_until_resumed: "Until I resume",
    resume: "Resume",
    all_well: "All is well",
    starting: "Starting…",
    offline: "Offline: everything leaves when the network is back",
    paused: "Paused",
    paused_until: "Paused until {time}",
    needs_you_one: "One post needs you",
    needs_you_many: "{count} posts need you",
    nothing_planned: "Nothing planned",
    next: "Next: {time}, {title}",
    practice: "Practice mode",
    still_running_title: "Le Vieux Moulin goes on",
    still_running: "The window is closed; planned posts will still leave. To stop everything, choose Quit near \
                    the clock.",
    show_item: "Show",
    quit_title: "Quit Le Vieux Moulin?",
    quit_one: "\"{title}\" is due before tomorrow ({time}). If you quit, nothing leaves until the application \
               is opened again.",
    quit_many: "{count} posts are due before tomorrow. The first one: {time}, \"{title}\". If you quit, nothing \
                leaves until the application is opened again.",
    quit_yes: "Quit anyway",
    quit_no: "Stay",
    cancel: "Cancel",
    minimize: "Minimise",
    no_tray_title: "Minimise or quit?",
    no_tray: "This screen has no place for our icon near the clock. Minimised, the window stays in the task bar \
              and planned posts leave on time. If you quit, everything stops.",
    start_problem: "Le Vieux Moulin cannot start",
    several: "{count} times",
    window_closed_log: "The window was closed; the work goes on.",
};

pub fn words(language: Language) -> &'static Words {
    match language {
        Language::Fr => &FRENCH,
        Language::En => &ENGLISH,
    }
}
