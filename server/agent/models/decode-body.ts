/** Decompresses the bodies of responses: some providers and proxies compress without being asked to. */
import {
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from "node:zlib";
import type { Transform } from "node:stream";
import type { Dispatcher } from "undici";

type Handler = Required<
  Pick<Dispatcher.DispatchHandler, "onResponseStart" | "onResponseData" | "onResponseEnd" | "onResponseError">
>;

/**
 * Returns a handler that passes decompressed bytes on. `handler` gets a controller with each event; the one of
 * `onResponseStart` pauses and ends the decompression too. Bodies without `content-encoding` are passed on as they are.
 */
export function decodeBody(handler: Dispatcher.DispatchHandler & Handler): Dispatcher.DispatchHandler {
  let encoding = "";
  let decoder: Transform | undefined;
  let isPaused = false;
  let isFull = false;

  function createController(controller: Dispatcher.DispatchController): Dispatcher.DispatchController {
    return {
      get aborted() {
        return controller.aborted;
      },
      get paused() {
        return isPaused;
      },
      get reason() {
        return controller.reason;
      },
      abort(reason) {
        decoder?.destroy();
        controller.abort(reason);
      },
      pause() {
        isPaused = true;
        decoder?.pause();
        controller.pause();
      },
      resume() {
        isPaused = false;
        decoder?.resume();
        if (!isFull) controller.resume();
      },
    };
  }

  function startDecoder(controller: Dispatcher.DispatchController, bytes: Buffer): Transform | undefined {
    const created = createDecoder(encoding, bytes);
    created?.on("data", (chunk: Buffer) => handler.onResponseData(controller, chunk));
    created?.on("end", () => handler.onResponseEnd(controller, {}));
    created?.on("error", (error) => handler.onResponseError(controller, error));
    created?.on("drain", () => {
      isFull = false;
      if (!isPaused) controller.resume();
    });
    return created;
  }

  return {
    onRequestStart: (controller, context: unknown) => handler.onRequestStart?.(controller, context),
    onRequestUpgrade: (controller, status, headers, socket) =>
      handler.onRequestUpgrade?.(controller, status, headers, socket),
    onResponseStart(controller, status, headers, message) {
      encoding = String(headers["content-encoding"] ?? "")
        .trim()
        .toLowerCase();
      const isEncoded = encoding !== "" && encoding !== "identity";
      if (!isEncoded) encoding = "";
      handler.onResponseStart(
        isEncoded ? createController(controller) : controller,
        status,
        headers,
        message,
      );
    },
    onResponseData(controller, chunk) {
      if (encoding === "") return handler.onResponseData(controller, chunk);
      decoder ??= startDecoder(controller, chunk);
      if (decoder === undefined) {
        // The label is wrong: the body is not compressed.
        encoding = "";
        return handler.onResponseData(controller, chunk);
      }
      if (decoder.destroyed || decoder.write(chunk)) return;
      isFull = true;
      controller.pause();
    },
    onResponseEnd(controller, trailers) {
      if (decoder === undefined) handler.onResponseEnd(controller, trailers);
      else decoder.end();
    },
    onResponseError(controller, error) {
      if (decoder === undefined || decoder.destroyed) return handler.onResponseError(controller, error);
      // What has arrived is passed on first; a stream may be complete without the end of its compression.
      decoder.removeAllListeners("error").removeAllListeners("end");
      decoder.once("error", () => handler.onResponseError(controller, error));
      decoder.once("end", () => handler.onResponseError(controller, error));
      decoder.end();
    },
  };
}

/** A dispatcher whose responses are decompressed. */
export const withDecodedBodies = (dispatcher: Dispatcher): Dispatcher =>
  dispatcher.compose(
    (dispatch) => (options, handler) =>
      dispatch(options, decodeBody(handler as Dispatcher.DispatchHandler & Handler)),
  );

/** Undefined for a body that is not compressed. */
function createDecoder(encoding: string, bytes: Buffer): Transform | undefined {
  const [first = 0, second = 0] = bytes;
  switch (encoding) {
    case "gzip":
    case "x-gzip":
      return first === 0x1f ? createGunzip() : undefined;
    case "deflate":
      if (first === 0x1f && second === 0x8b) return createGunzip();
      // RFC 9110 means zlib; some servers send the bare data. https://www.rfc-editor.org/rfc/rfc9110#name-deflate-coding
      return (first & 0x0f) === 8 ? createInflate() : createInflateRaw();
    case "br":
      return createBrotliDecompress();
    case "zstd":
      return first === 0x28 && second === 0xb5 ? createZstdDecompress() : undefined;
    default:
      return undefined;
  }
}
