//! Notice files: which format a file is in, and what is wrong with it.

use anyhow::{Context, Result};
use detente_gateway::NoticeForm;

/// The notices of a file.
///
/// # Errors
/// When the file is in no known format or its notices cannot be read; the problem's place is named.
pub(crate) fn read(name: &str, bytes: &[u8]) -> Result<Vec<NoticeForm>> {
    let value: serde_json::Value = serde_json::from_slice(bytes).with_context(|| format!("reading {name}"))?;
    let list = if value.is_array() { value } else { serde_json::Value::Array(vec![value]) };
    serde_json::from_value(list).with_context(|| format!("reading {name}"))
}
