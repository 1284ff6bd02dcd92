/** The HTTP operations of the gateway, from the OpenAPI document that it serves. */

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly description: string;
}

export interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly Parameter[];
  /** An example of the body, as JSON. Undefined for an operation without one. */
  readonly body: string | undefined;
}

interface OpenApiOperation {
  readonly operationId?: string;
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly Partial<Parameter>[];
  readonly requestBody?: {
    readonly content?: Readonly<
      Record<string, { readonly examples?: Readonly<Record<string, { readonly value?: unknown }>> }>
    >;
  };
}

interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
}

const httpMethods = new Set(["get", "post", "put", "patch", "delete"]);

export async function loadOperations(): Promise<readonly Operation[]> {
  const response = await fetch("/openapi.json");
  const { paths } = (await response.json()) as OpenApiDocument;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method, { operationId }]) => httpMethods.has(method) && operationId !== undefined)
      .map(([method, operation]) => toOperation(method, path, operation)),
  );
}

function toOperation(method: string, path: string, operation: OpenApiOperation): Operation {
  const { operationId = "", tags = [], summary = "", description = "", parameters = [] } = operation;
  const content = operation.requestBody?.content?.["application/json"];
  const example = Object.values(content?.examples ?? {})[0]?.value;
  return {
    id: operationId,
    method: method.toUpperCase(),
    path,
    tag: tags[0] ?? "",
    summary,
    description: description.replaceAll("`", ""),
    parameters: parameters.map((parameter) => ({
      name: parameter.name ?? "",
      in: parameter.in ?? "query",
      required: parameter.required ?? false,
      description: parameter.description ?? "",
    })),
    body: operation.requestBody === undefined ? undefined : JSON.stringify(example ?? {}, null, 2),
  };
}

export interface Reply {
  readonly status: number;
  readonly headers: string;
  readonly text: string;
}

const maxTextLength = 200_000;

/** Sends a request. Calls `onReply` with the reply as it grows: a stream may be long. */
export async function send(
  { method, path, parameters }: Operation,
  values: Readonly<Record<string, string>>,
  { body, credential, signal }: { body: string | undefined; credential: string | null; signal: AbortSignal },
  onReply: (reply: Reply) => void,
): Promise<void> {
  const filled = parameters.filter(({ name }) => (values[name] ?? "") !== "");
  const address = new URL(
    path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? "")),
    location.origin,
  );
  for (const { name } of filled.filter((each) => each.in === "query"))
    address.searchParams.set(name, values[name] ?? "");
  const response = await fetch(address, {
    method,
    signal,
    headers: {
      ...(credential !== null && { authorization: `Bearer ${credential}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...Object.fromEntries(
        filled.filter((each) => each.in === "header").map(({ name }) => [name, values[name] ?? ""]),
      ),
    },
    ...(body !== undefined && { body }),
  });
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  let text = "";
  onReply({ status: response.status, headers, text });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const chunk = await reader?.read();
    if (chunk === undefined || chunk.done) return;
    text = (text + chunk.value).slice(0, maxTextLength);
    onReply({ status: response.status, headers, text });
  }
}
