import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createMemoryGuard, type MemoryGuard } from "../../server/agent/memory-guard.ts";
import { createRunningRuns } from "../../server/agent/running-runs.ts";
import type { GatewayError } from "../../server/lib/errors.ts";
import type { Run } from "../../server/agent/types.ts";
import { startTestGateway, chatConfig, createChatBody, postChat } from "../support/gateway/gateway.ts";
import { createGatedModel } from "../support/providers/scripted-model.ts";

const megabyte = 1_048_576;
const noop = (): void => {};

interface Rig {
  used: number;
  afterCollection: number | undefined;
  collections: number;
  readonly warnings: string[];
  readonly guard: MemoryGuard;
  readonly aborted: (readonly [string, GatewayError | undefined])[];
  addRun(id: string, text: string): void;
}

function createRig(): Rig {
  const warnings: string[] = [];
  const log = {
    debug: noop,
    info: noop,
    error: noop,
    warn: (message: string) => void warnings.push(message),
  };
  const running = createRunningRuns(log);
  const aborted: (readonly [string, GatewayError | undefined])[] = [];
  const state = { used: 0, afterCollection: undefined as number | undefined, collections: 0 };
  const guard = createMemoryGuard({
    limits: { current: { maxMemoryMb: 100 } },
    workers: { count: 1 },
    running,
    clock: Date.now,
    log,
    readUsedBytes: () => state.used * megabyte,
    collect: () => {
      state.collections += 1;
      state.used = state.afterCollection ?? state.used;
    },
  });
  return Object.assign(state, {
    warnings,
    guard,
    aborted,
    addRun(id: string, text: string) {
      const handle = running.add({ id } as Run, (reason) => void aborted.push([id, reason]));
      handle.publish({ type: "text", text });
    },
  });
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("nothing is rejected below 80 %, nor while no other run is at work", () => {
  const rig = createRig();
  rig.addRun("r1", "x");
  rig.addRun("r2", "x");
  rig.used = 79;
  vi.advanceTimersByTime(300);
  rig.guard.requireRoom();
  rig.used = 81;
  vi.advanceTimersByTime(300);
  expect(() => rig.guard.requireRoom()).toThrow("memory is nearly full");
  expect(rig.warnings).toEqual(["memory is nearly full"]);
  const alone = createRig();
  alone.addRun("r1", "x");
  alone.used = 85;
  vi.advanceTimersByTime(300);
  alone.guard.requireRoom();
});

test("garbage does not count: a full collection comes first, at most one in five seconds", () => {
  const rig = createRig();
  rig.addRun("r1", "x");
  rig.addRun("r2", "x");
  rig.used = 95;
  rig.afterCollection = 20;
  vi.advanceTimersByTime(300);
  rig.guard.requireRoom();
  expect(rig.aborted).toEqual([]);
  expect(rig.collections).toBe(1);
  rig.used = 95;
  rig.afterCollection = undefined;
  vi.advanceTimersByTime(2_000);
  expect(rig.collections).toBe(1);
  vi.advanceTimersByTime(4_000);
  expect(rig.collections).toBe(2);
});

test("at 90 % the largest run is ended with an error that says why, and readiness fails after five seconds", () => {
  const rig = createRig();
  rig.addRun("small", "x");
  rig.addRun("large", "x".repeat(1_000));
  rig.used = 91;
  vi.advanceTimersByTime(250);
  expect(rig.aborted[0]).toMatchObject(["large", { code: "server_overloaded" }]);
  expect(rig.guard.isExhausted()).toBe(false);
  vi.advanceTimersByTime(5_250);
  expect(rig.guard.isExhausted()).toBe(true);
  rig.used = 10;
  vi.advanceTimersByTime(250);
  expect(rig.guard.isExhausted()).toBe(false);
  rig.guard.close();
});

test("a real gateway ends the run that fills its memory, and answers the others", async () => {
  vi.useRealTimers();
  const { model, emit, waitForCall } = createGatedModel();
  const gateway = await startTestGateway({
    model,
    config: { gateway: { ...chatConfig.gateway, limits: { maxMemoryMb: 64 } } },
  });
  // The test's own heap is beyond 90 % of the smallest bound already.
  const hoard = Buffer.alloc(70 * megabyte, 1);
  const reply = postChat(gateway.url, createChatBody("fill it", { stream: true }));
  await waitForCall();
  emit({ type: "text", text: "x".repeat(10_000) });
  const text = await (await reply).text();
  expect(text).toContain('"code":"server_overloaded"');
  expect(gateway.log.some((line) => line.includes("the largest run was ended"))).toBe(true);
  expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  expect(hoard).toHaveLength(70 * megabyte);
});
