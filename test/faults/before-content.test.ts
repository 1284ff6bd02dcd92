/** Every fault of a provider before its first content, as the official SDK meets it: with nobody to fall back to. */
import { afterAll, expect, test } from "vitest";
import { ask, failing, keysSeenBy, leaks, runOf, startCell, storedIn } from "../support/fault-cell.ts";
import { earlyCells, keys } from "../support/fault-table.ts";
import { startProviderProcess } from "../support/provider-process.ts";
import { json, streamed } from "../support/scripted-provider.ts";

const providers = await startProviderProcess();
afterAll(() => providers.stop());

const sdkClasses = {
  400: "BadRequestError",
  429: "RateLimitError",
  502: "InternalServerError",
  504: "InternalServerError",
} as const;
const types = {
  400: "invalid_request_error",
  429: "rate_limit_error",
  502: "server_error",
  504: "server_error",
} as const;

test.for(earlyCells())("$format.api, $fault, $door: $status $code", async (cell) => {
  const { format, stream, status, code, says = "" } = cell;
  const a = await failing(providers, cell);
  const gateway = await startCell({ a, format, timeouts: cell.timeouts });
  const { raw, ...received } = await ask(gateway, { stream });

  expect(received).toEqual({
    status,
    retryAfter: cell.retryAfter ?? null,
    shouldRetry: cell.retry ?? null,
    text: "",
    calls: [],
    callIds: [],
    tokens: undefined,
    done: false,
    thrown: { class: sdkClasses[status], status },
    error: { code, param: null, type: types[status], message: expect.stringContaining(says) as string },
  });
  expect(raw).toMatch(/^\{"error":\{/);
  expect(leaks(gateway, raw)).toEqual([]);
  expect(await keysSeenBy(a)).toEqual(Array<string>(cell.tries).fill(keys.a));
  expect(runOf(gateway)).toEqual({ outcome: code, model: "a/m" });
  expect(await storedIn(gateway)).toEqual(["user: hello"]);
});

test.for([
  ["JSON", (said: string) => json({ error: { message: said } }, 400)],
  ["text", (said: string) => ({ status: 404, steps: [said] })],
  ["an event", (said: string) => streamed(`data: ${JSON.stringify({ error: said })}\n\n`)],
] as const)(
  "the provider's path and query are hidden when it says them itself, in %s",
  async ([, answer]) => {
    const a = providers.lane();
    const query = "api-key=canary-query-91";
    const words = `Cannot POST /${a.name}/v1/chat/completions?${query}; canary-query-91 is not allowed here`;
    await a.script(answer(words), answer(words));
    const gateway = await startCell({ a: { baseUrl: `${a.baseUrl}?${query}` } });
    const { raw, error } = await ask(gateway, { stream: true });

    expect((await a.seen()).map(({ path }) => path)).toContain(`/${a.name}/v1/chat/completions`);
    expect(error).toMatchObject({ message: expect.stringContaining("is not allowed here") as string });
    expect(raw).not.toContain("canary");
    expect(gateway.log.join("\n")).not.toContain("canary-query");
  },
);
