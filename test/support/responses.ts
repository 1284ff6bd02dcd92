/** Responses for tests of the door alone: runs as lists of events, and what the machine makes of them. */
import type { ResponseEvent } from "../../contracts/http/responses/events.ts";
import type { Response } from "../../contracts/http/responses/response.ts";
import type { RunEvent } from "../../server/agent/types.ts";
import { encode } from "../../server/http/encoded.ts";
import { responseFields } from "../../server/http/responses/face.ts";
import { createResponseMachine, type ResponseFace } from "../../server/http/responses/machine.ts";
import type { ToldEvent } from "../../server/http/responses/teller.ts";

export const end: RunEvent = {
  type: "end",
  reason: "stop",
  usage: { input: 5, output: 7, cached: 1, cacheWrite: 0, reasoning: 2 },
};

export const text = (words: string): RunEvent => ({ type: "text", text: words });
export const thinking = (words: string): RunEvent => ({ type: "thinking", text: words });
export const call = (index: number, id: string, name: string): RunEvent => ({
  type: "tool_call",
  index,
  id,
  name,
});
export const fragment = (index: number, words: string): RunEvent => ({
  type: "tool_call_arguments",
  index,
  fragment: words,
});

const face: ResponseFace = {
  fields: responseFields({}, { id: "resp_1", created_at: 1_767_225_600 }),
  customTools: new Set(["shell"]),
  namespaced: new Map(),
  showTools: true,
  seal: undefined,
};

interface Told {
  readonly events: readonly ResponseEvent[];
  readonly response: Response;
}

/** What a run is told as, each event as it is on the wire. */
export function tellRun(run: readonly RunEvent[], style: Partial<ResponseFace> = {}): Told {
  const told: ToldEvent[] = [];
  const { take, machine } = machineFor(style, (event) => told.push(event));
  run.forEach(take);
  return {
    events: told.map((event) => JSON.parse(encode(event)) as ResponseEvent),
    response: machine.response,
  };
}

/** The whole response of a run that nobody listens to. */
export function foldInSilence(run: readonly RunEvent[], style: Partial<ResponseFace> = {}): Response {
  const { take, machine } = machineFor(style);
  run.forEach(take);
  return machine.response;
}

function machineFor(style: Partial<ResponseFace>, listener?: (event: ToldEvent) => void) {
  const clock = (): number => 1_767_225_601_000;
  const machine = createResponseMachine({ ...face, ...style }, { clock, listener });
  return { machine, take: (event: RunEvent): void => machine.take(event) };
}
