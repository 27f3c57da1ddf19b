import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { certificateAuthority } from './certificates.ts';
import { der } from './der.ts';

describe('a certificate authority', () => {
  const authority = certificateAuthority();
  const root = new X509Certificate(authority.certificate);

  test('signs itself and may sign others', () => {
    expect(root.ca).toBe(true);
    expect(root.verify(root.publicKey)).toBe(true);
    expect(root.subject).toBe('CN=tailrace test authority');
  });

  test('issues a server certificate for names and addresses', () => {
    const { certificate, key } = authority.issue({
      name: 'search',
      hosts: ['localhost', 'search.example.com', '127.0.0.1'],
    });
    const leaf = new X509Certificate(certificate);
    expect(leaf.verify(root.publicKey)).toBe(true);
    expect(leaf.checkIssued(root)).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.checkHost('search.example.com')).toBe('search.example.com');
    expect(leaf.checkHost('other.example.com')).toBeUndefined();
    expect(leaf.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(key).toContain('PRIVATE KEY');
  });

  test('issues a client certificate, valid for as long as asked', () => {
    const validFrom = new Date('2020-02-29T01:02:03Z');
    const validTo = new Date('2020-03-01T00:00:00Z');
    const leaf = new X509Certificate(authority.issue({ name: 'shipper', validFrom, validTo }).certificate);
    expect(leaf.subject).toBe('CN=shipper');
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect([new Date(leaf.validFrom), new Date(leaf.validTo)]).toEqual([validFrom, validTo]);
  });

  test('is another one each time', () => {
    const leaf = new X509Certificate(certificateAuthority().issue({ name: 'x' }).certificate);
    expect(leaf.verify(root.publicKey)).toBe(false);
  });
});

describe('DER', () => {
  test.each([
    ['a short length', der.octetString(Buffer.alloc(127)).subarray(0, 2), '047f'],
    ['a length of one octet', der.octetString(Buffer.alloc(128)).subarray(0, 3), '048180'],
    ['a length of two octets', der.octetString(Buffer.alloc(300)).subarray(0, 4), '0482012c'],
    ['an integer with its high bit set', der.integer(Buffer.of(0x80)), '02020080'],
    ['an OID with arcs of several octets', der.oid('1.2.840.113549'), '06062a864886f70d'],
    ['a time', der.utcTime(new Date('2026-01-02T03:04:05.678Z')), Buffer.from('\x17\x0d260102030405Z').toString('hex')],
  ])('%s', (_, bytes, hex) => {
    expect(bytes.toString('hex')).toBe(hex);
  });
});
