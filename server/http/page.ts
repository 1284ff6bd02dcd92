/** Serves the page for people. */
import { join } from "node:path";
import type { getPage } from "../../contracts/http/page.ts";
import { GatewayError } from "../lib/errors.ts";
import { createPageReader, hashElements } from "./built-page.ts";
import type { Handler } from "./handler.ts";

export function createPageHandler(packageRoot: string): Handler<typeof getPage> {
  const readPage = createPageReader({
    path: join(packageRoot, "dist/web/index.html"),
    hint: "The page has not been built: run `npm run build --workspace clients/web`.",
    buildPolicy: (page) => [
      `style-src ${hashElements(page, "style").join(" ")}`,
      "img-src data: blob:",
      "connect-src 'self'",
      // A text becomes HTML only through the sanitizer.
      "require-trusted-types-for 'script'",
      "trusted-types dompurify",
    ],
  });
  return async ({ requestHeaders: { accept = "" } }) => {
    if (!/\btext\/html\b/i.test(accept)) {
      const message =
        'Unknown path "/". It is a page for browsers, which send `Accept: text/html`; the paths of the API are listed in /openapi.yaml.';
      throw new GatewayError("not_found", message);
    }
    return { document: await readPage() };
  };
}
