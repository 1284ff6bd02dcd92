/** `openclaw store copy` is killed in the middle, both ways, and run again. */
import { randomBytes } from "node:crypto";
import { expect, inject, test } from "vitest";
import { createTemporaryFolder } from "../support/gateway/gateway.ts";
import { copyUntilDone, fillStore, readStore } from "../support/postgres/copied-store.ts";

const url = inject("postgresUrl") ?? "";

test("a copy whose process is killed while it copies and while it verifies is complete in the end", async () => {
  const [stateDir, folder] = [createTemporaryFolder(), createTemporaryFolder()];
  await fillStore(stateDir, 600);
  const schema = ["--schema", `copy_${randomBytes(8).toString("hex")}`];
  // Once after the first page of entries, once after the entries are verified.
  const kills = [
    { line: 2, afterMs: 1 },
    { line: 9, afterMs: 0 },
  ];
  const copy = (from: string, to: string) =>
    copyUntilDone(["--from", from, "--to", to, ...schema], (attempt) => kills[attempt]);
  expect((await copy(`sqlite:${stateDir}`, url)).kills).toBe(2);
  expect((await copy(url, `sqlite:${folder}`)).kills).toBe(2);
  expect(readStore(folder)).toEqual(readStore(stateDir));
});
