/** A Node that is too old for the gateway, from npm. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../../../server/lib/package.ts";

export const oldVersion = "22.11.0";
const platform = `${process.platform}-${process.arch}`;

/** Returns its program. Undefined where npm's registry cannot be reached, or has none for this machine. */
export function fetchOldNode(): string | undefined {
  // Kept between runs: it is large.
  const folder = join(packageRoot, `.runtimes/node-${oldVersion}`);
  const program = join(folder, "package/bin/node");
  if (existsSync(program)) return program;
  const download = mkdtempSync(join(tmpdir(), "old-node-"));
  try {
    const pack = ["pack", "--silent", `node-${platform}@${oldVersion}`];
    const options = { cwd: download, stdio: "pipe", timeout: 120_000 } as const;
    const file = execFileSync("npm", pack, options).toString().trim();
    mkdirSync(folder, { recursive: true });
    execFileSync("tar", ["-xzf", join(download, file), "-C", folder], options);
    return program;
  } catch {
    console.warn(`Not tested: an old Node. npm cannot fetch node-${platform}@${oldVersion} here.`);
    return undefined;
  } finally {
    rmSync(download, { recursive: true, force: true });
  }
}
