//! Which column of a file is what of a person: proposed from French and English headings, decided by the
//! owner.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::contact::fold;

/// What a column may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    ExternalId,
    FirstName,
    LastName,
    /// First and last name in one cell.
    FullName,
    Email,
    Phone,
    Language,
    Birthday,
    PostalCode,
    City,
    DistanceKm,
    PreferredChannel,
    Note,
    VisitCount,
    /// Total in euros: `1 234,50`.
    Spend,
    FirstVisitAt,
    LastVisitAt,
    /// Several, between commas, semicolons or bars.
    Tags,
    Dishes,
    EmailConsent,
    SmsConsent,
    /// When the person said it, and where: without both, a consent is not believed.
    ConsentAt,
    ConsentSource,
    ConsentWording,
}

/// Headings without accents and signs, in the order in which they are tried. What is longer comes first
/// where one heading contains another.
const HEADINGS: &[(Field, &[&str])] = &[
    (
        Field::ConsentAt,
        &[
            "date consentement",
            "date du consentement",
            "consent date",
            "consent at",
            "opt in date",
            "date optin",
            "date opt in",
        ],
    ),
    (
        Field::ConsentSource,
        &[
            "source consentement",
            "source du consentement",
            "consent source",
            "opt in source",
            "origine consentement",
        ],
    ),
    (
        Field::ConsentWording,
        &[
            "texte consentement",
            "version consentement",
            "consent wording",
            "wording version",
            "consent version",
        ],
    ),
    (
        Field::EmailConsent,
        &[
            "consentement email",
            "consentement e mail",
            "consentement mail",
            "email consent",
            "optin email",
            "opt in email",
            "accepte email",
            "accepte les emails",
            "newsletter",
            "consentement",
            "consent",
            "optin",
            "opt in",
        ],
    ),
    (
        Field::SmsConsent,
        &["consentement sms", "sms consent", "optin sms", "opt in sms", "accepte sms", "accepte les sms"],
    ),
    (
        Field::ExternalId,
        &[
            "id",
            "identifiant",
            "external id",
            "id externe",
            "code client",
            "numero client",
            "n client",
            "customer id",
            "client id",
            "ref client",
            "uid",
        ],
    ),
    (Field::FirstName, &["prenom", "prenoms", "first name", "firstname", "given name", "forename"]),
    (
        Field::FullName,
        &[
            "nom complet",
            "nom et prenom",
            "nom prenom",
            "prenom nom",
            "full name",
            "name",
            "client",
            "customer",
            "contact",
        ],
    ),
    (
        Field::LastName,
        &["nom", "nom de famille", "nom famille", "last name", "lastname", "surname", "family name"],
    ),
    (
        Field::Email,
        &[
            "email",
            "e mail",
            "mail",
            "courriel",
            "adresse email",
            "adresse e mail",
            "adresse mail",
            "email address",
            "adresse electronique",
            "e mail 1 value",
        ],
    ),
    (
        Field::Phone,
        &[
            "telephone",
            "tel",
            "mobile",
            "portable",
            "telephone portable",
            "telephone mobile",
            "tel portable",
            "tel mobile",
            "numero",
            "numero de telephone",
            "gsm",
            "phone",
            "phone number",
            "mobile phone",
            "cell",
            "phone 1 value",
        ],
    ),
    (Field::Language, &["langue", "language", "lang", "locale"]),
    (
        Field::Birthday,
        &[
            "date de naissance",
            "naissance",
            "ne le",
            "anniversaire",
            "date anniversaire",
            "birthday",
            "date of birth",
            "birth date",
            "birthdate",
            "dob",
        ],
    ),
    (Field::PostalCode, &["code postal", "cp", "postal code", "postcode", "zip", "zip code"]),
    (Field::City, &["ville", "commune", "city", "town"]),
    (Field::DistanceKm, &["distance", "distance km", "km"]),
    (Field::PreferredChannel, &["canal", "canal prefere", "preferred channel", "channel", "contact par"]),
    (
        Field::VisitCount,
        &[
            "visites",
            "nombre de visites",
            "nb visites",
            "nb de visites",
            "visits",
            "visit count",
            "passages",
            "reservations",
            "nb reservations",
        ],
    ),
    (
        Field::Spend,
        &[
            "depense",
            "depenses",
            "total depense",
            "depense totale",
            "montant",
            "montant total",
            "ca",
            "chiffre d affaires",
            "spend",
            "total spend",
            "total spent",
            "amount",
        ],
    ),
    (Field::FirstVisitAt, &["premiere visite", "date premiere visite", "first visit", "first visit at"]),
    (
        Field::LastVisitAt,
        &[
            "derniere visite",
            "date derniere visite",
            "dernier passage",
            "last visit",
            "last visit at",
            "derniere reservation",
        ],
    ),
    (
        Field::Tags,
        &["etiquettes", "etiquette", "tags", "tag", "groupes", "groupe", "categories", "categorie", "labels"],
    ),
    (
        Field::Dishes,
        &[
            "plats",
            "plat",
            "plat prefere",
            "plats preferes",
            "dishes",
            "dish",
            "favourite dish",
            "favorite dish",
        ],
    ),
    (
        Field::Note,
        &[
            "note",
            "notes",
            "commentaire",
            "commentaires",
            "remarque",
            "remarques",
            "comment",
            "comments",
            "observations",
        ],
    ),
];

