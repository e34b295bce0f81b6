//! The table of invoices: what each grants, and why not.

use super::*;
use crate::payments::Owner;

const AT: Timestamp = Timestamp::from_millis(1_735_689_600_000);
const STORE: &str = "store_1";

fn policy() -> Policy {
    let mut policy = Policy::default();
    for plan in &mut policy.plans {
        plan.price_ids = vec![format!("price_{}", plan.tier), format!("old_{}", plan.tier)];
    }
    policy
}

fn line(price: &str, quantity: u64, net: i64) -> InvoiceLine {
    InvoiceLine {
        id: format!("il_{price}_{quantity}_{net}"),
        price: Some(price.to_owned()),
        quantity,
        proration: false,
        net: Cents::new(net),
    }
}

fn prorated(line: InvoiceLine) -> InvoiceLine {
    InvoiceLine {
        proration: true,
        ..line
    }
}

fn unpriced(line: InvoiceLine) -> InvoiceLine {
    InvoiceLine {
        price: None,
        ..line
    }
}

fn invoice(lines: Vec<InvoiceLine>) -> Invoice {
    Invoice {
        id: "in_1".to_owned(),
        owner: Owner {
            store: Some(STORE.to_owned()),
            customer: Some("cus_1".to_owned()),
            ..Owner::default()
        },
        subscription: Some("sub_1".to_owned()),
        currency: "usd".to_owned(),
        paid: Cents::new(2_500),
        created_at: AT,
        lines,
        more_lines: false,
    }
}

fn noted(tier: &str, lines: Vec<InvoiceLine>) -> Invoice {
    let mut invoice = invoice(lines);
    invoice.owner.tier = Some(tier.to_owned());
    invoice
}

fn judged(invoice: &Invoice) -> Verdict {
    let (policy, ann) = (policy(), UserId::new("ann").unwrap());
    let rules = Rules {
        policy: &policy,
        store: STORE,
    };
    judge(invoice, rules, Some(&ann))
}

/// The verdict in a line: `pro 150, team 500`, `nothing: unpaid` or `parked: plan`.
fn verdict(invoice: &Invoice) -> String {
    match judged(invoice) {
        Verdict::Grant(_, grants) => {
            let grants = grants.iter().map(|g| format!("{} {}", g.tier, g.credits));
            grants.collect::<Vec<_>>().join(", ")
        }
        Verdict::Nothing(why) => format!("nothing: {}", why.as_str()),
        Verdict::Park(missing) => format!("parked: {}", missing.word()),
    }
}

#[test]
fn lines_grant_what_their_plans_say() {
    let table = [
        (vec![line("price_pro", 1, 2_500)], "pro 150"),
        (vec![line("old_pro", 1, 2_000)], "pro 150"),
        (vec![line("price_starter", 3, 3_000)], "starter 150"),
        (vec![line("price_pro", 1, 1)], "pro 150"),
        (
            vec![line("price_pro", 1, 2_500), line("price_team", 2, 15_000)],
            "pro 150, team 1000",
        ),
        (
            vec![line("price_pro", 1, 2_500), line("old_pro", 1, 2_000)],
            "pro 300",
        ),
        // What is no plan's is somebody else's business.
        (
            vec![line("price_pro", 1, 2_500), line("price_setup", 9, 9_900)],
            "pro 150",
        ),
        (
            vec![unpriced(line("", 5, 500)), line("price_pro", 1, 2_500)],
            "pro 150",
        ),
        // The renewal counts, what settles the change before it does not.
        (
            vec![
                prorated(line("price_starter", 1, -500)),
                prorated(line("price_pro", 1, 1_250)),
                line("price_pro", 1, 2_500),
            ],
            "pro 150",
        ),
        (
            vec![line("price_pro", 1, 0), line("price_starter", 1, 1_000)],
            "starter 50",
        ),
    ];
    for (lines, expected) in table {
        let invoice = invoice(lines);
        assert_eq!(verdict(&invoice), expected, "{:?}", invoice.lines);
    }
}

