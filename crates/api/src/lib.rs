//! The edge of a node for programs and browsers: HTTP/JSON, events, OpenAPI, and one status page.
//!
//! The API decides nothing: a request becomes a job at the node ([`port`]), and what comes back is rendered. It listens on
//! loopback; every route under `/v1` needs an officer's token.

mod answer;
pub mod around;
pub mod ask;
pub mod auth;
pub mod density;
mod events;
mod give;
pub mod ground;
pub mod matches;
mod notify;
mod page;
pub mod plans;
pub mod port;
pub mod position;
pub mod problem;
pub mod resolutions;
mod routes;
pub mod view;

use std::sync::Arc;

use axum::Router;
use detente_types::Timestamp;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

pub use events::EventView;
pub use routes::find_line;

use auth::Doors;
use port::Host;

/// The body of a fuzz target: any bytes, as the body of every route.
pub fn fuzz_bodies(data: &[u8]) {
    answer::fuzz(data);
}

/// What the routes work with.
#[derive(Clone)]
pub struct Api {
    pub(crate) host: Arc<dyn Host>,
    pub(crate) doors: Arc<dyn Doors>,
    pub(crate) about: Arc<About>,
}

/// What the node's host knows about it.
#[derive(Clone, Debug)]
pub struct About {
    /// What our party calls itself.
    pub name: String,
    /// When the node was started.
    pub started: Timestamp,
}

#[derive(OpenApi)]
#[openapi(info(
    title = "Detente",
    description = "One side of a deconfliction line. All times are UTC. Errors name the guilty side and every broken rule.",
    license(name = "MIT OR Apache-2.0")
))]
struct Document;

/// The HTTP service of a node.
pub fn service(host: Arc<dyn Host>, doors: Arc<dyn Doors>, about: About) -> Router {
    let api = Api { host, doors, about: Arc::new(about) };
    let (router, document) = parts(&api);
    let json = document.to_pretty_json().expect("the document is plain data");
    let openapi = move || async move { ([(axum::http::header::CONTENT_TYPE, "application/json")], json) };
    router.route("/openapi.json", axum::routing::get(openapi)).merge(page::page()).with_state(api)
}

/// The API's description, OpenAPI 3.1.
pub fn document(host: Arc<dyn Host>, doors: Arc<dyn Doors>) -> utoipa::openapi::OpenApi {
    let about = About { name: String::new(), started: Timestamp::from_micros(0) };
    parts(&Api { host, doors, about: Arc::new(about) }).1
}

fn parts(api: &Api) -> (Router<Api>, utoipa::openapi::OpenApi) {
    let (router, mut document) =
        utoipa_axum::router::OpenApiRouter::with_openapi(Document::openapi()).merge(routes::routes(api)).split_for_parts();
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    document.components.get_or_insert_default().add_security_scheme("officer", bearer);
    (router, document)
}
