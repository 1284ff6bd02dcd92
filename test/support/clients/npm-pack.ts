/** Packs packages with npm, from a copy of the checkout that was never built. */
import { execFile } from "node:child_process";
import { cpSync, readFileSync, symlinkSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { packageRoot } from "../../../server/lib/package.ts";

export interface PackageTarball {
  readonly tarball: string;
  readonly bytes: number;
  /** Paths of the files in the package. */
  readonly files: readonly string[];
}

const excludedNames = new Set(["node_modules", "dist", ".git", ".openclaw", ".venv", ".runtimes"]);

/** The environment of a fresh shell, with this process's Node first on the path and no variables of a parent npm. */
export const shellEnv: NodeJS.ProcessEnv = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_|^OPENCLAW_/i.test(name))),
  PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter),
};

/** Runs a command and resolves to its stdout. */
export async function execute(cwd: string, command: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { cwd, env: shellEnv });
  return stdout;
}

/** Packs the gateway, with its own scripts, into an empty `target`. */
export function packGateway(target: string): Promise<PackageTarball> {
  const checkout = join(target, "checkout");
  cpSync(packageRoot, checkout, { recursive: true, filter: (path) => !excludedNames.has(basename(path)) });
  symlinkSync(join(packageRoot, "node_modules"), join(checkout, "node_modules"), "dir");
  return pack(target, checkout);
}

/** Builds and packs the client into an empty `target`. */
export async function packClient(target: string): Promise<PackageTarball> {
  const folder = join(target, "built");
  const client = join(packageRoot, "clients/typescript");
  await execute(client, process.execPath, join(client, "build.ts"), folder);
  return pack(target, folder);
}

async function pack(target: string, folder: string): Promise<PackageTarball> {
  const options = ["--json", "--foreground-scripts=false", "--pack-destination", target];
  const output = await execute(folder, "npm", "pack", ...options);
  const [tarballInfo] = JSON.parse(output) as {
    readonly filename: string;
    readonly size: number;
    readonly files: readonly { readonly path: string }[];
  }[];
  if (tarballInfo === undefined) throw new Error(`npm pack printed no package: ${output}`);
  return {
    tarball: join(target, tarballInfo.filename),
    bytes: tarballInfo.size,
    files: tarballInfo.files.map(({ path }) => path),
  };
}

/** Resolves to publint's messages about the package, suggestions included. */
export async function lintPackage({ tarball }: PackageTarball): Promise<readonly string[]> {
  const { buffer, byteOffset, byteLength } = readFileSync(tarball);
  const { messages, pkg } = await publint({
    strict: true,
    pack: { tarball: buffer.slice(byteOffset, byteOffset + byteLength) },
  });
  return messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code);
}
