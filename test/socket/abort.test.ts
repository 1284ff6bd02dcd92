/** `chat.abort` when the session store fails. */
import { expect, test } from "vitest";
import { createRunningRuns } from "../../server/agent/running-runs.ts";
import { GatewayError } from "../../server/lib/errors.ts";
import { createRunMethods } from "../../server/socket/methods/runs.ts";
import { createSubscriptions } from "../../server/socket/subscriptions.ts";

const nothing = (): void => {};
const storeFailure = new GatewayError("storage_unavailable", "The session store cannot be read.");

/** Calls `chat.abort` as `name`. `started` are the credentials of the runs that are waiting to start. */
function abort(
  name: string,
  find: () => Promise<never>,
  params: { sessionKey: string; runId?: string },
  started: readonly string[] = [],
) {
  const methods = createRunMethods({
    runs: {
      start: () => Promise.reject(new Error("not called")),
      abort: (matches) =>
        started.filter((credential) =>
          matches({ id: "r1", credential, sessionKey: `agent:main:key:${name}:a` }),
        ),
    },
    outcomes: { wait: () => Promise.resolve(undefined) },
    running: createRunningRuns({ debug: nothing, info: nothing, warn: nothing, error: nothing }),
    runList: { list: () => [] },
    abortElsewhere: () => Promise.resolve([]),
    sessions: { find, list: () => Promise.resolve([]) },
    getDefaultAgentId: () => "main",
    clock: Date.now,
  });
  const signal = new AbortController().signal;
  return Promise.resolve(
    methods["chat.abort"]({
      params,
      caller: {
        connId: "c1",
        credential: { name, scopes: ["operator.write"], revoked: signal, countRequest: () => {} },
        scopes: ["operator.write"],
        subscriptions: createSubscriptions(),
      },
      requestId: "req_1",
      getSignal: () => signal,
      accept: () => Promise.resolve(),
    }),
  );
}

const fail = (): Promise<never> => Promise.reject(storeFailure);

test("a store failure is not reported as a session of another credential", async () => {
  await expect(abort("alice", fail, { sessionKey: "a" })).rejects.toBe(storeFailure);
  await expect(abort("alice", fail, { sessionKey: "a", runId: "r1" }, ["bob"])).rejects.toBe(storeFailure);
});

test("a session that does not exist has no runs to abort", async () => {
  const notFound = () => Promise.reject(new GatewayError("session_not_found", "No such session."));
  const result = await abort("alice", notFound, { sessionKey: "a" }, ["bob"]);
  expect(result).toEqual({ ok: true, aborted: false, runIds: [] });
});

test("a caller aborts its own run by id also when the store fails", async () => {
  const result = await abort("alice", fail, { sessionKey: "a", runId: "r1" }, ["alice"]);
  expect(result).toEqual({ ok: true, aborted: true, runIds: ["r1"] });
});
