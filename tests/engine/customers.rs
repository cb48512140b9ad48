//! Customers: a list comes in from a file, what is wrong in it is named, it is taken back, two entries become
//! one without losing a no.

use bytes::Bytes;
use jiff::SignedDuration;
use vieux_moulin_engine::{
    connectors::Kind,
    customers::{NewImport, Source},
    domain::{
        Channel, ConsentStanding, Contact, ContactDetails, ContactId,
        consent::{Basis, ConsentState, NewConsent},
    },
    store::{
        consents,
        contact_imports::{Import, ImportState},
        contact_twins::{self, Likeness},
        contacts::{self, Filter, Visit},
        suppressions,
    },
};
use vieux_moulin_tests::app::TestApp;

async fn app() -> TestApp {
    TestApp::start(&[("scripted", Kind::A, false)]).await
}

async fn import(app: &TestApp, file: &[u8], dry_run: bool) -> Import {
    let new = NewImport {
        source: Source::Bytes(Bytes::copy_from_slice(file)),
        file_name: "clients.csv".into(),
        mapping: None,
        dry_run,
        actor: "window".into(),
    };
    app.engine.customers.import_now(new).await.unwrap()
}

async fn everybody(app: &TestApp) -> Vec<Contact> {
    let filter = Filter { limit: 1000, ..Filter::default() };
    app.engine.store.read(move |c| contacts::page(c, &filter)).await.unwrap()
}

async fn add(app: &TestApp, details: ContactDetails) -> ContactId {
    let contact = Contact::new(details.normalised().unwrap(), "window", app.now());
    let id = contact.id.clone();
    app.engine.store.write(move |tx| contacts::insert(tx, &contact)).await.unwrap();
    id
}

fn yes(id: &ContactId, channel: Channel, at: jiff::Timestamp) -> NewConsent {
    NewConsent {
        state: ConsentState::Granted,
        basis: Basis::Consent,
        wording_version: Some("carte-1".into()),
        proof: Some("carte 7".into()),
        actor: "window".into(),
        ..NewConsent::withdrawal(id.clone(), channel, at, "paper_card")
    }
}

