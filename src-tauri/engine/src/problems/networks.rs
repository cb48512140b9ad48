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
            "Threads ne prend une photo qu’à une adresse publique, et celle-ci est sur cet ordinateur.",
            "Indiquez votre site web dans Réglages, « Votre site web » : les photos passeront par lui.",
        ],
        [
            "Public address needed",
            "Threads takes a photo from a public address only, and this one is on this computer.",
            "Name your web site in Settings, “Your web site”: photos will go through it.",
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
    text(
        "api_access_pending",
        403,
        [
            "Accès Google en attente",
            "Google n’a pas encore ouvert son API Business Profile à votre projet. Vos publications attendent, rien n’est perdu.",
            "Attendez la réponse de Google à votre demande d’accès, puis vérifiez le compte.",
        ],
        [
            "Google access pending",
            "Google has not opened its Business Profile API to your project yet. Your posts wait, nothing is lost.",
            "Wait for Google’s answer to your access request, then check the account.",
        ],
    ),
    text(
        "api_not_enabled",
        403,
        [
            "API Google désactivée",
            "Une des API nécessaires n’est pas activée dans votre projet Google. Vos publications attendent.",
            "Sur console.cloud.google.com, activez les trois API « Business » du guide, puis vérifiez le compte.",
        ],
        [
            "Google API disabled",
            "One of the needed APIs is not enabled in your Google project. Your posts wait.",
            "On console.cloud.google.com enable the three “Business” APIs of the guide, then check the account.",
        ],
    ),
    text(
        "profile_access_lost",
        403,
        [
            "Fiche inaccessible",
            "Ce compte Google ne gère pas, ou plus, la fiche de l’établissement. Vos publications attendent.",
            "Demandez au propriétaire de la fiche de vous y ajouter, puis reconnectez le compte.",
        ],
        [
            "Profile out of reach",
            "This Google account does not, or no longer, manage the restaurant’s profile. Your posts wait.",
            "Ask the owner of the profile to add you, then reconnect the account.",
        ],
    ),
    text(
        "profile_not_found",
        422,
        [
            "Fiche introuvable",
            "Google ne trouve plus cette fiche d’établissement ou cette publication.",
            "Regardez la fiche dans Google, puis vérifiez le compte dans Connexions.",
        ],
        [
            "Profile not found",
            "Google no longer finds this profile or this post.",
            "Look at the profile in Google, then check the account in Connections.",
        ],
    ),
    text(
        "profile_missing",
        422,
        [
            "Aucune fiche",
            "Ce compte Google ne gère aucune fiche d’établissement.",
            "Connectez-vous avec le compte Google qui gère la fiche du restaurant.",
        ],
        [
            "No profile",
            "This Google account manages no profile.",
            "Sign in with the Google account that manages the restaurant’s profile.",
        ],
    ),
    text(
        "profile_choice_needed",
        422,
        [
            "Plusieurs fiches",
            "Ce compte Google gère plusieurs fiches d’établissement.",
            "Écrivez le nom de la bonne fiche dans « Nom ou numéro de la fiche ».",
        ],
        [
            "Several profiles",
            "This Google account manages several profiles.",
            "Write the name of the right one in “Name or ID of the profile”.",
        ],
    ),
    text(
        "profile_unverified",
        403,
        [
            "Fiche non validée",
            "Google n’a pas validé la fiche : il ne montrerait aucune publication. Les vôtres attendent.",
            "Validez la fiche sur business.google.com, puis vérifiez le compte.",
        ],
        [
            "Profile not verified",
            "Google has not verified the profile: it would show no post. Yours wait.",
            "Verify the profile on business.google.com, then check the account.",
        ],
    ),
    text(
        "phone_number_in_text",
        422,
        [
            "Numéro de téléphone",
            "Google refuse souvent une publication dont le texte contient un numéro de téléphone.",
            "Retirez le numéro ; un bouton « Appeler » le remplace.",
        ],
        [
            "Telephone number",
            "Google often refuses a post whose text holds a telephone number.",
            "Remove the number; a “Call” button replaces it.",
        ],
    ),
    text(
        "event_title_long",
        422,
        [
            "Titre long",
            "Google coupe ou refuse les titres d’événement de plus de 58 caractères.",
            "Raccourcissez le titre de l’événement.",
        ],
        [
            "Long title",
            "Google cuts or refuses titles of events above 58 characters.",
            "Shorten the title of the event.",
        ],
    ),
    text(
        "moderation_refused",
        422,
        [
            "Refusé par Google",
            "Google a examiné la publication et ne la montre pas. Personne ne la voit.",
            "Retirez du texte les numéros de téléphone et les promesses, changez la photo si elle porte du texte, puis renvoyez.",
        ],
        [
            "Refused by Google",
            "Google looked at the post and does not show it. Nobody sees it.",
            "Take telephone numbers and promises out of the text, change the photo if it carries text, then send again.",
        ],
    ),
    text(
        "moderation_too_long",
        422,
        [
            "Examen sans fin",
            "Le réseau examine la publication depuis plus d’un jour, et ne dit rien.",
            "Regardez sur le réseau si elle est visible, puis dites-le ici.",
        ],
        [
            "Endless examination",
            "The network has been looking at the post for more than a day, and says nothing.",
            "Look on the network whether it is visible, then say so here.",
        ],
    ),
    text(
        "board_not_found",
        422,
        [
            "Tableau introuvable",
            "Le tableau Pinterest de ce compte n’existe plus. Vos épingles attendent.",
            "Choisissez un autre tableau en reconnectant le compte.",
        ],
        [
            "Board not found",
            "The Pinterest board of this account no longer exists. Your pins wait.",
            "Choose another board by reconnecting the account.",
        ],
    ),
    text(
        "board_missing",
        422,
        [
            "Aucun tableau",
            "Ce compte Pinterest n’a pas de tableau.",
            "Créez un tableau public dans Pinterest, puis recommencez.",
        ],
        [
            "No board",
            "This Pinterest account has no board.",
            "Create a public board in Pinterest, then try again.",
        ],
    ),
    text(
        "board_choice_needed",
        422,
        [
            "Quel tableau ?",
            "Ce compte Pinterest a plusieurs tableaux, ou aucun de ce nom.",
            "Écrivez le nom du tableau qui doit recevoir les épingles.",
        ],
        [
            "Which board?",
            "This Pinterest account has several boards, or none of this name.",
            "Write the name of the board that the pins shall go to.",
        ],
    ),
    text(
        "board_not_public",
        403,
        [
            "Tableau secret",
            "Ce tableau Pinterest est secret : vous seul voyez ses épingles.",
            "Dans Pinterest, rendez le tableau public.",
        ],
        [
            "Secret board",
            "This Pinterest board is secret: only you see its pins.",
            "In Pinterest make the board public.",
        ],
    ),
    text(
        "title_too_long",
        422,
        ["Titre trop long", "Le titre dépasse ce que le réseau accepte.", "Raccourcissez le titre."],
        ["Title too long", "The title is longer than the network takes.", "Shorten the title."],
    ),
    text(
        "link_too_long",
        422,
        [
            "Adresse trop longue",
            "L’adresse du lien dépasse ce que le réseau accepte.",
            "Mettez une adresse plus courte.",
        ],
        [
            "Address too long",
            "The address of the link is longer than the network takes.",
            "Put a shorter address.",
        ],
    ),
    text(
        "no_organization",
        422,
        [
            "Aucune page à gérer",
            "Cette personne ne gère aucune page d’entreprise sur LinkedIn, ou n’a pas le droit d’y publier.",
            "Dans LinkedIn, ouvrez la page, « Gérer les administrateurs », et donnez-lui le rôle d’administrateur ou d’administrateur du contenu. Puis reconnectez le compte.",
        ],
        [
            "No Page to manage",
            "This person manages no company Page on LinkedIn, or may not post there.",
            "In LinkedIn open the Page, “Manage admins”, and make this person an admin or content admin. Then reconnect the account.",
        ],
    ),
    text(
        "organization_role_lost",
        403,
        [
            "Rôle perdu",
            "La personne connectée n’est plus administratrice de cette page LinkedIn. Rien n’est perdu : vos publications attendent.",
            "Dans LinkedIn, rendez-lui son rôle sur la page, puis vérifiez le compte.",
        ],
        [
            "Role lost",
            "The person who is signed in is no longer an admin of this LinkedIn Page. Nothing is lost: your posts wait.",
            "In LinkedIn give the role on the Page back, then check the account.",
        ],
    ),
    text(
        "organization_choice_needed",
        422,
        [
            "Page à choisir",
            "Vous gérez plusieurs pages sur LinkedIn.",
            "Écrivez dans le champ « Page » le nom ou le numéro de celle du restaurant.",
        ],
        [
            "Choose a Page",
            "You manage several Pages on LinkedIn.",
            "Write the name or number of the restaurant’s Page in the field “Page”.",
        ],
    ),
    text(
        "api_version_ended",
        502,
        [
            "Application trop ancienne",
            "LinkedIn n’accepte plus la version que cette application utilise. Rien n’est perdu : vos publications attendent.",
            "Mettez Le Vieux Moulin à jour, puis vérifiez le compte.",
        ],
        [
            "Application too old",
            "LinkedIn no longer accepts the version that this application uses. Nothing is lost: your posts wait.",
            "Update Le Vieux Moulin, then check the account.",
        ],
    ),
    text(
        "api_version_ages",
        200,
        [
            "Mise à jour à prévoir",
            "LinkedIn abandonne chaque version au bout d’un an, et celle de cette application vieillit.",
            "Mettez Le Vieux Moulin à jour dans les semaines qui viennent.",
        ],
        [
            "Plan an update",
            "LinkedIn drops each version after a year, and the one this application uses grows old.",
            "Update Le Vieux Moulin in the coming weeks.",
        ],
    ),
    text(
        "same_words_as_before",
        422,
        [
            "Déjà dit",
            "Le réseau refuse ce texte : une publication plus ancienne dit exactement la même chose. Celle-ci n’est pas partie.",
            "Changez quelques mots, puis réessayez.",
        ],
        [
            "Said before",
            "The network refuses this text: an older post says exactly the same. This one did not leave.",
            "Change some words, then try again.",
        ],
    ),
    text(
        "cost_not_accepted",
        422,
        [
            "Prix à accepter",
            "X vous facture chaque publication : environ 0,015 $, et 0,20 $ avec une adresse dans le texte. Sans votre accord, rien n’est connecté.",
            "Écrivez OUI dans le champ « Votre accord sur le prix », ou laissez X de côté.",
        ],
        [
            "Price to accept",
            "X bills you for each post: about $0.015, and $0.20 with an address in the text. Without your consent nothing is connected.",
            "Write YES in the field “Your consent to the price”, or leave X aside.",
        ],
    ),
    text(
        "posts_are_billed",
        200,
        [
            "Compte payant",
            "X vous facture chaque publication : environ 0,015 $, et 0,20 $ avec une adresse dans le texte.",
            "X n’est jamais choisi d’office : cochez-le quand vous le voulez.",
        ],
        [
            "Billed account",
            "X bills you for each post: about $0.015, and $0.20 with an address in the text.",
            "X is never chosen by itself: tick it when you want it.",
        ],
    ),
    text(
        "post_costs",
        200,
        [
            "Publication payante",
            "X vous facture cette publication : environ 0,015 $, et 0,005 $ de plus par photo décrite.",
            "Décochez X si elle n’en vaut pas la peine.",
        ],
        [
            "Billed post",
            "X bills you for this post: about $0.015, and $0.005 more for each described photo.",
            "Untick X if it is not worth it.",
        ],
    ),
    text(
        "post_with_link_costs",
        200,
        [
            "Publication chère",
            "X vous facture cette publication environ 0,20 $, parce qu’elle contient une adresse ; sans elle, 0,015 $.",
            "Retirez l’adresse du texte pour X, ou décochez X.",
        ],
        [
            "Expensive post",
            "X bills you about $0.20 for this post because it contains an address; without it $0.015.",
            "Take the address out of the text for X, or untick X.",
        ],
    ),
    text(
        "credits_exhausted",
        402,
        [
            "Crédits épuisés",
            "Votre crédit chez X est épuisé, ou la limite de dépense que vous avez fixée est atteinte. Rien n’est perdu : vos publications attendent.",
            "Sur console.x.com, ajoutez des crédits, puis vérifiez le compte.",
        ],
        [
            "Out of credits",
            "Your credit at X is used up, or the spending limit you set is reached. Nothing is lost: your posts wait.",
            "Add credits on console.x.com, then check the account.",
        ],
    ),
];
