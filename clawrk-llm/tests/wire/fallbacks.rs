//! Several models in an order.

use std::sync::Arc;

use clawrk_core::model::{LanguageModel, ModelFailure, StopReason};
use clawrk_llm::{Fallbacks, InvalidSetting, MODELS_MAX, Provider};
use serde_json::json;

use crate::peer::{Act, Peer, json as act};
use crate::questions::{good, request, told};

const ORDER: [Provider; 3] = [Provider::Anthropic, Provider::OpenAi, Provider::Ollama];

/// One model for each act, each at its own server.
fn models(acts: [Act; 3]) -> (Vec<Peer>, Fallbacks) {
    let peers: Vec<Peer> = acts.into_iter().map(|act| Peer::start(vec![act])).collect();
    let models = peers.iter().zip(ORDER).map(|(peer, provider)| {
        let model = peer.builder(provider).tries(1).build().unwrap();
        Arc::new(model) as Arc<dyn LanguageModel>
    });
    let models = Fallbacks::new(models.collect()).unwrap();
    (peers, models)
}

fn asked(peers: &[Peer]) -> Vec<usize> {
    peers.iter().map(|peer| peer.rest().1).collect()
}

fn no(status: u16) -> Act {
    act(status, &json!({"error": format!("no {status}")}))
}

#[tokio::test]
async fn the_next_is_asked_whatever_the_failure() {
    let acts = [
        no(401),
        no(404),
        no(400),
        no(429),
        no(500),
        act(200, &json!({})),
        Act::CloseAfterReading,
        Act::WriteForEver(b"HTTP/1.1 200 Told\r\n\r\n".to_vec()),
    ];
    for failing in acts {
        let (peers, models) = models([failing, good(ORDER[1]), Act::Hang]);
        let found = models.complete(&request()).await.unwrap();
        assert_eq!(found.model, "openai:as-it-says");
        assert_eq!(models.name(), "anthropic:asked-for");
        assert_eq!(asked(&peers), [1, 1, 0]);
    }
}

#[tokio::test]
async fn who_answers_is_taken_at_its_word() {
    for (stop, expected) in [
        ("refusal", StopReason::Refused),
        ("max_tokens", StopReason::Length),
    ] {
        let told = act(200, &told(ORDER[0], "x", stop));
        let (peers, models) = models([told, good(ORDER[1]), good(ORDER[2])]);
        let found = models.complete(&request()).await.unwrap();
        assert_eq!(found.stop, expected);
        assert_eq!(asked(&peers), [1, 0, 0]);
    }
}

#[tokio::test]
async fn where_all_fail_each_is_heard() {
    let (peers, models) = models([no(401), no(404), no(503)]);
    let error = models.complete(&request()).await.unwrap_err();
    assert_eq!(error.failure, ModelFailure::Busy);
    for (provider, status) in ORDER.into_iter().zip([401, 404, 503]) {
        for said in [format!("{provider}:asked-for"), format!("no {status}")] {
            assert!(error.detail.contains(&said), "{error}");
        }
    }
    assert_eq!(asked(&peers), [1, 1, 1]);
}

#[tokio::test]
async fn there_is_one_model_at_least_and_a_limit() {
    let peer = Peer::start(vec![]);
    let model: Arc<dyn LanguageModel> = Arc::new(peer.model(Provider::Ollama));
    for number in [0, MODELS_MAX + 1] {
        let refused = Fallbacks::new(vec![Arc::clone(&model); number]).unwrap_err();
        assert!(matches!(refused, InvalidSetting::Models(it) if it == number));
    }
    assert!(Fallbacks::new(vec![model; MODELS_MAX]).is_ok());
}
