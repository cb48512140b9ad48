//! The page on which somebody plays a guest: a comment or a review, left on a pretend network.

use crate::{
    pages::{layout, words::escaped},
    platform::Platform,
    state::World,
    visitors::Remark,
};

/// Networks on which a guest can say something here.
pub(crate) const TALKING: &[Platform] = &[Platform::GoogleBusiness, Platform::Facebook];

/// The form, and what was left so far.
pub(crate) fn visitor_page(world: &World) -> String {
    let options: Vec<String> = TALKING
        .iter()
        .map(|platform| format!("<option value=\"{}\">{}</option>", platform.name(), platform.title()))
        .collect();
    let stars: Vec<String> = (1..=5).rev().map(|n| format!("<option value=\"{n}\">{n} ★</option>")).collect();
    let said: Vec<Remark> = TALKING.iter().flat_map(|platform| world.remarks(*platform)).collect();
    let said: Vec<String> = said.iter().rev().filter(|remark| !remark.is_deleted).map(entry).collect();
    layout(
        "Jouer un client",
        "control",
        &format!(
            "<main><h1><a href=\"/\">Jouer un client</a></h1>\
             <p>Laissez un avis ou un commentaire : il arrive dans « Avis &amp; commentaires » au prochain relevé.</p>\
             <form method=\"post\" action=\"/visiteurs\">\
             <p><label>Réseau <select name=\"platform\">{options}</select></label></p>\
             <p><label>Prénom <input name=\"author\" value=\"Camille\" required></label></p>\
             <p><label>Texte <textarea name=\"text\" rows=\"3\" cols=\"40\"></textarea></label></p>\
             <p><label>Étoiles (pour un avis Google) <select name=\"stars\">{stars}</select></label></p>\
             <button class=\"main\">Envoyer</button></form><ul>{said}</ul></main>",
            options = options.concat(),
            stars = stars.concat(),
            said = said.concat(),
        ),
    )
}

fn entry(remark: &Remark) -> String {
    let stars = remark.stars.map(|stars| format!(" {stars} ★")).unwrap_or_default();
    let answer =
        remark.answer.as_ref().map(|answer| format!("<br>↳ {}", escaped(&answer.text))).unwrap_or_default();
    format!(
        "<li><strong>{} sur {}{stars}</strong> {}{answer}</li>",
        escaped(remark.author.as_deref().unwrap_or("Anonyme")),
        remark.platform.title(),
        escaped(remark.text.as_deref().unwrap_or_default()),
    )
}
