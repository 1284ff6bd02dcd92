/** The errors of the methods that change the configuration file. */
import { badRequest, forbidden, invalidRequest, specific } from "./error-kinds.ts";

export const configErrors = {
  invalid_config: {
    ...badRequest,
    ...specific,
    description: "The configuration would not be valid; the message lists every problem.",
  },
  config_changed: {
    status: 409,
    ...invalidRequest,
    ...specific,
    description: "The configuration file has changed since it was read; read it again.",
  },
  config_not_writable: {
    ...forbidden,
    ...specific,
    description: "The configuration file, or this setting of it, may not be changed this way.",
  },
} as const;
