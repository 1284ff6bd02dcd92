/** Reads the tool calls of completions and of their chunks. Servers differ in how they tell calls apart. */
import type { ModelEvent, PartState } from "../../types.ts";
import { asObject, asText, toArgumentsText } from "../untrusted-json.ts";
import { readCallState } from "./provider-state.ts";
import { createJsonScanner, type JsonScanner } from "./json-scanner.ts";

export interface ToolCallReader {
  /** Appends the events of one entry of `tool_calls`. In a whole reply each entry is a call of its own. */
  read(entry: unknown, isWhole: boolean, events: ModelEvent[]): void;
  /** Calls that have a name. */
  readonly namedCount: () => number;
  readonly hasNamelessCall: () => boolean;
}

interface WireCall {
  readonly index?: unknown;
  readonly id?: unknown;
  readonly function?: unknown;
}
interface WireFunction {
  readonly name?: unknown;
  readonly arguments?: unknown;
}

/** A tool call whose arguments are still arriving. */
interface PendingCall {
  readonly id: string;
  name: string;
  /** Its index among the calls that have a name; -1 before the name is known. */
  number: number;
  /** All arguments so far. They are emitted once the name is known. */
  arguments: string;
  state?: PartState;
  readonly scanner: JsonScanner;
}

/** `model` is the key of the model. State that the server attaches to a call is sent back to this model only. */
export function createToolCallReader(model: string): ToolCallReader {
  const callsByIndex = new Map<number, PendingCall>();
  const callsById = new Map<string, PendingCall>();
  let latest: PendingCall | undefined;
  let namedCount = 0;
  let startedCount = 0;

  /** Returns undefined for an entry that starts a call. */
  function findCall(index: unknown, id: string, name: string, fragment: string): PendingCall | undefined {
    if (typeof index !== "number") {
      const call = name === "" && id !== "" ? (callsById.get(id) ?? latest) : latest;
      return call !== undefined && startsNewCall(call, id, name, fragment) ? undefined : call;
    }
    const call = callsByIndex.get(index);
    if (call !== undefined) return name !== "" && startsNewCall(call, id, name, fragment) ? undefined : call;
    // Arguments on an index that no call has belong to the call that is open.
    return name === "" && latest !== undefined && (id === "" ? isOpen(latest) : id === latest.id)
      ? latest
      : undefined;
  }

  function startCall(index: unknown, id: string): PendingCall {
    latest = { id, name: "", number: -1, arguments: "", scanner: createJsonScanner() };
    startedCount++;
    if (typeof index === "number") callsByIndex.set(index, latest);
    if (id !== "") callsById.set(id, latest);
    return latest;
  }

  /** Some servers repeat a complete call at the end of the stream, as a summary: BerriAI/litellm#20480. */
  function isRepeated(id: string, name: string, fragment: string): boolean {
    const call = id === "" || fragment === "" ? undefined : callsById.get(id);
    if (call === undefined || !call.scanner.isComplete() || (name !== "" && name !== call.name)) return false;
    return fragment === call.arguments || fragment === JSON.stringify(call.arguments);
  }

  const pushState = ({ number: index }: PendingCall, state: PartState, events: ModelEvent[]): void =>
    void events.push({ type: "tool_call_state", model, index, state });

  return {
    read(entry, isWhole, events) {
      const wire = asObject<WireCall>(entry);
      // An entry that is null or empty says nothing.
      if (wire === undefined) return;
      const wireFunction = asObject<WireFunction>(wire.function);
      const id = asText(wire.id);
      const name = asText(wireFunction?.name);
      let fragment = toArgumentsText(wireFunction?.arguments);
      const state = readCallState(entry as Readonly<Record<string, unknown>>);
      if (!isWhole && id === "" && name === "" && fragment === "" && state === undefined) return;
      if (!isWhole && isRepeated(id, name, fragment)) return;
      const call =
        (isWhole ? undefined : findCall(wire.index, id, name, fragment)) ?? startCall(wire.index, id);
      call.scanner.push(fragment);
      call.arguments += fragment;
      if (state !== undefined) call.state = { ...call.state, ...state };
      if (call.name === "") {
        if (name === "") return;
        call.name = name;
        call.number = namedCount++;
        events.push({ type: "tool_call", index: call.number, id: call.id, name });
        fragment = call.arguments;
        if (call.state !== undefined) pushState(call, call.state, events);
      } else if (call.state !== undefined && state !== undefined) pushState(call, call.state, events);
      if (fragment !== "") events.push({ type: "tool_call_arguments", index: call.number, fragment });
    },
    namedCount: () => namedCount,
    hasNamelessCall: () => namedCount < startedCount,
  };
}

/**
 * Whether an entry that could continue this call starts another one. Servers omit the index, send index 0 for every call,
 * omit ids, repeat the name, or send a new id with every fragment.
 */
function startsNewCall(call: PendingCall, id: string, name: string, fragment: string): boolean {
  const hasOtherId = id !== "" && id !== call.id;
  const isComplete = call.scanner.isComplete();
  if (name === "") return hasOtherId && (isComplete || (call.name === "" && call.id !== ""));
  if (hasOtherId && call.id !== "") return true;
  if (call.name === "") return false;
  return name !== call.name || (isComplete && (id === "" || hasOtherId || fragment.trim() !== ""));
}

/** Whether the call has a name, and arguments that are not complete. */
const isOpen = (call: PendingCall): boolean => call.name !== "" && !call.scanner.isComplete();
