import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { calls, ends, fails, refuses, says, thinks } from "../../contracts/examples/script.ts";
import { foldRun } from "../../server/agent/fold.ts";
import type { Model, ToolDefinition } from "../../server/agent/types.ts";
import type { SessionStore } from "../../server/agent/sessions/store.ts";
import { GatewayError } from "../../server/errors.ts";
import { assistant, collect, last, result, testRun, testRunner, texts, user } from "../support/runs.ts";
import { finish, gatedModel, scriptedModel, sequence } from "../support/scripted-model.ts";

const look: ToolDefinition = { name: "look" };
const find: ToolDefinition = { name: "find" };

describe("one step", () => {
  test("text, thinking and refusal pass through, and one end comes last with the usage", async () => {
    const { runAgent } = testRunner();
    const model = scriptedModel([
      thinks("hm"),
      says("hel"),
      says("lo"),
      refuses("no"),
      ends({ input: 3, output: 2, reasoning: 1 }),
    ]);
    const events = await collect(runAgent(testRun({ model })));
    expect(events.map(({ type }) => type)).toEqual([
      "start",
      "thinking",
      "text",
      "text",
      "refusal",
      "step",
      "end",
    ]);
    expect(last(events)).toMatchObject({ reason: "stop", usage: { input: 3, output: 2, reasoning: 1 } });
  });

  test("a whole reply is the fold of the same events", async () => {
    const { runAgent } = testRunner();
    const model = scriptedModel([says("hel"), says("lo"), calls("c1", "look", '{"a":', "1}")]);
    expect(await foldRun(runAgent(testRun({ model, tools: [look] })))).toMatchObject({
      text: "hello",
      calls: [{ id: "c1", name: "look", arguments: '{"a":1}' }],
      reason: "tool_calls",
    });
  });

  test("the system prompt is the agent's, then the run's", async () => {
    const { model, seen } = sequence([says("ok")]);
    const run = testRun({ model, agent: { instructions: "Be kind." }, instructions: "Be short." });
    await collect(testRunner().runAgent(run));
    expect(seen[0]?.system).toBe("Be kind.\n\nBe short.");
  });

  test("an error of the model is the end, not an exception", async () => {
    const events = await collect(
      testRunner().runAgent(testRun({ model: scriptedModel([fails("upstream_error", "down")]) })),
    );
    expect(events.map(({ type }) => type)).toEqual(["start", "end"]);
    expect(last(events)).toMatchObject({ reason: "error", error: { code: "upstream_error" } });
  });

  test("a model that ends without finishing was cut", async () => {
    const model: Model = async function* cut() {
      yield { type: "text", text: "hel" };
    };
    const events = await collect(testRunner().runAgent(testRun({ model })));
    expect(texts(events)).toBe("hel");
    expect(last(events).error?.code).toBe("upstream_protocol");
  });

  test("a model that throws is an internal error whose text nobody is told", async () => {
    const model: Model = async function* broken() {
      yield finish;
      throw new Error("unreachable");
    };
    const thrower: Model = () => {
      throw new Error("secret detail");
    };
    expect(last(await collect(testRunner().runAgent(testRun({ model })))).reason).toBe("stop");
    const { error } = last(await collect(testRunner().runAgent(testRun({ model: thrower }))));
    expect(error?.code).toBe("internal_error");
    expect(error?.message).not.toContain("secret detail");
  });
});

