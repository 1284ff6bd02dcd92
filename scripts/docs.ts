/** Builds the documentation page that the gateway serves at /docs; with `--if-stale` only when it has to. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");
const source = join(root, "openapi.yaml");
const page = join(root, "dist/docs/index.html");

if (!process.argv.includes("--if-stale") || modified(page) < modified(source)) build();

function build(): void {
  mkdirSync(dirname(page), { recursive: true });
  const redocly = join(root, "node_modules/@redocly/cli/bin/cli.js");
  const options = ["--inlineBundle", "--output", page, "--openapi.disableTelemetry"];
  execFileSync(process.execPath, [redocly, "build-docs", source, ...options], {
    cwd: root,
    stdio: "pipe",
    env: { ...process.env, REDOCLY_TELEMETRY: "off" },
  });
  writeFileSync(page, selfContained(readFileSync(page, "utf8")));
}

/** Takes out what the page would load from elsewhere: Redoc's badge with its logo, the icon that browsers ask for. */
function selfContained(html: string): string {
  return html
    .replaceAll(
      /https:\/\/cdn\.redoc\.ly\/redoc\/[\w-]+\.svg/g,
      "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>",
    )
    .replace(
      "</title>",
      '</title><link rel="icon" href="data:,"><style>a[href="https://redocly.com/redoc/"]{display:none}</style>',
    );
}

function modified(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
