//! Unpublished photos of a Page: how bytes reach Facebook before anything is visible.

use reqwest::{
    Body,
    multipart::{Form, Part},
};
use serde_json::Value;

use super::{
    Graph,
    wire::{GraphId, items},
};
use crate::connectors::{Failure, FailureClass, Picture};
use crate::domain::Problem;

/// Uploads a picture that nobody sees until a post refers to it. `temporary` is needed for a post
/// that Facebook publishes later (social-platforms reference 1.6); such uploads vanish after a day.
pub async fn upload_unpublished(
    graph: &Graph<'_>,
    page: &GraphId,
    picture: Picture,
    alt_text: &str,
    temporary: bool,
) -> Result<GraphId, Failure> {
    let length = picture.bytes.len() as u64;
    let part = Part::stream_with_length(Body::from(picture.bytes), length)
        .file_name("photo.jpg")
        .mime_str(picture.mime)
        .map_err(|_| Failure::content("photo_format"))?;
    let mut form = Form::new().text("published", "false");
    if temporary {
        form = form.text("temporary", "true");
    }
    if !alt_text.is_empty() {
        form = form.text("alt_text_custom", alt_text.to_owned());
    }
    let body = graph.upload(&format!("/{page}/photos"), form.part("source", part)).await?;
    GraphId::of(&body, "id")
        .ok_or_else(|| Failure::new(FailureClass::Retry, Problem::new("unreadable_answer").message("photos")))
}

/// The public address of the largest form of an uploaded photo. It expires: ask right before use.
pub async fn public_address(graph: &Graph<'_>, photo: &GraphId) -> Result<String, Failure> {
    let body = graph.get(&format!("/{photo}"), &[("fields", "images")]).await?;
    largest_image(&body)
        .ok_or_else(|| Failure::new(FailureClass::Retry, Problem::new("unreadable_answer").message("images")))
}

fn largest_image(body: &Value) -> Option<String> {
    let images = body.get("images").and_then(Value::as_array).map_or_else(|| items(body), Vec::as_slice);
    let size = |image: &Value| {
        let side = |key| image.get(key).and_then(Value::as_u64).unwrap_or(0);
        side("width") * side("height")
    };
    images
        .iter()
        .filter(|image| image.get("source").is_some_and(Value::is_string))
        .max_by_key(|image| size(image))
        .and_then(|image| image.get("source")?.as_str().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_largest_form_is_taken() {
        let body = json!({"id": "1", "images": [
            {"width": 130, "height": 130, "source": "https://x/s"},
            {"width": 1440, "height": 1080, "source": "https://x/l"},
            {"width": 9000, "height": 9000},
        ]});
        assert_eq!(largest_image(&body).as_deref(), Some("https://x/l"));
        assert_eq!(largest_image(&json!({"id": "1"})), None);
    }
}
