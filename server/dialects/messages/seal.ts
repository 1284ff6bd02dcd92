/** Seals what a provider needs back into the signatures of thinking blocks, which clients return unchanged. */
import { parseReasoning, serializeReasoning } from "../sealed-reasoning.ts";
import type { Encryption } from "../encryption.ts";
import type { Unseal } from "./assistant-content.ts";
import type { BlockOptions } from "./block-writer.ts";

/** What was sealed for one credential is unsealed for that credential only. */
export function createSeal(
  encryption: Encryption,
  credential: string,
): { readonly seal: BlockOptions["seal"]; readonly unseal: Unseal } {
  const binding = { kind: "reasoning", credential } as const;
  return {
    seal: (reasoning) => encryption.encrypt(serializeReasoning(reasoning), binding),
    unseal(signature) {
      const text = encryption.decrypt(signature, binding);
      return text === undefined ? undefined : parseReasoning(text);
    },
  };
}
