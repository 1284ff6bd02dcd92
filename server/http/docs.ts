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
import type { StaticDocument } from "./send-document.ts";

interface DocsHandlers {
  readonly getOpenapiYaml: Handler<typeof getOpenapiYaml>;
  readonly getOpenapiJson: Handler<typeof getOpenapiJson>;
  readonly getAsyncapiYaml: Handler<typeof getAsyncapiYaml>;
  readonly getDocs: Handler<typeof getDocs>;
  readonly getSocketDocs: Handler<typeof getSocketDocs>;
}

export function createDocsHandlers(packageRoot: string): DocsHandlers {
  const createFileReader = (file: string, type: StaticDocument["type"]) =>
    memoize(async (): Promise<StaticDocument> => {
      return { text: await readFile(join(packageRoot, file), "utf8"), type };
    });
  const readOpenapiYaml = createFileReader("openapi.yaml", "application/yaml");
  const readAsyncapiYaml = createFileReader("generated/asyncapi.yaml", "application/yaml");
  const readOpenapiJson = memoize(async (): Promise<StaticDocument> => {
    const { parse } = await import("yaml");
    const document: unknown = parse((await readOpenapiYaml()).text);
    return { text: JSON.stringify(document), type: "application/json" };
  });
  const createPageReader = (file: string) =>
    memoize(async (): Promise<StaticDocument> => {
      const text = await readFile(join(packageRoot, "dist/docs", file), "utf8").catch((cause: unknown) => {
        const hint = "The documentation page has not been built: run `npm run docs -- --page`.";
        throw new GatewayError("not_found", hint, { cause });
      });
      return {
        text,
        type: "text/html",
        getHeaders: (sentText) => ({ "content-security-policy": buildContentSecurityPolicy(sentText) }),
      };
    });
  const readPage = createPageReader("index.html");
  const readSocketPage = createPageReader("socket.html");
  return {
    getOpenapiYaml: async () => ({ document: await readOpenapiYaml() }),
    getOpenapiJson: async () => ({ document: await readOpenapiJson() }),
    getAsyncapiYaml: async () => ({ document: await readAsyncapiYaml() }),
    getDocs: async () => ({ document: await readPage() }),
    getSocketDocs: async () => ({ document: await readSocketPage() }),
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
