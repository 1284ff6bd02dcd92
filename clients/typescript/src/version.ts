/** Which version of this package talks to the gateway. */
export const clientVersion = "0.1.0";
