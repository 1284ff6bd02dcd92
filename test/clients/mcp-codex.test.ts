/** The unmodified Codex calls an agent of the gateway as a tool, over MCP. Its model is an agent of the gateway too. */
import JSON5 from "json5";
import { describe, expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { codex, createCodexUser } from "../support/clients/codex.ts";
import { documents, parseBlocks } from "../support/documents/markdown.ts";
import { token } from "../support/gateway/gateway.ts";
import { startGatewayProcess, type GatewayProcess } from "../support/gateway/gateway-process.ts";
import { loopbackCommand } from "../support/gateway/loopback.ts";
import { readRunLines } from "../support/gateway/run-log.ts";

const guide = documents.find(({ path }) => path === "docs/guides/mcp.md");
const findBlock = (language: string): string =>
  guide === undefined ? "" : (parseBlocks(guide).find((block) => block.language === language)?.text ?? "");

/** The gateway as in the guide, with an agent for the program itself. Its built-in model calls tools on command. */
function startGateway(): Promise<GatewayProcess> {
  const guideConfig = JSON5.parse<ConfigInput>(findBlock("json5"));
  const endpoints = {
    ...guideConfig.gateway?.http?.endpoints,
    responses: { enabled: true },
  };
  const list = [...(guideConfig.agents?.list ?? []), { id: "program", tools: { deny: ["*"] } }];
  const config = { ...guideConfig, gateway: { http: { endpoints } }, agents: { list } };
  return startGatewayProcess({ config, commandPrefix: loopbackCommand });
}

const readRuns = (gateway: GatewayProcess): readonly string[] =>
  readRunLines([gateway.output()])
    .map(({ agent, outcome }) => `${agent} ${outcome}`)
    .filter((line) => !line.startsWith("main"))
    .toSorted();

describe.skipIf(codex === undefined)("Codex", () => {
  test("calls an agent as a tool of its model", async () => {
    const gateway = await startGateway();
    const provider = `model = "openclaw:program"
model_provider = "openclaw"
[model_providers.openclaw]
name = "openclaw"
base_url = "${gateway.url}/v1"
env_key = "OPENCLAW_GATEWAY_TOKEN"
wire_api = "responses"
[analytics]
enabled = false
`;
    const server = findBlock("toml").replace("http://127.0.0.1:18789", gateway.url);
    const config = `${provider}\n${server}\nrequired = true\nstartup_timeout_sec = 60\n`;
    const user = createCodexUser(config, { pid: gateway.child.pid ?? 0, token });
    const reply = await user.exec(
      "--sandbox",
      "danger-full-access",
      '/tool mcp__openclaw__coder {"message": "What is my name?"}',
    );
    expect(reply).toMatch(/^mcp__openclaw__coder returned: [^]*You have not told me your name\./);
    await expect.poll(() => readRuns(gateway)).toEqual(["coder stop", "program stop", "program tool_calls"]);
  });
});
