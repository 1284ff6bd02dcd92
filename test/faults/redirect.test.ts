/** Redirects of a provider are not followed: neither the request nor a key goes to another host. */
import { afterAll, expect, test } from "vitest";
import { sendChat, readRequestKeys, findLeaks, startFaultGateway } from "../support/providers/fault-case.ts";
import { keys } from "../support/providers/fault-table.ts";
import { startProviderProcess } from "../support/providers/provider-process.ts";
import { startScriptedProvider } from "../support/providers/scripted-provider.ts";
import { createReply, wireFormats } from "../support/providers/wire-formats.ts";

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
    const a = providers.createProvider();
    await a.script(redirect, redirect);
    const gateway = await startFaultGateway({ a, format });
    const received = await sendChat(gateway, { stream });
    expect(received).toMatchObject({
      status: 502,
      shouldRetry: "true",
      error: { code: "upstream_protocol" },
    });
    expect(received.raw).not.toContain(new URL(location).host);
    expect(findLeaks(gateway, received.raw)).toEqual([]);

    const b = providers.createProvider();
    await b.script(createReply("all is well", stream, format));
    expect(await sendChat(await startFaultGateway({ a, b, format }), { stream })).toMatchObject({
      text: "all is well",
    });

    expect(await readRequestKeys(a)).toEqual([keys.a, keys.a]);
    expect(await readRequestKeys(b)).toEqual([keys.b]);
    expect(elsewhere.connections()).toBe(0);
  },
);
