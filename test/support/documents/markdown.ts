/** Parses the project's Markdown documents: fenced blocks, links and headings. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../server/lib/package.ts";

export interface MarkdownDocument {
  /** The path from the root of the repository. */
  readonly path: string;
  readonly text: string;
}

export interface Block {
  /** The first word after the fence. */
  readonly language: string;
  /** True for blocks marked `no-run`, which are not executed. */
  readonly isNoRun: boolean;
  readonly text: string;
  readonly line: number;
}

const documentGlobs = ["*.md", "docs/**/*.md", "clients/*/*.md"];

export const documents: readonly MarkdownDocument[] = globSync(documentGlobs, { cwd: packageRoot })
  .toSorted()
  .map((path) => ({ path, text: readFileSync(join(packageRoot, path), "utf8") }));

const fence = /^```(.*)\n([^]*?)\n?^```$/gm;

export function parseBlocks({ text }: MarkdownDocument): readonly Block[] {
  return [...text.matchAll(fence)].map(({ 1: info = "", 2: content = "", index }) => {
    const [language = "", mark] = info.split(" ");
    const line = text.slice(0, index).split("\n").length;
    return { language, isNoRun: mark === "no-run", text: content, line };
  });
}

/** Returns the text without fenced blocks. */
export function removeBlocks({ text }: MarkdownDocument): string {
  return text.replaceAll(fence, "");
}

/** Returns the targets of links within the repository. */
export function findRelativeLinks(document: MarkdownDocument): readonly string[] {
  return [...removeBlocks(document).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^https?:/.test(target));
}

/** Returns the anchors of the headings, as GitHub generates them. */
export function findAnchors(document: MarkdownDocument): readonly string[] {
  return [...removeBlocks(document).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** Creates a pattern for the output that a document shows. `…` matches any text, or none. */
export function createOutputPattern(text: string): RegExp {
  const literals = text.split("…").map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(literals.join("[^]*?"));
}

/** Tells whether a TypeScript block creates a client. Other blocks continue the program of the block before. */
export function isProgramStart(text: string): boolean {
  return /^const client = /m.test(text);
}
