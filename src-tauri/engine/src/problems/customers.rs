//! What is wrong with a customer, a file of customers, or a segment.

use super::{ProblemText, text};

pub(super) const TEXTS: &[ProblemText] = &[
    text(
        "email_invalid",
        422,
        [
            "Adresse e-mail incorrecte",
            "Cette adresse e-mail n’est pas complète, ou contient un signe interdit.",
            "Corrigez-la, par exemple claire@exemple.fr.",
        ],
        [
            "E-mail address not correct",
            "This e-mail address is not complete, or has a character that is not allowed.",
            "Correct it, for example claire@exemple.fr.",
        ],
    ),
    text(
        "phone_invalid",
        422,
        [
            "Numéro incorrect",
            "Ce numéro de téléphone n’existe pas sous cette forme.",
            "Corrigez-le, par exemple 06 12 34 56 78 ou +44 20 7946 0018.",
        ],
        [
            "Number not correct",
            "This telephone number does not exist in this form.",
            "Correct it, for example 06 12 34 56 78 or +44 20 7946 0018.",
        ],
    ),
    text(
        "phone_country_unknown",
        422,
        [
            "Pays du numéro inconnu",
            "Ce numéro n’est pas français et ne dit pas son pays : il ne peut pas être appelé.",
            "Écrivez-le avec son indicatif, par exemple +49 pour l’Allemagne.",
        ],
        [
            "Country of the number unknown",
            "This number is not French and does not say its country: it cannot be called.",
            "Write it with its country code, for example +49 for Germany.",
        ],
    ),
    text(
        "contact_text_invalid",
        422,
        [
            "Texte incorrect",
            "Ce texte contient un retour à la ligne ou un signe invisible.",
            "Écrivez-le sur une seule ligne.",
        ],
        [
            "Text not correct",
            "This text has a line break or an invisible character.",
            "Write it in one line.",
        ],
    ),
    text(
        "contact_text_too_long",
        422,
        ["Texte trop long", "Ce texte dépasse la longueur permise.", "Raccourcissez-le."],
        ["Text too long", "This text is longer than allowed.", "Shorten it."],
    ),
    text(
        "language_invalid",
        422,
        [
            "Langue inconnue",
            "Cette langue n’a pas été comprise.",
            "Écrivez son code en deux lettres : fr, en, de, et rien d’autre.",
        ],
        [
            "Language unknown",
            "This language was not understood.",
            "Write its code of two letters: fr, en, de, and nothing else.",
        ],
    ),
    text(
        "birthday_invalid",
        422,
        [
            "Date de naissance incorrecte",
            "Cette date n’existe pas.",
            "Écrivez-la ainsi : 24/12/1980, ou 24/12 sans l’année.",
        ],
        [
            "Date of birth not correct",
            "This date does not exist.",
            "Write it like this: 1980-12-24, or --12-24 without the year.",
        ],
    ),
    text(
        "date_invalid",
        422,
        ["Date incorrecte", "Cette date n’a pas été comprise.", "Écrivez-la ainsi : 24/12/2025."],
        ["Date not correct", "This date was not understood.", "Write it like this: 2025-12-24."],
    ),
    text(
        "distance_invalid",
        422,
        ["Distance incorrecte", "Cette distance n’est pas possible.", "Écrivez un nombre de kilomètres."],
        ["Distance not correct", "This distance is not possible.", "Write a number of kilometres."],
    ),
    text(
        "number_invalid",
        422,
        ["Nombre incorrect", "Ce nombre n’a pas été compris, ou il est négatif.", "Écrivez-le en chiffres."],
        ["Number not correct", "This number was not understood, or it is negative.", "Write it in digits."],
    ),
    text(
        "channel_invalid",
        422,
        [
            "Moyen de contact inconnu",
            "Seuls l’e-mail et le SMS sont connus.",
            "Écrivez « email » ou « sms ».",
        ],
        ["Channel unknown", "Only e-mail and SMS are known.", "Write \"email\" or \"sms\"."],
    ),
    text(
        "contact_empty",
        422,
        [
            "Personne sans nom",
            "Il n’y a ni nom, ni adresse e-mail, ni téléphone.",
            "Donnez au moins l’un des trois.",
        ],
        [
            "Person without a name",
            "There is neither a name nor an e-mail address nor a telephone number.",
            "Give at least one of the three.",
        ],
    ),
    text(
        "contact_exists",
        409,
        [
            "Client déjà connu",
            "Un client de la même origine porte déjà cet identifiant.",
            "Modifiez sa fiche au lieu d’en créer une autre.",
        ],
        [
            "Customer already known",
            "A customer of the same source has this id already.",
            "Change that record instead of making another one.",
        ],
    ),
    text(
        "merge_with_itself",
        422,
        [
            "Même fiche",
            "Une fiche ne peut pas être réunie avec elle-même.",
            "Choisissez deux fiches différentes.",
        ],
        ["Same record", "A record cannot be merged with itself.", "Choose two different records."],
    ),
    text(
        "segment_invalid",
        422,
        [
            "Critère incomplet",
            "Un critère de la sélection ne dit rien, ou ses limites se contredisent.",
            "Complétez-le ou retirez-le.",
        ],
        [
            "Criterion incomplete",
            "A criterion of the segment says nothing, or its bounds contradict each other.",
            "Complete or remove it.",
        ],
    ),
    text(
        "segment_too_big",
        422,
        [
            "Sélection trop compliquée",
            "La sélection a trop de critères, ou trop de niveaux.",
            "Simplifiez-la : au plus 100 critères et 8 niveaux.",
        ],
        [
            "Segment too complicated",
            "The segment has too many criteria, or too many levels.",
            "Simplify it: at most 100 criteria and 8 levels.",
        ],
    ),
    text(
        "segment_name_invalid",
        422,
        [
            "Nom de sélection incorrect",
            "La sélection n’a pas de nom, ou il est trop long.",
            "Donnez-lui un nom d’au plus 100 caractères.",
        ],
        [
            "Name of the segment not correct",
            "The segment has no name, or one that is too long.",
            "Give it a name of at most 100 characters.",
        ],
    ),
    text(
        "segment_name_taken",
        409,
        ["Nom déjà pris", "Une autre sélection porte déjà ce nom.", "Choisissez un autre nom."],
        ["Name taken", "Another segment has this name already.", "Choose another name."],
    ),
    text(
        "segment_in_use",
        409,
        [
            "Sélection attendue",
            "Un envoi programmé choisira ses destinataires avec cette sélection.",
            "Annulez d’abord cet envoi.",
        ],
        [
            "Segment in use",
            "A planned mailing will choose its people with this segment.",
            "Cancel that mailing first.",
        ],
    ),
    text(
        "import_file_unreadable",
        422,
        [
            "Fichier illisible",
            "Ce fichier n’a pas pu être lu : il est abîmé ou protégé.",
            "Ouvrez-le dans votre tableur, enregistrez-le en CSV, puis recommencez.",
        ],
        [
            "File cannot be read",
            "This file could not be read: it is damaged or protected.",
            "Open it in your spreadsheet, save it as CSV, then try again.",
        ],
    ),
    text(
        "import_file_empty",
        422,
        ["Fichier vide", "Ce fichier ne contient aucune ligne.", "Choisissez un autre fichier."],
        ["File empty", "This file has no rows.", "Choose another file."],
    ),
    text(
        "import_file_type_unknown",
        422,
        [
            "Type de fichier inconnu",
            "Ce fichier n’est ni un CSV, ni un XLSX, ni une vCard.",
            "Enregistrez votre liste en CSV ou en XLSX, puis recommencez.",
        ],
        [
            "Type of file unknown",
            "This file is neither CSV nor XLSX nor vCard.",
            "Save your list as CSV or XLSX, then try again.",
        ],
    ),
    text(
        "import_mapping_twice",
        422,
        [
            "Colonne choisie deux fois",
            "Deux colonnes du fichier vont au même endroit de la fiche.",
            "Gardez une seule des deux.",
        ],
        [
            "Column chosen twice",
            "Two columns of the file go to the same place of the record.",
            "Keep only one of them.",
        ],
    ),
    text(
        "import_mapping_empty",
        422,
        [
            "Aucun nom dans le fichier",
            "Aucune colonne ne dit qui sont les personnes.",
            "Dites quelle colonne contient le nom, l’e-mail ou le téléphone.",
        ],
        [
            "No name in the file",
            "No column says who the people are.",
            "Say which column has the name, the e-mail address or the telephone number.",
        ],
    ),
    text(
        "import_mapping_too_long",
        422,
        [
            "Trop de colonnes",
            "Plus de colonnes ont été choisies que le fichier n’en a.",
            "Choisissez de nouveau les colonnes de ce fichier.",
        ],
        [
            "Too many columns",
            "More columns were chosen than the file has.",
            "Choose the columns of this file again.",
        ],
    ),
    text(
        "import_running",
        409,
        [
            "Un import est en cours",
            "Un autre import n’est pas encore terminé.",
            "Attendez sa fin, puis recommencez.",
        ],
        ["An import is running", "Another import has not ended yet.", "Wait for its end, then try again."],
    ),
    text(
        "import_already_undone",
        409,
        ["Déjà annulé", "Cet import a déjà été annulé.", "Rien à faire."],
        ["Already undone", "This import was taken back already.", "Nothing to do."],
    ),
    text(
        "import_interrupted",
        200,
        [
            "Import interrompu",
            "L’application s’est arrêtée pendant l’import : les premières lignes sont enregistrées, pas les suivantes.",
            "Importez de nouveau le même fichier : personne n’y sera deux fois.",
        ],
        [
            "Import interrupted",
            "The application stopped during the import: the first rows are kept, the following ones are not.",
            "Import the same file again: nobody will be there twice.",
        ],
    ),
    text(
        "import_consent_without_proof",
        200,
        [
            "Accord non repris",
            "Le fichier dit oui sans dire quand ni où : la personne est enregistrée, son accord ne l’est pas.",
            "Ajoutez au fichier une colonne avec la date et une avec l’origine de l’accord.",
        ],
        [
            "Agreement not taken over",
            "The file says yes without saying when and where: the person is kept, their agreement is not.",
            "Add to the file a column with the date and one with the source of the agreement.",
        ],
    ),
    text(
        "import_consent_without_address",
        200,
        [
            "Accord sans adresse",
            "Le fichier dit oui pour un moyen de contact que la personne n’a pas.",
            "Complétez sa fiche, puis notez son accord.",
        ],
        [
            "Agreement without an address",
            "The file says yes for a channel that the person has no address of.",
            "Complete their record, then note their agreement.",
        ],
    ),
    text(
        "import_consent_unclear",
        422,
        [
            "Accord incompris",
            "Cette case ne dit ni oui ni non.",
            "Écrivez « oui » ou « non », ou laissez la case vide.",
        ],
        [
            "Agreement not understood",
            "This cell says neither yes nor no.",
            "Write \"oui\" or \"non\", or leave the cell empty.",
        ],
    ),
];
