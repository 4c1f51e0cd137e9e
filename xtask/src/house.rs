//! What all verbs share: where the house stands, how a program is run, how a step reports.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

/// The command line was wrong; the text says how. Ends the program with code 2.
#[derive(Debug)]
pub(crate) struct Usage(pub(crate) String);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// The repository's root. Asked of the running cargo first: the binary may have been built in another clone.
pub(crate) fn root() -> PathBuf {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    own.parent().expect("xtask lies one folder below the root").to_path_buf()
}

/// Whether this is a CI run: the lock file is then law and the runner's `ci` profile is used.
pub(crate) fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

/// A cargo command in the root. In CI the dependencies are locked, for the subcommands that resolve any, and nothing is kept for
/// a next build that never comes: that would be more than half of what is written to disk.
pub(crate) fn cargo<I, S>(arguments: I) -> Command
where
    I: IntoIterator<Item = S>,
    S: AsRef<OsStr>,
{
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    let resolves = command.get_args().next().is_some_and(|first| first != "fmt" && first != "deny");
    if in_ci() {
        command.env("CARGO_INCREMENTAL", "0");
    }
    if in_ci() && resolves {
        command.env("CARGO_NET_RETRY", "5").arg("--locked");
    }
    command
}

/// Runs `command` to its end with our own input and output.
///
/// # Errors
/// When the program cannot be started, or ends with anything but success.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    let status = command.status().with_context(|| format!("starting `{shown}`"))?;
    ensure!(status.success(), "`{shown}` ended with {status}");
    Ok(())
}

/// Runs `command` and gives what it printed; its complaints go to our own error output.
///
/// # Errors
/// As [`run`], and when the output is not UTF-8.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    let output = command.stderr(std::process::Stdio::inherit()).output().with_context(|| format!("starting `{shown}`"))?;
    ensure!(output.status.success(), "`{shown}` ended with {}", output.status);
    String::from_utf8(output.stdout).with_context(|| format!("reading the output of `{shown}`"))
}

/// Whether `command` can be started and succeeds; prints nothing.
pub(crate) fn succeeds(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).current_dir(root()).output().is_ok_and(|output| output.status.success())
}

/// The command as a person would type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    std::iter::once(program)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Announces a step, runs it and says how long it took. The first step that fails stops the verb.
pub(crate) fn step(name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    println!("-- {name}");
    let begun = Instant::now();
    let outcome = work();
    let seconds = begun.elapsed().as_secs_f64();
    match outcome {
        Ok(()) => println!("-- {name}: ok in {seconds:.1} s"),
        Err(_) => println!("-- {name}: FAILED after {seconds:.1} s"),
    }
    outcome.with_context(|| format!("step `{name}` failed"))
}

/// Success when there are no findings; otherwise prints each and fails with their number.
pub(crate) fn verdict(findings: &[String]) -> Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    for finding in findings {
        eprintln!("   {finding}");
    }
    bail!("{} finding(s), listed above", findings.len())
}

/// For verbs that take no arguments.
pub(crate) fn no_arguments(verb: &str, arguments: &[String]) -> Result<()> {
    match arguments.first() {
        None => Ok(()),
        Some(first) => Err(Usage(format!("`{verb}` takes no arguments, but was given `{first}`")).into()),
    }
}

/// For verbs that take one optional flag: whether it was given.
pub(crate) fn flag(verb: &str, flag: &str, arguments: &[String]) -> Result<bool> {
    match arguments {
        [] => Ok(false),
        [only] if only == flag => Ok(true),
        _ => Err(Usage(format!("`{verb}` takes only `{flag}`, but was given `{}`", arguments.join(" "))).into()),
    }
}
