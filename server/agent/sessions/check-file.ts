/** Looks for damage in a database file, in another process so that the event loop goes on. */
import { spawn } from "node:child_process";
import { extname } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

const timeLimitMs = 10_000;

/**
 * Resolves to the problems that `PRAGMA quick_check` finds, or to undefined when it takes too long. Nobody may write to the
 * file meanwhile. A thread would not do: when a process closes a file, it loses its locks on it.
 * https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_
 */
export async function checkFile(path: string, signal: AbortSignal): Promise<readonly string[] | undefined> {
  const program = new URL(`./quick-check${extname(import.meta.url)}`, import.meta.url);
  // An immutable file is read without its log and without locks.
  const database = pathToFileURL(path);
  database.search = "immutable=1";
  const child = spawn(process.execPath, [program.pathname, database.href], {
    env: {},
    stdio: ["ignore", "pipe", "pipe"],
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeLimitMs)]),
    killSignal: "SIGKILL",
  });
  const exitCode = new Promise<number | null>((resolve) => {
    child.once("close", resolve).once("error", () => resolve(null));
  });
  const [code, output, errors] = await Promise.all([exitCode, text(child.stdout), text(child.stderr)]);
  if (code === null) return undefined;
  if (code === 0) return JSON.parse(output) as readonly string[];
  // A file that cannot be opened has an error instead of a list.
  return [/Error: .*/.exec(errors)?.[0] ?? `the check ended with code ${code}`];
}
