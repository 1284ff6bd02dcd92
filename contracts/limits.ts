/** Named maxima, so that every array and string of every schema has one, and schemas built of them. */
import { z } from "zod";

export const limits = {
  /** Characters of one text: a message, a tool's output. The body limit is reached first by most. */
  text: 20_000_000,
  /** Characters of a name, an id, a code. */
  shortText: 512,
  /** Entries of one array: messages, parts, tools. */
  items: 2_000,
} as const;

/** Text of any length that a body can hold. */
export const longText = (): z.ZodString => z.string().max(limits.text);

/** A name, an id, a code. */
export const shortText = (): z.ZodString => z.string().max(limits.shortText);

/** A list with the limit on entries that all lists share. */
export const listOf = <T extends z.ZodType>(item: T): z.ZodArray<T> => z.array(item).max(limits.items);
