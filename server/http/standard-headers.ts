/** The headers of every response, whatever it answers. */

export function standardHeaders(requestId: string): readonly (readonly [name: string, value: string])[] {
  return [
    ["x-request-id", requestId],
    ["x-content-type-options", "nosniff"],
    ["referrer-policy", "no-referrer"],
  ];
}
