/** Bodies of `multipart/form-data`, as examples have them. */

/** A file of a form. Its content is text. */
export interface FormFile {
  readonly filename: string;
  readonly content: string;
}

export const isFormFile = (value: unknown): value is FormFile =>
  typeof value === "object" && value !== null && "filename" in value && "content" in value;

type FormField = readonly [name: string, value: string | FormFile];

/** Returns the fields in order. The field `b` of an object `a` is `a[b]`. */
export function listFormFields(body: object): readonly FormField[] {
  return Object.entries(body).flatMap(([name, value]: [string, unknown]): readonly FormField[] => {
    if (isFormFile(value)) return [[name, value]];
    if (typeof value !== "object" || value === null) return [[name, String(value)]];
    return listFormFields(value).map(([key, field]) => [`${name}[${key}]`, field]);
  });
}
