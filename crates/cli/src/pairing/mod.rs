//! Pairing (PROTOCOL G1): two people make a line, and read a short code to each other before anything is trusted.
//!
//! ```text
//!   A  invite: party key, terms digest, H(nonce A), address, door          ── by any way that carries text ──▶  B
//!   B  calls through the door; in that one TLS session:
//!        B ─ party key, nonce, name ─▶ A        A ─ nonce A, terms, name ─▶ B
//!        B ─ certificate ─▶ A                   A ─ certificate ─▶ B
//!      both: code = first 66 bits of H(everything, and the session's channel binding)
//!      both people read it to each other; both say yes, or the line is not made
//! ```
//!
//! Nonce A was committed to in the invite, so B's side cannot choose its words to fit a code; B cannot be in two sessions
//! with one code, since the code covers both TLS keys.

mod code;
mod keep;
mod message;

use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use detente_gateway::terms::turned;
use detente_net::{PairingConnection, PairingListener, TlsIdentity};
use detente_types::statement::GenerationOpenIn;
use detente_types::{Generation, LineId, Terms, TermsIn};
use detente_wire::certificate::{sign_opening, terms_digest};
use detente_wire::hash::domain;
use detente_wire::{Certificate, Ed25519, KeyPair, Keys, Verified};
use zeroize::Zeroizing;

use crate::host::now;
use crate::keys::NewKeys;

pub use code::Code;
pub use keep::keep;
pub use message::Invite;
use message::{Confirm, Introduction, Reveal, receive, send};
pub(crate) use message::{fuzz, fuzz_seeds};

/// How long either side waits for the other's next message; reading a code aloud takes a minute or two.
const ANSWER_WAIT: Duration = Duration::from_secs(600);

/// A line that two people have agreed to make.
pub struct Paired {
    /// The line.
    pub line: LineId,
    /// Entry 0 of our log.
    pub opening: GenerationOpenIn,
    /// Our keys.
    pub keys: NewKeys,
    /// What the other party calls itself.
    pub name: String,
    /// Where we reach the other node, when it is they who listen.
    pub address: Option<String>,
}

/// Who we are in a pairing.
pub struct Us {
    /// Our party key.
    pub party: KeyPair,
    /// What we call ourselves.
    pub name: String,
}

/// Whom we meet, and on which terms.
pub struct Met<'a> {
    /// What the other side calls itself.
    pub other: &'a str,
    /// The terms, the inviting party first.
    pub terms: &'a TermsIn,
    /// Whether it is we who invite.
    pub inviting: bool,
}

/// Someone who reads the code to the other side and says whether it is the same.
pub trait Confirms: Send {
    /// Asks the person, who is also shown what the line's terms are. Blocks.
    fn same(&mut self, code: &Code, met: &Met<'_>) -> Result<bool>;
}

/// The inviting side, between making the invite and meeting whoever holds it.
pub struct Inviter {
    us: Us,
    terms: TermsIn,
    nonce: [u8; 32],
    keys: NewKeys,
    invite: Invite,
    listener: PairingListener,
}

impl Inviter {
    /// Starts listening and makes the invite. The terms put us first: IDs are compared when both are known. `address` is what the other side calls; what we listen on, when absent.
    ///
    /// # Errors
    /// When the terms break rules or the address cannot be listened on.
    pub async fn start(
        us: Us,
        terms: TermsIn,
        listen: &str,
        address: Option<&str>,
        lasts: Duration,
        rng: &mut (dyn rand_core::CryptoRng + Send),
    ) -> Result<Self> {
        check_terms(&terms)?;
        let (mut nonce, mut door) = ([0; 32], [0; 32]);
        rng.fill_bytes(&mut nonce);
        rng.fill_bytes(&mut door);
        let keys = NewKeys::generate(rng);
        let listener =
            PairingListener::bind(listen, &identity(&keys), &door).await.with_context(|| format!("listening on {listen}"))?;
        let address = address.map_or_else(|| listener.local_addr().to_string(), str::to_owned);
        let expires = now().plus_seconds(i64::try_from(lasts.as_secs()).unwrap_or(i64::MAX));
        let invite = Invite {
            version: message::VERSION,
            party_key: us.party.public().0.into(),
            name: us.name.clone(),
            terms_digest: terms_digest(&terms).into(),
            nonce_hash: hash_nonce(&nonce).into(),
            address,
            door: door.into(),
            expires_us: expires.micros(),
        };
        Ok(Self { us, terms, nonce, keys, invite, listener })
    }

