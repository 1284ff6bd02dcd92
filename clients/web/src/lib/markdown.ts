/**
 * Renders a model's Markdown as HTML that is safe whatever the model wrote: HTML in it is text, links are those of the web,
 * and images are links, because loading one would tell another host what is read here. DOMPurify checks the result again.
 */
import DOMPurify from "dompurify";
import MarkdownIt from "markdown-it";
import { strings } from "../strings.ts";

const markdown = new MarkdownIt({ html: false, linkify: true, breaks: false });
markdown.disable("image");
markdown.validateLink = (url) => /^(https?:|mailto:|#)/i.test(url.trim());
// Styles in attributes are not allowed by the page's policy.
for (const rule of ["th_open", "td_open"]) {
  markdown.renderer.rules[rule] = (tokens, index) => {
    const token = tokens[index];
    const align = /text-align:(\w+)/.exec(String(token?.attrGet("style") ?? ""))?.[1];
    return align === undefined ? `<${token?.tag}>` : `<${token?.tag} class="${align}">`;
  };
}

const renderFence = markdown.renderer.rules["fence"];
markdown.renderer.rules["fence"] = (...args) => {
  const [tokens, index] = args;
  const language = /^\S{1,30}/.exec(tokens[index]?.info.trim() ?? "")?.[0] ?? "";
  const code = renderFence?.(...args).replace("<pre", '<pre tabindex="0"') ?? "";
  const head = `<span>${markdown.utils.escapeHtml(language)}</span><button type="button" class="quiet" data-copy>${strings.chat.copy}</button>`;
  return `<div class="code"><div class="head">${head}</div>${code}</div>`;
};

DOMPurify.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName !== "A") return;
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer");
});

/** The type of a trusted text is not part of TypeScript's DOM. Frameworks pass it on as they pass a text. */
export function renderMarkdown(text: string): string {
  return DOMPurify.sanitize(markdown.render(text), {
    RETURN_TRUSTED_TYPE: true,
    FORBID_TAGS: ["style", "form", "input", "svg", "math", "img"],
    FORBID_ATTR: ["style", "id", "name"],
  }) as unknown as string;
}
