/** A provider that never ends, or sends what is not valid: the run ends at a bound, and others are unharmed. */
import { beforeAll, describe, expect, test, afterAll } from "vitest";
import {
  createHostileConfig,
  hostileCases,
  startHostileProvider,
  toAgentId,
} from "../../soak/hostile-provider.ts";
import type { HostileCaseName, HostileProvider } from "../../soak/hostile-provider.ts";
import { postChat, startTestGateway } from "../support/gateway/gateway.ts";
import { wireFormats, type WireFormat } from "../support/providers/wire-formats.ts";

const limits = { maxAnswerBytes: 100_000, maxCallArgumentBytes: 50_000, maxCallsPerStep: 16 };
const names = Object.keys(hostileCases) as HostileCaseName[];

let provider: HostileProvider;
beforeAll(async () => {
  provider = await startHostileProvider(1);
});
afterAll(() => provider[Symbol.asyncDispose]());

interface Outcome {
  readonly status: number;
  readonly text: string;
}

async function ask(
  url: string,
  api: WireFormat["api"],
  name: HostileCaseName | "fine",
  { stream, session, signal }: { stream: boolean; session?: string; signal?: AbortSignal },
): Promise<Outcome> {
  const body = {
    model: `openclaw/${toAgentId(api, name)}`,
    stream,
    messages: [{ role: "user", content: "hello" }],
  };
  const response = await postChat(url, body, {
    ...(session !== undefined && { headers: { "x-openclaw-session-key": session } }),
    ...(signal !== undefined && { signal }),
  });
  return { status: response.status, text: await response.text() };
}

function expectOutcome(name: HostileCaseName, stream: boolean, { status, text }: Outcome): void {
  if (hostileCases[name].outcome === "error") {
    if (!stream) expect.soft(status).toBe(502);
    expect.soft(text.slice(-2_000)).toContain('"code":"upstream_protocol"');
    expect.soft(text).not.toContain("[DONE]");
    return;
  }
  expect.soft(status, text.slice(0, 500)).toBe(200);
  if (stream) expect.soft(text.endsWith("data: [DONE]\n\n")).toBe(true);
  if (name !== "empty-deltas") expect.soft(text).toContain("\uFFFD");
}

describe.each(wireFormats.map(({ api }) => api))("%s", (api) => {
  test("every case, whole, streamed and stored, beside requests that are answered", async () => {
    const { url } = await startTestGateway({ config: createHostileConfig(provider, limits) });
    const before = provider.sent.bytes;
    // The other APIs are not asked for compressed responses, and do not decode them.
    const fast = names.filter(
      (name) =>
        hostileCases[name].outcome !== "slow" && (api === "openai-completions" || !name.startsWith("gzip")),
    );
    const work = fast.flatMap((name) =>
      [{ stream: false }, { stream: true }, { stream: true, session: name }].map(async (options) =>
        expectOutcome(name, options.stream, await ask(url, api, name, options)),
      ),
    );
    const leaving = new AbortController();
    const slow = ask(url, api, "one-byte-at-a-time", { stream: true, signal: leaving.signal });
    const state = { isSettled: false };
    const settled = Promise.all(work).then(() => (state.isSettled = true));
    while (!state.isSettled) {
      expect((await ask(url, api, "fine", { stream: false })).text).toContain("fine");
      await Promise.race([settled, new Promise((resolve) => setTimeout(resolve, 100))]);
    }
    await settled;
    leaving.abort();
    await expect(slow).rejects.toThrow("abort");
    await expect.poll(() => provider.sent.open).toBe(0);
    // Each case with a limit stops soon after it: what was sent is in the buffers of the connection.
    expect(provider.sent.bytes - before).toBeLessThan(60_000_000);
  });
});
