/** Serves the specifications and documentation pages. They are files of the package, read on first use. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type {
  getAsyncapiYaml,
  getDocs,
  getOpenapiJson,
  getOpenapiYaml,
  getSocketDocs,
} from "../../contracts/http/docs.ts";
import { createPageReader, memoize } from "./built-page.ts";
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
    const built = join(packageRoot, "dist/docs/openapi.json");
    const text = (await isUpToDate(built, join(packageRoot, "openapi.yaml")))
      ? await readFile(built, "utf8")
      : await convertToJson((await readOpenapiYaml()).text);
    return { text, type: "application/json" };
  });
  const createReader = (file: string, ...directives: readonly string[]) =>
    createPageReader({
      path: join(packageRoot, "dist/docs", file),
      hint: "The documentation page has not been built: run `npm run docs -- --page`.",
      buildPolicy: () => [
        "style-src 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src data:",
        "worker-src blob:",
        ...directives,
      ],
    });
  // "Try it" sends requests to this gateway.
  const readPage = createReader("index.html", "connect-src 'self'");
  const readSocketPage = createReader("socket.html");
  return {
    getOpenapiYaml: async () => ({ document: await readOpenapiYaml() }),
    getOpenapiJson: async () => ({ document: await readOpenapiJson() }),
    getAsyncapiYaml: async () => ({ document: await readAsyncapiYaml() }),
    getDocs: async () => ({ document: await readPage() }),
    getSocketDocs: async () => ({ document: await readSocketPage() }),
  };
}

/** A published package always has a file that was built from its source. */
async function isUpToDate(file: string, source: string): Promise<boolean> {
  const [built, written] = await Promise.all([stat(file).catch(() => undefined), stat(source)]);
  return built !== undefined && built.mtimeMs >= written.mtimeMs;
}

/** For a checkout that has not been built. It holds the event loop for most of a second. */
async function convertToJson(yaml: string): Promise<string> {
  const { parse } = await import("yaml");
  return JSON.stringify(parse(yaml));
}
