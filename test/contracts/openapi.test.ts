import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { describeFormValue } from "../../contracts/describe/forms.ts";
import { describeReply, type Endpoint } from "../../contracts/endpoint.ts";
import { exampleSets } from "../../contracts/examples/index.ts";
import { endpoints } from "../../contracts/index.ts";

interface Operation {
  readonly operationId: string;
  readonly security: readonly object[];
  readonly description: string;
}

const root = new URL("../../", import.meta.url);
const document = parse(readFileSync(new URL("openapi.yaml", root), "utf8")) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};
const ajv = new Ajv2020({ strict: false }).addSchema(document, "openapi", undefined, false);

/** Whether the published schema at a path of the document accepts a value. */
const accepts = (value: unknown, ...way: readonly string[]): boolean => {
  const pointer = way.map((key) => key.replaceAll("~", "~0").replaceAll("/", "~1")).join("/");
  const validate = ajv.getSchema(`openapi#/${encodeURI(pointer)}`);
  if (validate === undefined) throw new Error(`The document has nothing at ${pointer}.`);
  return validate(value) === true;
};
const chat = ["paths", "/v1/chat/completions", "post"] as const;
const acceptsChat = (value: unknown): boolean =>
  accepts(value, ...chat, "requestBody", "content", "application/json", "schema");

test("the generated files are what the contracts give", async () => {
  const done = promisify(execFile)(process.execPath, ["scripts/generate.ts", "--check"], { cwd: root });
  await expect(done).resolves.toMatchObject({ stderr: "" });
});

test("the document passes the strictest lint without a warning", async () => {
  const redocly = new URL("node_modules/@redocly/cli/bin/cli.js", root).pathname;
  const env = { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" };
  const lint = promisify(execFile)(process.execPath, [redocly, "lint", "openapi.yaml", "--format", "json"], {
    cwd: root,
    env,
  });
  const { totals } = JSON.parse((await lint).stdout) as { totals: unknown };
  expect(totals).toEqual({ errors: 0, warnings: 0, ignored: 0 });
});

test("every endpoint is an operation with its credential", () => {
  // Two endpoints that share a path stand together in the document.
  const sort = (rows: readonly unknown[]): readonly string[] => rows.map((row) => JSON.stringify(row)).sort();
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, security }]) => [
      operationId,
      method,
      path,
      security,
    ]),
  );
  const expected = Object.values<Endpoint>(endpoints).flatMap(
    ({ id, method, path, aliases = [], auth, credential }) =>
      [path, ...aliases].map((each) => [
        each === path
          ? id
          : `${id}At${each.replaceAll(/\W+(\w?)/g, (_, letter: string) => letter.toUpperCase())}`,
        method,
        each,
        credential === "hook"
          ? [{ hook: [] }, { hookHeader: [] }]
          : auth === "public"
            ? []
            : [...(auth === "optional" ? [{}] : []), { bearer: [] }],
      ]),
  );
  expect(sort(operations)).toEqual(sort(expected));
});

test("the published schemas accept every example that the contracts accept", () => {
  let compared = 0;
  for (const { endpoint, examples } of exampleSets) {
    const operation = ["paths", endpoint.path, endpoint.method];
    const ok = [...operation, "responses", "200", "content"];
    const reply = describeReply(endpoint.responses[200] ?? { description: "" });
    for (const example of examples) {
      const values: (readonly [unknown, readonly string[]])[] = [];
      if (endpoint.body?.safeParse(example.request.body).success) {
        values.push([
          describeFormValue(example.request.body),
          [...operation, "requestBody", "content", endpoint.bodyType ?? "application/json", "schema"],
        ]);
      }
      if ("reply" in example && example.reply !== undefined)
        values.push([example.reply, [...ok, reply.type ?? "application/json", "schema"]]);
      if ("events" in example) {
        for (const event of example.events) values.push([event, [...ok, "text/event-stream", "schema"]]);
      }
      for (const [value, way] of values)
        expect([example.title, accepts(value, ...way)]).toEqual([example.title, true]);
      compared += values.length;
    }
  }
  expect(compared).toBeGreaterThan(50);
});

test("the published request accepts null where the contract does, and rejects what the contract rejects", () => {
  const { shape } = endpoints.createChatCompletion.body;
  const least = { model: "openclaw", messages: [{ role: "user", content: "Hello." }] };
  expect(acceptsChat(least)).toBe(true);
  for (const [name, field] of Object.entries(shape)) {
    const nullable = field.safeParse(null).success;
    expect([name, acceptsChat({ ...least, [name]: null })]).toEqual([name, nullable]);
  }
  expect(acceptsChat({ model: "openclaw" })).toBe(false);
  expect(acceptsChat({ ...least, messages: [{ role: "robot", content: "Beep." }] })).toBe(false);
  expect(acceptsChat({ ...least, tools: [{ type: "function" }] })).toBe(false);
  expect(acceptsChat({ ...least, tools: [{ type: "web_search" }] })).toBe(true);
});

test("the stream is described with a whole transcript and its sentinel", () => {
  const text = JSON.stringify(document.paths["/v1/chat/completions"]?.["post"]);
  expect(text).toContain("data: [DONE]");
  expect(text).toContain('data: {\\"error\\":');
});
