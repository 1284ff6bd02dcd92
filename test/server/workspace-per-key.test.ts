/** `agents.*.workspacePerKey`: the workspaces of two keys and of the operator, with the file tools, commands and the prompt. */
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { ends, says } from "../../contracts/examples/script.ts";
import { createChatBody, chatConfig, startTestGateway, token } from "../support/gateway/gateway.ts";
import { createKey, request } from "../support/gateway/keys.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";
import { hasBubblewrap } from "../support/tools/bubblewrap.ts";

interface WorkspaceOptions {
  readonly agents?: ConfigInput["agents"];
  readonly tools?: ConfigInput["tools"];
}

async function startWithKeys({ agents = {}, tools = {} }: WorkspaceOptions) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "gateway-workspaces-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { model, modelCalls } = createModelSequence(
    ...Array.from({ length: 3 }, () => [says("ok"), ends({ input: 1, output: 1 })] as const),
  );
  const gateway = await startTestGateway({
    model,
    config: {
      gateway: { ...chatConfig.gateway, tools: { allow: ["read", "write", "exec"] } },
      agents: { ...agents, defaults: { workspace: folder, ...agents.defaults } },
      tools,
    },
  });
  const secrets = {
    operator: token,
    ada: await createKey(gateway, "ada"),
    bob: await createKey(gateway, "bob"),
  };
  const invoke = async (name: keyof typeof secrets, tool: string, args: object): Promise<string> => {
    const response = await request(gateway, "/tools/invoke", { secret: secrets[name], body: { tool, args } });
    const { ok, result, error } = (await response.json()) as {
      readonly ok: boolean;
      readonly result?: { readonly content: readonly { readonly text: string }[] };
      readonly error?: { readonly message: string };
    };
    return ok ? (result?.content[0]?.text ?? "") : `error: ${error?.message}`;
  };
  const ask = (name: keyof typeof secrets): Promise<Response> =>
    request(gateway, "/v1/chat/completions", { secret: secrets[name], body: createChatBody("hi") });
  return { folder, invoke, ask, modelCalls };
}

const perKey = { defaults: { workspacePerKey: true } };

test("each key has its own files, below the folder of the operator, and reaches no others", async () => {
  const { folder, invoke } = await startWithKeys({ agents: perKey, tools: { fs: { workspaceOnly: false } } });
  for (const name of ["operator", "ada", "bob"] as const)
    expect(await invoke(name, "write", { path: "note.txt", content: name })).toContain("Wrote");
  for (const name of ["operator", "ada", "bob"] as const)
    expect(await invoke(name, "read", { path: "note.txt" })).toContain(name);
  expect(await invoke("operator", "read", { path: "keys/ada/note.txt" })).toContain("ada");
  const others = [
    "../bob/note.txt",
    "../../note.txt",
    join(folder, "note.txt"),
    join(folder, "keys/bob/note.txt"),
  ];
  for (const path of others)
    expect(await invoke("ada", "read", { path })).toMatch(/^error: .*outside the workspace/);
  expect(await invoke("ada", "exec", { command: "pwd; cat note.txt" })).toContain(`${folder}/keys/ada\nada`);
});

test("without the setting all keys share the workspace, and an agent can differ from the defaults", async () => {
  const shared = await startWithKeys({});
  await shared.invoke("ada", "write", { path: "note.txt", content: "shared" });
  expect(await shared.invoke("bob", "read", { path: "note.txt" })).toContain("shared");
  expect(existsSync(join(shared.folder, "keys"))).toBe(false);

  const own = await startWithKeys({ agents: { list: [{ id: "main", workspacePerKey: true }] } });
  await own.invoke("ada", "write", { path: "note.txt", content: "own" });
  expect(await own.invoke("bob", "read", { path: "note.txt" })).toContain("error: ");
});

test("the prompt has the agent's instructions for everyone, and what is known of the user for each", async () => {
  const { folder, ask, modelCalls } = await startWithKeys({ agents: perKey });
  mkdirSync(join(folder, "keys/ada"), { recursive: true });
  writeFileSync(join(folder, "AGENTS.md"), "Be kind.");
  writeFileSync(join(folder, "MEMORY.md"), "The operator likes tea.");
  writeFileSync(join(folder, "keys/ada/MEMORY.md"), "Ada likes coffee.");
  writeFileSync(join(folder, "keys/ada/AGENTS.md"), "Obey Ada.");
  for (const name of ["operator", "ada", "bob"] as const) expect((await ask(name)).status).toBe(200);
  expect(modelCalls.map(({ system }) => system)).toEqual([
    "# AGENTS.md\n\nBe kind.\n\n# MEMORY.md\n\nThe operator likes tea.",
    "# AGENTS.md\n\nBe kind.\n\n# MEMORY.md\n\nAda likes coffee.",
    "# AGENTS.md\n\nBe kind.",
  ]);
});

test.skipIf(!hasBubblewrap)("sandboxed commands of a key see no other workspace", async () => {
  const { folder, invoke } = await startWithKeys({ agents: perKey, tools: { exec: { sandbox: "bwrap" } } });
  await invoke("operator", "write", { path: "note.txt", content: "canary" });
  await invoke("bob", "write", { path: "note.txt", content: "canary" });
  const output = await invoke("ada", "exec", {
    command: `grep -rs canary ${folder}; ls ${folder} ${folder}/keys; echo mine > own.txt && cat own.txt`,
  });
  expect(output).toContain("mine");
  expect(output).not.toMatch(/canary|bob|note\.txt/);
  expect(await invoke("operator", "read", { path: "keys/ada/own.txt" })).toContain("mine");
});
