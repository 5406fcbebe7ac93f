// Makes certificates for servers on loopback: an authority of one's own and what it signed.

import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export type Certificate = { pem: string; keyPem: string };
/** What the authority signed is for 127.0.0.1 and localhost, or for `host` alone; valid until now, or for years. */
export type Authority = { pem: string; issue(host?: string, life?: 'over'): Certificate };

/** A new authority nobody trusts yet. */
export function newAuthority(): Authority {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = 'Osiris test authority';
  const pem = certify({
    subject: name,
    issuer: name,
    holder: own.publicKey,
    signer: own.privateKey,
    hosts: [],
  });
  return {
    pem,
    issue(host, life) {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const hosts = host === undefined ? ['127.0.0.1', 'localhost'] : [host];
      const subject = 'Osiris test server';
      return {
        pem: certify({ subject, issuer: name, holder: publicKey, signer: own.privateKey, hosts, life }),
        keyPem: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
      };
    },
  };
}

type Content = {
  subject: string;
  issuer: string;
  holder: KeyObject;
  signer: KeyObject;
  hosts: string[];
  life?: 'over' | undefined;
};

/** An X.509 v3 certificate (RFC 5280 4.1), valid from yesterday for ten years; without hosts an authority's. */
function certify({ subject, issuer, holder, signer, hosts, life }: Content): string {
  const algorithm = sequence(oid('2a8648ce3d040302')); // ecdsa-with-SHA256
  const serial = crypto.getRandomValues(Buffer.alloc(8));
  serial[0] = 0x41; // positive and without a leading zero
  const dayMs = 86_400_000;
  const validity = sequence(
    time(Date.now() - dayMs),
    time(Date.now() + (life === 'over' ? -1 / 24 : 3650) * dayMs),
  );
  const isAuthority = hosts.length === 0;
  const extensions = isAuthority
    ? [extension('551d13', sequence(der(0x01, Buffer.from([0xff]))), true)] // basicConstraints
    : [extension('551d11', sequence(...hosts.map(alternative)), false)]; // subjectAltName
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    algorithm,
    nameOf(issuer),
    validity,
    nameOf(subject),
    holder.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, signer)]));
  const base64 = sequence(body, algorithm, signature).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}

function extension(id: string, value: Buffer, critical: boolean): Buffer {
  const flag = critical ? [der(0x01, Buffer.from([0xff]))] : [];
  return sequence(oid(id), ...flag, der(0x04, value));
}

function alternative(host: string): Buffer {
  if (!/^[\d.]+$/.test(host)) return der(0x82, Buffer.from(host));
  return der(0x87, Buffer.from(host.split('.').map(Number)));
}

function nameOf(text: string): Buffer {
  return sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(text)))));
}

function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]/g, '').slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`));
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

/** Tag, length, content (X.690 8.1). */
function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
