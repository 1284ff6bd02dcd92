/** The header of a token count that is an estimate. */
import type { z } from "zod";
import type { TokenCountHeaders } from "../../contracts/http/token-count.ts";
import type { countFirstCall } from "../agent/context.ts";

type TokenCount = Awaited<ReturnType<typeof countFirstCall>>;

export const toTokenCountHeaders = ({ isEstimate }: TokenCount): z.output<typeof TokenCountHeaders> =>
  isEstimate ? { "x-openclaw-token-count": "estimate" } : {};
