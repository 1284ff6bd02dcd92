/** What becomes of an idempotency key whose run cannot begin. */
import { expect, test } from "vitest";
import { says } from "../../contracts/examples/script.ts";
import { GatewayError } from "../../server/errors.ts";
import { createDepartures } from "../../server/http/departures.ts";
import { createRuns } from "../../server/socket/begin-run.ts";
import { createClaim } from "../../server/socket/claims.ts";
import { testRun, testRunner } from "../support/runs.ts";
import { scriptedModel } from "../support/scripted-model.ts";
import { add, openStore, owner, said, sessionKey } from "../support/stores.ts";

test("a run that could not be looked up is begun when it is asked for again", async () => {
  const store = await openStore();
  await add(store, sessionKey, said("hello"));
  const { agent, models } = testRun({ model: scriptedModel([says("hi")]) });
  const nothing = (): void => {};
  let fails = true;
  const runs = createRuns({
    findRoute: () => ({ agent, models, sessionKey }),
    runAgent: testRunner(store).runAgent,
    readAttachments: () => Promise.resolve([]),
    claim: createClaim(store.idempotency, { debug: nothing, info: nothing, warn: nothing, error: nothing }),
    sessions: {
      ...store.sessions,
      entriesAfter: (...asked) =>
        fails
          ? Promise.reject(new GatewayError("storage_unavailable", "not now"))
          : store.sessions.entriesAfter(...asked),
    },
    departures: createDepartures(),
    clock: Date.now,
  });
  const asked = {
    method: "agent",
    params: { message: "hello", idempotencyKey: "1" },
    sessionKey,
    timeoutSeconds: undefined,
    credential: owner.credential,
    ended: new AbortController().signal,
    requestId: "req_1",
  };
  await expect(runs.begin(asked)).rejects.toThrow("not now");
  fails = false;
  expect(await runs.begin(asked)).toMatchObject({ state: "begun" });
});
