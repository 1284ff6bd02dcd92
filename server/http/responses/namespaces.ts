/** Tools in namespaces: callers know each by two names, the model sees one. */
import { fitName } from "../../agent/mcp/fit-name.ts";

export interface NamespacedName {
  readonly namespace: string;
  readonly name: string;
}

interface CallersName {
  readonly namespace?: string | null | undefined;
  readonly name: string;
}

export const nameForModel = ({ namespace, name }: CallersName): string =>
  namespace ? fitName(namespace, name) : name;
