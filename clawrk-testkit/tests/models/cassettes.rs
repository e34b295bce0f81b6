//! What a model said once is said again by a tape of it.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use clawrk_core::Engine;
use clawrk_core::error::Error;
use clawrk_core::job::{Job, Status};
use clawrk_core::model::{LanguageModel, ModelFailure};
use clawrk_testkit::models::{Player, Recorder, ScriptedModel, Turn, honest};
use clawrk_testkit::run::block_on;

use crate::world::{PROMPT, World, user};

/// A tape in memory.
#[derive(Clone, Default)]
struct Tape(Arc<Mutex<Vec<u8>>>);

impl Write for Tape {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Tape {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

async fn life(engine: &Engine) -> Result<Job, Error> {
    let (alice, bob) = (user("alice"), user("bob"));
    let job = engine.create_job(&alice, PROMPT).await?.id;
    engine.accept_job(&bob, &job).await?;
    engine.submit_output(&bob, &job, None).await?;
    // The judge is busy at first.
    let busy = engine.verify_job(&alice, &job).await;
    assert!(matches!(busy, Err(Error::Model { .. })), "{busy:?}");
    engine.verify_job(&alice, &job).await
}

/// An honest model that is busy when it is asked for the third time, and needs a second try after.
fn model() -> ScriptedModel {
    let asked = std::sync::atomic::AtomicUsize::new(0);
    ScriptedModel::by(move |request| {
        match asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            2 => Turn::fail(ModelFailure::Busy),
            3 => Turn::text("It looks fine to me."),
            _ => Turn::json(&honest(request)),
        }
    })
}

fn recorded() -> (Job, String) {
    let tape = Tape::default();
    let world = World::new();
    let recorder = Arc::new(Recorder::new(Arc::new(model()), tape.clone()));
    let job = block_on(life(&world.engine_of(recorder))).unwrap();
    world.checked();
    (job, tape.text())
}

#[test]
fn a_whole_life_that_was_recorded_is_played_to_the_same_verdict() {
    let (recorded, tape) = recorded();
    assert_eq!(recorded.status, Status::Verified);
    assert_eq!(tape.lines().count(), 5);

    let world = World::new();
    let player = Arc::new(Player::read(&tape).unwrap());
    let engine = world.engine_of(player.clone());
    assert_eq!(engine.language_model(), Some("scripted:one"));
    let played = block_on(life(&engine)).unwrap();
    assert_eq!(played.verification, recorded.verification);
    assert!(recorded.verification.unwrap().usage.unwrap().input_tokens == 200);
    assert_eq!(
        (played.title, played.criteria),
        (recorded.title, recorded.criteria)
    );
    assert_eq!(played.output, recorded.output);
    assert_eq!(player.left(), 0);
    world.checked();
}

#[test]
fn two_tapes_of_the_same_run_are_the_same_to_the_byte() {
    assert_eq!(recorded().1, recorded().1);
}

#[test]
fn a_tape_lies_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("life.jsonl");
    let recorder = Arc::new(Recorder::create(Arc::new(model()), &path).unwrap());
    let job = block_on(life(&World::new().engine_of(recorder))).unwrap();
    let player = Arc::new(Player::open(&path).unwrap());
    let played = block_on(life(&World::new().engine_of(player))).unwrap();
    assert_eq!(played.verification, job.verification);
}

#[test]
fn what_is_not_on_the_tape_is_told_with_what_was_asked() {
    let (_, tape) = recorded();
    let world = World::new();
    let player = Arc::new(Player::read(&tape).unwrap());
    let engine = world.engine_of(player.clone());
    let failed = block_on(engine.create_job(&user("alice"), "Count the stars"));
    let Err(Error::Model { source, .. }) = failed else {
        panic!("{failed:?}");
    };
    assert_eq!(source.failure, ModelFailure::Unusable);
    for told in ["not on the tape", "`job`", "Count the stars"] {
        assert!(source.detail.contains(told), "{source}");
    }
    assert_eq!(player.left(), 5);
    // Each exchange is played once.
    block_on(engine.create_job(&user("alice"), PROMPT)).unwrap();
    let again = block_on(engine.create_job(&user("alice"), PROMPT));
    assert!(matches!(again, Err(Error::Model { .. })), "{again:?}");
}

#[test]
fn a_line_that_is_no_exchange_is_refused_by_its_number() {
    let (_, tape) = recorded();
    let torn = &tape[..tape.len() - 10];
    let error = Player::read(torn).unwrap_err();
    assert!(error.to_string().contains("line 5"), "{error}");
    assert_eq!(Player::read("").unwrap().name(), "tape:empty");
}
