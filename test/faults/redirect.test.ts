/** A provider that redirects is not followed: neither the request nor a key goes anywhere else. */
import { afterAll, expect, test } from "vitest";
import { ask, keysSeenBy, leaks, startCell } from "../support/fault-cell.ts";
import { keys } from "../support/fault-table.ts";
import { startProviderProcess } from "../support/provider-process.ts";
import { startScriptedProvider } from "../support/scripted-provider.ts";
import { rightAnswer, wireFormats } from "../support/wire-formats.ts";

const providers = await startProviderProcess();
afterAll(() => providers.stop());

const redirects = [
  [301, true],
  [302, false],
  [303, true],
  [307, true],
  [307, false],
  [308, false],
] as const;
const cells = wireFormats.flatMap((format) =>
  redirects.map(([status, stream]) => ({ format, status, stream })),
);

test.for(cells)(
  "$format.api, a $status to another origin is not followed, streamed: $stream",
  async (cell) => {
    const { format, status, stream } = cell;
    await using elsewhere = await startScriptedProvider();
    const location = `${elsewhere.baseUrl}/elsewhere`;
    const redirect = { status, headers: { location }, steps: [] };
    const a = providers.lane();
    await a.script(redirect, redirect);
    const alone = await startCell({ a, format });
    const told = await ask(alone, { stream });
    expect(told).toMatchObject({ status: 502, shouldRetry: "true", error: { code: "upstream_protocol" } });
    expect(told.raw).not.toContain(new URL(location).host);
    expect(leaks(alone, told.raw)).toEqual([]);

    const b = providers.lane();
    await b.script(rightAnswer("all is well", stream, format));
    expect(await ask(await startCell({ a, b, format }), { stream })).toMatchObject({ text: "all is well" });

    expect(await keysSeenBy(a)).toEqual([keys.a, keys.a]);
    expect(await keysSeenBy(b)).toEqual([keys.b]);
    expect(elsewhere.connections()).toBe(0);
  },
);
