/** Builds the site to publish: the documents as pages, the API references, and the specifications. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pages } from "./docs-page.ts";

const root = join(import.meta.dirname, "..");

/** `base` is the path that the site is published under, `/` or `/name/`. */
export function buildSite(folder: string, base: string): void {
  rmSync(folder, { recursive: true, force: true });
  const vitepress = join(root, "node_modules/vitepress/bin/vitepress.js");
  execFileSync(process.execPath, [vitepress, "build", "docs", "--outDir", folder, "--base", base], {
    cwd: root,
    stdio: "pipe",
  });
  mkdirSync(join(folder, "reference"));
  cpSync(pages.http.page, join(folder, "reference/index.html"));
  cpSync(pages.socket.page, join(folder, "reference/socket.html"));
  cpSync(pages.http.source, join(folder, "openapi.yaml"));
  cpSync(pages.socket.source, join(folder, "asyncapi.yaml"));
  const workflows = readFileSync(join(root, "docs/arazzo.yaml"), "utf8");
  writeFileSync(
    join(folder, "arazzo.yaml"),
    workflows.replace("url: ../openapi.yaml", "url: ./openapi.yaml"),
  );
}
