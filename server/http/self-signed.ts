/**
 * Makes a certificate that is signed with its own key: X.509 v3 in DER, https://www.rfc-editor.org/rfc/rfc5280#section-4.
 * Node can read certificates, and not make them.
 */
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";
import { dirname } from "node:path";
import ipaddr from "ipaddr.js";

interface CertificateFiles {
  readonly certPath: string;
  readonly keyPath: string;
}

const dayMs = 24 * 60 * 60 * 1000;
/** Browsers do not accept longer ones: https://support.apple.com/en-us/103769 */
const validDays = 825;

/** Writes a pair unless one of the files exists. Returns true when it has. */
export function ensureCertificate({ certPath, keyPath }: CertificateFiles, host: string): boolean {
  if (existsSync(certPath) || existsSync(keyPath)) return false;
  const { cert, key } = createSelfSigned([...listOwnNames(), host], Date.now());
  for (const file of [certPath, keyPath]) mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(keyPath, key, { mode: 0o600, flag: "wx" });
  writeFileSync(certPath, cert, { mode: 0o644, flag: "wx" });
  return true;
}

function listOwnNames(): readonly string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((each = []) =>
    // A link-local address may name its interface: fe80::1%eth0.
    each.map(({ address }) => address.replace(/%.*$/, "")),
  );
  return ["localhost", "127.0.0.1", "::1", hostname(), ...addresses];
}

/** `names` are DNS names and IP addresses. */
export function createSelfSigned(
  names: readonly string[],
  now: number,
): { readonly cert: string; readonly key: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const ecdsaWithSha256 = sequence(objectId("1.2.840.10045.4.3.2"));
  const name = sequence(der(0x31, sequence(objectId("2.5.4.3"), der(0x0c, Buffer.from("openclaw-gateway")))));
  const unsigned = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    // The first bit is the sign.
    der(0x02, Buffer.concat([Buffer.of(0x01), randomBytes(15)])),
    ecdsaWithSha256,
    name,
    sequence(time(now - dayMs), time(now + validDays * dayMs)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...listExtensions(new Set(names)))),
  );
  const signature = sign("sha256", unsigned, privateKey);
  const certificate = sequence(unsigned, ecdsaWithSha256, bits(signature));
  return { cert: toPem(certificate), key: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
}

function listExtensions(names: ReadonlySet<string>): readonly Buffer[] {
  const extension = (id: string, value: Buffer, isCritical = false): Buffer =>
    sequence(objectId(id), ...(isCritical ? [der(0x01, Buffer.of(0xff))] : []), der(0x04, value));
  return [
    // It signs no other certificates, digital signatures only, for servers.
    extension("2.5.29.19", sequence(), true),
    extension("2.5.29.15", der(0x03, Buffer.of(7, 0x80)), true),
    extension("2.5.29.37", sequence(objectId("1.3.6.1.5.5.7.3.1"))),
    extension("2.5.29.17", sequence(...[...names].map(toAlternativeName))),
  ];
}

const toAlternativeName = (name: string): Buffer =>
  ipaddr.isValid(name)
    ? der(0x87, Buffer.from(ipaddr.parse(name).toByteArray()))
    : der(0x82, Buffer.from(name, "ascii"));

function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const bytes =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...bytes), content]);
}

const sequence = (...contents: readonly Buffer[]): Buffer => der(0x30, ...contents);
const bits = (content: Buffer): Buffer => der(0x03, Buffer.of(0), content);

function objectId(id: string): Buffer {
  const [first = 0, second = 0, ...rest] = id.split(".").map(Number);
  const toBytes = (number: number): readonly number[] => {
    const groups = [number & 0x7f];
    for (let left = number >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    return groups;
  };
  return der(0x06, Buffer.from([first * 40 + second, ...rest].flatMap(toBytes)));
}

/** Years have two digits until 2049, and four from then on. */
function time(at: number): Buffer {
  const digits = new Date(at).toISOString().replaceAll(/\D/g, "").slice(0, 14);
  return digits < "2050"
    ? der(0x17, Buffer.from(`${digits.slice(2)}Z`))
    : der(0x18, Buffer.from(`${digits}Z`));
}

const toPem = (certificate: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${certificate.toString("base64").replaceAll(/.{64}(?=.)/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
