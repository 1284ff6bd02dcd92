/** Creates ids: a prefix for the kind and 128 random bits. */
import { randomUUID } from "node:crypto";
import type { NewId } from "./ports.ts";

export const randomId: NewId = (prefix) => prefix + randomUUID().replaceAll("-", "");
