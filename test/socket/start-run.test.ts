/** An idempotency key whose run cannot start. */
import { expect, test } from "vitest";
import { says } from "../../contracts/examples/script.ts";
import { GatewayError } from "../../server/lib/errors.ts";
import { createInFlightRequests } from "../../server/transport/in-flight.ts";
import { createRuns } from "../../server/socket/start-run.ts";
import { createIdempotency } from "../../server/socket/idempotency.ts";
import { createTestRun, createTestRunner } from "../support/runs/runs.ts";
import { createScriptedModel } from "../support/providers/scripted-model.ts";
import { appendEntries, openStore, owner, userEntry, sessionKey } from "../support/runs/stores.ts";

test.each(["find", "entriesAfter"] as const)(
  "a failing %s of the store fails the call, and the next call starts the run",
  async (failing) => {
    const store = await openStore();
    await appendEntries(store, sessionKey, userEntry("hello"));
    const { agent, models } = createTestRun({ model: createScriptedModel([says("hi")]) });
    const nothing = (): void => {};
    let isFailing = true;
    const runs = createRuns({
      findRoute: () => ({ agent, models, sessionKey }),
      runAgent: createTestRunner(store).pushRun,
      readAttachments: () => () => Promise.resolve([]),
      claimKey: createIdempotency(store.idempotency, {
        debug: nothing,
        info: nothing,
        warn: nothing,
        error: nothing,
      }),
      sessions: {
        ...store.sessions,
        [failing]: (...args: readonly never[]): unknown =>
          isFailing
            ? Promise.reject(new GatewayError("storage_unavailable", "not now"))
            : (store.sessions[failing] as (...args: readonly never[]) => unknown)(...args),
      },
      inFlight: createInFlightRequests(),
      clock: Date.now,
    });
    const request = {
      method: "agent",
      params: { message: "hello", idempotencyKey: "1" },
      sessionKey,
      timeoutSeconds: undefined,
      credential: owner.credential,
      revoked: new AbortController().signal,
      requestId: "req_1",
    };
    await expect(runs.start(request)).rejects.toMatchObject({ code: "storage_unavailable" });
    isFailing = false;
    expect(await runs.start(request)).toMatchObject({ state: "started" });
  },
);
