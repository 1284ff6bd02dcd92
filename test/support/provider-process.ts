/** A scripted provider in a process of its own, seen as many providers: each lane has its script, its path, its requests. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { packageRoot } from "../../server/package.ts";
import type { Answer, SeenRequest } from "./scripted-provider.ts";

export interface ProviderProcess {
  /** A provider of its own, of which nobody has heard yet. */
  lane(): Lane;
  stop(): void;
}

export interface Lane {
  /** Part of every path of this provider, so that a message that shows the path can be told. */
  readonly name: string;
  readonly baseUrl: string;
  /** The next answers, in order. They go over HTTP: text and plain steps only. */
  script(...answers: readonly Answer[]): Promise<void>;
  /** Lets answers that hold go on. */
  go(): Promise<void>;
  seen(): Promise<readonly SeenRequest[]>;
}

export async function startProviderProcess(): Promise<ProviderProcess> {
  const child = spawn(process.execPath, [join(packageRoot, "test/support/scripted-provider.ts")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const { origin } = new URL((JSON.parse(line.toString()) as { baseUrl: string }).baseUrl);
  let lanes = 0;

  return {
    lane: () => {
      const name = `lane-canary-${(lanes += 1)}`;
      const control = (path: string, body: unknown = null): Promise<Response> =>
        fetch(`${origin}${path}?lane=${name}`, { method: "POST", body: JSON.stringify(body) });
      return {
        name,
        baseUrl: `${origin}/${name}/v1`,
        script: async (...answers) => void (await control("/script", answers)),
        go: async () => void (await control("/go")),
        seen: async () => (await (await control("/seen")).json()) as readonly SeenRequest[],
      };
    },
    stop: () => void child.kill(),
  };
}
