//! Prints the API's description, OpenAPI 3.1: what `openapi/detente-v1.json` holds.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use detente_api::auth::{Doors, Officer};
use detente_api::port::{Host, Job};
use detente_types::statement::KeyRevokeIn;
use detente_types::{Generation, LineId};
use tokio::sync::broadcast;

/// No node stands behind the description.
struct Nobody;

impl Host for Nobody {
    fn seat(&self, _job: Job) -> bool {
        false
    }

    fn backup(&self, _to: PathBuf) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> {
        Box::pin(async { Err("there is no node".into()) })
    }

    fn sign_revocation(&self, _line: LineId, _generation: Generation, _from: u64) -> Result<KeyRevokeIn, String> {
        Err("there is no node".into())
    }

    fn subscribe(&self) -> broadcast::Receiver<Arc<detente_node::Event>> {
        broadcast::channel(1).1
    }
}

impl Doors for Nobody {
    fn officer(&self, _token: &str) -> Option<Officer> {
        None
    }
}

fn main() -> Result<(), serde_json::Error> {
    use std::io::Write as _;
    let document = detente_api::document(Arc::new(Nobody), Arc::new(Nobody));
    let text = document.to_pretty_json()?;
    // A reader that went away (a closed pipe) is no fault of ours.
    let _ = writeln!(std::io::stdout(), "{text}");
    Ok(())
}
