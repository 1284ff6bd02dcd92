/** /v1/responses on a listening socket, over runs that the test writes itself. */
import { createResponse } from "../../contracts/http/responses/endpoint.ts";
import { listInputItems } from "../../contracts/http/responses/input-items.ts";
import { cancelResponse, deleteResponse, retrieveResponse } from "../../contracts/http/responses/stored.ts";
import type { Agent, Run, RunEvent } from "../../server/agent/types.ts";
import type { ResponseStore } from "../../server/agent/sessions/responses.ts";
import type { RouteRequest } from "../../server/agent/route.ts";
import { createDepartures, type Departures } from "../../server/http/departures.ts";
import { createResponsesHandler } from "../../server/http/responses/responses.ts";
import { createSeal, type Seal } from "../../server/http/responses/seal.ts";
import { createStoredHandlers } from "../../server/http/responses/stored.ts";
import { randomId } from "../../server/ids.ts";
import { serveContracts } from "./contract-server.ts";
import { openStore } from "./stores.ts";
import { testRun } from "./runs.ts";

type ScriptedRun = (run: Run) => AsyncIterable<RunEvent> | readonly RunEvent[];

interface DoorOptions {
  /** What the runs tell, one after the other; the last one again and again. */
  readonly runs: readonly ScriptedRun[];
  readonly store?: ResponseStore;
  readonly onDisconnect?: "abort" | "finish";
  readonly headersAfterMs?: number;
}

export interface ResponsesDoor {
  readonly url: string;
  readonly store: ResponseStore;
  /** The runs that were asked for, and how they were found. */
  readonly runs: readonly Run[];
  readonly routes: readonly RouteRequest[];
  readonly departures: Departures;
  readonly seal: Seal;
  post(body: object, init?: RequestInit): Promise<Response>;
}

export async function openResponsesDoor(options: DoorOptions): Promise<ResponsesDoor> {
  const store = options.store ?? (await openStore()).responses;
  const departures = createDepartures();
  const runs: Run[] = [];
  const aborts = new Map<string, AbortController>();
  const routes: RouteRequest[] = [];
  const seal = createSeal(Buffer.alloc(32, 7));
  const { agent, models } = testRun({ model: () => neverAsked() });
  const handler = createResponsesHandler({
    findRoute: (request) => {
      routes.push(request);
      const { sessionKey } = request;
      return {
        agent: agentNamed(agent, request.agentId ?? "main"),
        models,
        sessionKey: sessionKey && `agent:main:${sessionKey}`,
      };
    },
    runAgent: (asked) => {
      const script = options.runs[runs.length] ?? options.runs.at(-1);
      const controller = new AbortController();
      aborts.set(asked.id, controller);
      const run = { ...asked, signal: AbortSignal.any([asked.signal, controller.signal]) };
      runs.push(run);
      return listed(script?.(run) ?? []);
    },
    store,
    readAttachments: (attachments) =>
      Promise.resolve(attachments.map(({ kind, param }) => [{ type: "text", text: `${kind} at ${param}` }])),
    seal,
    detach: departures.detach,
    onDisconnect: options.onDisconnect ?? "abort",
    ttlMs: 3_600_000,
    clock: Date.now,
    newId: randomId,
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  });
  const stored = createStoredHandlers({
    store,
    abort(id) {
      aborts.get(id)?.abort();
      return aborts.has(id);
    },
  });
  const served = [createResponse, retrieveResponse, deleteResponse, cancelResponse, listInputItems];
  const handlers: Readonly<Record<string, unknown>> = { ...stored, createResponse: handler };
  const { headersAfterMs } = options;
  const each = served.map((endpoint) => ({ endpoint, handler: handlers[endpoint.id] }));
  const base = await serveContracts(each, {
    departures,
    ...(headersAfterMs === undefined ? {} : { stream: { headersAfterMs } }),
  });
  return {
    url: base,
    store,
    runs,
    routes,
    departures,
    seal,
    post: (body, { headers, ...init } = {}) =>
      fetch(`${base}/v1/responses`, {
        method: "POST",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json", ...(headers as Record<string, string> | undefined) },
        ...init,
      }),
  };
}

async function* listed(events: AsyncIterable<RunEvent> | readonly RunEvent[]): AsyncGenerator<RunEvent> {
  yield* events;
}

const agentNamed = (agent: Agent, id: string): Agent => ({ ...agent, id });

function neverAsked(): never {
  throw new Error("no model is asked");
}
