/** The token of hooks, their agents, their path and the limit of their bodies. */
import { describe, expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { ConfigError } from "../../server/lib/config-error.ts";
import { movedPath } from "../support/gateway/declared-answer.ts";
import { startTestGateway, token, type TestGateway } from "../support/gateway/gateway.ts";
import {
  createHooksConfig,
  hookToken,
  postHook,
  readHookError,
  runHook,
  wakeSession,
  type HookAnswer,
} from "../support/gateway/hooks.ts";
import { createKey, request } from "../support/gateway/keys.ts";

describe("the agents of hooks", () => {
  test("are the agents of hooks.allowedAgentIds, and one of them is the default", async () => {
    const gateway = await startTestGateway({ config: createHooksConfig({ allowedAgentIds: ["Coder"] }) });
    expect((await runHook(gateway)).headers.get("x-openclaw-agent-id")).toBe("coder");
    expect(readHookError(await runHook(gateway, { agentId: "main" }))).toEqual([
      404,
      "model_not_found",
      "agentId",
    ]);
    expect(readHookError(await wakeSession(gateway, { text: "x", agentId: "main" }))[0]).toBe(404);
    gateway.reload(createHooksConfig({ allowedAgentIds: [] }));
    const { status, body } = await runHook(gateway);
    expect([status, body.error?.message]).toEqual([
      404,
      "No agent for hooks. hooks.allowedAgentIds allows none.",
    ]);
    gateway.reload(createHooksConfig({ allowedAgentIds: ["*"] }));
    expect((await runHook(gateway, { agentId: "MAIN" })).headers.get("x-openclaw-agent-id")).toBe("main");
  });
});

describe("the token", () => {
  test("is sent in one of two headers; hooks reject other credentials, and other endpoints reject the token", async () => {
    const gateway = await startTestGateway({ config: createHooksConfig() });
    const send = async (headers: Readonly<Record<string, string>>, query = ""): Promise<unknown> =>
      readHookError(await postHook(gateway, `/hooks/wake${query}`, { text: "x" }, headers)).slice(0, 2);
    expect(await send({ authorization: `bearer ${hookToken}` })).toEqual([200, undefined]);
    expect(await send({ "x-openclaw-token": hookToken })).toEqual([200, undefined]);
    const both = { authorization: `Bearer ${hookToken}`, "x-openclaw-token": "another" };
    expect(await send(both)).toEqual([200, undefined]);
    const key = await createKey(gateway, "ada", { scopes: ["operator.admin"] });
    for (const secret of [token, key, "wrong"])
      expect(await send({ authorization: `Bearer ${secret}` })).toEqual([401, "invalid_api_key"]);
    expect(await send({})).toEqual([401, "invalid_api_key"]);
    expect(await send({ authorization: `Bearer ${hookToken}` }, `?token=${hookToken}`)).toEqual([
      400,
      "invalid_request",
    ]);
    expect((await request(gateway, "/sessions", { secret: hookToken })).status).toBe(401);
    expect(gateway.log.join("\n")).not.toContain(hookToken);
  });

  test("may be wrong 20 times a minute, and callers who have it are never locked out", async () => {
    let now = Date.UTC(2026, 0, 1);
    // PostgreSQL counts by its own clock: test/postgres/rates.test.ts.
    const config = { ...createHooksConfig(), session: { store: { type: "sqlite" } } } satisfies ConfigInput;
    const gateway = await startTestGateway({ config, clock: () => now });
    const guess = (): Promise<HookAnswer> => runHook(gateway, {}, { authorization: "Bearer wrong" });
    for (let count = 0; count < 20; count += 1) expect((await guess()).status).toBe(401);
    const { status, headers } = await guess();
    expect([status, headers.get("retry-after")]).toEqual([429, "60"]);
    gateway.reload(config);
    expect((await guess()).status).toBe(429);
    expect((await wakeSession(gateway, { text: "x" })).status).toBe(200);
    // The failures of hooks are counted apart.
    expect((await request(gateway, "/sessions", { secret: "wrong" })).status).toBe(401);
    now += 60_000;
    expect((await guess()).status).toBe(401);
  });

  test("differs from the gateway's secret, at the start and at a reload, and is strong when other machines can connect", async () => {
    const start = (hooks: ConfigInput["hooks"], host = "127.0.0.1"): Promise<TestGateway> =>
      startTestGateway({ config: createHooksConfig(hooks), host });
    await expect(start({ token })).rejects.toThrow("hooks.token: is the gateway's own secret");
    await expect(start({ token: " " })).rejects.toThrow("hooks.token: is blank");
    await expect(start({ token: "short" }, "0.0.0.0")).rejects.toThrow(ConfigError);
    const gateway = await start({ token: "short" });
    expect(() => gateway.reload(createHooksConfig({ token }))).toThrow(
      "hooks.token: is the gateway's own secret",
    );
    expect((await runHook(gateway, {}, { authorization: "Bearer short" })).status).toBe(200);
    gateway.reload(createHooksConfig());
    expect((await runHook(gateway, {}, { authorization: "Bearer short" })).status).toBe(401);
    expect((await runHook(gateway)).status).toBe(200);
  });
});

test("hooks are off by default, are served under hooks.path, and accept bodies of up to 256 KiB", async () => {
  const gateway = await startTestGateway();
  const answer = await runHook(gateway);
  expect([...readHookError(answer).slice(0, 2), answer.body.error?.message]).toEqual([
    404,
    "endpoint_disabled",
    expect.stringContaining("hooks.enabled"),
  ]);
  gateway.reload(createHooksConfig({ path: movedPath }));
  expect((await postHook(gateway, `${movedPath}/agent`, { message: "Hi" })).status).toBe(200);
  expect(readHookError(await postHook(gateway, `${movedPath}/wake`, { text: "x".repeat(262_144) }))).toEqual([
    413,
    "request_too_large",
    null,
  ]);
  const methodError = await fetch(`${gateway.url}${movedPath}/wake`);
  expect([methodError.status, methodError.headers.get("allow")]).toEqual([405, "POST"]);
});
