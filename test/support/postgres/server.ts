/** A real PostgreSQL server for tests and soak runs: its own processes, folder and port, and no password. */
import { execFile, spawn, spawnSync, type SpawnOptions } from "node:child_process";
import { appendFileSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

export interface PostgresServer {
  /** Address of the superuser's database. */
  readonly url: string;
  readonly port: number;
  /** A folder for files beside the server's own. */
  readonly folder: string;
  /** Ends all processes without a shutdown, as a crash does, and starts the server again. */
  crash(): Promise<void>;
  start(): Promise<void>;
  stop(mode: "fast" | "immediate"): Promise<void>;
  /** Starts a server that follows this one. */
  startReplica(): Promise<PostgresServer>;
  /** Makes a replica a server of its own. */
  promote(): Promise<void>;
  /** Stops the server and deletes its folder. */
  remove(): Promise<void>;
}

const run = promisify(execFile);

/** Returns the folder of the server's programs, or why there is none. */
export function findPostgres(): { readonly folder: string } | { readonly reason: string } {
  const versions = existsSync("/usr/lib/postgresql") ? readdirSync("/usr/lib/postgresql") : [];
  const folders = [
    ...versions
      .toSorted((a, b) => Number(b) - Number(a))
      .map((version) => `/usr/lib/postgresql/${version}/bin`),
    ...(process.env["PATH"] ?? "").split(":"),
  ];
  const folder = folders.find(
    (each) => existsSync(join(each, "initdb")) && existsSync(join(each, "postgres")),
  );
  if (folder === undefined) return { reason: "PostgreSQL is not installed" };
  if (process.getuid?.() === 0 && findUser() === undefined)
    return { reason: "PostgreSQL does not run as root, and there is no user `postgres`" };
  return { folder };
}

/** Starts a server with these settings added to its configuration. Throws where PostgreSQL is not installed. */
export function startPostgres(settings: readonly string[] = []): Promise<PostgresServer> {
  return startServer(settings, ["initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]);
}

/** `create` is the program that creates the folder of the server, and its arguments. */
async function startServer(
  settings: readonly string[],
  [createProgram, ...createArgs]: readonly [string, ...string[]],
): Promise<PostgresServer> {
  const found = findPostgres();
  if ("reason" in found) throw new Error(found.reason);
  const user = process.getuid?.() === 0 ? findUser() : undefined;
  const options: SpawnOptions = { ...user, cwd: tmpdir(), env: { PATH: process.env["PATH"], LC_ALL: "C" } };
  const parent = mkdtempSync(join(tmpdir(), "postgres-"));
  if (user !== undefined) chownSync(parent, user.uid, user.gid);
  const folder = join(parent, "data");
  const program = (name: string): string => join(found.folder, name);
  await run(program(createProgram), ["-D", folder, ...createArgs], options);
  const port = await findFreePort();
  const lines = [
    "listen_addresses = '127.0.0.1'",
    `port = ${port}`,
    `unix_socket_directories = '${parent}'`,
    "shared_buffers = 32MB",
    // The processes are killed, the machine is not.
    "fsync = off",
    ...settings,
  ];
  // A replica's file says whom it follows.
  appendFileSync(join(folder, "postgresql.auto.conf"), `${lines.join("\n")}\n`);
  const control = async (...args: readonly string[]): Promise<void> => {
    // The server inherits no pipe, which would never end.
    const child = spawn(program("pg_ctl"), ["-D", folder, "-w", ...args], { ...options, stdio: "ignore" });
    const code = await new Promise((resolve) => child.once("close", resolve));
    if (code !== 0) throw new Error(`pg_ctl ${args.join(" ")} ended with code ${String(code)}`);
  };
  const start = (): Promise<void> => control("start", "-l", join(parent, "log"));
  await start();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  return {
    url,
    port,
    folder: parent,
    start,
    stop: (mode) => control("stop", "-m", mode),
    crash: () => control("restart", "-m", "immediate", "-l", join(parent, "log")),
    startReplica: () =>
      startServer(settings, ["pg_basebackup", "-R", "-X", "stream", "-c", "fast", "-d", url]),
    promote: () => control("promote"),
    async remove() {
      await control("stop", "-m", "immediate").catch(() => {});
      rmSync(parent, { recursive: true, force: true });
    },
  };
}

function findUser(): { readonly uid: number; readonly gid: number } | undefined {
  const [uid, gid] = ["-u", "-g"].map((flag) =>
    Number(spawnSync("id", [flag, "postgres"]).stdout || Number.NaN),
  );
  return Number.isInteger(uid) && Number.isInteger(gid) ? { uid: uid ?? 0, gid: gid ?? 0 } : undefined;
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port is free");
  return address.port;
}
