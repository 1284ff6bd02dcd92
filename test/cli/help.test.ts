import { expect, test } from "vitest";
import { loadCommands } from "../../cli/commands.ts";
import { packageVersion } from "../../server/lib/package.ts";
import { run } from "../support/clients/command-line.ts";

const commands = await loadCommands();
const names = commands.map(({ name }) => name);

test("these are the commands", () => {
  expect(names).toEqual([
    "gateway",
    "init",
    "doctor",
    "import",
    "gateway install",
    "gateway status",
    "gateway auth-token",
    "agent",
    "chat",
    "dashboard",
    "health",
    "status",
    "logs",
    "agents list",
    "models list",
    "models status",
    "models test",
    "sessions list",
    "sessions search",
    "sessions rename",
    "sessions show",
    "sessions export",
    "sessions reset",
    "sessions abort",
    "sessions delete",
    "sessions backup",
    "sessions restore",
    "store copy",
    "store compact",
    "audit",
    "audit verify",
    "usage",
    "keys create",
    "keys list",
    "keys revoke",
    "tools list",
    "tools explain",
    "tools invoke",
    "security audit",
    "config check",
    "config get",
    "config set",
    "config unset",
    "config edit",
    "config file",
    "config schema",
    "call",
    "completion",
  ]);
});

test.each(commands)("the help of $name has a summary, options and an example", async (command) => {
  const { name, summary, options } = command;
  const result = await run({}, [...name.split(" "), "--help"]);
  expect(result).toMatchObject({ code: 0, err: "" });
  expect(result.out).toContain(`openclaw ${name}: ${summary}`);
  expect(result.out).toContain(`Usage: openclaw ${name}`);
  expect(result.out).toMatch(new RegExp(`^Example: .*openclaw ${name}`, "m"));
  for (const option of Object.keys(options)) expect(result.out).toContain(`--${option}`);
  for (const line of result.out.split("\n")) expect(line.length, line).toBeLessThanOrEqual(120);
  expect((await run({}, ["help", ...name.split(" ")])).out).toBe(result.out);
});

test("the overview and the help of a group list the commands", async () => {
  const overview = await run({}, ["--help"]);
  for (const name of names) expect(overview.out).toMatch(new RegExp(`^  ${name} `, "m"));
  expect(await run({}, [])).toMatchObject({ code: 2, out: overview.out });
  const { out } = await run({}, ["sessions", "--help"]);
  expect(out).toMatch(/^ {2}sessions export /m);
  expect(out).not.toContain("tools list");
  expect(await run({}, ["--version"])).toEqual({ code: 0, out: packageVersion, err: "" });
});

test.each([
  [["agnet"], 'unknown command "agnet"; did you mean "agent"?'],
  [["sesions", "list"], 'unknown command "sesions"; did you mean "sessions"?'],
  [["sessions", "shwo"], 'unknown command "sessions shwo"; did you mean "sessions show"?'],
  [["keys"], "openclaw keys: a subcommand is missing"],
  [["gateway", "statu"], 'unknown command "gateway statu"; did you mean "gateway status"?'],
  [["sessions", "show"], "openclaw sessions show: KEY is missing"],
  [["status", "--jsn"], "openclaw status: unknown option --jsn; did you mean --json?"],
  [["agent", "-x"], "openclaw agent: unknown option -x"],
  [["agent", "--agent"], "--agent"],
  [["completion", "bsh"], "SHELL: expected bash, zsh or fish; did you mean bash?"],
])("%j exits 2 with a hint", async (args, why) => {
  expect(await run({}, args)).toMatchObject({
    code: 2,
    out: "",
    err: expect.stringContaining(why) as string,
  });
});
