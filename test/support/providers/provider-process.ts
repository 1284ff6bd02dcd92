/** Starts scripted providers in one process. Each has its own script, path and requests. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { packageRoot } from "../../../server/lib/package.ts";
import type { ScriptedResponse, ProviderRequest } from "./scripted-provider.ts";

export interface ProviderProcess {
  /** Creates a provider without requests. */
  createProvider(): ProcessProvider;
  stop(): void;
}

export interface ProcessProvider {
  /** Part of every path of this provider, so that a message with the path can be detected. */
  readonly name: string;
  readonly baseUrl: string;
  /** Appends responses. They are sent over HTTP, so steps must be JSON. */
  script(...responses: readonly ScriptedResponse[]): Promise<void>;
  /** Continues responses that wait. */
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
        script: async (...responses) => void (await control("/script", responses)),
        resume: async () => void (await control("/go")),
        readRequests: async () => (await (await control("/seen")).json()) as readonly ProviderRequest[],
      };
    },
    stop: () => void child.kill(),
  };
}
