//! The messages as the customers of the house see them: SMS as bubbles, mail in a frame that can do nothing.

use crate::{
    inbox::Message,
    pages::{layout, posts::french_time, words::escaped},
    platform::Platform,
    state::World,
};

/// Messages shown on one page.
const MOST_SHOWN: usize = 100;

/// The newest messages, of one provider or of all.
pub(crate) fn page(world: &World, platform: Option<Platform>) -> String {
    let inbox = world.inbox();
    let wanted = |message: &&Message| {
        !message.to.is_empty() && platform.is_none_or(|platform| message.platform == platform)
    };
    let cards: String = inbox.all().iter().rev().filter(wanted).take(MOST_SHOWN).map(card).collect();
    let empty =
        if cards.is_empty() { "<p class=\"empty\">Aucun message n’est encore parti.</p>" } else { "" };
    let title = platform.map_or("Messages", Platform::title);
    let body = format!(
        "<main><h1>{title}</h1>{empty}{cards}<p><a href=\"{}/\">Les réseaux de répétition</a></p></main>",
        world.addresses().control,
    );
    layout(title, platform.map_or("control", Platform::name), &body)
}

fn card(message: &Message) -> String {
    let subject = message.subject.as_ref().map(|subject| format!("<h2>{}</h2>", escaped(subject)));
    let content = match &message.html {
        // Without scripts, forms and addresses of its own.
        Some(html) => format!(
            "<iframe sandbox=\"\" title=\"Le message\" style=\"width:100%;height:24rem;border:0;background:#fff\" srcdoc=\"{}\"></iframe>",
            escaped(html)
        ),
        None => format!("<p class=\"text\">{}</p>", escaped(&message.text).replace('\n', "<br>")),
    };
    format!(
        "<article><header><span><strong>{from}</strong> à {to}<br><small>{when}, par {provider}</small></span></header>\
         {subject}{content}</article>",
        from = escaped(&message.from),
        to = escaped(&message.to),
        when = french_time(message.at),
        provider = message.platform.title(),
        subject = subject.unwrap_or_default(),
    )
}
