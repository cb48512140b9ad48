//! What is wrong with a template, or with what it is filled with.

use super::{ProblemText, text};

pub(super) const TEXTS: &[ProblemText] = &[
    text(
        "template_unknown",
        404,
        [
            "Modèle inconnu",
            "Aucun modèle ne porte ce nom.",
            "Choisissez un modèle dans la liste des modèles.",
        ],
        ["Unknown template", "No template has this name.", "Choose one from the list of templates."],
    ),
    text(
        "template_changed",
        409,
        [
            "Modèle modifié entre-temps",
            "Quelqu’un a enregistré une version plus récente de ce modèle.",
            "Ouvrez la dernière version, puis refaites votre changement.",
        ],
        [
            "Template changed meanwhile",
            "Somebody saved a newer version of this template.",
            "Open the latest version and make your change again.",
        ],
    ),
    text(
        "template_archived",
        409,
        [
            "Modèle archivé",
            "Ce modèle est archivé\u{a0}: il ne sert plus à de nouveaux envois.",
            "Sortez-le des archives, ou choisissez un autre modèle.",
        ],
        [
            "Archived template",
            "This template is archived: nothing new is sent with it.",
            "Restore it, or choose another template.",
        ],
    ),
    text(
        "template_exists",
        409,
        ["Nom déjà pris", "Un autre modèle porte déjà cet identifiant.", "Choisissez un autre identifiant."],
        ["Name taken", "Another template has this id already.", "Choose another id."],
    ),
    text(
        "template_id_invalid",
        422,
        [
            "Identifiant incorrect",
            "L’identifiant d’un modèle s’écrit en minuscules sans accent, chiffres et «\u{a0}_\u{a0}», 60\u{a0}caractères au plus.",
            "Corrigez l’identifiant, par exemple promotion_annonce.",
        ],
        [
            "Invalid id",
            "The id of a template has small letters, digits and \"_\", at most 60 characters.",
            "Correct the id, for example promotion_annonce.",
        ],
    ),
    text(
        "template_name_missing",
        422,
        ["Modèle sans nom", "Le modèle n’a pas de nom.", "Donnez-lui un nom court."],
        ["Template without a name", "The template has no name.", "Give it a short name."],
    ),
    text(
        "template_channel_missing",
        422,
        [
            "Canal absent du modèle",
            "Ce modèle n’a pas de texte pour ce canal.",
            "Écrivez le texte de l’e-mail ou du SMS, ou choisissez un autre canal.",
        ],
        [
            "Channel missing in the template",
            "This template has no words for this channel.",
            "Write the e-mail or the SMS, or choose another channel.",
        ],
    ),
    text(
        "template_invalid",
        422,
        [
            "Texte du modèle incorrect",
            "Un texte du modèle ne peut pas être lu\u{a0}: souvent une accolade manque.",
            "Corrigez le texte indiqué.",
        ],
        [
            "Invalid text in the template",
            "A text of the template cannot be read: often a brace is missing.",
            "Correct the text that is named.",
        ],
    ),
    text(
        "template_variable_invalid",
        422,
        [
            "Variable incorrecte",
            "Une variable du modèle a un nom, un exemple ou une valeur de repli qui ne convient pas à son genre.",
            "Corrigez la variable indiquée.",
        ],
        [
            "Invalid variable",
            "A variable of the template has a name, a sample or a fallback that does not fit its kind.",
            "Correct the variable that is named.",
        ],
    ),
    text(
        "template_variable_unknown",
        422,
        [
            "Variable inconnue",
            "Un texte du modèle utilise une variable qui n’est pas dans sa liste.",
            "Ajoutez la variable à la liste, ou corrigez son nom dans le texte.",
        ],
        [
            "Unknown variable",
            "A text of the template uses a variable that is not in its list.",
            "Add the variable to the list, or correct its name in the text.",
        ],
    ),
    text(
        "template_value_missing",
        422,
        [
            "Valeur manquante",
            "Le modèle attend une valeur qui n’est pas donnée. Rien n’est parti.",
            "Donnez la valeur indiquée, puis recommencez.",
        ],
        [
            "Missing value",
            "The template needs a value that is not given. Nothing has left.",
            "Give the value that is named and try again.",
        ],
    ),
    text(
        "template_value_invalid",
        422,
        [
            "Valeur incorrecte",
            "Une valeur ne convient pas au genre de sa variable\u{a0}: une date s’écrit 2025-04-20, une adresse commence par https://. Rien n’est parti.",
            "Corrigez la valeur indiquée, puis recommencez.",
        ],
        [
            "Invalid value",
            "A value does not fit the kind of its variable: a date is written 2025-04-20, an address begins with https://. Nothing has left.",
            "Correct the value that is named and try again.",
        ],
    ),
    text(
        "template_too_heavy",
        422,
        [
            "Modèle trop lourd",
            "Un texte du modèle demande trop de calculs, par exemple une boucle sans fin. Rien n’est parti.",
            "Simplifiez le texte indiqué.",
        ],
        [
            "Template too heavy",
            "A text of the template asks for too much work, for example a loop without end. Nothing has left.",
            "Make the text that is named simpler.",
        ],
    ),
    text(
        "template_too_large",
        422,
        [
            "Message trop long",
            "Le modèle, une valeur ou le message dépasse la taille permise. Rien n’est parti.",
            "Raccourcissez ce qui est indiqué.",
        ],
        [
            "Message too long",
            "The template, a value or the message is larger than allowed. Nothing has left.",
            "Shorten what is named.",
        ],
    ),
    text(
        "template_image_not_public",
        422,
        [
            "Photo invisible de l’extérieur",
            "Cette photo n’a pas d’adresse sur votre site web\u{a0}: les clients ne pourraient pas la voir.",
            "Reliez votre site web dans Réglages, ou donnez l’adresse https:// d’une photo.",
        ],
        [
            "Photo not visible from outside",
            "This photo has no address on your web site: customers could not see it.",
            "Connect your web site in Settings, or give the https:// address of a photo.",
        ],
    ),
    text(
        "template_without_sender",
        422,
        [
            "Expéditeur manquant",
            "Chaque message doit dire qui écrit, et le nom de la maison est vide.",
            "Remplissez le nom de la maison dans Réglages, Maison.",
        ],
        [
            "Sender missing",
            "Each message must say who writes, and the name of the house is empty.",
            "Fill in the name of the house in Settings, House.",
        ],
    ),
    text(
        "template_without_address",
        422,
        [
            "Adresse postale manquante",
            "Un e-mail publicitaire doit porter l’adresse postale de la maison.",
            "Remplissez l’adresse postale dans Réglages, Maison.",
        ],
        [
            "Postal address missing",
            "A marketing e-mail must carry the postal address of the house.",
            "Fill in the postal address in Settings, House.",
        ],
    ),
    text(
        "template_without_reason",
        422,
        [
            "Raison manquante",
            "Un e-mail publicitaire doit dire pourquoi la personne le reçoit.",
            "Complétez la phrase «\u{a0}Vous recevez ce message parce que…\u{a0}» du modèle.",
        ],
        [
            "Reason missing",
            "A marketing e-mail must say why the person receives it.",
            "Complete the sentence \"You receive this message because…\" of the template.",
        ],
    ),
    text(
        "template_without_unsubscribe",
        422,
        [
            "Désinscription impossible",
            "Un e-mail publicitaire doit offrir un moyen de ne plus en recevoir, et aucun n’est prêt.",
            "Donnez une adresse de réponse dans Réglages, Maison.",
        ],
        [
            "No way to unsubscribe",
            "A marketing e-mail must offer a way to receive no more, and none is ready.",
            "Give an address for replies in Settings, House.",
        ],
    ),
    text(
        "template_sms_without_name",
        422,
        [
            "SMS sans nom",
            "Un SMS publicitaire doit nommer la maison.",
            "Ajoutez {{ house_name }} au texte du SMS.",
        ],
        [
            "SMS without a name",
            "A marketing SMS must name the house.",
            "Add {{ house_name }} to the text of the SMS.",
        ],
    ),
    text(
        "template_sms_without_stop",
        422,
        [
            "SMS sans STOP",
            "Un SMS publicitaire doit dire comment ne plus en recevoir, et ce service d’envoi ne l’ajoute pas.",
            "Remplissez la mention STOP dans Réglages, Maison.",
        ],
        [
            "SMS without STOP",
            "A marketing SMS must say how to receive no more, and this provider does not add it.",
            "Fill in the STOP words in Settings, House.",
        ],
    ),
    text(
        "alcohol_mention_added",
        200,
        [
            "Alcool\u{a0}: mention ajoutée",
            "Ce message parle d’alcool\u{a0}: la mention «\u{a0}L’abus d’alcool est dangereux pour la santé, à consommer avec modération.\u{a0}» a été ajoutée.",
            "Relisez le message avant de l’envoyer.",
        ],
        [
            "Alcohol: mention added",
            "This message speaks of alcohol: the mention that French law wants was added.",
            "Read the message again before it is sent.",
        ],
    ),
    text(
        "email_will_be_clipped",
        200,
        [
            "E-mail coupé par Gmail",
            "Cet e-mail dépasse 102\u{a0}ko\u{a0}: Gmail n’en montre que le début.",
            "Retirez des blocs ou raccourcissez les textes.",
        ],
        [
            "E-mail clipped by Gmail",
            "This e-mail is larger than 102 kB: Gmail shows only its beginning.",
            "Remove blocks or shorten the texts.",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use crate::{domain::TemplateProblem, problems::find};

    #[test]
    fn every_code_of_a_template_has_its_sentences() {
        for code in TemplateProblem::CODES {
            assert!(find(code).is_some(), "{code}");
        }
    }
}
