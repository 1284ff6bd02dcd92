/** Starts the command of a systemd unit with its variables, as systemd reads both. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { onTestFinished } from "vitest";

interface Service {
  readonly output: () => string;
  /** Ends it as systemd does. Resolves to the exit code. */
  end(): Promise<number | null>;
}

export function spawnService(unit: string): Service {
  const valuesOf = (key: string): readonly string[] =>
    unit.split("\n").flatMap((line) => (line.startsWith(`${key}=`) ? [line.slice(key.length + 1)] : []));
  const [command = "", ...args] = readQuoted(valuesOf("ExecStart")[0] ?? "").map((word) =>
    word.replaceAll("$$", "$"),
  );
  const env = Object.fromEntries(
    valuesOf("Environment")
      .flatMap(readQuoted)
      .map((text) => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)]),
  );
  const child = spawn(command, args, { env: { HOME: "/nonexistent", ...env } });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  child.stdout.on("data", (text: Buffer) => (output += text.toString()));
  child.stderr.on("data", (text: Buffer) => (output += text.toString()));
  return {
    output: () => output,
    async end() {
      const closed = once(child, "close") as Promise<[number | null]>;
      child.kill("SIGTERM");
      const [code] = await closed;
      return code;
    },
  };
}

const readQuoted = (text: string): string[] =>
  [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word = ""]) =>
    word.replaceAll(/\\(.)/g, "$1").replaceAll("%%", "%"),
  );
