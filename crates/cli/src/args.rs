//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// What stands below a verb's help: an example of its use, and how commands end.
macro_rules! example {
    ($($line:literal),+) => {
        concat!("Example:\n", $("  detente ", $line, "\n",)+ "\n", exit_codes!())
    };
}

/// How every command ends: one list, so that scripts need one.
macro_rules! exit_codes {
    () => {
        "Exit codes: 0 done; 1 failed; 2 wrong command line; 3 refused by rules; 4 not found; 5 the node or its disk is \
         not able now; 6 a record does not verify; 7 not answered in time."
    };
}

mod around;
mod matching;
mod measures;
mod plans;
mod settle;

pub use around::{AroundArgs, DensityArgs};
pub use matching::{Asked, GridArgs, Match, MatchArgs};
pub use measures::{Duration, Length};
pub(crate) use plans::HEIGHTS;
pub use plans::{Output, PlanArgs, ReadArgs};
pub use settle::Settle;

/// A deconfliction line between sides that do not trust each other.
///
/// Each side runs a node. Nodes exchange signed notices of planned activity, find where plans meet, settle it before it is
/// an incident, and keep a joint record that neither can rewrite. It is a safety tool: it has no targeting functions.
#[derive(Debug, Parser)]
#[command(name = "detente", version, arg_required_else_help = true)]
#[command(after_help = example!("demo                 two sides on this machine, a day over the gulf", "VERB --help          what a verb does, and an example"))]
pub struct Arguments {
    /// Directory of this node.
    #[arg(long, global = true, env = "DETENTE_HOME", default_value = "detente-home")]
    pub home: PathBuf,
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Which line, for commands about one.
#[derive(Clone, Debug, Args)]
pub struct OnLine {
    /// The line: its name, what we call the other party, or enough of either. Not needed when there is one line only.
    #[arg(long, short, default_value = "-")]
    pub line: String,
}

/// Words in a language.
#[derive(Clone, Debug, Args)]
pub struct Words {
    /// The words.
    pub text: String,
    /// Their language (BCP 47); ours by the terms when absent.
    #[arg(long)]
    pub language: Option<String>,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Make the home of a new node, with a party key.
    #[command(after_help = example!("--home aster init --name Aster --desk \"Aster watch\" --officer \"Maj Lind\""))]
    Init {
        /// What this party calls itself.
        #[arg(long)]
        name: String,
        /// Desk of whoever gives commands here.
        #[arg(long)]
        desk: Option<String>,
        /// Officer who gives commands here.
        #[arg(long)]
        officer: Option<String>,
    },
    /// Invite another party to a line: prints an invite, waits for it, and reads you a code to compare by voice.
    #[command(after_help = example!("--home aster invite --terms examples/gulf/terms.toml --listen 0.0.0.0:7420 --address aster.example:7420"))]
    Invite {
        /// The terms file (TOML); see examples/.
        #[arg(long)]
        terms: PathBuf,
        /// Where this node listens for the other, now and later.
        #[arg(long, default_value = "0.0.0.0:7420")]
        listen: String,
        /// What the other side calls, when it is not what we listen on.
        #[arg(long)]
        address: Option<String>,
        /// Minutes until the invite expires.
        #[arg(long, default_value_t = 1440)]
        minutes: u64,
        /// Also write the invite to this file.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Join a line by an invite; both people compare the code by voice.
    #[command(after_help = example!("--home borea join invite.txt --terms-out agreed.toml"))]
    Join {
        /// The invite's text, or a file that holds it.
        invite: String,
        /// Where this node listens for the other later, if it should.
        #[arg(long)]
        listen: Option<String>,
        /// Write the terms to this file before you are asked: a yes accepts them.
        #[arg(long)]
        terms_out: Option<PathBuf>,
    },
    /// Run the node: links, API and status page, until Ctrl-C.
    #[command(after_help = example!("--home aster serve --api 127.0.0.1:7480"))]
    Serve {
        /// Where the API and the page answer (loopback only).
        #[arg(long)]
        api: Option<String>,
        /// End when standard input does too: whoever starts a node this way leaves none behind, however it ends itself.
        #[arg(long)]
        end_with_input: bool,
    },
    /// State notices from a file (JSON, GeoJSON or CSV; `-` is standard input): all are checked before any is sent.
    #[command(after_help = example!("notify --check examples/gulf/borea/sites.csv", "notify examples/gulf/borea/sites.csv", "notify plans.json --release \"1 km\""))]
    Notify {
        /// The file.
        file: PathBuf,
        /// Only check.
        #[arg(long)]
        check: bool,
        /// Let out at another precision than the file says: exact, 1 km, 10 km, blind only, hold.
        #[arg(long)]
        release: Option<String>,
        #[command(flatten)]
        on: OnLine,
    },
    /// End a notice of ours.
    #[command(after_help = example!("cancel 3f9a12c4 --reason \"weather\""))]
    Cancel {
        /// Its entry, as lists show it, or its identity; or enough of either.
        id: String,
        /// Why.
        #[arg(long)]
        reason: Option<String>,
        #[command(flatten)]
        on: OnLine,
    },
    /// List live notices of both parties with how far each got.
    #[command(after_help = example!("notices", "notices --line borea --json"))]
    Notices {
        #[command(flatten)]
        on: OnLine,
    },
    /// Say that an officer has read an entry of theirs (L2), entered it (L3) or passed it on (L4).
    #[command(after_help = example!("read 3f9a12c4", "read 3f9a12c4 --listed AST-0147 --read-back \"59°22.500'N 028°12.000'E\"", "read 3f9a12c4 --passed"))]
    Read {
        /// The entry's hash, or enough of it.
        of: String,
        /// L3: our list number. Needs --read-back.
        #[arg(long, requires = "read_back")]
        listed: Option<String>,
        /// L3: the position as read back, in another notation or against a place.
        #[arg(long)]
        read_back: Option<String>,
        /// L4: attested as passed to the operating desks.
        #[arg(long, conflicts_with = "listed")]
        passed: bool,
        #[command(flatten)]
        on: OnLine,
    },
    /// List joint conflicts with sentences to read aloud, and private warnings.
    #[command(after_help = example!("conflicts"))]
    Conflicts {
        #[command(flatten)]
        on: OnLine,
    },
    /// Find the smallest shifts that clear our notice of a conflict and make nothing new: later, earlier, up, down, aside.
    ///
    /// Two at once (`later-22min-up-360m`) are listed where they cost less than one alone, or where none alone is enough.
    /// Each is proved clear by what both sides have disclosed, ranked by the weights of the terms, and can be offered by its name:
    /// `settle offer CONFLICT --suggestion later-22min`. With --theirs the other side's notice is shifted. With --book our exact plans and those
    /// held back count as well: that is for our own eyes.
    #[command(after_help = example!("resolve 81c09d2e", "resolve 81c09d2e --theirs", "resolve 81c09d2e --book"))]
    Resolve {
        /// The conflict, or enough of it.
        conflict: String,
        /// Shift their notice instead of ours.
        #[arg(long)]
        theirs: bool,
        /// Count with our book: exact plans, and those held back. Only we see the result.
        #[arg(long, conflicts_with = "theirs")]
        book: bool,
        #[command(flatten)]
        on: OnLine,
    },
    /// Look at plans before they are stated: what is nearest, what is free, and which shifts would clear them.
    ///
    /// Takes the plans of a file as `notify` does, and states nothing. Our exact plans and those held back count: nothing of it
    /// leaves this node.
    #[command(after_help = example!("around plans.geojson", "around amended.json --instead-of 3f9a12c4"))]
    Around(AroundArgs),
    /// Show how full a region is, by what both sides have disclosed.
    #[command(after_help = example!("density", "density --area 59 22 61 30 --from 2026-11-25T06:00:00Z --until 2026-11-25T18:00:00Z"))]
    Density(DensityArgs),
    /// Settle a conflict: offer a change, or answer an offer.
    #[command(subcommand)]
    #[command(after_help = example!("settle offer 81c09d2e --suggestion later-22min", "settle offer 81c09d2e --theirs --shift 90", "settle accept 5d01aa37"))]
    Settle(Settle),
    /// Say something in words.
    #[command(after_help = example!("say \"Good morning. We are on the line until 20:00 UTC.\""))]
    Say {
        #[command(flatten)]
        words: Words,
        #[command(flatten)]
        on: OnLine,
    },
    /// Take or send SAFETY: someone is in danger.
    #[command(subcommand)]
    #[command(after_help = example!("safety send \"rescue boat, eight people\" --ask stop --at 59.78 26.10", "safety act 3f9a12c4 \"Fire is stopped.\""))]
    Safety(Safety),
    /// Check plans for conflicts, with no node: all files against each other and within; without files, check the line.
    ///
    /// With files: finds every pair of plans that come closer than the separation. Files are GeoJSON, KML, CSV, our JSON or
    /// ASTM F3548 volumes. Nothing is guessed: what a file leaves open is refused, or said once by an option. Without files: has
    /// our node check the line; with --wait, until the other node has answered.
    #[command(after_help = concat!(
        example!(
            "check examples/check/survey.geojson examples/check/relief.kml --horizontal 500m --vertical 30m --time 5min",
            "check plans.csv --units ft --datum AMSL --output svg > conflicts.svg",
            "check --wait 30"
        ),
        "\n\nWith files: 0 no conflict; 1 conflicts; 2 a file, or the command line, is wrong and nothing was checked."
    ))]
    Check {
        /// Files of plans; `-` is standard input.
        files: Vec<PathBuf>,
        #[command(flatten)]
        plans: Box<PlanArgs>,
        /// Seconds to wait for the answer to this very check; 7 is the exit code when none comes.
        #[arg(long, default_value_t = 0, conflicts_with = "files", help_heading = "Without files")]
        wait: u64,
        /// The line: its name, what we call the other party, or enough of either.
        #[arg(long, short, default_value = "-", conflicts_with = "files", help_heading = "Without files")]
        line: String,
    },
    /// Find what plans of two sides have in common without showing them: blind matching, on a line or with no node.
    #[command(subcommand)]
    #[command(after_help = example!(
        "match listen examples/check/survey.geojson --at 0.0.0.0:7430 --name \"Narva bay\" --confirm",
        "match join examples/check/relief.kml aster.example:7430 --name \"Narva bay\" --confirm",
        "match run --wait 60",
        "match show 81c09d2e"
    ))]
    Match(Match),
    /// Show a position in every notation: MGRS, UTM, UPS, GARS, latitude and longitude. Needs no node.
    #[command(after_help = example!("position 35VLG8561172118", "position \"60°10.194′N 24°56.304′E\"", "position -33.8568 151.2153"))]
    Position {
        /// The position in any notation; words are joined by spaces.
        #[arg(required = true, allow_negative_numbers = true)]
        text: Vec<String>,
    },
    /// Show, propose or accept terms.
    #[command(subcommand)]
    #[command(after_help = example!("terms check terms.toml", "terms show > agreed.toml"))]
    Terms(TermsVerb),
    /// Revoke the keys of our log: what they signed from an entry on is disputed, and stays. Needs the party key.
    #[command(after_help = example!("revoke --from 40", "revoke --generation 1 --from 0"))]
    Revoke {
        /// The first disputed entry, from 0.
        #[arg(long)]
        from: u64,
        /// The generation of our log; the present one when absent.
        #[arg(long)]
        generation: Option<u32>,
        #[command(flatten)]
        on: OnLine,
    },
    /// Officers with tokens of their own.
    #[command(subcommand)]
    #[command(after_help = example!("officer add \"Maj Lind\" --desk \"Aster watch\" --role officer"))]
    Officer(OfficerVerb),
    /// Verify, export and release the joint record, offline; see fork evidence, and reopen a line that it holds.
    #[command(subcommand)]
    #[command(after_help = example!("record verify backups/monday", "record export record-of-the-line"))]
    Record(RecordVerb),
    /// Copy this home, running or not. The copy holds the secret keys.
    #[command(after_help = example!("backup backups/monday"))]
    Backup {
        /// A new directory.
        to: PathBuf,
    },
    /// Make a home of a backup. The node asks its peer before it speaks.
    #[command(after_help = example!("--home aster restore backups/monday --set-aside", "--home aster restore --mark"))]
    Restore {
        /// The backup.
        #[arg(required_unless_present = "mark")]
        from: Option<PathBuf>,
        /// Put a home that is there aside and keep it.
        #[arg(long)]
        set_aside: bool,
        /// Only mark this home as put back: after an image of its disk was.
        #[arg(long, conflicts_with_all = ["from", "set_aside"])]
        mark: bool,
    },
    /// Show the node, its lines and their states.
    #[command(after_help = example!("status", "status --json"))]
    Status,
    /// Derive everything anew from the journals and say whether it is the same.
    #[command(after_help = example!("rebuild"))]
    Rebuild,
    /// Two sides on this machine, a day over the gulf, step by step.
    #[command(after_help = example!("demo --headless", "demo --examples examples/gulf --keep /tmp/gulf"))]
    Demo {
        /// Exit at the end instead of keeping both nodes up.
        #[arg(long)]
        headless: bool,
        /// Directory with the inputs; the built-in day when absent.
        #[arg(long)]
        examples: Option<PathBuf>,
        /// Directory for both homes; a temporary one when absent.
        #[arg(long)]
        keep: Option<PathBuf>,
    },
}

