/** Creates PDFs object by object: valid, empty and malicious ones. */
import { Buffer } from "node:buffer";
import { deflateSync } from "node:zlib";

interface PageOptions {
  /** In points; US Letter by default. */
  readonly size?: readonly [number, number];
  /** Drawing operators besides the text. */
  readonly drawing?: string;
}

/** Creates a PDF with one page per text. */
export function createTextPdf(
  texts: readonly string[],
  { size = [612, 792], drawing = "" }: PageOptions = {},
): Buffer {
  const pages = texts.map((_, index) => 4 + index * 2);
  return serializePdf([
    "<</Type/Catalog/Pages 2 0 R>>",
    `<</Type/Pages/Count ${texts.length}/Kids[${pages.map((number) => `${number} 0 R`).join(" ")}]>>`,
    "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ...texts.flatMap((text, index) => {
      const lines = text.split("\n").map((line) => `(${line}) Tj T*`);
      const content = text === "" ? "" : `BT /F1 12 Tf 14 TL 50 700 Td ${lines.join(" ")} ET`;
      const box = `/MediaBox[0 0 ${size.join(" ")}]`;
      const resources = "/Resources<</Font<</F1 3 0 R>>>>";
      return [
        `<</Type/Page/Parent 2 0 R${box}${resources}/Contents ${(pages[index] ?? 0) + 1} 0 R>>`,
        serializeStream(`${content} ${drawing}`),
      ];
    }),
  ]);
}

/** Creates pages without text that draw a red square, like a scan. */
export const createImagePdf = (pages = 1, size: readonly [number, number] = [612, 792]): Buffer =>
  createTextPdf(
    Array.from({ length: pages }, () => ""),
    { size, drawing: "1 0 0 rg 0 0 300 300 re f" },
  );

/** Creates a page whose content is `bytes` spaces, about a thousand times larger than the file. */
export function createBombPdf(bytes: number): Buffer {
  const compressed = deflateSync(Buffer.alloc(bytes, " "));
  return serializePdf([
    "<</Type/Catalog/Pages 2 0 R>>",
    "<</Type/Pages/Count 1/Kids[3 0 R]>>",
    "<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]/Contents 4 0 R>>",
    serializeStream(compressed, "/Filter/FlateDecode"),
  ]);
}

/** Creates a PDF whose page tree contains itself and whose page count is false. */
export const createLoopPdf = (): Buffer =>
  serializePdf([
    "<</Type/Catalog/Pages 2 0 R>>",
    "<</Type/Pages/Count 1000000000/Kids[2 0 R 2 0 R]/Parent 2 0 R>>",
  ]);

/** Creates a PDF that is encrypted with an unknown password. */
export function createEncryptedPdf(): Buffer {
  const key = `(${"x".repeat(32)})`;
  return serializePdf(
    ["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 0/Kids[]>>"],
    `/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O${key}/U${key}>>`,
  );
}

type PdfObject = string | Buffer;

function serializePdf(objects: readonly PdfObject[], trailer = ""): Buffer {
  const chunks: Buffer[] = [Buffer.from("%PDF-1.7\n")];
  const offsets: number[] = [];
  for (const [index, object] of objects.entries()) {
    offsets.push(Buffer.concat(chunks).length);
    const body = typeof object === "string" ? Buffer.from(object) : object;
    chunks.push(Buffer.from(`${index + 1} 0 obj\n`), body, Buffer.from("\nendobj\n"));
  }
  const start = Buffer.concat(chunks).length;
  const size = objects.length + 1;
  const rows = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`);
  const table = `xref\n0 ${size}\n0000000000 65535 f \n${rows.join("")}`;
  const end = `trailer\n<</Size ${size}/Root 1 0 R${trailer}>>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.concat([...chunks, Buffer.from(table + end)]);
}

function serializeStream(data: string | Buffer, entries = ""): Buffer {
  const bytes = typeof data === "string" ? Buffer.from(data) : data;
  const head = Buffer.from(`<</Length ${bytes.length}${entries}>>\nstream\n`);
  return Buffer.concat([head, bytes, Buffer.from("\nendstream")]);
}
