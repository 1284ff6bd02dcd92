/** Parses a text message as a request frame. */
import { RequestFrame } from "../../contracts/socket/frames.ts";
import { GatewayError } from "../lib/errors.ts";
import { flattenIssues } from "../lib/zod-issues.ts";
import { checkJsonLimits, checkJsonText, type JsonLimits } from "../lib/json-limits.ts";
import { toValidationError } from "../lib/validation-error.ts";

export interface Request {
  readonly id: string;
  readonly method: string;
  readonly params: unknown;
  /** W3C trace context of the caller. */
  readonly traceparent?: string | undefined;
}

export type FrameResult =
  | { readonly request: Request }
  /** `id` is the id of the frame, or `invalid` when it cannot be read. */
  | { readonly error: GatewayError; readonly id: string };

/** The `id` of an error response to a frame without a valid id. */
const unknownId = "invalid";

export function parseFrame(text: string, limits: JsonLimits): FrameResult {
  let value: unknown;
  try {
    checkJsonText(text, limits);
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof GatewayError) return { error, id: unknownId };
    return { error: new GatewayError("invalid_json", "The frame is not JSON."), id: unknownId };
  }
  try {
    checkJsonLimits(value, limits);
  } catch (error) {
    return { error: error as GatewayError, id: getId(value) };
  }
  const { success, data, error } = RequestFrame.safeParse(value, { reportInput: true });
  if (!success) return { error: toValidationError(flattenIssues(error), "The frame"), id: getId(value) };
  const { id, method, params, traceparent } = data;
  return { request: { id, method, params, traceparent } };
}

function getId(value: unknown): string {
  const id = typeof value === "object" && value !== null && "id" in value ? value.id : undefined;
  return typeof id === "string" && id !== "" && id.length <= 256 ? id : unknownId;
}
