/** Hides the secrets in the text of a configuration file, and puts them back into an edited text. */
import JSON5 from "json5";
import { editJson5, type Edit } from "./edit-json5.ts";
import { getAt, isPlainObject, type Path } from "./tree.ts";

const redactedText = "[redacted]";
/** Also the secrets of settings that this gateway does not know. */
const secretName = /token|secret|passw|api_?key|authorization|credential|cookie|private/i;
/** Every value below them may be a secret. */
const secretGroups = new Set(["headers", "env", "vars"]);
/** A reference is no secret. */
const reference = /^\$(?:\{[A-Za-z_]\w*\}|[A-Za-z_]\w*)$/;

/** `text` is valid JSON5. */
export function redactText(text: string): string {
  const edits = listTexts(JSON5.parse<unknown>(text))
    .filter(({ path, value }) => isSecretPath(path) && !reference.test(value))
    .map(({ path }): Edit => ({ path, value: redactedText }));
  return editJson5(text, edits);
}

/** Replaces each `[redacted]` by the value that `current` has at the same place, if it has one. */
export function restoreSecrets(text: string, current: string): string {
  const tree = current.trim() === "" ? {} : JSON5.parse<unknown>(current);
  const edits = listTexts(JSON5.parse<unknown>(text)).flatMap(({ path, value }): readonly Edit[] => {
    const secret = value === redactedText ? getAt(tree, ...path) : undefined;
    return secret === undefined ? [] : [{ path, value: secret }];
  });
  return editJson5(text, edits);
}

function isSecretPath(path: Path): boolean {
  const parent = path.at(-2);
  return secretName.test(String(path.at(-1))) || (typeof parent === "string" && secretGroups.has(parent));
}

function listTexts(
  value: unknown,
  path: Path = [],
): readonly { readonly path: Path; readonly value: string }[] {
  if (typeof value === "string") return [{ path, value }];
  if (Array.isArray(value)) return value.flatMap((item, index) => listTexts(item, [...path, index]));
  if (!isPlainObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => listTexts(item, [...path, key]));
}
