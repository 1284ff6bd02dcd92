/** Ids: a prefix that says what it is of, and 128 random bits. */
import { randomUUID } from "node:crypto";
import type { NewId } from "./agent/types.ts";

export const randomId: NewId = (prefix) => prefix + randomUUID().replaceAll("-", "");
