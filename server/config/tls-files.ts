/** Where the certificate lies if the file does not say so, and whether it is there. */
import { accessSync, constants, existsSync } from "node:fs";
import { join } from "node:path";
import { getDraft } from "./draft.ts";
import type { Report } from "./tree.ts";

const fileNames = { certPath: "gateway-cert.pem", keyPath: "gateway-key.pem" } as const;
const keys = ["certPath", "keyPath"] as const;

/**
 * Completes `gateway.tls` in the unparsed file. A pair without paths is made at the start; a path that is set and names no
 * file is a mistake, unless the file says `autoGenerate: true`.
 */
export function completeTls(tree: unknown, stateDir: string, report: Report): void {
  const tls = getDraft(tree, "gateway", "tls");
  if (tls === undefined || tls["enabled"] === false) return;
  if (keys.every((key) => tls[key] === undefined)) {
    for (const key of keys) tls[key] = join(stateDir, "gateway/tls", fileNames[key]);
    tls["autoGenerate"] ??= true;
  }
  const files = keys.map((key) => tls[key]);
  const isMissing = files.every((file) => typeof file === "string" && !existsSync(file));
  if (isMissing && tls["autoGenerate"] === true) return;
  for (const key of keys) {
    const file = tls[key];
    if (file === undefined) report(["gateway", "tls", key], "is required for TLS");
    else if (typeof file === "string" && !isReadable(file))
      report(["gateway", "tls", key], `the file ${file} cannot be read`);
  }
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
