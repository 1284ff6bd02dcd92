/** Session keys: no spelling gives a limited key a session outside its own names. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  findOwner,
  isReservedForOther,
  removePrefix,
  resolveSessionKey,
} from "../../server/agent/sessions/session-keys.ts";
import { fuzz, fuzzTimeoutMs } from "../support/runs/fuzz.ts";

const part = fc.constantFrom(
  "agent",
  "key",
  "main",
  "user",
  "ada",
  "bob",
  "operator",
  "x",
  "",
  "AGENT",
  "Key",
  "..",
  "%2e",
);
const key = fc
  .oneof(
    fc.array(part, { minLength: 1, maxLength: 7 }).map((parts) => parts.join(":")),
    fc.string({ minLength: 1, maxLength: 30 }),
  )
  .filter((text) => text !== "");
const limited = fc.constantFrom("ada", "bob");
const nameOf = (full: string): string => full.split(":").slice(2).join(":");

test(
  "what a limited key resolves has its prefix, or is refused, and resolves to itself",
  () => {
    fuzz([key, limited], (sent, credential) => {
      const full = resolveSessionKey(sent, "main", credential);
      if (isReservedForOther(nameOf(full), credential)) return;
      expect(findOwner(full)).toBe(credential);
      expect(resolveSessionKey(full, "other", credential)).toBe(full);
      expect(nameOf(full)).toBe(`key:${credential}:${removePrefix(nameOf(full), credential)}`);
    });
  },
  fuzzTimeoutMs,
);

test(
  "two limited keys never reach the same session, and no operator's",
  () => {
    fuzz([key, key], (one, other) => {
      const [ada, bob] = [resolveSessionKey(one, "main", "ada"), resolveSessionKey(other, "main", "bob")];
      if (isReservedForOther(nameOf(ada), "ada") || isReservedForOther(nameOf(bob), "bob")) return;
      expect(ada).not.toBe(bob);
      const operators = resolveSessionKey(other, "main", "operator");
      if (findOwner(operators) === undefined) expect(ada).not.toBe(operators);
    });
  },
  fuzzTimeoutMs,
);
