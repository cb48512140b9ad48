//! Whether the world believes that this account may write in the name of its domain: the mailbox that
//! belongs to another house, then SPF, DKIM and DMARC with the record to copy (messaging reference 5).

use super::dns::{NoAnswer, Texts};
use crate::connectors::{CheckFinding, Severity};

/// Domains of mailbox providers, and the servers that may send for them.
const HOUSES: &[(&[&str], &[&str])] = &[
    (&["gmail.com", "googlemail.com"], &["gmail.com", "google.com", "googlemail.com"]),
    (&["orange.fr", "wanadoo.fr"], &["orange.fr", "wanadoo.fr"]),
    (&["free.fr"], &["free.fr"]),
    (&["sfr.fr", "neuf.fr", "cegetel.net", "club-internet.fr", "9online.fr"], &["sfr.fr", "neuf.fr"]),
    (&["laposte.net"], &["laposte.net"]),
    (&["bbox.fr"], &["bbox.fr", "bouyguestelecom.fr"]),
    (&["yahoo.com", "yahoo.fr", "ymail.com"], &["yahoo.com"]),
    (
        &["outlook.com", "outlook.fr", "hotmail.com", "hotmail.fr", "live.com", "live.fr", "msn.com"],
        &["outlook.com", "office365.com", "hotmail.com"],
    ),
    (&["icloud.com", "me.com", "mac.com"], &["me.com", "icloud.com"]),
    (&["aol.com"], &["aol.com"]),
    (&["gmx.fr", "gmx.com", "gmx.net"], &["gmx.com", "gmx.net"]),
];

/// Hosts with what their customers put into SPF, and the usual selectors of DKIM.
const HOSTS: &[(&str, &str, &[&str])] = &[
    ("ovh.net", "include:mx.ovh.com", &["ovhmo-selector-1", "ovhmo-selector-2", "ovh"]),
    ("ovh.ca", "include:mx.ovh.com", &["ovhmo-selector-1"]),
    ("gmail.com", "include:_spf.google.com", &["google"]),
    ("google.com", "include:_spf.google.com", &["google"]),
    ("office365.com", "include:spf.protection.outlook.com", &["selector1", "selector2"]),
    ("gandi.net", "include:_mailcust.gandi.net", &["gm1", "gm2", "gm3"]),
    ("ionos.fr", "include:_spf-eu.ionos.com", &["s1-ionos", "s2-ionos"]),
    ("infomaniak.com", "include:spf.infomaniak.ch", &["default"]),
    ("sendgrid.net", "include:sendgrid.net", &["s1", "s2"]),
    ("mailjet.com", "include:spf.mailjet.com", &["mailjet"]),
    ("brevo.com", "include:spf.brevo.com", &["brevo1", "brevo2", "mail"]),
];
/// Tried everywhere besides.
const SELECTORS: &[&str] = &["default", "dkim", "mail", "s1", "selector1"];

