//! Lays the blocks of an e-mail out: once as MJML, once as plain text.
//!
//! Only fixed words of this file and holes ([`program`]) are written here; what authors and customers
//! wrote is filled in afterwards. Pictures of a social network's sign are not fetched from anywhere: a
//! reader's mailbox would tell a third party when the mail is read. Fonts are those of the reader.

use std::fmt::Write as _;

use minijinja::Environment;

use super::{
    draft::{Fields, Place, Slot},
    house::House,
    program::{self, Test, end, field},
};
use crate::domain::{
    Purpose, Template, TemplateLanguage, TemplateProblem,
    template::{Block, EmailTemplate, EventBlock, ImageBlock, MenuBlock, OfferBlock, SocialBlock},
};

const MAX_BLOCKS: usize = 100;
const MAX_ITEMS: usize = 60;

/// An e-mail with holes.
pub(super) struct Layout {
    pub mjml: String,
    pub text: String,
    pub fields: Fields,
    /// Field of the subject.
    pub subject: usize,
}

struct Drawing<'a> {
    environment: &'a mut Environment<'static>,
    house: &'a House,
    language: TemplateLanguage,
    fields: Fields,
    mjml: String,
    text: String,
}

/// Lays the e-mail of a template out.
pub(super) fn lay_out(
    template: &Template,
    email: &EmailTemplate,
    house: &House,
    environment: &mut Environment<'static>,
) -> Result<Layout, TemplateProblem> {
    let mut drawing = Drawing {
        environment,
        house,
        language: template.language,
        fields: Fields::default(),
        mjml: String::new(),
        text: String::new(),
    };
    let subject = drawing.add(&email.subject, Place::Line, "email.subject")?;
    let preheader = drawing.add(&email.preheader, Place::Line, "email.preheader")?;
    if email.blocks.len() > MAX_BLOCKS {
        return Err(TemplateProblem::new("template_too_large", "email.blocks"));
    }
    drawing.head(subject, preheader);
    for (number, block) in email.blocks.iter().enumerate() {
        drawing.block(block, &format!("email.blocks.{number}"))?;
    }
    drawing.mention();
    drawing.footer(email, template.purpose)?;
    drawing.mjml.push_str("</mj-body></mjml>");
    let Drawing { fields, mjml, text, .. } = drawing;
    Ok(Layout { mjml, text, fields, subject })
}

