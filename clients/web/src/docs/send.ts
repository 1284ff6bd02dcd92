/** Sends a request of an operation to the gateway that serves the page, and to no other host. */
import type { Operation, Parameter } from "./operations.ts";

export interface FilledRequest {
  readonly operation: Operation;
  readonly token: string;
  /** Values of the parameters that are not empty. */
  readonly parameters: readonly Pick<Parameter, "name" | "in" | "value">[];
  /** The body, or the fields of a form, as JSON. */
  readonly text: string;
  /** Files of a form, by field. */
  readonly files: Readonly<Record<string, File>>;
}

/** Throws a `SyntaxError` for a body that is not JSON. */
export function createRequest(
  { operation, token, parameters, text, files }: FilledRequest,
  signal: AbortSignal,
): Request {
  const { method, path, body } = operation;
  const headers = new Headers();
  const query = new URLSearchParams();
  const values = new Map<string, string>();
  for (const { name, in: place, value } of parameters) {
    if (place === "header") headers.set(name, value);
    else if (place === "query") query.append(name, value);
    else values.set(name, value);
  }
  if (token !== "") headers.set("authorization", `Bearer ${token}`);
  if (body !== undefined && !body.isForm) headers.set("content-type", "application/json");
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(values.get(name) ?? ""),
  );
  // The page may be behind a proxy that adds a prefix to its path.
  const url = new URL(`.${filled}`, location.href);
  url.search = query.toString();
  url.hash = "";
  const sent = body === undefined ? null : body.isForm ? createForm(JSON.parse(text), files) : text;
  return new Request(url, { method, headers, body: sent, signal, credentials: "omit", redirect: "error" });
}

function createForm(fields: object, files: FilledRequest["files"]): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields) as [string, unknown][]) {
    if (typeof value === "string") form.append(name, value);
    else form.append(name, new Blob([JSON.stringify(value)], { type: "application/json" }));
  }
  for (const [name, file] of Object.entries(files)) form.append(name, file);
  return form;
}

/** Calls `show` with each part of the body as it arrives. */
export async function readText(response: Response, show: (part: string) => void): Promise<void> {
  if (response.body === null) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) show(part.value);
}