    /// What the other side needs.
    pub const fn invite(&self) -> &Invite {
        &self.invite
    }

    /// Meets whoever holds the invite: one attempt.
    ///
    /// # Errors
    /// When nobody comes in time, the other side breaks the protocol, or either person refuses the code.
    pub async fn meet(mut self, confirms: &mut dyn Confirms) -> Result<Paired> {
        let left = u64::try_from(self.invite.expires_us.saturating_sub(now().micros()) / 1_000_000).unwrap_or(0);
        let accepted = tokio::time::timeout(Duration::from_secs(left), self.listener.accept()).await;
        let mut connection = accepted.context("the invite has expired: nobody came")??;
        let introduction: Introduction = receive(&mut connection, ANSWER_WAIT).await?;
        send(&mut connection, &Reveal { nonce: self.nonce.into(), terms: self.terms.clone(), name: self.us.name.clone() })
            .await?;
        let meeting = Meeting {
            invite: self.invite,
            introduction,
            nonce: self.nonce,
            binding: *connection.channel_binding(),
            terms: self.terms,
        };
        finish(connection, meeting, self.us, self.keys, true, confirms).await
    }
}

/// Joins by an invite.
///
/// # Errors
/// When the inviting side is not reached, is not who the invite says, or either person refuses the code.
pub async fn join(
    us: Us,
    invite: Invite,
    rng: &mut (dyn rand_core::CryptoRng + Send),
    confirms: &mut dyn Confirms,
) -> Result<Paired> {
    ensure!(invite.expires_us > now().micros(), "the invite has expired: ask for a new one");
    let mut nonce = [0; 32];
    rng.fill_bytes(&mut nonce);
    let keys = NewKeys::generate(rng);
    let mut connection = detente_net::connect_pairing(invite.address.as_str(), &identity(&keys), &invite.door)
        .await
        .with_context(|| format!("calling {}", invite.address))?;
    let introduction = Introduction { party_key: us.party.public().0.into(), nonce: nonce.into(), name: us.name.clone() };
    send(&mut connection, &introduction).await?;
    let reveal: Reveal = receive(&mut connection, ANSWER_WAIT).await?;
    ensure!(hash_nonce(&reveal.nonce) == *invite.nonce_hash, "the other side reveals another number than its invite promised");
    ensure!(terms_digest(&reveal.terms) == *invite.terms_digest, "the other side sends other terms than its invite promised");
    check_terms(&reveal.terms)?;
    let meeting =
        Meeting { invite, introduction, nonce: *reveal.nonce, binding: *connection.channel_binding(), terms: reveal.terms };
    finish(connection, meeting, us, keys, false, confirms).await
}

/// Everything that both sides have said so far.
struct Meeting {
    invite: Invite,
    introduction: Introduction,
    nonce: [u8; 32],
    binding: [u8; 32],
    terms: TermsIn,
}

impl Meeting {
    fn line(&self) -> LineId {
        let parts: [&[u8]; 6] = [
            &*self.invite.party_key,
            &*self.introduction.party_key,
            &self.nonce,
            &*self.introduction.nonce,
            &*self.invite.terms_digest,
            &self.binding,
        ];
        LineId::new(domain("detente/line/1", &parts))
    }