describe("the client's tools", () => {
  test("a call ends the run, its arguments in fragments as they came", async () => {
    const model = scriptedModel([
      says("let me see"),
      calls("c1", "look", '{"at"', ':"it"}'),
      calls("c2", "find", "{}"),
    ]);
    const events = await collect(testRunner().runAgent(testRun({ model, tools: [look, find] })));
    expect(events.filter(({ type }) => type.startsWith("tool_call"))).toEqual([
      { type: "tool_call", index: 0, id: "c1", name: "look" },
      { type: "tool_call_arguments", index: 0, fragment: '{"at"' },
      { type: "tool_call_arguments", index: 0, fragment: ':"it"}' },
      { type: "tool_call", index: 1, id: "c2", name: "find" },
      { type: "tool_call_arguments", index: 1, fragment: "{}" },
    ]);
    expect(last(events).reason).toBe("tool_calls");
  });

  test("a result goes to the model bound to its call", async () => {
    const { model, seen } = sequence([says("42")]);
    const turns = [user("a"), assistant("", "c1"), result("c1", "42")];
    await collect(testRunner().runAgent(testRun({ model, turns, tools: [look] })));
    expect(seen[0]?.turns).toEqual(turns);
  });

  test("a result for an unknown call is an error", async () => {
    const turns = [user("a"), result("c9", "42")];
    const events = await collect(testRunner().runAgent(testRun({ model: scriptedModel([]), turns })));
    expect(last(events).error).toMatchObject({ code: "unknown_tool_call_id", param: "messages[1]" });
  });

  test("ids that are missing or taken are replaced", async () => {
    const model = scriptedModel([
      calls("", "look", "{}"),
      calls("c1", "look", "{}"),
      calls("c1", "look", "{}"),
    ]);
    const turns = [user("a"), assistant("", "c1"), result("c1", "42")];
    const { calls: made } = await foldRun(testRunner().runAgent(testRun({ model, turns, tools: [look] })));
    const ids = made.map(({ id }) => id);
    expect(new Set([...ids, "c1"]).size).toBe(4);
  });

  test("none offers no tools and takes no calls", async () => {
    const { model, seen } = sequence([says("no"), calls("c1", "look", "{}")]);
    const folded = await foldRun(
      testRunner().runAgent(testRun({ model, tools: [look], toolChoice: "none" })),
    );
    expect(seen[0]).toMatchObject({ tools: [], toolChoice: "none" });
    expect(folded).toMatchObject({ text: "no", calls: [], reason: "stop" });
  });

  test("one at a time means that further calls are dropped", async () => {
    const model = scriptedModel([calls("c1", "look", "{}"), calls("c2", "find", "{}")]);
    const run = testRun({ model, tools: [look, find], parallelToolCalls: false });
    expect((await foldRun(testRunner().runAgent(run))).calls.map(({ id }) => id)).toEqual(["c1"]);
  });

  test("a forced tool: calls of others are dropped, and none at all is an error", async () => {
    const forced = { tools: [look, find], toolChoice: { name: "find" } } as const;
    const both = scriptedModel([calls("c1", "look", "{}"), calls("c2", "find", "{}")]);
    const folded = await foldRun(testRunner().runAgent(testRun({ model: both, ...forced })));
    expect(folded.calls.map(({ name }) => name)).toEqual(["find"]);
    const none = scriptedModel([says("I would rather not")]);
    const events = await collect(testRunner().runAgent(testRun({ model: none, ...forced })));
    expect(last(events).error).toMatchObject({ code: "upstream_protocol", retry: false });
  });
});

test("a forced tool that the token limit cuts short is no broken promise", async () => {
  const model = scriptedModel([says("I would ca"), ends({ input: 1, output: 4 }, "length")]);
  const run = testRun({ model, tools: [look], toolChoice: "required" });
  expect((await foldRun(testRunner().runAgent(run))).reason).toBe("length");
});

