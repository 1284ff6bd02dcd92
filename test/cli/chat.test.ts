/** `openclaw chat` on a terminal and in a pipe. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  hasTerminal,
  run,
  start,
  startOnTerminal,
  waitForExit,
  type TerminalProcess,
} from "../support/clients/command-line.ts";
import {
  createTemporaryFolder,
  startTestGateway,
  token,
  type TestGateway,
} from "../support/gateway/gateway.ts";
import { callAsOperator } from "../support/gateway/keys.ts";
import { createGatedModel, finishEvent } from "../support/providers/scripted-model.ts";

const timeout = 60_000;
const ctrlC = "\u0003";
const ctrlD = "\u0004";
const help = "/help lists the commands.";

function envOf({ url }: TestGateway): {
  readonly OPENCLAW_STATE_DIR: string;
  readonly [name: string]: string;
} {
  return {
    OPENCLAW_GATEWAY_URL: url,
    OPENCLAW_GATEWAY_TOKEN: token,
    OPENCLAW_STATE_DIR: createTemporaryFolder(),
  };
}

/** Resolves when the screen has the text. */
const waitFor = (chat: TerminalProcess, text: string): Promise<void> => expect.poll(chat.out).toContain(text);

/** Types a line when the chat waits for one. */
async function say(chat: TerminalProcess, line: string): Promise<void> {
  chat.type(`${line}\r`);
  await waitFor(chat, line);
}

test("in a pipe each line is a message, and the replies are printed unrendered", { timeout }, async () => {
  const gateway = await startTestGateway();
  const input = "my name is **Ada**\nwhat is my name?\n/new\nwhat is my name?\n//help\n";
  const { code, out, err } = await waitForExit(start(envOf(gateway), ["chat"], input));
  expect([code, err]).toEqual([0, ""]);
  expect(out).toContain("Your name is **Ada**.\n");
  expect(out.match(/Your name is/g)).toHaveLength(2);
  expect(out.indexOf("A new conversation.\n")).toBeGreaterThan(out.lastIndexOf("Your name is"));
  // The second slash is left out: the model's own command.
  expect(out).toContain("/length N");
});

test("a failed reply in a pipe is a failure at the end, and the chat goes on", { timeout }, async () => {
  const gateway = await startTestGateway();
  const result = await waitForExit(start(envOf(gateway), ["chat"], "//error 400\nsay more\n/modle\n"));
  expect(result).toMatchObject({ code: 1, out: "more\n" });
  expect(result.err).toContain("There is no command /modle. Did you mean /model?");
});

test("the conversation is continued with -c, by chat and by agent", { timeout }, async () => {
  const gateway = await startTestGateway();
  const env = envOf(gateway);
  await waitForExit(start(env, ["chat"], "my name is Ada\n"));
  const continued = await waitForExit(start(env, ["chat", "-c"], "what is my name?\n"));
  expect(continued).toEqual({ code: 0, out: "Your name is Ada.\n", err: "" });
  expect((await run(env, ["agent", "-c", "what is my name?"])).out).toBe("Your name is Ada.");
});

test("a chat with an unknown agent, or with another gateway, fails with the reason", async () => {
  const gateway = await startTestGateway();
  expect(await run(envOf(gateway), ["chat", "--agent", "nobody"])).toMatchObject({
    code: 1,
    err: 'There is no agent "nobody". Agents: main.',
  });
  expect(await run({ ...envOf(gateway), OPENCLAW_GATEWAY_TOKEN: "wrong" }, ["chat"])).toMatchObject({
    code: 77,
  });
});

test.skipIf(!hasTerminal)(
  "a reply is rendered, tools are cards, and the history is kept",
  { timeout },
  async () => {
    const gateway = await startTestGateway();
    const env = envOf(gateway);
    const chat = startOnTerminal(env, ["chat"]);
    await waitFor(chat, help);
    await say(chat, "say **bold** and `code`");
    await waitFor(chat, "\u001b[1mbold\u001b[22m and \u001b[36mcode\u001b[39m");
    await say(chat, "//tool session_status {}");
    await waitFor(chat, "\u001b[1msession_status\u001b[22m {}");
    await waitFor(chat, "done in 0.0 s");
    chat.type(ctrlD);
    expect(await chat.code).toBe(0);
    const file = join(env.OPENCLAW_STATE_DIR, "chat-history");
    expect(readFileSync(file, "utf8")).toBe("say **bold** and `code`\n//tool session_status {}\n");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const again = startOnTerminal(env, ["chat"]);
    await waitFor(again, help);
    again.type("\u001b[A\u001b[A");
    await waitFor(again, "say **bold** and `code`");
    again.type(`${ctrlC}${ctrlD}`);
    expect(await again.code).toBe(0);
  },
);

