import { getEventListeners } from "node:events";
import { describe, expect, test, vi } from "vitest";
import { callOnAbort, mapAbortError, raceAbort, waitWithGrace } from "../../server/lib/abort.ts";
import { GatewayError } from "../../server/lib/errors.ts";

const countListeners = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;

describe("callOnAbort", () => {
  test("the callbacks of a signal share one listener, are called in order, and all of them when one removes another", () => {
    const controller = new AbortController();
    const calls: string[] = [];
    const removeFirst = callOnAbort(controller.signal, () => calls.push("first"));
    callOnAbort(controller.signal, () => {
      calls.push("second");
      removeThird();
    });
    const removeThird = callOnAbort(controller.signal, () => calls.push("third"));
    callOnAbort(controller.signal, () => calls.push("fourth"));
    removeFirst();
    expect(countListeners(controller.signal)).toBe(1);
    controller.abort();
    callOnAbort(controller.signal, () => calls.push("late"));
    expect(calls).toEqual(["second", "third", "fourth", "late"]);
  });
});

describe("raceAbort", () => {
  test("settles as the work does and leaves no listener", async () => {
    const { signal } = new AbortController();
    await expect(raceAbort(Promise.resolve(1), signal)).resolves.toBe(1);
    await expect(raceAbort(Promise.reject(new Error("broken")), signal)).rejects.toThrow("broken");
    expect(countListeners(signal)).toBe(0);
  });

  test("rejects with the signal's reason, before or after the call, while the work goes on", async () => {
    const controller = new AbortController();
    const work = Promise.withResolvers<number>();
    const race = raceAbort(work.promise, controller.signal);
    controller.abort(new Error("left"));
    await expect(race).rejects.toThrow("left");
    await expect(raceAbort(work.promise, controller.signal)).rejects.toThrow("left");
    work.reject(new Error("a late failure is nobody's unhandled rejection"));
    expect(countListeners(controller.signal)).toBe(0);
  });
});

describe("waitWithGrace", () => {
  test("gives the work time after the abort, and rejects when the time is over", async () => {
    vi.useFakeTimers();
    try {
      const controller = new AbortController();
      const slow = Promise.withResolvers<string>();
      const inTime = waitWithGrace(slow.promise, controller.signal, 1_000);
      const late = waitWithGrace(new Promise(() => {}), controller.signal, 1_000);
      late.catch(() => {});
      controller.abort();
      await vi.advanceTimersByTimeAsync(999);
      slow.resolve("done");
      await expect(inTime).resolves.toBe("done");
      await vi.advanceTimersByTimeAsync(1);
      await expect(late).rejects.toThrow("The tool was stopped.");
      expect([vi.getTimerCount(), countListeners(controller.signal)]).toEqual([0, 0]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("mapAbortError", () => {
  const fail = (): Promise<never> => Promise.reject(new Error("socket hang up"));

  test("keeps an error that has nothing to do with the abort", async () => {
    await expect(mapAbortError(new AbortController().signal, fail)).rejects.toThrow("socket hang up");
    await expect(mapAbortError(AbortSignal.abort(), () => Promise.resolve(1))).resolves.toBe(1);
  });

  test("throws the signal's reason if that is a GatewayError, else `run_aborted`", async () => {
    const reason = new GatewayError("run_timeout", "The run took too long.");
    await expect(mapAbortError(AbortSignal.abort(reason), fail)).rejects.toBe(reason);
    await expect(mapAbortError(AbortSignal.abort(), fail)).rejects.toMatchObject({ code: "run_aborted" });
  });
});
