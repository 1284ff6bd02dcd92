/** TLS of the gateway itself. */
import { writeFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { connect } from "node:tls";
import { expect, test } from "vitest";
import { start } from "../support/clients/command-line.ts";
import { createTemporaryFolder, startTestGateway, token } from "../support/gateway/gateway.ts";
import { makeCertificate } from "../support/sockets/certificate.ts";

/** Resolves to undefined where there is no openssl. */
async function startTlsGateway(name: string): Promise<{ url: string; certPath: string } | undefined> {
  const certificate = makeCertificate(name);
  if (certificate === undefined) return undefined;
  const folder = createTemporaryFolder();
  const [certPath, keyPath] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  writeFileSync(certPath, certificate.cert);
  writeFileSync(keyPath, certificate.key);
  const { url } = await startTestGateway({ config: { gateway: { tls: { certPath, keyPath } } } });
  return { url, certPath };
}

test("only key exchanges with forward secrecy are accepted", async ({ skip }) => {
  const gateway = await startTlsGateway("site.test");
  if (gateway === undefined) return skip("openssl is not installed");
  const { url } = gateway;
  const shake = async (ciphers: string, maxVersion: "TLSv1.2" | "TLSv1.3"): Promise<string> => {
    const port = Number(new URL(url).port);
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ciphers, maxVersion });
    const result = await Promise.race([
      once(socket, "secureConnect").then(() => socket.getCipher().standardName),
      new Promise<string>((resolve) => socket.once("error", () => resolve("rejected"))),
    ]);
    socket.destroy();
    return result;
  };
  for (const cipher of ["AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-SHA", "ECDHE-RSA-AES128-SHA"])
    expect([cipher, await shake(cipher, "TLSv1.2")]).toEqual([cipher, "rejected"]);
  expect(await shake("ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256", "TLSv1.2")).toMatch(
    /^TLS_ECDHE/,
  );
  expect(await shake("TLS_AES_256_GCM_SHA384", "TLSv1.3")).toBe("TLS_AES_256_GCM_SHA384");
});

test("a command says that this machine does not trust the certificate, and how it would", async ({
  skip,
}) => {
  const gateway = await startTlsGateway("localhost");
  if (gateway === undefined) return skip("openssl is not installed");
  const url = `https://localhost:${new URL(gateway.url).port}`;
  const env = { ...process.env, OPENCLAW_GATEWAY_URL: url, OPENCLAW_GATEWAY_TOKEN: token };
  for (const args of [["status"], ["sessions", "list"], ["call", "health"]]) {
    const command = start(env, args);
    expect(await command.code, args.join(" ")).toBe(1);
    expect(command.err()).toContain(`does not trust the certificate of ${url} (DEPTH_ZERO_SELF_SIGNED_CERT)`);
    expect(command.err()).toContain("NODE_EXTRA_CA_CERTS");
    expect(command.err()).not.toContain("Is the gateway running?");
  }
  const trusting = start({ ...env, NODE_EXTRA_CA_CERTS: gateway.certPath }, ["status"]);
  expect(await trusting.code, trusting.err()).toBe(0);
});
