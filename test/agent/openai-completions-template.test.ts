import { expect, test } from "vitest";
import { createTextTemplate } from "../../server/agent/models/openai-completions/text-template.ts";

const chunk = (content: string, more: object = {}): string =>
  JSON.stringify({ id: "c", ...more, choices: [{ index: 0, delta: { content }, finish_reason: null }] });

const read = (data: string): string | undefined =>
  (JSON.parse(data) as { choices: [{ delta: { content?: string } }] }).choices[0].delta.content;

function learnTemplate(data: string, text: string) {
  const template = createTextTemplate();
  template.learn(data, text, read);
  return template;
}

test("a chunk that differs only in its text matches the template", () => {
  const template = learnTemplate(chunk("hel"), "hel");
  for (const text of ["lo", "", 'a "quoted" \\ word', "é ✓ 🦞", "\n\u2028", '"},"x":{"y":"']) {
    expect(template.matchText(chunk(text))).toBe(text);
  }
});

test("any other chunk does not match", () => {
  const template = learnTemplate(chunk("hel"), "hel");
  const others = [
    chunk("lo", { id: "d" }),
    chunk("lo").replace("null", '"stop"'),
    chunk("lo").replace('"lo"', "null"),
    chunk("lo").replace('"lo"', '"lo","role":"assistant"'),
    chunk("lo").replace('"lo"', '"lo'),
    chunk("lo").replace('"lo"', ' "lo"'),
    chunk("").replace('""', '"'),
    chunk("lo").slice(0, -1),
    "",
  ];
  for (const data of others) expect(template.matchText(data)).toBeUndefined();
});

test("a text that occurs twice, or elsewhere with other escapes, gives no template", () => {
  expect(learnTemplate(chunk("c"), "c").matchText(chunk("lo"))).toBeUndefined();
  const escaped = chunk("XX", { model: "m" }).replace("XX", "\\u006d");
  expect(read(escaped)).toBe("m");
  expect(
    learnTemplate(escaped, "m").matchText(escaped.replace('"model":"m"', '"model":"lo"')),
  ).toBeUndefined();
});

test("nothing matches before a template is learned", () => {
  expect(createTextTemplate().matchText(chunk("lo"))).toBeUndefined();
});

test("events that match are read up to the first that does not, or is not whole", () => {
  const template = learnTemplate(chunk("hel"), "hel");
  const events = ["lo", "", 'a "quoted"\n\nword'].map((text) => `data: ${chunk(text)}\n\n`).join("");
  const others = [
    `data: ${chunk("lo").slice(0, -1)}`,
    `data: ${chunk("lo")}\n`,
    `data: ${chunk("lo", { id: "d" })}\n\n`,
    `data:${chunk("lo")}\n\n`,
    `data: ${chunk("lo")}\ndata: ${chunk("lo")}\n\n`,
    "",
  ];
  for (const other of others) {
    expect(template.matchEvents(`: comment${events}${other}`, 9)).toEqual({
      text: 'loa "quoted"\n\nword',
      end: 9 + events.length,
    });
  }
});

test("only the start of an event that can match is one", () => {
  const template = learnTemplate(chunk("hel"), "hel");
  const event = `data: ${chunk("lo")}\n\n`;
  for (const length of [0, 1, 10, event.length - 3])
    expect(template.canMatch(event.slice(0, length))).toBe(true);
  expect(template.canMatch("data: [DONE]")).toBe(false);
  expect(createTextTemplate().canMatch("")).toBe(false);
});

const padded = (content: string, obfuscation: string): string =>
  JSON.stringify({ choices: [{ index: 0, delta: { content } }], usage: null, obfuscation });

test("chunks that differ in their text and their padding match", () => {
  const template = learnTemplate(padded("hel", "aX9"), "hel");
  const texts = ["lo", "", 'a "quoted" \\ word\n', '"}}],"usage":null,"obfuscation":"x"}', "\\"];
  for (const text of texts) expect(template.matchText(padded(text, "padding"))).toBe(text);
  const events = texts.map((text, index) => `data: ${padded(text, "x".repeat(index))}\n\n`).join("");
  expect(template.matchEvents(events, 0)).toEqual({ text: texts.join(""), end: events.length });
});

test("a padded chunk that differs elsewhere does not match", () => {
  const template = learnTemplate(padded("hel", "aX9"), "hel");
  const others = [
    padded("lo", "a").replace("null", "{}"),
    padded("lo", 'a"b'),
    padded("lo", "a").replace('"a"', '"a","more":"b"'),
    padded("lo", "a").slice(0, -1),
    padded("lo", "a").replace('"lo"', '"lo","refusal":"no"'),
    chunk("lo"),
  ];
  for (const data of others) {
    expect(template.matchText(data)).toBeUndefined();
    const events = `data: ${data}\n\ndata: ${padded("lo", "a")}\n\n`;
    expect(template.matchEvents(events, 0)).toEqual({ text: "", end: 0 });
  }
});
