/** More tools than many providers accept are offered, and the log and the provider's rejection say so. */
import { expect, test } from "vitest";
import { sendChat, startFaultGateway } from "../support/providers/fault-case.ts";
import { jsonResponse, startScriptedProvider } from "../support/providers/scripted-provider.ts";
import { createReply } from "../support/providers/wire-formats.ts";

const createTools = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    type: "function" as const,
    function: { name: `tool_${index}`, parameters: {} },
  }));
const readOffered = (body: unknown): number => (body as { readonly tools: readonly unknown[] }).tools.length;

test("the log names the run, the model and the number, once", async () => {
  await using provider = await startScriptedProvider();
  provider.script(createReply("fine", false));
  const gateway = await startFaultGateway({ a: provider });
  expect(await sendChat(gateway, { stream: false, tools: createTools(128) })).toMatchObject({ text: "fine" });
  const count = readOffered(provider.requests()[0]?.body);
  expect(count).toBeGreaterThan(128);
  const lines = gateway.log.filter((line) => line.includes("many tools are offered"));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(`"model":"a/m"`);
  expect(lines[0]).toContain(`"tools":${count}`);
});

test("a rejection by the provider says how many tools it was offered", async () => {
  await using provider = await startScriptedProvider();
  const rejection = jsonResponse({ error: { message: "Invalid request." } }, 400);
  provider.script(rejection, rejection);
  const gateway = await startFaultGateway({ a: provider });
  const many = await sendChat(gateway, { stream: false, tools: createTools(128) });
  expect(many).toMatchObject({ status: 400, error: { code: "upstream_rejected" } });
  expect((many.error as { readonly message: string }).message).toMatch(
    /Invalid request\. It was offered 1\d\d tools/,
  );
  const few = await sendChat(gateway, { stream: false, tools: createTools(100) });
  expect((few.error as { readonly message: string }).message).toMatch(/Invalid request\.$/);
});
