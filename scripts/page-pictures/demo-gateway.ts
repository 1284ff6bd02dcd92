/** A gateway with the data of a month: agents, keys, runs, sessions, an MCP server, and a provider that fails. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "openclaw-gateway-client";
import { connect, type SocketMethods } from "openclaw-gateway-client/socket";
import { openConfigSource } from "../../server/config/config-source.ts";
import { startGateway } from "../../server/gateway.ts";
import { randomId } from "../../server/lib/ids.ts";
import { createLog } from "../../server/lib/log.ts";
import { packageRoot } from "../../server/lib/package.ts";
import { startDemoProvider } from "./demo-provider.ts";

export const secret = "demo-secret-0123456789abcdef";
const dayMs = 86_400_000;
const days = 30;

const config = {
  gateway: {
    http: {
      endpoints: {
        chatCompletions: { enabled: true },
        responses: { enabled: true },
        messages: { enabled: true },
      },
    },
  },
  models: { $include: "models.json5" },
  budgets: { keys: { website: { usdPerDay: 5, tokensPerMonth: 2_000_000 } } },
  tools: {
    deny: ["web_fetch"],
    mcpServers: {
      tickets: {
        command: process.execPath,
        args: [join(packageRoot, "test/support/tools/mcp-stdio-server.ts")],
      },
      calendar: { url: "http://127.0.0.1:9/mcp" },
    },
  },
  agents: {
    defaults: { model: "local/qwen3-32b" },
    list: [
      { id: "main", name: "Assistant" },
      {
        id: "reviewer",
        name: "Code review",
        model: { primary: "backup/qwen3-coder", fallbacks: ["local/qwen3-coder"] },
        tools: { deny: ["exec", "process"] },
      },
      { id: "travel", name: "Travel", tools: { allow: ["read", "group:mcp"] } },
    ],
  },
  // A key of OpenClaw that this gateway does not have.
  talk: { speechLocale: "en" },
} as const;

const models = {
  providers: {
    local: {
      // The variable is in the environment of the gateway.
      baseUrl: "${DEMO_PROVIDER_URL}",
      apiKey: "demo-key",
      models: [
        { id: "qwen3-32b", contextWindow: 131_072, cost: { input: 0.4, output: 1.2, cacheRead: 0.05 } },
        { id: "qwen3-coder", contextWindow: 262_144, cost: { input: 0.9, output: 3.6, cacheRead: 0.1 } },
      ],
    },
    backup: { baseUrl: "http://127.0.0.1:9/v1", apiKey: "demo-key", models: [{ id: "qwen3-coder" }] },
  },
} as const;

type NewKey = SocketMethods["keys.create"]["params"];

const keys: readonly NewKey[] = [
  { name: "website", scopes: ["run"], agents: ["main"], requestsPerMinute: 60, expires: "90d" },
  { name: "ada@example.com", scopes: ["operator.write"] },
  { name: "ci", scopes: ["run", "tools"], agents: ["reviewer"] },
];

const questions = [
  "Summarize the mails of this morning and say which ones wait for an answer.",
  "Review the retry of the client for races.",
  "Plan a week in Lisbon with two children, by train where it is possible.",
  "Compare the three offers for the new heating.",
  "Which tests were slower than a second?",
];

export interface DemoGateway {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startDemoGateway(): Promise<DemoGateway> {
  const stateDir = mkdtempSync(join(tmpdir(), "openclaw-pictures-"));
  const provider = await startDemoProvider();
  writeFileSync(join(stateDir, "openclaw.json"), `${JSON.stringify(config, null, 2)}\n`);
  writeFileSync(join(stateDir, "models.json5"), `${JSON.stringify(models, null, 2)}\n`);
  mkdirSync(join(stateDir, "workspace"));
  const env = { ...process.env, OPENCLAW_STATE_DIR: stateDir, DEMO_PROVIDER_URL: provider.baseUrl };
  let offset = -days * dayMs;
  const clock = (): number => Date.now() + offset;
  const configSource = await openConfigSource({
    env,
    home: stateDir,
    getCredential: () => secret,
    useLastGoodCopy: true,
    clock,
  });
  const gateway = await startGateway({
    config: configSource.initial.config,
    configSource,
    stateDir,
    configFile: configSource.initial.path,
    home: stateDir,
    env,
    packageRoot,
    port: 0,
    host: "127.0.0.1",
    secret,
    clock,
    newId: randomId,
    log: createLog({ level: "info", format: "json" }, { writeLine: () => {} }),
  });
  await fillWithRuns(gateway.url, (left) => (offset = -left * dayMs));
  return {
    url: gateway.url,
    async stop() {
      await configSource.close();
      await gateway.stop();
      provider.server.close();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

/** Makes the keys, and some runs for each day until today. */
async function fillWithRuns(url: string, setDaysLeft: (days: number) => void): Promise<void> {
  const socket = await connect({ baseUrl: url, token: secret, scopes: ["operator.admin"] });
  const secrets = new Map<string, string>();
  for (const key of keys) {
    const created = await socket.call("keys.create", key);
    secrets.set(key.name, created.secret);
  }
  socket.close();
  const ask = async (token: string, agentId: string, session: string, content: string): Promise<void> => {
    const client = createClient({ baseUrl: url, token, maxRetries: 0 });
    const messages = [{ role: "user" as const, content }];
    const options = { agent: agentId, sessionKey: session };
    await client.chat.completions.create({ model: "openclaw", messages }, options).catch(report);
  };
  const tokenOf = (name: string): string => secrets.get(name) ?? secret;
  for (let left = days - 1; left >= 0; left -= 1) {
    setDaysLeft(left);
    const count = 1 + ((left * 7) % 4);
    for (let index = 0; index < count; index += 1) {
      const question = questions[(left + index) % questions.length] ?? "";
      const [name, agentId] = (
        [
          ["website", "main"],
          ["operator", "main"],
          ["ci", "reviewer"],
          ["ada@example.com", "travel"],
        ] as const
      )[(left + index) % 4] ?? ["operator", "main"];
      await ask(tokenOf(name), agentId, `day-${left % 9}`, question);
    }
  }
  await ask(secret, "main", "space", "What takes space in the data folder?");
  await ask("not-a-key-of-this-gateway", "main", "space", "Hello!");
}

/** The second provider is down and one secret is wrong, so some calls fail. */
function report(error: unknown): void {
  if (process.env["DEBUG"] !== undefined) console.error(String(error));
}
