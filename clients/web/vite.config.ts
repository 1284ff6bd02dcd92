/** Builds the page as one HTML file, so that one request loads it and hashes of its script and style can allow them. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, type Plugin } from "vite";

/** Puts the script and the styles into the page. It comes after the licenses, which are read from the script's parts. */
const inline: Plugin = {
  name: "inline",
  writeBundle: {
    order: "post",
    handler({ dir = "" }, bundle) {
      const page = bundle["index.html"];
      if (page?.type !== "asset") throw new Error("Vite made no index.html.");
      let html = String(page.source);
      for (const [name, file] of Object.entries(bundle)) {
        const element = new RegExp(`<(script|link)[^>]*"[^"]*${name}"[^>]*>(</script>)?`);
        if (!element.test(html)) continue;
        // Functions, because a text would be searched for `$1`.
        if (file.type === "asset")
          html = html.replace(element, () => `<style>${String(file.source)}</style>`);
        // The script comes last, so that the page is seen while the script is read.
        else
          html = html
            .replace(element, "")
            .replace("</body>", () => `<script type="module">${escapeScript(file.code)}</script></body>`);
      }
      rmSync(join(dir, "assets"), { recursive: true });
      writeFileSync(join(dir, "index.html"), html);
    },
  },
};

/** These would end the script, or change how its end is found: https://html.spec.whatwg.org/#restrictions-for-contents-of-script-elements */
function escapeScript(code: string): string {
  return code.replaceAll(/<(?=!--|\/?script)/gi, "\\x3C");
}

export default defineConfig({
  root: import.meta.dirname,
  logLevel: "warn",
  plugins: [inline],
  build: {
    outDir: "../../dist/web",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    // A copy of the packages' code must include their licenses.
    license: { fileName: "licenses.md" },
  },
});
