/** Some servers put a completion into an envelope: `{"code": 0, "data": {"choices": […]}}`. */
import { asFields } from "../untrusted-json.ts";

const envelopeFields = ["data", "result", "response", "output"] as const;

/** Returns the completion of an envelope, with the usage beside it. Any other JSON is returned as it is. */
export function unwrapCompletion(json: unknown): unknown {
  const envelope = asFields(json);
  if (envelope === undefined || envelope["choices"]) return json;
  const completion = envelopeFields
    .map((name) => asFields(envelope[name]))
    .find((fields) => fields?.["choices"]);
  return completion === undefined ? json : { usage: envelope["usage"], ...completion };
}
