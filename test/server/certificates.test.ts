/** The gateway's certificate: made when there is none, and replaced while the gateway runs. */
import { X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { once } from "node:events";
import { expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { createSelfSigned } from "../../server/http/self-signed.ts";
import { chatConfig, createTemporaryFolder, startTestGateway, token } from "../support/gateway/gateway.ts";
import { start } from "../support/clients/command-line.ts";
import { startGatewayProcess } from "../support/gateway/gateway-process.ts";
import { createConfigFile, createConfigFolder } from "../support/gateway/config-folder.ts";

const names = ["localhost", "127.0.0.1", "agents.example.org", "::1"];

/** Connects as a client that trusts only this certificate. Resolves to the one that the gateway shows. */
async function readCertificate(url: string, trusted: string): Promise<X509Certificate> {
  const { port, hostname } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, ca: trusted });
  await once(socket, "secureConnect");
  const certificate = socket.getPeerX509Certificate();
  socket.destroy();
  if (certificate === undefined) throw new Error("the gateway has shown no certificate");
  return certificate;
}

test("a certificate that is signed with its own key names its hosts, and signs no others", () => {
  const now = Date.parse("2049-06-01");
  const { cert, key } = createSelfSigned(names, now);
  const certificate = new X509Certificate(cert);
  expect(certificate.subjectAltName).toBe(
    "DNS:localhost, IP Address:127.0.0.1, DNS:agents.example.org, IP Address:0:0:0:0:0:0:0:1",
  );
  expect([certificate.ca, certificate.keyUsage]).toEqual([false, ["1.3.6.1.5.5.7.3.1"]]);
  expect([certificate.validFromDate.toISOString(), certificate.validToDate.toISOString()]).toEqual([
    "2049-05-31T00:00:00.000Z",
    "2051-09-04T00:00:00.000Z",
  ]);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(key).toContain("PRIVATE KEY");
  const second = new X509Certificate(createSelfSigned(names, now).cert);
  expect(second.serialNumber).not.toBe(certificate.serialNumber);
});

test("gateway.tls alone makes a certificate at the first start, which commands of the machine trust", async () => {
  const config: ConfigInput = { gateway: { ...chatConfig.gateway, tls: {} } };
  const stateDir = createTemporaryFolder();
  const folder = join(stateDir, "gateway/tls");
  const first = await startGatewayProcess({ config, stateDir });
  const [certPath, keyPath] = [join(folder, "gateway-cert.pem"), join(folder, "gateway-key.pem")];
  const cert = readFileSync(certPath, "utf8");
  expect(statSync(keyPath).mode & 0o777).toBe(0o600);
  expect(first.url).toMatch(/^https:/);
  expect(first.output()).toContain(`--cacert '${certPath}'`);
  const commandEnv = {
    OPENCLAW_STATE_DIR: stateDir,
    OPENCLAW_CONFIG_PATH: first.configPath,
    OPENCLAW_GATEWAY_TOKEN: token,
  };
  const health = start(commandEnv, ["health"]);
  expect([await health.code, health.err()]).toEqual([0, ""]);
  const status = start(commandEnv, ["status", "--json"]);
  expect([await status.code, status.err()]).toEqual([0, ""]);
  expect(await first.end("SIGTERM")).toBe(0);
  await startGatewayProcess({ config, stateDir });
  expect(readFileSync(certPath, "utf8")).toBe(cert);
});

