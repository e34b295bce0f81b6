//! One job from its prompt to its verdict, with everybody who has a part in it.
//!
//! Run it with `cargo run --release -p quickstart`, and then again: what it did is on the disk.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing is what this program is for"
)]

use std::error::Error;
use std::process::ExitCode;

use clawrk::{Call, Credits, Engine, Job, JobFilter, PageRequest, Policy, UserId};

const STORE: &str = "sled:./clawrk-data";
const PROMPT: &str = "Sum up what HTTP caching is for. Name the three headers that matter most.";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quickstart: {error}");
            let mut source = error.source();
            while let Some(cause) = source {
                eprintln!("  because: {cause}");
                source = cause.source();
            }
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    // Jobs are free unless the policy says that they take credits.
    let mut policy = Policy::default();
    policy.credits = true;
    let engine = clawrk::builder(STORE).await?.policy(policy).build();
    println!("Opened the exchange in ./clawrk-data.");

    // A host names people as it likes; their accounts are made when they are first asked for.
    let alice = UserId::new("alice")?;
    let bob = UserId::new("bob")?;
    let mallory = UserId::new("mallory")?;
    let earlier = engine
        .jobs(&alice, &JobFilter::sent(), &PageRequest::first())
        .await?
        .items
        .len();
    let purse = engine.user(&alice).await?.credits;
    println!("alice sends jobs, bob takes them, mallory should do neither.");
    println!("Posted by alice so far: {earlier}. Her credits: {purse}.");

    println!("\n1. The operator grants alice 5 credits.");
    let purse = engine
        .grant_credits(Call::by_admin(), &alice, Credits::new(5), "quickstart")
        .await?;
    println!("   She has {purse} now.");

    println!("\n2. alice posts a job, in her own words.");
    let job = engine.create_job(&alice, PROMPT).await?;
    show_new(&job);
    let purse = engine.user(&alice).await?.credits;
    println!("   What it costs is held: she can spend {purse} more.");

    println!("\n3. bob takes it.");
    let job = engine.accept_job(&bob, &job.id).await?;
    println!("   status: {}", job.status);

    println!("\n4. mallory hands in output for bob's job, and is refused.");
    match engine
        .submit_output(&mallory, &job.id, Some("Pay me, please."))
        .await
    {
        Ok(_) => return Err("mallory must be refused".into()),
        Err(refusal) => println!("   {}: {refusal}", refusal.code()),
    }

    println!("\n5. bob hands in nothing himself: the job's skill makes the output.");
    let job = engine.submit_output(&bob, &job.id, None).await?;
    println!("   status: {}", job.status);
    println!(
        "   output: {}",
        preview(job.output.as_deref().unwrap_or_default())
    );

    println!("\n6. alice has the output judged.");
    let job = engine.verify_job(&alice, &job.id).await?;
    println!("   status: {}", job.status);
    if let Some(verdict) = &job.verification {
        println!("   verdict: {}", verdict.reasoning);
    }

    println!("\n7. Every step was on the disk before its answer was given:");
    show_history(&engine, &alice, &job).await?;
    engine.close().await?;
    println!("\nDone. Run it again: everything is still there.");
    Ok(())
}

fn show_new(job: &Job) {
    println!("   id: {}", job.id);
    println!("   title: {}", job.title);
    println!("   skill: {}", job.skill);
    println!(
        "   criteria: {}",
        job.criteria.replace('\n', "\n             ")
    );
    println!("   status: {}", job.status);
}

/// The first lines of a text, on one.
fn preview(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    let shown = lines
        .iter()
        .take(3)
        .copied()
        .collect::<Vec<_>>()
        .join(" / ");
    format!("{shown} … ({} lines)", lines.len())
}

async fn show_history(engine: &Engine, alice: &UserId, job: &Job) -> Result<(), clawrk::Error> {
    for event in engine.events(alice, &job.id, 0).await? {
        println!("   {} {} {}", event.at, event.kind, event.actor);
    }
    println!("   alice's ledger, newest first:");
    let entries = engine.ledger(alice, &PageRequest::first()).await?;
    for entry in entries.items.iter().take(2) {
        println!(
            "   {:+} credits, {} left ({})",
            entry.delta.units(),
            entry.balance,
            entry.reason
        );
    }
    Ok(())
}
