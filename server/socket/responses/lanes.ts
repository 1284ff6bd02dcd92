/** The lanes of one connection: the requests of a lane are handled one after the other, those of several side by side. */
import { GatewayError } from "../../lib/errors.ts";
import { checkJsonText, type JsonLimits } from "../../lib/json-limits.ts";
import type { BodyBudget } from "../../transport/body-budget.ts";
import type { ConnectionCache, LaneCache } from "./connection-cache.ts";

export interface LaneLimits {
  /** The lanes that are at work at the same time. */
  readonly maxActive: number;
  /** The lanes with a name that are at work, or have a response in memory. */
  readonly maxLanes: number;
  /** The requests of all lanes that may wait for the one before them. */
  readonly maxQueued: number;
  /** Their characters together. */
  readonly maxQueuedLength: number;
}

export interface Lane {
  /** `stream_id`; undefined for the lane of requests without one. */
  readonly id: string | undefined;
  readonly cache: LaneCache;
}

export interface Lanes {
  /** Handles a request when its lane is free. Throws when there are too many. */
  push(laneId: string | undefined, text: string): void;
  isBusy(): boolean;
}

interface LanesDeps {
  readonly limits: LaneLimits;
  /** Counts the requests that wait. */
  readonly bodyBudget: BodyBudget;
  readonly cache: ConnectionCache;
  /** Handles one request. Never rejects. */
  readonly handle: (text: string, lane: Lane) => Promise<void>;
  /** Whether waiting requests are still handled. */
  readonly isOpen: () => boolean;
  /** Called when the last lane at work is free again. */
  readonly onIdle: () => void;
}

export function createLanes({ limits, bodyBudget, cache, handle, isOpen, onIdle }: LanesDeps): Lanes {
  const lanes = new Map<string | undefined, Lane & { readonly queue: string[] }>();
  const active = new Set<Lane>();
  let queuedCount = 0;
  let queuedLength = 0;
  const share = bodyBudget.open();

  const requireNewLane = (id: string | undefined): void => {
    const namedCount = lanes.size - (lanes.has(undefined) ? 1 : 0);
    if (id === undefined || namedCount < limits.maxLanes) return;
    throw new GatewayError(
      "websocket_stream_limit_reached",
      `stream_id: this connection has ${limits.maxLanes} lanes, the maximum. Use one of them, or another connection.`,
      { param: "stream_id" },
    );
  };
  const openLane = (id: string | undefined): Lane & { readonly queue: string[] } => {
    const lane = { id, cache: cache.openLane(), queue: [] };
    lanes.set(id, lane);
    return lane;
  };
  const processLane = async (lane: Lane & { readonly queue: string[] }): Promise<void> => {
    active.add(lane);
    for (let text = lane.queue.shift(); text !== undefined; text = lane.queue.shift()) {
      queuedCount -= 1;
      queuedLength -= text.length;
      share.remove(text.length);
      if (isOpen()) await handle(text, lane);
    }
    active.delete(lane);
    // A lane without a response in memory has nothing that its name is needed for.
    if (lane.cache.isEmpty()) lanes.delete(lane.id);
    if (active.size === 0) onIdle();
  };

  return {
    push(laneId, text) {
      const known = lanes.get(laneId);
      const isLaneBusy = known !== undefined && active.has(known);
      if (queuedCount >= limits.maxQueued || queuedLength + text.length > limits.maxQueuedLength)
        throw createQueueFullError(limits);
      if (!isLaneBusy && active.size >= limits.maxActive) {
        throw new GatewayError(
          "websocket_stream_limit_reached",
          `This connection has ${limits.maxActive} responses in progress, the maximum. Wait for one to end, or use another connection.`,
          { param: "stream_id", retryAfterSeconds: 1 },
        );
      }
      if (known === undefined) requireNewLane(laneId);
      share.add(text.length);
      const lane = known ?? openLane(laneId);
      lane.queue.push(text);
      queuedCount += 1;
      queuedLength += text.length;
      if (!isLaneBusy) void processLane(lane);
    },
    isBusy: () => active.size > 0,
  };
}

function createQueueFullError({ maxQueued, maxQueuedLength }: LaneLimits): GatewayError {
  return new GatewayError(
    "server_overloaded",
    `At most ${maxQueued} requests of a connection, ${maxQueuedLength} characters together, wait for the one before them.`,
  );
}

const streamIdPattern = /^[A-Za-z0-9_.-]{1,256}$/;

/**
 * Reads `stream_id` from a frame. Undefined without one, and for a frame that cannot be read. Throws `invalid_stream_id`, and
 * `json_too_complex`.
 */
export function readStreamId(text: string, limits: JsonLimits): string | undefined {
  // Most frames have none, and need not be parsed here.
  if (!text.includes('"stream_id"')) return undefined;
  checkJsonText(text, limits);
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { stream_id: id } = (frame ?? {}) as { readonly stream_id?: unknown };
  if (id === undefined || id === null) return undefined;
  if (typeof id === "string" && streamIdPattern.test(id)) return id;
  throw new GatewayError(
    "invalid_stream_id",
    "stream_id: must be 1 to 256 letters, digits, `_`, `.` and `-`.",
    { param: "stream_id" },
  );
}
