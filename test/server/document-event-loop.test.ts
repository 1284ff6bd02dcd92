/** Reading 4 MB of any kind takes little time of the event loop: the bound is ten times the promised 200 ms. */
import { expect, test } from "vitest";
import { createDocuments } from "../../server/documents/documents.ts";
import { createAttachmentReader } from "../../server/attachments/read-attachments.ts";
import { Config } from "../../contracts/config/config.ts";
import { startCpuTimer } from "../support/runs/cpu-time.ts";

const size = 4_000_000;
const fill = (text: string): string => text.repeat(Math.ceil(size / text.length)).slice(0, size);

test.each([
  ["CSV", "text/csv", fill('12345,"quoted, text",2026-11-30\n')],
  ["HTML", "text/html", `<!doctype html><html>${fill("<p>Hello <b>world</b></p>\n")}`],
  ["HTML of elements that never end", "text/html", `<!doctype html><html>${fill("<script ")}`],
  ["JSON", "application/json", `[${fill('{"a":1},')}0]`],
  ["text", "text/plain", fill("words and words\n")],
  ["one long word", "text/plain", fill("a")],
  ["a broken PDF", "application/pdf", `%PDF-1.7\n${fill("1 0 obj <</a/b>> endobj\n")}`],
])("%s", async (_, mediaType, text) => {
  const { signal } = new AbortController();
  const read = createAttachmentReader({
    rules: Config.parse({}).gateway.http.endpoints.chatCompletions,
    configPath: "rules",
    fetch: () => Promise.reject(new Error("nothing is fetched")),
    readStoredFile: () => Promise.reject(new Error("no file is stored")),
    documents: createDocuments(() => Promise.resolve(() => {})),
    acquire: () => Promise.resolve(() => {}),
  });
  const source = { base64: Buffer.from(text).toString("base64"), mediaType };
  const readCpuMs = startCpuTimer();
  const parts = read("operator")([{ type: "attachment", kind: "file", source, param: "file" }], signal);
  await (mediaType === "application/pdf" ? expect(parts).rejects.toThrow("broken") : parts);
  expect(readCpuMs()).toBeLessThan(2_000);
});
