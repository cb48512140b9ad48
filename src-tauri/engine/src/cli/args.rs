//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::host::KeyPlace;

const AFTER_HELP: &str = "\
Exit codes (stable):
   0  done
   1  something unforeseen
   2  the command line was not understood
   3  no running instance answers
   4  a configuration file cannot be used
   5  the key of the data is missing, locked or wrong
   6  another instance uses the data folder
   7  the data cannot be opened, read or written
   8  the port is taken
   9  refused; the problem says why
  10  not found

With --json every command prints one JSON value on standard output: on success what the API answers \
(see /api/docs), on failure {\"code\", \"detail\", \"detail_en\", …} with the same code as the API.";

/// Compose, schedule and publish what Le Vieux Moulin has to say.
#[derive(Debug, Parser)]
#[command(name = "moulin", version, after_help = AFTER_HELP)]
pub struct Cli {
    /// Folder of the data; the usual place of the system when absent.
    #[arg(long, global = true, value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,
    /// Key protected by the passphrase in the first line of this file, instead of the keyring.
    #[arg(long, global = true, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// Open the data with the printed recovery key in this file, when their usual key cannot be had.
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "passphrase_file")]
    pub recovery_key_file: Option<PathBuf>,
    /// The practice mode's data folder and pretend networks.
    #[arg(long, global = true)]
    pub practice: bool,
    /// One JSON value instead of text.
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run without a window.
    Serve(ServeArgs),
    /// List the platforms, what they can do and what connecting needs.
    Platforms,
    /// Connected accounts.
    #[command(subcommand)]
    Account(AccountCommand),
    /// Tokens of programs.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Publish or plan a post.
    Publish(Box<PublishArgs>),
    /// The web site that lends photos a public address, for the networks that fetch them.
    #[command(subcommand)]
    MediaHost(MediaHostCommand),
    /// Show how the application is doing.
    Status,
    /// List posts.
    Posts(PostsArgs),
    /// List deliveries.
    Deliveries(DeliveriesArgs),
    /// Show what the networks count about what was published.
    Analytics(AnalyticsArgs),
    /// List comments, mentions and reviews.
    Conversations(ConversationsArgs),
    /// Answer a comment, mention or review.
    Reply { conversation: String, text: String },
    /// Try a delivery again now.
    Retry { delivery: String },
    /// Cancel a delivery.
    Cancel { delivery: String },
    /// Settle a doubt: it is on the network, or send it again.
    Confirm {
        delivery: String,
        /// What was seen on the network.
        #[arg(value_parser = ["published", "resend"])]
        outcome: String,
        /// Where it is.
        #[arg(long)]
        permalink: Option<String>,
    },
    /// Put a copy of the data in the place of the present ones, which are moved aside.
    Restore(RestoreArgs),
    /// The text that opens the data when the keyring is lost.
    #[command(subcommand)]
    RecoveryKey(RecoveryKeyCommand),
    /// The place where the key of the data is kept.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Configuration files.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// The technical log.
    #[command(subcommand)]
    Logs(LogsCommand),
    /// Make a one-time code for the dashboard of the running instance.
    Code,
    /// Print the description of the API (docs/openapi.json).
    #[command(hide = true)]
    Openapi,
    /// The pretend networks of the practice mode.
    #[command(hide = true, disable_help_flag = true)]
    Sandbox {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Port on this computer; 0 picks a free one; the settings' when absent.
    #[arg(long)]
    pub port: Option<u16>,
    /// Print one line of JSON when work is accepted.
    #[arg(long)]
    pub ready_json: bool,
    /// Practice mode without demonstration data.
    #[arg(long, requires = "practice")]
    pub empty: bool,
}

#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Connect an account after a test call.
    Add {
        platform: String,
        /// A credential field, for example identifier=moulin.bsky.social.
        #[arg(long = "set", value_name = "KEY=VALUE")]
        set: Vec<String>,
        /// Read the secret from standard input: one line, or several of KEY=VALUE.
        #[arg(long)]
        secret_stdin: bool,
        /// Name to recognise it by.
        #[arg(long)]
        label: Option<String>,
        /// Meant when a post names only the platform.
        #[arg(long)]
        default: bool,
    },
    /// Test an account, or all of them.
    Check { account: Option<String> },
    /// List the accounts.
    List,
    /// Remove an account and its secrets.
    Remove { account: String },
}

#[derive(Debug, Subcommand)]
pub enum MediaHostCommand {
    /// Show the web site and what its last test found.
    Show,
    /// Name the web site and test it with a photo that goes there and back.
    Set {
        /// wordpress, webdav or s3.
        kind: String,
        /// A field, for example `site=https://www.levieuxmoulin.fr`.
        #[arg(long = "set", value_name = "KEY=VALUE")]
        set: Vec<String>,
        /// Read the secrets from standard input, as lines of KEY=VALUE.
        #[arg(long)]
        secret_stdin: bool,
    },
    /// Test the web site again.
    Check,
    /// Forget the web site and its secrets, after removing the photos that no post needs.
    Remove,
}

#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token; it is shown once.
    Create {
        /// read, publish, notify or admin; several times, or separated by commas.
        #[arg(long = "scope", required = true, value_delimiter = ',')]
        scopes: Vec<String>,
        #[arg(long, default_value = "moulin")]
        label: String,
    },
    /// List the tokens.
    List,
    /// Revoke a token at once.
    Revoke { token: String },
}

