/** The links of the published document, followed on a gateway: each leads to an operation that succeeds. */
import { expect, test } from "vitest";
import { createOpenApiDocument } from "../../contracts/describe/openapi.ts";
import type { Endpoint, Links } from "../../contracts/endpoint.ts";
import { endpoints } from "../../contracts/index.ts";
import { startTestGateway, token } from "../support/gateway/gateway.ts";

const byId = new Map(Object.values<Endpoint>(endpoints).map((endpoint) => [endpoint.id, endpoint]));
const linkSets = [...byId.values()].flatMap(({ id, links }): [string, Links][] =>
  links === undefined ? [] : [[id, links]],
);

test.each(linkSets)("the links of %s name operations and all their path parameters", (_id, links) => {
  for (const { to, parameters = {} } of Object.values(links)) {
    const target = byId.get(to);
    expect(target).toBeDefined();
    expect(Object.keys(parameters)).toEqual(Object.keys(target?.params?.shape ?? {}));
  }
});

test("the document has them", () => {
  const { paths = {} } = createOpenApiDocument("0.0.0");
  expect(paths["/sessions"]?.get?.responses?.["200"]).toHaveProperty("links.readSession.parameters", {
    key: "$response.body#/sessions/0/sessionKey",
  });
});

interface Reply {
  readonly headers: Headers;
  readonly body: unknown;
}

/** Returns the value of one of OpenAPI's runtime expressions, and any other text unchanged. */
function evaluate(text: string, { headers, body }: Reply): string {
  const [, place, name = ""] = /^\$response\.(header|body)[.#](.+)$/.exec(text) ?? [];
  if (place === undefined) return text;
  if (place === "header") return headers.get(name) ?? "";
  const keys = name.split("/").slice(1);
  return String(keys.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], body));
}

const bodies: Readonly<Record<string, object>> = {
  createResponse: { model: "openclaw", input: "hello" },
  createChatCompletion: { model: "openclaw", messages: [{ role: "user", content: "hello" }] },
};

const cases = linkSets.flatMap(([id, links]) => Object.keys(links).map((name) => [id, name] as const));

test.each(cases)("a client follows from %s to %s", async (id, name) => {
  const endpointsOn = { chatCompletions: { enabled: true }, responses: { enabled: true } };
  const { url } = await startTestGateway({ config: { gateway: { http: { endpoints: endpointsOn } } } });
  const send = async (to: string, path: string, body?: object, headers = {}): Promise<Reply> => {
    const response = await fetch(`${url}${path}`, {
      method: byId.get(to)?.method.toUpperCase() ?? "",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
    const reply = { headers: response.headers, body: await response.json() };
    expect(response.status, JSON.stringify(reply.body)).toBe(200);
    return reply;
  };
  const session = name.endsWith("Session") ? { "x-openclaw-session-key": "linked" } : {};
  const fill = (path: string, values: Readonly<Record<string, string>>): string =>
    path.replace(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(values[key] ?? ""));

  const background = name === "cancel";
  const created = await send(
    "createResponse",
    "/v1/responses",
    { ...bodies["createResponse"], background },
    session,
  );
  const { id: response_id } = created.body as { id: string };
  const path = fill(byId.get(id)?.path ?? "", { response_id });
  const first = id === "createResponse" ? created : await send(id, path, bodies[id], session);

  const { to = "", parameters = {}, body } = byId.get(id)?.links?.[name] ?? {};
  const evaluateAll = (texts: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, evaluate(text, first)]));
  await send(to, fill(byId.get(to)?.path ?? "", evaluateAll(parameters)), body && evaluateAll(body));
});
