import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import JSON5 from "json5";
import { expect, test } from "vitest";
import { Config } from "../../contracts/config/config.ts";
import {
  createConfigJsonSchema,
  createInlineConfigSchema,
  type ConfigSchemaNode,
} from "../../contracts/config/json-schema.ts";
import { renderConfigTables } from "../../contracts/describe/config-docs.ts";

interface Place {
  readonly path: string;
  readonly node: ConfigSchemaNode & { readonly maxLength?: number; readonly maxItems?: number };
}

function everyNode(node: ConfigSchemaNode, path = ""): readonly Place[] {
  const children: readonly (readonly [string, ConfigSchemaNode])[] = [
    ...Object.entries(node.properties ?? {}).map(([key, child]) => [`${path}.${key}`, child] as const),
    ...(node.anyOf ?? []).map((child) => [path, child] as const),
    ...(node.items === undefined ? [] : [[`${path}[]`, node.items] as const]),
    ...(typeof node.additionalProperties === "object"
      ? [[`${path}.*`, node.additionalProperties] as const]
      : []),
  ];
  return [{ path, node }, ...children.flatMap(([at, child]) => everyNode(child, at))];
}

const places = everyNode(createInlineConfigSchema());

function quickstart(): unknown {
  return JSON5.parse(readFileSync(new URL("../../examples/quickstart.json5", import.meta.url), "utf8"));
}

test("an empty file is a complete configuration", () => {
  const config = Config.parse({});
  expect(config.gateway).toMatchObject({
    mode: "local",
    port: 18_789,
    bind: "loopback",
    trustedProxies: [],
    tools: { allow: [], deny: [] },
    http: {
      endpoints: { chatCompletions: { enabled: false, maxBodyBytes: 20_000_000 } },
      unknownModel: "default",
      userSession: "on",
      onDisconnect: "abort",
      docs: { enabled: true },
    },
  });
  expect(config.gateway.auth).toEqual({
    identityScopes: {},
    rateLimit: { maxAttempts: 10, windowMs: 60_000, lockoutMs: 60_000, exemptLoopback: false },
  });
  expect(config.gateway.limits).toEqual({
    headerTimeoutMs: 10_000,
    drainDelayMs: 0,
    bodyTimeoutMs: 30_000,
    slowClientCheckMs: 1_000,
    maxHeaderBytes: 16_384,
    maxHeaders: 100,
    maxJsonDepth: 64,
    maxJsonNodes: 50_000,
    maxConcurrentRuns: 32,
    maxWaitingRuns: 64,
    maxWaitMs: 30_000,
    maxWaitingPerSession: 16,
    maxUnreadBytes: 1_048_576,
    slowReaderMs: 30_000,
    maxBodyBytesInFlight: 64_000_000,
    maxAnswerBytes: 8_388_608,
    maxCallArgumentBytes: 1_048_576,
    maxCallsPerStep: 128,
    drainMs: 25_000,
  });
  expect(config.agents.defaults).toMatchObject({ timeoutSeconds: 600, maxSteps: 32 });
});

test("a provider's times are those that are promised", () => {
  const providers = { a: { baseUrl: "http://a" } };
  expect(Config.parse({ models: { providers } }).models.providers["a"]?.timeouts).toEqual({
    firstByteMs: 300_000,
    silenceMs: 60_000,
  });
});

test("every object is closed", () => {
  const open = places.filter(
    ({ node }) => node.properties !== undefined && node.additionalProperties !== false,
  );
  expect(open.map(({ path }) => path)).toEqual([]);
});

test("every text and every list has a maximum", () => {
  const boundless = places.filter(
    ({ node }) =>
      (node.type === "string" && node.enum === undefined && node.maxLength === undefined) ||
      (node.type === "array" && node.maxItems === undefined),
  );
  expect(boundless.map(({ path }) => path)).toEqual([]);
});

test("every key says what it means", () => {
  const rows = renderConfigTables()
    .split("\n")
    .filter((line) => line.startsWith("| `"));
  expect(rows.length).toBeGreaterThan(80);
  expect(rows.filter((row) => row.endsWith("|  |"))).toEqual([]);
});

test("the tables show key, type, default and meaning", () => {
  expect(renderConfigTables()).toContain(
    "| `gateway.limits.drainMs` | integer | `25000` | Time for running requests to finish after SIGTERM, in milliseconds. |",
  );
  expect(renderConfigTables()).toContain("| `agents.list[].id` | string | required |");
});

test("the quick start is valid and switches chat completions and responses on", () => {
  const config = Config.parse(quickstart());
  const { chatCompletions, responses } = config.gateway.http.endpoints;
  expect([chatCompletions.enabled, responses.enabled]).toEqual([true, true]);
  expect(config.gateway.tools.allow).toEqual(["exec"]);
});

test("editors accept the quick start and mark a mistyped key", () => {
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(createConfigJsonSchema());
  expect(validate(quickstart())).toBe(true);
  expect(validate({})).toBe(true);
  expect(validate({ gateway: { prot: 1 } })).toBe(false);
});
