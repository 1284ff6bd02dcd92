/** Prints the request of a sample in each language. */
import { isFormFile, listFormFields } from "../form.ts";
import { Expression, printJavaScript, printPython } from "./literals.ts";

/** The address in the published document. The gateway replaces it by the one that it is asked at. */
export const defaultOrigin = "http://127.0.0.1:18789";

export interface CodeSample {
  readonly lang: "shell" | "javascript" | "python";
  readonly label: string;
  readonly source: string;
}

export interface ClientMethod {
  /** The variable of the result. */
  readonly result: string;
  /** The method of the gateway's package. */
  readonly method: string;
  /** The package of the API's vendor, and its method. In Python its name is in snake case. */
  readonly vendor?: { readonly name: "openai" | "anthropic"; readonly method: string };
}

/** A request as the samples send it. */
export interface SampleCall {
  readonly url: string;
  readonly httpMethod: string;
  /** The environment variable with the credential. Undefined: none is sent. */
  readonly tokenVariable: string | undefined;
  readonly parameters: readonly string[];
  readonly body: Readonly<Record<string, unknown>> | undefined;
  /** Whether the body is sent as a form, and not as JSON. Its files are read from the current folder. */
  readonly isForm: boolean;
  readonly returnsBytes: boolean;
}

export function renderCurl({ url, httpMethod, tokenVariable, body, isForm }: SampleCall): string {
  const hasDefaultMethod = httpMethod === (body === undefined ? "get" : "post");
  const lines = [
    `curl -sS ${body?.["stream"] === true ? "-N " : ""}${hasDefaultMethod ? "" : `-X ${httpMethod.toUpperCase()} `}${url}`,
    ...(tokenVariable === undefined ? [] : [`-H "Authorization: Bearer $${tokenVariable}"`]),
    ...(body === undefined ? [] : isForm ? renderFormOptions(body) : renderJsonOptions(body)),
  ];
  return lines.join(" \\\n  ");
}

const renderFormOptions = (body: object): readonly string[] =>
  listFormFields(body).map(
    ([name, value]) => `-F ${name}=${typeof value === "string" ? value : `@${value.filename}`}`,
  );

function renderJsonOptions(body: object): readonly string[] {
  const line = JSON.stringify(body);
  const text = line.length > 60 ? JSON.stringify(body, null, 2).replaceAll("\n", "\n  ") : line;
  return [`-H "Content-Type: application/json"`, `-d '${text.replaceAll("'", String.raw`'\''`)}'`];
}

/** Replaces the files of a form by fields with expressions that read them. */
function readFiles(
  body: SampleCall["body"],
  read: (field: string, filename: string) => Readonly<Record<string, unknown>>,
): SampleCall["body"] {
  if (body === undefined) return undefined;
  const fields = Object.entries(body).map(([name, value]) =>
    isFormFile(value) ? read(name, value.filename) : { [name]: value },
  );
  return Object.assign({}, ...fields) as Record<string, unknown>;
}

export function renderClient(call: SampleCall, { result, method }: ClientMethod): string {
  const body = readFiles(call.body, (field, filename) => ({
    [field]: new Expression(`await openAsBlob(${JSON.stringify(filename)})`),
    filename,
  }));
  const create = `${call.isForm ? `import { openAsBlob } from "node:fs";\n` : ""}import { createClient } from "openclaw-gateway-client";

// The token is in the environment variable OPENCLAW_GATEWAY_TOKEN.
const client = createClient({ baseUrl: "${defaultOrigin}" });`;
  return `${create}\n\n${renderJavaScriptCall(`client.${method}`, { ...call, body }, result)}`;
}

type Vendor = NonNullable<ClientMethod["vendor"]>;

const vendorPackages = {
  openai: { className: "OpenAI", npm: "openai", baseUrl: `${defaultOrigin}/v1` },
  anthropic: { className: "Anthropic", npm: "@anthropic-ai/sdk", baseUrl: defaultOrigin },
} as const;

