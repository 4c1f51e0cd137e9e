//! The conflict index beside what a user could pick instead: what each takes for the same queries of the same run.
//!
//! Every structure holds the same planned volumes and answers the same queries, filter and exact test, on one thread, in
//! turns. The answers are compared while they are timed: a structure that is fast because it is wrong is found out.

pub mod brute;
pub mod causes;
pub mod check;
pub mod cluster;
pub mod contender;
pub mod everything;
pub mod exact;
pub mod http;
pub mod inserts;
pub mod line;
pub mod live;
pub mod pairs;
pub mod plot;
pub mod postgis;
pub mod profiles;
pub mod rounds;
pub mod run;
pub mod served;
pub mod set;
pub mod sqlite;
pub mod tell;
pub mod tree;
pub mod verdict;

use anyhow::Result;

use set::Query;

/// Something that holds volumes of a set and finds those that meet a query.
pub trait Structure {
    /// What it is called in tables.
    fn name(&self) -> &str;

    /// Adds to `hits`, in any order, the number of every volume whose footprint, band and window meet those of the query
    /// (touching is meeting); with a separation, of every one that comes as near as that.
    ///
    /// # Errors
    /// When a database fails.
    fn find(&mut self, query: &Query<'_>, hits: &mut Vec<u32>) -> Result<()>;
}

/// A structure whose volumes come and go while it is asked.
pub trait Changing: Structure {
    /// Takes in volumes of its set.
    ///
    /// # Errors
    /// When a database fails.
    fn insert(&mut self, ids: &[u32]) -> Result<()>;

    /// Takes out volumes that are in it.
    ///
    /// # Errors
    /// When a database fails.
    fn remove(&mut self, ids: &[u32]) -> Result<()>;

    /// Takes out the volumes that ended before a time (s); `ended` are their numbers, for those that do not know.
    ///
    /// # Errors
    /// When a database fails.
    fn expire(&mut self, before: i32, ended: &[u32]) -> Result<()> {
        let _ = before;
        self.remove(ended)
    }

    /// The moment after a change that is not part of any query or insert: upkeep that a node gives to another thread.
    ///
    /// # Errors
    /// When a database fails.
    fn tend(&mut self) -> Result<()> {
        Ok(())
    }
}
