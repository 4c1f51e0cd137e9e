//! Two whole nodes on this machine: homes on disk, the real link over loopback, real keys.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use detente::host::{Host, OsRng};
use detente::pairing::{Code, Confirms, Inviter, Met, Us, join, keep};
use detente::serve::{Reach, Serving};
use detente::settings::Settings;
use detente_store::Home;
use detente_types::TermsIn;

/// Two running nodes.
pub struct Pair {
    /// The one that states.
    pub a: Serving,
    /// The one that holds.
    pub b: Serving,
    /// Their homes.
    pub roots: [PathBuf; 2],
}

/// Says yes: nobody is in between on loopback.
struct Yes;

impl Confirms for Yes {
    fn same(&mut self, _code: &Code, _other: &Met<'_>) -> Result<bool> {
        Ok(true)
    }
}

impl Pair {
    /// Makes two homes, pairs them and serves both.
    ///
    /// # Errors
    /// When a step fails.
    pub async fn start(root: &Path, terms: TermsIn) -> Result<Self> {
        let roots = ["a", "b"].map(|name| root.join(name));
        let mut sides = Vec::new();
        for root in &roots {
            let home = Home::create(root)?;
            let party = detente::keys::make_party(&home, &mut OsRng)?;
            let name = root.file_name().and_then(|n| n.to_str()).unwrap_or("side").to_owned();
            Settings { name: name.clone(), ..Settings::default() }.write(root)?;
            sides.push((home, Us { party, name }));
        }
        let (home_b, us_b) = sides.pop().context("two sides")?;
        let (home_a, us_a) = sides.pop().context("two sides")?;
        let (mut rng_a, mut rng_b) = (OsRng, OsRng);
        let inviter = Inviter::start(us_a, terms, "127.0.0.1:0", None, Duration::from_secs(60), &mut rng_a).await?;
        let invite = inviter.invite().clone();
        let address = invite.address.clone();
        let (mut yes_a, mut yes_b) = (Yes, Yes);
        let (made_a, made_b) = tokio::try_join!(inviter.meet(&mut yes_a), join(us_b, invite, &mut rng_b, &mut yes_b))?;
        keep(&roots[0], &home_a, made_a, Some(address))?;
        keep(&roots[1], &home_b, made_b, None)?;
        drop((home_a, home_b));
        let a = Serving::start(&roots[0], Reach::Links).await?;
        let b = Serving::start(&roots[1], Reach::Links).await?;
        Ok(Self { a, b, roots })
    }

    /// The stating side's host.
    pub fn host(&self) -> Arc<Host> {
        self.a.host()
    }
}
