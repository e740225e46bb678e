//! A licence is shown: by its holder alone, for a minute, once, and with little said about the holder.

use futures_util::future::join_all;
use reqwest::{Client, Method};
use sealwright_credentials::presentation::{Asked, Challenge, verify};
use sealwright_credentials::{KeySet, Verdict};
use serde_json::{Value, json};

use crate::office::{Caller, applicant, begun, fresh, identified, problem, server};
use crate::pictures;

/// A holder, and their licence's path.
async fn holder(person: &str) -> (Caller, String) {
    let (caller, known) = applicant(person).await;
    let case = begun(&caller).await;
    let id = case["id"].as_str().unwrap().to_owned();
    identified(&caller, &case).await;
    caller.post(&format!("/v1/applications/{id}/actions/submit"), json!({})).await;
    caller.until(&id, |case| case["phase"] == "issued").await;
    (caller, format!("/v1/licences/{}", known["licence"].as_str().unwrap()))
}

async fn show(holder: &Caller, licence: &str) -> Value {
    holder.post(&format!("{licence}/presentations"), json!({})).await
}

async fn verdict(code: &Value) -> Value {
    Caller::with(&server().verifier_key).post("/v1/verifications", json!({"code": code})).await
}

fn failed(answer: &Value) -> Vec<&str> {
    let checks = answer["checks"].as_array().unwrap().iter();
    checks.filter(|check| check["passed"] == false).map(|check| check["name"].as_str().unwrap()).collect()
}

fn seconds(time: &Value) -> i64 {
    time.as_str().unwrap().parse::<sealwright_engine::Timestamp>().unwrap().secs()
}

