/** Writes what the client takes from the contract besides types: error codes, and the descriptions of its methods. */
import type { createOpenApiDocument } from "../contracts/describe/openapi.ts";
import { isOpen, type Endpoint } from "../contracts/endpoint.ts";
import { listErrorResponses } from "../contracts/error-responses.ts";
import { errorTable } from "../contracts/errors.ts";
import { endpoints } from "../contracts/index.ts";

type OpenApiDocument = ReturnType<typeof createOpenApiDocument>;

/** Returns the union of the gateway's error codes, and that of each operation. */
export function renderErrorCodes(): string {
  const all = Object.values<Endpoint>(endpoints).map((endpoint) => ({
    endpoint,
    codes: listCodes(endpoint),
  }));
  const common = findCommonCodes(
    all.filter(({ endpoint }) => !isOpen(endpoint) && endpoint.credential === undefined),
  );
  const operations = all.flatMap(({ endpoint, codes }) => {
    const hasCommon = common.every((code) => codes.includes(code));
    const members = hasCommon ? codes.filter((code) => !common.includes(code)) : codes;
    return [
      `  /** ${endpoint.method.toUpperCase()} ${endpoint.path} */`,
      `  ${endpoint.id}: ${[...(hasCommon ? ["CommonErrorCode"] : []), ...members.map((code) => `"${code}"`)].join(" | ")};`,
    ];
  });
  return [
    "/** A code of the gateway's error table, with the HTTP status of its response. Newer gateways may have more. */",
    "export type GatewayErrorCode =",
    `${Object.entries(errorTable)
      .map(([code, { status }]) => `  | "${code}" // HTTP ${status}`)
      .join("\n")};`,
    "",
    "/** The codes of every operation that requires a credential of the gateway. */",
    `type CommonErrorCode = ${common.map((code) => `"${code}"`).join(" | ")};`,
    "",
    "/** The codes of each operation, by its `operationId` in openapi.yaml. */",
    "export interface OperationErrorCodes {",
    ...operations,
    "}",
    "",
  ].join("\n");
}

const findCommonCodes = ([first, ...others]: readonly {
  readonly codes: readonly string[];
}[]): readonly string[] =>
  (first?.codes ?? []).filter((code) => others.every(({ codes }) => codes.includes(code)));

/** The codes of an operation's error responses, and those that only its stream has. */
const listCodes = (endpoint: Endpoint): readonly string[] => [
  ...new Set([
    ...listErrorResponses(endpoint).flatMap(({ codes }) => codes),
    ...(endpoint.eventErrors ?? []),
  ]),
];

/** Makes descriptions the text of their comments. An editor shows the text, and some show no `@description`. */
export const showDescriptions = (types: string): string => types.replaceAll("@description ", "");

/** A comment with `@see GET /path`, with its indent. */
const operationComment = /^( *)\/\*\*(?:(?!\*\/)[^])*?@see (GET|POST|DELETE) (\S+)(?:(?!\*\/)[^])*?\*\//gm;
const lineWidth = 110;

/**
 * Returns the source with the published description of each operation in the comment of its method. The comment has
 * `@see METHOD /path`, and `@remarks` for what is true of the client alone.
 */
export function writeMethodDocs(source: string, document: OpenApiDocument): string {
  return source.replace(operationComment, (comment, indent: string, method: string, path: string) => {
    const operation = document.paths?.[path]?.[method.toLowerCase() as "get" | "post" | "delete"];
    if (operation === undefined) throw new Error(`@see ${method} ${path}: no such operation`);
    const remarks = /@remarks([^]*?)\n *\* @see/
      .exec(comment)?.[1]
      ?.replaceAll(/\n *\* ?/g, " ")
      .trim();
    const paragraphs = [
      `${operation.summary}.`,
      ...(operation.description ?? "").split("\n\n"),
      ...(remarks === undefined ? [] : [`@remarks ${remarks}`]),
    ];
    const lines = paragraphs.flatMap((text) => [...wrap(text, lineWidth - indent.length - 3), ""]);
    const body = [...lines.slice(0, -1), `@see ${method} ${path}`].map((line) =>
      `${indent} * ${line}`.trimEnd(),
    );
    return `${indent}/**\n${body.join("\n")}\n${indent} */`;
  });
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
