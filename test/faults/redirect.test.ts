/** A provider that redirects is not followed: neither the request nor a key goes anywhere else. */
import { afterAll, expect, test } from "vitest";
import { ask, keysSeenBy, leaks, rightAnswer, startCell } from "../support/fault-cell.ts";
import { keys } from "../support/fault-table.ts";
import { startProviderProcess } from "../support/provider-process.ts";
import { startScriptedProvider } from "../support/scripted-provider.ts";

const providers = await startProviderProcess();
afterAll(() => providers.stop());

test.for([
  [301, true],
  [302, false],
  [303, true],
  [307, true],
  [307, false],
  [308, false],
] as const)("a %i to another origin is not followed, streamed: %s", async ([status, stream]) => {
  await using elsewhere = await startScriptedProvider();
  const location = `${elsewhere.baseUrl}/chat/completions`;
  const redirect = { status, headers: { location }, steps: [] };
  const a = providers.lane();
  await a.script(redirect, redirect);
  const alone = await startCell({ a });
  const told = await ask(alone, { stream });
  expect(told).toMatchObject({ status: 502, shouldRetry: "true", error: { code: "upstream_protocol" } });
  expect(told.raw).not.toContain(new URL(location).host);
  expect(leaks(alone, told.raw)).toEqual([]);

  const b = providers.lane();
  await b.script(rightAnswer("all is well", stream));
  expect(await ask(await startCell({ a, b }), { stream })).toMatchObject({ text: "all is well" });

  expect(await keysSeenBy(a)).toEqual([keys.a, keys.a]);
  expect(await keysSeenBy(b)).toEqual([keys.b]);
  expect(elsewhere.connections()).toBe(0);
});
