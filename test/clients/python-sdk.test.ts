/** The official Python SDK against the gateway. Every file of python/ is a set of tests. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { allEndpoints, startTestGateway, token, type TestGateway } from "../support/gateway/gateway.ts";
import { startGatewayProcess } from "../support/gateway/gateway-process.ts";
import { createOpenAIClient } from "../support/clients/openai-client.ts";
import { hasAgentsSdk, python } from "../support/clients/python.ts";
import { readOutcomes } from "../support/gateway/run-log.ts";
import {
  otherWebhookSecret,
  startWebhookReceiver,
  webhookSecret,
} from "../support/gateway/webhook-receiver.ts";

const config = { gateway: { http: { endpoints: allEndpoints } } };

const chat = ["unstreamed.py", "streamed.py", "tools.py", "failures.py"];
const responses = [
  "responses_unstreamed.py",
  "responses_streamed.py",
  "responses_tools.py",
  "responses_stored.py",
  "responses_socket.py",
  "files.py",
];

/** Resolves to the report of unittest. Rejects with it when a test fails. */
async function run(
  file: string,
  { url }: Pick<TestGateway, "url">,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stderr } = await promisify(execFile)(python ?? "", [join(import.meta.dirname, "python", file)], {
    env: {
      ...process.env,
      PYTHONDONTWRITEBYTECODE: "1",
      OPENCLAW_GATEWAY_URL: url,
      OPENCLAW_GATEWAY_TOKEN: token,
      ...env,
    },
  });
  return stderr;
}

describe.skipIf(python === undefined)("with its own types enforced", () => {
  for (const file of [...chat, ...responses, "embeddings.py"]) {
    test(`${file} passes`, async () => {
      expect(await run(file, await startTestGateway({ config }))).toMatch(/^Ran [1-9]\d* tests[^]*\nOK\n$/m);
    });
  }

  test.skipIf(!hasAgentsSdk)("agents_conversations.py passes", async () => {
    const gateway = await startTestGateway({ config });
    expect(await run("agents_conversations.py", gateway)).toMatch(/^Ran 4 tests[^]*\nOK\n$/m);
  });

  test.skipIf(!hasAgentsSdk)(
    "agents_restart.py passes before and after a restart of the gateway",
    async () => {
      const gateway = await startTestGateway({ config });
      const { id } = await createOpenAIClient(gateway).conversations.create();
      const passed = /^Ran 1 test [^]*\nOK\n$/m;
      expect(await run("agents_restart.py", gateway, { CONVERSATION_ID: id })).toMatch(passed);
      await gateway.stop();
      const again = await startTestGateway({ config, stateDir: gateway.stateDir });
      expect(await run("agents_restart.py", again, { CONVERSATION_ID: id })).toMatch(passed);
      expect((await createOpenAIClient(again).conversations.items.list(id)).data).toHaveLength(4);
    },
  );

  test("webhooks.py passes after a kill between an event and its delivery, with each secret of the receiver", async () => {
    const receiver = await startWebhookReceiver({
      answer: (response, attempt) => void (attempt > 1 && response.writeHead(204).end()),
    });
    const secrets = [webhookSecret, otherWebhookSecret];
    const first = await startGatewayProcess({
      config: {
        gateway: {
          http: { endpoints: { responses: { enabled: true } } },
          webhooks: [{ url: receiver.url, secret: secrets, allowPrivateNetwork: true }],
        },
      },
    });
    await createOpenAIClient(first).responses.create({ model: "openclaw", input: "hi", background: true });
    await expect.poll(() => receiver.received.length).toBe(1);
    await first.end("SIGKILL");
    const second = await startGatewayProcess({ stateDir: first.stateDir, configPath: first.configPath });
    await expect.poll(() => receiver.received.length).toBe(2);
    for (const secret of secrets) {
      const env = { WEBHOOK_EVENT: JSON.stringify(receiver.received[1]), WEBHOOK_SECRET: secret };
      expect(await run("webhooks.py", second, env)).toMatch(/^Ran 2 tests[^]*\nOK\n$/m);
    }
  });

  test("every kind of disconnect ends the run", async () => {
    const gateway = await startTestGateway();
    await run("disconnect.py", gateway);
    await expect.poll(() => readOutcomes(gateway.log)).toEqual(Array(4).fill("aborted"));
  });
});
