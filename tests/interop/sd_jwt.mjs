// SD-JWT VC through npm's @sd-jwt packages and node:crypto: judges what others issued, or reads type metadata.
//
// Reads JSON from standard input and writes one JSON line per answer.
//
//     sd_jwt.mjs verify     [{"text", "key", "vct", "at", "audience"?, "nonce"?}, ..]
//                           {"accepted": true, "claims": {..}} or {"accepted": false, "reason": ".."}
//     sd_jwt.mjs metadata   {"metadata": "<type metadata document>"}
//                           {"accepted": true, "claims": {..}} or as above

import { createHash, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { createHeaderAndPayload, StatusList } from '@sd-jwt/jwt-status-list';
import { SDJwtVcInstance, TypeMetadataFormatSchema } from '@sd-jwt/sd-jwt-vc';

const TYPE = 'dc+sd-jwt';

const algorithm = (jwk) => ({ OKP: 'EdDSA', EC: 'ES256' })[jwk.kty];

function must(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}

function isSignedBy(jwk, data, signature) {
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const bytes = Buffer.from(signature, 'base64url');
  return jwk.kty === 'EC'
    ? verify('sha256', Buffer.from(data), { key, dsaEncoding: 'ieee-p1363' }, bytes)
    : verify(null, Buffer.from(data), key, bytes);
}

// A status list of somebody else's making in which everybody is valid: the library must find its way from the
// reference to the entry.
const list = generateKeyPairSync('ed25519');
let listText;

async function statusList(uri) {
  if (listText === undefined) {
    const status = new StatusList(new Array(1_000_000).fill(0), 2);
    const { header, payload } = createHeaderAndPayload(
      status,
      { iss: 'https://licences.example', sub: uri, iat: 1 },
      { alg: 'EdDSA', typ: 'statuslist+jwt' },
    );
    const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const input = `${part(header)}.${part(payload)}`;
    listText = `${input}.${sign(null, Buffer.from(input), list.privateKey).toString('base64url')}`;
  }
  return listText;
}

async function judged({ text, key, vct, at, audience, nonce }) {
  const verifier = new SDJwtVcInstance({
    hasher: (data, name) => createHash(name.replace('-', '')).update(data).digest(),
    verifier: (data, signature) => isSignedBy(key, data, signature),
    kbVerifier: (data, signature, payload) => isSignedBy(payload.cnf.jwk, data, signature),
    statusListFetcher: statusList,
    statusVerifier: (data, signature) =>
      verify(null, Buffer.from(data), list.publicKey, Buffer.from(signature, 'base64url')),
  });
  const { payload, header, kb } = await verifier.verify(text, { currentDate: at, keyBindingNonce: nonce });
  // The library leaves type, algorithm and audience to its user.
  must(header.typ === TYPE, 'another type of token');
  must(header.alg === algorithm(key), "another algorithm than the key's");
  must(payload.vct === vct, 'another type of credential');
  must(audience === undefined || kb.payload.aud === audience, 'for another verifier');
  return payload;
}

async function answer(work) {
  try {
    return { accepted: true, claims: await work() };
  } catch (refusal) {
    return { accepted: false, reason: String(refusal) };
  }
}

async function input() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

const task = await input();
if (process.argv[2] === 'verify') {
  for (const one of task) console.log(JSON.stringify(await answer(() => judged(one))));
} else {
  console.log(JSON.stringify(await answer(() => TypeMetadataFormatSchema.parse(JSON.parse(task.metadata)))));
}
