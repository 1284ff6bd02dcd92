/** The links of the published document, followed on a gateway: each leads to an operation that succeeds. */
import { expect, test } from "vitest";
import { createOpenApiDocument } from "../../contracts/describe/openapi.ts";
import type { Endpoint, Links } from "../../contracts/endpoint.ts";
import { endpoints } from "../../contracts/index.ts";
import { startTestGateway, token } from "../support/gateway/gateway.ts";
import { createForm } from "../support/gateway/replay.ts";

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
  createConversation: {},
  createFile: { purpose: "user_data", file: { filename: "note.json", content: '{"note": "hello"}' } },
};

/** The endpoint that creates what a parameter of a path names. */
const creators: Readonly<Record<string, string>> = {
  conversation_id: "createConversation",
  file_id: "createFile",
  response_id: "createResponse",
};

const cases = linkSets.flatMap(([id, links]) => Object.keys(links).map((name) => [id, name] as const));

test.each(cases)("a client follows from %s to %s", async (id, name) => {
  const endpointsOn = { chatCompletions: { enabled: true }, responses: { enabled: true } };
  const { url } = await startTestGateway({ config: { gateway: { http: { endpoints: endpointsOn } } } });
  const session = name.endsWith("Session") ? { "x-openclaw-session-key": "linked" } : {};
  const send = async (
    to: string,
    values: Readonly<Record<string, string>>,
    body?: object,
  ): Promise<Reply> => {
    const path = byId
      .get(to)
      ?.path.replace(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(values[key] ?? ""));
    const isForm = to === "createFile";
    const response = await fetch(`${url}${path}`, {
      method: byId.get(to)?.method.toUpperCase() ?? "",
      headers: {
        authorization: `Bearer ${token}`,
        ...(isForm ? {} : { "content-type": "application/json" }),
        ...session,
      },
      ...(body && { body: isForm ? createForm(body) : JSON.stringify(body) }),
    });
    const reply = { headers: response.headers, body: await response.json() };
    expect(response.status, JSON.stringify(reply.body)).toBe(200);
    return reply;
  };

  const parameter = /\{(\w+)\}/.exec(byId.get(id)?.path ?? "")?.[1] ?? "";
  const creator = Object.values(creators).includes(id) ? id : (creators[parameter] ?? "createResponse");
  const background = name === "cancel" ? { background: true } : {};
  const created = await send(creator, {}, { ...bodies[creator], ...background });
  const { id: createdId } = created.body as { id: string };
  const first = id === creator ? created : await send(id, { [parameter]: createdId }, bodies[id]);

  const { to = "", parameters = {}, body } = byId.get(id)?.links?.[name] ?? {};
  const evaluateAll = (texts: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, evaluate(text, first)]));
  await send(to, evaluateAll(parameters), body && evaluateAll(body));
});
