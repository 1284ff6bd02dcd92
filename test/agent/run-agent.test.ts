import { toModel } from "../../server/agent/models/model-stream.ts";
import { setImmediate as nextTurnOfEventLoop, setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { calls, ends, fails, refuses, says, thinks } from "../../contracts/examples/script.ts";
import type { ModelStream, ToolDefinition } from "../../server/agent/types.ts";
import type { Entry, SessionStore } from "../../server/agent/sessions/store.ts";
import { GatewayError } from "../../server/lib/errors.ts";
import {
  assistantTurn,
  collectEvents,
  findEnd,
  toolTurn,
  createTestRun,
  createTestRunner,
  joinText,
  userTurn,
  foldEvents,
} from "../support/runs/runs.ts";
import {
  finishEvent,
  createGatedModel,
  createScriptedModel,
  createModelSequence,
} from "../support/providers/scripted-model.ts";

const look: ToolDefinition = { name: "look" };
const find: ToolDefinition = { name: "find" };

describe("one step", () => {
  test("text, thinking and refusal pass through, and one end comes last with the usage", async () => {
    const { runAgent } = createTestRunner();
    const model = createScriptedModel([
      thinks("hm"),
      says("hel"),
      says("lo"),
      refuses("no"),
      ends({ input: 3, output: 2, reasoning: 1 }),
    ]);
    const events = await collectEvents(runAgent(createTestRun({ model })));
    expect(events.map(({ type }) => type)).toEqual([
      "start",
      "thinking",
      "text",
      "text",
      "refusal",
      "step",
      "end",
    ]);
    expect(findEnd(events)).toMatchObject({ reason: "stop", usage: { input: 3, output: 2, reasoning: 1 } });
  });

  test("a whole reply is the fold of the same events", async () => {
    const { runAgent } = createTestRunner();
    const model = createScriptedModel([says("hel"), says("lo"), calls("c1", "look", '{"a":', "1}")]);
    expect(await foldEvents(runAgent(createTestRun({ model, tools: [look] })))).toMatchObject({
      text: "hello",
      calls: [{ id: "c1", name: "look", arguments: '{"a":1}' }],
      reason: "tool_calls",
    });
  });

  test("the system prompt is the agent's, then the run's", async () => {
    const { model, modelCalls } = createModelSequence([says("ok")]);
    const run = createTestRun({ model, agent: { instructions: "Be kind." }, instructions: "Be short." });
    await collectEvents(createTestRunner().runAgent(run));
    expect(modelCalls[0]?.system).toBe("Be kind.\n\nBe short.");
  });

  test("an error of the model is the end, not an exception", async () => {
    const events = await collectEvents(
      createTestRunner().runAgent(
        createTestRun({ model: createScriptedModel([fails("upstream_error", "down")]) }),
      ),
    );
    expect(events.map(({ type }) => type)).toEqual(["start", "end"]);
    expect(findEnd(events)).toMatchObject({ reason: "error", error: { code: "upstream_error" } });
  });

  test("a model that ends without finishing was cut", async () => {
    const model: ModelStream = async function* cut() {
      yield { type: "text", text: "hel" };
    };
    const events = await collectEvents(createTestRunner().runAgent(createTestRun({ model })));
    expect(joinText(events)).toBe("hel");
    expect(findEnd(events).error?.code).toBe("upstream_protocol");
  });

  test("a model that throws is an internal error whose text is not shown", async () => {
    const model: ModelStream = async function* broken() {
      yield finishEvent;
      throw new Error("unreachable");
    };
    const thrower: ModelStream = () => {
      throw new Error("secret detail");
    };
    expect(findEnd(await collectEvents(createTestRunner().runAgent(createTestRun({ model })))).reason).toBe(
      "stop",
    );
    const { error } = findEnd(
      await collectEvents(createTestRunner().runAgent(createTestRun({ model: thrower }))),
    );
    expect(error?.code).toBe("internal_error");
    expect(error?.message).not.toContain("secret detail");
  });
});

describe("the client's tools", () => {
  test("a call ends the run, its arguments in fragments as they came", async () => {
    const model = createScriptedModel([
      says("let me see"),
      calls("c1", "look", '{"at"', ':"it"}'),
      calls("c2", "find", "{}"),
    ]);
    const events = await collectEvents(
      createTestRunner().runAgent(createTestRun({ model, tools: [look, find] })),
    );
    expect(events.filter(({ type }) => type.startsWith("tool_call"))).toEqual([
      { type: "tool_call", index: 0, id: "c1", name: "look" },
      { type: "tool_call_arguments", index: 0, fragment: '{"at"' },
      { type: "tool_call_arguments", index: 0, fragment: ':"it"}' },
      { type: "tool_call", index: 1, id: "c2", name: "find" },
      { type: "tool_call_arguments", index: 1, fragment: "{}" },
    ]);
    expect(findEnd(events).reason).toBe("tool_calls");
  });

  test("a result goes to the model bound to its call", async () => {
    const { model, modelCalls } = createModelSequence([says("42")]);
    const turns = [userTurn("a"), assistantTurn("", "c1"), toolTurn("c1", "42")];
    await collectEvents(createTestRunner().runAgent(createTestRun({ model, turns, tools: [look] })));
    expect(modelCalls[0]?.turns).toEqual(turns);
  });

  test("a result for an unknown call is an error", async () => {
    const turns = [userTurn("a"), toolTurn("c9", "42")];
    const events = await collectEvents(
      createTestRunner().runAgent(createTestRun({ model: createScriptedModel([]), turns })),
    );
    expect(findEnd(events).error).toMatchObject({ code: "unknown_tool_call_id", param: "messages[1]" });
  });

  test("ids that are missing or taken are replaced", async () => {
    const model = createScriptedModel([
      calls("", "look", "{}"),
      calls("c1", "look", "{}"),
      calls("c1", "look", "{}"),
    ]);
    const turns = [userTurn("a"), assistantTurn("", "c1"), toolTurn("c1", "42")];
    const answer = await foldEvents(
      createTestRunner().runAgent(createTestRun({ model, turns, tools: [look] })),
    );
    const ids = answer.calls.map(({ id }) => id);
    expect(new Set([...ids, "c1"]).size).toBe(4);
  });

  test("none offers no tools and takes no calls", async () => {
    const { model, modelCalls } = createModelSequence([says("no"), calls("c1", "look", "{}")]);
    const folded = await foldEvents(
      createTestRunner().runAgent(createTestRun({ model, tools: [look], toolChoice: "none" })),
    );
    expect(modelCalls[0]).toMatchObject({ tools: [], toolChoice: "none" });
    expect(folded).toMatchObject({ text: "no", calls: [], reason: "stop" });
  });

  test("one at a time means that further calls are dropped", async () => {
    const model = createScriptedModel([calls("c1", "look", "{}"), calls("c2", "find", "{}")]);
    const run = createTestRun({ model, tools: [look, find], parallelToolCalls: false });
    expect((await foldEvents(createTestRunner().runAgent(run))).calls.map(({ id }) => id)).toEqual(["c1"]);
  });

  test("a forced tool: calls of others are dropped, and none at all is an error", async () => {
    const forced = { tools: [look, find], toolChoice: { name: "find" } } as const;
    const both = createScriptedModel([calls("c1", "look", "{}"), calls("c2", "find", "{}")]);
    const folded = await foldEvents(createTestRunner().runAgent(createTestRun({ model: both, ...forced })));
    expect(folded.calls.map(({ name }) => name)).toEqual(["find"]);
    const none = createScriptedModel([says("I would rather not")]);
    const events = await collectEvents(
      createTestRunner().runAgent(createTestRun({ model: none, ...forced })),
    );
    expect(findEnd(events).error).toMatchObject({ code: "upstream_protocol", retry: false });
  });
});

test("a forced tool that the token limit cuts short is no broken promise", async () => {
  const model = createScriptedModel([says("I would ca"), ends({ input: 1, output: 4 }, "length")]);
  const run = createTestRun({ model, tools: [look], toolChoice: "required" });
  expect((await foldEvents(createTestRunner().runAgent(run))).reason).toBe("length");
});

describe("fallback", () => {
  /** Fails so many times, then answers; counts its calls. */
  const failing = (times: number, error: GatewayError): { readonly model: ModelStream; calls: number } => {
    const failingModel = {
      calls: 0,
      model: async function* play(call, signal) {
        failingModel.calls += 1;
        if (failingModel.calls > times) yield* createScriptedModel([says("hi")])(call, signal);
        else yield { type: "error", error };
      } satisfies ModelStream,
    };
    return failingModel;
  };

  test("a provider's 5xx is tried once more", async () => {
    const once = failing(1, new GatewayError("upstream_error", "down"));
    const events = await collectEvents(createTestRunner().runAgent(createTestRun({ model: once.model })));
    expect(joinText(events)).toBe("hi");
    const always = failing(9, new GatewayError("upstream_error", "down"));
    expect(
      findEnd(await collectEvents(createTestRunner().runAgent(createTestRun({ model: always.model })))).error
        ?.code,
    ).toBe("upstream_error");
    expect(always.calls).toBe(2);
  });

  test("a provider that failed is left alone for a while, longer each time, then asked again", async () => {
    let now = 0;
    const { runAgent } = createTestRunner(undefined, () => now);
    const first = failing(3, new GatewayError("upstream_unreachable", "down"));
    const spare = { ref: "other/spare", call: toModel(createScriptedModel([says("spare")])) };
    const ask = async (): Promise<string> => {
      const run = createTestRun({ model: first.model });
      return joinText(await collectEvents(runAgent({ ...run, models: [...run.models, spare] })));
    };
    const after = async (minutes: number, calls: number): Promise<void> => {
      now += minutes * 60_000;
      await ask();
      expect(first.calls).toBe(calls);
    };
    await after(0, 1);
    await after(0.9, 1);
    await after(0.2, 2);
    await after(4, 2);
    await after(2, 3);
    await after(24, 3);
    now += 2 * 60_000;
    expect(await ask()).toBe("hi");
    await after(0, 5);
  });

  test("runs that fail together count as one failure", async () => {
    let now = 0;
    const { runAgent } = createTestRunner(undefined, () => now);
    const down = failing(4, new GatewayError("upstream_unreachable", "down"));
    const spare = { ref: "other/spare", call: toModel(createScriptedModel([says("spare")])) };
    const run = createTestRun({ model: down.model });
    const models = [...run.models, spare];
    await Promise.all(Array.from({ length: 4 }, () => collectEvents(runAgent({ ...run, models }))));
    now = 61_000;
    expect(joinText(await collectEvents(runAgent({ ...run, models })))).toBe("hi");
  });

  test("a failure in the middle of an answer counts too", async () => {
    const { runAgent } = createTestRunner();
    const midway = {
      calls: 0,
      model: createScriptedModel([says("hel"), fails("upstream_protocol", "cut")], () => (midway.calls += 1)),
    };
    const spare = { ref: "other/spare", call: toModel(createScriptedModel([says("spare")])) };
    const run = createTestRun({ model: midway.model });
    const models = [...run.models, spare];
    expect(findEnd(await collectEvents(runAgent({ ...run, models }))).reason).toBe("error");
    expect(joinText(await collectEvents(runAgent({ ...run, models })))).toBe("spare");
    expect(midway.calls).toBe(1);
  });

  test("the time that a provider asks for is kept to", async () => {
    let now = 0;
    const { runAgent } = createTestRunner(undefined, () => now);
    const limited = failing(1, new GatewayError("rate_limit_exceeded", "slow", { retryAfterSeconds: 7 }));
    const spare = { ref: "other/spare", call: toModel(createScriptedModel([says("spare")])) };
    const run = createTestRun({ model: limited.model });
    const models = [...run.models, spare];
    expect(joinText(await collectEvents(runAgent({ ...run, models })))).toBe("spare");
    now = 6_900;
    expect(joinText(await collectEvents(runAgent({ ...run, models })))).toBe("spare");
    now = 7_100;
    expect(joinText(await collectEvents(runAgent({ ...run, models })))).toBe("hi");
  });

  test("a provider that cools down is asked all the same when there is no other", async () => {
    const down = failing(2, new GatewayError("upstream_unreachable", "down"));
    const { runAgent } = createTestRunner();
    for (let i = 0; i < 2; i++) await collectEvents(runAgent(createTestRun({ model: down.model })));
    expect(joinText(await collectEvents(runAgent(createTestRun({ model: down.model }))))).toBe("hi");
  });

  const broken = createScriptedModel([fails("upstream_unreachable", "down")]);

  test("the next model is tried while nothing has been shown", async () => {
    const run = createTestRun({ model: broken, fallbacks: [broken, createScriptedModel([says("hi")])] });
    const { runAgent, lines } = createTestRunner();
    const events = await collectEvents(runAgent(run));
    expect(events.map(({ type }) => type)).toEqual(["start", "fallback", "fallback", "text", "step", "end"]);
    expect(lines.at(-1)).toMatchObject({ model: "test/2", outcome: "stop" });
  });

  test("not after the first content, and not for a request that every model would refuse", async () => {
    const spare = createScriptedModel([says("hi")]);
    const midway = createScriptedModel([says("hel"), fails("upstream_error", "down")]);
    const refused = createScriptedModel([fails("upstream_rejected", "bad picture")]);
    for (const model of [midway, refused]) {
      const events = await collectEvents(
        createTestRunner().runAgent(createTestRun({ model, fallbacks: [spare] })),
      );
      expect(findEnd(events).reason).toBe("error");
    }
  });
});

describe("a stored conversation", () => {
  /** A store of one session. `commit` gets the number of the commit that stores entries. */
  const lease = (commit: (count: number) => Promise<void>): SessionStore => {
    let count = 0;
    const append = async (entries: readonly Entry[] = []): Promise<void> => {
      if (entries.length > 0) await commit((count += 1));
    };
    return {
      acquire: async (_key, _owner, getFirstEntries = () => []) => {
        await append(getFirstEntries([], []));
        return { credential: "operator", entries: [], append, release: append };
      },
      close: () => Promise.resolve(),
    };
  };
  const full = (): Promise<void> => Promise.reject(new GatewayError("storage_unavailable", "full"));

  test("that cannot be stored costs nothing: no model is asked", async () => {
    const { model, modelCalls } = createModelSequence([says("hi")]);
    const run = createTestRun({ model, sessionKey: "agent:main:k" });
    const { error } = findEnd(await collectEvents(createTestRunner(lease(full)).runAgent(run)));
    expect(error).toMatchObject({ code: "storage_unavailable", retry: true });
    expect(modelCalls).toHaveLength(0);
  });

  test("that cannot be stored after the model has answered must not be asked again", async () => {
    const later = lease((count) => (count === 1 ? Promise.resolve() : full()));
    const run = createTestRun({ model: createScriptedModel([says("hi")]), sessionKey: "agent:main:k" });
    const { error } = findEnd(await collectEvents(createTestRunner(later).runAgent(run)));
    expect(error).toMatchObject({ code: "storage_unavailable", retry: false });
  });

  test("the wait for a session takes nothing of the time that the run has", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const slow: ModelStream = async function* slow() {
      await new Promise((resolve) => setTimeout(resolve, 60));
      yield finishEvent;
    };
    const { runAgent } = createTestRunner(lease(() => Promise.resolve()));
    // Together they take twice the time that one of them has: who waits too long is refused, nobody is cut.
    const runs = Array.from({ length: 16 }, () =>
      createTestRun({ model: slow, sessionKey: "agent:main:k", agent: { timeoutSeconds: 0.5 } }),
    );
    const reasons: string[] = [];
    const work = runs.map(async (run) => {
      const { error, reason } = findEnd(await collectEvents(runAgent(run)));
      reasons.push(error?.code ?? reason);
    });
    while (reasons.length < runs.length) {
      vi.advanceTimersByTime(1);
      await nextTurnOfEventLoop();
    }
    await Promise.all(work);
    expect(new Set(reasons)).toEqual(new Set(["stop", "session_busy"]));
  });
});

