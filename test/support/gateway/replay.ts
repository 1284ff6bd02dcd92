/** Starts the gateway that an example is replayed against: a scripted model, a fixed clock and sequential ids. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { AnyExample, Endpoint } from "../../../contracts/endpoint.ts";
import { listFormFields } from "../../../contracts/form.ts";
import type { NewId } from "../../../server/lib/ports.ts";
import { allEndpoints, startTestGateway, createTemporaryFolder, token, type TestGateway } from "./gateway.ts";
import { hookToken } from "./hooks.ts";
import { splitScript, createModelSequence } from "../providers/scripted-model.ts";

const config = {
  gateway: {
    http: { endpoints: allEndpoints },
    tools: { allow: ["write"] },
  },
  agents: { list: [{ id: "main" }, { id: "coder" }] },
  hooks: { enabled: true, token: hookToken },
};

/** The credential that an endpoint takes. */
export const getAuthorization = ({ credential }: Pick<Endpoint, "credential"> = {}): string =>
  `Bearer ${credential === "hook" ? hookToken : token}`;

/** Sends the requests of the example's `before` first. */
export async function startReplayGateway(example: AnyExample): Promise<TestGateway> {
  const gateway = await startTestGateway({
    config,
    stateDir: createFolderWithKey(),
    model: createModelSequence(...splitScript(example.model ?? [])).model,
    clock: () => Date.UTC(2026, 0, 1),
    newId: createSequentialIds(),
  });
  for (const { method, path, headers = {}, body, bodyType } of example.before ?? []) {
    const response = await sendRequest(
      gateway.url + path,
      method,
      { authorization: getAuthorization(), ...headers },
      body,
      bodyType,
    );
    expect([await response.text(), response.status]).toEqual([expect.anything(), 200]);
  }
  return gateway;
}

/** A known encryption key makes encrypted content exact too. */
function createFolderWithKey(): string {
  const folder = createTemporaryFolder();
  writeFileSync(join(folder, "seal.key"), Buffer.alloc(32, 1));
  return folder;
}

export function sendRequest(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body: unknown,
  bodyType?: Endpoint["bodyType"],
): Promise<Response> {
  if (body === undefined) return fetch(url, { method, headers });
  if (bodyType !== undefined) return fetch(url, { method, headers, body: createForm(body as object) });
  return fetch(url, {
    method,
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

export function createForm(body: object): FormData {
  const form = new FormData();
  for (const [name, value] of listFormFields(body)) {
    if (typeof value === "string") form.append(name, value);
    else form.append(name, new Blob([value.content]), value.filename);
  }
  return form;
}

/** Creates predictable ids with a counter per prefix: `chatcmpl-1`, `chatcmpl-2`, `req_1`. */
export function createSequentialIds(): NewId {
  const counts = new Map<string, number>();
  return (prefix) => {
    const count = (counts.get(prefix) ?? 0) + 1;
    counts.set(prefix, count);
    return `${prefix}${count}`;
  };
}
