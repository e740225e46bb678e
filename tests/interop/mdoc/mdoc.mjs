// Mobile driving licences through npm's @owf/mdoc with node:crypto, or @auth0/mdl: judges what others issued, or
// issues.
//
// Reads JSON from standard input and writes one JSON line per answer.
//
//     mdoc.mjs owf    [{"issuer_signed" | "response" + "session", "roots", "at"}, ..]
//     mdoc.mjs auth0  [{"response", "session", "roots"}, ..]    at the machine's own time
//                     {"accepted": true, "elements": {"<namespace>": {"<identifier>": ..}}}
//                     or {"accepted": false, "reason": ".."}
//     mdoc.mjs issue  [{"key", "device_key", "certificate", "at"}, ..]    JWKs and DER
//                     {"issuer_signed": ".."}
//
// Bytes are base64url: an IssuerSigned, a DeviceResponse, a SessionTranscript. Roots are PEM.

import { createHash, createPrivateKey, createPublicKey, randomBytes, sign, verify, X509Certificate } from 'node:crypto';
import { Verifier as Auth0Verifier } from '@auth0/mdl';
import { CoseKey, DateOnly, DeviceKey, DeviceResponse, Issuer, IssuerSigned, SessionTranscript } from '@owf/mdoc';

const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64url'));

function must(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}

function fields(name, field) {
  return name.split('\n').filter((line) => line.startsWith(`${field}=`)).map((line) => line.slice(field.length + 1));
}

// What @owf/mdoc leaves to its user, on Node's own cryptography.
const context = {
  crypto: {
    random: (length) => new Uint8Array(randomBytes(length)),
    digest: ({ digestAlgorithm, bytes }) =>
      new Uint8Array(createHash(digestAlgorithm.replace('-', '').toLowerCase()).update(bytes).digest()),
  },
  cose: {
    sign1: {
      sign({ toBeSigned, key }) {
        const privateKey = createPrivateKey({ key: key.jwk, format: 'jwk' });
        const made = privateKey.asymmetricKeyType === 'ec'
          ? sign('sha256', toBeSigned, { key: privateKey, dsaEncoding: 'ieee-p1363' })
          : sign(null, toBeSigned, privateKey);
        return new Uint8Array(made);
      },
      verify({ sign1, key }) {
        const publicKey = createPublicKey({ key: key.jwk, format: 'jwk' });
        const curve = { EdDSA: 'ed25519', ES256: 'prime256v1' }[sign1.signatureAlgorithmName];
        must(
          curve !== undefined &&
            [publicKey.asymmetricKeyType, publicKey.asymmetricKeyDetails.namedCurve].includes(curve),
          'the algorithm is not its key\'s',
        );
        return publicKey.asymmetricKeyType === 'ec'
          ? verify('sha256', sign1.toBeSigned, { key: publicKey, dsaEncoding: 'ieee-p1363' }, sign1.signature)
          : verify(null, sign1.toBeSigned, publicKey, sign1.signature);
      },
    },
  },
  x509: {
    getIssuerNameField: ({ certificate, field }) => fields(new X509Certificate(certificate).issuer, field),
    getPublicKey: ({ certificate }) =>
      CoseKey.fromJwk(new X509Certificate(certificate).publicKey.export({ format: 'jwk' })),
    verifyCertificateChain({ trustedCertificates, x5chain, now }) {
      must(x5chain.length === 1, 'the chain must be one document signer');
      const signer = new X509Certificate(x5chain[0]);
      const root = trustedCertificates
        .map((certificate) => new X509Certificate(certificate))
        .find((root) => root.ca && signer.checkIssued(root) && signer.verify(root.publicKey));
      must(root !== undefined, 'no trusted root issued the document signer');
      for (const certificate of [root, signer]) {
        must(new Date(certificate.validFrom) <= now && now <= new Date(certificate.validTo), 'not valid now');
      }
      must(!signer.ca, 'a document signer must not be an authority');
      must(signer.keyUsage?.includes('1.0.18013.5.1.2'), 'not a document signer');
    },
    getCertificateData({ certificate }) {
      const read = new X509Certificate(certificate);
      return {
        issuerName: read.issuer,
        subjectName: read.subject,
        serialNumber: read.serialNumber,
        thumbprint: read.fingerprint256,
        notBefore: new Date(read.validFrom),
        notAfter: new Date(read.validTo),
        pem: read.toString(),
      };
    },
  },
};