#[test]
fn what_was_not_paid_by_itself_grants_nothing() {
    let table = [
        // A trial, and a full discount.
        (vec![line("price_pro", 1, 0)], "nothing: unpaid"),
        (vec![line("price_pro", 1, -2_500)], "nothing: unpaid"),
        (
            vec![prorated(line("price_pro", 1, 1_250))],
            "nothing: proration",
        ),
        (
            vec![
                prorated(line("price_starter", 1, -500)),
                prorated(line("price_pro", 1, 1_250)),
            ],
            "nothing: proration",
        ),
        (
            vec![prorated(line("price_pro", 1, 9)), line("price_pro", 1, 0)],
            "nothing: unpaid",
        ),
        (vec![line("price_pro", 0, 2_500)], "nothing: no_credits"),
    ];
    for (lines, expected) in table {
        let invoice = invoice(lines);
        assert_eq!(verdict(&invoice), expected, "{:?}", invoice.lines);
    }
}

#[test]
fn the_plan_that_was_noted_counts_only_where_no_price_is_known() {
    let strange = || line("price_x", 2, 2_500);
    assert_eq!(verdict(&noted("pro", vec![strange()])), "pro 300");
    assert_eq!(verdict(&noted("pro", vec![unpriced(strange())])), "pro 300");
    let known = noted("team", vec![line("price_pro", 1, 2_500), strange()]);
    assert_eq!(verdict(&known), "pro 150");
    let unpaid = noted("pro", vec![line("price_pro", 1, 0), strange()]);
    assert_eq!(verdict(&unpaid), "nothing: unpaid");
    let trial = noted("pro", vec![line("price_x", 1, 0)]);
    assert_eq!(verdict(&trial), "nothing: unpaid");
    assert_eq!(verdict(&noted("pro", vec![])), "nothing: unpaid");
    let settled = noted("pro", vec![prorated(strange())]);
    assert_eq!(verdict(&settled), "nothing: proration");
    // Which of them is the plan's cannot be told.
    let two = noted("pro", vec![strange(), line("price_setup", 1, 100)]);
    assert_eq!(verdict(&two), "parked: amount");
    assert_eq!(verdict(&noted("gold", vec![strange()])), "parked: plan");
    assert_eq!(verdict(&invoice(vec![strange()])), "parked: plan");
    assert_eq!(verdict(&invoice(vec![])), "parked: plan");
}

#[test]
fn what_cannot_be_settled_yet_is_parked() {
    let pro = || invoice(vec![line("price_pro", 1, 2_500)]);
    let mut other = pro();
    other.currency = "eur".to_owned();
    assert_eq!(verdict(&other), "parked: currency");
    let mut long = pro();
    long.more_lines = true;
    assert_eq!(verdict(&long), "parked: lines");
    let mut longest = pro();
    longest.lines = vec![line("price_pro", 1, 1); LINES_MAX];
    assert_eq!(verdict(&longest), "pro 150000");
    longest.lines.push(line("price_pro", 1, 1));
    assert_eq!(verdict(&longest), "parked: amount");
    let rules = Rules {
        policy: &policy(),
        store: STORE,
    };
    assert_eq!(judge(&pro(), rules, None), Verdict::Park(Missing::User));
    // Whose it is does not matter where it grants nothing.
    let trial = invoice(vec![line("price_pro", 1, 0)]);
    assert_eq!(judge(&trial, rules, None), Verdict::Nothing(Why::Unpaid));
}

#[test]
fn numbers_beyond_all_reason_wait_for_a_person() {
    let quantities = [10_000_000, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX];
    for quantity in quantities {
        let absurd = invoice(vec![line("price_pro", quantity, 2_500)]);
        assert_eq!(verdict(&absurd), "parked: amount", "{quantity}");
        let unpaid = invoice(vec![line("price_pro", quantity, 0)]);
        assert_eq!(verdict(&unpaid), "nothing: unpaid", "{quantity}");
    }
    let most = invoice(vec![line("price_starter", 20_000_000, 2_500)]);
    assert_eq!(verdict(&most), format!("starter {CREDITS_MAX}"));
    let sum = vec![
        line("price_starter", 19_999_999, 1),
        line("price_pro", 1, 1),
    ];
    assert_eq!(verdict(&invoice(sum)), "parked: amount");
    for paid in [-1, i64::MIN, PAID_MAX + 1, i64::MAX] {
        let mut absurd = invoice(vec![line("price_pro", 1, 2_500)]);
        absurd.paid = Cents::new(paid);
        assert_eq!(verdict(&absurd), "parked: amount", "{paid}");
    }
    let nets = [i64::MIN, i64::MAX].map(|net| line("price_pro", 1, net));
    assert_eq!(verdict(&invoice(nets.to_vec())), "pro 150");
}