/// SAFETY.
#[derive(Debug, Subcommand)]
pub enum Safety {
    /// Send a SAFETY notice from a file, or from these words.
    #[command(after_help = example!("safety send \"rescue boat, eight people\" --ask stop --at 59.78 26.10 --radius 2000", "safety send \"two on the ice\" --at 35VNF1234 --ask stop"))]
    Send {
        /// Who or what is in danger.
        endangered: String,
        /// What is asked: stop, keep clear, confirm.
        #[arg(long, default_value = "stop")]
        ask: String,
        /// Where: latitude and longitude in decimal degrees, or a position in any notation as one text.
        #[arg(long, num_args = 1..=2, value_names = ["LAT", "LON"], allow_negative_numbers = true)]
        at: Option<Vec<String>>,
        /// Radius round it, metres.
        #[arg(long, default_value_t = 1000.0)]
        radius: f64,
        /// Minutes that it counts from now.
        #[arg(long, default_value_t = 60)]
        minutes: i64,
        #[command(flatten)]
        on: OnLine,
    },
    /// State what is done about a SAFETY notice of theirs; its alarm then stops.
    #[command(after_help = example!("safety act 3f9a12c4 \"Fire is stopped. The area is clear.\""))]
    Act {
        /// The notice's hash, or enough of it.
        of: String,
        #[command(flatten)]
        words: Words,
        #[command(flatten)]
        on: OnLine,
    },
    /// Take the one alarm that rings for a flood of their SAFETY notices; it rings again when the flood goes on.
    #[command(after_help = example!("safety flood"))]
    Flood {
        #[command(flatten)]
        on: OnLine,
    },
    /// List SAFETY notices of both parties.
    #[command(after_help = example!("safety list"))]
    List {
        #[command(flatten)]
        on: OnLine,
    },
}