fn is_below(host: &str, domain: &str) -> bool {
    host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// The domain belongs to a mailbox provider and `host` is not its own server: DMARC would fail everywhere.
pub(super) fn is_foreign(domain: &str, host: &str) -> bool {
    let (domain, host) = (domain.to_lowercase(), host.to_lowercase());
    let house = HOUSES.iter().find(|(domains, _)| domains.contains(&domain.as_str()));
    house.is_some_and(|(_, servers)| !servers.iter().any(|server| is_below(&host, server)))
}

/// Whether a mailbox provider looks after the records itself.
fn is_looked_after(domain: &str) -> bool {
    HOUSES.iter().any(|(domains, _)| domains.contains(&domain))
}

fn finding(code: &str, severity: Severity, subject: Option<String>) -> CheckFinding {
    CheckFinding { code: code.to_owned(), severity, subject }
}

/// Looks at the three records of a domain that writes through `host`. Finds nothing where nobody answers.
pub(super) async fn findings(dns: &dyn Texts, domain: &str, host: &str, from: &str) -> Vec<CheckFinding> {
    let domain = domain.to_lowercase();
    if is_looked_after(&domain) {
        return Vec::new();
    }
    let host = host.to_lowercase();
    let known = HOSTS.iter().find(|(name, ..)| is_below(&host, name));
    match records(dns, &domain, known, from).await {
        Ok(findings) => findings,
        Err(NoAnswer) => vec![finding("mail_domain_unchecked", Severity::Warning, Some(domain))],
    }
}

async fn records(
    dns: &dyn Texts,
    domain: &str,
    known: Option<&(&str, &str, &[&str])>,
    from: &str,
) -> Result<Vec<CheckFinding>, NoAnswer> {
    let starts = |text: &String, with: &str| text.trim_start().to_lowercase().starts_with(with);
    let mut found = Vec::new();

    let spf: Vec<String> = dns.texts(domain).await?;
    let spf: Vec<&String> = spf.iter().filter(|text| starts(text, "v=spf1")).collect();
    let include = known.map(|(_, include, _)| *include);
    let wanted = format!("v=spf1 {} ~all", include.unwrap_or("mx"));
    found.push(match spf.as_slice() {
        [] => finding("spf_missing", Severity::Error, Some(format!("{domain} TXT \"{wanted}\""))),
        [one] => match include.filter(|include| !one.to_lowercase().contains(include)) {
            None => finding("spf_found", Severity::Ok, None),
            Some(include) => {
                // Behind the version word, so that what is there stays.
                let rest = one.trim_start().get("v=spf1".len()..).unwrap_or_default();
                let better = format!("{domain} TXT \"v=spf1 {include}{rest}\"");
                finding("spf_incomplete", Severity::Error, Some(better))
            }
        },
        _ => finding("spf_twice", Severity::Error, Some(domain.to_owned())),
    });

    let mut has_key = false;
    let selectors = known.map_or(&[] as &[&str], |(_, _, selectors)| selectors);
    for selector in selectors.iter().chain(SELECTORS) {
        let texts = dns.texts(&format!("{selector}._domainkey.{domain}")).await?;
        if texts.iter().any(|text| text.contains("p=")) {
            has_key = true;
            break;
        }
    }
    found.push(if has_key {
        finding("dkim_found", Severity::Ok, None)
    } else {
        // Its name is chosen by the host, so not finding it proves nothing.
        finding("dkim_not_found", Severity::Warning, Some(domain.to_owned()))
    });

    let dmarc = dns.texts(&format!("_dmarc.{domain}")).await?;
    found.push(if dmarc.iter().any(|text| starts(text, "v=dmarc1")) {
        finding("dmarc_found", Severity::Ok, None)
    } else {
        let record = format!("_dmarc.{domain} TXT \"v=DMARC1; p=none; rua=mailto:{from}\"");
        finding("dmarc_missing", Severity::Error, Some(record))
    });
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use async_trait::async_trait;

    use super::*;

    struct Zone(BTreeMap<&'static str, Vec<&'static str>>);

    #[async_trait]
    impl Texts for Zone {
        async fn texts(&self, name: &str) -> Result<Vec<String>, NoAnswer> {
            if name.contains("silent") {
                return Err(NoAnswer);
            }
            Ok(self.0.get(name).into_iter().flatten().map(|text| (*text).to_owned()).collect())
        }
    }

    async fn found(zone: &Zone, domain: &str, host: &str) -> Vec<(String, Option<String>)> {
        let all = findings(zone, domain, host, "contact@moulin.fr").await;
        all.into_iter().map(|finding| (finding.code, finding.subject)).collect()
    }

    #[tokio::test]
    async fn each_missing_record_comes_with_the_one_to_copy() {
        let nothing = found(&Zone(BTreeMap::new()), "moulin.fr", "ssl0.ovh.net").await;
        let record = |text: &str| Some(text.to_owned());
        assert_eq!(
            nothing,
            [
                ("spf_missing".into(), record("moulin.fr TXT \"v=spf1 include:mx.ovh.com ~all\"")),
                ("dkim_not_found".into(), record("moulin.fr")),
                (
                    "dmarc_missing".into(),
                    record("_dmarc.moulin.fr TXT \"v=DMARC1; p=none; rua=mailto:contact@moulin.fr\"")
                ),
            ]
        );
        let zone = Zone(BTreeMap::from([
            ("moulin.fr", vec!["v=spf1 include:_spf.google.com -all", "autre chose"]),
            ("google._domainkey.moulin.fr", vec!["v=DKIM1; k=rsa; p=MIIB"]),
            ("_dmarc.moulin.fr", vec!["v=DMARC1; p=none"]),
            ("deux.fr", vec!["v=spf1 -all", "v=spf1 mx -all"]),
        ]));
        let good = found(&zone, "moulin.fr", "smtp.gmail.com").await;
        assert_eq!(
            good.iter().map(|(code, _)| code.as_str()).collect::<Vec<_>>(),
            ["spf_found", "dkim_found", "dmarc_found"]
        );
        let other = found(&zone, "moulin.fr", "ssl0.ovh.net").await;
        let better = "moulin.fr TXT \"v=spf1 include:mx.ovh.com include:_spf.google.com -all\"";
        assert_eq!(other[0], ("spf_incomplete".into(), record(better)));
        assert_eq!(found(&zone, "deux.fr", "mail.deux.fr").await[0].0, "spf_twice");
        assert_eq!(found(&zone, "silent.fr", "mail.deux.fr").await[0].0, "mail_domain_unchecked");
        assert!(found(&zone, "gmail.com", "smtp.gmail.com").await.is_empty());
    }

    #[test]
    fn a_borrowed_address_is_recognised() {
        assert!(is_foreign("gmail.com", "ssl0.ovh.net"));
        assert!(is_foreign("Orange.fr", "smtp-relay.brevo.com"));
        assert!(is_foreign("gmail.com", "smtp.gmail.com.evil.example"));
        assert!(is_foreign("gmail.com", "127.0.0.1"));
        assert!(!is_foreign("gmail.com", "smtp.gmail.com"));
        assert!(!is_foreign("wanadoo.fr", "smtp.orange.fr"));
        assert!(!is_foreign("levieuxmoulin.fr", "ssl0.ovh.net"));
    }
}
