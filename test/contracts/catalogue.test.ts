import { expect, test } from "vitest";
import type { Endpoint } from "../../contracts/endpoint.ts";
import { errorCodes, errorTable } from "../../contracts/errors.ts";
import { exampleSets } from "../../contracts/examples/index.ts";
import { endpoints, methods } from "../../contracts/index.ts";
import { responseSocketErrors } from "../../contracts/http/responses/socket.ts";
import type { Method } from "../../contracts/socket/method.ts";

const all = Object.entries<Endpoint>(endpoints);
const listErrors = (endpoint: Endpoint): readonly string[] => endpoint.errors;

test("every endpoint has its id as key, and no two share a method and path", () => {
  expect(all.map(([, { id }]) => id)).toEqual(all.map(([key]) => key));
  const routes = all.flatMap(([, { method, path, aliases = [] }]) =>
    [path, ...aliases].map((each) => `${method} ${each}`),
  );
  expect(new Set(routes).size).toBe(routes.length);
});

test("every endpoint has examples, except those that serve documents and metrics", () => {
  const without = all.filter(([, endpoint]) => !exampleSets.some((set) => set.endpoint === endpoint));
  expect(without.map(([id]) => id)).toEqual([
    "getMetrics",
    "getOpenapiYaml",
    "getOpenapiJson",
    "getAsyncapiYaml",
    "getDocs",
    "getSocketDocs",
    "getPage",
  ]);
  for (const { examples } of exampleSets) expect(examples).not.toHaveLength(0);
});

test("each set of examples belongs to one endpoint of the catalogue", () => {
  const described = exampleSets.map(({ endpoint }) => endpoint.id);
  expect(new Set(described).size).toBe(described.length);
  for (const { endpoint } of exampleSets) expect(all.map(([, each]) => each)).toContain(endpoint);
});

test("titles of an endpoint's examples differ", () => {
  for (const { examples } of exampleSets) {
    const titles = examples.map(({ title }) => title.toLowerCase());
    expect(new Set(titles).size).toBe(titles.length);
  }
});

test("every specific code has an example, except those that need more than one request", () => {
  const exampleIds = new Set(
    exampleSets.flatMap(({ examples }) =>
      examples.map((example) => ("error" in example ? example.error.code : undefined)),
    ),
  );
  for (const { examples } of exampleSets) {
    for (const example of examples) if ("failure" in example) exampleIds.add(example.failure?.code);
  }
  const needMore = [
    "idempotency_in_progress",
    "session_busy",
    "budget_exceeded",
    "run_timeout",
    "run_aborted",
    "storage_unavailable",
  ];
  const listed = new Set(all.flatMap(([, endpoint]) => listErrors(endpoint)));
  expect([...listed].filter((code) => !exampleIds.has(code as never)).toSorted()).toEqual(
    needMore.toSorted(),
  );
});

test("every code of the table is either common or listed by an endpoint or method", () => {
  const listed = new Set([
    ...all.flatMap(([, endpoint]) => listErrors(endpoint)),
    ...responseSocketErrors,
    ...Object.values<Method>(methods).flatMap(({ errors }): readonly string[] => errors),
  ]);
  for (const code of errorCodes) expect([code, listed.has(code)]).toEqual([code, !errorTable[code].common]);
});
