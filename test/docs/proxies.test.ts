/** Runs each proxy configuration of docs/remote-access.md with the real proxy, where it is installed. */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { request, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Config } from "../../contracts/config/config.ts";
import { socketLimits } from "../../server/socket/limits.ts";
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
import { findFreePort, hasProxy, startProxy, writeNginxConfig } from "../support/sockets/proxies.ts";
import { finishEvent, createGatedModel } from "../support/providers/scripted-model.ts";
import {
  createConnectParams,
  openTestSocket,
  type Frame,
  type TestSocket,
} from "../support/sockets/socket.ts";

const publicName = "agents.example.org";

/** Runs a proxy with the document's block, on a port of 127.0.0.1 and without TLS. */
interface Proxy {
  readonly name: string;
  readonly language: string;
  /** How many limits of the time of a request its block has. */
  readonly timeLimits: number;
  /** Writes the configuration and returns the command. */
  prepare(block: string, upstream: string, port: number, folder: string): readonly [string, ...string[]];
}

const proxies: readonly Proxy[] = [
  {
    name: "nginx",
    language: "nginx",
    timeLimits: 1,
    prepare(block, upstream, port, folder) {
      return writeNginxConfig(block, { upstream, address: `127.0.0.1:${port}`, folder });
    },
  },
  {
    name: "Caddy",
    language: "caddyfile",
    timeLimits: 0,
    prepare(block, upstream, port, folder) {
      const site = block
        .replace(`${publicName} {`, `http://${publicName}:${port} {\n  bind 127.0.0.1`)
        .replace("127.0.0.1:18789", upstream);
      writeFileSync(join(folder, "Caddyfile"), `{\n  admin off\n}\n${site}\n`);
      return ["caddy", "run", "--adapter", "caddyfile", "--config", join(folder, "Caddyfile")];
    },
  },
  {
    name: "HAProxy",
    language: "haproxy",
    timeLimits: 2,
    prepare(block, upstream, port, folder) {
      const configuration = block
        .replace(/bind :443 ssl crt \S+/, `bind 127.0.0.1:${port}`)
        .replace("127.0.0.1:18789", upstream);
      writeFileSync(join(folder, "haproxy.cfg"), `${configuration}\n`);
      return ["haproxy", "-db", "-f", join(folder, "haproxy.cfg")];
    },
  },
];

