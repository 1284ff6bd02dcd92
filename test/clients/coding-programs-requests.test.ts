/** The requests of coding programs as recorded, with the example configuration for such programs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import JSON5 from "json5";
import { expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { packageRoot } from "../../server/lib/package.ts";
import { says } from "../../contracts/examples/script.ts";
import { startTestGateway } from "../support/gateway/gateway.ts";
import { callAsOperator, request } from "../support/gateway/keys.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";

interface Recorded {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly tools?: readonly { readonly function: { readonly name: string } }[] };
}

const read = (path: string): string => readFileSync(join(packageRoot, path), "utf8");
const { requests } = JSON.parse(read("test/fixtures/coding-programs/requests.json")) as {
  readonly requests: readonly Recorded[];
};

test("every request is answered; the model has the program's tools and no others, and nothing is stored", async () => {
  const { model, modelCalls } = createModelSequence([says("Done.")]);
  const config = JSON5.parse<ConfigInput>(read("examples/coding-clients.json5"));
  const gateway = await startTestGateway({ config, model });
  for (const { headers, body } of requests) {
    const response = await request(gateway, "/v1/chat/completions", { headers, body });
    const text = await response.text();
    expect([response.status, text]).toEqual([200, expect.stringContaining("data: [DONE]")]);
    expect(text).toContain('"content":"Done."');
    const toolNames = (body.tools ?? []).map((tool) => tool.function.name);
    expect(modelCalls.at(-1)?.tools.map(({ name }) => name)).toEqual(toolNames);
  }
  expect(modelCalls).toHaveLength(requests.length);
  expect(await callAsOperator(gateway, "sessions.list")).toMatchObject({ sessions: [] });
});
