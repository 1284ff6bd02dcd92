/** How the documents become pages: which of them, under which path, and what becomes of links between them. */
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { defineConfig, type MarkdownOptions } from "vitepress";

const root = join(import.meta.dirname, "../..");

type Markdown = Parameters<NonNullable<MarkdownOptions["config"]>>[0];

/** The page that a document becomes: those beside the code move to where a reader expects them. */
function pageOf(document: string): string {
  return document
    .replace(/^docs\//, "")
    .replace(/^clients\/(\w+)\/README\.md$/, "$1-client.md")
    .replace(/^examples\/(\w+)\/README\.md$/, "$1-example.md")
    .replace(/^[A-Z]+\.md$/, (name) => name.toLowerCase());
}

/**
 * Links between documents go from file to file, so that they work where the repository is read. Here they lead from
 * page to page; what is no page, a source file, loses its link and keeps its words.
 */
function linkPages(markdown: Markdown): void {
  markdown.core.ruler.push("link-pages", ({ tokens, env }) => {
    const { path, realPath = path } = env as { readonly path: string; readonly realPath?: string };
    for (const { children } of tokens) {
      let closing: string | undefined;
      for (const token of children ?? []) {
        if (token.type === "link_close" && closing !== undefined) {
          token.tag = closing;
          closing = undefined;
        }
        const href = token.type === "link_open" ? token.attrGet("href") : null;
        if (href === null || /^([a-z]+:|#)/.test(href)) continue;
        const [file = "", anchor] = href.split("#");
        const target = relative(root, join(dirname(realPath), file));
        if (target.endsWith(".md")) {
          token.attrSet("href", `/${pageOf(target)}${anchor === undefined ? "" : `#${anchor}`}`);
        } else if (target === "openapi.yaml" || target === "docs/arazzo.yaml") {
          token.attrSet("href", `/${basename(target)}`);
        } else {
          if (!existsSync(join(root, target))) throw new Error(`${realPath}: ${href} leads nowhere`);
          token.type = "text_open";
          token.tag = "span";
          token.attrs = null;
          closing = "span";
        }
      }
    }
  });
}

const otherFolders = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !/^(docs|clients|examples)$/.test(entry.name))
  .map(({ name }) => `${name}/**`);

/** As GitHub names headings. */
const slugify = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
    .replaceAll(" ", "-");

const reference = { text: "API reference", link: "/reference/index.html", target: "_self" };
const socketReference = { text: "Socket reference", link: "/reference/socket.html", target: "_self" };

const documents = (pattern: string): readonly string[] => globSync(pattern, { cwd: root }).toSorted();

const guides = [
  "first-steps",
  "page",
  "sessions",
  "streaming",
  "errors",
  "openai-sdks",
  "anthropic-sdks",
  "agents-sdk",
  "codex",
  "claude-code",
  "coding-clients",
  "chat-programs",
  "clients",
  "tools",
  "mcp",
  "webhooks",
  "hooks",
  "attachments",
  "command-line",
  "keys",
]
  .map((name) => `docs/guides/${name}.md`)
  .concat("docs/models.md");
const operating = documents("docs/*.md").filter(
  (path) => !/(index|architecture|glossary|models|requests|versioning)\.md$/.test(path),
);

/** A document in the menu, under its own heading. */
function entry(document: string): { readonly text: string; readonly link: string } {
  const [, text = ""] = /^# (.*)$/m.exec(readFileSync(join(root, document), "utf8")) ?? [];
  return { text, link: `/${pageOf(document).replace(/\.md$/, "")}` };
}

// oxlint-disable-next-line import/no-default-export -- VitePress reads this one.
export default defineConfig({
  title: "openclaw-gateway",
  description: "A self-hosted gateway that puts AI agents behind the OpenAI API",
  lang: "en",
  srcDir: root,
  srcExclude: otherFolders,
  rewrites: pageOf,
  cacheDir: join(root, "node_modules/.cache/vitepress"),
  head: [["link", { rel: "icon", href: "data:," }]],
  markdown: {
    anchor: { slugify },
    config: linkPages,
    languageAlias: { json5: "javascript" },
    toc: { level: [2] },
  },
  ignoreDeadLinks: [/^https?:\/\/127\.0\.0\.1/],
  themeConfig: {
    search: { provider: "local" },
    outline: { level: [2, 3] },
    nav: [
      { text: "Guides", link: "/guides/first-steps" },
      { text: "Configuration", link: "/configuration" },
      { text: "Moving from OpenClaw", link: "/openclaw" },
      reference,
    ],
    sidebar: [
      { text: "Guides", items: guides.map(entry) },
      { text: "Operating", items: [...operating, "examples/cluster/README.md", "SECURITY.md"].map(entry) },
      {
        text: "The project",
        items: [
          ...[
            "README.md",
            "clients/typescript/README.md",
            "clients/web/README.md",
            "docs/architecture.md",
            "docs/glossary.md",
            "docs/versioning.md",
            "docs/workflows.md",
            "docs/requests.md",
            "CONTRIBUTING.md",
          ].map(entry),
          { text: "Decisions", collapsed: true, items: documents("docs/decisions/*.md").map(entry) },
          entry("CHANGELOG.md"),
          reference,
          socketReference,
        ],
      },
    ],
  },
});
