//! RFC 8032 7.1 through our signer and our public key.

use sealwright_credentials::{Ed25519Signer, PublicKey, Signer};

/// Seed, public key, message, signature.
const RFC_8032: [[&str; 4]; 4] = [
    [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ],
    [
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ],
    [
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ],
    [
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ],
];

fn bytes(hex: &str) -> Vec<u8> {
    hex::decode(hex).expect("hex")
}

#[test]
fn rfc_8032_vectors_sign_and_verify() {
    for [seed, public, message, signature] in RFC_8032 {
        let signer = Ed25519Signer::from_seed(&bytes(seed).try_into().expect("32 bytes"));
        let message = bytes(message);
        assert_eq!(hex::encode(signer.public_key().as_bytes()), public);
        assert_eq!(hex::encode(signer.sign(&message).expect("signs").as_bytes()), signature);

        let key = PublicKey::ed25519(&bytes(public)).expect("a key");
        assert!(key.verifies(&message, &bytes(signature)));
        assert!(!key.verifies(&[&message[..], b"!"].concat(), &bytes(signature)));
        for bit in 0..512 {
            let mut flipped = bytes(signature);
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!key.verifies(&message, &flipped), "bit {bit} of the signature does not matter");
        }
    }
}

/// RFC 8037 A.3 publishes the thumbprint of the key of RFC 8032's first vector.
#[test]
fn a_key_id_is_the_start_of_the_jwk_thumbprint() {
    let key = PublicKey::ed25519(&bytes(RFC_8032[0][1])).expect("a key");
    let thumbprint = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
    use base64::Engine as _;
    let thumbprint = base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(thumbprint).expect("base64url");
    assert_eq!(key.key_id().as_bytes()[..], thumbprint[..8]);
}

#[test]
fn a_malleable_signature_is_refused() {
    let [_, public, message, signature] = RFC_8032[1];
    let key = PublicKey::ed25519(&bytes(public)).expect("a key");
    // s + L signs the same in arithmetic; RFC 8032 5.1.7 demands s < L.
    let order = bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut malleable = bytes(signature);
    let mut carry = 0;
    for (byte, add) in malleable[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
    assert!(!key.verifies(&bytes(message), &malleable));
}

#[test]
fn weak_and_malformed_public_keys_cannot_be_made() {
    let identity = [&[1][..], &[0; 31]].concat();
    let not_on_the_curve = [&[2][..], &[0; 31]].concat();
    for bytes in [&identity, &not_on_the_curve, &vec![0; 32], &vec![9; 31], &vec![9; 33], &vec![]] {
        assert!(PublicKey::ed25519(bytes).is_err(), "{}", hex::encode(bytes));
    }
}

#[test]
fn a_signer_never_prints_its_secret() {
    let signer = Ed25519Signer::from_seed(&[0xAB; 32]);
    let printed = format!("{signer:?} {signer:#?}").to_lowercase();
    assert!(printed.contains(&signer.key_id().to_string()));
    assert!(!printed.contains("abab") && !printed.contains("171"));
}
