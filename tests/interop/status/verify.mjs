// What we sign, before libraries that others wrote, in JavaScript.
//
//     jwt    @sd-jwt/jwt-status-list reads the values, Node's own crypto verifies
//     cwt    @owf/token-status-list and @owf/cose read the token, Node's own crypto verifies
//     log    @sigstore/verify verifies a checkpoint's signature and a Merkle inclusion proof
//
// Reads {"key": JWK, "cases": [{"task", ..}, ..]} from standard input and answers each case with a line of JSON.
// Bytes are base64.
import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { CoseKey, Sign1 } from '@owf/cose';
import { StatusListCwt } from '@owf/token-status-list';
import { getListFromStatusListJWT } from '@sd-jwt/jwt-status-list';

const require = createRequire(import.meta.url);
// Sigstore's own parts, which it does not export.
const sigstore = join(dirname(require.resolve('@sigstore/verify')), 'tlog');
const { verifyCheckpoint } = require(join(sigstore, 'checkpoint.js'));
const { verifyMerkleInclusion } = require(join(sigstore, 'merkle.js'));

const must = (holds, otherwise) => {
  if (!holds) throw new Error(otherwise);
};

function jwt({ token }, { key }) {
  const [header, payload, signature] = token.split('.');
  const { typ, alg } = JSON.parse(Buffer.from(header, 'base64url'));
  must(typ === 'statuslist+jwt' && alg === 'EdDSA', 'another type or algorithm');
  const signed = Buffer.from(`${header}.${payload}`);
  must(verify(null, signed, key, Buffer.from(signature, 'base64url')), 'the signature does not verify');
  return { values: getListFromStatusListJWT(token).statusList };
}

async function cwt({ token }, { key, jwk }) {
  const bytes = Buffer.from(token, 'base64');
  const sign1 = Sign1.decode(bytes);
  const coseKey = CoseKey.create({ keyType: 1, curve: 6, x: Buffer.from(jwk.x, 'base64url') });
  const genuine = await sign1.verifySignature(
    { key: coseKey },
    { verify: async ({ sign1 }) => verify(null, sign1.toBeSigned, key, sign1.signature) },
  );
  must(genuine, 'the signature does not verify');
  const list = StatusListCwt.fromToken(bytes);
  must(list.protectedHeaders.headers.get(16) === 'application/statuslist+cwt', 'another type');
  return { values: list.payload.statusList.statusList, claims: [list.payload.subject] };
}

function log({ evidence, leaf }, { key, hint, name }) {
  const [head, ...rest] = evidence.split('\n\n');
  const [first, , index, ...hashes] = head.split('\n');
  must(first === 'c2sp.org/tlog-proof@v1', 'no proof of a log');
  const entry = {
    canonicalizedBody: Buffer.from(leaf, 'base64'),
    inclusionProof: {
      logIndex: index.slice('index '.length),
      hashes: hashes.map((hash) => Buffer.from(hash, 'base64')),
      checkpoint: { envelope: rest.join('\n\n') },
    },
  };
  const trusted = [{ logID: Buffer.from(hint, 'hex'), baseURL: name, publicKey: key }];
  const checkpoint = verifyCheckpoint(entry, trusted);
  verifyMerkleInclusion(entry, checkpoint);
  return { size: Number(checkpoint.logSize), origin: checkpoint.origin };
}

const tasks = { jwt, cwt, log };
const { key: jwk, hint, name, cases } = JSON.parse(readFileSync(0));
const keys = { key: createPublicKey({ key: jwk, format: 'jwk' }), jwk, hint, name };
for (const given of cases) {
  try {
    console.log(JSON.stringify({ accepted: true, ...(await tasks[given.task](given, keys)) }));
  } catch (reason) {
    console.log(JSON.stringify({ accepted: false, reason: `${reason}` }));
  }
}
