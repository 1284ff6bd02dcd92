/** A listening gateway inside the test's process: on 127.0.0.1 and a free port, with a state folder of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { Config, type ConfigInput } from "../../contracts/config/config.ts";
import type { ModelCatalog } from "../../server/agent/models/catalog.ts";
import type { Clock, Model, NewId } from "../../server/agent/types.ts";
import type { GuardedFetch } from "../../server/fetch/guarded-fetch.ts";
import { startGateway } from "../../server/gateway.ts";
import { randomId } from "../../server/ids.ts";
import { createLog } from "../../server/log.ts";
import { packageRoot } from "../../server/package.ts";
import type { ResponsesSocketLimits } from "../../server/socket/responses/limits.ts";
import type { SocketLimits } from "../../server/socket/limits.ts";

export const token = "test-token-0123456789abcdef";

interface TestGatewayOptions {
  /** Chat is switched on unless it says otherwise. */
  readonly config?: ConfigInput;
  /** Answers for every model reference; by default the configured ones do. */
  readonly model?: Model;
  /** Fetches addresses; by default public ones only, so none that a test could serve. */
  readonly fetch?: GuardedFetch;
  readonly secret?: string | undefined;
  readonly stateDir?: string;
  readonly clock?: Clock;
  readonly newId?: NewId;
  /** Of named keys; random unless it is told. */
  readonly newSecret?: () => string;
  readonly socketLimits?: Partial<SocketLimits>;
  readonly responsesSocketLimits?: Partial<ResponsesSocketLimits>;
  /** Any free one unless it is told. */
  readonly port?: number;
}

export interface TestGateway {
  readonly url: string;
  readonly stateDir: string;
  /** Lines of the log so far. */
  readonly log: string[];
  stop(): Promise<void>;
}

/** Stopped when the test has finished, whatever its end. */
export async function startTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const config = Config.parse(options.config ?? chatOn);
  const stateDir = options.stateDir ?? temporaryFolder();
  const log: string[] = [];
  const { model } = options;
  const gateway = await startGateway({
    config,
    stateDir,
    configFile: join(stateDir, "openclaw.json"),
    home: stateDir,
    env: process.env,
    packageRoot,
    port: options.port ?? 0,
    host: "127.0.0.1",
    secret: "secret" in options ? options.secret : token,
    clock: options.clock ?? Date.now,
    newId: options.newId ?? randomId,
    log: createLog({ level: "debug", format: "json" }, (line) => log.push(line)),
    ...(model === undefined ? {} : { models: oneModel(model) }),
    ...(options.newSecret === undefined ? {} : { newSecret: options.newSecret }),
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
    ...(options.socketLimits === undefined ? {} : { socketLimits: options.socketLimits }),
    ...(options.responsesSocketLimits === undefined
      ? {}
      : { responsesSocketLimits: options.responsesSocketLimits }),
  });
  onTestFinished(() => gateway.stop());
  return { url: gateway.url, stop: gateway.stop, stateDir, log };
}

export const chatOn: ConfigInput = {
  gateway: { http: { endpoints: { chatCompletions: { enabled: true } } } },
};

export const responsesOn: ConfigInput = {
  gateway: { http: { endpoints: { responses: { enabled: true } } } },
};

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "gateway-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** POSTs a chat request with the right credential and content type. */
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

/** A chat body with one question. */
export const ask = (content: string, more: object = {}): object => ({
  model: "openclaw",
  messages: [{ role: "user", content }],
  ...more,
});

function oneModel(model: Model): ModelCatalog {
  return { get: (ref) => ({ ref, call: model }) };
}
