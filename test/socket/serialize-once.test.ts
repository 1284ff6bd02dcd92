/** A result is serialized once, whether it is only sent, or also stored for its idempotency key. */
import { expect, test } from "vitest";
import { createDispatch, type Dispatch } from "../../server/socket/dispatch.ts";
import type { Caller, MethodHandlers } from "../../server/socket/handler.ts";
import { createIdempotency } from "../../server/socket/idempotency.ts";
import { createToolMethods } from "../../server/socket/methods/tools.ts";
import { createSubscriptions } from "../../server/socket/subscriptions.ts";
import { createInFlightRequests } from "../../server/transport/in-flight.ts";
import { createScriptedModel } from "../support/providers/scripted-model.ts";
import { createTestRun } from "../support/runs/runs.ts";
import { openStore } from "../support/runs/stores.ts";

const nothing = (): void => {};
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const signal = new AbortController().signal;
const caller: Caller = {
  connId: "c1",
  credential: { name: "alice", scopes: ["operator.admin"], revoked: signal, countRequest: nothing },
  scopes: ["operator.admin"],
  subscriptions: createSubscriptions(),
};

function createTestDispatch(handlers: Partial<MethodHandlers>): Dispatch {
  return createDispatch({
    handlers: handlers as MethodHandlers,
    maxReplyBytes: 1_000_000,
    isStopping: () => false,
    newId: (prefix) => `${prefix}1`,
    log,
  });
}

/** Calls a method and returns its result. */
async function call(dispatch: Dispatch, method: string, params: unknown): Promise<unknown> {
  const results: unknown[] = [];
  await dispatch({ id: "1", method, params }, caller, {
    getSignal: () => signal,
    sendResult: (_, payload) => results.push(JSON.parse(payload)),
    sendError: (_, error) => results.push(error),
    sendEvent: () => true,
    sendUnsequenced: nothing,
    close: nothing,
  });
  return results.at(-1);
}

/** A value that counts how often it is serialized. */
function createCounter(): { count: number; toJSON(): string } {
  return {
    count: 0,
    toJSON() {
      this.count += 1;
      return "value";
    },
  };
}

test("the result of a method that stores nothing", async () => {
  const counter = createCounter();
  const dispatch = createTestDispatch({
    "config.get": () => ({ valid: true, config: { counter }, hash: "h", issues: [] }),
  });
  expect(await call(dispatch, "config.get", {})).toMatchObject({ config: { counter: "value" } });
  expect(counter.count).toBe(1);
});

test("the result of a method that stores it, and the result of the repeated call", async () => {
  const store = await openStore();
  const counter = createCounter();
  const { agent, models } = createTestRun({ model: createScriptedModel([]) });
  const tools = createToolMethods({
    findRoute: () => ({ agent, models, sessionKey: undefined }),
    registry: { listAllTools: () => Promise.reject(new Error("not called")) } as never,
    invoke: () => Promise.resolve({ output: { content: [], isError: false, details: { counter } } } as never),
    claimKey: createIdempotency(store.idempotency, log),
    inFlight: createInFlightRequests(),
    listMcpServers: () => Promise.resolve([]),
  });
  const dispatch = createTestDispatch(tools);
  const params = { name: "exec", idempotencyKey: "k1" };
  const first = await call(dispatch, "tools.invoke", params);
  expect(first).toMatchObject({ ok: true, output: { details: { counter: "value" } } });
  expect(await call(dispatch, "tools.invoke", params)).toEqual(first);
  expect(counter.count).toBe(1);
});
