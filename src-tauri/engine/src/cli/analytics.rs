//! `moulin analytics`: what the networks count about what was published.

use serde_json::Value;

use super::{
    Failure,
    args::AnalyticsArgs,
    commands::query,
    door::Door,
    output::{answer, items, table, text},
};

/// Measures in the order of the columns.
const MEASURES: [&str; 7] = ["views", "reach", "likes", "comments", "shares", "saves", "clicks"];
/// What is not said.
const ABSENT: &str = "–";

pub async fn show(door: &Door, arguments: AnalyticsArgs, json: bool) -> Result<(), Failure> {
    let parameters = query(&[
        ("days", Some(arguments.days.to_string())),
        ("account", arguments.account),
        ("platform", arguments.platform),
        ("post", arguments.post),
    ]);
    let figures = door.ask("GET", &format!("/api/communication/analytics{parameters}"), None).await?;
    answer(&figures, json, print);
    Ok(())
}

fn print(figures: &Value) {
    let platforms = figures.get("platforms").map_or(&[][..], items);
    let rows: Vec<Vec<String>> = platforms
        .iter()
        .map(|platform| {
            let mut row = vec![
                text(platform, "name"),
                format!("{}/{}", text(platform, "measured"), text(platform, "posts")),
            ];
            row.extend(cells(platform));
            row.push(number(platform.pointer("/figures/followers")));
            row.push(text(platform, "collected_at"));
            row
        })
        .collect();
    let mut headings = vec!["NETWORK", "POSTS"];
    headings.extend(HEADINGS);
    headings.extend(["FOLLOWERS", "LAST FIGURES"]);
    table(&headings, &rows);

    let posts = figures.get("posts").map_or(&[][..], items);
    if posts.is_empty() {
        say!("Aucune publication dans cette période.");
        return;
    }
    say!("");
    let rows: Vec<Vec<String>> = posts
        .iter()
        .map(|post| {
            let mut row = vec![text(post, "published_at"), text(post, "platform")];
            row.extend(cells(post));
            row.push(text(post, "text").chars().take(40).collect());
            row
        })
        .collect();
    let mut headings = vec!["PUBLISHED", "NETWORK"];
    headings.extend(HEADINGS);
    headings.push("TEXT");
    table(&headings, &rows);
}

const HEADINGS: [&str; 8] = ["VIEWS", "REACH", "LIKES", "COMMENTS", "SHARES", "SAVES", "CLICKS", "RATE %"];

/// The measures of a row, then its rate of engagement.
fn cells(row: &Value) -> Vec<String> {
    let of = |measure: &&str| number(row.pointer(&format!("/figures/{measure}")));
    let mut cells: Vec<String> = MEASURES.iter().map(of).collect();
    cells.push(number(row.pointer("/engagement/rate")));
    cells
}

fn number(value: Option<&Value>) -> String {
    value.filter(|value| !value.is_null()).map_or_else(|| ABSENT.to_owned(), Value::to_string)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn absent_is_shown_as_absent() {
        let row = json!({"figures": {"views": null, "likes": 0, "shares": 3}, "engagement": {"rate": 6.24}});
        assert_eq!(cells(&row), ["–", "–", "0", "–", "3", "–", "–", "6.24"]);
    }
}