/// Windows-1252, formulas, a phone without country, an address with a line break.
fn bad_file() -> Vec<u8> {
    let text = "Prénom;Nom;E-mail;Téléphone;Notes\r\n\
        Élodie;Crève-Cœur;elodie@exemple.example;'+33639980001;'=1+1\r\n\
        Paul;Sans Pays;paul@exemple.example;555 1234;\r\n\
        Eve;Piège;\"eve@exemple.example\r\nBcc: x@exemple.example\";;\r\n\
        ;;;;\r\n\
        Jean;Bon;jean@exemple.example;06 39 98 00 02;\r\n";
    text.chars().map(|c| if c == 'œ' { 0x9C } else { u8::try_from(u32::from(c)).unwrap() }).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_file_says_what_is_wrong_and_loses_nobody_else() {
    let app = app().await;
    for dry_run in [true, false] {
        let done = import(&app, &bad_file(), dry_run).await;
        assert_eq!(done.state, ImportState::Done, "{done:?}");
        assert_eq!((done.rows_read, done.created, done.refused), (4, 2, 2), "{done:?}");
        let told: Vec<_> = done.errors.iter().map(|e| (e.row, e.column.as_str(), e.code.as_str())).collect();
        assert_eq!(told, [(3, "Téléphone", "phone_country_unknown"), (4, "E-mail", "email_invalid")]);
        assert_eq!(everybody(&app).await.len(), if dry_run { 0 } else { 2 });
    }
    let people = everybody(&app).await;
    assert_eq!(people[1].details.first_name, "Élodie");
    assert_eq!(people[1].details.phone.as_deref(), Some("+33639980001"));
    assert_eq!(people[1].details.note, "=1+1");
    // Once more changes nobody.
    let again = import(&app, &bad_file(), false).await;
    assert_eq!((again.created, again.updated), (0, 0), "{again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_out_comes_back_the_same() {
    let app = app().await;
    add(
        &app,
        ContactDetails {
            first_name: "=Zoé".into(),
            last_name: "Dit \"La ; Virgule\"".into(),
            phone: Some("06 39 98 00 03".into()),
            birthday: Some("24/12".into()),
            note: "une\nligne".into(),
            ..ContactDetails::default()
        },
    )
    .await;
    let (lines, _) = app.engine.customers.export_page(None).await.unwrap().unwrap();
    let file = [vieux_moulin_engine::customers::Customers::export_head(), lines].concat();
    assert!(file.starts_with("\u{feff}external_id;".as_bytes()));
    let text = String::from_utf8(file.clone()).unwrap();
    assert!(text.contains(";'=Zoé;") && text.contains(";'+33639980003;"), "{text}");
    let again = import(&app, &file, false).await;
    assert_eq!((again.created, again.updated, again.refused), (0, 0, 0), "{again:?} {text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_adds_what_it_knows_and_is_taken_back() {
    let app = app().await;
    let known = add(
        &app,
        ContactDetails {
            last_name: "Martin".into(),
            email: Some("claire@exemple.example".into()),
            city: Some("Vensac".into()),
            ..ContactDetails::default()
        },
    )
    .await;
    let file = "Prénom,Nom,E-mail,Ville,Code postal,Accepte email,Date consentement,Source consentement\n\
        Claire,,Claire@Exemple.Example,,33590,oui,2026-01-02,carte\n\
        Luc,Neuf,luc@exemple.example,Lesparre,,oui,,\n\
        Ida,Non,ida@exemple.example,,,non,,\n";
    let done = import(&app, file.as_bytes(), false).await;
    assert_eq!((done.created, done.updated, done.refused), (2, 1, 0), "{done:?}");
    assert_eq!((done.consents_recorded, done.consents_ignored), (2, 1), "{done:?}");
    assert_eq!(done.errors[0].code, "import_consent_without_proof");
    let find = |id: ContactId| app.engine.store.read(move |c| contacts::find(c, &id));
    let claire = find(known.clone()).await.unwrap().unwrap();
    assert_eq!(claire.details.first_name, "Claire");
    assert_eq!(claire.details.last_name, "Martin", "what is empty overwrites nothing");
    assert_eq!(claire.details.city.as_deref(), Some("Vensac"));
    assert_eq!(claire.email_consent, ConsentStanding::Granted);
    let consent = |name: &str, people: &[Contact]| {
        people.iter().find(|c| c.details.first_name == name).unwrap().email_consent
    };
    let people = everybody(&app).await;
    assert_eq!(consent("Luc", &people), ConsentStanding::Unknown);
    assert_eq!(consent("Ida", &people), ConsentStanding::Withdrawn);

    // Luc came to eat meanwhile.
    let luc = people.iter().find(|c| c.details.first_name == "Luc").unwrap().id.clone();
    let (visit, now) = (Visit::new(app.now(), 4200, "window"), app.now());
    let eaten = vec!["Lamproie".to_owned()];
    app.engine.store.write(move |tx| contacts::add_visit(tx, &luc, &visit, &eaten, now)).await.unwrap();
    let undone = app.engine.customers.undo_import(&done.id, "window").await.unwrap();
    assert_eq!((undone.removed, undone.restored, undone.kept), (1, 1, 1), "{undone:?}");
    let claire = find(known).await.unwrap().unwrap();
    assert_eq!((claire.details.first_name.as_str(), claire.details.postal_code), ("", None));
    assert_eq!(claire.email_consent, ConsentStanding::Withdrawn, "a yes that only the file told is none");
    let ida =
        app.engine.store.read(|c| suppressions::is_suppressed(c, Channel::Email, "ida@exemple.example"));
    assert!(ida.await.unwrap().is_some(), "a no outlives the file");
    assert!(app.engine.customers.undo_import(&done.id, "window").await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_entries_become_one_and_a_no_stays_a_no() {
    let app = app().await;
    let details = |email: &str| ContactDetails {
        first_name: "Claire".into(),
        last_name: "Martin".into(),
        email: Some(email.into()),
        phone: Some("0639980004".into()),
        ..ContactDetails::default()
    };
    let keep = add(&app, details("claire@exemple.example")).await;
    let other = add(&app, details("c.martin@exemple.example")).await;
    let pairs = app.engine.store.read(|c| contact_twins::propose(c, 10)).await.unwrap();
    assert_eq!(pairs.len(), 1);
    assert_eq!(pairs[0].0, Likeness::Phone);
    let (now, a, b) = (app.now(), keep.clone(), other.clone());
    let earlier = now - SignedDuration::from_hours(48);
    app.engine
        .store
        .write(move |tx| {
            consents::record(tx, &yes(&a, Channel::Sms, earlier), now)?;
            consents::record(
                tx,
                &NewConsent::withdrawal(b.clone(), Channel::Sms, earlier, "telephone"),
                now,
            )?;
            consents::record(tx, &yes(&b, Channel::Email, earlier), now)?;
            for id in [&a, &b] {
                contacts::add_visit(tx, id, &Visit::new(earlier, 3000, "window"), &["Lamproie".into()], now)?;
            }
            contact_twins::merge(tx, &a, &b, "window", now)
        })
        .await
        .unwrap();
    let (id, gone) = (keep.clone(), other.clone());
    let (kept, gone, dishes) = app
        .engine
        .store
        .read(move |c| Ok((contacts::find(c, &id)?, contacts::find(c, &gone)?, contacts::dishes(c, &id)?)))
        .await
        .unwrap();
    let kept = kept.unwrap();
    assert!(gone.is_none());
    assert_eq!((kept.details.visit_count, kept.details.spend_cents), (2, 6000));
    assert_eq!(dishes["Lamproie"], 2);
    assert_eq!(kept.sms_consent, ConsentStanding::Withdrawn);
    // It was said for another address.
    assert_eq!(kept.email_consent, ConsentStanding::Unknown);
    let itself =
        app.engine.store.write(move |tx| contact_twins::merge(tx, &keep, &keep, "window", now)).await;
    assert!(itself.is_err());
}
