/** Describes a stream in OpenAPI: the schema of one event, and transcripts as text. */
import type { AnyExample, Endpoint } from "../endpoint.ts";
import { frame } from "../sse.ts";
import { toErrorBody } from "./failures.ts";
import { slugify } from "./text.ts";

type Streamed = Extract<AnyExample, { readonly events: unknown }>;
type NamedExample = readonly [name: string, { summary: string; value: unknown }];

const selectStreamed = (examples: readonly AnyExample[]): readonly Streamed[] =>
  examples.filter((example) => "events" in example);

/** Returns the second event of each stream as an example. */
export function selectEventExamples(examples: readonly AnyExample[]): readonly NamedExample[] {
  return selectStreamed(examples).flatMap(({ title, events: [, event] }): readonly NamedExample[] =>
    event === undefined ? [] : [[slugify(title), { summary: `${title}: the second event`, value: event }]],
  );
}

/** Returns Markdown: the transcript of the first successful stream and of the first failed one. */
export function renderTranscripts(
  { sentinel, eventNames }: Endpoint,
  examples: readonly AnyExample[],
): string {
  const streams = selectStreamed(examples);
  return [streams.find(({ failure }) => !failure), streams.find(({ failure }) => failure)]
    .filter((example) => example !== undefined)
    .map(({ title, events, failure }) => {
      // Named events include the failure event.
      const payloads = eventNames === undefined && failure ? [...events, toErrorBody(failure)] : events;
      const frames = payloads.map((data) =>
        frame(JSON.stringify(data), eventNames === "type" ? readType(data) : eventNames),
      );
      const end = failure || sentinel === undefined ? "" : frame(sentinel);
      return `${title}, on the wire:\n\n\`\`\`\n${[...frames, end].join("").trimEnd()}\n\`\`\``;
    })
    .join("\n\n");
}

const readType = (event: unknown): string => (event as { readonly type: string }).type;
