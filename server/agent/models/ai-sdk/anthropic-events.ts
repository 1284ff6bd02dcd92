/**
 * Converts the events of a Messages stream to events that the package accepts. It rejects a stream for one missing field.
 * Compatible servers send complete blocks at their start, calls without ids, and thinking without a signature.
 */
import { asFields, asText, tryParseJson } from "../untrusted-json.ts";
import { nameMissingCall, type EventReader, type Fields } from "./api.ts";

/** The text field of each type of delta. */
const deltaFields: ReadonlyMap<unknown, string> = new Map([
  ["text_delta", "text"],
  ["thinking_delta", "thinking"],
  ["signature_delta", "signature"],
  ["input_json_delta", "partial_json"],
]);

export function createAnthropicEventReader(): EventReader {
  let openIndex = 0;
  let callCount = 0;
  /** Whether the open block is thinking without a signature so far. */
  let isUnsigned = false;

  const delta = (type: string, text: unknown): readonly object[] => {
    const name = deltaFields.get(type);
    if (name === undefined || typeof text !== "string") return [];
    if (type === "signature_delta") isUnsigned = false;
    return [{ type: "content_block_delta", index: openIndex, delta: { type, [name]: text } }];
  };

  /** A block of another type becomes an empty text: the gateway does not request such blocks. */
  function readBlock(block: Fields): readonly object[] {
    const start = (content_block: object): object => ({
      type: "content_block_start",
      index: openIndex,
      content_block,
    });
    const { type, text, thinking, signature, data, id, input } = block;
    isUnsigned = type === "thinking";
    if (type === "thinking") {
      const signed = signature === "" ? [] : delta("signature_delta", signature);
      return [start({ type, thinking: "" }), ...delta("thinking_delta", thinking), ...signed];
    }
    if (type === "tool_use") {
      const callId = asText(id) || nameMissingCall(callCount++);
      const args = asFields(typeof input === "string" ? tryParseJson(input) : input) ?? {};
      return [start({ ...block, id: callId, input: args })];
    }
    if (type === "redacted_thinking" && typeof data === "string") return [start({ type, data })];
    return [
      start({ type: "text", text: "" }),
      ...(type === "text" && text !== "" ? delta("text_delta", text) : []),
    ];
  }

  return {
    read(event) {
      const { type } = event;
      if (typeof event["index"] === "number") openIndex = event["index"];
      switch (type) {
        case "message_start": {
          const message = asFields(event["message"]);
          // Blocks in the message come as events too.
          return [
            { ...event, message: { ...message, content: [], usage: addUsage(message, "input_tokens") } },
          ];
        }
        case "message_delta":
          return [{ ...event, usage: addUsage(event, "output_tokens") }];
        case "content_block_start":
          return readBlock(asFields(event["content_block"]) ?? {});
        case "content_block_delta": {
          const fields = asFields(event["delta"]) ?? {};
          return delta(asText(fields["type"]), fields[deltaFields.get(fields["type"]) ?? ""]);
        }
        case "content_block_stop":
          // Servers without signatures require their thinking back too, and the package sends back signed thinking only.
          return [...(isUnsigned ? delta("signature_delta", "") : []), { type, index: openIndex }];
        case "message_stop":
          return [event];
        default:
          return [];
      }
    },
  };
}

/** The package requires the counts, which some servers leave out. */
function addUsage(source: Fields | undefined, count: string): Fields {
  const usage = asFields(source?.["usage"]);
  return { ...usage, [count]: typeof usage?.[count] === "number" ? usage[count] : 0 };
}
