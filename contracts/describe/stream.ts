/** A stream in OpenAPI's terms: the schema is that of one event, and the whole is shown as text. */
import type { AnyExample, Endpoint } from "../endpoint.ts";
import { frame } from "../sse.ts";
import { errorBody } from "./failures.ts";
import { slug } from "./slug.ts";

type Streamed = Extract<AnyExample, { readonly events: unknown }>;
type NamedExample = readonly [name: string, { summary: string; value: unknown }];

const streamed = (examples: readonly AnyExample[]): readonly Streamed[] =>
  examples.filter((example) => "events" in example);

/** Single events: of each stream the one after the opening. */
export function eventExamples(examples: readonly AnyExample[]): readonly NamedExample[] {
  return streamed(examples).flatMap(({ title, events: [, event] }): readonly NamedExample[] =>
    event === undefined ? [] : [[slug(title), { summary: `${title}: the second event`, value: event }]],
  );
}

/** Markdown: the wire of the first stream that ends well, and of the first that fails. */
export function transcripts({ sentinel, eventNames }: Endpoint, examples: readonly AnyExample[]): string {
  const streams = streamed(examples);
  return [streams.find(({ failure }) => !failure), streams.find(({ failure }) => failure)]
    .filter((example) => example !== undefined)
    .map(({ title, events, failure }) => {
      // Events with names tell of a failure themselves.
      const told = eventNames === undefined && failure ? [...events, errorBody(failure)] : events;
      const frames = told.map((data) => frame(JSON.stringify(data), eventNames && nameOf(data)));
      const end = failure || sentinel === undefined ? "" : frame(sentinel);
      return `${title}, on the wire:\n\n\`\`\`\n${[...frames, end].join("").trimEnd()}\n\`\`\``;
    })
    .join("\n\n");
}

const nameOf = (event: unknown): string => (event as { readonly type: string }).type;