    fn code(&self, inviter: &Certificate, joiner: &Certificate) -> Code {
        let encode = |c: &Certificate| detente_wire::codec::encode(c.input());
        let transcript = [
            detente_wire::codec::encode(&self.invite),
            detente_wire::codec::encode(&self.introduction),
            self.nonce.to_vec(),
            detente_wire::codec::encode(&self.terms),
            encode(inviter),
            encode(joiner),
            self.binding.to_vec(),
        ];
        // Each part goes in behind its length, so that no two transcripts are the same bytes.
        let parts: Vec<u8> = transcript.iter().flat_map(|p| [&(p.len() as u64).to_be_bytes(), p.as_slice()].concat()).collect();
        Code::of(&domain("detente/pairing/1", &[&parts]))
    }
}

async fn finish(
    mut connection: PairingConnection,
    meeting: Meeting,
    us: Us,
    keys: NewKeys,
    inviting: bool,
    confirms: &mut dyn Confirms,
) -> Result<Paired> {
    let line = meeting.line();
    let own_keys = Keys { log: keys.log.public(), holder: keys.holder.public(), tls: keys.tls.public(), witness: None };
    let own = Certificate::sign(&Ed25519, &us.party, line, Generation::FIRST, &own_keys)?;
    send(&mut connection, own.input()).await?;
    let other = Certificate::open(&Ed25519, receive(&mut connection, ANSWER_WAIT).await?)?;
    let promised = if inviting { *meeting.introduction.party_key } else { *meeting.invite.party_key };
    check_other(&other, line, promised, connection.peer_key())?;
    let code = if inviting { meeting.code(&own, &other) } else { meeting.code(&other, &own) };
    let name = if inviting { meeting.introduction.name.clone() } else { meeting.invite.name.clone() };
    ensure!(
        name.to_lowercase() != us.name.to_lowercase(),
        "both sides call themselves {name}: terms could not tell them apart; one is to take another name (`name` in node.toml)"
    );
    let yes = confirms.same(&code, &Met { other: &name, terms: &meeting.terms, inviting })?;
    send(&mut connection, &Confirm { yes }).await?;
    let theirs: Confirm = receive(&mut connection, ANSWER_WAIT).await?;
    if !yes || !theirs.yes {
        bail!("the codes were not confirmed by {}: no line is made", if yes { "the other side" } else { "us" });
    }
    let _ = connection.close().await;
    // The invite's terms put the inviting party first; what both sign puts the lower ID first.
    let inviter_first = (own.party() < other.party()) == inviting;
    let terms = if inviter_first { meeting.terms } else { turned(meeting.terms) };
    let opening = sign_opening(&Ed25519, &us.party, &own, &other, terms, None);
    let address = (!inviting).then_some(meeting.invite.address);
    Ok(Paired { line, opening, keys, name, address })
}

fn check_other(other: &Verified<Certificate>, line: LineId, party_key: [u8; 32], tls: detente_net::TlsPublicKey) -> Result<()> {
    ensure!(other.party_key().0 == party_key, "the other side's certificate is of another party");
    ensure!(other.line() == line && other.generation() == Generation::FIRST, "the other side's certificate is for another line");
    ensure!(
        other.keys().tls.0 == *tls.as_bytes(),
        "the other side's certificate names another TLS key than the one on this session"
    );
    Ok(())
}

fn check_terms(terms: &TermsIn) -> Result<()> {
    Terms::try_new(terms.clone()).map(drop).map_err(|violations| {
        let all: Vec<String> = violations.iter().map(ToString::to_string).collect();
        anyhow!("the terms break {} rule(s):\n  {}", all.len(), all.join("\n  "))
    })
}

fn identity(keys: &NewKeys) -> TlsIdentity {
    TlsIdentity::from_seed(Zeroizing::new(*keys.tls.secret().danger_seed()))
}

fn hash_nonce(nonce: &[u8; 32]) -> [u8; 32] {
    domain("detente/nonce/1", &[nonce])
}
