//! What only one network says: its own kind of address, right or place.

use super::{ProblemText, text};

pub(super) const TEXTS: &[ProblemText] = &[
    text(
        "channel_address_invalid",
        422,
        [
            "Chaîne introuvable",
            "Ce texte n’est pas l’adresse d’une chaîne Telegram. Un lien d’invitation ne suffit pas : il fait entrer des personnes, pas un robot.",
            "Écrivez le nom public de la chaîne, par exemple @levieuxmoulin, ou collez l’adresse de l’un de ses messages.",
        ],
        [
            "Channel not found",
            "This text is not the address of a Telegram channel. An invitation link is not enough: it lets people in, not a bot.",
            "Write the public name of the channel, for example @levieuxmoulin, or paste the address of one of its messages.",
        ],
    ),
    text(
        "channel_not_found",
        422,
        [
            "Chaîne introuvable",
            "Le robot ne voit pas cette chaîne : son nom a changé, elle n’existe plus, ou le robot n’en fait plus partie. Vos publications attendent.",
            "Dans Telegram, ajoutez le robot aux administrateurs de la chaîne, puis vérifiez le compte.",
        ],
        [
            "Channel not found",
            "The bot does not see this channel: its name changed, it no longer exists, or the bot is no longer in it. Your posts wait.",
            "In Telegram add the bot to the administrators of the channel, then check the account.",
        ],
    ),
    text(
        "not_a_channel",
        422,
        [
            "Pas une chaîne",
            "Cette adresse est celle d’un groupe ou d’une conversation, pas d’une chaîne.",
            "Donnez l’adresse de votre chaîne Telegram, ou créez-en une dans l’application.",
        ],
        [
            "Not a channel",
            "This is the address of a group or a conversation, not of a channel.",
            "Give the address of your Telegram channel, or create one in the application.",
        ],
    ),
    text(
        "channel_rights_missing",
        403,
        [
            "Robot sans droits",
            "Le robot n’a pas, ou plus, le droit de publier dans la chaîne Telegram. Rien n’est perdu : vos publications attendent.",
            "Dans Telegram, ouvrez la chaîne, « Administrateurs », donnez au robot le droit de publier, puis vérifiez le compte.",
        ],
        [
            "Bot without rights",
            "The bot may not, or no longer, post in the Telegram channel. Nothing is lost: your posts wait.",
            "In Telegram open the channel, “Administrators”, give the bot the right to post, then check the account.",
        ],
    ),
    text(
        "bot_cannot_edit",
        403,
        [
            "Correction impossible",
            "Le robot n’a pas le droit de modifier les messages : un texte publié ne pourra pas être corrigé d’ici.",
            "Dans Telegram, donnez au robot le droit de modifier les messages de la chaîne.",
        ],
        [
            "No corrections",
            "The bot may not edit messages: a published text cannot be corrected from here.",
            "In Telegram give the bot the right to edit the messages of the channel.",
        ],
    ),
    text(
        "bot_cannot_delete",
        403,
        [
            "Retrait impossible",
            "Le robot n’a pas le droit de supprimer les messages : une publication ne pourra pas être retirée d’ici.",
            "Dans Telegram, donnez au robot le droit de supprimer les messages de la chaîne.",
        ],
        [
            "No removals",
            "The bot may not delete messages: a post cannot be taken back from here.",
            "In Telegram give the bot the right to delete the messages of the channel.",
        ],
    ),
    text(
        "photo_address_needed",
        422,
        [
            "Adresse publique nécessaire",
            "Threads ne sait prendre une photo qu’à une adresse publique, au format JPEG ou PNG.",
            "Reconnectez le compte Threads en donnant aussi le jeton de votre Page Facebook, qui prêtera une adresse, ou retirez Threads de cette publication.",
        ],
        [
            "Public address needed",
            "Threads can only take a photo from a public address, in JPEG or PNG format.",
            "Reconnect the Threads account and give the token of your Facebook Page too, which will lend an address, or take Threads out of this post.",
        ],
    ),
    text(
        "topic_refused",
        422,
        [
            "Sujet refusé",
            "Threads fait du premier mot-dièse le sujet de la publication, et n’accepte pas celui-ci. Rien n’est publié.",
            "Changez ou retirez le mot-dièse, puis réessayez.",
        ],
        [
            "Topic refused",
            "Threads makes the first hashtag the topic of the post, and does not take this one. Nothing is published.",
            "Change the hashtag or take it out, then try again.",
        ],
    ),
];
