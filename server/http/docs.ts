/** Serves the specifications and documentation pages. They are files of the package, read on first use. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type {
  getAsyncapiYaml,
  getDocs,
  getOpenapiJson,
  getOpenapiYaml,
  getSocketDocs,
} from "../../contracts/http/docs.ts";
import { GatewayError } from "../lib/errors.ts";
import type { Handler } from "./handler.ts";

interface DocsHandlers {
  readonly getOpenapiYaml: Handler<typeof getOpenapiYaml>;
  readonly getOpenapiJson: Handler<typeof getOpenapiJson>;
  readonly getAsyncapiYaml: Handler<typeof getAsyncapiYaml>;
  readonly getDocs: Handler<typeof getDocs>;
  readonly getSocketDocs: Handler<typeof getSocketDocs>;
}

export function createDocsHandlers(packageRoot: string): DocsHandlers {
  const readOpenapiYaml = memoize(() => readFile(join(packageRoot, "openapi.yaml"), "utf8"));
  const readOpenapiJson = memoize(async () => {
    const { parse } = await import("yaml");
    return parse(await readOpenapiYaml()) as Record<string, unknown>;
  });
  const readAsyncapiYaml = memoize(() => readFile(join(packageRoot, "generated/asyncapi.yaml"), "utf8"));
  const createPageHandler = (file: string) =>
    memoize(async () => {
      const html = await readFile(join(packageRoot, "dist/docs", file), "utf8").catch((cause: unknown) => {
        const hint = "The documentation page has not been built: run `npm run docs -- --page`.";
        throw new GatewayError("not_found", hint, { cause });
      });
      return { reply: html, headers: { "content-security-policy": buildContentSecurityPolicy(html) } };
    });
  return {
    getOpenapiYaml: async () => ({ reply: await readOpenapiYaml() }),
    getOpenapiJson: async () => ({ reply: await readOpenapiJson() }),
    getAsyncapiYaml: async () => ({ reply: await readAsyncapiYaml() }),
    getDocs: createPageHandler("index.html"),
    getSocketDocs: createPageHandler("socket.html"),
  };
}

/** Reads on first use and caches the result. A failed read is not cached. */
function memoize<T>(read: () => Promise<T>): () => Promise<T> {
  let value: Promise<T> | undefined;
  return () => {
    value ??= read().catch((error: unknown) => {
      value = undefined;
      throw error;
    });
    return value;
  };
}

/** Allows only the page's own inline scripts, by hash. Nothing is loaded from other origins. */
function buildContentSecurityPolicy(page: string): string {
  const scripts = [...page.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map(([, text = ""]) => text);
  const hashes = scripts
    .filter((text) => text !== "")
    .map((text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`);
  return [
    "default-src 'none'",
    `script-src ${hashes.join(" ")}`,
    "style-src 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src data:",
    "worker-src blob:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
