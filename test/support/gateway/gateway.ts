/** Starts a gateway inside the test's process, on 127.0.0.1 and a free port, with its own state folder. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject, onTestFinished } from "vitest";
import { Config, type ConfigInput } from "../../../contracts/config/config.ts";
import type { ModelCatalog } from "../../../server/agent/models/catalog.ts";
import type { Clock, NewId } from "../../../server/lib/ports.ts";
import type { ModelStream } from "../../../server/agent/types.ts";
import { toModel } from "../../../server/agent/models/model-stream.ts";
import { openConfigSource, type ConfigSource } from "../../../server/config/config-source.ts";
import { startGateway, type GatewayDeps } from "../../../server/gateway.ts";
import { randomId } from "../../../server/lib/ids.ts";
import { createLog } from "../../../server/lib/log.ts";
import { packageRoot } from "../../../server/lib/package.ts";
import { recordAnswers } from "./answer-recorder.ts";

export const token = "test-token-0123456789abcdef";

type InjectedDeps = Pick<
  GatewayDeps,
  | "createEngine"
  | "fetch"
  | "newSecret"
  | "responsesSocketLimits"
  | "socketLimits"
  | "streamTimes"
  | "webhookTimes"
>;

interface TestGatewayOptions extends InjectedDeps {
  /** Enables chat by default. */
  readonly config?: ConfigInput;
  /** Answers for every model reference; the configured models by default. */
  readonly model?: ModelStream;
  /** Whether it has a configuration file, in its state folder. It does not exist at first: it replaces `config`. */
  readonly hasConfigFile?: boolean;
  /** The shared secret; `token` by default. Undefined asks nobody for a credential. */
  readonly secret?: string | undefined;
  readonly stateDir?: string;
  readonly clock?: Clock;
  readonly newId?: NewId;
  /** 127.0.0.1 by default. */
  readonly host?: string;
  /** A free port by default. */
  readonly port?: number;
}

export interface TestGateway {
  readonly url: string;
  readonly stateDir: string;
  /** The log lines so far. */
  readonly log: string[];
  /** Reads the configuration file again. Resolves to true when it is applied. */
  reloadFile(): Promise<boolean>;
  /** Replaces the configuration, and the shared secret if one is given. */
  reload(config: ConfigInput, secret?: string): void;
  stop(): Promise<void>;
}

/** The gateway stops when the test finishes. */
export async function startTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const stateDir = options.stateDir ?? createTemporaryFolder();
  const config = Config.parse(withStore(options.config ?? chatConfig, stateDir));
  const log: string[] = [];
  const secret = "secret" in options ? options.secret : token;
  const { model, hasConfigFile = false, ...deps } = options;
  const configSource = hasConfigFile ? await openTestSource(stateDir, secret) : undefined;
  const gateway = await startGateway({
    ...deps,
    config,
    stateDir,
    configFile: join(stateDir, "openclaw.json"),
    home: stateDir,
    env: process.env,
    packageRoot,
    port: options.port ?? 0,
    host: options.host ?? "127.0.0.1",
    secret,
    ...(config.gateway.auth.mode !== undefined && { authMode: config.gateway.auth.mode }),
    clock: options.clock ?? Date.now,
    newId: options.newId ?? randomId,
    log: createLog({ level: "debug", format: "json" }, { writeLine: (line) => log.push(line) }),
    ...(configSource !== undefined && { configSource }),
    ...(model === undefined ? {} : { models: createSingleModelCatalog(model) }),
  });
  configSource?.start(
    (loaded) => {
      gateway.reload({ config: loaded.config });
      return [];
    },
    createLog({ level: "debug", format: "json" }, { writeLine: (line) => log.push(line) }),
  );
  const answers = recordAnswers(gateway.url);
  onTestFinished(async () => {
    await configSource?.close();
    await gateway.stop();
    expect(answers.undeclared, "what the contract does not declare").toEqual([]);
  });
  return {
    url: gateway.url,
    stop: gateway.stop,
    stateDir,
    log,
    reloadFile: () => configSource?.reload({ isForced: true }) ?? Promise.resolve(false),
    reload: (next, nextSecret = secret) =>
      gateway.reload({ config: Config.parse(withStore(next, stateDir)), secret: nextSecret }),
  };
}

/** The schema of the database that has the store of a state folder, in the project `postgres`. */
export const toGatewaySchema = (stateDir: string): string =>
  `gateway_${createHash("sha256").update(stateDir).digest("hex").slice(0, 24)}`;

function withStore(config: ConfigInput, stateDir: string): ConfigInput {
  const url = inject("postgresUrl");
  if (url === undefined || config.session?.store !== undefined) return config;
  const schema = toGatewaySchema(stateDir);
  return { ...config, session: { ...config.session, store: { type: "postgres", url, schema, poolSize: 4 } } };
}

const openTestSource = (stateDir: string, secret: string | undefined): Promise<ConfigSource> =>
  openConfigSource({
    env: { OPENCLAW_STATE_DIR: stateDir },
    home: stateDir,
    getCredential: () => secret,
    useLastGoodCopy: true,
    clock: Date.now,
  });

export const chatConfig: ConfigInput = {
  gateway: { http: { endpoints: { chatCompletions: { enabled: true } } } },
};

export const responsesConfig: ConfigInput = {
  gateway: { http: { endpoints: { responses: { enabled: true } } } },
};

/** Enables each endpoint that is off by default. */
export const allEndpoints = {
  chatCompletions: { enabled: true },
  responses: { enabled: true },
  messages: { enabled: true },
  embeddings: { enabled: true },
  mcp: { enabled: true },
} as const;

export function createTemporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "gateway-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** POSTs a chat request with the shared secret and the JSON content type. */
export function postChat(url: string, body: unknown, init: RequestInit = {}): Promise<Response> {
  const headers = {
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    ...(init.headers as Record<string, string> | undefined),
  };
  return fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    body: JSON.stringify(body),
    ...init,
    headers,
  });
}

/** Creates a chat body with one user message. */
export const createChatBody = (content: string, more: object = {}): object => ({
  model: "openclaw",
  messages: [{ role: "user", content }],
  ...more,
});

function createSingleModelCatalog(model: ModelStream): ModelCatalog {
  const get: ModelCatalog["get"] = (ref) => ({ ref, call: toModel(model) });
  return { get, find: get };
}