describe("time and abort", () => {
  test("the caller's leaving reaches the model and ends the run as aborted", async () => {
    const gated = createGatedModel();
    const caller = new AbortController();
    const { runAgent, lines } = createTestRunner();
    const running = collectEvents(runAgent(createTestRun({ model: gated.model, signal: caller.signal })));
    const { signal } = await gated.waitForCall();
    gated.emit({ type: "text", text: "hel" });
    await sleep(5);
    caller.abort();
    expect(findEnd(await running)).toMatchObject({ reason: "aborted" });
    expect(signal.aborted).toBe(true);
    expect(lines[0]).toMatchObject({ outcome: "aborted", runId: expect.any(String) as string });
  });

  test("a stop of the gateway is an error with the reason that it gives", async () => {
    const gated = createGatedModel();
    const gateway = new AbortController();
    const running = collectEvents(
      createTestRunner().runAgent(createTestRun({ model: gated.model, signal: gateway.signal })),
    );
    await gated.waitForCall();
    gateway.abort(new GatewayError("shutting_down", "stopping"));
    expect(findEnd(await running).error?.code).toBe("shutting_down");
  });

  test("a run that takes too long is ended", async () => {
    const gated = createGatedModel();
    const run = createTestRun({ model: gated.model, agent: { timeoutSeconds: 0.02 } });
    expect(findEnd(await collectEvents(createTestRunner().runAgent(run))).error?.code).toBe("run_timeout");
  });

  test("one line of the log a run, with figures and without words", async () => {
    const { runAgent, lines } = createTestRunner();
    await collectEvents(
      runAgent(
        createTestRun({ model: createScriptedModel([says("classified"), ends({ input: 7, output: 5 })]) }),
      ),
    );
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      requestId: "req_test",
      credential: "operator",
      agent: "main",
      inputTokens: 7,
      outputTokens: 5,
      outcome: "stop",
    });
    expect(JSON.stringify(lines)).not.toContain("classified");
  });
});
