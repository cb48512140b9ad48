//! Identifiers as distinct types, so that one can never be passed for another.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Makes a new identifier (UUID version 7: sortable by creation).
            #[allow(clippy::new_without_default)]
            pub fn new() -> Self {
                Self(uuid::Uuid::now_v7().to_string())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(value: String) -> Self {
                Self(value)
            }
        }

        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                Self(value.to_owned())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// One connected account on one platform.
    AccountId
);
id!(
    /// One composed publication, whatever the number of accounts it goes to.
    PostId
);
id!(
    /// One act that leaves the machine: one post on one account.
    DeliveryId
);
id!(
    /// One comment, mention or review.
    ConversationItemId
);
id!(
    /// One API token.
    TokenId
);
id!(
    /// One run of the program, from start to end.
    InstanceId
);
id!(
    /// One customer of the house.
    ContactId
);
id!(
    /// One sending: a template for some people.
    MailingId
);
id!(
    /// One message to one person by one channel.
    MessageId
);
id!(
    /// One stored choice of people.
    SegmentId
);
id!(
    /// One picture of the library: the SHA-256 of its stored bytes, in hexadecimal.
    MediaId
);
