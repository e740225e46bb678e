use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sealwright_credentials::Digest;
use sealwright_credentials::sd_jwt::{Binding, Report, Request, SdJwt, TYPE, verify};

use super::fixed::{ISSUER, KEYS, NOON, SIGNER, text as utf8};
use super::signed::{base64url, jws};

const VCT: &str = "https://licences.example/types/driving-licence/1";

/// What a wallet is given.
pub(super) fn credential(bytes: &[u8]) -> bool {
    let text = utf8(bytes);
    let Ok(credential) = text.parse::<SdJwt>() else { return false };
    let names = credential.disclosable();
    assert!(names.len() < text.split('~').count());
    assert_eq!(credential.as_str(), text);
    for part in text.split(['.', '~']) {
        let decoded = URL_SAFE_NO_PAD.decode(part).expect("base64url");
        assert_eq!(base64url(&decoded), part, "a second spelling");
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    // Names that occur twice, or that nobody signed, cannot be asked for.
    if let Ok(shown) = credential.present(&names) {
        assert!(shown.len() <= text.len());
    }
    true
}

/// What a verifier is given, bound to it or not.
pub(super) fn presentation(bytes: &[u8]) -> bool {
    let text = utf8(bytes);
    let loose = Request { vct: VCT, issuer: Some(ISSUER), binding: None };
    let bound = Request { binding: Some(Binding::to("https://rental.example", "n-0S6_WzA2Mj")), ..loose };
    let genuine = include_str!("../../it/golden/sd_jwt.txt").split('~').next();
    [loose, bound].iter().any(|request| {
        let Report { presented, .. } = verify(text, &KEYS, NOON, request);
        assert!(presented.is_none() || text.split('~').next() == genuine, "forged");
        presented.is_some()
    })
}

/// Payload and disclosures, a line of JSON each. `@1` in a line stands for the digest of the first disclosure.
pub(super) fn claims(bytes: &[u8]) -> bool {
    let mut lines = utf8(bytes).split('\n').take(10);
    let mut payload = lines.next().unwrap_or_default().to_owned();
    let mut hidden: Vec<String> = lines.map(str::to_owned).collect();
    // The last first: a disclosure may hold the digests of later ones.
    for n in (1..=hidden.len()).rev() {
        hidden[n - 1] = base64url(hidden[n - 1].as_bytes());
        let digest = base64url(Digest::of(hidden[n - 1].as_bytes()).as_bytes());
        let mark = format!("@{n}");
        for earlier in hidden[..n - 1].iter_mut().chain([&mut payload]) {
            // Once each, so that a short input stays short.
            *earlier = earlier.replacen(&mark, &digest, 2);
        }
    }
    let mut text = jws(TYPE, payload.as_bytes(), &*SIGNER) + "~";
    for disclosure in hidden {
        text += &disclosure;
        text.push('~');
    }
    let report = verify(&text, &KEYS, NOON, &Request { vct: VCT, issuer: None, binding: None });
    serde_json::to_string(&report).expect("a report is JSON");
    let Some(presented) = report.presented else { return false };
    let left = serde_json::to_string(&presented.claims).expect("JSON");
    assert!(!left.contains(r#""_sd":"#) && !left.contains(r#""...":"#), "digests are left");
    true
}
