import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { exampleSets } from "../../contracts/examples/index.ts";
import { createBoundFinder, missingBound, type Bound, type Schema } from "../support/documents/bounds.ts";
import { allEndpoints, startTestGateway } from "../support/gateway/gateway.ts";
import { hookToken } from "../support/gateway/hooks.ts";
import { getAuthorization, sendRequest } from "../support/gateway/replay.ts";
import { createScriptedModel } from "../support/providers/scripted-model.ts";

interface Parameter {
  readonly name: string;
  readonly in: "query" | "header" | "path";
  readonly schema: Schema;
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: { readonly "application/json"?: { readonly schema: Schema } } };
}

const { paths, components } = parse(readFileSync(new URL("../../openapi.yaml", import.meta.url), "utf8")) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

const config: ConfigInput = {
  gateway: {
    http: { endpoints: allEndpoints },
    limits: { maxJsonNodes: 1_000_000 },
  },
  hooks: { enabled: true, token: hookToken, maxBodyBytes: 50_000_000 },
};

interface Call {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

interface Attempt extends Bound {
  readonly operation: string;
  /** Places a value of the bounded field in a request. */
  readonly send: (url: string, value: unknown) => Promise<Response>;
}

/** Lists the bounds of every operation. A named schema is tested where it is used first. */
function* listAttempts(): Generator<Attempt> {
  const finder = createBoundFinder(components.schemas);
  for (const [template, methods] of Object.entries(paths)) {
    for (const [method, { operationId, parameters = [], requestBody }] of Object.entries(methods)) {
      const exampleSet = exampleSets.find(({ endpoint }) => endpoint.id === operationId);
      const example = exampleSet?.examples[0]?.request;
      const authorization = getAuthorization(exampleSet?.endpoint);
      const base: Call = { path: template, query: {}, headers: {}, body: example?.body };
      const send =
        (change: (value: unknown) => Partial<Call>): Attempt["send"] =>
        (url, value) => {
          const { path, query, headers, body } = { ...base, ...change(value) };
          const address = `${url}${path.replaceAll(/\{\w+\}/g, "agent:main:trip")}?${new URLSearchParams(query).toString()}`;
          return sendRequest(address, method, { authorization, ...headers }, body);
        };
      for (const { name, in: place, schema } of parameters) {
        const write = send((value) => {
          const text = String(value);
          if (place === "query") return { query: { [name]: text } };
          if (place === "header") return { headers: { [name]: text } };
          return { path: template.replace(`{${name}}`, encodeURIComponent(text)) };
        });
        for (const bound of finder.find(schema, name)) {
          // An empty segment is another path.
          if (place === "path" && bound.keyword === "minLength") continue;
          yield { ...bound, operation: operationId, send: write };
        }
      }
      const schema = requestBody?.content["application/json"]?.schema;
      if (schema === undefined) continue;
      const write = send((body) => ({ body }));
      for (const bound of finder.find(schema, "", example?.body as object))
        yield { ...bound, operation: operationId, send: write };
    }
  }
}

test("every bound of the document holds: its edge is accepted, and one beyond is rejected with the field", async () => {
  const gateway = await startTestGateway({ config, model: createScriptedModel([{ text: "Hello." }]) });
  const findings: string[] = [];
  let attempts = 0;
  for (const { operation, path, keyword, edge, beyond, send } of listAttempts()) {
    attempts += 1;
    const name = `${operation} ${path} ${keyword}`;
    const rejectedEdge = await readRejection(await send(gateway.url, edge), path);
    // A handler may reject the value for another reason: it names no tool, no item, no cursor.
    if (rejectedEdge !== undefined && boundMessage.test(rejectedEdge))
      findings.push(`${name}: the edge is rejected: ${rejectedEdge}`);
    if (keyword === missingBound) findings.push(`${name} is missing`);
    const rejection = await readRejection(await send(gateway.url, beyond), path);
    if (rejection === undefined && keyword !== missingBound) findings.push(`${name}: one beyond is accepted`);
  }
  expect(findings).toEqual([]);
  expect(attempts).toBeGreaterThan(150);
});

/** How validation says that a bound is violated. */
const boundMessage = /: must /;
const rejections = new Set(["invalid_value", "invalid_type", "missing_required_parameter"]);

/** The fields of an error, or of its details in the shape of Anthropic's API. */
interface ErrorFields {
  readonly code?: string;
  readonly error_code?: string;
  readonly param?: string | null;
  readonly message: string;
}

/** Resolves to the message of an error that the contract's validation gives for the field or for a value that contains it. */
async function readRejection(response: Response, path: string): Promise<string | undefined> {
  const text = await response.text();
  if (response.status !== 400) return undefined;
  const { error } = JSON.parse(text) as {
    readonly error: ErrorFields & { readonly details?: ErrorFields; readonly data?: ErrorFields };
  };
  const { code, error_code = code, param: field } = { ...error, ...error.details, ...error.data };
  const param = field ?? " ";
  // With the type of another object, the fields of that object are missing.
  const isField = path.startsWith(param) || (path.endsWith(".type") && param.startsWith(path.slice(0, -5)));
  return rejections.has(error_code ?? "") && isField ? error.message : undefined;
}
