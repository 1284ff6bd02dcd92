/** Logs and counts unhandled promise rejections, which would end the process otherwise. */
import { inspect } from "node:util";
import type { Log } from "../server/lib/ports.ts";

/** Installs the handler. Returns a function that returns the number of rejections so far. */
export function countUnhandledRejections(log: Log): () => number {
  let count = 0;
  process.on("unhandledRejection", (reason) => {
    count += 1;
    log.error("unhandled rejection", { ...describeReason(reason), count });
  });
  return () => count;
}

/** The stack has frames only: a message can repeat a prompt, so it is logged once, as a short field. */
function describeReason(reason: unknown): { readonly error: string; readonly stack?: string } {
  if (!(reason instanceof Error)) return { error: inspect(reason, { depth: 0 }) };
  const frames = (reason.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return { error: `${reason.name}: ${reason.message}`, stack: frames.map((line) => line.trim()).join("\n") };
}
