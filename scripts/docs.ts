/**
 * Builds the documentation: the site in `site/`, or in `--out FOLDER` for publishing under `--base PATH`, and the pages
 * that the gateway serves. `--page` builds those alone, `--if-stale` only the ones whose document is newer.
 */
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildPage, pages, findStalePages } from "./docs-page.ts";
import { buildSite } from "./docs-site.ts";

const { values: options } = parseArgs({
  options: {
    page: { type: "boolean", default: false },
    "if-stale": { type: "boolean", default: false },
    out: { type: "string", default: join(import.meta.dirname, "../site") },
    base: { type: "string", default: "/" },
  },
});

const isPageOnly = options.page || options["if-stale"];
const pagesToBuild = options.page && !options["if-stale"] ? Object.values(pages) : findStalePages();
for (const page of pagesToBuild) await buildPage(page);
if (!isPageOnly) {
  const folder = resolve(options.out);
  buildSite(folder, options.base);
  console.log(`The site is in ${folder}`);
}
