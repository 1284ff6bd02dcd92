import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startTestGateway, token } from "../support/gateway/gateway.ts";

const hasSetsid = spawnSync("sh", ["-c", "command -v setsid"]).status === 0;
const command = "sleep 300 & echo $! > pids; setsid sleep 301 & echo $! >> pids; wait";

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test.skipIf(!hasSetsid)(
  "the caller's leaving ends the command and every process it started (needs setsid)",
  async () => {
    const config = { gateway: { tools: { allow: ["exec"] } } };
    const gateway = await startTestGateway({ config });
    const pids = (): readonly number[] => {
      const text = readFileSync(join(gateway.stateDir, "workspace", "pids"), "utf8");
      return text.trim().split("\n").map(Number);
    };
    const controller = new AbortController();
    const invocation = fetch(`${gateway.url}/tools/invoke`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ tool: "bash", action: "run", args: { command } }),
      signal: controller.signal,
    });
    invocation.catch(() => {});
    await expect.poll(() => pids().length).toBe(2);
    const started = pids();
    expect(started.map(isAlive)).toEqual([true, true]);

    controller.abort();
    await expect(invocation).rejects.toThrow();
    await expect.poll(() => started.map(isAlive)).toEqual([false, false]);
  },
);
