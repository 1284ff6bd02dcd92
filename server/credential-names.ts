/** What credentials are called. Whatever is begun with one belongs to its name. */

/** The gateway's own secret, and everybody where no secret is asked for. */
export const operator = "operator";

/** What a key that may do everything is called: no other key's name can look like it. */
export const operatorKey = (name: string): string => `${operator}:${name}`;

/** Whether nothing is hidden from the credential of this name. */
export function seesAll(name: string): boolean {
  return name === operator || name.startsWith(operatorKey(""));
}
