/** The built-in embedding model: feature hashing of words and character trigrams. Deterministic, without network. */
import { GatewayError } from "../../../lib/errors.ts";
import { tokenize } from "../builtin/tokens.ts";
import type { Embedder } from "./embedder.ts";

const defaultDimensions = 256;
const maxDimensions = 4_096;
const ngramLength = 3;
/** A word weighs as much as two of its trigrams. */
const weights = { word: 1, ngram: 0.5 } as const;

export const builtinEmbedder: Embedder = (call) => {
  const { texts, dimensions = defaultDimensions } = call;
  if (dimensions > maxDimensions) {
    const reason = `expected at most ${maxDimensions} for builtin/embedding, got ${dimensions}`;
    return Promise.reject(
      new GatewayError("invalid_value", `dimensions: ${reason}`, { param: "dimensions" }),
    );
  }
  let tokens = 0;
  for (const text of texts) for (const _token of tokenize(text)) tokens += 1;
  return Promise.resolve({ vectors: texts.map((text) => embedText(text, dimensions)), tokens });
};

/** Vectors have length 1, so that the dot product of two is their cosine similarity. */
function embedText(text: string, dimensions: number): readonly number[] {
  const vector = Array.from({ length: dimensions }, () => 0);
  const addFeature = (feature: string, weight: number): void => {
    const hash = hashText(feature);
    const index = hash % dimensions;
    vector[index] = (vector[index] ?? 0) + (hash & 0x10000 ? weight : -weight);
  };
  for (const word of splitWords(text)) {
    addFeature(word, weights.word);
    const paddedWord = `<${word}>`;
    for (let at = 0; at + ngramLength <= paddedWord.length; at++)
      addFeature(paddedWord.slice(at, at + ngramLength), weights.ngram);
  }
  const length = Math.hypot(...vector);
  // Features with opposite signs may cancel out.
  if (length === 0) return vector.map((_, place) => (place === hashText(text) % dimensions ? 1 : 0));
  return vector.map((value) => Math.round((value / length) * 1e6) / 1e6);
}

/** A text without letters and digits is one word. */
function splitWords(text: string): readonly string[] {
  const normalized = text.normalize("NFKC").toLowerCase();
  return normalized.match(/[\p{L}\p{N}]+/gu) ?? [normalized];
}

/** FNV-1a over UTF-16 code units, with a final mix that spreads similar texts. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
