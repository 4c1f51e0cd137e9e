//! The numbered rules of the meaning gate, and what a refusal says.

use core::fmt;

/// Defines the rules once: name, number, and the sentence a person reads.
macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $sentence:literal;)*) => {
        /// A rule of the meaning gate. Each stands in docs/spec/rules.md, beside its check, and in a test's name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule { $($(#[$doc])* $name = $number,)* }

        impl Rule {
            /// All rules, by number.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The sentence that states it.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)* }
            }
        }
    };
}

rules! {
    /// DV-001
    TimeInRange = 1, "a time lies between 2000 and 2200 UTC";
    /// DV-002
    EndAfterStart = 2, "a window ends after it starts";
    /// DV-003
    WindowLength = 3, "a window is at most 400 days long";
    /// DV-010
    TextLength = 10, "a text is neither empty nor too long";
    /// DV-011
    TextCharacters = 11, "a text holds no character that could steer a screen";
    /// DV-012
    LanguageTag = 12, "a text names its language";
    /// DV-020
    PositionInRange = 20, "a position lies on the earth";
    /// DV-021
    VertexCount = 21, "a shape has as many vertices as its kind needs, and no more than the limit";
    /// DV-022
    RadiusInRange = 22, "a radius lies within the limits, above zero for a path";
    /// DV-023
    VerticesApart = 23, "neighbouring vertices lie at different places";
    /// DV-024
    EdgesDoNotCross = 24, "the edges of a polygon do not cross or touch";
    /// DV-025
    ShapeNotTooWide = 25, "a shape is small enough to have one clear inside";
    /// DV-026
    ShapeKind = 26, "a footprint is a point, a path or a polygon";
    /// DV-027
    AltitudeBand = 27, "an altitude band is the right way up and within the limits";
    /// DV-028
    DatumKnown = 28, "an altitude names a datum that this version knows";
    /// DV-029
    DatumOfLine = 29, "altitudes use the datum that the line's terms fix";
    /// DV-030
    VolumeCount = 30, "a notice of this kind has as many volumes as it needs, and no more than the limit";
    /// DV-031
    VolumeInValidity = 31, "every volume lies inside the notice's validity";
    /// DV-032
    InArea = 32, "every volume lies inside the area of the terms";
    /// DV-033
    NotExpired = 33, "a notice is still valid when it is stated";
    /// DV-034
    PrecedenceKnown = 34, "a notice has one of the five precedences";
    /// DV-035
    PrecisionKnown = 35, "a disclosed precision is exact, 1 km or 10 km";
    /// DV-036
    KindMatchesDetail = 36, "the details are those of the notice's kind";
    /// DV-037
    KindRequires = 37, "a notice of this kind carries the fields that the kind needs";
    /// DV-038
    VersionFollows = 38, "a version follows the one it replaces";
    /// DV-039
    AuthorOfNotice = 39, "a notice is changed or cancelled only by its author";
    /// DV-041
    SafetyPrecedence = 41, "a safety notice has precedence SAFETY, and no other notice has";
    /// DV-042
    PassageOfPath = 42, "a passage gives each vertex of a path its time, rising, within just its window";
    /// DV-043
    DatumBounded = 43, "an altitude over another datum than the line's is one that the terms give bounds for";
    /// DV-050
    ReferenceKnown = 50, "a statement refers only to statements that are in the logs";
    /// DV-051
    ReferenceKind = 51, "a reference names a statement of the kind that the rule needs";
    /// DV-052
    OfferParties = 52, "an offer names one statement of each party and changes one of the two";
    /// DV-053
    OfferChanges = 53, "an offer states a change, within the limits";
    /// DV-054
    AnswerByOther = 54, "an offer is answered by the other party and withdrawn by its own";
    /// DV-055
    ReceiptLevel = 55, "a receipt has a known level and what that level needs";
    /// DV-056
    ReceiptByOther = 56, "a receipt is given by the party that received";
    /// DV-057
    CheckAnswer = 57, "a check is answered once, by the other party, with its challenge";
    /// DV-060
    TermsComplete = 60, "terms have every section, with values inside the limits";
    /// DV-061
    TermsVersion = 61, "a terms proposal has the next version";
    /// DV-062
    TermsLaw = 62, "the terms name a law that this version has";
    /// DV-070
    BodyDecodes = 70, "a body is the canonical encoding of its kind";
    /// DV-071
    KindKnown = 71, "a statement has a kind that this version knows";
    /// DV-072
    OpeningFirst = 72, "a log's first entry, and no other, opens its generation";
    /// DV-073
    OpeningMatches = 73, "an opening names the line's parties, keys and previous head";
    /// DV-074
    UrgentBit = 74, "the urgent bit is set on safety traffic and on nothing else";
    /// DV-075
    RevocationSigned = 75, "a revocation is signed by its author's party key, for a generation that its log has had";
    /// DV-076
    CloseMatches = 76, "a close names the head at which a generation of the other log ended, as its author had it";
    /// DV-077
    KeysStay = 77, "a certificate within a generation repeats its keys and may add a witness, by the party key";
    /// DV-080
    BlindRun = 80, "a blind run is one of the terms' fixed times or one that was asked for";
    /// DV-081
    BlindOnce = 81, "a blind run is committed to once and ends once in each log, in this order";
    /// DV-082
    BlindBudget = 82, "a blind run is asked for within the day's budget of the terms";
    /// DV-083
    BlindForm = 83, "a blind statement carries just what it needs, within the limits";
}

impl Rule {
    /// Its number, as in `DV-002`.
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// The rule of a number, if this version has it.
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|r| r.number() == number)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DV-{:03}", self.number())
    }
}

/// One broken rule: which, where, what was found, what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule}: {}: {} (found {found}{})", self.at, self.rule.sentence(), self.hint())]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// The field, as a dotted path (`volumes[2].window.end`).
    pub at: String,
    /// What stood there, shortened.
    pub found: String,
    /// What would have been right, when that says more than the rule does.
    pub wanted: Option<String>,
}

/// Longest piece of foreign text that an error repeats.
const FOUND_CHARS_MAX: usize = 120;

impl Violation {
    /// A violation of `rule` at `field`, showing `found` (cut to a readable length).
    pub fn new(rule: Rule, field: impl Into<String>, found: impl AsRef<str>) -> Self {
        let found = found.as_ref();
        let mut shown: String = found.chars().take(FOUND_CHARS_MAX).collect();
        if shown.len() < found.len() {
            shown.push('…');
        }
        Self { rule, at: field.into(), found: shown.escape_debug().to_string(), wanted: None }
    }

    /// Says what would have been right.
    #[must_use]
    pub fn expected(mut self, wanted: String) -> Self {
        self.wanted = Some(wanted);
        self
    }

    /// Puts the field inside an outer one.
    #[must_use]
    pub fn inside(mut self, outer: &str) -> Self {
        self.at = format!("{outer}.{}", self.at);
        self
    }

    fn hint(&self) -> String {
        self.wanted.as_ref().map(|w| format!("; expected {w}")).unwrap_or_default()
    }
}
