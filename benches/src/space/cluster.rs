//! A PostgreSQL with PostGIS of the run's own: made in a folder, asked over a socket in it, stopped and deleted at the end.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;

const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";
const POSTGIS: &str = "/usr/share/postgresql/15/extension/postgis.control";
const PACKAGES: [&str; 2] = ["postgresql-15", "postgresql-15-postgis-3"];
/// The user that the packages make. PostgreSQL refuses to run as root.
const USER: &str = "postgres";

/// What is set and why: the peer is given all that speeds up a database that may lose everything in a crash.
pub const SETTINGS: [(&str, &str); 12] = [
    ("listen_addresses", "''"),
    ("max_connections", "10"),
    ("shared_buffers", "3GB"),
    ("effective_cache_size", "12GB"),
    ("maintenance_work_mem", "1GB"),
    ("work_mem", "256MB"),
    ("random_page_cost", "1.0"),
    ("jit", "off"),
    ("fsync", "off"),
    ("synchronous_commit", "off"),
    ("full_page_writes", "off"),
    ("max_wal_size", "8GB"),
];

/// A running server. It dies with the thread that started it, whatever ends that one.
pub struct Cluster {
    folder: TempDir,
    as_root: bool,
    server: Option<Child>,
}

/// How long a start may take.
const START: Duration = Duration::from_secs(60);

impl Cluster {
    /// Installs what is missing (as root), makes a cluster and starts it.
    ///
    /// # Errors
    /// When PostgreSQL is missing and cannot be installed: with the exact command that would; when it does not start: with
    /// its own log.
    pub fn start() -> Result<Self> {
        let as_root = fs::metadata("/proc/self").map(|own| std::os::unix::fs::MetadataExt::uid(&own))? == 0;
        provide(as_root)?;
        let folder = tempfile::Builder::new().prefix("detente-postgres-").tempdir().context("a folder for PostgreSQL")?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700))?;
        if as_root {
            let (user, group) = ids(USER)?;
            chown(folder.path(), Some(user), Some(group)).context("giving PostgreSQL's folder to its user")?;
        }
        let mut cluster = Self { folder, as_root, server: None };
        let data = cluster.data();
        cluster.run("initdb", &["-D", &data, "-U", USER, "-A", "trust", "--encoding=UTF8", "--locale=C", "--no-sync"])?;
        let mut settings = String::new();
        for (name, value) in
            SETTINGS.iter().chain(&[("unix_socket_directories", format!("'{}'", cluster.socket().display()).as_str())])
        {
            settings.push_str(&format!("{name} = {value}\n"));
        }
        let file = Path::new(&data).join("postgresql.auto.conf");
        fs::write(&file, settings).with_context(|| format!("writing {}", file.display()))?;
        cluster.serve(&data)?;
        Ok(cluster)
    }

    /// Starts the server and waits until it answers.
    fn serve(&mut self, data: &str) -> Result<()> {
        let path = self.folder.path().join("log");
        let log = fs::File::create(&path).with_context(|| format!("making {}", path.display()))?;
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "INT"]);
        if self.as_root {
            command.args(["--reuid", USER, "--regid", USER, "--clear-groups"]);
        }
        command.arg("--").arg(Path::new(PROGRAMS).join("postgres")).args(["-D", data]).current_dir("/");
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        self.server = Some(command.spawn().context("starting PostgreSQL by setpriv")?);
        let socket = self.socket().to_string_lossy().into_owned();
        let begun = Instant::now();
        while self.run("pg_isready", &["-q", "-h", &socket]).is_err() {
            let ended = self.server.as_mut().is_some_and(|server| matches!(server.try_wait(), Ok(Some(_))));
            if ended || begun.elapsed() > START {
                bail!("PostgreSQL does not start; its log: {}", fs::read_to_string(&path).unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// The folder of its socket.
    pub fn socket(&self) -> &Path {
        self.folder.path()
    }

    fn data(&self) -> String {
        self.folder.path().join("data").to_string_lossy().into_owned()
    }

    /// Runs one of PostgreSQL's programs as the user that it is to run as.
    fn run(&self, program: &str, arguments: &[&str]) -> Result<()> {
        let program = PathBuf::from(PROGRAMS).join(program);
        let mut command = if self.as_root {
            let mut command = Command::new("runuser");
            command.args(["-u", USER, "--"]).arg(&program);
            command
        } else {
            Command::new(&program)
        };
        let output = command.args(arguments).current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let status = output.status().with_context(|| format!("running {}", program.display()))?;
        ensure!(status.success(), "{} {}: {status}", program.display(), arguments.join(" "));
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.run("pg_ctl", &["-D", &self.data(), "-w", "-m", "immediate", "stop"]) {
            eprintln!("PostgreSQL in {} did not stop when asked: {error:#}", self.folder.path().display());
            self.server.as_mut().map(Child::kill);
        }
        if let Some(mut server) = self.server.take() {
            let _ = server.wait();
        }
    }
}

fn is_here() -> bool {
    Path::new(PROGRAMS).join("postgres").exists() && Path::new(POSTGIS).exists()
}

fn provide(as_root: bool) -> Result<()> {
    if is_here() {
        return Ok(());
    }
    let command = format!("apt-get install --yes --no-install-recommends {}", PACKAGES.join(" "));
    ensure!(as_root, "PostgreSQL 15 with PostGIS is missing: run `sudo {command}` and try again, or measure with --no-postgres");
    for arguments in ["update --quiet".to_owned(), command.trim_start_matches("apt-get ").to_owned()] {
        let mut apt = Command::new("apt-get");
        let status = apt.env("DEBIAN_FRONTEND", "noninteractive").args(arguments.split(' ')).stdout(Stdio::null()).status()?;
        ensure!(status.success(), "apt-get {arguments}: {status}");
    }
    ensure!(is_here(), "`{command}` ran, but PostgreSQL 15 with PostGIS is still missing");
    Ok(())
}

/// The numbers of a user and its group.
fn ids(user: &str) -> Result<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd").context("reading /etc/passwd")?;
    let line = users.lines().find(|line| line.split(':').next() == Some(user));
    let mut fields = line.with_context(|| format!("the user {user} that the packages make"))?.split(':').skip(2);
    let mut number = || fields.next().unwrap_or_default().parse::<u32>().context("a user's number");
    Ok((number()?, number()?))
}
