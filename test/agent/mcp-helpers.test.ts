/** Backoff, tool names and line splitting, tested without a server. */
import { describe, expect, test } from "vitest";
import { Config } from "../../contracts/config/config.ts";
import { toMcpToolName } from "../../server/lib/tool-names.ts";
import { nextBackoff, type Backoff } from "../../server/agent/mcp/connection-manager.ts";
import { createLineSplitter } from "../../server/agent/mcp/line-splitter.ts";

describe("the backoff of a server that fails", () => {
  test("doubles after each failure, up to a minute", () => {
    let backoff: Backoff | undefined;
    const waits: number[] = [];
    for (let failures = 0; failures < 9; failures += 1) {
      const now = backoff?.until ?? 0;
      backoff = nextBackoff(backoff, now, undefined, "cannot be reached");
      waits.push((backoff.until - now) / 1000);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
    expect(backoff?.since).toBe(0);
  });

  test("is a second again after a minute of uptime", () => {
    const before = { since: 0, reason: "ended with code 1", failures: 5, until: 31_000 };
    expect(nextBackoff(before, 100_000, 59_999, "x")).toMatchObject({ failures: 6, until: 132_000 });
    expect(nextBackoff(before, 100_000, 60_000, "x")).toMatchObject({ failures: 1, until: 101_000 });
  });

  test("keeps the time since when the server is down", () => {
    const before = { since: 5, reason: "ended with code 1", failures: 1, until: 1_005 };
    expect(nextBackoff(before, 2_000, undefined, "x").since).toBe(5);
    expect(nextBackoff(before, 2_000, 10, "x").since).toBe(2_000);
  });
});

describe("the name of a tool", () => {
  test("consists of the server's name and the tool's name", () => {
    expect(toMcpToolName("desk", "read_file-2")).toBe("desk__read_file-2");
  });

  test("is made valid with a hash of the original, so that no two become the same", () => {
    const names = ["a.b", "a/b", "a_b", "a b", "", "x".repeat(60), `${"x".repeat(60)}y`, "ä"];
    const toolNames = names.map((name) => toMcpToolName("desk", name));
    expect(toolNames.filter((name) => !/^desk__[a-zA-Z0-9_-]{1,58}$/.test(name))).toEqual([]);
    expect(new Set(toolNames).size).toBe(names.length);
    expect(toolNames[0]).toMatch(/^desk__a_b_[0-9a-f]{8}$/);
    expect(toMcpToolName("desk", "a.b")).toBe(toolNames[0]);
  });

  test.each(["a__b", "_a", "a_", "a.b", "x".repeat(33), ""])(
    "cannot be confused by a server called %j",
    (name) => {
      const mcpServers = { [name]: { command: "true" } };
      expect(Config.safeParse({ tools: { mcpServers } }).success).toBe(false);
    },
  );
});

describe("lines", () => {
  function split(maxBytes: number, ...chunks: readonly Buffer[]): readonly (readonly [string, boolean])[] {
    const lines: [string, boolean][] = [];
    const read = createLineSplitter(maxBytes, (line, cut) => lines.push([line, cut]));
    for (const chunk of chunks) read(chunk);
    return lines;
  }

  test("are the same for any chunking", () => {
    const bytes = Buffer.from("ä\r\n\nzwei\nrest");
    for (let at = 0; at <= bytes.length; at += 1) {
      const lines = split(10, bytes.subarray(0, at), bytes.subarray(at));
      expect(lines).toEqual([
        ["ä", false],
        ["", false],
        ["zwei", false],
      ]);
    }
  });

  test("keep their beginning when they are too long, and the next line is complete", () => {
    const bytes = Buffer.from("12345\n123456789\n1\n");
    for (let at = 0; at <= bytes.length; at += 1) {
      const lines = split(5, bytes.subarray(0, at), bytes.subarray(at));
      expect(lines).toEqual([
        ["12345", false],
        ["12345", true],
        ["1", false],
      ]);
    }
  });
});
