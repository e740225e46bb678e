"""What we sign in JOSE and COSE, before libraries that others wrote.

    jwt       jwcrypto verifies, token-status-list reads the values
    cwt       pycose and python-cwt verify, token-status-list reads the values
    licence   base45 and zlib open the code, pycose and python-cwt verify
    show      base45 opens the code, pycose and python-cwt verify with the type as external data
    pack      token-status-list compresses values
    cosigned  cryptography verifies a witness's signature on a checkpoint, read as c2sp.org/tlog-cosignature says

Reads {"key": JWK, "cases": [{"task", ..}, ..]} from standard input and answers each case with a line of JSON:
{"accepted": true, ..} or {"accepted": false, "reason": ".."}. Bytes are base64.
"""

import base64
import hashlib
import json
import sys
import zlib

import base45
import cbor2
import cwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS
from pycose.headers import Algorithm
from pycose.keys import OKPKey
from pycose.keys.curves import Ed25519
from pycose.messages import Sign1Message
from token_status_list import BitArray

ALG, KID, TYP = 1, 4, 16
SUB, EXP, IAT, STATUS_LIST, TTL = 2, 4, 6, 65533, 65534


def must(holds, otherwise):
    if not holds:
        raise ValueError(otherwise)


def unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Keys:
    """One public key, as each library wants it."""

    def __init__(self, jwk):
        self.jose = JWK(**jwk)
        self.id = jwk["kid"]
        x = unpadded(jwk["x"])
        self.pycose = OKPKey(crv=Ed25519, x=x)
        self.cwt = cwt.COSEKey.new({1: 1, -1: 6, -2: x, 3: -8, 2: bytes.fromhex(self.id)})


def sign1(cose, keys, external=b""):
    """Protected header and payload, once two libraries agree that the key signed them."""
    message = Sign1Message.decode(cose)
    message.external_aad = external
    message.key = keys.pycose
    must(message.verify_signature(), "pycose: the signature does not verify")
    protected, unprotected, payload = cwt.COSE.new().decode_with_headers(cose, keys.cwt, external_aad=external)
    must(payload == message.payload, "two libraries read two payloads")
    must(unprotected == {}, "something is not signed")
    must(protected[KID] == bytes.fromhex(keys.id), "another key id")
    must(message.phdr[Algorithm].identifier == protected[ALG] == -8, "another algorithm")
    return protected, payload


def values(bits, lst):
    array = BitArray(bits, zlib.decompress(lst))
    return [array[index] for index in range(len(array))]


def read_jwt(case, keys):
    token = JWS()
    token.deserialize(case["token"])
    token.allowed_algs = ["EdDSA", "Ed25519"]
    token.verify(keys.jose)
    header = token.jose_header
    must(header["typ"] == "statuslist+jwt" and header["kid"] == keys.id, "another type or key")
    claims = json.loads(token.payload)
    array = BitArray.load(claims["status_list"])
    return {
        "values": [array[index] for index in range(len(array))],
        "claims": [claims["iss"], claims["sub"], claims["status_list"]["aggregation_uri"]],
        "times": [claims["iat"], claims["exp"], claims["ttl"]],
    }


def read_cwt(case, keys):
    protected, payload = sign1(base64.b64decode(case["token"]), keys)
    must(protected[TYP] == "application/statuslist+cwt", "another type")
    claims = cbor2.loads(payload)
    status_list = claims[STATUS_LIST]
    return {
        "values": values(status_list["bits"], status_list["lst"]),
        "claims": [claims[1], claims[SUB], status_list["aggregation_uri"]],
        "times": [claims[IAT], claims[EXP], claims[TTL]],
    }


def read_licence(case, keys):
    must(case["token"].startswith("SW1:"), "no licence code")
    protected, payload = sign1(zlib.decompress(base45.b45decode(case["token"][4:])), keys)
    must(protected[TYP] == "application/vnd.sw1+cwt", "another type")
    claims = cbor2.loads(payload)
    return {"serial": claims[7].decode(), "version": claims[-65537][1], "name": claims[-65537][2]}


def read_show(case, keys):
    must(case["token"].startswith("SW1P:"), "no show code")
    cose = base45.b45decode(case["token"][5:])
    _, payload = sign1(cose, keys, external=b"application/vnd.sw1p+cwt")
    claims = cbor2.loads(payload)
    must(0 < claims[EXP] - claims[IAT] <= 60, "it lives too long")
    return {"serial": claims[SUB], "version": claims[-65537][0], "nonce": claims[7].hex()}


def pack(case, _keys):
    array = BitArray.with_at_least(case["bits"], len(case["values"]))
    for index, value in enumerate(case["values"]):
        array[index] = value
    return {"zlib": base64.b64encode(array.compressed()).decode()}


def read_cosigned(case, _keys):
    text, signatures = case["note"].rsplit("\n\n", 1)
    lines = [line.split(" ") for line in signatures.splitlines()]
    [signature] = [base64.b64decode(encoded) for dash, name, encoded in lines if (dash, name) == ("\u2014", case["name"])]
    public = base64.b64decode(case["public"])
    key_id = hashlib.sha256(case["name"].encode() + b"\n\x04" + public).digest()[:4]
    must(signature[:4] == key_id, "another key")
    at = int.from_bytes(signature[4:12], "big")
    message = f"cosignature/v1\ntime {at}\n{text}\n".encode()
    Ed25519PublicKey.from_public_bytes(public).verify(signature[12:], message)
    return {"at": at}


TASKS = {"jwt": read_jwt, "cwt": read_cwt, "licence": read_licence, "show": read_show, "pack": pack, "cosigned": read_cosigned}


def answer(case, keys):
    try:
        return {"accepted": True, **TASKS[case["task"]](case, keys)}
    # Libraries refuse in their own ways, some with a KeyError or an IndexError.
    except Exception as reason:  # noqa: BLE001
        return {"accepted": False, "reason": f"{type(reason).__name__}: {reason}"}


def main():
    given = json.load(sys.stdin)
    keys = Keys(given["key"])
    for case in given["cases"]:
        print(json.dumps(answer(case, keys)))


main()
