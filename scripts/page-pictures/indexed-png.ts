/** Writes a picture of a screen as a PNG with a palette: a third of the bytes, for at most 256 colours. */
import { crc32, deflateSync } from "node:zlib";
import { createCanvas, loadImage } from "@napi-rs/canvas";

const maxColors = 256;

export async function toIndexedPng(png: Buffer): Promise<Buffer> {
  const image = await loadImage(png);
  const { width, height } = image;
  const context = createCanvas(width, height).getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const pixels = Array.from({ length: width * height }, (_, index) => readColor(data, index * 4));
  const palette = choosePalette(pixels);
  const indexes = findNearest(pixels, palette);
  // Each line begins with its filter, which is none: a palette's numbers are not alike where colours are.
  const lines = Buffer.alloc(height * (width + 1));
  for (const [index, value] of indexes.entries())
    lines[Math.floor(index / width) * (width + 1) + 1 + (index % width)] = value;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits a pixel, and a palette.
  header.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    toChunk("IHDR", header),
    toChunk("PLTE", Buffer.from(palette.flatMap((color) => [color >> 16, (color >> 8) & 255, color & 255]))),
    toChunk("IDAT", deflateSync(lines, { level: 9 })),
    toChunk("IEND", Buffer.alloc(0)),
  ]);
}

const readColor = (data: Uint8ClampedArray, at: number): number =>
  ((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);

/** The colours that most pixels have. The others are shades at the edges of letters. */
function choosePalette(pixels: readonly number[]): readonly number[] {
  const counts = new Map<number, number>();
  for (const color of pixels) counts.set(color, (counts.get(color) ?? 0) + 1);
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, maxColors)
    .map(([color]) => color);
}

function findNearest(pixels: readonly number[], palette: readonly number[]): readonly number[] {
  const known = new Map(palette.map((color, index) => [color, index]));
  return pixels.map((color) => {
    const index = known.get(color) ?? findNearestIndex(color, palette);
    known.set(color, index);
    return index;
  });
}

function findNearestIndex(color: number, palette: readonly number[]): number {
  let nearest = 0;
  let least = Infinity;
  for (const [index, other] of palette.entries()) {
    const distance =
      ((color >> 16) - (other >> 16)) ** 2 +
      (((color >> 8) & 255) - ((other >> 8) & 255)) ** 2 +
      ((color & 255) - (other & 255)) ** 2;
    if (distance < least) [nearest, least] = [index, distance];
  }
  return nearest;
}

/** https://www.w3.org/TR/png-3/#5Chunk-layout */
function toChunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