#[test]
fn more_plans_than_a_commit_holds_wait_for_a_person() {
    let mut policy = policy();
    policy.plans = (0..=GRANTS_MAX)
        .map(|n| Plan {
            tier: format!("tier {n}"),
            credits: Credits::new(1),
            price: Cents::new(1),
            price_ids: vec![format!("price_{n}")],
        })
        .collect();
    let rules = Rules {
        policy: &policy,
        store: STORE,
    };
    let ann = UserId::new("ann").unwrap();
    let of = |count: usize| {
        let lines = (0..count).map(|n| line(&format!("price_{n}"), 1, 1));
        invoice(lines.collect())
    };
    let granted = judge(&of(GRANTS_MAX), rules, Some(&ann));
    assert!(matches!(granted, Verdict::Grant(..)));
    let moved = postings(&of(GRANTS_MAX), &granted, AT).len();
    assert_eq!(moved, 2 * GRANTS_MAX + 4);
    assert!(moved < crate::store::BATCH_RECORDS_MAX / 2);
    let parked = judge(&of(GRANTS_MAX + 1), rules, Some(&ann));
    assert!(matches!(parked, Verdict::Park(Missing::Amount(_))));
}

#[test]
fn another_exchange_s_invoice_is_none_of_ours() {
    let mut foreign = invoice(vec![line("price_pro", 1, 2_500)]);
    foreign.owner.store = Some("store_2".to_owned());
    assert_eq!(verdict(&foreign), "nothing: foreign_store");
    foreign.owner.store = None;
    assert_eq!(verdict(&foreign), "pro 150");
}

#[test]
fn a_grant_moves_money_and_credits_and_balances() {
    let invoice = invoice(vec![
        line("price_pro", 1, 2_500),
        line("price_team", 1, 7_500),
    ]);
    let postings = postings(&invoice, &judged(&invoice), AT);
    let told: Vec<_> = postings
        .iter()
        .map(|p| format!("{} {} {}", p.delta, p.account, p.reason))
        .collect();
    assert_eq!(
        told,
        [
            "-2500 stripe invoice:in_1",
            "2500 sales invoice:in_1",
            "-2500 receipts invoice:in_1",
            "2500 budget invoice:in_1",
            "-150 issued:pro subscription:pro",
            "150 user:ann subscription:pro",
            "-500 issued:team subscription:team",
            "500 user:ann subscription:team",
        ]
    );
}

#[test]
fn money_counts_also_where_nothing_is_granted_unless_it_is_another_exchange_s() {
    let settles = invoice(vec![prorated(line("price_pro", 1, 1_250))]);
    assert_eq!(postings(&settles, &judged(&settles), AT).len(), 4);
    let mut foreign = settles.clone();
    foreign.owner.store = Some("store_2".to_owned());
    assert_eq!(postings(&foreign, &judged(&foreign), AT), []);
    let mut credit = invoice(vec![line("price_pro", 1, 2_500)]);
    credit.paid = Cents::ZERO;
    assert_eq!(postings(&credit, &judged(&credit), AT).len(), 2);
    let parked = invoice(vec![]);
    assert_eq!(postings(&parked, &judged(&parked), AT), []);
}

#[test]
fn what_is_missing_begins_with_its_word() {
    let all = [
        Missing::Currency("eur".to_owned()),
        Missing::Lines,
        Missing::User,
        Missing::Plan,
        Missing::Amount("odd"),
    ];
    for missing in all {
        let text = missing.to_string();
        assert!(text.starts_with(&format!("{}: ", missing.word())), "{text}");
    }
}
