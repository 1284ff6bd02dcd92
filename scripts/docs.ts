/**
 * Builds the documentation: the site in `site/`, or in `--out FOLDER` for publishing under `--base PATH`, and the page
 * that the gateway serves at /docs. `--page` builds the page alone, `--if-stale` only when openapi.yaml is newer.
 */
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildPage, pageIsStale } from "./docs-page.ts";
import { buildSite } from "./docs-site.ts";

const { values: options } = parseArgs({
  options: {
    page: { type: "boolean", default: false },
    "if-stale": { type: "boolean", default: false },
    out: { type: "string", default: join(import.meta.dirname, "../site") },
    base: { type: "string", default: "/" },
  },
});

const pageOnly = options.page || options["if-stale"];
if (pageIsStale() || (options.page && !options["if-stale"])) buildPage();
if (!pageOnly) {
  const folder = resolve(options.out);
  buildSite(folder, options.base);
  console.log(`The site is in ${folder}`);
}
