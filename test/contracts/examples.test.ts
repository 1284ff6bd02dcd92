import { describe, expect, test } from "vitest";
import { z } from "zod";
import { describeReply } from "../../contracts/endpoint.ts";
import { exampleSets } from "../../contracts/examples/index.ts";

/** Example requests that violate their schema, with the invalid field. */
const invalidExamples = new Map([
  ["A role that does not exist", "messages.0.role"],
  ["An input of the wrong type", "input"],
  ["No `max_tokens`", "max_tokens"],
  ["No file", "file"],
]);

for (const { endpoint, examples } of exampleSets) {
  describe(endpoint.id, () => {
    test.each(examples.map((example) => [example.title, example] as const))("%s", (title, example) => {
      const { params, query, headers, body } = endpoint;
      const schemas = { params, query, headers, body };
      for (const [part, schema] of Object.entries(schemas)) {
        const value = example.request[part as keyof typeof schemas];
        if (schema === undefined) expect(value).toBeUndefined();
        else if (part === "body" && invalidExamples.has(title)) {
          const paths = schema.safeParse(value).error?.issues.map(({ path }) => path.join("."));
          expect(paths).toEqual([invalidExamples.get(title)]);
        } else expect(schema.parse(value ?? {})).toEqual(value ?? {});
      }
      // The parsed value is equal: the example has no field that the contract does not name.
      if ("reply" in example) {
        const { body: reply = z.undefined() } = describeReply(
          endpoint.responses[example.status ?? 200] ?? z.never(),
        );
        expect(reply.parse(example.reply)).toEqual(example.reply);
      }
      if ("events" in example) {
        expect(example.events.map((event) => endpoint.events?.parse(event))).toEqual(example.events);
      }
    });
  });
}
