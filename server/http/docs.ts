/** The documents and pages that describe the gateway: files of the package, read when they are asked for. */
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
import { GatewayError } from "../errors.ts";
import type { Handler } from "./handler.ts";

interface DocsHandlers {
  readonly getOpenapiYaml: Handler<typeof getOpenapiYaml>;
  readonly getOpenapiJson: Handler<typeof getOpenapiJson>;
  readonly getAsyncapiYaml: Handler<typeof getAsyncapiYaml>;
  readonly getDocs: Handler<typeof getDocs>;
  readonly getSocketDocs: Handler<typeof getSocketDocs>;
}

export function createDocsHandlers(packageRoot: string): DocsHandlers {
  const specification = once(() => readFile(join(packageRoot, "openapi.yaml"), "utf8"));
  const parsed = once(async () => {
    const { parse } = await import("yaml");
    return parse(await specification()) as Record<string, unknown>;
  });
  const socket = once(() => readFile(join(packageRoot, "generated/asyncapi.yaml"), "utf8"));
  const page = (file: string) =>
    once(async () => {
      const html = await readFile(join(packageRoot, "dist/docs", file), "utf8").catch((cause: unknown) => {
        const hint = "The documentation page has not been built: run `npm run docs -- --page`.";
        throw new GatewayError("not_found", hint, { cause });
      });
      return { reply: html, headers: { "content-security-policy": contentSecurityPolicy(html) } };
    });
  return {
    getOpenapiYaml: async () => ({ reply: await specification() }),
    getOpenapiJson: async () => ({ reply: await parsed() }),
    getAsyncapiYaml: async () => ({ reply: await socket() }),
    getDocs: page("index.html"),
    getSocketDocs: page("socket.html"),
  };
}

/** Reads at the first asking, since few ever ask, and again only after a failure. */
function once<T>(read: () => Promise<T>): () => Promise<T> {
  let value: Promise<T> | undefined;
  return () => {
    value ??= read().catch((error: unknown) => {
      value = undefined;
      throw error;
    });
    return value;
  };
}

/** Only the page's own scripts run, told by their hash, and nothing is loaded from elsewhere. */
function contentSecurityPolicy(page: string): string {
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