/// Terms.
#[derive(Debug, Subcommand)]
pub enum TermsVerb {
    /// Show the terms in force.
    #[command(after_help = example!("terms show > agreed.toml"))]
    Show {
        #[command(flatten)]
        on: OnLine,
    },
    /// Check a terms file.
    #[command(after_help = example!("terms check examples/gulf/terms.toml"))]
    Check {
        /// The file (TOML).
        file: PathBuf,
    },
    /// Propose the next version.
    #[command(after_help = example!("terms propose next.toml"))]
    Propose {
        /// The file (TOML).
        file: PathBuf,
        #[command(flatten)]
        on: OnLine,
    },
    /// Accept proposed terms.
    #[command(after_help = example!("terms accept 77be1c09"))]
    Accept {
        /// The proposal's hash, or enough of it.
        proposal: String,
        #[command(flatten)]
        on: OnLine,
    },
}

/// Officers.
#[derive(Debug, Subcommand)]
pub enum OfficerVerb {
    /// Add an officer; prints the token once.
    #[command(after_help = example!("officer add \"Maj Lind\" --desk \"Aster watch\" --role officer"))]
    Add {
        /// Name.
        name: String,
        /// Desk.
        #[arg(long)]
        desk: String,
        /// observer, officer or principal.
        #[arg(long, default_value = "officer")]
        role: String,
    },
    /// List officers.
    #[command(after_help = example!("officer list"))]
    List,
    /// Take an officer's token away.
    #[command(after_help = example!("officer remove \"Maj Lind\""))]
    Remove {
        /// Name.
        name: String,
    },
}

