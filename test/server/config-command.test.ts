import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run as runCommandLine, type CommandResult } from "../support/clients/command-line.ts";
import { createConfigFile, createConfigFolder } from "../support/gateway/config-folder.ts";

const run = (home: string, ...args: string[]): Promise<CommandResult> =>
  runCommandLine({ HOME: home }, ["config", ...args]);

test("a valid file is reported as valid", async () => {
  const { home, file } = createConfigFile({ gateway: { port: 1 } });
  expect(await run(home, "check")).toEqual({ code: 0, out: `${file} is valid.`, err: "" });
});

test("without a file the built-in configuration applies", async () => {
  const { home, file } = createConfigFolder({});
  expect(await run(home, "check")).toEqual({
    code: 0,
    out: `There is no ${file}: the built-in model answers on this machine; openclaw init writes a configuration.`,
    err: "",
  });
});

test("an invalid file exits like the gateway and lists all errors", async () => {
  const { home, file } = createConfigFile({ gateway: { prot: 1 } });
  expect(await run(home, "check")).toEqual({
    code: 78,
    out: "",
    err: `Invalid configuration in ${file}:\n  gateway.prot: unknown key (did you mean "port"?)`,
  });
});

test("ignored keys are a warning, and an error when strict", async () => {
  const { home, file } = createConfigFile({ channels: {} });
  expect(await run(home, "check")).toMatchObject({ code: 0, err: expect.stringContaining("channels") });
  expect(await run(home, "check", "--strict", file)).toMatchObject({ code: 78 });
});

test("another file can be checked by its path", async () => {
  const { home } = createConfigFile({ broken: true });
  const other = join(home, "other.json5");
  writeFileSync(other, "{ /* nothing */ }");
  expect(await run(home, "check", other)).toMatchObject({ code: 0, out: `${other} is valid.` });
});

test("the schema is printed as JSON", async () => {
  const { code, out } = await run("/nowhere", "schema");
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ type: "object", additionalProperties: false });
});

test.each([
  [[], "openclaw config: a subcommand is missing"],
  [["chek"], 'unknown command "config chek"; did you mean "config check"?'],
  [["check", "--stric"], "unknown option --stric; did you mean --strict?"],
  [["check", "a", "b"], 'unexpected argument "b"'],
  [["schema", "a"], 'unexpected argument "a"'],
])("wrong usage %j exits 2 and points to the help", async (args, why) => {
  const { code, err } = await run("/nowhere", ...args);
  expect(code).toBe(2);
  expect(err).toContain(why);
  expect(err).toMatch(/openclaw .*--help/);
});

test("help is shown on request", async () => {
  for (const args of [["--help"], ["check", "-h"]]) {
    expect(await run("/nowhere", ...args)).toMatchObject({
      code: 0,
      out: expect.stringContaining("Example:"),
    });
  }
});
