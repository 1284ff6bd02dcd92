/** `openclaw keys`: what it prints, where, and what it says when it goes wrong. */
import { expect, test } from "vitest";
import { run as runCommandLine, type CommandResult } from "../support/clients/command-line.ts";
import { chatConfig, startTestGateway, token, type TestGateway } from "../support/gateway/gateway.ts";
import { createKey, request } from "../support/gateway/keys.ts";

const run = (
  { url }: Pick<TestGateway, "url">,
  args: readonly string[],
  secret: string | undefined = token,
): Promise<CommandResult> =>
  runCommandLine({ OPENCLAW_GATEWAY_URL: url, OPENCLAW_GATEWAY_TOKEN: secret }, ["keys", ...args]);

const config = { ...chatConfig, agents: { list: [{ id: "main" }, { id: "coder" }] } };

test("a created key has only its secret on stdout and instructions on stderr", async () => {
  const gateway = await startTestGateway({ config });
  const { code, out, err } = await run(gateway, ["create", "ada"]);
  expect([code, out]).toEqual([0, expect.stringMatching(/^ock_[\w-]{43}$/)]);
  expect(err).not.toContain(out);
  expect(err).toContain("not shown again");
  expect(err).toContain(`${gateway.url}/v1`);
  expect(err).toContain(
    "Scopes: operator.write; agents: all; expires: never; requests per minute: unlimited.",
  );
  expect((await request(gateway, "/sessions", { secret: out })).status).toBe(200);
});

test("options set the permissions of a key, and the list shows them without the secret", async () => {
  const gateway = await startTestGateway({ config });
  const options = [
    "--scopes",
    "run, tools",
    "--agents",
    "coder,main",
    "--expires",
    "30d",
    "--rpm",
    "60",
    "--json",
  ];
  const created = JSON.parse((await run(gateway, ["create", "ada", ...options])).out) as {
    secret: string;
    key: object;
  };
  expect(created.key).toMatchObject({
    name: "ada",
    scopes: ["run", "tools"],
    agents: ["coder", "main"],
    requestsPerMinute: 60,
  });
  await run(gateway, ["create", "bob"]);
  const list = await run(gateway, ["list"]);
  const [head, ada, bob, ...more] = list.out.split("\n");
  expect(head).toMatch(/^KEY +SCOPES +AGENTS +EXPIRES +LAST USED +PER MINUTE$/);
  expect(ada).toMatch(/^ada +run, tools +coder, main +\S.*\S +never +60$/);
  expect(bob).toMatch(/^bob +operator\.write +all +never +never +unlimited$/);
  expect(more).toEqual([]);
  const inJson = await run(gateway, ["list", "--json"]);
  expect(JSON.parse(inJson.out)).toMatchObject({ keys: [{ name: "ada" }, { name: "bob" }] });
  expect(inJson.out + list.out).not.toContain(created.secret.slice(4));
});

test("a revoked key is gone; an unknown key is an error", async () => {
  const gateway = await startTestGateway();
  const secret = await createKey(gateway, "ada");
  expect(await run(gateway, ["revoke", "ada"])).toEqual({ code: 0, out: "ada is revoked.", err: "" });
  expect((await request(gateway, "/sessions", { secret })).status).toBe(401);
  expect(await run(gateway, ["revoke", "ada"])).toEqual({ code: 1, out: "", err: 'There is no key "ada".' });
});

test.each([
  [["create"], 2, "NAME is missing"],
  [["create", "ada", "--scopes", "run,everything"], 2, "expected some of operator.read, operator.write"],
  [["create", "ada", "--rpm", "0"], 2, "expected a number from 1 to 10000"],
  [["create", "ada", "--expires", "soon"], 1, 'must be a number and a unit, for instance "30d"'],
  [["create", "operator"], 1, "choose another"],
  [["create", "ada", "--agents", "codr"], 1, 'No agent "codr". Agents: main, coder.'],
  [["create", "ada", "--scopes", "operator.admin", "--agents", "coder"], 1, "leave out one of the two"],
])("keys %j exits %i with the reason", async (args, code, message) => {
  const gateway = await startTestGateway({ config });
  expect(await run(gateway, args)).toMatchObject({
    code,
    out: "",
    err: expect.stringContaining(message) as string,
  });
});

test("a key without operator.admin gets the missing scope", async () => {
  const gateway = await startTestGateway();
  const secret = await createKey(gateway, "ada");
  expect(await run(gateway, ["list"], secret)).toMatchObject({
    code: 77,
    err: expect.stringContaining("missing scope: operator.admin") as string,
  });
});

test("without authentication a warning says that a key restricts nobody", async () => {
  const gateway = await startTestGateway({ secret: undefined });
  const { code, err } = await runCommandLine({ OPENCLAW_GATEWAY_URL: gateway.url }, [
    "keys",
    "create",
    "ada",
  ]);
  expect([code, err]).toEqual([0, expect.stringContaining("Warning: this gateway requires no credential")]);
});
