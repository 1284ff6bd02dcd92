/** Aborting a call of any API closes the provider's socket; a consumer that does not read stops the provider. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { apiNames, createApiModel, type ApiName } from "../support/providers/ai-sdk.ts";
import { createModelCall, collectModelEvents } from "../support/providers/openai-completions.ts";
import {
  stall,
  startScriptedProvider,
  sseResponse,
  waitForClose,
} from "../support/providers/scripted-provider.ts";
import { wireFormats, type WireFormat } from "../support/providers/wire-formats.ts";
import { waitUntilStable } from "../support/wait-until-stable.ts";

const never = new AbortController().signal;
const formats = wireFormats.filter((format): format is WireFormat & { api: ApiName } =>
  apiNames.some((name) => name === format.api),
);

describe.for(formats)("$api", ({ api, ...format }) => {
  const opening = format.startText("a");

  test("a call that is aborted before it starts sends nothing", async () => {
    await using provider = await startScriptedProvider();
    expect(
      await collectModelEvents(
        createApiModel(api, provider.baseUrl, "m"),
        createModelCall(),
        AbortSignal.abort(),
      ),
    ).toEqual([]);
    expect(provider.requests()).toEqual([]);
  });

  test("abort before the response ends the iteration and closes the socket", async () => {
    await using provider = await startScriptedProvider();
    provider.script({ steps: [stall] });
    const abort = new AbortController();
    const events = collectModelEvents(
      createApiModel(api, provider.baseUrl, "m"),
      createModelCall(),
      abort.signal,
    );
    await expect.poll(() => provider.requests().length).toBe(1);
    abort.abort();
    expect(await events).toEqual([]);
    await waitForClose(provider);
  });

  test("abort during a pending read ends the iteration and closes the socket, streamed and unstreamed", async () => {
    for (const stream of [true, false]) {
      await using provider = await startScriptedProvider();
      provider.script(sseResponse(opening, stall));
      const abort = new AbortController();
      const call = createModelCall({ stream });
      const events = createApiModel(api, provider.baseUrl, "m")(call, abort.signal)[Symbol.asyncIterator]();
      if (stream) expect(await events.next()).toMatchObject({ value: { type: "text", text: "a" } });
      const next = events.next();
      await expect.poll(() => provider.requests().length).toBe(1);
      abort.abort();
      expect(await next).toEqual({ done: true, value: undefined });
      await waitForClose(provider);
    }
  });

  test("return() does not wait for a pending read", async () => {
    await using provider = await startScriptedProvider();
    provider.script(sseResponse(opening, stall));
    const events = createApiModel(
      api,
      provider.baseUrl,
      "m",
    )(createModelCall(), never)[Symbol.asyncIterator]();
    await events.next();
    const next = events.next();
    await events.return?.();
    expect(await next).toEqual({ done: true, value: undefined });
    await waitForClose(provider);
  });

  test("breaking out of the iteration, or an invalid response, closes the socket", async () => {
    for (const bytes of [opening, "data: {oops}\n\n"]) {
      await using provider = await startScriptedProvider();
      provider.script(sseResponse(bytes, stall));
      for await (const _ of createApiModel(api, provider.baseUrl, "m")(createModelCall(), never)) break;
      await waitForClose(provider);
    }
  });

  test("a consumer that does not read stops the provider and causes no timeout", async () => {
    await using provider = await startScriptedProvider();
    const text = format.continueText("x".repeat(10_000));
    const total = 3_000;
    let sent = 0;
    const steps = function* (): Generator<string> {
      yield format.startText("begin");
      for (; sent < total; sent++) yield text;
      yield format.ending;
    };
    provider.script({ headers: { "content-type": "text/event-stream" }, steps: steps() });
    const model = createApiModel(api, provider.baseUrl, "m", { silenceMs: 500 });
    const events = model(createModelCall(), never)[Symbol.asyncIterator]();
    let received = 0;
    for (; received < 50; received++) await events.next();
    // Longer than the silence limit, and until the provider has stopped.
    await sleep(800);
    expect(await waitUntilStable(() => sent)).toBeLessThan(total);

    for (let next = await events.next(); next.done !== true; next = await events.next()) {
      if (next.value.type === "text") received++;
      else expect(next.value.type).toBe("finish");
    }
    expect(received).toBe(total + 1);
  });
});