const plain = (value) => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64url');
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, inner]) => [key, plain(inner)]));
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  if (typeof value.toJSON === 'function') return value.toJSON();
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
};

async function owf({ issuer_signed, response, session, roots, at }) {
  const trustedCertificates = roots.map((pem) => new Uint8Array(new X509Certificate(pem).raw));
  const options = { trustedCertificates, now: new Date(at * 1000), skewSeconds: 0 };
  let issuerSigned;
  if (response === undefined) {
    issuerSigned = IssuerSigned.decode(bytes(issuer_signed));
    await issuerSigned.verify(options, context);
    const { docType } = issuerSigned.issuerAuth.mobileSecurityObject;
    must(docType === 'org.iso.18013.5.1.mDL', 'another document type');
  } else {
    const decoded = DeviceResponse.decode(bytes(response));
    const sessionTranscript = SessionTranscript.decode(bytes(session));
    await decoded.verify({ ...options, sessionTranscript }, context);
    must(decoded.documents?.length === 1, 'not one document');
    ({ issuerSigned } = decoded.documents[0]);
  }
  const spaces = issuerSigned.issuerNamespaces.issuerNamespaces;
  return Object.fromEntries([...spaces.keys()].map((space) => {
    return [space, plain(issuerSigned.getPrettyClaims(space))];
  }));
}

async function auth0({ response, session, roots }) {
  const transcript = bytes(session);
  must(transcript.length < 256, 'a longer head is not written here');
  // This library wants the transcript behind tag 24.
  const encodedSessionTranscript = Buffer.concat([Buffer.from([0xd8, 0x18, 0x58, transcript.length]), transcript]);
  const failed = [];
  const onCheck = (check) => { if (check.status === 'FAILED') failed.push(`${check.check}: ${check.reason}`); };
  const mdoc = await new Auth0Verifier(roots).verify(Buffer.from(bytes(response)), {
    encodedSessionTranscript,
    onCheck,
  });
  must(failed.length === 0, failed.join('; '));
  const [document] = mdoc.documents;
  return Object.fromEntries(Object.entries(document.issuerSigned.nameSpaces).map(([space, items]) => {
    return [space, Object.fromEntries(items.map((item) => [item.elementIdentifier, plain(item.elementValue)]))];
  }));
}

async function issue({ key, device_key, certificate, at }) {
  const issuer = new Issuer('org.iso.18013.5.1.mDL', context);
  issuer.addIssuerNamespace('org.iso.18013.5.1', {
    family_name: 'Müller',
    birth_date: new DateOnly('1984-02-29'),
    issuing_country: 'CN',
    age_over_18: true,
    portrait: new Uint8Array(70_000),
    driving_privileges: [new Map([['vehicle_category_code', 'B']])],
  });
  const moment = (seconds) => new Date((at + seconds) * 1000);
  const signed = await issuer.sign({
    signingKey: CoseKey.fromJwk(key),
    algorithm: key.kty === 'EC' ? -7 : -8,
    digestAlgorithm: 'SHA-256',
    certificates: [bytes(certificate)],
    deviceKeyInfo: { deviceKey: DeviceKey.fromJwk(device_key) },
    validityInfo: { signed: moment(0), validFrom: moment(0), validUntil: moment(86_400) },
  });
  return { issuer_signed: signed.encodedForOid4Vci };
}

let input = '';
for await (const chunk of process.stdin) input += chunk;
const judged = (judge) => async (question) => ({ accepted: true, elements: await judge(question) });
const task = { owf: judged(owf), auth0: judged(auth0), issue }[process.argv[2]];
must(task !== undefined, 'the first argument must be owf, auth0 or issue');
for (const question of JSON.parse(input)) {
  let answer;
  try {
    answer = await task(question);
  } catch (error) {
    answer = { accepted: false, reason: String(error?.message ?? error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
