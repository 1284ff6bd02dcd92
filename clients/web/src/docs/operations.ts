/** Reads the operations of the OpenAPI document, with the values that a request of each begins with. */

export interface Operation {
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  /** In upper case. */
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: Body | undefined;
  readonly needsToken: boolean;
}

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly isRequired: boolean;
  readonly value: string;
}

interface Body {
  readonly isForm: boolean;
  /** Names of the fields of a form that are files. */
  readonly files: readonly string[];
  /** Bodies as JSON. A form has its fields without files. */
  readonly examples: readonly { readonly title: string; readonly text: string }[];
}

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, { readonly format?: string }>>;
}

interface MediaType {
  readonly schema?: Schema;
  readonly examples?: Readonly<Record<string, { readonly summary?: string; readonly value: unknown }>>;
}

interface DescribedOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly security: readonly object[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: Parameter["in"];
    readonly required?: boolean;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, MediaType>> };
  readonly "x-codeSamples"?: readonly { readonly source: string }[];
}

export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export function listOperations(document: OpenApiDocument): readonly Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => {
      const { operationId, tags, summary, security, parameters = [], requestBody } = described;
      const values = readPathValues(path, described["x-codeSamples"]?.[0]?.source ?? "");
      return {
        id: operationId,
        tag: tags[0] ?? "",
        summary,
        method: method.toUpperCase(),
        path,
        parameters: parameters.map(({ name, in: place, required = false }) => ({
          name,
          in: place,
          isRequired: required,
          value: place === "path" ? (values[name] ?? "") : "",
        })),
        body: requestBody && readBody(document, requestBody.content),
        needsToken: security.length > 0 && !security.some((scheme) => Object.keys(scheme).length === 0),
      };
    }),
  );
}

/** Reads the values of path parameters from a sample of the operation, which has them in its address. */
function readPathValues(path: string, sample: string): Readonly<Record<string, string>> {
  const pattern = path.replaceAll(/[.*+?^$()|[\]\\]/g, String.raw`\$&`);
  const groups = new RegExp(`://[^/]+${pattern.replaceAll(/\{(\w+)\}/g, String.raw`(?<$1>[^\s"']+)`)}`).exec(
    sample,
  )?.groups;
  return Object.fromEntries(
    Object.entries(groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
  );
}

function readBody(document: OpenApiDocument, content: Readonly<Record<string, MediaType>>): Body {
  const [type = "", { schema, examples = {} } = {}] = Object.entries(content)[0] ?? [];
  const name = schema?.$ref?.split("/").at(-1) ?? "";
  const { properties = {} } = document.components.schemas[name] ?? schema ?? {};
  const files = Object.keys(properties).filter((field) => properties[field]?.format === "binary");
  const texts = Object.entries(examples).map(([key, { summary, value }]) => ({
    title: summary ?? key,
    text: JSON.stringify(value, (field, part: unknown) => (files.includes(field) ? undefined : part), 2),
  }));
  return {
    isForm: type === "multipart/form-data",
    files,
    examples: texts.length > 0 ? texts : [{ title: "No fields", text: "{}" }],
  };
}
