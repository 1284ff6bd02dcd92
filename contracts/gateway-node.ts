/** A node: one process of the gateway among those that share a store. */
import { z } from "zod";
import { shortText } from "./limits.ts";

export const GatewayNode = z
  .object({
    id: shortText().describe("Id of the node, new with each start."),
    name: shortText().describe(
      "Host and process id, `<host>:<pid>`, as in the log. The name of a worker is `<host>:<pid of the gateway>-<number>`.",
    ),
  })
  .meta({ id: "GatewayNode", description: "One process of the gateway among those that share a store." });
