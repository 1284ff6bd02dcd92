/** The commonest file of all: one line that names a model, and the key in a variable. The provider has its real address. */
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packageRoot } from "../../server/lib/package.ts";
import { createSelfSigned } from "../../server/http/self-signed.ts";
import { createTemporaryFolder, token } from "../support/gateway/gateway.ts";
import { spawnOpenclaw } from "../support/gateway/gateway-process.ts";
import { readRecordedStream } from "../support/providers/ai-sdk.ts";
import { hasNetworkNamespaces, inNetwork, runInNetworkOf } from "../support/sockets/network-namespace.ts";

/** Answers each request with the recorded stream, and writes down what it was asked. Ends with the gateway. */
const provider = `
  const { createServer } = require("node:https");
  const { appendFileSync, readFileSync } = require("node:fs");
  const read = (name) => readFileSync(process.argv[1] + "/" + name);
  createServer({ cert: read("cert.pem"), key: read("key.pem") }, async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { headers, method, url } = request;
    appendFileSync(process.argv[1] + "/requests", JSON.stringify({ method, url, headers, body: JSON.parse(body) }) + "\\n");
    response.writeHead(200, { "content-type": "text/event-stream" }).end(read("reply"));
  }).listen(443, "127.0.0.1");
  const gateway = process.ppid;
  setInterval(() => process.ppid === gateway || process.exit(), 100);`;

test.skipIf(!hasNetworkNamespaces())("one line and one variable reach the model", async () => {
  const folder = createTemporaryFolder();
  const at = (name: string): string => join(folder, name);
  const certificate = createSelfSigned(["api.anthropic.com"], Date.now());
  const files = {
    "openclaw.json": '{ agents: { defaults: { model: "anthropic/claude-opus-5" } } }',
    "cert.pem": certificate.cert,
    "key.pem": certificate.key,
    hosts: "127.0.0.1 localhost api.anthropic.com\n",
    reply: readRecordedStream("anthropic-messages", "text"),
    "provider.cjs": provider,
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(at(name), content);
  const serve = `{ "${process.execPath}" -e "$(cat "${at("provider.cjs")}")" "${folder}" & }`;
  const env = {
    OPENCLAW_CONFIG_PATH: at("openclaw.json"),
    OPENCLAW_STATE_DIR: at("state"),
    OPENCLAW_GATEWAY_TOKEN: token,
  };
  const key = { ANTHROPIC_API_KEY: "the-key-of-the-variable", NODE_EXTRA_CA_CERTS: at("cert.pem") };
  const network = inNetwork(`mount --bind "${at("hosts")}" /etc/hosts`, serve);
  const { child, output } = spawnOpenclaw(["gateway", "--port", "18789"], { ...env, ...key }, network);
  await expect.poll(output).toMatch(/^Gateway +http/m);
  const command = [process.execPath, join(packageRoot, "cli/main.ts"), "agent", "hello"];
  expect(runInNetworkOf(child.pid, command, { ...process.env, ...env })).toMatch(/\w/);
  const [request = ""] = readFileSync(at("requests"), "utf8").split("\n");
  expect(JSON.parse(request)).toMatchObject({
    method: "POST",
    url: "/v1/messages",
    headers: { host: "api.anthropic.com", "x-api-key": "the-key-of-the-variable" },
    body: { model: "claude-opus-5" },
  });
  child.kill("SIGTERM");
  await once(child, "close");
});
