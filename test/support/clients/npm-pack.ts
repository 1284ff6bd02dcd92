/** Packages as strangers get them: packed by npm from a copy of the checkout that has never been built. */
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
  /** Paths in the package. */
  readonly files: readonly string[];
}

const excludedNames = new Set(["node_modules", "dist", ".git", ".openclaw", ".venv"]);

/** As in a fresh shell, with the Node of this process first: what an npm above this process says about itself does not count. */
export const shellEnv: NodeJS.ProcessEnv = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_|^OPENCLAW_/i.test(name))),
  PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter),
};

/** What the command prints on stdout. */
export async function execute(cwd: string, command: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { cwd, env: shellEnv });
  return stdout;
}

/** Packs the package in `folder` of the checkout, with its own scripts, into an empty `target`. */
export async function packPackage(target: string, folder: string): Promise<PackageTarball> {
  const checkout = join(target, "checkout");
  cpSync(packageRoot, checkout, { recursive: true, filter: (path) => !excludedNames.has(basename(path)) });
  symlinkSync(join(packageRoot, "node_modules"), join(checkout, "node_modules"), "dir");
  const options = ["--json", "--foreground-scripts=false", "--pack-destination", target];
  const printed = await execute(join(checkout, folder), "npm", "pack", ...options);
  const [tarballInfo] = JSON.parse(printed) as {
    readonly filename: string;
    readonly size: number;
    readonly files: readonly { readonly path: string }[];
  }[];
  if (tarballInfo === undefined) throw new Error(`npm pack said nothing of a package: ${printed}`);
  return {
    tarball: join(target, tarballInfo.filename),
    bytes: tarballInfo.size,
    files: tarballInfo.files.map(({ path }) => path),
  };
}

/** What publint has to say about the package, suggestions included. */
export async function lintPackage({ tarball }: PackageTarball): Promise<readonly string[]> {
  const { buffer, byteOffset, byteLength } = readFileSync(tarball);
  const { messages, pkg } = await publint({
    strict: true,
    pack: { tarball: buffer.slice(byteOffset, byteOffset + byteLength) },
  });
  return messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code);
}