test("half a pair, and a path to no file, are mistakes", () => {
  const issuesOf = (tls: object): readonly string[] => {
    const folder = createConfigFolder({
      "openclaw.json": JSON.stringify({ gateway: { tls } }),
      "cert.pem": "x",
    });
    return folder.readIssues().map((issue) => issue.replace(/the file \S+\//, "the file "));
  };
  expect(issuesOf({ certPath: "cert.pem", keyPath: "key.pem", autoGenerate: true })).toEqual([
    "gateway.tls.keyPath: the file key.pem cannot be read",
  ]);
  expect(issuesOf({ certPath: "a.pem", keyPath: "b.pem" })).toHaveLength(2);
  expect(issuesOf({ autoGenerate: false })).toHaveLength(2);
  const generatedPair = { certPath: "a.pem", keyPath: "b.pem", autoGenerate: true };
  for (const tls of [generatedPair, { enabled: true }, {}])
    expect(createConfigFile({ gateway: { tls } }).load().config.gateway.tls).toMatchObject({
      autoGenerate: true,
    });
});

test("a renewed certificate is used for new connections, also when a link is swapped; half of one is not", async () => {
  const folder = createTemporaryFolder();
  const at = (name: string): string => join(folder, name);
  const writePair = (name: string): { readonly cert: string; readonly key: string } => {
    const pair = createSelfSigned(names, Date.now());
    mkdirSync(at(name));
    writeFileSync(join(at(name), "cert.pem"), pair.cert);
    writeFileSync(join(at(name), "key.pem"), pair.key);
    return pair;
  };
  const swapTo = (name: string): void => {
    symlinkSync(at(name), at("next"));
    renameSync(at("next"), at("live"));
  };
  const first = writePair("first");
  swapTo("first");
  const tls = { certPath: join(at("live"), "cert.pem"), keyPath: join(at("live"), "key.pem") };
  const gateway = await startGatewayProcess({ config: { gateway: { ...chatConfig.gateway, tls } } });
  const isServed = async ({ cert }: { readonly cert: string }): Promise<boolean> =>
    readCertificate(gateway.url, cert).then(
      () => true,
      () => false,
    );
  expect((await readCertificate(gateway.url, first.cert)).subjectAltName).toContain("agents.example.org");

  const second = writePair("second");
  swapTo("second");
  await expect.poll(() => isServed(second)).toBe(true);
  expect(await isServed(first)).toBe(false);

  const third = createSelfSigned(names, Date.now());
  writeFileSync(join(at("second"), "cert.pem"), third.cert);
  await expect.poll(() => gateway.output()).toContain("the certificate cannot be used");
  expect(await isServed(second)).toBe(true);
  writeFileSync(join(at("second"), "key.pem"), third.key);
  await expect.poll(() => isServed(third)).toBe(true);
});

test("files that are no certificate and its key are named in the error", async () => {
  const folder = createTemporaryFolder();
  const tls = { certPath: join(folder, "cert.pem"), keyPath: join(folder, "key.pem") };
  const pair = createSelfSigned(names, Date.now());
  const startHere = (): Promise<unknown> => startTestGateway({ config: { gateway: { tls } } });
  writeFileSync(tls.certPath, "nonsense");
  writeFileSync(tls.keyPath, pair.key);
  await expect(startHere()).rejects.toThrow(
    `${tls.certPath} and ${tls.keyPath} must be a certificate and its`,
  );
  writeFileSync(tls.certPath, createSelfSigned(names, Date.now()).cert);
  await expect(startHere()).rejects.toThrow("key values mismatch");
});

test("strictTransportSecurity is a header of every response", async () => {
  const securityHeaders = { strictTransportSecurity: "max-age=300; includeSubDomains" };
  const { url, reload } = await startTestGateway({
    config: { gateway: { http: { ...chatConfig.gateway?.http, securityHeaders } } },
  });
  const read = async (path: string, init: RequestInit = {}): Promise<string | null> =>
    (await fetch(url + path, init)).headers.get("strict-transport-security");
  for (const path of ["/healthz", "/readyz", "/v1/models", "/nowhere", "/docs"])
    expect([path, await read(path)]).toEqual([path, "max-age=300; includeSubDomains"]);
  reload({ gateway: { http: { securityHeaders: { strictTransportSecurity: false } } } });
  expect(await read("/healthz")).toBeNull();
});
