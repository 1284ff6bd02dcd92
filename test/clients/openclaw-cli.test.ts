/** The original's terminal and command line, unmodified, work with this gateway. */
import { describe, expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { createOpenclawUser, openclawCli } from "../support/clients/openclaw-cli.ts";
import { startTestGateway } from "../support/gateway/gateway.ts";
import { callAsOperator } from "../support/gateway/keys.ts";

const config: ConfigInput = {
  agents: { list: [{ id: "main", default: true }, { id: "second" }] },
};

describe.skipIf(openclawCli === undefined)("the original's", () => {
  test("terminal sends, streams, aborts, shows the history and switches the agent", async () => {
    const gateway = await startTestGateway({ config });
    await callAsOperator(gateway, "agent", { message: "say of yesterday", idempotencyKey: "old" });
    const terminal = createOpenclawUser(gateway).startTerminal();
    await terminal.waitForText("session agent:main:main");
    await terminal.waitForText("of yesterday");
    await terminal.waitForText("connected");

    await terminal.enter("repeat: a pelican");
    await terminal.waitForText("a pelican");
    await terminal.waitForText("idle");

    await terminal.enter("/stall one two three");
    // The terminal shows the question's text too, before there is an answer.
    await terminal.waitForText("streaming");
    terminal.escape();
    await terminal.waitForText("run aborted");

    await terminal.enter("/agent second");
    await terminal.waitForText("session agent:second:main");
    await terminal.enter("repeat: from the second");
    await terminal.waitForText("from the second");
    await terminal.waitForText("idle");
    await expect
      .poll(() => callAsOperator(gateway, "chat.history", { sessionKey: "agent:second:main" }))
      .toMatchObject({
        messages: [{ role: "user" }, { role: "assistant", content: [{ text: "from the second" }] }],
      });
    const history = await callAsOperator(gateway, "chat.history", { sessionKey: "agent:main:main" });
    expect(history).toMatchObject({
      messages: { 5: { cut: "aborted", content: [{ text: "one two three" }] } },
    });
  });

  test("command line runs an agent and reads health, status, models, the log and any method", async () => {
    const gateway = await startTestGateway({ config });
    const { run } = createOpenclawUser(gateway);
    const reply: unknown = JSON.parse(await run("agent", "--agent", "main", "-m", "repeat: hello", "--json"));
    expect(reply).toMatchObject({ status: "ok", result: { payloads: [{ text: "hello" }] } });
    expect(await run("health")).toMatch(/sessions\.sqlite \(1 entries\)\n- agent:main:main/);
    expect(JSON.parse(await run("health", "--json"))).toMatchObject({ ok: true, defaultAgentId: "main" });
    expect(await run("models", "list")).toMatch(/builtin\/assistant .* default/);
    expect(await run("logs", "--limit", "20")).toContain("run");
    expect(await run("gateway", "call", "status")).toContain('"ok": true');
    const status: unknown = JSON.parse(await run("status", "--json"));
    expect(status).toMatchObject({ gateway: { reachable: true }, sessions: { count: 1 } });
    expect(await run("status")).toMatch(/Gateway .*ws:\/\/127\.0\.0\.1:\d+ .*reachable [\d.]+m?s/);
  });
});
