//! What the API is asked to do, and what it answers.

use detente_gateway::{NoticeForm, TextForm, VolumeForm};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::view::RefView;

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Done {
    /// Its number in the book, durable.
    pub book: u64,
    /// What it was stated as; absent while it waits and when nothing of it is let out.
    pub stated: Option<RefView>,
    /// What it waits for or is kept back by.
    pub note: Option<String>,
    /// Identity of the notice, when it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// What its volumes left open, and how it was taken; left out when there is nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<DoubtView>,
}

/// Something that was taken, and that whoever sent it should look at: a position that names a square, taken as its centre
/// with a larger radius. In the words of the reports on files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DoubtView {
    /// The field, as a dotted path.
    pub at: String,
    /// What stood there.
    pub found: String,
    /// What was expected, and what is done instead.
    pub expected: String,
}

/// What volumes left open, each by its place.
pub(crate) fn doubts(volumes: &[VolumeForm]) -> Vec<DoubtView> {
    let of = |(i, volume): (usize, &VolumeForm)| {
        let told = move |doubt: &detente_gateway::Problem| DoubtView {
            at: format!("volumes[{i}].{}", doubt.at),
            found: doubt.found.clone(),
            expected: doubt.expected.clone(),
        };
        volume.doubts.iter().map(told).collect::<Vec<_>>()
    };
    volumes.iter().enumerate().flat_map(of).collect()
}

/// Several notices, all checked before any is stated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NotifyAsk {
    /// The notices.
    pub notices: Vec<NoticeForm>,
    /// Only check; state nothing.
    #[serde(default)]
    pub check: bool,
}

/// Ends a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelAsk {
    /// Its identity, hex, or enough of it to be the only one.
    pub id: String,
    /// Why.
    #[serde(default)]
    pub reason: Option<TextForm>,
}

/// Says how far an entry of theirs got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiptAsk {
    /// The entry's hash, or enough of it.
    pub of: String,
    /// `read`, `listed` or `passed`.
    pub level: String,
    /// Listed: our list number.
    #[serde(default)]
    pub list_number: Option<String>,
    /// Listed: the position as read back.
    #[serde(default)]
    pub read_back: Option<String>,
}

/// Offers a change that resolves a conflict: a move, new volumes, giving up, or a shift that the node has found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferAsk {
    /// The conflict's name, or enough of it.
    pub conflict: String,
    /// Whether our notice is changed; otherwise theirs.
    pub ours: bool,
    /// Minutes later (earlier, when negative).
    #[serde(default)]
    pub shift_min: Option<i64>,
    /// Metres up (down, when negative).
    #[serde(default)]
    pub climb_m: Option<i64>,
    /// New volumes.
    #[serde(default)]
    pub volumes: Option<Vec<VolumeForm>>,
    /// Give the activity up.
    #[serde(default)]
    pub cancel: bool,
    /// A shift of `GET …/resolutions` by what both sides have disclosed, by its name. It is found anew, and not offered if it is
    /// not clear any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// A shift of `GET …/resolutions?of=book`, by its name. To name one is an officer's release of what our book says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_side: Option<String>,
    /// When we promise to withdraw the offer, RFC 3339.
    #[serde(default)]
    pub lapses: Option<String>,
    /// In words.
    #[serde(default)]
    pub text: Option<TextForm>,
}

/// Answers an offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerAsk {
    /// The offer's hash, or enough of it.
    pub offer: String,
    /// `accept`, `reject` or `withdraw`.
    pub answer: String,
    /// In words.
    #[serde(default)]
    pub text: Option<TextForm>,
}

/// Publishes the amended notice that an agreement obliges us to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AmendAsk {
    /// The conflict's name, or enough of it.
    pub conflict: String,
}

/// States what is done about a safety notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SafetyActionAsk {
    /// The notice's hash, or enough of it.
    pub of: String,
    /// The action.
    pub action: TextForm,
    /// When it is promised to be done, RFC 3339.
    #[serde(default)]
    pub by: Option<String>,
}

/// Proposes to reopen a line that fork evidence holds, or agrees to a proposal of another officer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReopenAsk {
    /// Why: one line, for the book.
    pub reason: String,
    /// The proposal that is agreed to, by its number in the book; absent to propose.
    #[serde(default)]
    pub agree: Option<u64>,
}

/// Revokes the keys of a generation of our log: what they signed from a size on is disputed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeAsk {
    /// Entries from this place on are disputed.
    pub from: u64,
    /// Which generation; the present one when absent.
    #[serde(default)]
    pub generation: Option<u32>,
}

/// Copies the home of the running node. The copy holds the secret keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackupAsk {
    /// A new directory, as a whole path on the node's machine.
    pub to: String,
}

/// Checks the line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckAsk {
    /// Test text.
    #[serde(default)]
    pub text: Option<TextForm>,
}

/// What became of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckView {
    /// The check.
    pub of: RefView,
    /// Its answer; absent while there is none.
    pub answer: Option<CheckAnswerView>,
}

/// The answer to one check: it names the check and repeats its challenge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckAnswerView {
    /// Its place in their log.
    pub index: u64,
    /// Whether an officer answered; otherwise their node did.
    pub by_officer: bool,
    /// Desk, as their party claims.
    pub desk: Option<String>,
    /// Officer, as their party claims.
    pub officer: Option<String>,
}

/// Proposes terms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposeAsk {
    /// The whole terms, as both sign them: what follows parties begins with the lower ID.
    #[schema(value_type = Object)]
    pub terms: detente_types::TermsIn,
}

/// Accepts proposed terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptTermsAsk {
    /// The proposal's hash, or enough of it.
    pub proposal: String,
}

/// Terms in force and proposed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TermsAnswer {
    /// In force.
    #[schema(value_type = Object)]
    pub terms: detente_types::TermsIn,
    /// Their digest, hex: what both sides signed.
    pub digest: String,
    /// Proposals of the next version.
    pub proposals: Vec<RefView>,
}