/// The record.
#[derive(Debug, Subcommand)]
pub enum RecordVerb {
    /// Verify a home, a backup or an exported record: every entry, every signature, every root.
    #[command(after_help = example!("record verify", "record verify backups/monday"))]
    Verify {
        /// What to verify; this home when absent.
        path: Option<PathBuf>,
    },
    /// Export a line's joint record, both logs whole, to a directory.
    #[command(after_help = example!("record export record-of-the-line"))]
    Export {
        /// A new directory.
        to: PathBuf,
        #[command(flatten)]
        on: OnLine,
    },
    /// Show the fork evidence that is kept; with --to, write each piece to a file that anyone can check.
    #[command(after_help = example!("record evidence", "record evidence --to evidence-of-the-line"))]
    Evidence {
        /// A new directory.
        #[arg(long)]
        to: Option<PathBuf>,
        #[command(flatten)]
        on: OnLine,
    },
    /// Reopen a line that fork evidence holds: one officer proposes, a different one agrees. The evidence stays.
    #[command(after_help = example!("record reopen \"their disk was cloned; one node runs now\"", "record reopen --agree 41 \"spoken with their watch; same account\""))]
    Reopen {
        /// Why, on one line: it stands in the book.
        reason: String,
        /// Agree to the proposal of this number.
        #[arg(long)]
        agree: Option<u64>,
        #[command(flatten)]
        on: OnLine,
    },
    /// Release chosen entries, and chosen fields of them, to an outsider, with proof and nothing else.
    #[command(after_help = example!("record release for-the-court.bin 3f9a12c4 --slots 7,9"))]
    Release {
        /// A new file.
        to: PathBuf,
        /// Hashes of the entries: eight hex digits or more, each of exactly one entry.
        #[arg(required = true)]
        entries: Vec<String>,
        /// Slots to open; all when absent.
        #[arg(long, value_delimiter = ',')]
        slots: Vec<u8>,
        #[command(flatten)]
        on: OnLine,
    },
}
