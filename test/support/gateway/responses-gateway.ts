/** Starts a gateway whose runs are scripted by the test. Only `runAgent` is replaced: no model is asked. */
import { createEngine, type Engine } from "../../../server/engine.ts";
import type { RouteRequest } from "../../../server/agent/route.ts";
import type { RunningRuns } from "../../../server/agent/running-runs.ts";
import type { ResponseStore } from "../../../server/agent/sessions/responses.ts";
import type { Run, RunAgent, RunEvent } from "../../../server/agent/types.ts";
import { startTestGateway } from "./gateway.ts";

type ScriptedRun = (run: Run) => AsyncIterable<RunEvent> | readonly RunEvent[];

interface ResponsesGatewayOptions {
  /** The events of each run in order; the last script repeats. */
  readonly runs: readonly ScriptedRun[];
  /** Replaces members of the gateway's response store. */
  readonly replaceStore?: (store: ResponseStore) => ResponseStore;
  readonly onDisconnect?: "abort" | "finish";
  readonly headersAfterMs?: number;
}

export interface ResponsesGateway {
  /** Requests need no credential. */
  readonly url: string;
  readonly store: ResponseStore;
  /** The runs that were started. */
  readonly runs: readonly Run[];
  /** The requests that were routed to an agent. */
  readonly routes: readonly RouteRequest[];
  post(body: object, init?: RequestInit): Promise<Response>;
  /** Aborts what is in flight and closes everything. */
  stop(): Promise<void>;
}

export async function startResponsesGateway(options: ResponsesGatewayOptions): Promise<ResponsesGateway> {
  const { replaceStore = (store) => store, headersAfterMs } = options;
  const runs: Run[] = [];
  const routes: RouteRequest[] = [];
  const created = Promise.withResolvers<ResponseStore>();
  const { url, stop } = await startTestGateway({
    config: {
      gateway: {
        http: {
          endpoints: { responses: { enabled: true } },
          onDisconnect: options.onDisconnect ?? "abort",
        },
        limits: { drainMs: 1 },
      },
      agents: { defaults: { models: { "a/b": {} } }, list: [{ id: "main" }, { id: "coder" }] },
    },
    secret: undefined,
    model: () => {
      throw new Error("no model is asked");
    },
    ...(headersAfterMs === undefined ? {} : { streamTimes: { headersAfterMs } }),
    async createEngine(deps): Promise<Engine> {
      const engine = await createEngine(deps);
      const responses = replaceStore(engine.store.responses);
      created.resolve(responses);
      return {
        ...engine,
        store: { ...engine.store, responses },
        findRoute: (request) => {
          routes.push(request);
          return engine.findRoute(request);
        },
        runAgent: createScriptedRunAgent(options.runs, runs, engine.running),
      };
    },
  });
  return {
    url,
    stop,
    store: await created.promise,
    runs,
    routes,
    post: (body, { headers, ...init } = {}) =>
      fetch(`${url}/v1/responses`, {
        method: "POST",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json", ...(headers as Record<string, string> | undefined) },
        ...init,
      }),
  };
}

/** Appends every run to `runs`. */
function createScriptedRunAgent(
  scripts: readonly ScriptedRun[],
  runs: Run[],
  running: RunningRuns,
): RunAgent {
  return async (request, sink) => {
    const script = scripts[runs.length] ?? scripts.at(-1);
    const controller = new AbortController();
    const run = { ...request, signal: AbortSignal.any([request.signal, controller.signal]) };
    const handle = running.add(request, () => controller.abort());
    runs.push(run);
    try {
      for await (const event of script?.(run) ?? []) {
        sink.emit(event);
        await sink.ready?.();
        if (event.type === "end") return;
        if (run.signal.aborted) return sink.emit({ type: "end", reason: "aborted", usage: undefined });
      }
    } finally {
      handle.remove();
    }
  };
}
