//! A certificate exists only when its signature was checked or made.
use detente_types::statement::CertificateIn;
use detente_wire::Certificate;

fn forge(input: CertificateIn) -> Certificate {
    Certificate { input }
}

fn main() {}
