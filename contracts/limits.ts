/** Named maxima, so that every array and string of every schema has one, and schemas built of them. */
import { z } from "zod";

export const limits = {
  /** Characters of one text: a message, a tool's output. The body limit is reached first by most. */
  text: 20_000_000,
  /** Characters of a name, an id, a code. */
  shortText: 512,
  /** Entries of one array: messages, parts, tools. */
  items: 2_000,
  /** Tools of one request, as OpenAI has it. */
  tools: 128,
  /** Characters of a tool's name. */
  toolName: 64,
  /** Stop sequences of one request. */
  stops: 4,
  /** Characters of a session key. */
  sessionKey: 256,
} as const;

/** Text of any length that a body can hold. */
export const longText = (): z.ZodString => z.string().max(limits.text);

/** A name, an id, a code. */
export const shortText = (): z.ZodString => z.string().max(limits.shortText);

/** A list with the limit on entries that all lists share. */
export const listOf = <T extends z.ZodType>(item: T): z.ZodArray<T> => z.array(item).max(limits.items);

/** The name of a tool, in the alphabet that every model provider takes. */
export const toolName = (): z.ZodString =>
  z
    .string()
    .max(limits.toolName)
    .regex(/^[a-zA-Z0-9_-]+$/, "must be made of letters, digits, _ and -");

/** An object whose inside is nobody's business here: a JSON Schema, an ignored option. */
export const anyObject = (): z.ZodRecord<z.ZodString, z.ZodUnknown> => z.record(shortText(), z.unknown());
