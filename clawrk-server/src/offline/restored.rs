//! `clawrk-server restored`.

use std::error::Error;

use clawrk::{Call, Engine};

use crate::announce::say;

/// Marks what is unpaid in an old copy of a store, and closes it.
pub(super) async fn run(engine: &Engine) -> Result<(), Box<dyn Error>> {
    let marked = engine.mark_restored(Call::by_admin()).await?;
    engine.close().await?;
    match marked {
        0 => {
            say("no payout waits to be sent that was not unknown before");
            return Ok(());
        }
        1 => say("1 payout is unknown now: it may have been paid since the copy was made"),
        many => say(format!(
            "{many} payouts are unknown now: they may have been paid since the copy was made"
        )),
    }
    say(
        "start the server: it asks Stripe twice, a day from now, and marks as paid what was paid; \
         only the rest is sent",
    );
    Ok(())
}
