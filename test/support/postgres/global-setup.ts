/** Starts one PostgreSQL server for all test files of the project `postgres`. */
import type { TestProject } from "vitest/node";
import { startPostgres } from "./server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Address of a PostgreSQL server. Undefined in the other projects. */
    readonly postgresUrl: string | undefined;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres(["max_connections = 300"]);
  project.provide("postgresUrl", server.url);
  return server.remove;
}
