/** The project's Markdown documents: their fenced blocks, their links, their headings. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../server/lib/package.ts";

export interface MarkdownDocument {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

export interface Block {
  /** The first word after the fence. */
  readonly language: string;
  /** Marked `no-run`: for people alone. */
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

/** Everything but the blocks. */
export function removeBlocks({ text }: MarkdownDocument): string {
  return text.replaceAll(fence, "");
}

/** The targets of links that lead to no other site. */
export function findRelativeLinks(document: MarkdownDocument): readonly string[] {
  return [...removeBlocks(document).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^https?:/.test(target));
}

/** The names under which links find the headings, as GitHub makes them. */
export function findAnchors(document: MarkdownDocument): readonly string[] {
  return [...removeBlocks(document).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** Matches what a document shows: `…` stands for any text, or none. */
export function createOutputPattern(text: string): RegExp {
  const literals = text.split("…").map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(literals.join("[^]*?"));
}

/** A block of TypeScript that makes a client; others go on from the block before. */
export function isProgramStart(text: string): boolean {
  return /^const client = /m.test(text);
}