#[derive(Debug, Args)]
pub struct PublishArgs {
    /// The text.
    #[arg(long, default_value = "")]
    pub text: String,
    #[arg(long)]
    pub title: Option<String>,
    /// A photo of this computer; several times for several.
    #[arg(long = "media", value_name = "FILE")]
    pub media: Vec<PathBuf>,
    /// Description of each photo, in the same order.
    #[arg(long = "alt", value_name = "TEXT")]
    pub alt: Vec<String>,
    /// Public address of a photo.
    #[arg(long)]
    pub media_url: Option<String>,
    #[arg(long)]
    pub link: Option<String>,
    /// Without #; several times, or separated by commas.
    #[arg(long = "hashtag", value_delimiter = ',')]
    pub hashtags: Vec<String>,
    /// Platform or account id; several times, or separated by commas.
    #[arg(long = "to", required = true, value_delimiter = ',')]
    pub to: Vec<String>,
    /// 2026-11-27T18:30:00, with or without zone; at once when absent.
    #[arg(long)]
    pub at: Option<String>,
    /// Zone of a time without one.
    #[arg(long)]
    pub timezone: Option<String>,
    /// dish_of_the_day, event, opening_change or evergreen.
    #[arg(long)]
    pub kind: Option<String>,
    /// default, send_now or ask.
    #[arg(long)]
    pub late_policy: Option<String>,
    /// Keep it without planning anything.
    #[arg(long)]
    pub draft: bool,
    /// The same key again gives the same answer and no second post.
    #[arg(long)]
    pub idempotency_key: Option<String>,
}

#[derive(Debug, Args)]
pub struct PostsArgs {
    /// Only these states, separated by commas.
    #[arg(long)]
    pub state: Option<String>,
    #[arg(long)]
    pub limit: Option<u32>,
    #[arg(long)]
    pub cursor: Option<String>,
}

#[derive(Debug, Args)]
pub struct ConversationsArgs {
    /// Only this account.
    #[arg(long)]
    pub account: Option<String>,
    #[arg(long, value_parser = ["comment", "mention", "review"])]
    pub kind: Option<String>,
    /// Only what waits for an answer.
    #[arg(long)]
    pub unanswered: bool,
    #[arg(long)]
    pub limit: Option<u32>,
    #[arg(long)]
    pub cursor: Option<String>,
}

#[derive(Debug, Args)]
pub struct DeliveriesArgs {
    /// Only these states, separated by commas.
    #[arg(long)]
    pub state: Option<String>,
    /// Only this account.
    #[arg(long)]
    pub account: Option<String>,
    #[arg(long)]
    pub platform: Option<String>,
    /// Only what waits for a person.
    #[arg(long)]
    pub needs_attention: bool,
    #[arg(long)]
    pub limit: Option<u32>,
    #[arg(long)]
    pub cursor: Option<String>,
}

#[derive(Debug, Args)]
pub struct AnalyticsArgs {
    /// Posts of the last so many days.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=366))]
    pub days: u16,
    /// Only this account.
    #[arg(long)]
    pub account: Option<String>,
    #[arg(long)]
    pub platform: Option<String>,
    /// Only this post, with everything that was taken of it.
    #[arg(long)]
    pub post: Option<String>,
}

#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools)]
pub struct RestoreArgs {
    /// Only list the copies, newest first.
    #[arg(long, conflicts_with_all = ["from", "empty", "yes"])]
    pub list: bool,
    /// This copy; the newest that is well when absent.
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// No copy: begin with empty data.
    #[arg(long, conflicts_with = "from")]
    pub empty: bool,
    /// Also when the present data are well.
    #[arg(long)]
    pub yes: bool,
}

#[derive(Debug, Subcommand)]
pub enum RecoveryKeyCommand {
    /// Show the recovery key, to print it and keep it away from this computer.
    Show {
        /// Show it without asking.
        #[arg(long)]
        yes: bool,
    },
    /// Keep the key of a recovery text in the keyring, or behind --passphrase-file.
    Restore {
        /// The file with the text; standard input when absent.
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Move the key between the keyring and the passphrase of --passphrase-file. The key stays the same.
    Move {
        /// Where it shall be kept from now on.
        #[arg(long, value_enum)]
        to: KeyPlace,
    },
}

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Say whether the configuration files of the data folder can be used.
    Check,
    /// Print what differs from the defaults, as JSON; holds no secret.
    Export {
        #[arg(value_enum)]
        what: ConfigFile,
    },
    /// Replace a configuration file by this one; a mistake is named with its line.
    Import {
        #[arg(value_enum)]
        what: ConfigFile,
        file: PathBuf,
    },
}

/// A configuration file of the data folder.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ConfigFile {
    /// settings.json
    Settings,
    /// platforms.json: where each platform is reached.
    Platforms,
}

impl ConfigFile {
    /// Where the API exports it from and imports it to.
    pub fn path(self) -> &'static str {
        match self {
            Self::Settings => "/api/communication/settings",
            Self::Platforms => "/api/communication/platforms/config",
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum LogsCommand {
    /// Print the folder of the log files.
    Path,
}
