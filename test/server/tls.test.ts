/** TLS of the gateway itself. */
import { writeFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { connect } from "node:tls";
import { expect, test } from "vitest";
import { createTemporaryFolder, startTestGateway } from "../support/gateway/gateway.ts";
import { makeCertificate } from "../support/sockets/certificate.ts";

test("only key exchanges with forward secrecy are accepted", async ({ skip }) => {
  const certificate = makeCertificate("site.test");
  if (certificate === undefined) return skip("openssl is not installed");
  const folder = createTemporaryFolder();
  const [certPath, keyPath] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  writeFileSync(certPath, certificate.cert);
  writeFileSync(keyPath, certificate.key);
  const { url } = await startTestGateway({ config: { gateway: { tls: { certPath, keyPath } } } });
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