export function renderVendor(call: SampleCall, result: string, { name, method }: Vendor): string {
  const { className, npm, baseUrl } = vendorPackages[name];
  const body = readFiles(call.body, (field, filename) => ({
    [field]: new Expression(`createReadStream(${JSON.stringify(filename)})`),
  }));
  const create = `${call.isForm ? `import { createReadStream } from "node:fs";\n` : ""}import ${className} from "${npm}";

const client = new ${className}({
  baseURL: "${baseUrl}",
  apiKey: process.env.OPENCLAW_GATEWAY_TOKEN,
});`;
  return `${create}\n\n${renderJavaScriptCall(`client.${method}`, { ...call, body }, result)}`;
}

function renderJavaScriptCall(
  method: string,
  { parameters, body, returnsBytes }: SampleCall,
  result: string,
): string {
  const args = [...parameters, ...(body === undefined ? [] : [body])].map(printJavaScript).join(", ");
  if (body?.["stream"] === true)
    return `const stream = await ${method}(${args});\nfor await (const event of stream) console.log(event);`;
  const output = returnsBytes ? `await ${result}.text()` : result;
  return `const ${result} = await ${method}(${args});\nconsole.log(${output});`;
}

export function renderFetch({ url, tokenVariable, body }: SampleCall): string {
  const authorization =
    tokenVariable === undefined ? [] : [`authorization: \`Bearer \${process.env.${tokenVariable}}\``];
  const json = body && printJavaScript(body).replaceAll("\n", "\n  ");
  const options = [
    ...(json === undefined ? [] : ['method: "POST"']),
    ...formatHeaders(
      json === undefined ? authorization : [...authorization, '"content-type": "application/json"'],
    ),
    ...(json === undefined ? [] : [`body: JSON.stringify(${json})`]),
  ];
  const argument = options.length === 0 ? "" : `, {\n  ${options.join(",\n  ")},\n}`;
  return `const response = await fetch("${url}"${argument});\nconsole.log(await response.text());`;
}

const formatHeaders = (headers: readonly string[]): readonly string[] =>
  headers.length === 0 ? [] : [`headers: { ${headers.join(", ")} }`];

export function renderPythonVendor(
  { parameters, body, returnsBytes }: SampleCall,
  result: string,
  { name, method }: Vendor,
): string {
  const { className, baseUrl } = vendorPackages[name];
  const fields = readFiles(body, (field, filename) => ({
    [field]: new Expression(`open(${JSON.stringify(filename)}, "rb")`),
  }));
  const args = [
    ...parameters.map((text) => printPython(text, 1)),
    ...Object.entries(fields ?? {}).map(([field, value]) => `${field}=${printPython(value, 1)}`),
  ];
  const call = `client.${toSnakeCase(method)}(${joinArguments(args)})`;
  const use =
    body?.["stream"] === true
      ? `stream = ${call}\nfor event in stream:\n    print(event.to_json(indent=None))`
      : `${result} = ${call}\nprint(${result}.${returnsBytes ? "text" : "to_json()"})`;
  return `import os

from ${name} import ${className}

client = ${className}(
    base_url="${baseUrl}",
    api_key=os.environ["OPENCLAW_GATEWAY_TOKEN"],
)

${use}`;
}

export function renderHttpx({ url, httpMethod, tokenVariable, body }: SampleCall): string {
  const token = `f"Bearer {os.environ['${tokenVariable}']}"`;
  const args = [
    `"${url}"`,
    ...(tokenVariable === undefined ? [] : [`headers={"Authorization": ${token}}`]),
    ...(body === undefined ? [] : [`json=${printPython(body, 1)}`]),
  ];
  const call = `response = httpx.${httpMethod}(${joinArguments(args)})`;
  const imports = tokenVariable === undefined ? "import httpx" : "import os\n\nimport httpx";
  return `${imports}\n\n${call}\nresponse.raise_for_status()\nprint(response.text)`;
}

function joinArguments(args: readonly string[]): string {
  const line = args.join(", ");
  return line.length <= 50 && !line.includes("\n")
    ? line
    : `\n${args.map((arg) => `    ${arg},\n`).join("")}`;
}

const toSnakeCase = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
