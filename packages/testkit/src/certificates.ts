import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { der } from './der.ts';

/** A certificate and its private key, both PEM. */
export interface KeyedCertificate {
  certificate: string;
  key: string;
}

/** What a certificate is for. */
export interface CertificateRequest {
  /** The subject's common name. */
  name: string;
  /** Host names and IPv4 addresses a server may be reached under; empty for a client. */
  hosts?: string[];
  /** Default: from an hour ago to a day from now. */
  validFrom?: Date;
  validTo?: Date;
}

/** A certificate authority that exists only in this process. */
export interface CertificateAuthority {
  /** The authority's own certificate, PEM: what a client must trust. */
  certificate: string;
  issue(request: CertificateRequest): KeyedCertificate;
}

const oids = {
  commonName: '2.5.4.3',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

interface KeyPair {
  publicKey: KeyObject;
  privateKey: KeyObject;
}

/** Makes a certificate authority with P-256 keys; its certificates follow RFC 5280 as far as TLS looks at them. */
export function certificateAuthority(name = 'tailrace test authority'): CertificateAuthority {
  const authority = newKeyPair();
  const own = [
    extension(oids.basicConstraints, der.sequence(der.boolean(true)), true),
    extension(oids.keyUsage, der.bitString(Buffer.of(0b0000_0110), 1), true), // keyCertSign, cRLSign
    extension(oids.subjectKeyIdentifier, der.octetString(keyIdentifier(authority))),
  ];
  return {
    certificate: certificatePem({ name }, name, authority, authority.privateKey, own),
    issue(request) {
      const subject = newKeyPair();
      const extensions = leafExtensions(request, subject, authority);
      return {
        certificate: certificatePem(request, name, subject, authority.privateKey, extensions),
        key: subject.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      };
    },
  };
}

function newKeyPair(): KeyPair {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function certificatePem(
  request: CertificateRequest,
  issuer: string,
  subject: KeyPair,
  signer: KeyObject,
  extensions: Buffer[],
): string {
  const hour = 3_600_000;
  const from = request.validFrom ?? new Date(Date.now() - hour);
  const to = request.validTo ?? new Date(Date.now() + 24 * hour);
  const algorithm = der.sequence(der.oid(oids.ecdsaWithSha256));
  const content = der.sequence(
    der.tagged(0, der.integer(Buffer.of(2)), true), // version 3
    der.integer(Buffer.concat([Buffer.of(1), randomBytes(15)])), // serial number
    algorithm,
    distinguishedName(issuer),
    der.sequence(der.utcTime(from), der.utcTime(to)),
    distinguishedName(request.name),
    publicKeyInfo(subject),
    der.tagged(3, der.sequence(...extensions), true),
  );
  const signature = der.bitString(sign('sha256', content, signer));
  const base64 = der.sequence(content, algorithm, signature).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function leafExtensions({ hosts = [] }: CertificateRequest, subject: KeyPair, authority: KeyPair): Buffer[] {
  const usage = hosts.length > 0 ? oids.serverAuth : oids.clientAuth;
  const extensions = [
    extension(oids.basicConstraints, der.sequence(), true),
    extension(oids.keyUsage, der.bitString(Buffer.of(0b1000_0000), 7), true), // digitalSignature
    extension(oids.extendedKeyUsage, der.sequence(der.oid(usage))),
    extension(oids.subjectKeyIdentifier, der.octetString(keyIdentifier(subject))),
    extension(oids.authorityKeyIdentifier, der.sequence(der.tagged(0, keyIdentifier(authority)))),
  ];
  if (hosts.length === 0) return extensions;
  return [...extensions, extension(oids.subjectAltName, der.sequence(...hosts.map(alternativeName)))];
}

function extension(oid: string, value: Buffer, critical = false): Buffer {
  return der.sequence(der.oid(oid), ...(critical ? [der.boolean(true)] : []), der.octetString(value));
}

function alternativeName(host: string): Buffer {
  const isAddress = isIP(host) === 4;
  return isAddress ? der.tagged(7, Buffer.from(host.split('.').map(Number))) : der.tagged(2, Buffer.from(host));
}

function distinguishedName(commonName: string): Buffer {
  return der.sequence(der.set(der.sequence(der.oid(oids.commonName), der.utf8String(commonName))));
}

function publicKeyInfo({ publicKey }: KeyPair): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' });
}

function keyIdentifier(pair: KeyPair): Buffer {
  return createHash('sha1').update(publicKeyInfo(pair)).digest();
}
