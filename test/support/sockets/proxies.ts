/** Runs proxies that are installed on this machine. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";

export const proxyPath = [process.env["PATH"], "/usr/sbin", "/sbin"].join(":");

/** Warns when it is missing. */
export function hasProxy(command: string): boolean {
  const isInstalled = spawnSync("which", [command], { env: { PATH: proxyPath } }).status === 0;
  if (!isInstalled) console.warn(`The configuration for ${command} is not tested: it is not installed.`);
  return isInstalled;
}

interface NginxOptions {
  /** Host and port of the gateway. */
  readonly upstream: string;
  /** Host and port to listen on. */
  readonly address: string;
  readonly folder: string;
}

/** Writes a configuration with these `map` and `server` blocks, without TLS. Returns the command. */
export function writeNginxConfig(
  blocks: string,
  { upstream, address, folder }: NginxOptions,
): readonly [string, ...string[]] {
  const server = blocks
    .replace("listen 443 ssl;", `listen ${address};`)
    .replaceAll(/^ *ssl_certificate.*$/gm, "")
    .replace("127.0.0.1:18789", upstream);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
    .join("\n");
  const main = `daemon off; master_process off; pid ${folder}/pid; error_log stderr; events {}`;
  writeFileSync(join(folder, "nginx.conf"), `${main}\nhttp {\naccess_log off;\n${temporary}\n${server}\n}`);
  return ["nginx", "-p", folder, "-e", "stderr", "-c", "nginx.conf"];
}

interface StartOptions {
  readonly host?: string;
  readonly port: number;
  readonly folder: string;
}

/** Resolves when it listens. It ends with the test. */
export async function startProxy(
  [command, ...args]: readonly [string, ...string[]],
  { host = "127.0.0.1", port, folder }: StartOptions,
): Promise<void> {
  const child = spawn(command, args, { env: { ...process.env, PATH: proxyPath, HOME: folder } });
  let stderr = "";
  child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
  onTestFinished(() => void child.kill("SIGKILL"));
  await expect.poll(async () => child.exitCode !== null || (await accepts(host, port))).toBe(true);
  if (child.exitCode !== null) throw new Error(`${command} ended: ${stderr}`);
}

export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

const accepts = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, host, () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
