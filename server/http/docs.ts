/** Serves the specifications and documentation pages. They are files of the package, read on first use. */
import { readFile } from "node:fs/promises";
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
    const { parse } = await import("yaml");
    const document: unknown = parse((await readOpenapiYaml()).text);
    return { text: JSON.stringify(document), type: "application/json" };
  });
  const createReader = (file: string) =>
    createPageReader({
      path: join(packageRoot, "dist/docs", file),
      hint: "The documentation page has not been built: run `npm run docs -- --page`.",
      buildPolicy: () => [
        "style-src 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src data:",
        "worker-src blob:",
      ],
    });
  const readPage = createReader("index.html");
  const readSocketPage = createReader("socket.html");
  return {
    getOpenapiYaml: async () => ({ document: await readOpenapiYaml() }),
    getOpenapiJson: async () => ({ document: await readOpenapiJson() }),
    getAsyncapiYaml: async () => ({ document: await readAsyncapiYaml() }),
    getDocs: async () => ({ document: await readPage() }),
    getSocketDocs: async () => ({ document: await readSocketPage() }),
  };
}