test.skipIf(!hasTerminal)("Ctrl-C aborts the reply, and twice it leaves", { timeout }, async () => {
  const { model, waitForCall, emit } = createGatedModel();
  const gateway = await startTestGateway({ model });
  const chat = startOnTerminal(envOf(gateway), ["chat"]);
  await waitFor(chat, help);
  await say(chat, "first");
  await waitForCall();
  emit({ type: "text", text: "half a reply" });
  await waitFor(chat, "half a ");
  chat.type(ctrlC);
  await waitFor(chat, "[aborted]");
  await say(chat, "second");
  await waitForCall();
  // Typed during a reply: a command of the chat acts at once, a message waits.
  chat.type("third\r/abort\r");
  await expect.poll(() => chat.out().match(/\[aborted\]/g)?.length).toBe(2);
  await waitForCall();
  emit(finishEvent);
  chat.type("/help\r");
  await waitFor(chat, "/exit: leave");
  chat.type(ctrlC);
  await waitFor(chat, "Press Ctrl-C again to leave.");
  chat.type(ctrlC);
  expect(await chat.code).toBe(130);
});

test.skipIf(!hasTerminal)(
  "a silent model shows a sign of life, which its text replaces",
  { timeout },
  async () => {
    const { model, waitForCall, emit } = createGatedModel();
    const gateway = await startTestGateway({ model });
    const chat = startOnTerminal(envOf(gateway), ["chat"]);
    await waitFor(chat, help);
    await say(chat, "hello");
    await waitForCall();
    await waitFor(chat, "waiting for the model, 1 s");
    emit({ type: "text", text: "here" });
    emit(finishEvent);
    await expect.poll(chat.out).toMatch(/\r.* {20,}\rhere/);
    chat.type(ctrlD);
    expect(await chat.code).toBe(0);
  },
);

test.skipIf(!hasTerminal)(
  "with NO_COLOR on 38 columns nothing is coloured or cut in a word",
  { timeout },
  async () => {
    const gateway = await startTestGateway();
    const chat = startOnTerminal({ ...envOf(gateway), NO_COLOR: "1" }, ["chat"], 38);
    await waitFor(chat, help);
    await say(chat, "//tool exec {}");
    await waitFor(chat, "failed in");
    chat.type("say - **one** two three four five six seven eight\r");
    await waitFor(chat, "one two three four five six seven");
    chat.type(ctrlD);
    expect(await chat.code).toBe(0);
    // oxlint-disable-next-line no-control-regex -- colours are what is looked for
    expect(chat.out()).not.toMatch(/\u001b\[[\d;]+m/);
    const reply = chat.out().slice(chat.out().lastIndexOf("• one"));
    expect(reply.split("\r\n").slice(0, 2)).toEqual(["• one two three four five six seven ", "  eight"]);
    for (const line of chat
      .out()
      .split("\r\n")
      .filter((text) => /^[┌│└]/.test(text))) {
      expect(line.length, line).toBeLessThan(38);
    }
  },
);

test.skipIf(!hasTerminal)(
  "pasted lines are one message, and files go with the next one",
  { timeout },
  async () => {
    const gateway = await startTestGateway();
    const chat = startOnTerminal(envOf(gateway), ["chat"]);
    await waitFor(chat, help);
    chat.type("\u001b[200~my name is Ada\rmy city is Ulm\u001b[201~\r");
    await waitFor(chat, "Your name is Ada");
    const notes = join(createTemporaryFolder(), "notes.txt");
    writeFileSync(notes, "the heron");
    await say(chat, `/attach ${notes}`);
    await waitFor(chat, "notes.txt goes with the next message.");
    await say(chat, "look at this");
    await waitFor(chat, "/help lists what I can do.");
    const { sessions } = await callAsOperator<{ sessions: { key: string }[] }>(gateway, "sessions.list");
    const history = await callAsOperator(gateway, "chat.history", { sessionKey: sessions[0]?.key });
    expect(JSON.stringify(history)).toContain("the heron");
    chat.type("/mod\t");
    await waitFor(chat, "/model");
    chat.type(`${ctrlC}${ctrlD}`);
    expect(await chat.code).toBe(0);
  },
);
