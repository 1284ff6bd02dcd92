/** What an editor shows for the client: the descriptions that openapi.yaml publishes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { packageRoot } from "../../server/lib/package.ts";

interface PublishedOperation {
  readonly summary: string;
  readonly description: string;
}

const { paths, components } = parse(readFileSync(join(packageRoot, "openapi.yaml"), "utf8")) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, PublishedOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<
      Record<string, { readonly properties: Readonly<Record<string, { readonly description: string }>> }>
    >;
  };
};

const entry = "./index.ts";

/** A marker stands before the name whose text is asked for. */
const program = `
import { createClient, type ChatCompletionRequest } from "${entry}";
const client = createClient();
void client.chat.completions./*POST /v1/chat/completions*/create({ model: "openclaw", messages: [] });
declare const request: ChatCompletionRequest;
void request./*temperature*/temperature;
void client.responses./*POST /v1/responses*/create({ model: "openclaw", input: "hi" });
void client.responses./*GET /v1/responses/{response_id}*/retrieve("resp_1");
void client.responses./*POST /v1/responses/{response_id}/cancel*/cancel("resp_1");
void client.responses./*DELETE /v1/responses/{response_id}*/delete("resp_1");
void client.responses./*GET /v1/responses/{response_id}/input_items*/inputItems("resp_1");
void client.responses./*POST /v1/responses/compact*/compact({ model: "openclaw" });
void client.responses./*POST /v1/responses/input_tokens*/inputTokens({ model: "openclaw" });
void client.conversations./*POST /v1/conversations*/create();
void client.conversations./*GET /v1/conversations/{conversation_id}*/retrieve("conv_1");
void client.conversations./*POST /v1/conversations/{conversation_id}*/update("conv_1", { metadata: null });
void client.conversations./*DELETE /v1/conversations/{conversation_id}*/delete("conv_1");
void client.conversations.items./*POST /v1/conversations/{conversation_id}/items*/create("conv_1", { items: [] });
void client.conversations.items./*GET /v1/conversations/{conversation_id}/items*/list("conv_1");
void client.conversations.items./*GET /v1/conversations/{conversation_id}/items/{item_id}*/retrieve("conv_1", "msg_1");
void client.conversations.items./*DELETE /v1/conversations/{conversation_id}/items/{item_id}*/delete("conv_1", "msg_1");
void client.files./*POST /v1/files*/create({ file: new Blob(), purpose: "user_data" });
void client.files./*GET /v1/files*/list();
void client.files./*GET /v1/files/{file_id}*/retrieve("file-1");
void client.files./*GET /v1/files/{file_id}/content*/content("file-1");
void client.files./*DELETE /v1/files/{file_id}*/delete("file-1");
void client.embeddings./*POST /v1/embeddings*/create({ model: "openclaw", input: "hi" });
void client.messages./*POST /v1/messages*/create({ model: "openclaw", max_tokens: 1, messages: [] });
void client.messages./*POST /v1/messages/count_tokens*/countTokens({ model: "openclaw", messages: [] });
void client.models./*GET /v1/models*/list();
void client.models./*GET /v1/models/{model}*/retrieve("openclaw");
void client.tools./*POST /tools/invoke*/invoke({ tool: "exec" });
void client.sessions./*GET /sessions*/list();
void client.sessions./*GET /sessions/{key}/history*/history("main");
void client.sessions./*POST /sessions/{key}/reset*/reset("main");
void client.sessions./*POST /sessions/{key}/abort*/abort("main");
void client.sessions./*DELETE /sessions/{key}*/delete("main");
void client./*GET /healthz*/health();
void client./*GET /readyz*/ready();
void client./*GET /usage*/usage();
`;

const file = join(packageRoot, "clients/typescript/src/hover.ts");

const service = ts.createLanguageService({
  getScriptFileNames: () => [file],
  getScriptVersion: () => "1",
  getScriptSnapshot: (path) => {
    const text = path === file ? program : ts.sys.readFile(path);
    return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
  },
  getCurrentDirectory: () => packageRoot,
  getCompilationSettings: () => ({
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2022.d.ts", "lib.dom.d.ts"],
    types: [],
    strict: true,
    allowImportingTsExtensions: true,
  }),
  getDefaultLibFileName: ts.getDefaultLibFilePath,
  fileExists: (path) => path === file || ts.sys.fileExists(path),
  readFile: ts.sys.readFile,
});

const normalize = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

function readHover(marker: string): string {
  const position = program.indexOf(`/*${marker}*/`) + marker.length + 4;
  const info = service.getQuickInfoAtPosition(file, position);
  return normalize(ts.displayPartsToString(info?.documentation));
}

const withoutMethod: ReadonlySet<string> = new Set([
  "/",
  // MCP has clients of its own.
  "/mcp",
  // Callers of hooks have another credential.
  "/hooks/agent",
  "/hooks/wake",
  "/startup",
  "/startupz",
  "/audit",
  "/audit/verify",
  "/metrics",
  "/api/diagnostics/prometheus",
]);

test("every method shows the published summary and description", () => {
  const documented = Object.entries(paths)
    // Other paths of the same operations, and the documents, are no methods of the SDK.
    .filter(([path]) => !/docs|yaml|json|^\/health$|^\/ready$|\/kill$/.test(path))
    .flatMap(([path, operations]) =>
      Object.entries(operations)
        // Neither are probes, and what the SDK does not cover.
        .filter(([method]) => method !== "head" && !withoutMethod.has(path))
        .map(([method, operation]) => ({
          marker: `${method.toUpperCase()} ${path}`,
          text: normalize(`${operation.summary}. ${operation.description}`),
        })),
    );
  expect(documented.length).toBeGreaterThan(15);
  expect(documented.map(({ marker }) => [marker, readHover(marker)])).toEqual(
    documented.map(({ marker, text }) => [marker, text]),
  );
});

test("a field of a request shows the published description", () => {
  expect(readHover("temperature")).toBe(
    components.schemas["ChatCompletionRequest"]?.properties["temperature"]?.description,
  );
});
