"""SD-JWT VC through PyPI's sd-jwt and jwcrypto: judges what others issued, or issues and presents itself.

Reads JSON from standard input and writes one JSON line per answer.

    sd_jwt.py verify   [{"text", "key", "vct", "at", "audience"?, "nonce"?}, ..]
                       {"accepted": true, "claims": {..}} or {"accepted": false, "reason": ".."}
    sd_jwt.py issue    {"key", "holder", "kid", "visible", "hidden", "shown", "audience", "nonce"}
                       {"credential": "..", "presentation": ".."}

Keys are JWKs; `key` and `holder` of `issue` are private ones of a test.
"""

import json
import os
import sys

# This file has the package's name: look for the package elsewhere.
sys.path = [path for path in sys.path if os.path.realpath(path) != os.path.dirname(os.path.realpath(__file__))]

from jwcrypto.jwk import JWK
from sd_jwt.common import SDObj
from sd_jwt.holder import SDJWTHolder
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier

TYPE = "dc+sd-jwt"
ALGORITHMS = {"OKP": "EdDSA", "EC": "ES256"}


def algorithm(jwk):
    return ALGORITHMS[jwk["kty"]]


def must(holds, otherwise):
    if not holds:
        raise ValueError(otherwise)


def verify(case):
    headers = []

    def issuer_key(_issuer, header):
        headers.append(header)
        return JWK.from_json(json.dumps(case["key"]))

    verifier = SDJWTVerifier(case["text"], issuer_key)
    claims = verifier.get_verified_payload()
    # The library leaves type, algorithm and times to its user.
    must(headers[0]["typ"] == TYPE, "another type of token")
    must(headers[0]["alg"] == algorithm(case["key"]), "another algorithm than the key's")
    must(claims["vct"] == case["vct"], "another type of credential")
    must(claims["iat"] <= case["at"] < claims.get("exp", case["at"] + 1), "not its time")
    if "nonce" in case:
        holder = claims["cnf"]["jwk"]
        # Its constructor knows key bindings in ES256 only; the method beneath takes any algorithm.
        verifier._verify_key_binding_jwt(case["audience"], case["nonce"], algorithm(holder))
    return claims


def judge(case):
    try:
        return {"accepted": True, "claims": verify(case)}
    except Exception as refusal:  # whatever it raises is its way to refuse
        return {"accepted": False, "reason": f"{type(refusal).__name__}: {refusal}"}


def issue(order):
    key, holder = (JWK.from_json(json.dumps(order[name])) for name in ("key", "holder"))
    claims = dict(order["visible"])
    claims.update({SDObj(name): value for name, value in order["hidden"].items()})
    issuer = SDJWTIssuer(
        claims,
        key,
        holder_key=JWK.from_json(holder.export_public()),
        sign_alg=algorithm(order["key"]),
        add_decoy_claims=True,
        extra_header_parameters={"typ": TYPE, "kid": order["kid"]},
    )
    wallet = SDJWTHolder(issuer.sd_jwt_issuance)
    wallet.create_presentation(
        {name: True for name in order["shown"]},
        order["nonce"],
        order["audience"],
        holder,
        sign_alg=algorithm(order["holder"]),
    )
    return {"credential": issuer.sd_jwt_issuance, "presentation": wallet.sd_jwt_presentation}


def main():
    task = json.load(sys.stdin)
    answers = [judge(case) for case in task] if sys.argv[1] == "verify" else [issue(task)]
    for answer in answers:
        print(json.dumps(answer))


main()
