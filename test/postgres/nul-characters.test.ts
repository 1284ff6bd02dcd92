/** PostgreSQL's text has no NUL character. SQLite's has. */
import { expect, test } from "vitest";
import { says } from "../../contracts/examples/script.ts";
import { startTestGateway } from "../support/gateway/gateway.ts";
import { request } from "../support/gateway/keys.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";

const nul = "a\0b";
const encoded = encodeURIComponent(nul);

const toModelRequest = (path: string, fields: object): readonly [string, object] => [
  path,
  { model: "openclaw", ...fields },
];
const bodies: readonly (readonly [path: string, body: object])[] = [
  toModelRequest("/v1/responses", { input: nul, user: nul, metadata: { a: nul } }),
  toModelRequest("/v1/responses", { input: "hi", previous_response_id: nul }),
  toModelRequest("/v1/responses", { input: "hi", conversation: nul }),
  toModelRequest("/v1/responses", {
    input: [{ role: "user", content: [{ type: "input_file", file_id: nul }] }],
  }),
  toModelRequest("/v1/chat/completions", {
    user: nul,
    messages: [{ role: "user", name: nul, content: nul }],
  }),
  ["/v1/conversations", { metadata: { a: nul }, items: [{ role: "user", content: nul }] }],
];
const paths = [
  `/v1/responses/${encoded}`,
  `/v1/responses/${encoded}/input_items`,
  `/v1/conversations/${encoded}`,
  `/v1/conversations/${encoded}/items`,
  `/v1/files/${encoded}`,
  `/v1/files/${encoded}/content`,
  `/v1/files?after=${encoded}`,
  `/v1/files?purpose=${encoded}`,
  `/sessions?agentId=${encoded}`,
  `/usage?agent=${encoded}`,
  `/usage?credential=${encoded}`,
  `/audit?action=${encoded}`,
];

test("a NUL character in a text of a request is stored as U+FFFD, and finds nothing", async () => {
  const { model } = createModelSequence([says("ok")]);
  const endpoint = { enabled: true };
  const endpoints = { chatCompletions: endpoint, responses: endpoint, files: endpoint };
  const gateway = await startTestGateway({ model, config: { gateway: { http: { endpoints } } } });
  const statuses: Record<string, number> = {};
  for (const [index, [path, body]] of bodies.entries())
    statuses[`${path} ${index}`] = (await request(gateway, path, { body })).status;
  for (const path of paths) statuses[path] = (await request(gateway, path)).status;
  for (const path of paths.filter((each) => each.endsWith(encoded) && !each.includes("?")))
    statuses[`DELETE ${path}`] = (await request(gateway, path, { method: "DELETE" })).status;
  expect(Object.entries(statuses).filter(([, status]) => status >= 500)).toEqual([]);
  const { sessions } = (await (await request(gateway, "/sessions")).json()) as {
    sessions: readonly { readonly label?: string }[];
  };
  expect(sessions.map(({ label }) => label)).toContain("a\uFFFDb");
});
