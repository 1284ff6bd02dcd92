/** Explains why a command could not change the store of a stopped gateway. */
import { readRunFile } from "./run-file.ts";

/** @param participle what did not happen, such as `compacted` */
export function explainStoreError(error: unknown, stateDir: string, participle: string): Error {
  const { message } = error as Error;
  if (!/database is locked/.test(message))
    return new Error(`The store was not ${participle}, and is unchanged: ${message}`, { cause: error });
  const gateway = readRunFile(stateDir);
  const user =
    gateway === undefined ? "another process" : `the gateway at ${gateway.url} (pid ${gateway.pid})`;
  return new Error(`The store in ${stateDir} is in use by ${user}. Stop it, and run the command again.`, {
    cause: error,
  });
}
