//! What `detente settle` is told.

use clap::Subcommand;

use super::OnLine;

/// Settlement.
#[derive(Debug, Subcommand)]
pub enum Settle {
    /// Offer a change.
    #[command(after_help = example!("settle offer 81c09d2e --suggestion later-22min", "settle offer 81c09d2e --theirs --shift 90", "settle offer 81c09d2e --climb 600"))]
    Offer {
        /// The conflict, or enough of it.
        conflict: String,
        /// Change their notice instead of ours.
        #[arg(long)]
        theirs: bool,
        /// Minutes later (earlier, when negative).
        #[arg(long, allow_hyphen_values = true)]
        shift: Option<i64>,
        /// Metres up (down, when negative).
        #[arg(long, allow_hyphen_values = true)]
        climb: Option<i64>,
        /// Give the activity up.
        #[arg(long)]
        cancel: bool,
        /// A shift that `resolve` lists (with --theirs: `resolve --theirs`), by its name. It is found anew: what is not clear any
        /// more is not offered.
        #[arg(long, value_name = "NAME", conflicts_with_all = ["shift", "climb", "cancel"])]
        suggestion: Option<String>,
        /// A shift that `resolve --book` lists, by its name. To offer it tells the other side something that only our book knows: with this
        /// option you release it.
        #[arg(long, value_name = "NAME", conflicts_with_all = ["shift", "climb", "cancel", "suggestion", "theirs"])]
        release_own: Option<String>,
        #[command(flatten)]
        on: OnLine,
    },
    /// Accept an offer of theirs.
    #[command(after_help = example!("settle accept 5d01aa37"))]
    Accept {
        /// The offer's hash, or enough of it.
        offer: String,
        #[command(flatten)]
        on: OnLine,
    },
    /// Reject an offer of theirs.
    #[command(after_help = example!("settle reject 5d01aa37"))]
    Reject {
        /// The offer's hash, or enough of it.
        offer: String,
        #[command(flatten)]
        on: OnLine,
    },
    /// Withdraw an offer of ours.
    #[command(after_help = example!("settle withdraw 5d01aa37"))]
    Withdraw {
        /// The offer's hash, or enough of it.
        offer: String,
        #[command(flatten)]
        on: OnLine,
    },
    /// Publish the amended notice that an agreement obliges us to.
    #[command(after_help = example!("settle amend 81c09d2e"))]
    Amend {
        /// The conflict, or enough of it.
        conflict: String,
        #[command(flatten)]
        on: OnLine,
    },
}
