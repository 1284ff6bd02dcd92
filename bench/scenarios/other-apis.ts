/** The gateway's other APIs beside its chat completions. Neither stores anything here. */
import type { MetricValues } from "../metrics.ts";
import { messagesApi, responsesApi, type OtherApi } from "../requests.ts";
import { requireServer, type BenchContext, type Round } from "../scenario.ts";
import { loadInTurn, type WindowResult } from "../windows.ts";
import { checkStreamChunks, createStreamTarget, createUnstreamedTarget } from "./replies.ts";

interface Comparison {
  readonly perSecond: number;
  readonly share: number;
  readonly cpuRatio: number;
}

export async function measureResponses(context: BenchContext): Promise<readonly Round[]> {
  return await compareWithChat(context, responsesApi, {
    whole: ({ perSecond, share, cpuRatio }) => ({
      responses: perSecond,
      responsesShare: share,
      responsesCpuRatio: cpuRatio,
    }),
    streamed: ({ perSecond, share, cpuRatio }) => ({
      responseStreams: perSecond,
      responseStreamsShare: share,
      responseStreamsCpuRatio: cpuRatio,
    }),
  });
}

export async function measureMessages(context: BenchContext): Promise<readonly Round[]> {
  return await compareWithChat(context, messagesApi, {
    whole: ({ perSecond, share, cpuRatio }) => ({
      messages: perSecond,
      messagesShare: share,
      messagesCpuRatio: cpuRatio,
    }),
    streamed: ({ perSecond, share, cpuRatio }) => ({
      messageStreams: perSecond,
      messageStreamsShare: share,
      messageStreamsCpuRatio: cpuRatio,
    }),
  });
}

async function compareWithChat(
  context: BenchContext,
  { path, unstreamed, createStream }: OtherApi,
  metrics: Readonly<Record<"whole" | "streamed", (comparison: Comparison) => MetricValues>>,
): Promise<readonly Round[]> {
  const server = requireServer(context, "gateway");
  const load = { connections: 32, windows: context.effort.windows };
  const stream = createStream({ chunks: 200, everyMs: 0 });
  const unstreamedWindows = await loadInTurn(
    { chat: createUnstreamedTarget(server), other: { server, path, createBody: () => unstreamed } },
    load,
  );
  const streamed = await loadInTurn(
    {
      chat: createStreamTarget(server),
      other: { server, path, createBody: () => stream, check: checkStreamChunks },
    },
    load,
  );
  return [
    ...unstreamedWindows.map((window) => ({ gateway: metrics.whole(compare(window)) })),
    ...streamed.map((window) => ({ gateway: metrics.streamed(compare(window)) })),
  ];
}

const compare = ({ chat, other }: Readonly<Record<"chat" | "other", WindowResult>>): Comparison => ({
  perSecond: other.perSecond,
  share: other.perSecond / chat.perSecond,
  cpuRatio: other.cpuMicroseconds / chat.cpuMicroseconds,
});