for (const proxy of proxies) {
  const command = proxy.name.toLowerCase();
  const missing = !hasProxy(command);

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
      await expect.poll(() => readOutcomes(gateway.log)).toEqual(["aborted"]);
    });

    test("the public name has to be allowed", async () => {
      const gateway = await startTestGateway();
      const response = await post(await start(proxy, gateway), createChatBody("hi"));
      expect(response.statusCode).toBe(421);
      expect(await createReader(response)("}}")).toContain("gateway.http.allowedHosts");
    });

    test("a body may be as large as the gateway takes it, and the gateway rejects a larger one", async () => {
      const gateway = await startTestGateway({ config: namedConfig });
      const port = await start(proxy, gateway);
      const accepted = await post(port, createChatBody(`say ${"x".repeat(3_000_000)}`));
      expect(accepted.statusCode).toBe(200);
      accepted.destroy();
      const { maxBodyBytes } = Config.parse({}).gateway.http.endpoints.chatCompletions;
      const rejected = await post(port, createChatBody("x".repeat(maxBodyBytes)));
      expect(rejected.statusCode).toBe(413);
      expect(await createReader(rejected)("}}")).toContain('"code":"request_too_large"');
    });

    test("a WebSocket opens and runs an agent", async () => {
      const gateway = await startTestGateway({ config: namedConfig });
      const socket = await openTestSocket(`http://127.0.0.1:${await start(proxy, gateway)}`, named);
      await socket.request("connect", createConnectParams());
      await socket.request("chat.send", { sessionKey: "main", message: "say hello", idempotencyKey: "1" });
      const isFinal = ({ event, payload }: Frame): boolean =>
        event === "chat" && (payload as { state?: string }).state === "final";
      expect(JSON.stringify((await socket.waitForFrame(isFinal)).payload)).toContain("hello");
    });

    test("the caller's own address is in the log, and not the one that it claims", async () => {
      const gateway = await startTestGateway({ config: namedConfig });
      const port = await start(proxy, gateway);
      const headers = { host: publicName, "x-forwarded-for": "203.0.113.9" };
      const req = request({ port, host: "127.0.0.1", localAddress: "127.0.0.2", path: "/sessions", headers });
      const [response] = (await once(req.end(), "response")) as [IncomingMessage];
      expect(response.resume().statusCode).toBe(401);
      expect(gateway.log.join("\n")).toContain('"peer":"127.0.0.2"');
      expect(gateway.log.join("\n")).not.toContain("203.0.113.9");
    });

    test("silent sockets keep out neither a credential on the upgrade nor other addresses", async () => {
      const gateway = await startTestGateway({ config: namedConfig });
      const url = `http://127.0.0.1:${await start(proxy, gateway)}`;
      const from = (localAddress: string, headers = {}): Promise<TestSocket> =>
        openTestSocket(url, { localAddress, headers: { ...named.headers, ...headers } });
      for (let opened = 0; opened < socketLimits.maxPendingPerAddress; opened += 1) await from("127.0.0.3");
      await expect(from("127.0.0.3")).rejects.toThrow("503");

      const known = await from("127.0.0.3", { authorization: `Bearer ${token}` });
      await known.request("connect", createConnectParams());
      const other = await from("127.0.0.4");
      await other.request("connect", createConnectParams());
    });

    test("its time limits are longer than the longest run", () => {
      const { timeoutSeconds } = Config.parse({}).agents.defaults;
      const limits = [
        ...findBlock(proxy).matchAll(/(?:proxy_read_timeout|timeout (?:client|server)) (\d+)m/g),
      ];
      expect(limits).toHaveLength(proxy.timeLimits);
      for (const [, minutes] of limits) expect(Number(minutes) * 60).toBeGreaterThan(timeoutSeconds);
    });
  });
}

const named = { headers: { host: publicName } };

const namedConfig = {
  gateway: {
    http: { ...chatConfig.gateway?.http, allowedHosts: [publicName] },
    trustedProxies: ["127.0.0.1"],
  },
};

function findBlock({ name, language }: Proxy): string {
  const document = documents.find((each) => each.path === "docs/remote-access.md");
  const block = document && parseBlocks(document).find((each) => each.language === language);
  if (block === undefined) throw new Error(`docs/remote-access.md has no block for ${name}`);
  return block.text;
}

/** Resolves to the port that the proxy listens on. */
async function start(proxy: Proxy, gateway: TestGateway): Promise<number> {
  const folder = createTemporaryFolder();
  const port = await findFreePort();
  const [command, ...args] = proxy.prepare(findBlock(proxy), new URL(gateway.url).host, port, folder);
  await startProxy([command, ...args], { port, folder });
  return port;
}

/** Sends a request to the public name. Resolves when the headers arrive. `onSent` is called when the request was sent. */
function post(port: number, body: object, onSent = (): void => {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = {
      host: publicName,
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
    };
    const req = request({ port, host: "127.0.0.1", method: "POST", path: "/v1/chat/completions", headers });
    req.on("response", resolve).on("error", reject);
    req.end(JSON.stringify(body), onSent);
  });
}

/** Creates a function that reads until the text arrives. It resolves to all text so far. */
function createReader(response: IncomingMessage): (until: string) => Promise<string> {
  let text = "";
  response.on("error", () => {});
  response.on("data", (bytes: Buffer) => (text += bytes.toString()));
  return async (until) => {
    await expect.poll(() => text).toContain(until);
    return text;
  };
}