describe("fallback", () => {
  /** Fails so many times, then answers; counts its calls. */
  const failing = (times: number, error: GatewayError): { readonly model: Model; calls: number } => {
    const made = {
      calls: 0,
      model: async function* play(call, signal) {
        made.calls += 1;
        if (made.calls > times) yield* scriptedModel([says("hi")])(call, signal);
        else yield { type: "error", error };
      } satisfies Model,
    };
    return made;
  };

  test("a provider's 5xx is tried once more", async () => {
    const once = failing(1, new GatewayError("upstream_error", "down"));
    const events = await collect(testRunner().runAgent(testRun({ model: once.model })));
    expect(texts(events)).toBe("hi");
    const always = failing(9, new GatewayError("upstream_error", "down"));
    expect(last(await collect(testRunner().runAgent(testRun({ model: always.model })))).error?.code).toBe(
      "upstream_error",
    );
    expect(always.calls).toBe(2);
  });

  test("a provider that failed is left alone for a while, longer each time, then asked again", async () => {
    let now = 0;
    const { runAgent } = testRunner(undefined, () => now);
    const first = failing(3, new GatewayError("upstream_unreachable", "down"));
    const spare = { ref: "other/spare", call: scriptedModel([says("spare")]) };
    const ask = async (): Promise<string> => {
      const run = testRun({ model: first.model });
      return texts(await collect(runAgent({ ...run, models: [...run.models, spare] })));
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
    const { runAgent } = testRunner(undefined, () => now);
    const down = failing(4, new GatewayError("upstream_unreachable", "down"));
    const spare = { ref: "other/spare", call: scriptedModel([says("spare")]) };
    const run = testRun({ model: down.model });
    const models = [...run.models, spare];
    await Promise.all(Array.from({ length: 4 }, () => collect(runAgent({ ...run, models }))));
    now = 61_000;
    expect(texts(await collect(runAgent({ ...run, models })))).toBe("hi");
  });

  test("a failure in the middle of an answer counts too", async () => {
    const { runAgent } = testRunner();
    const midway = {
      calls: 0,
      model: scriptedModel([says("hel"), fails("upstream_protocol", "cut")], () => (midway.calls += 1)),
    };
    const spare = { ref: "other/spare", call: scriptedModel([says("spare")]) };
    const run = testRun({ model: midway.model });
    const models = [...run.models, spare];
    expect(last(await collect(runAgent({ ...run, models }))).reason).toBe("error");
    expect(texts(await collect(runAgent({ ...run, models })))).toBe("spare");
    expect(midway.calls).toBe(1);
  });

  test("the time that a provider asks for is kept to", async () => {
    let now = 0;
    const { runAgent } = testRunner(undefined, () => now);
    const limited = failing(1, new GatewayError("rate_limit_exceeded", "slow", { retryAfterSeconds: 7 }));
    const spare = { ref: "other/spare", call: scriptedModel([says("spare")]) };
    const run = testRun({ model: limited.model });
    const models = [...run.models, spare];
    expect(texts(await collect(runAgent({ ...run, models })))).toBe("spare");
    now = 6_900;
    expect(texts(await collect(runAgent({ ...run, models })))).toBe("spare");
    now = 7_100;
    expect(texts(await collect(runAgent({ ...run, models })))).toBe("hi");
  });

  test("a provider that cools down is asked all the same when there is no other", async () => {
    const down = failing(2, new GatewayError("upstream_unreachable", "down"));
    const { runAgent } = testRunner();
    for (let i = 0; i < 2; i++) await collect(runAgent(testRun({ model: down.model })));
    expect(texts(await collect(runAgent(testRun({ model: down.model }))))).toBe("hi");
  });

  const broken = scriptedModel([fails("upstream_unreachable", "down")]);

  test("the next model is tried while nothing has been shown", async () => {
    const run = testRun({ model: broken, fallbacks: [broken, scriptedModel([says("hi")])] });
    const { runAgent, lines } = testRunner();
    const events = await collect(runAgent(run));
    expect(events.map(({ type }) => type)).toEqual(["start", "fallback", "fallback", "text", "step", "end"]);
    expect(lines[0]).toMatchObject({ model: "test/2", outcome: "stop" });
  });

  test("not after the first content, and not for a request that every model would refuse", async () => {
    const spare = scriptedModel([says("hi")]);
    const midway = scriptedModel([says("hel"), fails("upstream_error", "down")]);
    const refused = scriptedModel([fails("upstream_rejected", "bad picture")]);
    for (const model of [midway, refused]) {
      const events = await collect(testRunner().runAgent(testRun({ model, fallbacks: [spare] })));
      expect(last(events).reason).toBe("error");
    }
  });
});

describe("a stored conversation", () => {
  const lease = (append: (count: number) => Promise<void>): SessionStore => {
    let count = 0;
    return {
      acquire: () =>
        Promise.resolve({
          credential: "operator",
          entries: [],
          append: () => append((count += 1)),
          release: () => Promise.resolve(),
        }),
      close: () => Promise.resolve(),
    };
  };
  const full = (): Promise<void> => Promise.reject(new GatewayError("storage_unavailable", "full"));

  test("that cannot be stored costs nothing: no model is asked", async () => {
    const { model, seen } = sequence([says("hi")]);
    const run = testRun({ model, sessionKey: "agent:main:k" });
    const { error } = last(await collect(testRunner(lease(full)).runAgent(run)));
    expect(error).toMatchObject({ code: "storage_unavailable", retry: true });
    expect(seen).toHaveLength(0);
  });

  test("that cannot be stored after the model has answered must not be asked again", async () => {
    const later = lease((count) => (count === 1 ? Promise.resolve() : full()));
    const run = testRun({ model: scriptedModel([says("hi")]), sessionKey: "agent:main:k" });
    const { error } = last(await collect(testRunner(later).runAgent(run)));
    expect(error).toMatchObject({ code: "storage_unavailable", retry: false });
  });

  test("the wait for a session takes nothing of the time that the run has", async () => {
    const slow: Model = async function* slow() {
      await sleep(60);
      yield finish;
    };
    const { runAgent } = testRunner(lease(() => Promise.resolve()));
    // Together they take twice the time that one of them has: who waits too long is refused, nobody is cut.
    const runs = Array.from({ length: 16 }, () =>
      testRun({ model: slow, sessionKey: "agent:main:k", agent: { timeoutSeconds: 0.5 } }),
    );
    const ends = await Promise.all(runs.map(async (run) => last(await collect(runAgent(run)))));
    expect(new Set(ends.map(({ error, reason }) => error?.code ?? reason))).toEqual(
      new Set(["stop", "session_busy"]),
    );
  });
});

describe("time and abort", () => {
  test("the caller's leaving reaches the model and ends the run as aborted", async () => {
    const gated = gatedModel();
    const caller = new AbortController();
    const { runAgent, lines } = testRunner();
    const running = collect(runAgent(testRun({ model: gated.model, signal: caller.signal })));
    const { signal } = await gated.called();
    gated.give({ type: "text", text: "hel" });
    await sleep(5);
    caller.abort();
    expect(last(await running)).toMatchObject({ reason: "aborted" });
    expect(signal.aborted).toBe(true);
    expect(lines[0]).toMatchObject({ outcome: "aborted", runId: expect.any(String) as string });
  });

  test("a stop of the gateway is an error with the reason that it gives", async () => {
    const gated = gatedModel();
    const gateway = new AbortController();
    const running = collect(testRunner().runAgent(testRun({ model: gated.model, signal: gateway.signal })));
    await gated.called();
    gateway.abort(new GatewayError("shutting_down", "stopping"));
    expect(last(await running).error?.code).toBe("shutting_down");
  });

  test("a run that takes too long is ended", async () => {
    const gated = gatedModel();
    const run = testRun({ model: gated.model, agent: { timeoutSeconds: 0.02 } });
    expect(last(await collect(testRunner().runAgent(run))).error?.code).toBe("run_timeout");
  });

  test("one line of the log a run, with figures and without words", async () => {
    const { runAgent, lines } = testRunner();
    await collect(
      runAgent(testRun({ model: scriptedModel([says("classified"), ends({ input: 7, output: 5 })]) })),
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
