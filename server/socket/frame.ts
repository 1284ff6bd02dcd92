/** A text message as a call; or what is wrong with it. */
import { RequestFrame } from "../../contracts/socket/frames.ts";
import { GatewayError } from "../errors.ts";
import { flattenIssues } from "../issues.ts";
import { checkComplexity, type JsonLimits } from "../json-limits.ts";
import { refusal } from "../refusal.ts";

export interface Request {
  readonly id: string;
  readonly method: string;
  readonly params: unknown;
}

export type ReadFrame =
  | { readonly request: Request }
  /** `id` is that of the frame, as far as it can be read. */
  | { readonly error: GatewayError; readonly id: string };

const unknownId = "invalid";

export function readFrame(text: string, limits: JsonLimits): ReadFrame {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { error: new GatewayError("invalid_json", "The frame is not JSON."), id: unknownId };
  }
  try {
    checkComplexity(value, limits);
  } catch (error) {
    return { error: error as GatewayError, id: idOf(value) };
  }
  const { success, data, error } = RequestFrame.safeParse(value, { reportInput: true });
  if (!success) return { error: refusal(flattenIssues(error), "The frame"), id: idOf(value) };
  return { request: { id: data.id, method: data.method, params: data.params } };
}

function idOf(value: unknown): string {
  const id = typeof value === "object" && value !== null && "id" in value ? value.id : undefined;
  return typeof id === "string" && id !== "" && id.length <= 256 ? id : unknownId;
}
