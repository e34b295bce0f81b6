//! `clawrk-server journal`.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use clawrk::Engine;
use clawrk::journal::{JournalError, Journaled, Options, journal};

use crate::announce::say;
use crate::offline::far::Far;
use crate::offline::file::{Unwritten, fill};

/// Writes the ledger to that file, or to standard output.
pub(super) async fn run(
    engine: &Engine,
    options: &Options,
    file: Option<&Path>,
) -> Result<(), Unwritten<JournalError>> {
    let Some(file) = file else {
        // Nothing else may be said there.
        let written = write(engine, options, &mut BufWriter::new(io::stdout())).await;
        return written.map(drop).map_err(Unwritten::Content);
    };
    let written = fill(file, async |to| write(engine, options, to).await).await?;
    let (transactions, accounts) = (written.transactions, written.accounts);
    say(format!(
        "{}: {transactions} transactions, {accounts} accounts",
        file.display()
    ));
    Ok(())
}

async fn write(
    engine: &Engine,
    options: &Options,
    to: &mut (dyn Write + Send),
) -> Result<Journaled, JournalError> {
    let mut far = Far::new();
    let store = engine.store().as_ref();
    journal(store, to, options, &mut |now| far.tell(now)).await
}
