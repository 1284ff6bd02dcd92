/** Maximum sizes for every array and string of every schema, and schemas that use them. */
import { z } from "zod";

export const limits = {
  /** Characters of one text: a message, a tool's output. Most requests reach the body limit first. */
  text: 20_000_000,
  /** Characters of a name, an id, a code. */
  shortText: 512,
  /** Entries of one array: messages, parts, tools. */
  items: 2_000,
  /** Tools of one request. OpenAI has the same limit. */
  tools: 128,
  /** Characters of a tool's name. */
  toolName: 64,
  /** Characters of a tool's name in Anthropic's API. */
  messagesToolName: 128,
  /** Stop sequences of one request. */
  stops: 4,
  /** Characters of the name in a session key. */
  sessionKey: 256,
  /** Characters of a full session key: `agent:<id>:key:<name of the key>:<name>`. */
  fullSessionKey: 256 + "agent::key::".length + 64 + 64,
  /** Characters of a session key in the setting `hooks` and in requests of hooks. The full key is longer. */
  hookSessionKey: 200,
  /** Characters of a system event, and system events that may wait for one session. */
  systemEvent: 16_384,
  systemEvents: 20,
  /** Characters of an idempotency key. */
  idempotencyKey: 255,
  /** Pairs of `metadata`, characters of a key and of a value. OpenAI has the same limits. */
  metadata: { pairs: 16, key: 64, value: 512 },
  /** The largest number of a count: tokens, calls, events. Every generated client can hold it. */
  count: 2_147_483_647,
} as const;

/** A text of up to `limits.text` characters. */
export const longText = (): z.ZodString => z.string().max(limits.text);

/** A name, an id or a code of up to `limits.shortText` characters. */
export const shortText = (): z.ZodString => z.string().max(limits.shortText);

/** A list of up to `limits.items` entries. */
export const listOf = <T extends z.ZodType>(item: T): z.ZodArray<T> => z.array(item).max(limits.items);

/** The rule of `toolName`, for descriptions. */
export const toolNameRule = `1–${limits.toolName} letters, digits, \`_\` and \`-\``;

/** Up to 16 pairs of texts. */
export const metadata = (): z.ZodRecord<z.ZodString, z.ZodString> =>
  z
    .record(z.string().max(limits.metadata.key), z.string().max(limits.metadata.value))
    .refine(
      (pairs) => Object.keys(pairs).length <= limits.metadata.pairs,
      `must have at most ${limits.metadata.pairs} pairs`,
    )
    .meta({ maxProperties: limits.metadata.pairs });

/** The name of a tool, in the characters that every model provider accepts. */
export const toolName = (): z.ZodString =>
  z
    .string()
    .max(limits.toolName)
    .regex(/^[a-zA-Z0-9_-]+$/, "must be made of letters, digits, _ and -");

/** An object that the gateway does not validate: a JSON Schema, an ignored option. */
export const anyObject = (): z.ZodRecord<z.ZodString, z.ZodUnknown> => z.record(shortText(), z.unknown());

/** The arguments of a tool call as an object. As a member of a union it has a name, for generators. */
export const argumentsObject = anyObject().meta({
  id: "ArgumentsObject",
  description: "Arguments of a tool call.",
});

/** An integer of a query, whose values are texts. */
export const queryInteger = (integer: z.ZodInt): z.ZodPreprocess<z.ZodInt> =>
  z.preprocess(
    (text) => (typeof text === "string" && /^-?\d{1,15}$/.test(text) ? Number(text) : text),
    integer,
  );
