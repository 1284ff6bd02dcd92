/**
 * Builds what the gateway serves from documents: the pages at /docs and /docs/socket, Redoc and a document in one
 * self-contained file, and openapi.json, which would take the gateway most of a second to make. Redoc has no way to send a
 * request, so that /docs has a dialog of its own.
 */
import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { rolldown } from "rolldown";
import { parse } from "yaml";

const root = join(import.meta.dirname, "..");

interface Page {
  readonly source: string;
  /** The file that the gateway serves. */
  readonly page: string;
  readonly render: (source: string, page: string) => void | Promise<void>;
  /** Further files that it is made from. */
  readonly scripts?: readonly string[];
}

/** The dialog that sends requests. */
const tryIt = join(root, "clients/web/src/docs");

export const pages = {
  http: {
    source: join(root, "openapi.yaml"),
    page: join(root, "dist/docs/index.html"),
    render: async (source, page) => {
      const shortened = `${page}.json`;
      writeFileSync(shortened, shortenDocument(readFileSync(source, "utf8")));
      renderHtml(shortened, page);
      rmSync(shortened);
      await addTryIt(page);
    },
    scripts: globSync("*", { cwd: tryIt }).map((file) => join(tryIt, file)),
  },
  socket: {
    source: join(root, "generated/asyncapi.yaml"),
    page: join(root, "dist/docs/socket.html"),
    render: renderHtml,
  },
  json: {
    source: join(root, "openapi.yaml"),
    page: join(root, "dist/docs/openapi.json"),
    render: (source, page) => writeFileSync(page, JSON.stringify(parse(readFileSync(source, "utf8")))),
  },
} as const satisfies Readonly<Record<string, Page>>;

export function findStalePages(): readonly Page[] {
  return Object.values<Page>(pages).filter(({ source, page, scripts = [] }) =>
    [source, ...scripts].some((file) => readModifiedTime(page) < readModifiedTime(file)),
  );
}

export async function buildPage({ source, page, render }: Page): Promise<void> {
  mkdirSync(dirname(page), { recursive: true });
  await render(source, page);
}

interface ResponseObject {
  headers?: unknown;
  links?: unknown;
  readonly content?: Readonly<Record<string, { examples?: Readonly<Record<string, unknown>> }>>;
}

interface Document {
  readonly info: { description: string };
  readonly paths: Readonly<
    Record<
      string,
      Readonly<Record<string, { readonly responses?: Readonly<Record<string, ResponseObject>> }>>
    >
  >;
}

/**
 * Leaves out links, which Redoc does not show. Of errors it leaves out the headers and all examples but the first: they are
 * nearly the same at each status, and take a fiftieth of the page.
 */
function shortenDocument(text: string): string {
  const document = parse(text) as Document;
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
  for (const { responses = {} } of operations)
    for (const [status, response] of Object.entries(responses)) {
      delete response.links;
      if (Number(status) < 400) continue;
      delete response.headers;
      for (const media of Object.values(response.content ?? {}))
        if (media.examples !== undefined)
          media.examples = Object.fromEntries(Object.entries(media.examples).slice(0, 1));
    }
  document.info.description +=
    "\n\nThe headers of error responses, and more examples of them, are in [openapi.yaml](/openapi.yaml), and not on this page.";
  return JSON.stringify(document);
}

function renderHtml(source: string, page: string): void {
  const redocly = join(root, "node_modules/@redocly/cli/bin/cli.js");
  const options = ["--inlineBundle", "--output", page, "--openapi.disableTelemetry"];
  execFileSync(process.execPath, [redocly, "build-docs", source, ...options], {
    cwd: root,
    stdio: "pipe",
    env: { ...process.env, REDOCLY_TELEMETRY: "off" },
  });
  writeFileSync(page, removeExternalResources(readFileSync(page, "utf8")));
}

async function addTryIt(page: string): Promise<void> {
  const bundle = await rolldown({ input: join(tryIt, "try-it.ts"), platform: "browser" });
  const { output } = await bundle.generate({ format: "iife", minify: true });
  await bundle.close();
  const style = readFileSync(join(tryIt, "try-it.css"), "utf8");
  const html = readFileSync(page, "utf8");
  const at = html.lastIndexOf("</body>");
  writeFileSync(
    page,
    `${html.slice(0, at)}<style>${style}</style><script>${output[0].code}</script>${html.slice(at)}`,
  );
}

const badge = 'div:has(>span>a[href="https://redocly.com/redoc/"])';

/** Removes what the page would load from other hosts: Redoc's badge with its logo, and the favicon. */
function removeExternalResources(html: string): string {
  return html
    .replaceAll(
      /https:\/\/cdn\.redoc\.ly\/redoc\/[\w-]+\.svg/g,
      "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>",
    )
    .replace(
      "</title>",
      `</title><link rel="icon" href="data:,"><style>${badge}{display:none!important}</style>`,
    );
}

function readModifiedTime(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
