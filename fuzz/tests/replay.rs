//! Every target over its seeds, over damaged seeds, and over what broke it before.

use std::{fs, io, path::Path};

use clawrk_fuzz::commands::Tally;
use clawrk_fuzz::{TARGETS, Target};

#[test]
fn seeds_hold() {
    for target in TARGETS {
        let seeds = (target.seeds)();
        assert!(!seeds.is_empty(), "{} has no seeds", target.name);
        for seed in seeds {
            (target.check)(&seed);
        }
    }
}

/// Every seed is whole input: what the checks skip in silence would prove nothing.
#[test]
fn seeds_of_records_are_records() {
    for seed in clawrk_fuzz::seeds::records() {
        clawrk_core::record::Record::decode(&seed).unwrap();
    }
}

#[test]
fn stories_have_an_effect() {
    let mut tally = Tally::default();
    for seed in clawrk_fuzz::seeds::stories() {
        tally += clawrk_fuzz::commands::tell(&seed);
    }
    assert!(
        tally.done > 500 && tally.refused > 500 && tally.verified >= 9,
        "{tally:?}"
    );
}

#[test]
fn cut_and_flipped_seeds_hold() {
    for target in TARGETS {
        let seeds = (target.seeds)();
        // About two dozen of them, so that this stays a test of a second.
        for seed in seeds.iter().step_by(seeds.len().div_ceil(24)) {
            damaged(target, seed);
        }
    }
}

/// About 64 cuts and flips spread over the seed.
fn damaged(target: Target, seed: &[u8]) {
    let step = seed.len().div_ceil(16).max(1);
    for at in (0..seed.len()).step_by(step) {
        (target.check)(&seed[..at]);
        for flip in [0x01, 0x20, 0xff] {
            let mut bytes = seed.to_vec();
            bytes[at] ^= flip;
            (target.check)(&bytes);
        }
    }
}

#[test]
fn the_corpus_holds() -> io::Result<()> {
    for target in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("corpus")
            .join(target.name);
        for file in fs::read_dir(folder)? {
            (target.check)(&fs::read(file?.path())?);
        }
    }
    Ok(())
}
