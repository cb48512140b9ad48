//! How Threads words a played refusal, in the Graph's envelope.

use crate::{
    exchange::Answer,
    facebook::errors::{self, GraphError, with_usage},
    faults::Refusal,
    seed,
    state::World,
};

pub(crate) fn refuse(world: &World, refusal: &Refusal) -> Answer {
    let error = match refusal {
        Refusal::ServerError => GraphError::server(),
        Refusal::Unavailable => GraphError::server().with_status(503),
        Refusal::RateLimited { dialect, secs } => {
            let error = (4, "(#4) Application request limit reached");
            return errors::limited(world, *dialect, *secs, error, "threads", &seed::threads_id(1));
        }
        Refusal::TokenExpired => {
            GraphError::new(190, Some(463), "Error validating access token: Session has expired.")
        }
        Refusal::PermissionLost => {
            GraphError::new(10, None, "(#10) Application does not have permission for this action")
                .with_status(403)
        }
        Refusal::ContentRefused => GraphError::new(100, Some(4_279_071), "(#100) Topic Tag Not Permitted"),
        Refusal::ErrorIn200 => GraphError::new(1, None, "An unknown error occurred").with_status(200),
        // Never played here: the network knows no such refusal.
        Refusal::Duplicate => GraphError::parameter("Duplicate"),
        Refusal::MediaFailed => GraphError::parameter("The media could not be fetched from this URI"),
        Refusal::Unknown(status) => GraphError::new(987_654, None, "Something nobody has seen before.")
            .with_status(status.unwrap_or(400)),
        Refusal::NotReadable(status) => {
            GraphError::parameter("The request could not be read").with_status(*status)
        }
    };
    with_usage(error.answer(world))
}
