/** A scripted provider in a process of its own, seen as many providers: each has its script, its path, its requests. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { packageRoot } from "../../../server/lib/package.ts";
import type { ScriptedResponse, ProviderRequest } from "./scripted-provider.ts";

export interface ProviderProcess {
  /** A provider of its own, of which nobody has heard yet. */
  createProvider(): ProcessProvider;
  stop(): void;
}

export interface ProcessProvider {
  /** Part of every path of this provider, so that a message that shows the path can be told. */
  readonly name: string;
  readonly baseUrl: string;
  /** The next answers, in order. They go over HTTP: text and plain steps only. */
  script(...answers: readonly ScriptedResponse[]): Promise<void>;
  /** Lets answers that hold go on. */
  resume(): Promise<void>;
  readRequests(): Promise<readonly ProviderRequest[]>;
}

export async function startProviderProcess(): Promise<ProviderProcess> {
  const child = spawn(process.execPath, [join(packageRoot, "test/support/providers/scripted-provider.ts")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const { origin } = new URL((JSON.parse(line.toString()) as { baseUrl: string }).baseUrl);
  let providerCount = 0;

  return {
    createProvider: () => {
      const name = `provider-canary-${(providerCount += 1)}`;
      const control = (path: string, body: unknown = null): Promise<Response> =>
        fetch(`${origin}${path}?provider=${name}`, { method: "POST", body: JSON.stringify(body) });
      return {
        name,
        baseUrl: `${origin}/${name}/v1`,
        script: async (...answers) => void (await control("/script", answers)),
        resume: async () => void (await control("/go")),
        readRequests: async () => (await (await control("/seen")).json()) as readonly ProviderRequest[],
      };
    },
    stop: () => void child.kill(),
  };
}
