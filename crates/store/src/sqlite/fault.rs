//! What SQLite's errors mean for us.

use detente_node::port::StoreFault;
use rusqlite::ErrorCode;

/// Sorts an error: no room, damage, or a disk that failed. What is none of them is `Failed` too: nobody can say what the
/// file holds after an error that we do not know.
pub(super) fn sql_fault(doing: &str, error: &rusqlite::Error) -> StoreFault {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreFault::Full { doing: doing.into() },
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            StoreFault::Damaged { key: format!("unknown, while {doing}"), detail: error.to_string() }
        }
        _ => StoreFault::Failed { doing: doing.into(), detail: error.to_string() },
    }
}

/// The same for a file of our own.
pub(super) fn io_fault(doing: &str, error: &std::io::Error) -> StoreFault {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => StoreFault::Full { doing: doing.into() },
        _ => StoreFault::Failed { doing: doing.into(), detail: error.to_string() },
    }
}
