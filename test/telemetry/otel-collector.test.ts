/** Traces in a real OpenTelemetry collector. Without `otelcol` on the path the test is skipped. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { calls, ends, nextCall, says } from "../../contracts/examples/script.ts";
import {
  createChatBody,
  createTemporaryFolder,
  postChat,
  startTestGateway,
} from "../support/gateway/gateway.ts";
import { createModelSequence, splitScript } from "../support/providers/scripted-model.ts";

const hasCollector = spawnSync("otelcol", ["--version"]).status === 0;
if (!hasCollector) console.log("otelcol is not installed: its test is skipped");

/** Prints what it receives. */
const createCollectorConfig = (port: number): string => `
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:${port}" } } } }
exporters: { debug: { verbosity: detailed } }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { traces: { receivers: [otlp], exporters: [debug] } }
`;

/** Returns a port that was free a moment ago. */
async function reservePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

test.skipIf(!hasCollector)("a collector takes the spans of a run", async () => {
  const port = await reservePort();
  const file = join(createTemporaryFolder(), "collector.yaml");
  writeFileSync(file, createCollectorConfig(port));
  const collector = spawn("otelcol", ["--config", file], { stdio: ["ignore", "ignore", "pipe"] });
  onTestFinished(() => void collector.kill());
  let output = "";
  collector.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await expect.poll(() => output).toContain("Everything is ready");

  const script = [
    calls("call_1", "session_status", "{}"),
    nextCall,
    says("Done."),
    ends({ input: 20, output: 5 }),
  ];
  const { model } = createModelSequence(...splitScript(script));
  const gateway = await startTestGateway({
    config: {
      gateway: { http: { endpoints: { chatCompletions: { enabled: true } } } },
      tools: { profile: "full" },
      diagnostics: { otel: { enabled: true, endpoint: `http://127.0.0.1:${port}`, flushIntervalMs: 20 } },
    },
    model,
  });
  await postChat(gateway.url, createChatBody("hi"));
  await gateway.stop();
  await expect.poll(() => output).toMatch(/Name +: POST \/v1\/chat\/completions/);
  for (const line of [
    /Name +: invoke_agent main/,
    /Name +: execute_tool session_status/,
    /Kind +: Server/,
    /-> gen_ai\.usage\.output_tokens: Int\(5\)/,
    /-> gen_ai\.response\.finish_reasons: Slice\(\["stop"\]\)/,
    /-> service\.name: Str\(openclaw-gateway\)/,
  ])
    expect(output).toMatch(line);
  expect(output.match(/Name +: chat assistant/g)).toHaveLength(2);
});