#[tokio::test]
async fn a_licence_is_shown_for_a_minute_and_once() {
    let (holder, licence) = holder("crash").await;
    let shown = show(&holder, &licence).await;
    let code = shown["code"].as_str().unwrap();
    assert!(code.starts_with("SW1P:") && code.len() <= 221, "{code} fits a QR of version 8");
    assert!(shown["qr_svg"].as_str().unwrap().starts_with("<svg"));
    let (made, ends) = (seconds(&shown["made_at"]), seconds(&shown["ends_at"]));
    assert_eq!(ends - made, 60);

    // Offline, with nothing but the presentation keys.
    let keys = Caller::with(&server().verifier_key).get("/v1/presentation-keys").await;
    let keys = KeySet::from_json(&keys.to_string()).unwrap();
    assert_eq!(keys.iter().count(), 33, "yesterday's, today's, and a month's");
    for (at, verdict) in [(made, Verdict::Valid), (ends - 1, Verdict::Valid), (ends, Verdict::Expired)] {
        assert_eq!(verify(code, &Asked::of(&keys, at)).verdict, verdict);
    }

    // The card with it.
    let card = async |caller: &Caller, live: &str| {
        let path = format!("{licence}/card.svg?live={live}");
        let answer = caller.send(Method::GET, &path, None, None).await;
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let typed = shown["typed"].as_str().unwrap();
    let (status, live) = card(&holder, typed).await;
    assert_eq!(status, 200, "{live}");
    let modules = |svg: &str| svg.rsplit_once(" d=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    assert!(live.contains(&modules(shown["qr_svg"].as_str().unwrap())), "the card shows another code");
    assert_eq!(card(&holder, "0000-0000").await.0, 404);
    let (stranger, _) = applicant("suspended").await;
    assert_eq!(card(&stranger, typed).await.0, 404);

    // Of ten verifiers at once one has it.
    let answers = join_all((0..10).map(|_| verdict(&shown["code"]))).await;
    let good: Vec<_> = answers.iter().filter(|answer| answer["verdict"] == "VALID").collect();
    let [good] = good[..] else { panic!("{answers:?}") };
    assert_eq!(good["holder"]["name_masked"], "周*");
    assert_eq!((&good["holder"]["classes"], &good["standing"]), (&json!("C1"), &json!("active")));
    assert!(good["content"].is_null());
    for personal in ["周四", "虚构胡同", "1101"] {
        assert!(!good["holder"].to_string().contains(personal), "{good}");
    }
    for other in answers.iter().filter(|answer| answer["verdict"] != "VALID") {
        assert_eq!((&other["verdict"], failed(other)), (&json!("INVALID"), vec!["first_use"]));
        assert!(other["holder"].is_null(), "{other}");
    }
    // Used by its typed form, it is used; and what is typed tells no more than that it is not good.
    assert_eq!(failed(&verdict(&shown["typed"]).await), ["typed"]);
    let shown = show(&holder, &licence).await;
    let lower = shown["typed"].as_str().unwrap().to_lowercase().replace('-', " ");
    assert_eq!(verdict(&json!(lower)).await["verdict"], "VALID");
    let again = verdict(&shown["typed"]).await;
    assert_eq!((&again["verdict"], failed(&again)), (&json!("UNKNOWN"), vec!["typed"]));
    assert_eq!(failed(&verdict(&shown["code"]).await), ["first_use"]);

    // What an operator does shows at once.
    let operator = Caller::with(&server().operator_key);
    operator.post(&format!("{licence}/actions/suspend"), json!({})).await;
    let red = show(&holder, &licence).await;
    let answer = verdict(&red["code"]).await;
    assert_eq!((&answer["verdict"], failed(&answer)), (&json!("SHOWN RED"), vec!["standing"]));
    assert_eq!(answer["holder"]["name_masked"], "周*");
    let last = show(&holder, &licence).await;
    operator.post(&format!("{licence}/actions/invalidate"), json!({})).await;
    let answer = verdict(&last["code"]).await;
    assert_eq!((&answer["verdict"], failed(&answer)), (&json!("INVALID"), vec!["standing"]));
    assert!(answer["holder"].is_null(), "{answer}");
    holder.refused(&format!("{licence}/presentations"), json!({}), "not-found").await;
}

#[tokio::test]
async fn a_licence_is_shown_by_its_holder_to_whom_they_mean_and_not_too_often() {
    let (holder, licence) = holder("rare-name").await;
    pictures::miss_a_glyph(&holder, &licence).await;
    let path = format!("{licence}/presentations");
    Caller::with(&server().operator_key).refused(&path, json!({}), "not-permitted").await;
    applicant("suspended").await.0.refused(&path, json!({}), "not-found").await;
    for challenge in ["", "zz", "00112233445566", &"00".repeat(17)] {
        holder.refused(&path, json!({"challenge": challenge}), "invalid").await;
    }

    let challenge = "0011223344556677";
    let shown = holder.post(&path, json!({"challenge": challenge})).await;
    let verifier = Caller::with(&server().verifier_key);
    for other in
        [json!({"code": shown["code"]}), json!({"code": shown["code"], "challenge": "ffffffffffffffff"})]
    {
        let answer = verifier.post("/v1/verifications", other).await;
        assert_eq!((&answer["verdict"], failed(&answer)), (&json!("INVALID"), vec!["audience"]));
    }
    let mine = json!({"code": shown["code"], "challenge": challenge});
    assert_eq!(
        verifier.post("/v1/verifications", mine.clone()).await["verdict"],
        "VALID",
        "it was not used up"
    );
    assert_eq!(failed(&verifier.post("/v1/verifications", mine).await), ["first_use"]);
    assert!(Challenge::new(&hex::decode(challenge).unwrap()).is_some());

    for _ in 1..12 {
        show(&holder, &licence).await;
    }
    let answer = holder.send(Method::POST, &path, Some(&fresh()), Some(json!({}))).await;
    let wait: i64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    problem(answer, "busy").await;
}

#[tokio::test]
async fn who_guesses_typed_codes_waits_and_nobody_else() {
    let guesser = Client::builder().local_address("127.0.0.2".parse::<std::net::IpAddr>().unwrap()).build();
    let guesser = guesser.unwrap();
    let ask = async |client: &Client, code: &str| {
        let request = client.post(format!("{}/v1/verifications", server().url)).json(&json!({"code": code}));
        request.send().await.unwrap()
    };
    for n in 0..30u8 {
        let typed = sealwright_credentials::presentation::TypedCode::from_random([n, 1, 2, 3, 4]);
        let answer: Value = ask(&guesser, typed.as_str()).await.json().await.unwrap();
        assert_eq!((&answer["verdict"], failed(&answer)), (&json!("UNKNOWN"), vec!["typed"]));
    }
    let typed = sealwright_credentials::presentation::TypedCode::from_random([99, 1, 2, 3, 4]);
    for _ in 0..2 {
        let answer = ask(&guesser, typed.as_str()).await;
        assert_eq!(answer.status(), 429);
        let wait: i64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((290..=300).contains(&wait), "{wait}");
    }
    // What is no guess is still answered, and so is everybody else.
    assert_eq!(ask(&guesser, "SW1:NOTHING").await.status(), 200);
    assert_eq!(ask(&Client::new(), typed.as_str()).await.status(), 200);
}