/// Colours, dark ones included, and the shapes that MJML has no attribute for.
const STYLE: &str = r"
:root { color-scheme: light dark; supported-color-schemes: light dark; }
a { color: #8a3b1f; }
.menu { width: 100%; border-collapse: collapse; }
.menu td { padding: 8px 0; vertical-align: top; border-bottom: 1px solid #e9e0d2; }
.menu .price { white-space: nowrap; text-align: right; padding-left: 16px; }
.soft { color: #6f665b; }
@media (prefers-color-scheme: dark) {
  body, .page, .page > table { background: #171513 !important; background-color: #171513 !important; }
  .card, .card > table { background: #23201d !important; background-color: #23201d !important; }
  .inset, .inset > table, .inset td { border-color: #5a4a3c !important; }
  .words div, .words td, .words p { color: #f1eae0 !important; }
  .quiet div, .quiet td, .soft { color: #bdb2a3 !important; }
  .name div, .value div { color: #f0b49a !important; }
  a { color: #f0b49a !important; }
  .go a { color: #ffffff !important; }
  .rule p { border-color: #4a423a !important; }
  .menu td { border-color: #3c362f !important; }
}
[data-ogsc] .words div, [data-ogsc] .words td { color: #f1eae0 !important; }
[data-ogsc] .quiet div, [data-ogsc] .soft { color: #bdb2a3 !important; }
[data-ogsc] .name div, [data-ogsc] .value div { color: #f0b49a !important; }
[data-ogsb] .page, [data-ogsb] .page > table { background-color: #171513 !important; }
[data-ogsb] .card, [data-ogsb] .card > table { background-color: #23201d !important; }
";

const SERIF: &str = "Georgia, 'Times New Roman', serif";

impl Drawing<'_> {
    fn add(&mut self, text: &str, place: Place, path: impl Into<String>) -> Result<usize, TemplateProblem> {
        self.fields.text(self.environment, text, place, path)
    }

    fn head(&mut self, subject: usize, preheader: usize) {
        let language = self.language.as_str();
        let name = self.fields.fixed(self.house.name.clone(), Place::Line, "house.name");
        let _ = write!(
            self.mjml,
            "<mjml lang=\"{language}\"><mj-head><mj-title>{}</mj-title><mj-preview>{}</mj-preview>\
             <mj-raw><meta name=\"color-scheme\" content=\"light dark\" />\
             <meta name=\"supported-color-schemes\" content=\"light dark\" />\
             <meta name=\"format-detection\" content=\"telephone=no, date=no, address=no\" /></mj-raw>\
             <mj-attributes><mj-all font-family=\"Helvetica, Arial, sans-serif\" />\
             <mj-text font-size=\"16px\" line-height=\"1.55\" color=\"#2b2622\" padding=\"8px 32px\" />\
             <mj-section padding=\"0\" background-color=\"#fffdf9\" />\
             </mj-attributes><mj-style>{STYLE}</mj-style></mj-head>\
             <mj-body background-color=\"#f3ece1\" css-class=\"page\" width=\"600px\">",
            field(subject),
            field(preheader),
        );
        let _ = write!(
            self.mjml,
            "<mj-section background-color=\"#f3ece1\" css-class=\"page\" padding=\"28px 0 16px\"><mj-column>\
             <mj-text css-class=\"name\" align=\"center\" font-family=\"{SERIF}\" font-size=\"24px\" \
             letter-spacing=\"0.5px\" color=\"#8a3b1f\">{}</mj-text></mj-column></mj-section>",
            field(name)
        );
        self.space(20);
    }

    /// A row of the card.
    fn row(&mut self, inside: &str) {
        let _ =
            write!(self.mjml, "<mj-section css-class=\"card\"><mj-column>{inside}</mj-column></mj-section>");
    }

    /// A framed row.
    fn inset(&mut self, inside: &str) {
        let _ = write!(
            self.mjml,
            "<mj-section css-class=\"card\" padding=\"12px 32px\"><mj-column css-class=\"inset\" \
             border=\"1px solid #d9c7ae\" border-radius=\"8px\" padding=\"14px 0\">{inside}</mj-column></mj-section>"
        );
    }

    fn space(&mut self, height_px: u16) {
        self.row(&format!("<mj-spacer height=\"{}px\" />", height_px.min(120)));
    }

    /// Begins a part in both forms; an end mark in both ends it.
    fn begin(&mut self, test: Test) {
        let mark = self.fields.when(test);
        let _ = write!(self.mjml, "<mj-raw>{mark}</mj-raw>");
        self.text.push_str(&mark);
    }

    fn end(&mut self) {
        let _ = write!(self.mjml, "<mj-raw>{}</mj-raw>", end());
        self.text.push_str(&end());
    }

    fn colon(&self) -> &'static str {
        if self.language == TemplateLanguage::Fr { "\u{a0}:" } else { ":" }
    }

    /// A part within a text, there when `test` holds.
    fn part(&mut self, test: Test, inside: &str) -> String {
        format!("{}{inside}{}", self.fields.when(test), end())
    }

    fn block(&mut self, block: &Block, path: &str) -> Result<(), TemplateProblem> {
        match block {
            Block::Title(title) => {
                let words = self.add(&title.text, Place::Line, format!("{path}.text"))?;
                self.begin(Test::All(vec![words]));
                self.row(&format!(
                    "<mj-text css-class=\"words\" font-family=\"{SERIF}\" font-size=\"26px\" \
                     line-height=\"1.25\" padding=\"12px 32px 4px\">{}</mj-text>",
                    field(words)
                ));
                let _ = write!(self.text, "{}\n\n", field(words));
                self.end();
            }
            Block::Paragraph(paragraph) => {
                let words = self.add(&paragraph.text, Place::Paragraph, format!("{path}.text"))?;
                self.begin(Test::All(vec![words]));
                self.row(&format!("<mj-text css-class=\"words\">{}</mj-text>", field(words)));
                let _ = write!(self.text, "{}\n\n", field(words));
                self.end();
            }
            Block::Image(image) => self.image(image, path)?,
            Block::Button(button) => {
                let label = self.add(&button.label, Place::Line, format!("{path}.label"))?;
                let url = self.add(&button.url, Place::Address, format!("{path}.url"))?;
                self.begin(Test::All(vec![label, url]));
                self.row(&format!(
                    "<mj-button css-class=\"go\" href=\"{}\" background-color=\"#8a3b1f\" color=\"#ffffff\" \
                     border-radius=\"6px\" font-size=\"16px\" inner-padding=\"13px 28px\" \
                     padding=\"14px 32px\">{}</mj-button>",
                    field(url),
                    field(label)
                ));
                let _ = write!(self.text, "{}{} {}\n\n", field(label), self.colon(), field(url));
                self.end();
            }
            Block::Menu(menu) => self.menu(menu, path)?,
            Block::Event(event) => self.event(event, path)?,
            Block::Offer(offer) => self.offer(offer, path)?,
            Block::Social(social) => self.social(social, path)?,
            Block::Divider(_) => {
                self.row(
                    "<mj-divider css-class=\"rule\" border-width=\"1px\" border-color=\"#e0d5c5\" \
                     padding=\"14px 32px\" />",
                );
                self.text.push_str("—\n\n");
            }
            Block::Spacer(spacer) => self.space(spacer.height_px),
        }
        Ok(())
    }

    fn image(&mut self, image: &ImageBlock, path: &str) -> Result<(), TemplateProblem> {
        let source = match &image.media_id {
            None => image.url.clone(),
            Some(id) => self.house.pictures.get(id).cloned().ok_or_else(|| {
                TemplateProblem::new("template_image_not_public", format!("{path}.media_id"))
            })?,
        };
        let url = self.add(&source, Place::Picture, format!("{path}.url"))?;
        let alt = self.add(&image.alt, Place::Line, format!("{path}.alt"))?;
        self.begin(Test::All(vec![url]));
        self.row(&format!(
            "<mj-image src=\"{}\" alt=\"{}\" padding=\"8px 32px\" border-radius=\"8px\" />",
            field(url),
            field(alt)
        ));
        let described = self.fields.when(Test::All(vec![alt]));
        let _ = write!(self.text, "{described}[{}]\n\n{}", field(alt), end());
        self.end();
        Ok(())
    }

    fn menu(&mut self, menu: &MenuBlock, path: &str) -> Result<(), TemplateProblem> {
        if menu.items.len() > MAX_ITEMS {
            return Err(TemplateProblem::new("template_too_large", format!("{path}.items")));
        }
        let title = self.add(&menu.title, Place::Line, format!("{path}.title"))?;
        let (mut rows, mut lines, mut dishes) = (String::new(), String::new(), Vec::new());
        for (number, item) in menu.items.iter().enumerate() {
            let path = format!("{path}.items.{number}");
            let dish = self.add(&item.dish, Place::Line, format!("{path}.dish"))?;
            let description = self.add(&item.description, Place::Line, format!("{path}.description"))?;
            let price = self.add(&item.price, Place::Line, format!("{path}.price"))?;
            dishes.push(dish);
            let (dish_hole, price_hole) = (field(dish), field(price));
            let more = field(description);
            let below = self.part(
                Test::All(vec![description]),
                &format!("<br /><span class=\"soft\" style=\"font-size:14px\">{more}</span>"),
            );
            rows.push_str(&self.part(
                Test::All(vec![dish]),
                &format!("<tr><td>{dish_hole}{below}</td><td class=\"price\">{price_hole}</td></tr>"),
            ));
            let below = self.part(Test::All(vec![description]), &format!(" ({more})"));
            let cost = self.part(Test::All(vec![price]), &format!(", {price_hole}"));
            lines.push_str(&self.part(Test::All(vec![dish]), &format!("- {dish_hole}{below}{cost}\n")));
        }
        self.begin(Test::Any(dishes));
        let heading = self.part(
            Test::All(vec![title]),
            &format!(
                "<p style=\"margin:0 0 6px;font-family:Georgia, 'Times New Roman', serif;font-size:20px\">{}</p>",
                field(title)
            ),
        );
        self.row(&format!(
            "<mj-text css-class=\"words\">{heading}<table class=\"menu\" role=\"presentation\" width=\"100%\" \
             cellpadding=\"0\" cellspacing=\"0\">{rows}</table></mj-text>"
        ));
        let heading = self.part(Test::All(vec![title]), &format!("{}\n", field(title)));
        let _ = writeln!(self.text, "{heading}{lines}");
        self.end();
        Ok(())
    }

    fn event(&mut self, event: &EventBlock, path: &str) -> Result<(), TemplateProblem> {
        let title = self.add(&event.title, Place::Line, format!("{path}.title"))?;
        let date = self.add(&event.date, Place::Line, format!("{path}.date"))?;
        let place = self.add(&event.place, Place::Line, format!("{path}.place"))?;
        let about = self.add(&event.description, Place::Paragraph, format!("{path}.description"))?;
        self.begin(Test::All(vec![title]));
        let rows = [
            (title, format!("font-family=\"{SERIF}\" font-size=\"21px\" css-class=\"words\"")),
            (date, "font-weight=\"bold\" css-class=\"words\"".to_owned()),
            (place, "css-class=\"quiet\" color=\"#6f665b\"".to_owned()),
            (about, "css-class=\"words\"".to_owned()),
        ];
        self.framed(&rows);
        self.end();
        Ok(())
    }

    fn offer(&mut self, offer: &OfferBlock, path: &str) -> Result<(), TemplateProblem> {
        let title = self.add(&offer.title, Place::Line, format!("{path}.title"))?;
        let value = self.add(&offer.value, Place::Line, format!("{path}.value"))?;
        let end = self.add(&offer.end, Place::Line, format!("{path}.end"))?;
        let terms = self.add(&offer.terms, Place::Paragraph, format!("{path}.terms"))?;
        self.begin(Test::All(vec![title]));
        let rows = [
            (
                title,
                format!("align=\"center\" font-family=\"{SERIF}\" font-size=\"21px\" css-class=\"words\""),
            ),
            (
                value,
                "align=\"center\" font-size=\"40px\" line-height=\"1.2\" font-weight=\"bold\" \
                 color=\"#8a3b1f\" css-class=\"value\""
                    .to_owned(),
            ),
            (end, "align=\"center\" css-class=\"words\"".to_owned()),
            (terms, "align=\"center\" font-size=\"13px\" color=\"#6f665b\" css-class=\"quiet\"".to_owned()),
        ];
        self.framed(&rows);
        self.end();
        Ok(())
    }

    /// Lines in a frame; those without words are left out.
    fn framed(&mut self, rows: &[(usize, String)]) {
        let mut inside = String::new();
        for (index, look) in rows {
            let mark = self.fields.when(Test::All(vec![*index]));
            let _ = write!(
                inside,
                "<mj-raw>{mark}</mj-raw><mj-text padding=\"3px 22px\" {look}>{}</mj-text><mj-raw>{}</mj-raw>",
                field(*index),
                end()
            );
            let _ = write!(self.text, "{mark}{}\n{}", field(*index), end());
        }
        self.inset(&inside);
        self.text.push('\n');
    }

    fn social(&mut self, social: &SocialBlock, path: &str) -> Result<(), TemplateProblem> {
        if social.links.len() > MAX_ITEMS {
            return Err(TemplateProblem::new("template_too_large", format!("{path}.links")));
        }
        let (mut links, mut lines, mut urls) = (String::new(), String::new(), Vec::new());
        let colon = self.colon();
        for (number, link) in social.links.iter().enumerate() {
            let label = self.add(&link.label, Place::Line, format!("{path}.links.{number}.label"))?;
            let url = self.add(&link.url, Place::Address, format!("{path}.links.{number}.url"))?;
            urls.push(url);
            let (label_hole, url_hole) = (field(label), field(url));
            links.push_str(&self.part(
                Test::All(vec![url]),
                &format!("<a href=\"{url_hole}\" style=\"margin:0 8px\">{label_hole}</a>"),
            ));
            lines.push_str(&self.part(Test::All(vec![url]), &format!("{label_hole}{colon} {url_hole}\n")));
        }
        self.begin(Test::Any(urls));
        self.row(&format!("<mj-text css-class=\"words\" align=\"center\">{links}</mj-text>"));
        let _ = writeln!(self.text, "{lines}");
        self.end();
        Ok(())
    }

    /// What the law wants below an advertisement for alcohol.
    fn mention(&mut self) {
        let mention = self.fields.slot(Slot::AlcoholMention);
        self.begin(Test::All(vec![mention]));
        self.row(&format!(
            "<mj-text css-class=\"quiet\" align=\"center\" font-size=\"13px\" color=\"#6f665b\" \
             padding=\"14px 32px 0\">{}</mj-text>",
            field(mention)
        ));
        let _ = write!(self.text, "{}\n\n", field(mention));
        self.end();
        self.space(24);
    }

    /// Who writes, why, and how to be left alone.
    fn footer(&mut self, email: &EmailTemplate, purpose: Purpose) -> Result<(), TemplateProblem> {
        let reason = self.add(&email.reason, Place::Line, "email.reason")?;
        let siret = match self.house.siret.as_str() {
            "" => String::new(),
            siret => format!("SIRET {siret}"),
        };
        let identity = [&self.house.name, &self.house.address, &self.house.phone, &siret];
        let identity: Vec<&str> =
            identity.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        let identity = self.fields.fixed(identity.join(" · "), Place::Line, "house");
        let privacy = super::values::address(&self.house.privacy_url).unwrap_or_default();
        let privacy = self.fields.fixed(privacy, Place::Address, "house.privacy_url");
        let [unsubscribe, preferences, tracking] =
            [Slot::Unsubscribe, Slot::Preferences, Slot::TrackingChoice].map(|slot| self.fields.slot(slot));
        let french = self.language == TemplateLanguage::Fr;
        let stop = match (purpose, french) {
            (Purpose::Marketing, true) => "Ne plus recevoir nos messages",
            (Purpose::Marketing, false) => "Unsubscribe",
            (Purpose::Service, true) => "Ne plus recevoir ce genre de message",
            (Purpose::Service, false) => "Stop messages of this kind",
        };
        let links = [
            (unsubscribe, stop),
            (preferences, if french { "Choisir ce que je reçois" } else { "Choose what I receive" }),
            (
                tracking,
                if french {
                    "Ne plus mesurer l’ouverture des messages"
                } else {
                    "Stop measuring opened messages"
                },
            ),
            (privacy, if french { "Vos données personnelles" } else { "Your personal data" }),
        ];
        let (mut html, mut lines) = (String::new(), String::new());
        let colon = self.colon();
        for (index, label) in links {
            let hole = field(index);
            html.push_str(
                &self.part(Test::All(vec![index]), &format!("<br /><a href=\"{hole}\">{label}</a>")),
            );
            lines.push_str(&self.part(Test::All(vec![index]), &format!("{label}{colon} {hole}\n")));
        }
        let (reason_hole, identity_hole) = (field(reason), field(identity));
        let why = self.part(Test::All(vec![reason]), &format!("{reason_hole}<br />"));
        let _ = write!(
            self.mjml,
            "<mj-section background-color=\"#f3ece1\" css-class=\"page\" padding=\"16px 0 32px\"><mj-column>\
             <mj-text css-class=\"quiet\" align=\"center\" font-size=\"13px\" line-height=\"1.7\" \
             color=\"#6f665b\">{why}{identity_hole}{html}</mj-text></mj-column></mj-section>"
        );
        let why = self.part(Test::All(vec![reason]), &format!("{reason_hole}\n"));
        let _ = write!(self.text, "-- \n{why}{identity_hole}\n{lines}");
        Ok(())
    }
}

/// Makes HTML of the laid out MJML. It holds no word of anybody, so a failure is ours.
pub(super) fn to_html(mjml: &str) -> Result<String, TemplateProblem> {
    let unusable = |error: String| {
        tracing::error!(error, "A laid out e-mail could not be turned into HTML.");
        TemplateProblem::new("template_invalid", "email.blocks")
    };
    let parsed = mrml::parse(mjml).map_err(|error| unusable(error.to_string()))?;
    // No fonts: none is fetched from anywhere.
    let options = mrml::prelude::render::RenderOptions {
        fonts: std::collections::HashMap::new(),
        ..Default::default()
    };
    parsed.element.render(&options).map_err(|error| unusable(error.to_string()))
}

/// The program of the HTML and that of the plain text.
pub(super) fn programs(layout: &Layout) -> Result<(program::Program, program::Program), TemplateProblem> {
    let html = to_html(&layout.mjml)?;
    let make = |text: &str, escape| {
        program::Program::parse(text, layout.fields.tests(), escape, |index| layout.fields.constant(index))
    };
    Ok((make(&html, program::Escape::Html), make(&layout.text, program::Escape::Plain)))
}
