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
    quit_one: "Une publication doit partir d’ici demain. Si vous quittez, elle attendra la prochaine ouverture.",
    quit_many: "{count} publications doivent partir d’ici demain. Si vous quittez, elles attendront la \
                prochaine ouverture.",
    quit_yes: "Quitter quand même",
    quit_no: "Rester",
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
    quit_one: "One post is due before tomorrow. If you quit, it waits until the application is opened again.",
    quit_many: "{count} posts are due before tomorrow. If you quit, they wait until the application is opened \
                again.",
    quit_yes: "Quit anyway",
    quit_no: "Stay",
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
