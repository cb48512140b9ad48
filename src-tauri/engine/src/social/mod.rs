//! The posts on social networks: one composed content, adapted to each account.

pub mod adapt;
pub mod media_desk;
pub mod text;
pub mod web_site;

pub use adapt::{Adapted, adapt};
pub use media_desk::LibraryDesk;
pub use web_site::WebSite;
