//! Every verb of the port, and every fault.

use clawrk_core::payments::Payments;
use clawrk_testkit::books::{Fault, Standing};

use crate::twins::Twins;
use crate::verbs::Verb;

#[tokio::test]
async fn both_speak_the_same_version_and_draft_the_same_transfer() {
    let twins = Twins::start().await;
    assert_eq!(twins.inside.api_version(), twins.outside.api_version());
    assert_eq!(twins.inside.mode(), twins.outside.mode());
    let terms = crate::verbs::terms("acct_1");
    assert_eq!(twins.inside.draft(&terms), twins.outside.draft(&terms));
}

/// One request that meets the fault, and the same request again, which does not.
async fn meets(verb: Verb, fault: Fault) {
    let mut twins = Twins::start().await;
    twins.plan(&fault).await;
    let (inside, outside) = tokio::join!(twins.ask_inside(verb), twins.ask_outside(verb));
    if fault == Fault::Mismatch && ![Verb::SendTransfer, Verb::Transfer].contains(&verb) {
        // The answer is about a thing of another kind. The client looks at that everywhere.
        assert_eq!(outside.answer, "Unknown", "{verb:?} meets {fault:?}");
        assert_eq!(outside.transfers, inside.transfers);
    } else {
        assert_eq!(outside, inside, "{verb:?} meets {fault:?}");
    }
    twins.calm(&fault).await;
    let (inside, outside) = tokio::join!(twins.ask_inside(verb), twins.ask_outside(verb));
    assert_eq!(outside, inside, "{verb:?} again after {fault:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_verb_meets_every_fault() {
    for fault in Fault::all() {
        let meeting = |verb| tokio::spawn(meets(verb, fault.clone()));
        for case in Verb::ALL.map(meeting) {
            case.await.unwrap();
        }
    }
}

/// Declined by what is true, not by a fault.
#[tokio::test]
async fn what_cannot_be_paid_is_declined_alike() {
    type Change = fn(&mut clawrk_testkit::books::Book, &str);
    let empty: Change = |book, _| book.set_balance("usd", 0);
    let restricted: Change = |book, account| book.set_standing(account, Standing::Restricted);
    let gone: Change = |book, account| book.deauthorize(account);
    for (change, class) in [
        (empty, "Platform"),
        (restricted, "Account"),
        // Stripe does not tell an account that is gone from one that never was.
        (gone, "Person"),
    ] {
        let twins = Twins::start().await;
        twins.change(change);
        for verb in [Verb::SendTransfer, Verb::Account, Verb::CreateLink] {
            let (inside, outside) = tokio::join!(twins.ask_inside(verb), twins.ask_outside(verb));
            assert_eq!(outside, inside, "{verb:?}");
            if verb == Verb::SendTransfer {
                assert!(outside.answer.contains(class), "{}", outside.answer);
            }
        }
    }
}
