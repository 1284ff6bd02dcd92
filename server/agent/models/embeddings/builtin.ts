/** The built-in embedding model: words and pieces of words, hashed to places of a vector. Needs no network and no luck. */
import { GatewayError } from "../../../errors.ts";
import { tokensOf } from "../builtin/tokens.ts";
import type { Embedder } from "./embedder.ts";

export const builtinEmbeddingIds: readonly string[] = ["embedding"];

const ownDimensions = 256;
const mostDimensions = 4_096;
const pieceLength = 3;
/** A word counts as much as two of its pieces. */
const weights = { word: 1, piece: 0.5 } as const;

export const builtinEmbedder: Embedder = (call) => {
  const { texts, dimensions = ownDimensions } = call;
  if (dimensions > mostDimensions) {
    const reason = `expected at most ${mostDimensions} for builtin/embedding, got ${dimensions}`;
    return Promise.reject(
      new GatewayError("invalid_value", `dimensions: ${reason}`, { param: "dimensions" }),
    );
  }
  let tokens = 0;
  for (const text of texts) for (const _token of tokensOf(text)) tokens += 1;
  return Promise.resolve({ vectors: texts.map((text) => vectorOf(text, dimensions)), tokens });
};

/** Of length 1, so that the scalar product of two tells how alike they are. */
function vectorOf(text: string, dimensions: number): readonly number[] {
  const vector = Array.from({ length: dimensions }, () => 0);
  const add = (feature: string, weight: number): void => {
    const hash = hashOf(feature);
    const place = hash % dimensions;
    vector[place] = (vector[place] ?? 0) + (hash & 0x10000 ? weight : -weight);
  };
  for (const word of wordsOf(text)) {
    add(word, weights.word);
    const framed = `<${word}>`;
    for (let at = 0; at + pieceLength <= framed.length; at++)
      add(framed.slice(at, at + pieceLength), weights.piece);
  }
  const length = Math.hypot(...vector);
  // Pluses and minuses may cancel out.
  if (length === 0) return vector.map((_, place) => (place === hashOf(text) % dimensions ? 1 : 0));
  return vector.map((value) => Math.round((value / length) * 1e6) / 1e6);
}

/** A text of signs alone is one word. */
function wordsOf(text: string): readonly string[] {
  const plain = text.normalize("NFKC").toLowerCase();
  return plain.match(/[\p{L}\p{N}]+/gu) ?? [plain];
}

/** FNV-1a over UTF-16 units, mixed once more so that neighbours part. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
