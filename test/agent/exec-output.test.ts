import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createOutputBuffer, createTextDecoder } from "../../server/agent/exec/output-buffer.ts";
import {
  readOutput,
  countProcesses,
  createTestExec,
  readText,
  createUniqueSleep,
} from "../support/tools/exec.ts";

test("output within the limit is kept unchanged for any chunking", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme" })), fc.integer({ min: 1, max: 9 }), (texts, size) => {
      const bytes = Buffer.from(texts.join("").replaceAll("\0", ""));
      const buffer = createOutputBuffer(Math.max(1, bytes.length));
      const read = createTextDecoder();
      let streamed = "";
      for (let at = 0; at < bytes.length; at += size) {
        buffer.append(bytes.subarray(at, at + size));
        streamed += read(bytes.subarray(at, at + size));
      }
      expect(buffer.read()).toBe(bytes.toString());
      expect(streamed).toBe(bytes.toString());
      expect(buffer.countDropped()).toBe(0);
    }),
  );
});

test("of longer output the beginning and the end are kept in complete characters, and the dropped bytes are counted", () => {
  const chunks = fc.array(fc.string({ unit: fc.constantFrom("a", "é", "€", "😀"), minLength: 1 }));
  fc.assert(
    fc.property(chunks, fc.integer({ min: 1, max: 40 }), (texts, max) => {
      const bytes = Buffer.from(texts.join(""));
      const buffer = createOutputBuffer(max);
      for (const text of texts) buffer.append(Buffer.from(text));
      expect(buffer.countTotal()).toBe(bytes.length);
      expect(buffer.countDropped()).toBe(Math.max(0, bytes.length - max));
      const [head = "", tail = ""] = buffer.read().split(/\n\[\d+ bytes of output were dropped here\]\n/);
      expect(bytes.toString().startsWith(head)).toBe(true);
      expect(bytes.toString().endsWith(tail)).toBe(true);
      expect(Buffer.byteLength(head) + Buffer.byteLength(tail)).toBeGreaterThan(
        Math.min(max, bytes.length) - 7,
      );
    }),
  );
});

test("reads up to complete characters add up to the whole output", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.array(fc.integer({ min: 1, max: 5 })), (text, sizes) => {
      const bytes = Buffer.from(text.replaceAll("\0", ""));
      const buffer = createOutputBuffer(Math.max(1, bytes.length));
      let seen = "";
      let from = 0;
      for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
        const size = sizes[turn] ?? 7;
        buffer.append(bytes.subarray(at, at + size));
        at += size;
        seen += buffer.read(from, buffer.countComplete());
        from = buffer.countComplete();
      }
      expect(seen).toBe(bytes.toString());
    }),
  );
});

test("output beyond the limit is dropped, flagged and counted, and the command continues", async () => {
  const { exec } = createTestExec({ settings: { maxOutputBytes: 10_000 } });
  const result = await exec({ command: "echo first; yes | head -n 3000000; echo last" });
  expect(result.isError).toBe(false);
  expect(result.details).toMatchObject({
    exitCode: 0,
    truncated: true,
    droppedBytes: 6_000_000 + 11 - 10_000,
  });
  expect(readOutput(result)).toMatch(/^first\ny\ny\n/);
  expect(readOutput(result)).toMatch(/\[5990011 bytes of output were dropped here\]\n[y\n]*last\n$/);
  expect(readOutput(result).length).toBeLessThan(10_100);
});

test("a command with endless output ends at its timeout with bounded memory and reports", async () => {
  const { exec } = createTestExec();
  let reported = 0;
  const before = process.memoryUsage().rss;
  let ticks = 0;
  const ticking = setInterval(() => (ticks += 1), 10);
  const result = await exec({ command: "yes", timeout: 2 }, { report: (text) => (reported += text.length) });
  clearInterval(ticking);
  expect(result.details).toMatchObject({ timedOut: true, truncated: true });
  expect(reported).toBe(1_048_576);
  expect(Buffer.byteLength(readOutput(result))).toBeLessThan(1_048_576 + 100);
  expect(readText(result).length).toBeLessThan(100_000);
  expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
  expect(ticks).toBeGreaterThan(20);
});

test("the model sees both ends of long output, programs get all of it", async () => {
  const result = await createTestExec().exec({ command: "seq 100000" });
  expect(readText(result)).toMatch(/^1\n2\n/);
  expect(readText(result)).toMatch(/\[\d+ characters are left out here\]/);
  expect(readText(result)).toMatch(/100000\n\n\(exit code 0, after \d+\.\d s\)$/);
  expect(readOutput(result).split("\n")).toHaveLength(100_001);
});

test("bytes that are not text become text that every store accepts", async () => {
  const result = await createTestExec().exec({ command: String.raw`printf 'a\0b\377\376c\342\202'` });
  expect(readOutput(result)).toBe("a\uFFFDb\uFFFD\uFFFDc\uFFFD");
  expect(JSON.parse(JSON.stringify(result))).toEqual(result);
});

test("a command that closes its output is still waited for", async () => {
  const { exec } = createTestExec();
  const sleepCommand = createUniqueSleep(1);
  const result = await exec({ command: `echo out; exec >&- 2>&-; ${sleepCommand}` });
  expect(readOutput(result)).toBe("out\n");
  expect(result.details?.["durationMs"]).toBeGreaterThan(900);
  expect(countProcesses(sleepCommand)).toBe(0);
});
