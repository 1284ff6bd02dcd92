/** Reads pages that a build has written to `dist/`, and builds their Content-Security-Policy from the hashes of what they contain. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { GatewayError } from "../lib/errors.ts";
import type { StaticDocument } from "./send-document.ts";

interface BuiltPage {
  readonly path: string;
  /** What to do when the page has not been built. */
  readonly hint: string;
  /** Directives besides `default-src` and `script-src`. */
  readonly buildPolicy: (page: string) => readonly string[];
}

export function createPageReader({ path, hint, buildPolicy }: BuiltPage): () => Promise<StaticDocument> {
  return memoize(async () => {
    const text = await readFile(path, "utf8").catch((cause: unknown) => {
      throw new GatewayError("not_found", hint, { cause });
    });
    return {
      text,
      type: "text/html",
      getHeaders: (sentText) => ({
        "content-security-policy": [
          "default-src 'none'",
          `script-src ${hashElements(sentText, "script").join(" ")}`,
          ...buildPolicy(sentText),
          "base-uri 'none'",
          "form-action 'none'",
          "frame-ancestors 'none'",
        ].join("; "),
      }),
    };
  });
}

/** Returns the sources that allow the inline elements of this name. */
export function hashElements(page: string, name: "script" | "style"): readonly string[] {
  return [...page.matchAll(new RegExp(`<${name}[^>]*>([\\s\\S]*?)</${name}>`, "g"))]
    .map(([, text = ""]) => text)
    .filter((text) => text !== "")
    .map((text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`);
}

/** Reads on first use and caches the result. A failed read is not cached. */
export function memoize<T>(read: () => Promise<T>): () => Promise<T> {
  let value: Promise<T> | undefined;
  return () => {
    value ??= read().catch((error: unknown) => {
      value = undefined;
      throw error;
    });
    return value;
  };
}
