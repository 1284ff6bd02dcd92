/** Runs each proxy configuration of docs/remote-access.md with the real proxy, where it is installed. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { request, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  createChatBody,
  chatConfig,
  startTestGateway,
  createTemporaryFolder,
  token,
  type TestGateway,
} from "../support/gateway/gateway.ts";
import { parseBlocks, documents } from "../support/documents/markdown.ts";
import { readOutcomes } from "../support/gateway/run-log.ts";
import { finishEvent, createGatedModel } from "../support/providers/scripted-model.ts";

const publicName = "agents.example.org";
const path = [process.env["PATH"], "/usr/sbin", "/sbin"].join(":");

/** Runs a proxy with the document's block, on a Unix socket in the folder and without TLS. */
interface Proxy {
  readonly name: string;
  readonly language: string;
  /** Writes the configuration and returns the command. */
  prepare(block: string, upstream: string, folder: string): readonly [command: string, ...args: string[]];
}

const socketPathIn = (folder: string): string => join(folder, "proxy.sock");

const proxies: readonly Proxy[] = [
  {
    name: "nginx",
    language: "nginx",
    prepare(block, upstream, folder) {
      const server = block
        .replace("listen 443 ssl;", `listen unix:${socketPathIn(folder)};`)
        .replaceAll(/^ *ssl_certificate.*$/gm, "")
        .replace("127.0.0.1:18789", upstream);
      const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
        .join("\n");
      const main = `daemon off; master_process off; pid ${folder}/pid; error_log stderr; events {}`;
      writeFileSync(
        join(folder, "nginx.conf"),
        `${main}\nhttp {\naccess_log off;\n${temporary}\n${server}\n}`,
      );
      return ["nginx", "-p", folder, "-e", "stderr", "-c", "nginx.conf"];
    },
  },
  {
    name: "Caddy",
    language: "caddyfile",
    prepare(block, upstream, folder) {
      const site = block
        .replace(`${publicName} {`, `http://${publicName} {\n  bind unix/${socketPathIn(folder)}`)
        .replace("127.0.0.1:18789", upstream);
      writeFileSync(join(folder, "Caddyfile"), `{\n  admin off\n}\n${site}\n`);
      return ["caddy", "run", "--adapter", "caddyfile", "--config", join(folder, "Caddyfile")];
    },
  },
];

for (const proxy of proxies) {
  const command = proxy.name.toLowerCase();
  const missing = spawnSync("which", [command], { env: { PATH: path } }).status !== 0;
  if (missing)
    console.warn(`The configuration for ${proxy.name} is not tested: ${command} is not installed.`);

  describe.skipIf(missing)(`behind ${proxy.name}`, () => {
    test("a stream arrives as it is produced", async () => {
      const gated = createGatedModel();
      const gateway = await startTestGateway({ model: gated.model, config: namedConfig });
      const response = await post(await start(proxy, gateway), createChatBody("hi", { stream: true }), () =>
        gated.emit({ type: "text", text: "one" }),
      );
      const readUntil = createReader(response);

      expect(response.statusCode).toBe(200);
      expect(await readUntil('"content":"one"')).not.toContain("[DONE]");
      gated.emit({ type: "text", text: "two" });
      expect(await readUntil('"content":"two"')).not.toContain("[DONE]");
      gated.emit(finishEvent);
      expect(await readUntil("data: [DONE]")).toMatch(/\n\ndata: \[DONE\]\n\n$/);
    });

    test("a disconnect of the caller ends the run", async () => {
      const gated = createGatedModel();
      const gateway = await startTestGateway({ model: gated.model, config: namedConfig });
      const response = await post(await start(proxy, gateway), createChatBody("hi", { stream: true }), () =>
        gated.emit({ type: "text", text: "one" }),
      );
      await createReader(response)('"content":"one"');
      response.destroy();
      await expect.poll(() => readOutcomes(gateway.log), { timeout: 5_000 }).toEqual(["aborted"]);
    });

    test("the public name has to be allowed", async () => {
      const gateway = await startTestGateway();
      const response = await post(await start(proxy, gateway), createChatBody("hi"));
      expect(response.statusCode).toBe(421);
      expect(await createReader(response)("}}")).toContain("gateway.http.allowedHosts");
    });

    test("a body may be as large as the gateway takes it", async () => {
      const gateway = await startTestGateway({ config: namedConfig });
      const response = await post(
        await start(proxy, gateway),
        createChatBody(`say ${"x".repeat(3_000_000)}`),
      );
      expect(response.statusCode).toBe(200);
      response.destroy();
    });
  });
}

const namedConfig = {
  gateway: {
    http: { ...chatConfig.gateway?.http, allowedHosts: [publicName] },
    trustedProxies: ["127.0.0.1"],
  },
};

/** Resolves to the socket that the proxy listens on. */
async function start(proxy: Proxy, gateway: TestGateway): Promise<string> {
  const document = documents.find(({ path }) => path === "docs/remote-access.md");
  const block = document && parseBlocks(document).find(({ language }) => language === proxy.language);
  if (block === undefined) throw new Error(`docs/remote-access.md has no block for ${proxy.name}`);
  const folder = createTemporaryFolder();
  const [command, ...args] = proxy.prepare(block.text, new URL(gateway.url).host, folder);
  const child = spawn(command, args, { env: { ...process.env, PATH: path, HOME: folder } });
  let stderr = "";
  child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
  onTestFinished(() => void child.kill("SIGKILL"));
  await expect
    .poll(() => child.exitCode !== null || existsSync(socketPathIn(folder)), { timeout: 10_000 })
    .toBe(true);
  if (child.exitCode !== null) throw new Error(`${command} ended: ${stderr}`);
  return socketPathIn(folder);
}

/** Sends a request to the public name. Resolves when the headers arrive. `onSent` is called when the request was sent. */
function post(socketPath: string, body: object, onSent = (): void => {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = {
      host: publicName,
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
    };
    const req = request({ socketPath, method: "POST", path: "/v1/chat/completions", headers }, resolve);
    req.on("error", reject);
    req.end(JSON.stringify(body), onSent);
  });
}

/** Creates a function that reads until the text arrives. It resolves to all text so far. */
function createReader(response: IncomingMessage): (until: string) => Promise<string> {
  let text = "";
  response.on("error", () => {});
  response.on("data", (bytes: Buffer) => (text += bytes.toString()));
  return async (until) => {
    await expect.poll(() => text, { timeout: 5_000 }).toContain(until);
    return text;
  };
}