/// Proposes a field for each heading; none twice.
pub fn propose(headings: &[String]) -> Vec<Option<Field>> {
    let mut taken = Vec::new();
    headings
        .iter()
        .map(|heading| {
            let folded = fold(heading);
            // Our own export, and the names of the API.
            let own = serde_json::from_value(serde_json::Value::String(folded.replace(' ', "_"))).ok();
            let known = || HEADINGS.iter().find(|(_, names)| names.contains(&folded.as_str()));
            let field = own.or_else(|| known().map(|(field, _)| *field))?;
            if taken.contains(&field) {
                return None;
            }
            taken.push(field);
            Some(field)
        })
        .collect()
}

/// A mapping that says who a person is and says nothing twice. Errors: the problem code.
pub fn check(mapping: &[Option<Field>]) -> Result<(), &'static str> {
    let mut fields: Vec<Field> = mapping.iter().flatten().copied().collect();
    let number = fields.len();
    fields.sort_unstable();
    fields.dedup();
    if fields.len() != number {
        return Err("import_mapping_twice");
    }
    let says_who = [Field::Email, Field::Phone, Field::LastName, Field::FullName, Field::FirstName];
    if !says_who.iter().any(|field| fields.contains(field)) {
        return Err("import_mapping_empty");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn headings_of_both_languages_are_understood() {
        let of = |headings: &[&str]| propose(&headings.iter().map(|h| (*h).to_owned()).collect::<Vec<_>>());
        assert_eq!(
            of(&["Prénom", "NOM", "E-mail", "Téléphone portable", "Code postal", "Né(e) le", "Couleur"])[..5],
            [
                Some(Field::FirstName),
                Some(Field::LastName),
                Some(Field::Email),
                Some(Field::Phone),
                Some(Field::PostalCode)
            ]
        );
        assert_eq!(
            of(&["First name", "Surname", "email_consent", "consent date", "Mobile", "Phone"]),
            [
                Some(Field::FirstName),
                Some(Field::LastName),
                Some(Field::EmailConsent),
                Some(Field::ConsentAt),
                Some(Field::Phone),
                None
            ]
        );
    }

    #[test]
    fn a_mapping_says_who_and_nothing_twice() {
        assert_eq!(check(&[Some(Field::Email), None]), Ok(()));
        assert_eq!(check(&[Some(Field::City)]), Err("import_mapping_empty"));
        assert_eq!(check(&[Some(Field::Email), Some(Field::Email)]), Err("import_mapping_twice"));
    }
}
