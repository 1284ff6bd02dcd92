/** Gateways that share a PostgreSQL database. */
import { randomBytes } from "node:crypto";
import { inject } from "vitest";
import type { ConfigInput } from "../../../contracts/config/config.ts";
import type { ModelStream } from "../../../server/agent/types.ts";
import { startTestGateway, type TestGateway } from "../gateway/gateway.ts";

/** The configuration of nodes that share a schema of their own. */
export function createSharedConfig(overrides: ConfigInput = {}): ConfigInput {
  return {
    ...overrides,
    gateway: {
      http: { endpoints: { chatCompletions: { enabled: true }, responses: { enabled: true } } },
      ...overrides.gateway,
    },
    session: {
      store: {
        type: "postgres",
        url: inject("postgresUrl") ?? "",
        schema: `nodes_${randomBytes(8).toString("hex")}`,
        poolSize: 5,
      },
    },
  };
}

/** Starts so many nodes with one configuration, one after the other. */
export async function startNodes(
  count: number,
  options: { readonly model?: ModelStream; readonly config?: ConfigInput } = {},
): Promise<readonly [TestGateway, TestGateway, ...TestGateway[]]> {
  const config = options.config ?? createSharedConfig();
  const nodes: TestGateway[] = [];
  for (let index = 0; index < count; index += 1)
    nodes.push(await startTestGateway({ config, ...(options.model && { model: options.model }) }));
  const [first, second, ...others] = nodes;
  if (first === undefined || second === undefined) throw new Error("two nodes at least");
  return [first, second, ...others];
}
